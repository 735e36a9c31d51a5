# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What the client program makes of answers, of none, and of its command line. Usage: test_fetch_answers.py FETCH"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fetch
import network
import scene
import tap
import tlsserver
from fetch import Fetch, url
from tlsserver import answer, cut, reset, sends

BIG = 4 * scene.MIB
NEW, OLD = 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:36 GMT'
DATES = (f'Date: {NEW}', f'Last-Modified: {OLD}')


class Scene:
    def __init__(self, folder, program):
        self.files = scene.Files(folder)
        self.files.add('big', BIG)
        with open(os.path.join(self.files.root, 'big'), 'rb') as f:
            self.big = f.read()
        self.ca, self.chain, self.key = scene.make_chain(folder, names=f'IP:{fetch.PEER_IP}')
        self.fetch = Fetch(program, folder, self.ca)
        self.part = self.fetch.output + '.part'

    def server(self, handle, port=443):
        return tlsserver.Server(port, self.chain, self.key, handle)


def chunked(body, size=5000):
    return b''.join(b'%x\r\n%s\r\n' % (len(body[i:i + size]), body[i:i + size])
                    for i in range(0, len(body), size)) + b'0\r\n\r\n'


def whole(s):
    """a length, chunks, the end of the connection: the file, to a name, to standard output, to a device"""
    rows = (answer(200, s.big), answer(200, chunked(s.big), 'Transfer-Encoding: chunked', length=False),
            answer(200, s.big, length=False),
            answer(103, b'', 'Location: x', length=False) + answer(200, s.big))
    for wire in tap.some(rows, 2):
        with s.server(sends(wire)):
            s.fetch.check(url('x'), s.files.hashes['big'])
    with s.server(sends(rows[0])) as server:
        got = s.fetch.raw(url('a/b?c=d#e'))
        tap.equal((got.code, got.stdout == s.big), (fetch.OK, True), f'standard output: {got.errors[-200:]}')
        got = s.fetch.raw('--output', '/dev/null', '--json', url())
        tap.equal((got.code, os.path.exists('/dev/null.part')), (fetch.OK, False), 'a device')
        tap.equal([(r.method, r.target) for r in server.requests], [('GET', '/a/b?c=d'), ('GET', '/')], 'targets')
        tap.equal(server.requests[0].fields['accept-encoding'], 'identity', 'Accept-Encoding')


def ends_with(end, *pieces):
    def handle(c, stream, request):
        for piece in pieces:
            c.sendall(piece)
        end(c)
    return handle


def cut_short(s):
    """an answer that is not whole is an error, whatever ends it, and leaves no file of that name"""
    half = s.big[:BIG // 2]
    length = answer(200, half, f'Content-Length: {BIG}', length=False)
    chunks = answer(200, chunked(half)[:-5], 'Transfer-Encoding: chunked', length=False)
    open_end = answer(200, half, length=False)
    rows = ((sends(length), 'cut short'), (sends(chunks), 'cut short'),
            (ends_with(cut, length), 'without close_notify'), (ends_with(cut, open_end), 'without close_notify'),
            (ends_with(cut, answer(200, s.big)[:10]), 'without close_notify'),
            (ends_with(reset, length), 'reset'), (sends(b'HTTP/1.1 2'), 'cut short'))
    for handle, says in tap.some(rows, 3):
        with s.server(handle):
            s.fetch.refused(fetch.CUT, says, url())
            tap.check(not os.path.exists(s.part), 'a part that nothing can be made of')


def no_answer(s):
    """what is no HTTP, and what nobody asked for"""
    rows = ((b'SSH-2.0-x\r\n\r\n', 'cannot be used'), (b'HTTP/2 200\r\n\r\n', 'cannot be used'),
            (answer(101, b'', 'Upgrade: x', length=False), 'another protocol'),
            (answer(206, b'x', 'Content-Range: bytes 0-0/2'), 'another part'),
            (answer(200, b'x', 'Transfer-Encoding: gzip', length=False), 'cannot be used'),
            (b'HTTP/1.1 200 OK\r\n' + b'x: y\r\n' * 20000, 'too long'))
    for wire, says in tap.some(rows, 2):
        with s.server(sends(wire)):
            s.fetch.refused(fetch.CUT, says, url())
    with s.server(lambda c, stream, request: None):
        s.fetch.refused(fetch.CUT, 'cut short', url())


def refused(s):
    """every status but success, and redirects by name, is told, and the text is not the file"""
    rows = ((404, (), 'answers 404'), (500, (), 'answers 500'), (304, (), 'answers 304'),
            (301, ('Location: https://other.example/x',), 'leads to https://other.example/x: redirects are not'),
            (302, ('Location: /\xff\xfe',), 'leads to /??:'))
    for status, fields, says in tap.some(rows, 2):
        with s.server(sends(answer(status, b'' if status == 304 else b'a text', *fields))):
            s.fetch.refused(fetch.REFUSED, says, url())


def no_connection(s):
    """nobody there, nobody who answers, nobody who answers in time"""
    s.fetch.refused(fetch.CONNECTION, 'Connection refused', url(port=444))
    if tap.full():
        s.fetch.refused(fetch.CONNECTION, 'nothing moved for 1 seconds', url(host='10.78.0.9'), '--timeout', '1')
    quiet = socket.create_server((fetch.PEER_IP, 443))
    s.fetch.refused(fetch.CONNECTION, 'nothing moved for 1 seconds', url(), '--timeout', '1')
    quiet.close()
    with s.server(lambda c, stream, request: stream.read()):
        s.fetch.refused(fetch.CONNECTION, 'nothing moved', url(), '--timeout', '1')
    with s.server(lambda c, stream, request: (c.sendall(answer(200, b'x', 'Content-Length: 2', length=False)),
                                              stream.read())):
        s.fetch.refused(fetch.CUT, 'nothing moved', url(), '--timeout', '1')


class Ranges:
    """Serves the rest that is asked for, if it is of the same date."""

    def __init__(self, body, modified=OLD, first_len=None):
        self.body, self.modified, self.first_len = body, modified, first_len

    def __call__(self, c, stream, request):
        fields = (f'Date: {NEW}', f'Last-Modified: {self.modified}')
        at = request.fields.get('range')
        if at is None or request.fields['if-range'] != self.modified:
            body = self.body if self.first_len is None else self.body[:self.first_len]
            c.sendall(answer(200, body, f'Content-Length: {len(self.body)}', *fields, length=False))
            return
        first = int(at.removeprefix('bytes=').removesuffix('-'))
        if first >= len(self.body):
            c.sendall(answer(416, b'', f'Content-Range: bytes */{len(self.body)}', *fields))
        else:
            c.sendall(answer(206, self.body[first:], *fields,
                             f'Content-Range: bytes {first}-{len(self.body) - 1}/{len(self.body)}'))


def begin(s, how_much):
    """A part, as a connection that was cut leaves it."""
    with s.server(Ranges(s.big, first_len=how_much)):
        got = s.fetch.get(url())
        tap.equal((got.code, got.digest()), (fetch.CUT, None), 'the first part')
        tap.check('--continue' in got.said[-1], f'{got.said}')
    tap.equal(os.stat(s.part).st_size, how_much, 'bytes of the part')


def goes_on(s):
    """--continue takes the rest of the same file, and all of another"""
    for how_much in tap.some((1, BIG // 2, BIG - 1), 1):
        begin(s, how_much)
        with s.server(Ranges(s.big)) as server:
            report = s.fetch.check(url(), s.files.hashes['big'], '--continue', keep=True)
            tap.equal((report['status'], report['received']), (206, BIG - how_much), 'status, bytes')
            tap.equal(server.requests[0].fields['range'], f'bytes={how_much}-', 'Range')
        tap.check(not os.path.exists(s.part), 'the part is still there')
    other = s.big[::-1]
    begin(s, BIG // 2)
    with s.server(Ranges(other, modified='Sun, 06 Nov 1994 08:49:30 GMT')):
        got = s.fetch.get(url(), '--continue', keep=True)
        with open(got.output, 'rb') as f:
            tap.equal((got.code, got.json['status'], f.read() == other), (fetch.OK, 200, True), 'another file')
    # All of it was there; and without a part it is what it is without --continue.
    begin(s, BIG - 1)
    with open(s.part, 'ab') as f:
        f.write(s.big[-1:])
    os.utime(s.part, (784111776, 784111776))
    with s.server(Ranges(s.big)):
        s.fetch.check(url(), s.files.hashes['big'], '--continue', keep=True)
        s.fetch.check(url(), s.files.hashes['big'], '--continue')


def goes_on_wrongly(s):
    """a rest that does not fit is no file"""
    rows = ((answer(206, b'x', f'Content-Range: bytes 0-0/{BIG}', *DATES), fetch.CUT, 'another part'),
            (answer(206, b'x', *DATES), fetch.CUT, 'another part'),
            (answer(206, b'x', f'Content-Range: bytes {BIG // 2}-{BIG // 2}/{BIG}', *DATES), fetch.CUT,
             'not whole'),
            (answer(416, b'', 'Content-Range: bytes */7'), fetch.REFUSED, 'answers 416'))
    for wire, code, says in tap.some(rows, 1):
        begin(s, BIG // 2)
        with s.server(sends(wire)):
            got = s.fetch.get(url(), '--continue', keep=True)
            tap.equal((got.code, got.digest()), (code, None), f'{says}: {got.errors[-300:]}')
            tap.check(says in got.said[0], f'{says!r}: {got.said}')
    # Without a date, or one that is too new to tell one file from the next, there is nothing to go on by.
    for fields in tap.some(((), (f'Last-Modified: {OLD}',), (f'Date: {NEW}', f'Last-Modified: {NEW}')), 1):
        with s.server(sends(answer(200, b'half', 'Content-Length: 8', *fields, length=False))):
            s.fetch.refused(fetch.CUT, 'cut short', url())
            tap.check(not os.path.exists(s.part), f'a part with {fields}')


def uploads(s):
    """a file is sent as a whole; who refuses it is heard while it goes out"""
    source = os.path.join(s.files.root, 'big')
    bodies = []

    def store(c, stream, request):
        if 'expect' in request.fields:
            c.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        bodies.append(stream.read(int(request.fields['content-length'])))
        c.sendall(answer(201, b'stored'))

    with s.server(store) as server:
        got = s.fetch.put(url('x/y'), source)
        tap.equal((got.code, got.json['status'], got.json['sent']), (fetch.OK, 201, BIG), f'{got.errors[-300:]}')
        tap.equal((server.requests[0].method, server.requests[0].target, bodies[0] == s.big),
                  ('PUT', '/x/y', True), 'what the server got')
        empty = s.files.path('empty')
        open(empty, 'w').close()
        tap.equal((s.fetch.put(url('z'), empty).code, bodies[1]), (fetch.OK, b''), 'an empty file')

    def ignores_the_question(c, stream, request):
        bodies.append(stream.read(BIG))
        c.sendall(answer(200, b''))

    def refuses_in_the_middle(c, stream, request):
        c.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        stream.read(BIG // 4)
        c.sendall(answer(507, b'full'))
        stream.read()

    def goes_away(c, stream, request):
        c.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        stream.read(BIG // 4)
        reset(c)

    with s.server(ignores_the_question):
        tap.equal((s.fetch.put(url(), source).code, bodies[2] == s.big), (fetch.OK, True), 'a question ignored')
    rows = ((sends(answer(413, b'no')), fetch.REFUSED, 'answers 413'),
            (refuses_in_the_middle, fetch.REFUSED, 'answers 507'),
            (sends(answer(201, b'')), fetch.REFUSED, 'before it has the whole file'),
            (goes_away, fetch.CUT, 'reset'))
    for handle, code, says in tap.some(rows, 2):
        with s.server(handle):
            got = s.fetch.put(url(), source)
            tap.equal((got.code, len(got.said)), (code, 1), f'{says}: {got.errors[-300:]}')
            tap.check(says in got.said[0], f'{says!r}: {got.said}')


def nowhere(s):
    """files that cannot be read or written: code 1, and one sentence"""
    folder = s.files.path('folder')
    os.mkdir(folder)
    with s.server(sends(answer(200, b'x' * 100000))):
        rows = ((('--output', '/nowhere/x'), 'cannot write /nowhere/x.part'),
                (('--output', folder), 'cannot write'),
                (('--output', '/dev/full'), 'No space left'),
                (('--upload', '/nowhere/x'), 'cannot read /nowhere/x'),
                (('--upload', folder), 'no regular file'),
                (('--upload', '/dev/zero'), 'no regular file'),
                (('--session', folder, '--output', '/dev/null'), 'holds no session'),
                (('--session', '/nowhere/x', '--output', '/dev/null'), 'cannot keep the session'))
        for args, says in tap.some(rows, 3):
            got = s.fetch.raw(*args, url())
            tap.equal((got.code, len(got.said)), (fetch.HERE, 1), f'{args}: {got.errors[-300:]}')
            tap.check(says in got.said[0], f'{says!r}: {got.said}')
        with open('/dev/full', 'wb') as full:
            got = s.fetch.raw(url(), stdout=full)
            tap.equal((got.code, len(got.said)), (fetch.HERE, 1), f'standard output: {got.errors[-300:]}')


def stopped(s):
    """a signal ends it; what came stays for --continue"""
    begun = threading.Event()

    def slow(c, stream, request):
        c.sendall(answer(200, s.big[:BIG // 2], f'Content-Length: {BIG}', *DATES, length=False))
        begun.set()
        stream.read()

    for path in (s.fetch.output, s.part):
        if os.path.exists(path):
            os.remove(path)
    with s.server(slow):
        with subprocess.Popen(s.fetch.command('--output', s.fetch.output, url()), stderr=subprocess.PIPE) as process:
            tap.check(begun.wait(20), 'it begins')
            until = time.monotonic() + 10
            while os.stat(s.part).st_size < BIG // 2 and time.monotonic() < until:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            errors = process.stderr.read().decode()
        tap.equal(process.returncode, fetch.HERE, f'exit code ({errors[-300:]})')
        tap.check('stopped by a signal' in errors and '--continue' in errors, errors[-300:])
    with s.server(Ranges(s.big)):
        tap.equal(s.fetch.check(url(), s.files.hashes['big'], '--continue', keep=True)['status'], 206, 'status')


def progress(s):
    """the bar, which no sentence is mixed with; in a pipe there is none, unless it is asked for"""
    def slow(c, stream, request):
        c.sendall(answer(200, s.big[:BIG // 2], f'Content-Length: {BIG}', length=False))
        time.sleep(1)
        c.sendall(s.big[BIG // 2:])

    with s.server(slow):
        got = s.fetch.raw('--output', '/dev/null', '--progress', '--verbose', url())
        tap.equal(got.code, fetch.OK, f'exit code ({got.errors[-300:]})')
        tap.check('\r[############............]  50 %  2.1 MB of 4.2 MB' in got.errors, f'a bar: {got.errors!r}')
        for line in got.errors.split('\n'):
            before, ours, _ = line.partition('recordtls')
            tap.check(ours == '' or before == '' or before.endswith('\r\x1b[K'), f'a sentence: {line!r}')
        line = next((line for line in got.errors.split('\n') if ' bytes_received:' in line), '')
        words = dict(word.split(':', 1) for word in line.split() if ':' in word)
        tap.check(int(words.get('bytes_received', 0)) > BIG and float(words.get('rto', 0)) > 0 and
                  int(words.get('data_segs_in', 0)) * int(words.get('rcvmss', 0)) > BIG, f'as ss -ti shows it: {line!r}')
        got = s.fetch.raw('--output', '/dev/null', url())
        tap.equal((got.code, '%' in got.errors), (fetch.OK, False), f'in a pipe: {got.errors}')


def command_line(s):
    """what cannot be meant: code 2, and one sentence"""
    rows = (((), 'URL is missing'), ((url(), url()), 'one argument too many'),
            (('http://10.78.0.2/',), 'does not begin with https'), (('https://[::1]/',), 'IPv6'),
            (('https://peer.example/',), '--resolve peer.example:443:ADDR'),
            (('--resolve', 'other.example:443:10.78.0.2', 'https://peer.example/'), 'another host or port'),
            (('--resolve', 'x', 'https://peer.example/'), 'HOST:PORT:ADDR'),
            (('--resolve', 'peer.example:443:10.78.0.2', url()), 'the URL has an address'),
            (('--json', url()), '--json goes with'), (('--continue', url()), '--continue goes with'),
            (('--cert', s.chain, url()), '--cert and --key'), (('--timeout', '0', url()), '--timeout'),
            (('--mode', 'magic', url()), 'nic, software or auto'))
    for args, says in rows:
        got = s.fetch.raw(*args)
        tap.equal((got.code, len(got.said)), (fetch.USAGE, 1), f'{args}: {got.errors[-300:]}')
        tap.check(says in got.said[0], f'{says!r}: {got.said}')
    for args, says in ((('--suites', 'TLS_NONE'), '--suites'), (('--groups', 'none'), '--groups'),
                       (('--mode', 'nic'), 'no inline TLS')):
        got = s.fetch.raw(*args, url())
        tap.equal((got.code, len(got.said)), (fetch.HERE, 1), f'{args}: {got.errors[-300:]}')
        tap.check(says in got.said[0], f'{says!r}: {got.said}')
    got = s.fetch.raw(url(), ca='/nowhere')
    tap.equal((got.code, len(got.said)), (fetch.HERE, 1), f'--ca: {got.errors[-300:]}')


def main():
    cases = [whole, cut_short, no_answer, refused, no_connection, goes_on, goes_on_wrongly, uploads, nowhere,
             stopped, progress, command_line]
    network.enter()
    fetch.make_network()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        s = Scene(folder, os.path.abspath(sys.argv[1]))
        return 1 if tap.run(cases, s, limit_s=120) else 0


if __name__ == '__main__':
    sys.exit(main())
