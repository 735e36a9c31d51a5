# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""64 clients at once. Usage: test_parallel.py SERVER"""
import concurrent.futures
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap

CLIENTS = 64
SIZE = 16 * scene.MIB
FILES = 8    # some clients share a file, and others get other bytes


def fetch(server, files, ca):
    """64 curls fetch 16 MiB each at the same time, every byte right"""
    names = [f'file{i % FILES}' for i in range(CLIENTS)]
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        jobs = [pool.submit(clients.curl_hash, ca, name, limit_s=150) for name in names]
        for name, job in zip(names, jobs):
            tap.equal(job.result()[0], files.hashes[name], f'SHA-256 of /{name}')


def limited(server, files, ca):
    """connections above --conns are turned away, those below are served"""
    held = []
    # Those of before count until the server has seen their end.
    server.wait_status(lambda s: s['connections_open'] == 0, 'all connections of before have ended')
    try:
        for _ in range(CLIENTS):
            held.append(clients.Client(ca))
        refused = clients.curl(ca, '--fail', f'{clients.BASE}/file0')
        tap.check(refused.returncode in (7, 35, 56), f'exit code of curl: {refused.returncode}')
        tap.equal(server.status()['connections_refused'], 1, 'refused connections')
        for c in held:
            tap.equal(c.get('/file0', method='HEAD').status, 200, 'status')
    finally:
        for c in held:
            c.__exit__(None)
    server.wait_status(lambda s: s['connections_open'] == 0, 'all connections have ended')
    clients.check_fetch(ca, files, 'file1')


def settled(server, files, ca):
    """all is given back, no connection failed, nothing was dropped"""
    status = server.wait_empty()
    if status['connections_failed'] != 0:
        tap.note(f'counted: { {k: v for k, v in status["stats"].items() if v != 0} }')
        tap.note('standard error of the server:\n' + '\n'.join(server.errors[-30:]))
    tap.equal(status['connections_failed'], 0, 'failed connections')
    for key in ('TxDropped', 'PressureConnAborted', 'PressureConnRefused'):
        tap.equal(status['stats'][key], 0, key)
    server.stop()


def main():
    cases = [fetch, limited, settled]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        for i in range(FILES):
            files.add(f'file{i}', SIZE)
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--conns', str(CLIENTS),
                               '--time-wait-ms', '500') as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=170) else 0


if __name__ == '__main__':
    sys.exit(main())
