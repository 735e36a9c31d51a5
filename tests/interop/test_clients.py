# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""curl, OpenSSL and GnuTLS fetch files. Usage: test_clients.py SERVER"""
import hashlib
import os
import re
import socket
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

SIZES = (0, 1, 16383, 16384, 16385, scene.MIB)
BIG = 256 * scene.MIB


def make_files(folder):
    files = scene.Files(folder)
    for size in (*SIZES, BIG):
        files.add(f'f{size}', size)
    os.mkdir(os.path.join(files.root, 'sub'))
    for name in ('sub/inner.txt', 'sp ace', 'plus+tilde~.html'):
        files.add(name, 300)
    return files


def sizes_for_all():
    return (*SIZES, BIG) if tap.full() else SIZES


def curl_sizes(server, files, ca):
    """curl fetches every size, 256 MiB too"""
    for size in (*SIZES, BIG):
        clients.check_fetch(ca, files, f'f{size}')


def curl_close_notify(server, files, ca):
    """curl sees TLS 1.3, the certificate verified, and close_notify when the server closes"""
    # Without the length curl reads to the end of the connection, and wants it to be a proper one.
    done = clients.curl(ca, '--verbose', '--http1.0', '--ignore-content-length', '--fail',
                        '--output', '/dev/null', f'{BASE}/f16385')
    text = done.stderr.decode(errors='replace')
    tap.equal(done.returncode, 0, 'exit code of curl')
    for wanted in ('SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256',
                   'SSL certificate verify ok'):
        tap.check(wanted in text, f'curl does not say "{wanted}"')
    tap.check(re.search(r'TLS alert, close notify', text), 'no close_notify in curl\'s log')


def curl_refuses_stranger(server, files, ca):
    """curl refuses a certificate that it has no reason to trust, and the server goes on"""
    done = clients.curl('/etc/ssl/certs/ca-certificates.crt', f'{BASE}/f1')
    tap.check(done.returncode in (60, 77), f'exit code of curl: {done.returncode}')
    done = clients.curl(ca, '--resolve', f'wrong.example:443:{network.SERVER_IP}',
                        'https://wrong.example/f1')
    tap.equal(done.returncode, 60, 'exit code of curl for a wrong name')
    clients.check_fetch(ca, files, 'f1')


def openssl_fetch(ca, name, log, *options):
    process = subprocess.Popen(
        ['openssl', 's_client', '-connect', f'{network.SERVER_IP}:443', '-CAfile', ca,
         '-verify_return_error', '-verify_ip', network.SERVER_IP, '-quiet', '-ign_eof',
         '-msg', '-msgfile', log, *(options or ('-tls1_3',))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        process.stdin.write(request('/' + name, close=True))
        process.stdin.close()
        digest, length = hash_answer(process.stdout)
        errors = process.stderr.read().decode(errors='replace')
    tap.equal(process.returncode, 0, f'exit code of s_client ({errors[-300:]})')
    return digest, length


def hash_answer(stream):
    """Of a whole answer on a stream that ends with it."""
    line = stream.readline()
    tap.check(line.startswith(b'HTTP/1.1 200 '), f'status line: {line!r}')
    while (line := stream.readline()) not in (b'\r\n', b''):
        pass
    digest = hashlib.file_digest(stream, 'sha256')
    return digest.hexdigest(), stream.tell() if stream.seekable() else None


def openssl_sizes(server, files, ca):
    """openssl s_client fetches every size; close_notify comes and goes"""
    log = files.path('openssl.log')
    for size in sizes_for_all():
        name = f'f{size}'
        tap.equal(openssl_fetch(ca, name, log)[0], files.hashes[name], f'SHA-256 of /{name}')
        with open(log) as f:
            text = f.read()
        for way in ('<<<', '>>>'):
            tap.check(re.search(way + r' TLS 1.3, Alert .*close_notify', text),
                      f'{way} close_notify, /{name}')


# What a client asks for that is not what it gets by default, and is ours all the same.
CARRIED = (('--tls13-ciphers', 'TLS_AES_256_GCM_SHA384'),
           ('--tls13-ciphers', 'TLS_CHACHA20_POLY1305_SHA256'),
           ('--tls-max', '1.2'),
           ('--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
           ('--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-CHACHA20-POLY1305'))

# What a client asks for, and OpenSSL at the server keeps to itself.
KEPT = {
    'curl': (('--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES128-SHA'),
             ('--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES256-SHA384')),
    'openssl': (('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256', '-maxfraglen', '1024'),),
}

# Small records: options, and how many bytes the body of a record has at most.
SMALL = ((('-maxfraglen', '512'), 512 + 17), (('-maxfraglen', '4096', '-max_send_frag', '600'), 4096 + 17),
         (('-tls1_2', '-maxfraglen', '1024'), 1024 + 24),
         (('-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305', '-maxfraglen', '2048'), 2048 + 16))


class Capture:
    """The payload of every packet from the server, while it is entered."""

    def __enter__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * scene.MIB)
        self.sock.bind((network.IFACE, 0x0800))
        self.sock.setblocking(False)
        return self

    def packets(self):
        while True:
            try:
                yield self.sock.recv(65536)
            except BlockingIOError:
                return

    def __exit__(self, *_):
        self.sock.close()


def check_sealed(capture, files, name):
    """Nothing of the file, nor of the head of an answer, is to be seen."""
    with open(os.path.join(files.root, name), 'rb') as f:
        content = f.read()
    seen = 0
    for packet in capture.packets():
        seen += len(packet)
        tap.check(b'HTTP/1.1' not in packet and content[:32] not in packet and
                  content[1000:1032] not in packet, f'/{name} is on the wire in clear')
    tap.check(seen > len(content), f'{seen} bytes of packets for {len(content)} of the file')


def other_suites(server, files, ca):
    """TLS 1.2 and each suite that a client asks for: the file comes, by our records alone"""
    before = server.status()
    for options in CARRIED:
        tap.equal(clients.curl_hash(ca, f'f{scene.MIB}', *options)[0],
                  files.hashes[f'f{scene.MIB}'], f'SHA-256, {options}')
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended')
    for way in ('Tx', 'Rx'):
        tap.equal(after['stats'][f'Tls{way}Sw'] - before['stats'][f'Tls{way}Sw'], len(CARRIED),
                  f'connections of ours, {way}')
        tap.equal(after['stats'][f'Tls{way}NotHandedOver'], before['stats'][f'Tls{way}NotHandedOver'],
                  f'connections of OpenSSL\'s, {way}')
    tap.check(after['records_tx'] - before['records_tx'] >= 64 * len(CARRIED), 'records')


def data_lengths(log):
    """Of the records of type 23 that s_client read, by its -msg."""
    with open(log) as f:
        text = f.read()
    return [int(high + low, 16) for high, low in
            re.findall(r'<<< .*RecordHeader.*\n    17 03 03 (..) (..)', text)]


def small_records(server, files, ca):
    """clients that ask for small records get them, and by our records alone"""
    before = server.status()
    log = files.path('small.log')
    name = 'f16385'
    for options, most in SMALL:
        tap.equal(openssl_fetch(ca, name, log, *options)[0], files.hashes[name],
                  f'SHA-256 of /{name}, {options}')
        # In TLS 1.3 those of the handshake have this type, too.
        lengths = data_lengths(log)
        tap.equal(max(lengths), most, f'the longest record, {options}')
        tap.check(len(lengths) >= 16385 // most, f'{len(lengths)} records, {options}')
    gnutls_log = files.path('small-gnutls.log')
    # GnuTLS asks by both extensions, and has the older one answered.
    digest = gnutls_fetch(ca, name, gnutls_log, False, '--recordsize', '512')
    tap.equal(digest, files.hashes[name], f'SHA-256 of /{name}, gnutls-cli --recordsize 512')
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended')
    for way in ('Tx', 'Rx'):
        tap.equal(after['stats'][f'Tls{way}Sw'] - before['stats'][f'Tls{way}Sw'], len(SMALL) + 1,
                  f'connections of ours, {way}')
        tap.equal(after['stats'][f'Tls{way}NotHandedOver'], before['stats'][f'Tls{way}NotHandedOver'],
                  f'connections of OpenSSL\'s, {way}')
    tap.equal(after['connections_failed'], before['connections_failed'], 'failed connections')


def kept_by_openssl(server, files, ca):
    """suites that are not carried: OpenSSL seals, the file comes, nothing in clear"""
    before = server.status()
    log = files.path('kept.log')
    rows = [(client, options) for client in KEPT for options in KEPT[client]]
    name = 'f16385'
    for client, options in rows:
        with Capture() as capture:
            if client == 'curl':
                digest = clients.curl_hash(ca, name, *options)[0]
            else:
                digest = openssl_fetch(ca, name, log, *options)[0]
            tap.equal(digest, files.hashes[name], f'SHA-256 of /{name}, {options}')
            check_sealed(capture, files, name)
    # Longer than all buffers together, and several on one connection.
    for options in KEPT['curl']:
        tap.equal(clients.curl_hash(ca, f'f{scene.MIB}', *options)[0],
                  files.hashes[f'f{scene.MIB}'], f'SHA-256, {options}')
        done = clients.curl(ca, '--fail', '--write-out', '%{num_connects} ', *options,
                            f'{BASE}/f1', '--output', '/dev/null', f'{BASE}/f16384', '--output',
                            '/dev/null', f'{BASE}/f0', '--output', '/dev/null')
        tap.equal((done.returncode, done.stdout), (0, b'1 0 0 '), f'keep-alive, {options}')
    count = len(rows) + 4
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended')
    tap.equal(after['connections'] - before['connections'], count, 'connections')
    tap.equal(after['connections_failed'], before['connections_failed'], 'failed connections')
    for name in ('TlsTxNotHandedOver', 'TlsRxNotHandedOver'):
        tap.equal(after['stats'][name] - before['stats'][name], count, name)
    tap.equal(after['records_tx'], before['records_tx'], 'records made by librecordtls')
    said = [line for line in server.errors if 'rtls_ssl_send' in line]
    tap.check(said and network.CLIENT_IP in said[0], f'what the server says: {said}')


# gnutls-cli takes a second for each MiB, whoever serves it.
def gnutls_command(ca, log, *options):
    return ['gnutls-cli', '--x509cafile', ca, '--port', '443', '--logfile', log, *options,
            '--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.3', network.SERVER_IP]


def gnutls_fetch(ca, name, log, stdin_ends, *options):
    """With stdin_ends gnutls-cli says close_notify before it has the answer."""
    process = subprocess.Popen(gnutls_command(ca, log, *options), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        process.stdin.write(request('/' + name, close=True))
        process.stdin.flush()
        if stdin_ends:
            process.stdin.close()
        digest, _ = hash_answer(process.stdout)
        errors = process.stderr.read().decode(errors='replace')
        process.wait()
    with open(log) as f:
        text = f.read() + errors
    tap.check(process.returncode == 0 and 'non-properly terminated' not in text and
              'Status: The certificate is trusted' in text,
              f'gnutls-cli: exit code {process.returncode}, {text[-500:]}')
    return digest


def gnutls_sizes(server, files, ca):
    """gnutls-cli fetches every size and meets no premature end"""
    log = files.path('gnutls.log')
    for size in sizes_for_all():
        name = f'f{size}'
        tap.equal(gnutls_fetch(ca, name, log, False), files.hashes[name], f'SHA-256 of /{name}')


def gnutls_half_close(server, files, ca):
    """close_notify from the client right behind its request does not cut the answer short"""
    log = files.path('gnutls.log')
    for size in SIZES:
        name = f'f{size}'
        tap.equal(gnutls_fetch(ca, name, log, True), files.hashes[name], f'SHA-256 of /{name}')


def python_unwrap(server, files, ca):
    """close_notify from the client is answered with close_notify"""
    before = server.status()
    with Client(ca) as c:
        tap.equal(c.get('/f1').status, 200, 'status')
        # Fails unless the server's close_notify comes back.
        c.tls.unwrap().close()
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'the connection has ended')
    tap.equal(after['connections_failed'], before['connections_failed'], 'failed connections')


def keep_alive(server, files, ca):
    """two URLs in one curl are one connection"""
    before = server.status()
    done = clients.curl(ca, '--fail', '--write-out', '%{num_connects} ', f'{BASE}/f1', '--output',
                        '/dev/null', f'{BASE}/f16384', '--output', '/dev/null')
    after = server.status()
    tap.equal((done.returncode, done.stdout), (0, b'1 0 '), 'exit code and new connections')
    tap.equal(after['connections'] - before['connections'], 1, 'connections at the server')
    tap.equal(after['requests'] - before['requests'], 2, 'requests at the server')


def head(server, files, ca):
    """HEAD gives the length, no body, and the connection goes on"""
    with Client(ca) as c:
        for size in (0, 1, BIG):
            answer = c.get(f'/f{size}', method='HEAD')
            tap.equal((answer.status, answer.fields['content-length']), (200, str(size)), 'HEAD')
        tap.equal(c.get('/none', method='HEAD').status, 404, 'status of HEAD')
        tap.equal(c.get('/f1').status, 200, 'status of GET behind HEAD')
    done = clients.curl(ca, '--head', '--fail', f'{BASE}/f16385')
    tap.check(done.returncode == 0 and b'\r\nContent-Length: 16385\r\n' in done.stdout,
              f'curl --head: {done.stdout!r}')


def pipelined(server, files, ca):
    """requests in one record, and one request over many, are answered in order"""
    names = [f'f{size}' for size in SIZES] * 3
    with Client(ca) as c:
        wire = b''.join(request('/' + name) for name in names)
        c.send(wire)
        check_answers(c, files, names)
        for i in range(0, len(wire), 7):
            c.send(wire[i:i + 7])
        check_answers(c, files, names)
        c.send(request('/none') + request('/f1', close=True) + request('/f16384'))
        tap.equal(clients.read_response(c.stream).status, 404, 'status')
        tap.equal(clients.read_response(c.stream).status, 200, 'status')
        # The one behind "Connection: close" is not answered.
        c.check_end()


def check_answers(c, files, names):
    for name in names:
        answer = clients.read_response(c.stream)
        tap.equal((answer.status, hashlib.sha256(answer.body).hexdigest()),
                  (200, files.hashes[name]), f'status and SHA-256 of /{name}')


def connection_close(server, files, ca):
    """Connection: close, and HTTP/1.0, end with close_notify behind the answer"""
    for first in (request('/f16385', close=True), b'GET /f16385 HTTP/1.0\r\n\r\n'):
        with Client(ca) as c:
            c.send(first)
            answer = clients.read_response(c.stream)
            tap.equal(answer.fields['connection'].lower(), 'close', 'Connection')
            tap.equal(hashlib.sha256(answer.body).hexdigest(), files.hashes['f16385'], 'SHA-256')
            c.check_end()


ANSWERS = (
    # bytes, status, does the connection go on
    (request('/f1'), 200, True),
    (request('/f1?query#fragment'), 200, True),
    (request(f'{BASE}/f1'), 200, True),
    (request('/none'), 404, True),
    (request('/sub'), 404, True),
    (request('/'), 404, True),
    (request('/f1/'), 404, True),
    (request('/f1', method='DELETE'), 405, True),
    (request('/f1', method='OPTIONS'), 405, True),
    (request('/f1', 'Content-Length: 0', method='POST'), 405, True),
    (request('/f1', 'Content-Length: 5', method='POST') + b'12345', 405, False),
    (request('/f1', 'Content-Length: 5') + b'12345', 413, False),
    (b'GET /f1 HTTP/1.1\r\n\r\n', 400, False),
    (request('/f1', 'Host: other'), 400, False),
    (request('/f1', 'Content-Length: x'), 400, False),
    (request('/f1', 'Content-Length: 0', 'Transfer-Encoding: chunked'), 400, False),
    (request('/f1', 'a b: c'), 400, False),
    (b'nonsense\r\n\r\n', 400, False),
    (b'\x16\x03\x01\x00\x05hello', 400, False),
    (b'GET  HTTP/1.1\r\n\r\n', 400, False),
    (request('/' + 'a' * 5000), 414, False),
    (request('/f1', 'x: ' + 'a' * 20000), 431, False),
)


def answers(server, files, ca):
    """each request gets its status, and ends the connection or not"""
    for wire, status, goes_on in ANSWERS:
        with Client(ca) as c:
            c.send(wire)
            answer = clients.read_response(c.stream)
            tap.equal(answer.status, status, f'status of {wire[:60]!r}')
            keeps = answer.fields['connection'].lower() == 'keep-alive'
            tap.equal(keeps, goes_on, f'keep-alive behind {wire[:60]!r}')
            if goes_on:
                tap.equal(c.get('/f1').status, 200, f'status behind {wire[:60]!r}')
            else:
                c.check_end()


def spellings(server, files, ca):
    """names with escapes, subfolders and dots that stay inside"""
    for target, name in (('/%66%31', 'f1'), ('/sub/inner.txt', 'sub/inner.txt'),
                         ('/sub%2Finner.txt', 'sub/inner.txt'), ('/sp%20ace', 'sp ace'),
                         ('/plus+tilde~.html', 'plus+tilde~.html'), ('/./f1', 'f1'),
                         ('/sub/../f1', 'f1'), ('//f1', 'f1'), ('/inside', 'sub/inner.txt')):
        with Client(ca) as c:
            answer = c.get(target)
            tap.equal((answer.status, hashlib.sha256(answer.body).hexdigest()),
                      (200, files.hashes[name]), f'status and SHA-256 of {target}')


def make_outside(files):
    """Secrets around the root, and every kind of link that leads out to them."""
    outside = files.path('outside')
    os.mkdir(outside)
    for path in (files.path('secret'), os.path.join(outside, 'secret'), files.path('rootsecret')):
        with open(path, 'wb') as f:
            f.write(scene.SECRET)
    for name, target in (('out', '../secret'), ('outdir', '../outside'), ('up', '..'),
                         ('abs', files.path('secret')), ('absdir', '/'),
                         ('loop', 'loop'), ('inside', 'sub/inner.txt'), ('dangling', 'nowhere'),
                         ('self', '/proc/self/cwd'), ('fd', '/proc/self/fd/0')):
        os.symlink(target, os.path.join(files.root, name))
    os.mkfifo(os.path.join(files.root, 'fifo'))


def escapes(files):
    up = ('..', '%2e%2e', '%2E.', '.%2e', '%252e%252e', '..%00', '%c0%ae%c0%ae',
          '%uff0e%uff0e', '.%00.', '....', '..;')
    slash = ('/', '%2f', '%2F', '//', '\\', '%5c', '%255c', '%252f', '/./', '%c0%af')
    for u in up:
        for s in slash:
            for depth in (1, 2, 9):
                yield '/' + (u + s) * depth + 'secret'
            yield '/sub' + s + u + s + u + s + 'secret'
            yield f'/{u}{s}root{s}{u}{s}secret'
    absolute = files.path('secret')
    for a in (absolute, '/' + absolute, '//' + absolute, '/' + absolute.replace('/', '%2f'),
              '/.' + absolute, f'{BASE}/{absolute}', f'{BASE}/../secret', f'file://{absolute}',
              '/../rootsecret', '/%2e%2e/rootsecret', 'secret', '../secret', f'{BASE}', '*'):
        yield a
    yield from ('/out', '/outdir/secret', '/up/secret', '/up/outside/secret', '/abs',
                '/absdir' + absolute, '/absdir/etc/passwd', '/loop', '/dangling', '/fifo',
                '/self/meson.build', '/fd', '/outdir', '/up', '/absdir',
                '/f1%00', '/%00', '/..%00/secret', '/f1%00/../../secret', '/%', '/%2', '/%zz',
                '/\\..\\secret', '/..\\secret', '/c:\\secret')
    yield b'/../secret\0.txt'
    yield b'/\0/../secret'
    yield b'/\xff\xfe/../secret'


def outside(server, files, ca):
    """no spelling of a path gets a byte from outside the root"""
    tried = 0
    c = Client(ca)
    for target in escapes(files):
        c.send(request(target))
        answer = clients.read_response(c.stream)
        tap.check(answer.status in (400, 403, 404), f'status {answer.status} of {target!r}')
        tap.check(scene.SECRET not in answer.body and len(answer.body) < 100,
                  f'{target!r} gives {answer.body[:100]!r}')
        if answer.fields['connection'].lower() == 'close':
            c.check_end()
            c.__exit__(None)
            c = Client(ca)
        tried += 1
    tap.equal(c.get('/f1').status, 200, 'status afterwards')
    c.__exit__(None)
    tap.note(f'{tried} spellings')


def write(path, data):
    """Another file of that name."""
    with open(path + '.new', 'wb') as f:
        f.write(data)
    os.replace(path + '.new', path)


def changes(server, files, ca):
    """a file that is replaced, or goes, is so a second later; who is being sent the old one gets it whole"""
    if not tap.full():
        tap.skip('the long variant is not asked for')
    path = os.path.join(files.root, 'changes')
    old, new = (bytes([byte]) * (1 << 20) for byte in b'ab')
    write(path, old)
    with Client(ca) as c, Client(ca, rcvbuf=65536) as early, Client(ca, rcvbuf=65536) as late:
        early.send(request('/changes'))
        tap.equal(early.stream.peek(1)[:4], b'HTTP', 'the first answer begins')
        for _ in range(2):    # seen twice a second apart, it comes into memory
            for _ in range(6):
                tap.check(c.get('/changes').body == old, 'the file as it was')
            time.sleep(1.05)
        late.send(request('/changes'))
        tap.equal(late.stream.peek(1)[:4], b'HTTP', 'the second answer begins')
        write(path, new)
        time.sleep(1.05)
        tap.check(c.get('/changes').body == new, 'the file that took its place')
        for slow in (early, late):
            tap.check(clients.read_response(slow.stream).body == old, 'the file that it began with')
        os.remove(path)
        time.sleep(1.05)
        tap.equal(c.get('/changes').status, 404, 'status when it is gone')


def settled(server, files, ca):
    """all is given back; no connection failed but those whose client refused the certificate"""
    status = server.wait_empty()
    # One behind its alert; one that knows better than to say more, by FIN or, with tickets unread, by RST.
    tap.check(status['connections_failed'] in (1, 2), f'{status["connections_failed"]} failed')
    last = server.stop()
    tap.check(last['records_tx'] > BIG // 16384, f'records: {last["records_tx"]}')


def main():
    cases = [curl_sizes, curl_close_notify, curl_refuses_stranger, openssl_sizes, other_suites,
             kept_by_openssl, small_records, gnutls_sizes,
             gnutls_half_close, python_unwrap, keep_alive, head, pipelined, connection_close,
             answers, spellings, outside, changes, settled]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = make_files(folder)
        make_outside(files)
        ca, chain, key = scene.make_chain(folder)
        with fileserver.Server(sys.argv[1], files.root, '--cert', chain, '--key', key,
                               '--time-wait-ms', '500') as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=90) else 0


if __name__ == '__main__':
    sys.exit(main())
