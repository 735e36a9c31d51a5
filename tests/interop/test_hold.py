# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Clients that take nothing of what they asked for. Usage: test_hold.py SERVER"""
import contextlib
import hashlib
import os
import socket
import ssl
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap
from clients import Client, request

HOLDERS = 1500 if tap.full() else 150
READERS, TICK_S, PER_TICK = 64, 0.1, 2000     # 20 KB/s each
SLOW = 1000000 if tap.full() else 40000
PAUSE_S = 60 if tap.full() else 2
BIG = 8 * scene.MIB


def open_tls(ctx):
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(10)
    raw.connect((network.SERVER_IP, 443))
    return ctx.wrap_socket(raw, server_hostname=network.SERVER_IP)


@contextlib.contextmanager
def holders(ca):
    ctx, held = clients.context(ca), []
    try:
        for _ in range(HOLDERS):
            held.append(open_tls(ctx))
            held[-1].sendall(request('/big'))
        yield held
    finally:
        for tls in held:
            tls.close()


def push(held):
    """Requests without end, to a server that cannot answer them."""
    data = request('/f1') * 60
    for tls in held:
        tls.setblocking(False)
        with contextlib.suppress(ssl.SSLWantWriteError, ConnectionError):
            for _ in range(40):
                tls.send(data)


def trickle(held):
    """A little now and then, as if they were alive."""
    for tls in held:
        with contextlib.suppress(OSError):
            tls.recv(1000)


class Readers(threading.Thread):
    """Honest clients on a slow line: a bit of a file at a time, until each has all of it."""

    def __init__(self, ca):
        super().__init__(daemon=True)
        ctx = clients.context(ca)
        self.got = {}
        for _ in range(READERS):
            tls = open_tls(ctx)
            tls.sendall(request('/slow', close=True))
            tls.setblocking(False)
            self.got[tls] = bytearray()
        self.failed = None

    def run(self):
        left = set(self.got)
        try:
            while left:
                left = {tls for tls in left if self.take(tls)}
                time.sleep(TICK_S)
        except OSError as e:
            self.failed = e

    def take(self, tls):
        try:
            got = tls.recv(PER_TICK)
        except ssl.SSLWantReadError:
            return True
        self.got[tls] += got
        return got != b''

    def check(self, files):
        self.join()
        tap.equal(self.failed, None, 'what ended a slow reader')
        for tls, got in self.got.items():
            body = bytes(got).partition(b'\r\n\r\n')[2]
            tap.equal(hashlib.sha256(body).hexdigest(), files.hashes['slow'], 'hash of a slow reader')
            tls.close()


def served(files, ca, old):
    """The old connection and new ones, each within the time-outs of clients."""
    tap.equal(old.get('/f1').status, 200, 'status on an old connection')
    for name in ('f1', 'part', 'big'):
        clients.check_fetch(ca, files, name, limit_s=10)


def all_served(server, files, ca, during=None):
    with Client(ca, timeout_s=10) as old, holders(ca) as held:
        tap.equal(old.get('/f1').status, 200, 'status before')
        readers = Readers(ca)
        readers.start()
        if during is not None:
            during(held)
        served(files, ca, old)
        # Later the server's own patience with who takes nothing may be over.
        tap.check(server.status()['mbufs_in_use'] >= HOLDERS // 2, 'nobody held anything')
        if during is trickle:
            trickle(held)
        readers.check(files)
        served(files, ca, old)
        status = server.status()
        tap.note({k: v for k, v in status['stats'].items() if k.startswith('Pressure')})


def hold(server, files, ca):
    """clients that read nothing: old, new, fast and slow ones beside them are served"""
    all_served(server, files, ca)


def hold_and_push(server, files, ca):
    """the same when they go on asking"""
    all_served(server, files, ca, push)


def hold_and_trickle(server, files, ca):
    """the same when they read a little"""
    all_served(server, files, ca, trickle)


def paused(server, files, ca):
    """a reader that pauses is not ended"""
    before = server.status()['stats']['PressureHolderEnded']
    tls = open_tls(clients.context(ca))
    tls.sendall(request('/big', close=True))
    got = bytearray(tls.recv(1000))
    time.sleep(PAUSE_S)
    while more := tls.recv(65536):
        got += more
    tls.close()
    body = bytes(got).partition(b'\r\n\r\n')[2]
    tap.equal(hashlib.sha256(body).hexdigest(), files.hashes['big'], 'hash')
    tap.equal(server.status()['stats']['PressureHolderEnded'], before, 'holders ended')


def settled(server, files, ca):
    """all is given back"""
    server.wait_empty(100)
    server.stop()


def main():
    cases = [hold, hold_and_push, hold_and_trickle, paused, settled]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        for name, size in (('f1', 1), ('part', 100000), ('slow', SLOW), ('big', BIG)):
            files.add(name, size)
        ca = files.path('cert.pem')
        # A connection that waits while the slow ones are served is not to be ended for that.
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms', '500',
                               '--idle-s', '600') as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=200) else 0


if __name__ == '__main__':
    sys.exit(main())
