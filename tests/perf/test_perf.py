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
import xml.etree.ElementTree

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
CONTEXTS = [f'{answer}_{key}' for answer in ('at_once', 'late') for key in (
    'per_second', 'removed_per_second', 'cycles', 'removed_cycles', 'beside_ratio', 'tx_p50_us', 'tx_p99_us', 'tx_max_us',
    'rx_p50_us', 'rx_p99_us', 'rx_max_us')] + [
        f'overload_{flows}_{dir}_{key}' for flows in ('plain', 'tls') for dir in ('tx', 'rx') for key in ('gbps', 'ratio')]
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


def case_contexts():
    """conns --contexts measures a table of contexts, and one that is too small"""
    figures = measured('conns', '--contexts')
    positive(figures, CONTEXTS)
    for dir in ('tx', 'rx'):
        # In virtual time, whatever the machine does.
        check(figures[f'overload_plain_{dir}_ratio'] >= 0.9, f'without TLS, {dir}, {figures}')
        # Of two plays, with and without the limit, in which the senders need not do the same.
        check(0.3 < figures[f'overload_tls_{dir}_ratio'] < 1.05, f'TLS, {dir}, {figures}')
    check(0.2 < figures['overload_nic_share'] < 0.9, 'opened by the NIC')
    for conns, table in ((100, 100), (1, 1), (50, 99), (20, 3))[:4 if full() else 2]:
        figures = measured('conns', '--contexts', '--conns', str(conns), '--table', str(table), '--add-polls', '3')
        positive(figures, CONTEXTS)
        freed = figures['full_freed']
        equal([figures['full_' + key] for key in ('table', 'asked', 'taken', 'refused', 'reused')],
              [table, 2 * conns, table, 2 * conns - table, min(freed, 2 * (conns - (table + 1) // 2))], 'a full table')
        check(freed == 2 * ((table + 1) // 2 // 2), f'{freed} are given back')


FLOOD = [f'{kind}_{key}' for kind in ('full', 'paced') for key in (
    'ratio', 'syns_per_second', 'gbps', 'flood_gbps', 'share', 'flood_share', 'p50_ms', 'p99_ms', 'flood_p50_ms', 'flood_p99_ms')]


def flood(*args):
    figures = measured('flood', *args)
    positive(figures, FLOOD)
    for kind in ('full', 'paced'):
        count = {key: figures[f'{kind}_{key}'] for key in (
            'syns', 'syns_lost', 'cookies', 'cookies_opened', 'tried', 'established', 'flood_tried', 'flood_established')}
        for when in ('', 'flood_'):
            check(count[when + 'tried'] >= count[when + 'established'] >= 0.95 * count[when + 'tried'] > 0, f'{kind}: {count}')
            check(figures[f'{kind}_{when}p50_ms'] >= 20, f'{kind}: two round trips of 10 ms')
            check(figures[f'{kind}_{when}p99_ms'] >= figures[f'{kind}_{when}p50_ms'], f'{kind}: times')
        check(count['syns'] > count['syns_lost'] >= 0, f'{kind}: {count}')
        # The flood that keeps the table full, and who comes to a full one; what is under way where a span ends is in the next one.
        asked = (count['syns'] - count['syns_lost'] + count['flood_tried']) + 1024 * figures['rounds']
        check(asked >= count['cookies'] > 0, f'{kind}: {count}')
        check(count['flood_tried'] >= count['cookies_opened'] > 0, f'{kind}: {count}')
    return figures


def case_flood():
    """flood measures downloads and clients beside SYNs that nobody means"""
    asked = ('mode', 'conns', 'syns', 'rate', 'one_core')
    figures = flood('--mode', 'plain', '--syns', '200000', '--rate', '500', '--conns', '5')
    equal([figures[key] for key in asked], ['plain', 5, 200000, 500, False], 'what was asked for')
    for mode, conns in (('software', 3), ('nic', 50)) if full() else ():
        figures = flood('--mode', mode, *(('--one-core', '--conns', str(conns)) if conns != 50 else ()))
        equal([figures[key] for key in asked], [mode, conns, 100000, 1000, conns != 50], 'what was asked for')


METHODS = ('scan', 'delayed', 'stack')


def resync(*args):
    """Shares of few records, for the same losses by each method."""
    figures = measured('resync', '--bytes', str(500 * 16384), *args)
    equal((figures['records'], figures['bytes']), (500, 500 * 16384), 'records')
    for who in METHODS:
        shares = [figures[f'{who}_{key}'] for key in ('share', 'mixed', 'untouched', 'rest')]
        check(abs(sum(shares) - 1) < 1e-6 and min(shares) >= 0, f'{who}: shares {shares}')
        check(figures[f'{who}_asked'] >= figures[f'{who}_answered'], f'{who}: answers')
    positive(figures, [f'{who}_cycles_per_byte' for who in METHODS + ('software',)])
    check(0 <= figures['bound_share'] <= figures['intact_share'] <= 1, 'bounds')
    return figures


def case_resync():
    """resync tells what a NIC opens, by how it finds its place again"""
    figures = resync()
    equal([figures[f'{who}_share'] for who in METHODS + ('bound', 'intact')], [1] * 5, 'without a loss')
    # A long path: where few segments are in flight, the NIC is hardly ever past the one that is missing.
    lossy = ('--loss', '2', '--seed', '7', '--rtt-segments', '400')
    figures = resync(*lossy)
    check(figures['segments_lost'] > 0 and figures['bound_share'] < 1, 'losses')
    for who in METHODS:
        check(figures[f'{who}_share'] <= figures['bound_share'], f'{who}: no more than the bound')
        check(figures[f'{who}_mixed'] > 0, f'{who}: records that a loss touched')
    check(figures['scan_asked'] > 0, 'scan asks')
    equal((figures['stack_asked'], figures['stack_told'] > 0), (0, True), 'stack asks nothing, and is told')
    again = resync(*lossy)
    equal({key: again[key] for key in figures if 'cycles' not in key}, {key: figures[key] for key in figures if 'cycles' not in key},
          'the same seed')
    figures = resync('--reorder', '3', '--tls', '1.2', '--mss', '8960')
    check(figures['segments_late'] > 0 and figures['bound_share'] < 1, 'late')


def case_resync_one():
    """resync plays one method alone, and with faults"""
    figures = measured('resync', '--bytes', '1000000', '--method', 'stack', '--size', '1000', '--loss', '1', '--rtt-segments', '8',
                       '--burst', '1')
    equal((figures['scan_share'], figures['delayed_share']), (None, None), 'not played')
    check(0 < figures['stack_share'] <= figures['bound_share'] < 1, 'shares')
    figures = measured('resync', '--bytes', '9000000', '--mss', '8960', '--rtt-segments', '1000', '--loss', '1', '--burst', '64')
    check(figures['segments'] > 1000, 'a long path')
    figures = resync('--loss', '1', '--sender', 'nic', '--tls', '1.2')
    equal(figures['sealed_by_nic'], 500, 'records that the sender\'s NIC sealed')
    done = perf('resync', '--bytes', '4000000', '--loss', '1', '--nic-fault', 'answer_never,ask_wrong,context_lost:8:3')
    equal(done.returncode, 0, 'exit code with faults')
    check('equal to what was sent' in done.stdout, 'bytes with faults')
    done = perf('resync', '--bytes', '20000000', '--nic-fault', 'reset:5000:5', '--json')
    check(0.5 < json.loads(done.stdout.splitlines()[-1])['scan_share'] < 1, 'behind a reset the NIC is used again')


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
        done = perf(*args[:-1], os.path.join(folder, 'no', 'x.svg'))
        equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (1, '', 1), 'a file that cannot be')
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


def case_plot_resync():
    """resync: gnuplot draws each curve, with axes, units and a legend"""
    if shutil.which('gnuplot') is None:
        skip('there is no gnuplot')
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, 'resync.svg')
        done = perf('resync', '--sweep', 'loss=0.5:4:log', '--bytes', '3000000', '--plot', file, '--csv')
        equal((done.returncode, done.stderr), (0, ''), 'exit code and complaints')
        rows = list(csv.DictReader(line for line in done.stdout.splitlines() if ',' in line))
        equal([row['loss'] for row in rows], '0.5 0.62 0.76 0.93 1.1 1.4 1.7 2.1 2.6 3.2 4'.split(), 'losses')
        with open(file, encoding='utf-8') as f:
            picture = f.read()
        for text in ('segments lost (%)', 'opened by the NIC', '(% of the records)', 'below the bound', '(percentage points)',
                     '(cycles per byte)', 'bound', 'touched by no loss', 'scan, delayed', 'stack-driven', 'software alone',
                     'records of 16384 bytes', '0.5', '4'):
            check(text in picture, f'{text!r} is in the picture')
        check(not any(line.endswith(' ') for line in picture.splitlines()), 'no blanks at ends of lines')
        curves = xml.etree.ElementTree.fromstring(picture).findall('.//{http://www.w3.org/2000/svg}g[@id]')
        equal(len([g for g in curves if '_plot_' in g.get('id')]), 5 + 3 + 4, 'curves')


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
                 ['record', '--size', '16385'], ['flow', '--size', '63'], ['rr', '--size', '63'], ['resync', '--size', '63'], ['flood', '--size', '63'],
                 ['conns', '--contexts', '--size', '63'], ['record', '--suite', 'null'], ['record', '--seconds', 'x'],
                 ['record', '--crypto', 'none'], ['flow', '--mode', 'fast'], ['flow', '--conns', '0'],
                 ['flow', '--conns', '65'], ['rr', '--conns', '10001'], ['rr', '--size', '16385'],
                 ['rr', '--mode', 'fast'], ['conns', '--conns', '0'], ['conns', '--conns', '10001'],
                 ['conns', '--table', '5'], ['conns', '--add-polls', '5'], ['rr', '--contexts'], ['conns', '--contexts', '--table', '20001'],
                 ['conns', '--contexts', '--add-polls', '0'], ['conns', '--tso'], ['rr', '--tso'], ['rr', '--one-core'], ['rr', '--requests', '1'],
                 ['record', '--one-core'], ['flow', '--in-flight', '64'], ['record', '--in-flight', '64'],
                 ['flow', '--one-core', '--in-flight', '63'], ['flow', '--one-core', '--in-flight', '4097'],
                 ['record', '--requests', '1'], ['file', '--mode', 'nic'], ['file', '--size', '67108865'],
                 ['file', '--requests', '0'], ['file', '--conns', '4001'], ['record', '--mss', '12'], ['record', '--fly'],
                 ['flow', '--plot', 'x'], ['flow', '--sweep', 'x=1'], ['flow', '--sweep', 'conns'],
                 ['flow', '--sweep', 'conns='], ['flow', '--sweep', 'conns=1,65'], ['rr', '--sweep', 'in-flight=64'],
                 ['flow', '--sweep', 'suite=aes-128-gcm,null'], ['record', '--sweep', 'suite=aes-128-ccm', '--plot', 'x'],
                 ['flow', '--sweep', 'size=64,' * 16 + '64'], ['record', '--size'],
                 ['flow', '--loss', '1'], ['resync', '--loss', '51'], ['resync', '--loss', '-1'], ['resync', '--loss', 'x'],
                 ['resync', '--method', 'magic'], ['resync', '--rtt-segments', '1'], ['resync', '--burst', '0'], ['resync', '--conns', '2'],
                 ['resync', '--bytes', '0'], ['resync', '--mode', 'nic'], ['resync', '--sender', 'x'], ['resync', '--sweep', 'loss=3:1:log'],
                 ['resync', '--sweep', 'loss=0:1:log'], ['resync', '--sweep', 'loss=1:2:lin'], ['flow', '--sender', 'nic'], ['flow', '--audit', '1'], ['resync', '--sweep', 'loss=1,51'],
                 ['flood', '--syns', '999'], ['flood', '--syns', '10000001'], ['flood', '--conns', '0'], ['flood', '--conns', '201'],
                 ['flood', '--rate', '0'], ['flood', '--rate', '100001'], ['flood', '--tso'], ['flood', '--one-core', '--in-flight', '64'],
                 ['flood', '--mode', 'fast'], ['rr', '--syns', '1000'], ['flow', '--rate', '1'], ['flood', '--sweep', 'syns=1000,999']):
        done = perf(*args)
        equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, '', 1), args)


def case_impossible():
    """what the machine or the library cannot do is one sentence"""
    eal = ['--no-huge', '-m', '64', '--no-pci', '--no-shconf', '--no-telemetry',
           '--log-level=*:critical', f'--file-prefix=perf-test-{os.getpid()}', '-l', '0', '--']
    for args in ([*eal, 'flow'], [*eal, 'record'], ['resync', '--loss', '50', '--bytes', '9000000'], [*eal, 'rr', '--conns', '10000'],
                 ['--no-such-thing', '--', 'record']):
        done = perf(*args)
        equal(done.returncode, 1, args)
        said = [line for line in done.stderr.splitlines() if line.startswith('recordtls-perf: ')]
        equal(len(said), 1, f'sentences of {args}')


def case_help():
    """--help says what each figure is"""
    done = perf('--help')
    equal(done.returncode, 0, 'exit code')
    for key in ('ratio_raw', 'ratio_copy_raw', 'ratio_libssl', 'ratio_software', 'ratio_plain', 'ratio_floor', 'ratio_floor_copy', 'bound', 'intact', 'out of step', 'cycles per SYN', 'within 3 s', 'cable full'):
        check(key in done.stdout, f'{key} is explained')


CASES = [case_record, case_providers, case_record_small, case_plain, case_software, case_nic,
         case_one_core, case_in_flight, case_rr, case_rr_bounds, case_conns, case_conns_plain,
         case_contexts, case_flood, case_file, case_file_calls, case_resync, case_resync_one, case_suites,
         case_sweep, case_baseline,
         case_plot, case_plot_resync, case_table, case_wrong, case_impossible, case_help]

EXE = sys.argv[1]
plan(CASES)
sys.exit(run(CASES) != 0)
