# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Files that clients send: curl, and requests that no good client makes. Usage: test_upload.py SERVER"""
import hashlib
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap
from clients import BASE, Client, request

SIZES = (0, 1, 16383, 16384, 16385, 131072, scene.MIB + 1)
BIG = 64 * scene.MIB
MAX = 100 * scene.MIB


class Scene:
    """What is sent, where it goes, and what must not change."""

    def __init__(self, folder):
        self.files = scene.Files(folder)
        self.into = os.path.join(self.files.root, 'into')
        os.mkdir(self.into)
        os.mkdir(os.path.join(self.into, 'sub'))
        with open(self.files.path('secret'), 'wb') as f:
            f.write(scene.SECRET)
        for name, target in (('out', '../../secret'), ('outdir', '../..'), ('dangling', 'nowhere'),
                             ('link', 'sub')):
            os.symlink(target, os.path.join(self.into, name))
        os.mkfifo(os.path.join(self.into, 'fifo'))
        for size in (*SIZES, BIG):
            self.files.add(f'f{size}', size)
        self.small = os.path.join(self.into, 'small')
        os.mkdir(self.small)
        self.has_small = network.mount_small(self.small, 1024)

    def remove(self):
        """What tempfile cannot."""
        if self.has_small:
            network.unmount(self.small)

    def source(self, name):
        return os.path.join(self.files.root, name)

    def stored(self, name):
        path = os.path.join(self.into, name)
        if not os.path.isfile(path) or os.path.islink(path):
            return None
        with open(path, 'rb') as f:
            return hashlib.file_digest(f, 'sha256').hexdigest()

    def names(self):
        """All below the folder."""
        return sorted(os.path.relpath(os.path.join(top, name), self.into)
                      for top, dirs, names in os.walk(self.into) for name in names + dirs)

    def check_clean(self, server):
        """No part of any file is left, and nothing outside was touched."""
        server.wait_status(lambda s: not any('.upload-' in name for name in self.names()),
                           'parts of files should be gone')
        with open(self.files.path('secret'), 'rb') as f:
            tap.equal(f.read(), scene.SECRET, 'the secret')


def put(target, body=b'', *fields, length=True):
    more = [f'Content-Length: {len(body)}'] if length else []
    return request(target, *more, *fields, method='PUT') + body


def send_file(c, target, body, *fields):
    c.send(put(target, body, *fields))
    return clients.read_response(c.stream).status


def curl_put(ca, source, target, *args, stdin=None):
    """The status of the answer."""
    done = subprocess.run(clients.curl_command(ca, '--upload-file', source, '--output', '/dev/null',
                                               '--write-out', '%{http_code}', *args,
                                               f'{BASE}/{target}'),
                          stdin=stdin or subprocess.DEVNULL, capture_output=True)
    tap.equal(done.returncode, 0, f'exit code of curl for /{target} ({done.stderr[-300:]})')
    return int(done.stdout)


def curl_sizes(server, s, ca):
    """curl sends every size, with its length and in chunks; what is there is replaced"""
    for size in (*SIZES, BIG):
        name = f'f{size}'
        tap.equal(curl_put(ca, s.source(name), name), 201, f'status of /{name}')
        tap.equal(s.stored(name), s.files.hashes[name], f'SHA-256 of /{name}')
        with open(s.source(name), 'rb') as f:
            tap.equal(curl_put(ca, '-', name, stdin=f), 204, f'status of /{name}, in chunks')
        tap.equal(s.stored(name), s.files.hashes[name], f'SHA-256 of /{name}, in chunks')
    s.check_clean(server)


def both_ways(server, s, ca):
    """what was sent is served at once, as often as it changes"""
    with Client(ca) as c:
        for i in range(20):
            body = random.Random(i).randbytes(30000 + i)
            tap.equal(send_file(c, '/sub/turn', body), 204 if i else 201, 'status')
            answer = c.get('/into/sub/turn')
            tap.equal((answer.status, answer.body == body), (200, True), f'turn {i}')


def continues(server, s, ca):
    """Expect: 100-continue is answered before the body, and a refusal takes its place"""
    with Client(ca) as c:
        c.send(put('/expected', b'', 'Content-Length: 5', 'Expect: 100-continue', length=False))
        tap.equal(c.stream.readline(), b'HTTP/1.1 100 Continue\r\n', 'the first line')
        tap.equal(c.stream.readline(), b'\r\n', 'the second')
        tap.equal(s.stored('expected'), None, 'the file before its body')
        c.send(b'hello')
        tap.equal(clients.read_response(c.stream).status, 201, 'status')
        tap.equal(c.get('/f1').status, 200, 'status behind it')
    for target, fields, status in (('/none/x', ('Content-Length: 5',), 409),
                                   ('/big', (f'Content-Length: {MAX + 1}',), 413),
                                   ('/x', (), 411)):
        with Client(ca) as c:
            c.send(put(target, b'', 'Expect: 100-continue', *fields, length=False))
            tap.equal(clients.read_response(c.stream).status, status, f'status of {target}')
    # Who does not wait for it is not told.
    with Client(ca) as c:
        tap.equal(send_file(c, '/expected', b'there', 'Expect: 100-continue'), 204, 'status')


ANSWERS = (
    # bytes, status, does the connection go on
    (put('/new', b'12345'), 201, True),
    (put('/new', b'12345'), 204, True),
    (put('/new', b''), 204, True),
    (put('/sub/new', b'12345'), 201, True),
    (put('/%73ub/../other', b'12345'), 201, True),
    (put('/link/through', b'12345'), 201, True),
    (put('/new?query', b'12345'), 204, True),
    (put('/', b'12345'), 409, False),
    (put('/', b''), 409, True),
    (put('/sub', b'12345'), 409, False),
    (put('/sub/', b'12345'), 409, False),
    (put('/sub/..', b'12345'), 409, False),
    (put('/.', b'12345'), 409, False),
    (put('/none/new', b'12345'), 409, False),
    (put('/new/new', b'12345'), 409, False),
    (put('/fifo', b'12345'), 409, False),
    (put('/out', b'12345'), 409, False),
    (put('/dangling', b'12345'), 409, False),
    (put('/link', b'12345'), 409, False),
    (put('/outdir/new', b'12345'), 409, False),
    (put('/../new', b'12345'), 409, False),
    (put('/%2e%2e/new', b'12345'), 409, False),
    (put('/..%2fnew', b'12345'), 409, False),
    (put('//etc/new', b'12345'), 409, False),
    (put('/new%00', b'12345'), 400, False),
    (put('/%zz', b'12345'), 400, False),
    (put('/' + 'a' * 255, b'12345'), 201, True),
    (put('/' + 'a' * 256, b'12345'), 414, False),
    (put('/' + 'a' * 5000, b''), 414, False),
    (put('/x', b'', length=False), 411, True),
    (put('/x', b'12345', 'Content-Range: bytes 0-4/9'), 400, False),
    (put('/x', b'12345', 'Expect: something'), 417, False),
    (put('/x', b'12345', 'Content-Length: 6'), 400, False),
    (put('/x', b'', f'Content-Length: {MAX + 1}', length=False), 413, False),
    (put('/x', b'5\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked', length=False), 201, True),
    (put('/y', b'5\r\nhellox', 'Transfer-Encoding: chunked', length=False), 400, False),
    (put('/y', b'x\r\n', 'Transfer-Encoding: chunked', length=False), 400, False),
    (put('/y', b'0\r\n' + b'x: y\r\n' * 5000, 'Transfer-Encoding: chunked', length=False), 431, False),
    (request('/y', 'Content-Length: 5', method='POST') + b'12345', 405, False),
    (request('/new', method='DELETE'), 405, True),
)


def answers(server, s, ca):
    """each request gets its status, and ends the connection or not"""
    before = s.stored('sub/new')
    tap.equal(before, None, 'a file before')
    for wire, status, goes_on in ANSWERS:
        with Client(ca) as c:
            c.send(wire)
            answer = clients.read_response(c.stream)
            tap.equal(answer.status, status, f'status of {wire[:60]!r}')
            keeps = answer.fields['connection'].lower() == 'keep-alive'
            tap.equal(keeps, goes_on, f'keep-alive behind {wire[:60]!r}')
            if status == 405:
                tap.equal(answer.fields['allow'], 'GET, HEAD, PUT', 'Allow')
            if goes_on:
                tap.equal(c.get('/f1').status, 200, f'status behind {wire[:60]!r}')
            else:
                c.check_end()
    tap.check(s.stored('y') is None and s.stored('sub/new') is not None, 'what is there, and what not')
    for folder in (s.files.folder, s.files.root):
        tap.check(not os.path.exists(os.path.join(folder, 'new')), 'a file outside')
    s.check_clean(server)


def cut_short(server, s, ca):
    """a body that ends too early, however it ends, leaves nothing behind"""
    def close_notify(c):
        c.tls.unwrap().close()

    def fin(c):
        c.tls.shutdown(socket.SHUT_RDWR)

    def reset(c):
        c.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        c.tls.close()

    before = server.status()
    ends = (close_notify, fin, reset)
    for end in ends:
        for fields, body in ((('Content-Length: 300000',), b'x' * 200000),
                             (('Transfer-Encoding: chunked',), b'3\r\nabc\r\n0\r\n')):
            with Client(ca) as c:
                c.send(put('/cut', body, *fields, length=False))
                server.wait_status(lambda _: any('.upload-' in n for n in s.names()), 'it begins')
                try:
                    end(c)
                except (OSError, ssl.SSLError):
                    pass
        s.check_clean(server)
    after = server.wait_status(lambda v: v['connections_open'] == 0, 'all have ended')
    tap.equal(s.stored('cut'), None, 'a file')
    tap.equal(after['stored'], before['stored'], 'files stored')
    tap.equal(after['connections_failed'] - before['connections_failed'], 2 * len(ends),
              'failed connections')


def pipelined(server, s, ca):
    """requests behind a body, in the same record, are answered in order"""
    chunks = b''.join(b'%x\r\n%s\r\n' % (n, b'c' * n) for n in (1, 10, 4000, 5000)) + b'0\r\n\r\n'
    with Client(ca) as c:
        wire = (put('/p1', b'a' * 5000) + request('/f1') +
                put('/p2', chunks, 'Transfer-Encoding: chunked', length=False) + put('/p3', b'') +
                request('/f16385', method='HEAD') + put('/p1', b'b'))
        c.send(wire)
        for status in (201, 200, 201, 201):
            tap.equal(clients.read_response(c.stream).status, status, 'status')
        tap.equal(clients.read_response(c.stream, head=True).status, 200, 'status of HEAD')
        tap.equal(clients.read_response(c.stream).status, 204, 'status')
        for i in range(0, len(wire), 97):
            c.send(wire[i:i + 97])
        for status in (204, 200, 204, 204):
            tap.equal(clients.read_response(c.stream).status, status, 'status')
        tap.equal(clients.read_response(c.stream, head=True).status, 200, 'status of HEAD')
        tap.equal(clients.read_response(c.stream).status, 204, 'status')
    for name, content in (('p1', b'b'), ('p2', b'c' * 9011), ('p3', b'')):
        tap.equal(s.stored(name), hashlib.sha256(content).hexdigest(), f'SHA-256 of {name}')


def too_many(server, s, ca):
    """more files at once than are taken: 503, and again when one is through"""
    waiting = []
    for i in range(64):
        waiting.append(Client(ca))
        waiting[-1].send(put(f'/many{i}', b'a', 'Content-Length: 2', length=False))
    server.wait_status(lambda _: sum('.upload-' in n for n in s.names()) == 64, 'all have begun')
    with Client(ca) as c:
        tap.equal(send_file(c, '/many', b'12'), 503, 'status')
    waiting[0].send(b'b')
    tap.equal(clients.read_response(waiting[0].stream).status, 201, 'status')
    with Client(ca) as c:
        tap.equal(send_file(c, '/many', b'12'), 201, 'status')
    for c in waiting:
        c.__exit__(None)
    s.check_clean(server)
    tap.equal([n for n in s.names() if n.startswith('many')], ['many', 'many0'], 'files')


def in_parallel(server, s, ca):
    """many clients at once, some to the same name: each file is one of those that were sent"""
    names = [f'f{size}' for size in SIZES[1:]] * 4
    running = [subprocess.Popen(clients.curl_command(
        ca, '--fail', '--upload-file', s.source(name), '--output', '/dev/null',
        f'{BASE}/' + (name + f'-{i}' if i % 2 else 'same')), stdin=subprocess.DEVNULL)
        for i, name in enumerate(names)]
    for process in running:
        tap.equal(process.wait(60), 0, 'exit code of curl')
    for i, name in enumerate(names):
        if i % 2:
            tap.equal(s.stored(name + f'-{i}'), s.files.hashes[name], f'SHA-256 of {name}')
    tap.check(s.stored('same') in [s.files.hashes[name] for name in names[::2]], 'SHA-256 of same')
    s.check_clean(server)


def full_disk(server, s, ca):
    """a file that the disk has no room for: 507, and nothing of it stays"""
    if not s.has_small:
        tap.skip('no file system can be mounted here')
    for _ in range(3):
        tap.equal(curl_put(ca, s.source(f'f{BIG}'), 'small/big'), 507, 'status')
        with open(s.source(f'f{BIG}'), 'rb') as f:
            tap.equal(curl_put(ca, '-', 'small/big', stdin=f), 507, 'status, in chunks')
    tap.check(curl_put(ca, s.source('f16385'), 'small/fits') in (201, 204), 'status of what fits')
    s.check_clean(server)
    tap.equal(os.listdir(os.path.join(s.into, 'small')), ['fits'], 'what is there')


def above_the_limit(server, s, ca):
    """a body in chunks that grows above the limit: 413, and nothing of it stays"""
    with Client(ca) as c:
        c.send(put('/long', b'', 'Transfer-Encoding: chunked', length=False))
        chunk = b'100000\r\n' + b'x' * scene.MIB + b'\r\n'
        try:
            for _ in range(MAX // scene.MIB + 1):
                c.send(chunk)
        except (OSError, ssl.SSLError):
            pass
        tap.equal(clients.read_response(c.stream).status, 413, 'status')
    s.check_clean(server)
    tap.equal(s.stored('long'), None, 'a file')


def settled(server, s, ca):
    """all is given back"""
    server.wait_empty()
    last = server.stop()
    tap.check(last['stored'] > 2 * len(SIZES), f'files stored: {last["stored"]}')


def by_nic(exe, s, ca):
    """the same with a NIC that opens the records"""
    with fileserver.Server(exe, s.files.root, '--cert-out', s.files.path('nic.pem'), '--upload', s.into,
                           '--time-wait-ms', '500', '--tlsnic', '--mode', 'nic') as server:
        for size in (*SIZES, BIG):
            status = curl_put(s.files.path('nic.pem'), s.source(f'f{size}'), f'nic{size}')
            tap.equal((status, s.stored(f'nic{size}')), (201, s.files.hashes[f'f{size}']), f'/nic{size}')
        server.wait_empty()
        last = server.stop()
    tap.equal(last['connections_failed'], 0, 'failed connections')
    tap.check(last['share_bytes_rx'] > 0.9, f'opened by the NIC: {last["share_bytes_rx"]}')


def not_asked_for(exe, s, ca):
    """without --upload there is no PUT"""
    own = s.files.path('plain.pem')
    with fileserver.Server(exe, s.files.root, '--cert-out', own) as server:
        for body in (b'', b'12345'):
            with Client(own) as c:
                c.send(put('/f1', body))
                answer = clients.read_response(c.stream)
                tap.equal((answer.status, answer.fields['allow']), (405, 'GET, HEAD'), 'answer')
        clients.check_fetch(own, s.files, 'f1')
        server.stop()


def main():
    cases = [curl_sizes, both_ways, continues, answers, cut_short, pipelined, too_many, in_parallel,
             full_disk, above_the_limit, settled]
    own_server = [by_nic, not_asked_for]
    network.enter()
    tap.plan(cases + own_server)
    exe = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        s = Scene(folder)
        ca = s.files.path('cert.pem')
        with fileserver.Server(exe, s.files.root, '--cert-out', ca, '--upload', s.into, '--upload-max',
                               str(MAX), '--time-wait-ms', '500') as server:
            failed = tap.run(cases, server, s, ca, limit_s=60)
        failed += tap.run(own_server, exe, s, ca, limit_s=60, first=len(cases) + 1)
        s.remove()
        return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
