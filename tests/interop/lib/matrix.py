# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""One cell of the matrix: version, suite, our role, who computes, and whose library is at the far end."""
import collections
import json
import os
import queue
import subprocess
import threading

import fileserver
import network
import tap

VERSIONS = ('1.2', '1.3')
SUITES = ('AES-128-GCM', 'AES-256-GCM', 'AES-128-CCM', 'CHACHA20-POLY1305')
ROLES = ('server', 'client')
PEERS = ('openssl', 'gnutls')
PLAN_BYTES = 1 << 20

CIPHERS = {'AES-128-GCM': 'aes_gcm_128', 'AES-256-GCM': 'aes_gcm_256',
           'AES-128-CCM': 'aes_ccm_128', 'CHACHA20-POLY1305': 'chacha20_poly1305'}


class Cell(collections.namedtuple('Cell', 'version suite role engine peer')):
    __slots__ = ()

    def __str__(self):
        return '/'.join(self)


def cells(engines):
    return [Cell(v, s, r, e, p) for e in engines for v in VERSIONS for s in SUITES for r in ROLES
            for p in PEERS]


class Node:
    """with Node(exe, engine, ca, chain, key) as node: our end, in a process of its own."""

    def __init__(self, exe, engine, ca, chain, key):
        self.prefix = fileserver.new_prefix()
        own = ['--tlsnic'] if engine == 'nic' else ['--crypto', engine]
        self.command = ['setpriv', '--pdeathsig', 'KILL', exe, *fileserver.eal_args(self.prefix),
                        '--', '--addr', f'{network.SERVER_IP}/{network.PREFIX_LEN}', '--cert',
                        chain, '--key', key, '--ca', ca, *own]
        self.lines, self.errors = queue.Queue(), []
        self.crypto = None
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream, take in ((self.process.stdout, self.lines.put),
                             (self.process.stderr, self.errors.append)):
            threading.Thread(target=fileserver.Server.read, args=(stream, take),
                             daemon=True).start()
        try:
            self.crypto = self.line()
            if self.crypto:
                tap.equal(self.line(), 'ready', 'what the node says')
                network.join()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        fileserver.forget(self.prefix)

    def line(self, timeout_s=40):
        """'': it has ended."""
        try:
            return self.lines.get(timeout=timeout_s)
        except queue.Empty:
            raise tap.Failed('the node is silent') from None

    def report(self):
        line = self.line()
        tap.check(line != '', 'the node ended: ' + ' / '.join(self.errors[-5:]))
        return json.loads(line)

    def connect(self, port):
        self.process.stdin.write(f'connect {network.CLIENT_IP}:{port}\n')
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        tap.equal(self.process.wait(10), 0, 'exit code of the node')
