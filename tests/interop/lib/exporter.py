# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""DPDK's exporter with our endpoint."""
import os
import re
import subprocess
import urllib.request

import tap

ENDPOINTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../examples/exporter')
LISTEN = '127.0.0.1:9876'


class Exporter:
    """with Exporter(prefix) as e: e.scrape() is what Prometheus is told."""

    def __init__(self, prefix):
        self.command = ['setpriv', '--pdeathsig', 'KILL', 'dpdk-telemetry-exporter.py',
                        '--load-path', ENDPOINTS, '--endpoint', 'recordtls',
                        '--socket-path', f'/var/run/dpdk/{prefix}/dpdk_telemetry.v2',
                        '--output', f'prometheus://{LISTEN}']

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if 'listening on' in line:
                return self
        self.__exit__()
        raise tap.Failed(f'the exporter does not start: {"".join(lines)}')

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @staticmethod
    def scrape():
        no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with no_proxy.open(f'http://{LISTEN}/metrics', timeout=10) as answer:
            return answer.read().decode()


def samples(text):
    """{(name, labels as they stand): value}, and {name: kind}."""
    values, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split()
            kinds[name] = kind
        elif not line.startswith('#'):
            m = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line)
            tap.check(m is not None, f'not a sample: {line!r}')
            tap.check(m[1] in kinds, f'{m[1]} has no TYPE in front of it')
            tap.check(m.group(1, 2) not in values, f'{line!r} is there twice')
            values[m[1], m[2] or ''] = int(m[3])
    return values, kinds
