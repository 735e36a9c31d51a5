# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What all programs have in common at their command lines. Usage: test_programs.py ECHO SERVER PERF FETCH"""
import os
import re
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fileserver
import scene
import tap

ADDR = ('--addr', '10.77.0.1/24')


class Programs:
    def __init__(self, echo, server, perf, fetch, files):
        self.echo, self.server, self.perf, self.fetch, self.files = echo, server, perf, fetch, files
        _, self.chain, self.key = scene.make_chain(files.folder)
        self.all = (echo, server, perf, fetch)

    def own(self, exe, *more):
        """What the program needs behind --, for its shortest run."""
        if exe == self.perf:
            return ['record', '--seconds', '0.1', *more]
        if exe == self.fetch:
            return [*ADDR, 'https://10.77.0.2/file', *more]
        own = [*ADDR, '--cert', self.chain, '--key', self.key]
        return own + (['--root', self.files.root] if exe == self.server else []) + [*more]


def eal(*more, memory_mb=256):
    """A port that goes nowhere."""
    return ['-l', str(min(os.sched_getaffinity(0))), '--no-huge', '-m', str(memory_mb), '--no-pci',
            '--no-telemetry', '--vdev=net_null0', *more]


def run(exe, *args, stdin=subprocess.DEVNULL):
    """In a session without a terminal. A pipe stays open, and empty, as long as it runs."""
    with subprocess.Popen([exe, *args], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, start_new_session=True) as process:
        streams = {}
        readers = [threading.Thread(target=lambda name=name: streams.update(
            {name: getattr(process, name).read()})) for name in ('stdout', 'stderr')]
        for reader in readers:
            reader.start()
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise tap.Failed(f'{args}: it hangs') from None
        finally:
            for reader in readers:
                reader.join()
        return subprocess.CompletedProcess(args, code, **streams)


def sentence(exe, done, code, says, title):
    """It ended with this code and one sentence of its own, which says this; returns it."""
    ours = [line for line in done.stderr.splitlines()
            if line.startswith(os.path.basename(exe) + ': ')]
    tap.equal((done.returncode, len(ours)), (code, 1), f'{title}: code and sentences ({done.stderr!r})')
    tap.check(re.search(says, ours[0]), f'{title}: {says!r} is not in {ours[0]!r}')
    tap.check('ready' not in done.stdout, f'{title}: it says that it is ready')
    return ours[0]


def explains_itself(p):
    """--help and --version, with EAL arguments and without"""
    for exe in p.all:
        for before in ([], ['-l', '0', '--']):
            for args, says in ((['--help'], r'usage: (.|\n)*--version'), (['-h'], r'usage: '),
                               (['--version'], r'\S+ \d+\.\d+\.\d+, DPDK \d+.*, OpenSSL 3\.')):
                done = run(exe, *before, *args)
                tap.equal((done.returncode, done.stderr), (0, ''), f'{exe} {args}')
                tap.check(re.match(says, done.stdout.replace(exe, os.path.basename(exe))),
                          f'{exe} {before} {args}: {done.stdout}')


def same_words(p):
    """what means the same has one name, and is explained in the same words"""
    lines = {}
    for exe in p.all:
        for name, text in re.findall(r'^  --(\S+) (.*)$', run(exe, '--help').stdout, re.M):
            lines.setdefault(name, set()).add((exe, ' '.join(text.split())))
    for name, wanted in (('addr', 3), ('port', 2), ('cert', 3), ('key', 3), ('crypto', 3), ('mtu', 2),
                         ('mode', 3), ('json', 3), ('wipe', 3), ('tlsnic', 3),
                         ('nic-method', 4), ('nic-fault', 4), ('path', 2), ('key-update', 2),
                         ('help', 4), ('version', 4)):
        tap.equal(len(lines[name]), wanted, f'programs that have --{name}')
    for name in ('addr', 'key', 'crypto', 'json', 'wipe', 'tlsnic', 'nic-method', 'nic-fault', 'path',
                 'key-update', 'help', 'version'):
        tap.equal(len({text for _, text in lines[name]}), 1, f'--{name} is {lines[name]}')


def wrong_values(p):
    """values that cannot be, options that are none: code 2"""
    rows = [(exe, p.own(exe, *args), says) for exe in p.all for args, says in (
        (['--none-such'], r'--none-such is not an option'), (['-x'], r'-x is not an option'),
        (['-xy'], r'-x is not an option'), (['extra'], r"'extra'"))]
    rows += [(exe, p.own(exe, *args), says) for exe in (p.echo, p.server) for args, says in (
        (['--port', '99999'], r'--port .*1 to 65535.*99999'), (['--port', '0'], r'--port'),
        (['--port', '7x'], r"'7x'"), (['--port'], r'--port needs a value'),
        (['--addr', '10.77.0.1'], r'--addr .*10\.77\.0\.1'))]
    rows += [(p.echo, own, says) for own, says in (
        ([], r'--addr is missing'), ([*ADDR], r'--cert is missing'),
        ([*ADDR, '--cert', p.chain], r'--key is missing'))]
    rows += [(exe, p.own(exe, *args), says) for exe in p.all for args, says in (
        (['--nic-method', 'scam'], r"--nic-method .*not 'scam'"),
        (['--nic-method', 'scan,stack'], r"--nic-method .*not 'scan,stack'"),
        (['--nic-method', 'rebuild,next_record'], r'--nic-method'),
        (['--nic-method', 'scan,'], r'--nic-method'), (['--nic-method', ''], r'--nic-method'),
        (['--nic-method', 'none'], r'--nic-method'), (['--nic-method', 'scan:2'], r'--nic-method'),
        (['--nic-fault', 'rest'], r"--nic-fault .*not 'rest'"),
        (['--nic-fault', 'reset:0'], r"--nic-fault .*not 'reset:0'"),
        (['--nic-fault', 'reset:'], r'--nic-fault'), (['--nic-fault', ':5'], r'--nic-fault'),
        (['--nic-fault', 'reset,,tx_lost'], r'--nic-fault'), (['--nic-fault', 'reset:5x'], r'--nic-fault'),
        (['--nic-fault', 'reset:4294967296'], r'--nic-fault'),
        (['--nic-fault', 'reset:5:'], r"--nic-fault .*not 'reset:5:'"),
        (['--nic-fault', 'reset::7'], r'--nic-fault'), (['--nic-fault', 'reset:5:-1'], r'--nic-fault'),
        (['--nic-fault', 'reset:5:7x'], r'--nic-fault'), (['--nic-fault', 'reset:5:7:9'], r'--nic-fault'),
        (['--nic-fault', 'reset:5:18446744073709551616'], r'--nic-fault'))]
    rows += [(exe, p.own(exe, '--path', path), rf"--path .*not '{re.escape(path)}'")
             for exe in (p.server, p.fetch) for path in (
        '', ',', 'loss', 'loss=', 'loss=x', 'loss=-1', 'loss=100.0001', 'loss=1.00001', 'loss=1.', 'loss=.5', 'loss=1%',
        'loss=1,', 'loss=1;rtt=2', 'lost=1', 'reorder=101', 'duplicate=101', 'rtt=2000.1', 'rtt=1ms', 'seed=0',
        'seed=18446744073709551616', 'seed=1.5', 'loss=99999999999999999999', 'loss=1,rtt=20,jitter=2')]
    rows += [(exe, p.own(exe, *args), rf'{args[0]} goes with --tlsnic')
             for exe in (p.echo, p.server, p.fetch)
             for args in (['--nic-method', 'scan'], ['--nic-fault', 'reset,tx_lost:4294967295'],
                          ['--nic-fault', 'reset:1:18446744073709551615'])]
    rows += [(exe, p.own(exe, '--json=1'), r'no value') for exe in (p.server, p.perf)]
    rows += [(p.perf, ['record', *args], rf'{args[0]} goes with flow.*, not with record') for args in (
        ['--mode', 'nic'], ['--mode', 'software'], ['--conns', '2'], ['--tso'], ['--wipe'],
        ['--nic-fault', 'reset'], ['--nic-method', 'stack,next_record'])]
    for exe, own, says in rows:
        sentence(exe, run(exe, *eal(), '--', *own), 2, says, f'{exe} {own}')


def started(p, exe, *more):
    """What it says on standard error until it is ready, and then ends."""
    if exe == p.perf:
        done = run(exe, 'flow', '--seconds', '0.1', '--mode', 'nic', *more)
        tap.equal(done.returncode, 0, f'{exe} {more}: code ({done.stderr!r})')
        return done.stderr
    with subprocess.Popen([exe, *eal('--no-shconf'), '--', *p.own(exe, '--tlsnic', *more)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ready = next((line for line in process.stdout if line.startswith('ready')), None)
        process.terminate()
        _, said = process.communicate(timeout=20)
    tap.check(ready is not None, f'{exe} {more}: it is not ready ({said!r})')
    return said


def faults_are_said(p):
    """which faults a NIC has, how often, and the seed by which they are repeated"""
    line = r'^\S+: faults: (\S+), every (\d+), seed (\d+); --nic-fault (\S+) repeats them$'
    for exe in (p.echo, p.perf):    # those with one port say it in one place
        given = 'table_full,tx_lost:4294967295:18446744073709551615'
        seeds = []
        for value, kinds, every in ((given, 'table_full,tx_lost', '4294967295'), ('reset', 'reset', '64'),
                                    ('no_match,reset:500:0', 'no_match,reset', '500')):
            said = re.findall(line, started(p, exe, '--nic-fault', value), re.M)
            tap.equal(len(said), 1, f'{exe} {value}: lines')
            tap.equal(said[0][:2], (kinds, every), f'{exe} {value}: faults')
            tap.equal(said[0][3], ':'.join(said[0][:3]), f'{exe} {value}: what repeats them')
            seeds.append(said[0][2])
        tap.equal(said[0], re.findall(line, started(p, exe, '--nic-fault', said[0][3]), re.M)[0],
                  f'{exe}: what is said of {said[0][3]}')
        tap.equal(seeds[0], given.rpartition(':')[2], f'{exe}: the seed that was given')
        tap.check(0 < int(seeds[1]) != int(seeds[2]) > 0, f'{exe}: seeds that were drawn: {seeds}')
        tap.check('faults:' not in started(p, exe), f'{exe}: faults where there are none')


def locked_key(p):
    """a key with a pass phrase: it says so, and asks nobody"""
    locked = p.files.path('locked.pem')
    for options in (['-aes-128-cbc'], ['-aes-128-cbc', '-traditional']):
        subprocess.run(['openssl', 'pkey', '-in', p.key, '-passout', 'pass:secret', '-out', locked,
                        *options], check=True)
        for exe in (p.echo, p.server):
            # Without a terminal OpenSSL would ask on standard input, which says nothing here.
            done = run(exe, *eal(), '--', *p.own(exe, '--key', locked), stdin=subprocess.PIPE)
            sentence(exe, done, 1, r'locked\.pem is locked by a pass phrase', exe)


def taken_prefix(p):
    """a file prefix that another program has"""
    prefix = f'--file-prefix={fileserver.new_prefix()}'
    command = [p.echo, *eal(prefix), '--', *p.own(p.echo)]
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True) as first:
            try:
                tap.check(first.stdout.readline().startswith('ready'), 'the first is ready')
                # perf shares nothing unless it is told to.
                for exe in (p.echo, p.server):
                    done = run(exe, *eal(prefix), '--', *p.own(exe))
                    sentence(exe, done, 1, r'same file prefix.*--file-prefix', exe)
            finally:
                first.kill()
    finally:
        fileserver.forget(prefix.partition('=')[2])


def too_little_memory(p):
    """too little memory: how much there is, and advice to take more than that"""
    rows = [(exe, mb, []) for exe in (p.echo, p.server, p.fetch) for mb in (16, 32)]
    rows += [(p.server, 512, ['--conns', '1000000'])]
    for exe, mb, own in rows:
        done = run(exe, *eal('--no-shconf', memory_mb=mb), '--', *p.own(exe, *own))
        said = sentence(exe, done, 1, r'no memory for .* DPDK has \d+ MB.* -m \d+', f'{exe} -m {mb}')
        has, advice = re.search(r'has (\d+) MB.* -m (\d+)', said).groups()
        tap.equal(int(has), mb, f'{exe}: megabytes')
        tap.check(int(advice) > mb, f'{exe} -m {mb}: {said}')


def defaults_stay(p):
    """an EAL argument of perf's takes the place of one default, not of all"""
    cpu = str(min(os.sched_getaffinity(0)))
    for args in (['-l', cpu], [f'-l{cpu}'], [f'--lcores=0@{cpu}'], ['-m', '700'], ['--no-telemetry'],
                 ['--no-huge'], ['--file-prefix=' + fileserver.new_prefix()]):
        done = run(p.perf, *args, '--', 'record', '--seconds', '0.1', '--crypto', 'libcrypto')
        tap.equal((done.returncode, done.stderr), (0, ''), f'{args}: code and complaints')


def main():
    cases = [explains_itself, same_words, wrong_values, faults_are_said, locked_key, taken_prefix, too_little_memory,
             defaults_stay]
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        programs = Programs(*map(os.path.abspath, sys.argv[1:]), scene.Files(folder))
        return 1 if tap.run(cases, programs) else 0


if __name__ == '__main__':
    sys.exit(main())
