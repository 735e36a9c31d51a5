# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Starts that fail, with one sentence each. Usage: test_refusals.py SERVER"""
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fileserver
import network
import scene
import tap
from clients import Client, request
from fileserver import eal_args, own_args

NAME = 'recordtls-fileserver: '
NOBODY = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
NO_NET_ADMIN = ('setpriv', '--bounding-set=-net_admin', '--inh-caps=-all')


class Refusal:
    """One start that fails: the command line, the exit code, what the sentence must say."""

    def __init__(self, title, own, code, says, eal=None, before=()):
        self.title = title
        self.own = own
        self.code = code
        self.says = says
        self.eal = eal
        self.before = before


def check_sentence(title, done, code, says):
    lines = done.stderr.splitlines()
    ours = [line for line in lines if line.startswith(NAME)]
    tap.equal(done.returncode, code, f'{title}: exit code ({done.stderr[-300:]!r})')
    tap.equal(len(ours), 1, f'{title}: sentences in {lines}')
    tap.check(re.search(says, ours[0]), f'{title}: {says!r} is not in {ours[0]!r}')
    tap.check(not ours[0].endswith(('\n', ' ')) and len(ours[0]) > len(NAME) + 10,
              f'{title}: {ours[0]!r}')
    tap.check('ready' not in done.stdout, f'{title}: it says that it is ready')


def refuse(exe, rows):
    for row in rows:
        prefix = fileserver.new_prefix()
        eal = row.eal(prefix) if row.eal is not None else eal_args(prefix)
        try:
            done = subprocess.run([*row.before, exe, *eal, *row.own], capture_output=True,
                                  text=True, timeout=20, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise tap.Failed(f'{row.title}: it hangs') from None
        finally:
            fileserver.forget(prefix)
        check_sentence(row.title, done, row.code, row.says)


def wrong_arguments(exe, files, pem):
    """wrong arguments: usage code 2 and one sentence that names the argument"""
    addr, root = ('--addr', '10.77.0.1/24'), ('--root', files.root)
    all_of_it = ['--', *addr, *root]
    rows = [Refusal(' '.join(own), own, 2, says) for own, says in (
        ([], r'--addr is missing'),
        (['--'], r'--addr is missing'),
        (['--', *root], r'--addr is missing'),
        (['--', *addr], r'--root is missing'),
        (['--', '--addr', '10.77.0.1', *root], r'10\.77\.0\.1'),
        (['--', '--addr', '10.77.0.1/33', *root], r'10\.77\.0\.1/33'),
        (['--', '--addr', '10.77.0.256/24', *root], r'10\.77\.0\.256/24'),
        (['--', '--addr', 'localhost/24', *root], r'localhost/24'),
        (['--', '--addr', '', *root], r'--addr'),
        ([*all_of_it, '--port', '0'], r'--port .*0'),
        ([*all_of_it, '--port', '65536'], r'65536'),
        ([*all_of_it, '--port', '443x'], r'443x'),
        ([*all_of_it, '--port', '-1'], r'-1'),
        ([*all_of_it, '--port'], r'--port needs'),
        ([*all_of_it, '--conns', '0'], r'--conns'),
        ([*all_of_it, '--conns', '99999999999999999999'], r'99999999999999999999'),
        ([*all_of_it, '--time-wait-ms', 'x'], r'--time-wait-ms'),
        ([*all_of_it, '--gateway', 'x'], r'--gateway'),
        ([*all_of_it, '--mtu', '575'], r'--mtu .*575'),
        ([*all_of_it, '--mode', 'fast'], r"nic, software or auto.*'fast'"),
        ([*all_of_it, '--mode'], r'--mode needs'),
        ([*all_of_it, '--crypto'], r'--crypto needs'),
        ([*all_of_it, '--tlsnic', '--tlsnic-contexts', '0'], r'--tlsnic-contexts'),
        ([*all_of_it, '--tlsnic-contexts', '10'], r'--tlsnic-contexts goes with --tlsnic'),
        ([*all_of_it, '--none-such'], r'--none-such'),
        ([*all_of_it, 'extra'], r"'extra'"),
        ([*all_of_it, '--cert', pem['chain']], r'--cert and --key'),
        ([*all_of_it, '--key', pem['key']], r'--cert and --key'))]
    refuse(exe, rows)


def no_inline_tls(exe, files, pem):
    """a NIC is asked for, and the port is none"""
    refuse(exe, [Refusal('--mode nic', ['--', *own_args(files.root, '--mode', 'nic')], 1,
                         r'no inline TLS.*--tlsnic')])


def wrong_crypto(exe, files, pem):
    """a crypto device that is none, or of no use here"""
    refuse(exe, [Refusal(name, ['--', *own_args(files.root, '--crypto', name)], 1, says)
                 for name, says in (('', r"no crypto device ''"),
                                    ('fastest', r"no crypto device 'fastest'"),
                                    ('crypto_openssl', r"'crypto_openssl' cannot be used"))])


def missing_root(exe, files, pem):
    """a root that is missing, or no directory"""
    refuse(exe, [Refusal(root, ['--', *own_args(root)], 1, says) for root, says in (
        (files.path('none'), r'/none: No such file'),
        (pem['key'], r'key\.pem: Not a directory'),
        ('', r'No such file'))])


def wrong_certificates(exe, files, pem):
    """certificate and key: missing, unreadable, garbage, not a pair"""
    none = files.path('none.pem')
    rows = [Refusal(f'{cert} {key}',
                    ['--', *own_args(files.root, '--cert', cert, '--key', key)], 1, says)
            for cert, key, says in (
                (none, pem['key'], r'none\.pem: No such file'),
                (pem['chain'], none, r'none\.pem: No such file'),
                (pem['garbage'], pem['key'], r'garbage\.pem'),
                (pem['chain'], pem['garbage'], r'garbage\.pem'),
                (pem['empty'], pem['key'], r'empty\.pem'),
                (pem['chain'], pem['empty'], r'empty\.pem'),
                (pem['cut'], pem['key'], r'cut\.pem'),
                (pem['chain'], pem['chain'], r'chain\.pem'),
                (pem['key'], pem['key'], r'key\.pem'),
                (pem['chain'], pem['ca-key'], r'ca-key\.pem'),
                (files.root, pem['key'], r'root'))]
    rows.append(Refusal('--cert-out', ['--', *own_args(files.root, '--cert-out', none + '/x')], 1,
                        r'none\.pem/x'))
    refuse(exe, rows)


def unreadable_key(exe, files, pem):
    """a key that this user may not read"""
    if subprocess.run([*NOBODY, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        tap.skip('this user cannot become another one')
    if subprocess.run([*NOBODY, 'test', '-x', exe]).returncode != 0:
        tap.skip(f'nobody may not run {exe}')
    own = own_args(files.root, '--cert', pem['chain'], '--key', pem['key'])
    refuse(exe, [Refusal('key of root', ['--', *own], 1, r'key\.pem: Permission denied',
                         before=NOBODY)])


def interface_in_use(exe, files, pem):
    """an interface that exists already"""
    own = ['--', *own_args(files.root)]
    with network.hold_tap('taken0'):
        refuse(exe, [Refusal(name, own, 1, f'interface {name} (is|exists)',
                             eal=lambda prefix, name=name: eal_args(prefix, iface=name))
                     for name in ('taken0', 'lo')])


def no_permission(exe, files, pem):
    """a user who may not make the interface"""
    own = ['--', *own_args(files.root)]
    befores = [NO_NET_ADMIN]
    if (subprocess.run([*NOBODY, 'test', '-x', exe], stderr=subprocess.DEVNULL).returncode == 0):
        os.mkdir(files.path('nobody'))
        os.chown(files.path('nobody'), 65534, 65534)
        befores.append((*NOBODY, 'env', f'XDG_RUNTIME_DIR={files.path("nobody")}'))
    refuse(exe, [Refusal(before[1], own, 1, r'permission', before=before) for before in befores])


def no_memory(exe, files, pem):
    """less memory than the server needs"""
    own = ['--', *own_args(files.root)]
    refuse(exe, [Refusal(f'-m {mb}', own, 1, r'memory', eal=lambda p, mb=mb: eal_args(p, mb))
                 for mb in (4, 16, 32, 64)])
    refuse(exe, [Refusal('--conns 1000000', [*own, '--conns', '1000000'], 1, r'memory')])


def no_port(exe, files, pem):
    """DPDK arguments that give no port, or that DPDK does not know"""
    own = ['--', *own_args(files.root)]
    refuse(exe, [
        Refusal('no vdev', own, 1, r'no port', eal=lambda p: eal_args(p)[:-1]),
        Refusal('not for DPDK', own, 1, r'DPDK', eal=lambda p: [*eal_args(p), '--addr']),
        Refusal('operand', own, 1, r'DPDK', eal=lambda p: [*eal_args(p), 'operand']),
        Refusal('no such core', own, 1, r'DPDK', eal=lambda p: ['-l', '999', *eal_args(p)[2:]])])


def address_in_vain(exe, files, pem):
    """addresses that no host can have"""
    refuse(exe, [Refusal(addr, ['--', '--addr', addr, '--root', files.root], code, r'address')
                 for addr, code in (('0.0.0.0/0', 1), ('224.0.0.1/24', 1),
                                    ('255.255.255.255/32', 1))])


def help_is_no_refusal(exe, files, pem):
    """--help explains on standard output, with or without DPDK's arguments"""
    for args in (['--help'], ['-h'], ['-l', '0', '--', '--help']):
        done = subprocess.run([exe, *args], capture_output=True, text=True, timeout=20)
        tap.equal((done.returncode, done.stderr), (0, ''), f'{args}: exit code and stderr')
        for wanted in ('usage:', '--addr', '--root', '--cert', '--json'):
            tap.check(wanted in done.stdout, f'{args}: {wanted} is not explained')


def stops_on(exe, files, pem):
    """SIGINT and SIGTERM end it, with connections open, with code 0 and a last line"""
    for number in (signal.SIGINT, signal.SIGTERM):
        with fileserver.Server(exe, files.root, '--cert-out', pem['self']) as server:
            with Client(pem['self']) as busy, Client(pem['self']) as idle:
                busy.send(request('/big'))
                tap.equal(idle.get('/f1').status, 200, 'status')
                server.process.send_signal(number)
                server.wait_line('{')
                tap.equal(server.process.wait(10), 0, f'exit code on {number.name}')
        ours = [line for line in server.errors if line.startswith(NAME)]
        tap.equal(len(ours), 2, f'sentences in {server.errors}')    # the fingerprint, the summary


def fill(pipe):
    """Whoever writes to it next has no room."""
    os.set_blocking(pipe, False)
    try:
        while True:
            os.write(pipe, bytes(4096))
    except BlockingIOError:
        os.set_blocking(pipe, True)


def goes_on(exe, files, pem):
    """signals that say nothing to it, and readers of its output that are gone or asleep"""
    prefix = fileserver.new_prefix()
    command = ['setpriv', '--pdeathsig', 'KILL', exe, *fileserver.eal_args(prefix), '--',
               *fileserver.own_args(files.root, '--json', '--cert-out', pem['self'])]
    for gone in (True, False):
        reader, writer = os.pipe()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writer,
                              stderr=subprocess.DEVNULL) as server, open(reader, 'rb') as lines:
            try:
                while not lines.readline().startswith(b'ready'):
                    tap.check(server.poll() is None, 'it is ready')
                network.join()
                if gone:
                    lines.close()
                else:
                    fill(writer)
                os.close(writer)
                for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                    server.send_signal(number)
                    with Client(pem['self']) as client:
                        tap.equal(client.get('/f1').status, 200, f'status behind {number.name}')
                server.send_signal(signal.SIGTERM)
                tap.equal(server.wait(10), 0, 'exit code')
            finally:
                server.kill()
        fileserver.forget(prefix)


def says_who_computes(exe, files, pem):
    """--crypto: a file is fetched, and the server says who computes, with numbers for auto"""
    for crypto, says in (('libcrypto', r'libcrypto$'),
                         ('crypto_aesni_mb', r'crypto_aesni_mb \(linear in place'),
                         ('crypto_aesni_gcm', r'crypto_aesni_gcm \(chains in place\)$'),
                         (None, r'\w+.*, the best of these .*: libcrypto \d+\.\d\d.*')):
        own = ['--crypto', crypto] if crypto is not None else []
        with fileserver.Server(exe, files.root, '--cert-out', pem['self'], *own) as server:
            tap.check(re.match('crypto ' + says, server.crypto), f'{crypto}: {server.crypto}')
            with Client(pem['self']) as client:
                tap.equal(client.get('/f1').status, 200, 'status')
            stats = server.status()['stats']
            tap.equal((stats['CryptoFallbackSuite'], stats['CryptoFallbackNoRoom']), (0, 0),
                      f'{crypto}: keys of libcrypto')
            server.stop()


def make_pem(files):
    folder = files.folder
    ca, chain, key = scene.make_chain(folder)
    pem = {name: files.path(name + '.pem') for name in ('garbage', 'empty', 'cut', 'self',
                                                        'ca-key')}
    pem.update(ca=ca, chain=chain, key=key)
    os.chmod(key, 0o600)
    with open(pem['garbage'], 'wb') as f:
        f.write(os.urandom(2000))
    with open(pem['empty'], 'w'), open(chain) as whole, open(pem['cut'], 'w') as cut:
        cut.write(whole.read(300))
    return pem


def main():
    cases = [wrong_arguments, no_inline_tls, wrong_crypto, missing_root, wrong_certificates,
             unreadable_key, interface_in_use, no_permission, no_memory, no_port, address_in_vain,
             help_is_no_refusal, stops_on, goes_on, says_who_computes]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f1', 1)
        files.add('big', 64 * scene.MIB)
        pem = make_pem(files)
        return 1 if tap.run(cases, os.path.abspath(sys.argv[1]), files, pem) else 0


if __name__ == '__main__':
    sys.exit(main())
