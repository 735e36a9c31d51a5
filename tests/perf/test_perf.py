# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The measuring tool: that it measures and reports, never how fast anything is."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../interop/lib'))
from tap import check, equal, full, plan, run, skip  # noqa: E402

RECORD = ('seal_gbps open_gbps raw_gbps copy_raw_gbps copy_seal_gbps raw_open_gbps libssl_seal_gbps '
          'libssl_open_gbps ratio_raw ratio_copy_raw ratio_libssl').split()
GNUTLS = 'gnutls_seal_gbps gnutls_open_gbps ratio_gnutls'.split()
FLOW = ('goodput_gbps cycles_per_byte_tx cycles_per_byte_rx plain_cycles_per_byte_tx '
        'plain_cycles_per_byte_rx raw_cycles_per_byte').split()
RR = ('cycles_per_request transactions_per_second latency_p50_us latency_p99_us latency_p999_us '
      'latency_max_us ratio_p99_p50').split()
CONNS_TCP = 'tcp_cycles tcp_per_second idle_tcp_bytes'.split()
CONNS = CONNS_TCP + ('tls_full_cycles tls_full_per_second tls_resumed_cycles tls_resumed_per_second '
                     'idle_tls_bytes').split()
SOFTWARE = 'ratio_software_tx ratio_software_rx'.split()
FLOOR = ('floor_cycles_per_segment_tx floor_cycles_per_segment_rx copy_cycles_per_segment_tx '
         'copy_cycles_per_segment_rx ratio_floor_tx ratio_floor_rx ratio_floor_copy_tx '
         'ratio_floor_copy_rx').split()
FILE = 'cycles_per_request requests_per_second goodput_gbps'.split()
PLAIN = 'ratio_plain_tx ratio_plain_rx'.split()
HEAD = 'version cpu tsc_ghz memory dpdk openssl gnutls provider tls suite size'.split()


def perf(*args, env=None, timeout=120):
    return subprocess.run([EXE, *args], capture_output=True, text=True, timeout=timeout, env=env)


def measured(*args):
    """The JSON of a run that went well."""
    done = perf(*args, '--seconds', '0.2', '--json')
    equal((done.returncode, done.stderr), (0, ''), 'exit code and complaints')
    figures = json.loads(done.stdout.splitlines()[-1])
    for key in HEAD:
        check(figures[key], f'{key} is in the head')
    return figures


def positive(figures, keys):
    for key in keys:
        check(isinstance(figures[key], float) and figures[key] > 0, f'{key} is {figures[key]}')


def record_keys(figures):
    positive(figures, RECORD)
    equal([s['working_set'] for s in figures['working_sets']], [262144, 67108864], 'working sets')
    for one in figures['working_sets']:
        positive(one, RECORD)
        if figures['gnutls'] == 'not built in':
            equal({one[key] for key in GNUTLS}, {None}, 'figures of GnuTLS')
        else:
            positive(one, GNUTLS)


def case_record():
    """record measures full records"""
    record_keys(measured('record'))


def case_providers():
    """record measures with each provider"""
    for name in ('libcrypto', 'crypto_aesni_gcm', 'crypto_aesni_mb'):
        figures = measured('record', '--crypto', name)
        equal(figures['provider'], name, 'provider')
        record_keys(figures)


SUITES = 'aes-128-gcm,aes-256-gcm,chacha20-poly1305,aes-128-ccm'


def case_suites():
    """record and flow take every suite of both versions, whoever computes it"""
    for command, versions in ((('record',), ('1.2', '1.3')), (('flow', '--one-core'), ('1.2',)),
                              (('flow', '--mode', 'nic', '--one-core'), ('1.2',))):
        for tls in versions:
            done = perf(*command, '--tls', tls, '--sweep', 'suite=' + SUITES, '--seconds', '0.1', '--json',
                        '--crypto', 'crypto_aesni_gcm', timeout=240)
            equal((done.returncode, done.stderr), (0, ''), 'exit code and complaints')
            runs = [json.loads(line) for line in done.stdout.splitlines()[-4:]]
            equal([(run['suite'], run['tls']) for run in runs], [(suite, tls) for suite in SUITES.split(',')], 'suites')
            for run in runs:
                positive(run, ['ratio_raw', 'ratio_libssl'] if command[0] == 'record' else FLOW)
            if command[0] == 'record':
                equal([run['computed_by'] for run in runs], 2 * ['crypto_aesni_gcm'] + 2 * ['libcrypto'], 'who')


def case_record_small():
    """record measures small records, with named EAL arguments"""
    eal = ['--no-huge', '-m', '900', '--no-pci', '--no-shconf', '--no-telemetry',
           '--log-level=*:critical', f'--file-prefix=perf-test-{os.getpid()}', '-l', '0']
    figures = measured(*eal, '--', 'record', '--size', '100', '--mss', '536')
    record_keys(figures)
    equal((figures['size'], figures['mss']), (100, 536), 'what was asked for')


def flow_keys(mode, there, *args, eal=()):
    figures = measured(*eal, 'flow', '--mode', mode, *args)
    positive(figures, FLOW + there)
    missing = [key for key in SOFTWARE + PLAIN + FLOOR if key not in there]
    check(all(figures[key] is None for key in missing), f'{missing} are null')
    equal(figures['mode'], mode, 'mode')
    return figures


def case_plain():
    """flow measures plain TCP"""
    flow_keys('plain', [])


def case_software():
    """flow measures records in software, on a few connections"""
    figures = flow_keys('software', SOFTWARE + PLAIN, '--conns', '3', '--size', '1400', '--mss', '1000')
    equal((figures['conns'], figures['size'], figures['mss']), (3, 1400, 1000), 'what was asked for')
    for way in ('tx', 'rx'):
        floor = figures[f'plain_cycles_per_byte_{way}'] + figures['raw_cycles_per_byte']
        check(abs(figures[f'ratio_software_{way}'] * floor / figures[f'cycles_per_byte_{way}'] - 1) < 0.01,
              f'{way} is to plain TCP and one AEAD')


def case_nic():
    """flow measures a NIC with inline TLS, with and without TSO"""
    flow_keys('nic', PLAIN)
    check(flow_keys('nic', PLAIN, '--tso')['tso'] is True, 'TSO is told')


def one_core(mode, there, *args):
    eal = ['-l', '0', '--no-pci', '--no-telemetry', f'--file-prefix=perf-test-{os.getpid()}', '--']
    figures = flow_keys(mode, there + FLOOR, *args, '--one-core', eal=eal)
    equal((figures['one_core'], figures['lcores']), (True, 1), 'one core')
    for way in ('tx', 'rx'):
        cost = figures[f'plain_cycles_per_segment_{way}']
        floor = figures[f'floor_cycles_per_segment_{way}']
        copy = figures[f'copy_cycles_per_segment_{way}']
        check(abs(figures[f'ratio_floor_{way}'] * floor / cost - 1) < 0.01, f'{way} is to the floor')
        check(abs(figures[f'ratio_floor_copy_{way}'] * (floor + copy) / cost - 1) < 0.01,
              f'{way} is to the floor and a copy')
    return figures


def case_one_core():
    """flow measures both stacks on one core, next to what buffers cost"""
    one_core('software', SOFTWARE + PLAIN, '--size', '1400')
    if full():
        one_core('plain', [], '--conns', '2')
        one_core('nic', PLAIN)


def case_in_flight():
    """flow holds packets on the way"""
    for packets in (64, 4096) if full() else (4096,):
        figures = one_core('nic', PLAIN, '--in-flight', str(packets))
        equal((figures['in_flight'], figures['retransmissions']), (packets, 0), 'in flight, sent again')


def rr(*args):
    figures = measured('rr', *args)
    positive(figures, RR)
    order = [figures[f'latency_{name}_us'] for name in ('p50', 'p99', 'p999', 'max')]
    equal(order, sorted(order), 'latencies')
    check(figures['requests'] > figures['slices'] > 0, 'requests and slices')
    return figures


def case_rr():
    """rr measures requests and answers in each mode"""
    for mode in ('plain', 'software', 'nic'):
        figures = rr('--mode', mode)
        equal([figures[key] for key in ('mode', 'conns', 'size')], [mode, 64, 64], 'what was asked for')


def case_rr_bounds():
    """rr measures one connection and thousands, short requests and long ones"""
    for conns, size in ((1, 64), (1, 16384), (2000, 1000))[0 if full() else 1:]:
        figures = rr('--mode', 'software', '--conns', str(conns), '--size', str(size))
        equal((figures['conns'], figures['size']), (conns, size), 'what was asked for')


def case_file():
    """file measures the file server, with the file read for each request"""
    figures = measured('file', '--read', '--size', '100000', '--conns', '3')
    positive(figures, FILE)
    equal((figures['size'], figures['conns']), (100000, 3), 'what was asked for')


def case_file_calls():
    """file: from memory a request costs the server no system call"""
    if shutil.which('strace') is None:
        skip('there is no strace')
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, 'log')
        done = subprocess.run(['strace', '-f', '-o', log, EXE, 'file', '--requests', '20000', '--json'],
                              capture_output=True, text=True, timeout=120)
        with open(log, encoding='utf-8', errors='replace') as f:
            calls = f.readlines()
    equal((done.returncode, done.stderr), (0, ''), 'exit code and complaints')
    positive(json.loads(done.stdout.splitlines()[-1]), FILE)
    # The tool's own mark where it begins and ends to count, and what it looks at in between.
    begin, *_, end = (i for i, call in enumerate(calls) if 'getrusage(RUSAGE_SELF' in call)
    n = sum('getrusage(' not in call for call in calls[begin:end])
    check(n <= 20000 * 0.05, f'{n} system calls')


def case_conns():
    """conns measures connections that come and go, and what idle ones hold"""
    for mode, tls in (('nic', '1.3'), ('software', '1.3'), ('software', '1.2'))[:3 if full() else 1]:
        figures = measured('conns', '--mode', mode, '--tls', tls, '--conns', '8')
        positive(figures, CONNS)
        equal([figures[key] for key in ('mode', 'conns', 'tls')], [mode, 8, tls], 'what was asked for')
        equal(figures['idle_tcp_bytes'], 1024, 'a plain connection is its socket')
        # libssl keeps the records of TLS 1.2.
        check((figures['idle_tls_bytes'] > 1024) == (tls == '1.3'), 'what keys take')


def case_conns_plain():
    """conns measures TCP alone, with many at once"""
    figures = measured('conns', '--mode', 'plain', '--conns', '2000')
    positive(figures, CONNS_TCP)
    check(all(figures[key] is None for key in CONNS if key not in CONNS_TCP), 'no TLS')


def case_sweep():
    """--sweep runs once for each value, and tells each as JSON and CSV"""
    done = perf('rr', '--sweep', 'conns=1,5', '--seconds', '0.2', '--json', '--csv')
    equal((done.returncode, done.stderr), (0, ''), 'exit code and complaints')
    lines = done.stdout.splitlines()
    runs = [json.loads(line) for line in lines[-2:]]
    equal([run['conns'] for run in runs], [1, 5], 'connections')
    for run in runs:
        positive(run, RR)
        check(run['cycles_per_request_q1'] <= run['cycles_per_request'] <= run['cycles_per_request_q3'], 'quartiles')
    rows = list(csv.DictReader(lines[-5:-2]))
    equal([(row['command'], row['conns'], float(row['cycles_per_request'])) for row in rows],
          [('rr', str(run['conns']), run['cycles_per_request']) for run in runs], 'CSV')


# The fastest provider may be another one in the next run, which is another setting.
BASELINE = ('rr', '--conns', '2', '--crypto', 'libcrypto')


def moved(folder, before, name='before'):
    """What a run says of a figure, with a baseline."""
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(before)
    done = perf(*BASELINE, '--seconds', '0.2', '--baseline', path)
    equal(done.returncode, 0, 'exit code')
    return [' '.join(line.split()[4:]) for line in done.stdout.splitlines() if line.startswith('  cycles_per_request ')]


def case_baseline():
    """--baseline says what has moved since a run of JSON or CSV"""
    figures = measured(*BASELINE)
    with tempfile.TemporaryDirectory() as folder:
        rows = [(0.01, 'moved', 'JSON'), (100, 'moved', 'CSV'), (None, 'within the spread', 'CSV')]
        if full():
            rows += [(0.01, 'moved', 'CSV'), (100, 'moved', 'JSON'), (None, 'within the spread', 'JSON')]
        for factor, says, form in rows:
            then = dict(figures)
            for name, near in (('', 1), ('_q1', 0.01), ('_q3', 100)):
                then['cycles_per_request' + name] *= factor or near
            keys = [key for key in then if not isinstance(then[key], str) or key in ('command', 'mode', 'tls', 'suite', 'provider')]
            keys.sort(key=lambda key: key != 'command')
            row = ','.join('' if then[key] is None else str(then[key]) for key in keys)
            text = {'JSON': 'a table\n' + json.dumps(then), 'CSV': ','.join(keys) + '\n' + row}[form]
            said = moved(folder, text + '\n')
            equal(len(said), 1, 'lines')
            check(said[0].endswith(says), f'{said[0]!r} is {says}')
        equal(moved(folder, json.dumps(dict(figures, conns=3))), [], 'a run of other settings')
        for name, text in (('none', 'a table\n'), ('broken', '{"command":\n')):
            path = os.path.join(folder, name)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
            done = perf('rr', '--baseline', path)
            equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (1, '', 1), name)


def case_plot():
    """--plot has gnuplot draw the sweep, and says so where it cannot"""
    with tempfile.TemporaryDirectory() as folder:
        args = ['rr', '--sweep', 'conns=1,2', '--seconds', '0.2', '--plot', "it's.svg"]
        done = perf(*args, env=dict(os.environ, PATH=folder))
        equal((done.returncode, len(done.stderr.splitlines())), (1, 1), 'without gnuplot')
        tool, script = os.path.join(folder, 'gnuplot'), os.path.join(folder, 'script')
        for code in (0, 1):
            with open(tool, 'w', encoding='utf-8') as f:
                f.write(f'#!/bin/sh\n/bin/cat > {script}\nexit {code}\n')
            os.chmod(tool, 0o755)
            done = perf(*args, env=dict(os.environ, PATH=folder))
            equal((done.returncode, len(done.stderr.splitlines())), (code, code), 'with gnuplot')
            with open(script, encoding='utf-8') as f:
                said = f.read()
            check("set output 'it''s.svg'\n" in said, 'the file')
            equal(said.count('plot $runs using'), 4, 'figures')
            data = said.split('$runs << EOD\n')[1].split('EOD\n')[0].splitlines()
            equal([line.split()[0] for line in data], ['1', '2'], 'values')
            check(all(float(field) > 0 for line in data for field in line.split()), 'data')


def case_table():
    """without --json there is a table and no JSON"""
    done = perf('--', 'record', '--seconds', '0.1', '--size', '1400')
    equal(done.returncode, 0, 'exit code')
    for text in ('cycles     of the TSC', 'provider   ', 'record layer, open', 'ratio_raw'):
        check(text in done.stdout, f'{text!r} is in the table')
    check('{' not in done.stdout, 'no JSON')


def case_wrong():
    """what cannot be is refused in one sentence"""
    for args in ([], ['fly'], ['record', 'flow'], ['record', '--tls', '1.1'], ['record', '--size', '0'],
                 ['record', '--size', '16385'], ['record', '--suite', 'null'], ['record', '--seconds', 'x'],
                 ['record', '--crypto', 'none'], ['flow', '--mode', 'fast'], ['flow', '--conns', '0'],
                 ['flow', '--conns', '65'], ['rr', '--conns', '10001'], ['rr', '--size', '16385'],
                 ['rr', '--mode', 'fast'], ['conns', '--conns', '0'], ['conns', '--conns', '10001'],
                 ['conns', '--tso'], ['rr', '--tso'], ['rr', '--one-core'], ['rr', '--requests', '1'],
                 ['record', '--one-core'], ['flow', '--in-flight', '64'], ['record', '--in-flight', '64'],
                 ['flow', '--one-core', '--in-flight', '63'], ['flow', '--one-core', '--in-flight', '4097'],
                 ['record', '--requests', '1'], ['file', '--mode', 'nic'], ['file', '--size', '67108865'],
                 ['file', '--requests', '0'], ['file', '--conns', '4001'], ['record', '--mss', '12'], ['record', '--fly'],
                 ['flow', '--plot', 'x'], ['flow', '--sweep', 'x=1'], ['flow', '--sweep', 'conns'],
                 ['flow', '--sweep', 'conns='], ['flow', '--sweep', 'conns=1,65'], ['rr', '--sweep', 'in-flight=64'],
                 ['flow', '--sweep', 'suite=aes-128-gcm,null'], ['record', '--sweep', 'suite=aes-128-ccm', '--plot', 'x'],
                 ['flow', '--sweep', 'size=64,' * 16 + '64'], ['record', '--size']):
        done = perf(*args)
        equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, '', 1), args)


def case_impossible():
    """what the machine or the library cannot do is one sentence"""
    eal = ['--no-huge', '-m', '64', '--no-pci', '--no-shconf', '--no-telemetry',
           '--log-level=*:critical', f'--file-prefix=perf-test-{os.getpid()}', '-l', '0', '--']
    for args in ([*eal, 'flow'], [*eal, 'record'], ['flow', '--size', '63'], ['rr', '--size', '63'], [*eal, 'rr', '--conns', '10000'],
                 ['--no-such-thing', '--', 'record']):
        done = perf(*args)
        equal(done.returncode, 1, args)
        said = [line for line in done.stderr.splitlines() if line.startswith('recordtls-perf: ')]
        equal(len(said), 1, f'sentences of {args}')


def case_help():
    """--help says what each figure is"""
    done = perf('--help')
    equal(done.returncode, 0, 'exit code')
    for key in ('ratio_raw', 'ratio_copy_raw', 'ratio_libssl', 'ratio_software', 'ratio_plain', 'ratio_floor', 'ratio_floor_copy'):
        check(key in done.stdout, f'{key} is explained')


CASES = [case_record, case_providers, case_record_small, case_plain, case_software, case_nic,
         case_one_core, case_in_flight, case_rr, case_rr_bounds, case_conns, case_conns_plain,
         case_file, case_file_calls, case_suites, case_sweep, case_baseline,
         case_plot, case_table, case_wrong, case_impossible, case_help]

EXE = sys.argv[1]
plan(CASES)
sys.exit(run(CASES) != 0)
