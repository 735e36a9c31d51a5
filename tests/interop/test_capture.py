# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""A capture of the file server and its key log, decrypted by tshark. Usage: test_capture.py SERVER"""
import base64
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap
from clients import Client, request

SIZE = 8 * scene.MIB if tap.full() else scene.MIB
MODES = {'software': ('--mode', 'software'), 'nic': ('--tlsnic', '--mode', 'nic')}
PIECE = 9000    # of the file, in each request of an upload


def tshark(*args):
    done = subprocess.run(['tshark', *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    tap.equal(done.returncode, 0, f'exit code of tshark ({done.stderr.strip()[-300:]})')
    return done.stdout


class Captured:
    """A server with a capture and a key log; both are complete behind the block."""

    def __init__(self, exe, files, mode):
        self.pcap, self.keys = files.path(f'{mode}.pcapng'), files.path(f'{mode}.keys')
        for path in (self.pcap, self.keys):
            if os.path.exists(path):
                os.unlink(path)
        self.server = fileserver.Server(exe, files.root, '--cert-out', files.path('cert.pem'),
                                        '--capture', self.pcap, *MODES[mode],
                                        env={'SSLKEYLOGFILE': self.keys})
        self.mode = mode

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, failed, *rest):
        if failed is None:
            last = self.server.stop()
            tap.equal(last['nic_records_tx'] > 0, self.mode == 'nic', 'sealed by the NIC')
        self.server.__exit__(failed, *rest)
        if failed is None:
            tap.check(any('SSLKEYLOGFILE is set' in line for line in self.server.errors),
                      'the server does not say that keys leave it')
            tap.check(not any('too slow' in line for line in self.server.errors),
                      'packets are missing in the capture')
            for path in (self.pcap, self.keys):
                tap.equal(os.stat(path).st_mode & 0o777, 0o600, f'mode of {path}')

    def objects(self, folder):
        """The bodies of all answers, in a folder."""
        shutil.rmtree(folder, ignore_errors=True)
        tshark('-r', self.pcap, '-q', '-o', f'tls.keylog_file:{self.keys}', '--export-objects',
               f'http,{folder}')
        return folder

    def streams(self):
        """What the client and the server sent inside TLS, on the first connection."""
        text = tshark('-r', self.pcap, '-q', '-o', f'tls.keylog_file:{self.keys}', '-z',
                      'follow,tls,raw,0')
        lines = re.findall(r'^(\t?)([0-9a-f]+)$', text, re.M)
        first, second = (bytes.fromhex(''.join(h for tab, h in lines if bool(tab) == side))
                         for side in (False, True))
        node = re.search(r'^Node 0: .*:(\d+)$', text, re.M)
        tap.check(node is not None, f'no stream in the capture: {text[:300]}')
        return (second, first) if node[1] == '443' else (first, second)


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


def download(exe, files):
    """tshark finds the file in a download, in software and by the NIC; without the keys it does not"""
    for mode in MODES:
        with Captured(exe, files, mode) as c:
            clients.check_fetch(files.path('cert.pem'), files, 'f')
        tap.equal(digest(os.path.join(c.objects(files.path('out')), 'f')), files.hashes['f'],
                  f'the file in the capture, {mode}')
        os.truncate(c.keys, 0)
        tap.equal(os.listdir(c.objects(files.path('out'))), [], 'objects without keys')


def upload(exe, files):
    """and in an upload"""
    with open(os.path.join(files.root, 'f'), 'rb') as f:
        pieces = [f.read(PIECE) for _ in range(0, SIZE, PIECE)]
    sent = b''.join(request('/f1', 'X: ' + base64.b64encode(p).decode()) for p in pieces)
    for mode in MODES:
        with Captured(exe, files, mode) as c:
            with Client(files.path('cert.pem')) as client:
                for p in pieces:
                    answer = client.get('/f1', 'X: ' + base64.b64encode(p).decode())
                    tap.equal(answer.status, 200, 'status')
        got, answers = c.streams()
        tap.check(got == sent, f'{len(got)} bytes of the client in the capture, {len(sent)} sent')
        found = b''.join(base64.b64decode(p) for p in re.findall(rb'^X: (\S+)\r$', got, re.M))
        tap.equal(hashlib.sha256(found).hexdigest(), files.hashes['f'], f'the file, {mode}')
        tap.equal(answers.count(b'HTTP/1.1 200 OK\r\n'), len(pieces), 'answers')


def key_update(exe, files):
    """and behind key updates of both sides"""
    for mode in MODES:
        with Captured(exe, files, mode) as c:
            process = subprocess.Popen(
                ['openssl', 's_client', '-connect', f'{network.SERVER_IP}:443', '-CAfile',
                 files.path('cert.pem'), '-verify_return_error'],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            with process:
                for command in (b'K\n', b'k\n', b'K\n'):
                    talk(process, command, b'KEYUPDATE')
                    talk(process, request('/text'), b'END OF TEXT')
                process.stdin.write(b'Q\n')
                process.stdin.close()
                process.stdout.read()
            stats = c.server.status()['stats']
            tap.equal((stats['TlsRxRekeyOk'], stats['TlsTxRekeyOk']), (3, 2), 'new keys')
        got, answers = c.streams()
        tap.check(got == 3 * request('/text'), f'requests in the capture, {mode}: {got[:200]}')
        tap.equal(answers.count(b'END OF TEXT'), 3, f'answers in the capture, {mode}')


def talk(process, line, wanted):
    process.stdin.write(line)
    process.stdin.flush()
    got = b''
    while wanted not in got:
        more = os.read(process.stdout.fileno(), 65536)
        tap.check(more != b'', f's_client ended: {got[-300:]!r}')
        got += more


def reasons(exe, files):
    """a packet that the server drops has the reason as its comment"""
    for mode in MODES:
        with Captured(exe, files, mode) as c:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.sendto(b'nobody speaks this', (network.SERVER_IP, 7))
            clients.check_fetch(files.path('cert.pem'), files, 'f1')
        comments = tshark('-r', c.pcap, '-Y', 'udp', '-T', 'fields', '-e', 'frame.comment')
        tap.equal(comments.split('\n')[0], 'dropped: RxNotForUs', f'comment, {mode}')
        taken = tshark('-r', c.pcap, '-Y', 'tcp.flags.syn == 1', '-T', 'fields', '-e',
                       'frame.comment')
        tap.equal(taken.strip(), '', 'comment of a SYN')


def refused(exe, files):
    """a capture or a key log that cannot be is one clear error"""
    for args, env, words in (
            (('--capture', '/nowhere/at/all'), {}, 'cannot capture to /nowhere/at/all: No such'),
            (('--capture', '/dev/full'), {}, 'cannot capture to /dev/full: No space left'),
            ((), {'SSLKEYLOGFILE': '/nowhere/at/all'}, 'SSLKEYLOGFILE /nowhere/at/all: No such')):
        prefix = fileserver.new_prefix()
        done = subprocess.run([exe, *fileserver.eal_args(prefix), '--',
                               *fileserver.own_args(files.root, *args)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                              env={**os.environ, **env})
        fileserver.forget(prefix)
        tap.equal(done.returncode, 1, f'exit code with {args or env}')
        tap.check(words in done.stderr, f'standard error: {done.stderr!r}')


def main():
    cases = [download, upload, key_update, reasons, refused]
    network.enter()
    if shutil.which('tshark') is None:
        tap.skip_all('tshark is not here')
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f', SIZE)
        files.add('f1', 1)
        with open(os.path.join(files.root, 'text'), 'wb') as f:
            f.write(b'a line of text\n' * 2000 + b'END OF TEXT\n')
        return 1 if tap.run(cases, os.path.abspath(sys.argv[1]), files, limit_s=120) else 0


if __name__ == '__main__':
    sys.exit(main())
