# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""curl, and a NIC with inline TLS, in software over the TAP. Usage: test_nic.py SERVER"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap
from clients import BASE, Client

SIZES = (0, 1, 16383, 16384, 16385, scene.MIB)
ROUNDS = 3
SHARES = ('share_bytes_tx', 'share_bytes_rx', 'share_records_tx', 'share_records_rx')


def fetch_all(files, ca):
    for size in SIZES:
        clients.check_fetch(ca, files, f'f{size}')
    with Client(ca) as c:    # all of them on one connection
        for size in SIZES:
            tap.equal(len(c.get(f'/f{size}').body), size, f'length of /f{size}')


def play(exe, files, *args):
    """Fetches all sizes from a server with these arguments; its last words."""
    ca = files.path('cert.pem')
    with fileserver.Server(exe, files.root, '--cert-out', ca, '--time-wait-ms', '500',
                           *args) as server:
        for _ in range(ROUNDS):
            fetch_all(files, ca)
        server.wait_empty()
        last = server.stop()
    tap.equal(last['connections_failed'], 0, 'failed connections')
    tap.note(', '.join(f'{name} {last[name]}' for name in SHARES))
    return last


def all_by_nic(exe, files):
    """every byte is sealed by the NIC, and every record opened that comes behind the keys"""
    for args in (('--mode', 'nic'), ('--mode', 'auto'), ()):
        last = play(exe, files, '--tlsnic', *args)
        tap.equal(last['share_bytes_tx'], 1.0, 'share_bytes_tx')
        tap.equal(last['share_records_tx'], 1.0, 'share_records_tx')
        tap.check(last['nic_records_tx'] == last['records_tx'] > 0, f'records sealed: {last}')
        # A request that was there before the NIC had the keys is one for software.
        tap.check(0.5 < last['share_records_rx'] <= 1.0, f'records opened: {last}')
        tap.check(last['stats']['RxRecordsMixed'] == 0, f'records opened in part: {last}')
        tap.equal(last['stats']['SoftwareLost'], 0, 'contexts lost')
        # Retransmissions count: never less than the files' bytes.
        tap.check(last['nic_bytes_tx'] >= 2 * ROUNDS * sum(SIZES), f'bytes sealed: {last}')
        tap.check(any(name.startswith('tx_tls_') for name in last['port_stats']) and
                  any(name.startswith('rx_tls_') for name in last['port_stats']),
                  f'counters of the port: {last["port_stats"]}')


def all_in_software(exe, files):
    """software where it is asked for, and where the port is no NIC"""
    for args in (('--tlsnic', '--mode', 'software'), ('--mode', 'auto'), ()):
        last = play(exe, files, *args)
        for name in (*SHARES, 'nic_bytes_tx', 'nic_records_tx', 'nic_records_rx'):
            tap.equal(last[name], 0, name)
        tap.check(last['records_tx'] > 0, 'no record was sent')
        tap.equal(last['stats']['TlsTxDevice'] + last['stats']['TlsRxDevice'], 0, 'NIC sessions')
        if '--tlsnic' not in args:
            tap.equal(last['port_stats'], {}, 'counters of the port')


def table_full(exe, files):
    """a connection that finds the NIC's table full runs in software, and the bytes are right"""
    ca = files.path('cert.pem')
    with fileserver.Server(exe, files.root, '--cert-out', ca, '--time-wait-ms', '500', '--tlsnic',
                           '--mode', 'nic', '--tlsnic-contexts', '2') as server:
        with Client(ca) as first:
            tap.equal(first.get('/f16385').status, 200, 'status')
            for size in SIZES:
                clients.check_fetch(ca, files, f'f{size}')
            tap.equal(first.get('/f1').status, 200, 'status')
        server.wait_empty()
        clients.check_fetch(ca, files, 'f16385')    # there is room again
        server.wait_empty()
        last = server.stop()
    stats = last['stats']
    tap.equal((stats['TlsTxDevice'], stats['TlsRxDevice']), (2, 2), 'connections with the NIC')
    tap.equal((stats['TlsTxSw'], stats['TlsRxSw']), (len(SIZES), len(SIZES)), 'those without')
    tap.check(0 < last['share_bytes_tx'] < 1, f'share of the bytes: {last["share_bytes_tx"]}')


# How often each is to fail so that it does in what is fetched here; of FAULT_SEED the first chances are among
# them. Answers, and what is asked, are faults of a path that loses, which this is not: test_nic_faults.c.
FAULTS = {
    'table_full': 2, 'context_lost': 50, 'tx_lost': 30, 'no_match': 2, 'steer_late': 1, 'auth_error': 2,
    'bad_checksum': 5, 'reset': 200,
}
FAULT_SEED = 4
FAULTS_DRAWN = 2


def faults(exe, files):
    """a NIC that fails, in each way: what is fetched is right, and nothing stays behind"""
    ca = files.path('cert.pem')
    for i, (kind, every) in tap.some(enumerate(FAULTS.items()), FAULTS_DRAWN):
        method = ('in_order', 'scan', 'scan_delayed', 'stack')[i % 4]
        sends = ('rebuild', 'next_record')[i // 4]
        with fileserver.Server(exe, files.root, '--cert-out', ca, '--time-wait-ms', '500', '--tlsnic',
                               '--nic-method', f'{method},{sends}',
                               '--nic-fault', f'{kind}:{every}:{FAULT_SEED}') as server:
            fetch_all(files, ca)
            server.wait_empty()
            last = server.stop()
        tap.equal(last['connections_failed'], 0, f'{kind}: failed connections')
        struck = last['port_stats'][f'fault_{kind}']
        tap.note(f'{kind} {struck}, {method},{sends}: share of the bytes {last["share_bytes_tx"]}')
        tap.check(struck > 0, f'{kind} did not strike')
        tap.equal(last['port_stats']['contexts_in_use'], 0, 'contexts left')


def close_notify(exe, files):
    """curl is told the end by an alert that the NIC sealed"""
    ca = files.path('cert.pem')
    with fileserver.Server(exe, files.root, '--cert-out', ca, '--tlsnic', '--mode', 'nic'):
        done = clients.curl(ca, '--verbose', '--http1.0', '--ignore-content-length', '--fail',
                            '--output', '/dev/null', f'{BASE}/f16385')
        tap.equal(done.returncode, 0, 'exit code of curl')
        tap.check(b'close notify' in done.stderr, 'no close_notify in curl\'s log')


def main():
    cases = [all_by_nic, all_in_software, table_full, faults, close_notify]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        for size in SIZES:
            files.add(f'f{size}', size)
        return 1 if tap.run(cases, os.path.abspath(sys.argv[1]), files, limit_s=180) else 0


if __name__ == '__main__':
    sys.exit(main())
