# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""DPDK's exporter with our endpoint, and Prometheus behind it. Usage: test_exporter.py SERVER"""
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import exporter
import fileserver
import network
import scene
import tap

PREFIX = 'dpdk_recordtls_'
PROMETHEUS = '127.0.0.1:9877'
BYTES = 3 * scene.MIB


def snake(name):
    return re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).lower()


def find_one(values, name):
    """The value of a metric that is there once, with whatever labels."""
    found = [v for (n, _), v in values.items() if n == PREFIX + name]
    tap.equal(len(found), 1, f'samples of {PREFIX}{name}')
    return found[0]


def all_there(server, exp, files, ca):
    """each counter and level is exported, no less than before and no more than after"""
    port, = server.telemetry.ask('/recordtls/port/list')
    asked = {'stack': ('/recordtls/stack/stats,0', '/recordtls/stack/meanings'),
             'port': (f'/recordtls/port/stats,{port}', f'/recordtls/port/meanings,{port}')}
    clients.check_fetch(ca, files, 'big')
    before = {of: server.telemetry.ask(c[0]) for of, c in asked.items()}
    values, kinds = exporter.samples(exp.scrape())
    after = {of: server.telemetry.ask(c[0]) for of, c in asked.items()}
    exported = 0
    for of, (_, command) in asked.items():
        means = server.telemetry.ask(command)
        for name in means['counters']:
            metric = [n for n in (f'{of}_{snake(name)}_total', f'{of}_{snake(name)}_bytes_total')
                      if PREFIX + n in kinds]
            tap.equal(len(metric), 1, f'metrics of {name}: {metric}')
            tap.equal(kinds[PREFIX + metric[0]], 'counter', f'kind of {metric[0]}')
            tap.check(before[of][name] <= find_one(values, metric[0]) <= after[of][name],
                      f'{metric[0]} is not between {before[of][name]} and {after[of][name]}')
        for name in means['levels']:
            metric = [n for n in (f'{of}_{snake(name)}', f'{of}_{snake(name)}_bytes')
                      if PREFIX + n in kinds]
            tap.equal(len(metric), 1, f'metrics of {name}: {metric}')
            tap.equal(kinds[PREFIX + metric[0]], 'gauge', f'kind of {metric[0]}')
        exported += len(means['counters']) + len(means['levels'])
        # Nothing is counted that has no meaning.
        tap.equal(sorted(n for n in before[of] if n != 'ethdev'),
                  sorted([*means['counters'], *means['levels']]), f'names of {of}')
    tap.note(f'{exported} counters and levels')
    tap.check(find_one(values, 'stack_tx_bytes_total') > BYTES, 'bytes sent')
    tap.check(find_one(values, 'port_tx_tls_encrypted_bytes_total') > BYTES, 'bytes sealed')
    tap.equal(find_one(values, 'stack_up'), 1, 'stack_up')


def well_formed(server, exp, files, ca):
    """promtool has nothing to say against it, but that RxNotForUs were microseconds"""
    done = subprocess.run(['promtool', 'check', 'metrics'], input=exp.scrape(), text=True,
                          capture_output=True)
    said = [line for line in (done.stdout + done.stderr).splitlines()
            if not line.startswith(f'{PREFIX}stack_rx_not_for_us_total ')]
    # Its exit code is 3 for remarks, 1 for what cannot be read.
    tap.equal((done.returncode, said[:3]), (3, []), 'promtool check metrics')


@contextlib.contextmanager
def prometheus(folder):
    """It scrapes our exporter once a second; its storage goes with the folder."""
    config = os.path.join(folder, 'prometheus.yml')
    with open(config, 'w') as f:
        f.write('global: {scrape_interval: 1s}\n'
                'scrape_configs:\n'
                '- job_name: recordtls\n'
                '  static_configs:\n'
                f"  - targets: ['{exporter.LISTEN}']\n")
    with open(os.path.join(folder, 'log'), 'w') as log:
        process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', 'prometheus', f'--config.file={config}',
             f'--storage.tsdb.path={folder}/data', f'--web.listen-address={PROMETHEUS}'],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def query(what, **arguments):
    """Of Prometheus' HTTP API; None while it does not listen yet."""
    no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f'http://{PROMETHEUS}/api/v1/{what}?{urllib.parse.urlencode(arguments)}'
    try:
        with no_proxy.open(url, timeout=10) as answer:
            return json.load(answer)['data']
    except OSError:
        return None


def value_of(metric):
    """[(labels, value)]"""
    data = query('query', query=PREFIX + metric) or {'result': []}
    return [(r['metric'], int(float(r['value'][1]))) for r in data['result']]


def wait_for(settled, what, limit_s=60):
    until = time.monotonic() + limit_s
    while not settled():
        tap.check(time.monotonic() < until, what)
        time.sleep(0.2)


def scraped(server, exp, files, ca):
    """Prometheus scrapes it and knows what the server's telemetry says"""
    if not tap.full():
        tap.skip('the long variant is not asked for')
    with tempfile.TemporaryDirectory(prefix='recordtls-prometheus-') as folder, \
            prometheus(folder) as process:
        wait_for(lambda: process.poll() is not None or value_of('stack_up'),
                 'Prometheus has no metric of ours')
        tap.equal(process.poll(), None, 'exit code of Prometheus')
        first, = value_of('stack_tx_bytes_total')
        clients.check_fetch(ca, files, 'big')
        stats = server.telemetry.ask('/recordtls/stack/stats,0')
        wait_for(lambda: value_of('stack_tx_bytes_total')[0][1] >= stats['TxBytes'],
                 'Prometheus does not come to know the download')
        (labels, value), = value_of('stack_tx_bytes_total')
        tap.equal(value, server.telemetry.ask('/recordtls/stack/stats,0')['TxBytes'],
                  'bytes sent')
        tap.check(value >= first[1] + BYTES, f'{value} behind {first[1]}')
        tap.equal(labels['stack'], server.telemetry.ask('/recordtls/stack/list')['0'],
                  'the label')
        said = query('metadata')
        tap.equal(said[PREFIX + 'stack_tx_bytes_total'][0]['type'], 'counter', 'its type')
        means = server.telemetry.ask('/recordtls/stack/meanings')['counters']
        tap.equal(said[PREFIX + 'stack_tx_bytes_total'][0]['help'].lower(),
                  means['TxBytes'].lower() + '.', 'its description')
        tap.equal(said[PREFIX + 'stack_socks_in_use'][0]['type'], 'gauge', 'type of a level')
        failed = [t for t in query('targets')['activeTargets'] if t['lastError']]
        tap.equal(failed, [], 'targets with an error')


def gone(server, exp, files, ca):
    """a server that ended has no metrics"""
    server.stop()
    try:
        text = exp.scrape()
    except urllib.error.HTTPError as e:
        tap.equal(e.code, 503, 'status of the exporter')
    else:
        raise tap.Failed(f'there are metrics: {text[:200]}')


def main():
    cases = [all_there, well_formed, scraped, gone]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('big', BYTES)
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--tlsnic') as server, \
                exporter.Exporter(server.prefix) as exp:
            return 1 if tap.run(cases, server, exp, files, ca) else 0


if __name__ == '__main__':
    sys.exit(main())
