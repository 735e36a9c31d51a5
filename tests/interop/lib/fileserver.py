# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Starts, asks and stops the file server."""
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time

import network
import tap
from telemetry import Telemetry

LEVELS = ('mbufs_in_use', 'socks_in_use', 'timers_in_use', 'sessions_in_use')
NAMES = {'mbufs_in_use': 'MbufsInUse', 'socks_in_use': 'SocksInUse',
         'timers_in_use': 'TimersInUse', 'sessions_in_use': 'SessionsInUse',
         'records_tx': 'TxRecords', 'records_rx': 'RxRecords', 'bytes_tx': 'TxBytes',
         'bytes_rx': 'RxBytes', 'segments_tx': 'TxSegments', 'segments_rx': 'RxSegments',
         'retransmissions': 'TxRetransmissions'}
STATS = ('TimeWaitInUse', 'FlowsInUse', 'RxRoomInUse', 'TlsCurrTxSw', 'TlsCurrRxSw',
         'TlsCurrTxDevice', 'TlsCurrRxDevice')


def eal_args(prefix, memory_mb=256, iface=network.IFACE, vdev=None):
    cpu = min(os.sched_getaffinity(0))
    return ['-l', str(cpu), '--no-huge', '-m', str(memory_mb), '--no-pci', '--no-shconf',
            f'--file-prefix={prefix}', f'--vdev={vdev or f"net_tap0,iface={iface}"}']


def own_args(root, *more):
    return ['--addr', f'{network.SERVER_IP}/{network.PREFIX_LEN}', '--root', str(root),
            '--port', '443', *more]


def new_prefix(count=[0]):
    count[0] += 1
    return f'recordtls-interop-{os.getpid()}-{count[0]}'


def forget(prefix):
    """DPDK leaves its folder behind."""
    shutil.rmtree(f'/var/run/dpdk/{prefix}', ignore_errors=True)


class Server:
    """with Server(exe, root) as server: it is ready, and its network is joined."""

    def __init__(self, exe, root, *args, memory_mb=256, env=None, vdev=None):
        self.prefix = new_prefix()
        self.tap = vdev is None    # else its network is joined already
        self.command = ['setpriv', '--pdeathsig', 'KILL', exe, *eal_args(self.prefix, memory_mb, vdev=vdev),
                        '--', *own_args(root, '--json', *args)]
        self.env = {**os.environ, **(env or {})}
        self.lines = queue.Queue()
        self.errors = []
        self.process = None
        self.telemetry = None
        self.at_start = None
        self.crypto = None    # what it says of who computes

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=self.env)
        for stream, take in ((self.process.stdout, self.lines.put),
                             (self.process.stderr, self.errors.append)):
            threading.Thread(target=self.read, args=(stream, take), daemon=True).start()
        try:
            self.crypto = self.wait_line('crypto', 30)
            self.wait_line('ready')
            if self.tap:
                network.join()
            self.telemetry = Telemetry(self.prefix)
            self.at_start = self.status()
        except BaseException:
            self.__exit__(True, None, None)
            raise
        return self

    @staticmethod
    def read(stream, take):
        for line in stream:
            take(line.rstrip('\n'))
        take('')

    def __exit__(self, failed, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.telemetry is not None:
            self.telemetry.close()
        forget(self.prefix)
        if failed:
            tap.note('standard error of the server:\n' + '\n'.join(self.errors[-30:]))

    def wait_line(self, start, timeout_s=10):
        """The next line on standard output that starts so."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                line = self.lines.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                raise tap.Failed(f'no line "{start}..." from the server') from None
            if line.startswith(start):
                return line
            tap.check(line != '' or self.process.poll() is None and time.monotonic() < until,
                      'the server ended: ' + ' / '.join(self.errors[-5:]))

    def alive(self):
        return self.process.poll() is None

    def status(self):
        """What it counts now, by the names of its last words."""
        tap.check(self.alive(), 'the server is dead: ' + ' / '.join(self.errors[-5:]))
        stats = self.telemetry.ask('/recordtls/stack/stats,0')
        return {**self.telemetry.ask('/fileserver/stats'), 'stats': stats,
                **{name: stats[stat] for name, stat in NAMES.items()}}

    def stop(self):
        """Its last words."""
        tap.check(self.alive(), 'the server is dead: ' + ' / '.join(self.errors[-5:]))
        self.process.send_signal(signal.SIGTERM)
        last = json.loads(self.wait_line('{', 15))
        tap.equal(self.process.wait(10), 0, 'exit code of the server')
        return last

    def wait_status(self, settled, what, timeout_s=20):
        """Asks until settled(status)."""
        until = time.monotonic() + timeout_s
        while True:
            status = self.status()
            if settled(status):
                return status
            tap.check(time.monotonic() < until, f'{what}, and still {status}')
            time.sleep(0.05)

    def wait_empty(self, timeout_s=20, half_open=True):
        """Until all is given back that connections held, TIME-WAIT included.

        Half-open connections take a minute to go, if nobody completes or resets them."""
        return self.wait_status(
            lambda s: s['connections_open'] == 0 and
            all(s[level] == self.at_start[level] for level in LEVELS) and
            all(s['stats'][level] == self.at_start['stats'][level] for level in STATS) and
            (not half_open or s['stats']['SynInUse'] == 0),
            'the server should be empty', timeout_s)
