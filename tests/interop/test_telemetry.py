# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""dpdk-telemetry.py and a server with 64 downloads, a NIC with inline TLS and loss.

Usage: test_telemetry.py SERVER"""
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fileserver
import network
import scene
import tap
from clients import Client, read_response, request

DOWNLOADS = 64
SIZE = scene.MIB
LOST = 1      # per cent of the packets, per direction
# A stack's counter and what it is the sum of: path in sock/info.
SUMS = {
    'TxBytes': ('tx_bytes',), 'RxBytes': ('rx_bytes',), 'TxSegments': ('tx_segments',),
    'RxSegments': ('rx_segments',), 'TxRetransmissions': ('retransmissions',),
    'TxRecords': ('tx', 'records'), 'TxRecordsNic': ('tx', 'records_nic'),
    'RxRecords': ('rx', 'records'), 'RxRecordsNic': ('rx', 'records_nic'),
    'RxRecordsMixed': ('rx', 'records_mixed'), 'TxBytesNic': ('tx', 'nic_bytes'),
}


def ask(prefix, *commands):
    """The answers, by Debian's own client in one run of it."""
    done = subprocess.run(['dpdk-telemetry.py', '-f', prefix], text=True, capture_output=True,
                          input=''.join(f'{c}\n' for c in commands), timeout=60)
    tap.equal((done.returncode, done.stderr), (0, ''), 'exit code and errors of dpdk-telemetry.py')
    answers, rest = [], done.stdout.strip()
    while rest:
        answer, end = json.JSONDecoder().raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].lstrip()
    tap.equal(len(answers), len(commands), 'answers')
    values = []
    for command, answer in zip(commands, answers):
        value = answer[command.split(',')[0]]
        tap.check(value is not None and 'error' not in value, f'{command}: {value}')
        values.append(value)
    return values


def value_at(info, path):
    for name in path:
        info = info[name]
    return info


def sums(infos):
    return {name: sum(value_at(i, path) for i in infos) for name, path in SUMS.items()}


def look(prefix):
    """Counters, the sums over all connections, and counters again."""
    stack = next(iter(ask(prefix, '/recordtls/stack/list')[0]))
    rows = ask(prefix, f'/recordtls/sock/list,{stack}')[0]
    tap.check('next' not in rows, 'one page holds them all')
    ids = [i for i, row in rows['socks'].items() if row['state'] != 'listen']
    stats = f'/recordtls/stack/stats,{stack}'
    before, *infos, after = ask(prefix, stats, *(f'/recordtls/sock/info,{stack},{i}' for i in ids),
                                stats)
    tap.equal(len(ids), DOWNLOADS, 'connections')
    return before, sums(infos), after, infos


class Load:
    """So many connections, each of which fetches a file and stays."""

    def __init__(self, ca, hashes):
        self.stack = contextlib.ExitStack()
        self.clients = [self.stack.enter_context(Client(ca, timeout_s=60))
                        for _ in range(DOWNLOADS)]
        self.wrong = []
        self.threads = [threading.Thread(target=self.fetch, args=(c, hashes['big']), daemon=True)
                        for c in self.clients]

    def fetch(self, client, want):
        try:
            client.send(request('/big'))
            body = read_response(client.stream).body
            if hashlib.sha256(body).hexdigest() != want:
                self.wrong.append('another file')
        except Exception as failure:
            self.wrong.append(repr(failure))

    def start(self):
        for thread in self.threads:
            thread.start()

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def end(self):
        for thread in self.threads:
            thread.join()
        tap.equal(self.wrong, [], 'downloads that went wrong')


def under_way(server, load, state):
    """while the downloads run, sums over sockets lie between the counters before and after"""
    load.start()
    looks = 0
    while load.running():
        before, middle, after, _ = look(server.prefix)
        for name in SUMS:
            tap.check(before[name] <= middle[name] <= after[name],
                      f'{name}: {before[name]}, then {middle[name]}, then {after[name]}')
        looks += 1
    load.end()
    tap.note(f'{looks} looks')
    tap.check(looks > 0, 'the downloads were over before the first look')


def every_command(server, load, state):
    """each command that there is answers"""
    prefix = server.prefix
    commands = [c for c in ask(prefix, '/')[0] if c.startswith(('/recordtls/', '/fileserver/'))]
    stack, port = ask(prefix, '/recordtls/stack/list', '/recordtls/port/list')
    tap.equal(list(stack.values()), ['rtls0'], 'names of stacks')
    tap.equal(port, ['tlsnic(netem(net_tap0))'], 'ports')
    sock = next(iter(ask(prefix, '/recordtls/sock/list,rtls0,state=open')[0]['socks']))
    params = {'/recordtls/stack/list': '', '/recordtls/stack/info': ',0',
              '/recordtls/stack/stats': ',rtls0', '/recordtls/stack/meanings': '',
              '/recordtls/sock/list': ',0',
              '/recordtls/sock/info': f',rtls0,{sock}', '/recordtls/port/list': '',
              '/recordtls/port/info': f',{port[0]}', '/recordtls/port/stats': f',{port[0]}',
              '/recordtls/port/meanings': f',{port[0]}', '/recordtls/crypto': ',0',
              '/fileserver/stats': ''}
    tap.equal(set(commands), set(params), 'commands')
    answer = dict(zip(commands, ask(prefix, *(c + params[c] for c in commands))))
    info = answer['/recordtls/port/info']
    tap.equal(info['under'], ['netem(net_tap0)', 'net_tap0'], 'what lies under the port')
    tap.check(DOWNLOADS <= info['inline_tls']['contexts_in_use'] <= 2 * DOWNLOADS,
              f'contexts: {info["inline_tls"]}')
    tap.check(answer['/recordtls/port/stats']['ethdev']['opackets'] > 0, 'packets of the ethdev')
    tap.check(len(answer['/recordtls/crypto']['measured']) > 0, 'nothing was measured')
    program = answer['/fileserver/stats']
    tap.equal((program['connections_open'], program['requests']), (DOWNLOADS, DOWNLOADS),
              'connections and requests')
    for keys, count in ((',mode=nic', DOWNLOADS), (',state=listen', 1), (',state=connecting', 0),
                        (f',local={network.SERVER_IP}:443', DOWNLOADS + 1),
                        (f',remote={network.CLIENT_IP}', DOWNLOADS),
                        (f',remote={network.CLIENT_IP}:{load.clients[0].port()}', 1)):
        got = ask(prefix, f'/recordtls/sock/list,0{keys}')[0]
        tap.equal(got['count'], count, f'sockets with {keys}')


def at_rest(server, load, state):
    """behind the downloads sums over sockets are the counters, to the unit"""
    until = time.monotonic() + 30
    while True:
        before, middle, after, infos = look(server.prefix)
        if all(i['in_flight'] == 0 for i in infos) and before == after:
            break
        tap.check(time.monotonic() < until, 'the connections do not come to rest')
    for name in SUMS:
        tap.equal(middle[name], after[name], name)
    tap.check(after['TxRetransmissions'] > 0, 'nothing was lost')
    tap.equal(after['TxRecordsNic'], after['TxRecords'], 'records for the NIC')
    tap.note(json.dumps({name: after[name] for name in SUMS}))
    state['stats'] = after


def last_words(server, load, state):
    """and they are what the program itself gets of rtls_stats_get at its end"""
    last = server.stop()
    for name in SUMS:
        tap.equal(last['stats'][name], state['stats'][name], name)
    with contextlib.suppress(OSError):
        load.stack.close()


def main():
    cases = [under_way, every_command, at_rest, last_words]
    network.enter()
    tap.plan(cases)
    _, seed = tap.seeded()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('big', SIZE * (8 if tap.full() else 1))
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--tlsnic', '--mode',
                               'nic', '--path', f'loss={LOST},seed={seed + 1}') as server:
            load = Load(ca, files.hashes)
            return 1 if tap.run(cases, server, load, {}, limit_s=100) else 0


if __name__ == '__main__':
    sys.exit(main())
