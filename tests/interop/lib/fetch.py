# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Runs the client program, on a pair of interfaces of its own whose other end is the kernel's."""
import hashlib
import json
import os
import subprocess

import fileserver
import network
import tap

CLIENT_IP = '10.78.0.1'
PEER_IP = '10.78.0.2'    # the kernel's end: servers listen there
NAME = 'peer.example'    # the same, by --resolve
IFACE = 'fetch0'

OK, HERE, USAGE, CONNECTION, TLS, CERTIFICATE, REFUSED, CUT = range(8)


def make_network(address=True):
    """Behind network.enter(). Without an address the other end is somebody else's than this kernel's."""
    peer = IFACE + 'p'
    network.ip('link', 'add', IFACE, 'type', 'veth', 'peer', 'name', peer)
    for name in (IFACE, peer):
        network.ip('link', 'set', name, 'addrgenmode', 'none')
        network.ip('link', 'set', name, 'up')
    # net_af_packet takes no packets that somebody else is to cut.
    network.ip('link', 'set', peer, 'gso_max_segs', '1')
    if address:
        network.ip('address', 'add', f'{PEER_IP}/24', 'dev', peer)


class Result:
    def __init__(self, done, output):
        self.code = done.returncode
        self.errors = done.stderr.decode(errors='replace')
        self.said = [line.partition(': ')[2] for line in self.errors.splitlines()
                     if line.startswith('recordtls-fetch: ')]
        self.stdout = done.stdout
        self.json = json.loads(done.stdout) if (done.stdout or b'').startswith(b'{"status"') else None
        self.output = output

    def digest(self):
        if not os.path.exists(self.output):
            return None
        with open(self.output, 'rb') as f:
            return hashlib.file_digest(f, 'sha256').hexdigest()


class Fetch:
    def __init__(self, exe, folder, ca):
        self.exe, self.folder, self.ca = exe, folder, ca
        self.output = os.path.join(folder, 'fetched')

    def command(self, *args, ca=None):
        cpu = min(os.sched_getaffinity(0))
        return ['setpriv', '--pdeathsig', 'KILL', self.exe, '-l', str(cpu), '--no-huge', '-m', '256',
                '--no-pci', '--no-shconf', '--no-telemetry', f'--vdev=net_af_packet0,iface={IFACE}', '--',
                '--addr', f'{CLIENT_IP}/24', '--trust-checksums', '--crypto', 'libcrypto', '--ca',
                ca or self.ca, *args]

    def raw(self, *args, ca=None, limit_s=60, **more):
        done = subprocess.run(self.command(*args, ca=ca), stdin=subprocess.DEVNULL, timeout=limit_s,
                              **{'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **more})
        return Result(done, self.output)

    def get(self, url, *args, keep=False, ca=None, limit_s=60):
        """To a file, with a report."""
        if not keep:
            for path in (self.output, self.output + '.part'):
                if os.path.exists(path):
                    os.remove(path)
        return self.raw('--json', '--output', self.output, *args, url, ca=ca, limit_s=limit_s)

    def put(self, url, path, *args, ca=None, limit_s=60):
        return self.raw('--json', '--upload', path, *args, url, ca=ca, limit_s=limit_s)

    def check(self, url, digest, *args, **more):
        """It fetches what has this SHA-256; returns its report."""
        got = self.get(url, *args, **more)
        tap.equal(got.code, OK, f'exit code for {url} {args} ({got.errors[-400:]})')
        tap.equal(got.digest(), digest, f'SHA-256 of {url} {args}')
        return got.json

    def refused(self, code, says, url, *args, ca=None):
        """It ends with this code and one sentence, which has these words, and leaves no file."""
        got = self.get(url, *args, ca=ca)
        tap.equal((got.code, len(got.said)), (code, 1), f'{url} {args}: code and sentences ({got.errors[-400:]})')
        tap.check(says in got.said[0], f'{url} {args}: {says!r} is not in {got.said[0]!r}')
        tap.equal(got.digest(), None, f'{url} {args}: a file')
        return got


def url(name='', port=443, host=PEER_IP):
    return f'https://{host}:{port}/{name}'


def by_name(port=443):
    return ('--resolve', f'{NAME}:{port}:{PEER_IP}')
