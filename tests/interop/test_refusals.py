# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What the server refuses: to start, and to be impressed by odd clients.

Usage: test_refusals.py SERVER
"""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
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
        ([*all_of_it, '--none-such'], r'--none-such'),
        ([*all_of_it, 'extra'], r"'extra'"),
        ([*all_of_it, '--cert', pem['chain']], r'--cert and --key'),
        ([*all_of_it, '--key', pem['key']], r'--cert and --key'))]
    refuse(exe, rows)


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


# Clients that no program should have to meet.

def connect():
    return socket.create_connection((network.SERVER_IP, 443), 20)


def close_by_reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def read_to_end(sock):
    got = b''
    try:
        while more := sock.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got


def check_lives(server, files, pem):
    clients.check_fetch(pem['self'], files, 'f1')


def resets(server, files, pem):
    """a client that resets: at once, in the handshake, in the answer"""
    close_by_reset(connect())
    half = connect()
    half.sendall(b'\x16\x03\x01\x02\x00\x01')
    close_by_reset(half)
    c = Client(pem['self'])
    c.send(request('/big'))
    c.stream.read(100000)
    c.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.stream.close()
    c.tls.close()
    server.wait_status(lambda s: s['connections_open'] == 0, 'the resets have arrived')
    check_lives(server, files, pem)


GARBAGE = (
    # what comes instead of a ClientHello, and the alert that may answer
    b'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    b'SSH-2.0-OpenSSH_9.9\r\n',
    b'\0' * 1000,
    b'\xff' * 100000,
    b'\x16\x03\x01\x00\x00',
    b'\x16\x03\x01\xff\xff' + b'a' * 65535,
    b'\x16\x03\x01\x00\x04\x01\xff\xff\xff' + b'\x16\x03\x01\x40\x00' + b'a' * 16384,
    b'\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03',
    b'\x15\x03\x01\x00\x02\x02\x28',
    b'\x14\x03\x03\x00\x01\x01' * 1000,
    b'\x17\x03\x03\x40\x11' + b'a' * 16401,
    b'\x80\x2e\x01\x03\x01',
)


def garbage(server, files, pem):
    """a client that sends garbage instead of a ClientHello is thrown out"""
    luck, _ = tap.seeded()
    before = server.status()
    rows = [*GARBAGE, *(luck.randbytes(luck.randrange(5, 20000)) for _ in range(50))]
    for data in rows:
        sock = connect()
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass    # thrown out already
        answer = read_to_end(sock)
        # An alert in the clear is all that may come.
        tap.check(answer == b'' or answer[0] == 21 and len(answer) == 7,
                  f'{answer[:50]!r} answers {data[:50]!r}')
        sock.close()
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'all were thrown out')
    tap.equal(after['connections_failed'] - before['connections_failed'], len(rows), 'failed')
    tap.equal(after['requests'], before['requests'], 'requests')
    check_lives(server, files, pem)


def other_suites(server, files, pem):
    """clients without TLS 1.3, or without our suite, get an alert"""
    for options in (('-tls1_2',), ('-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256')):
        done = subprocess.run(['openssl', 's_client', '-connect', f'{network.SERVER_IP}:443',
                               *options], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        tap.check(done.returncode != 0 and re.search(r'alert (protocol version|handshake failure)',
                                                     done.stderr), done.stderr)
    check_lives(server, files, pem)


def silence(server, files, pem):
    """clients that connect and say nothing hold nobody up, and are thrown out"""
    quiet = [connect() for _ in range(50)]
    slow = connect()
    slow.sendall(b'\x16\x03\x01')
    check_lives(server, files, pem)
    tap.equal(server.status()['connections_open'], 51, 'open connections')
    # The handshake has its time-out.
    for sock in (*quiet, slow):
        tap.equal(read_to_end(sock), b'', 'bytes to a silent client')
        sock.close()
    server.wait_status(lambda s: s['connections_open'] == 0, 'all were thrown out')
    check_lives(server, files, pem)


def half_request(server, files, pem):
    """half a request: others are served meanwhile; the rest, or the end, may come later"""
    wire = request('/f1', close=True)
    with Client(pem['self']) as c, Client(pem['self']) as gone:
        c.send(wire[:20])
        gone.send(wire[:20])
        check_lives(server, files, pem)
        gone.__exit__(None)
        c.send(wire[20:])
        tap.equal(clients.read_response(c.stream).status, 200, 'status')
        c.check_end()
    server.wait_status(lambda s: s['connections_open'] == 0, 'both have ended')


def long_header(server, files, pem):
    """a header of 100 KB gets 431; one without end is not read for ever"""
    for field in ('x: ' + 'a' * 100000, '\r\n'.join(f'x{i}: {i}' for i in range(10000))):
        with Client(pem['self']) as c:
            c.send(request('/f1', field))
            tap.equal(clients.read_response(c.stream).status, 431, 'status')
            c.check_end()
    with Client(pem['self']) as c:
        try:
            c.send(b'GET /f1 HTTP/1.1\r\n')
            while True:
                c.send(b'x: y\r\n' * 10000)
        except OSError:
            pass    # it may go on for a while, and not for longer than the case may take
    server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended', 30)
    check_lives(server, files, pem)


def settled(server, files, pem):
    """all is given back"""
    server.wait_empty()
    server.stop()


STARTS = (wrong_arguments, missing_root, wrong_certificates, unreadable_key, interface_in_use,
          no_permission, no_memory, no_port, address_in_vain, help_is_no_refusal, stops_on)
CLIENTS = (resets, garbage, other_suites, silence, half_request, long_header, settled)


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
    exe = os.path.abspath(sys.argv[1])
    network.enter()
    tap.plan([*STARTS, *CLIENTS])
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f1', 1)
        files.add('big', 64 * scene.MIB)
        pem = make_pem(files)
        failed = tap.run(STARTS, exe, files, pem, limit_s=60)
        with fileserver.Server(exe, files.root, '--cert-out', pem['self'], '--time-wait-ms',
                               '500') as server:
            failed += tap.run(CLIENTS, server, files, pem, limit_s=60, first=len(STARTS) + 1)
        return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
