# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Records that no honest client sends, key updates, and clients that do not read.

Usage: test_receive.py SERVER
"""
import hashlib
import io
import os
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import rawtcp
import scene
import tap
from clients import Client, request


class Record:
    """TLS on a kernel socket, the records in the test's hands."""

    def __init__(self, ca):
        self.sock = socket.create_connection((network.SERVER_IP, 443), 20)
        self.tls = rawtcp.Tls(ca, self.sock.sendall, self.receive)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def receive(self):
        try:
            return self.sock.recv(65536) or None
        except ConnectionResetError:
            return None

    def end(self):
        """How the server ends it: the alert's name, 'close_notify' or 'bare'."""
        try:
            got = self.tls.read(1)
        except ssl.SSLZeroReturnError:
            return 'close_notify'
        except ssl.SSLEOFError:
            return 'bare'
        except ssl.SSLError as e:
            return e.reason
        tap.equal(got, b'', 'bytes instead of an end')
        return 'close_notify'


def flip(record, at):
    changed = bytearray(record)
    changed[at] ^= 1
    return bytes(changed)


def with_length(record, length):
    return record[:3] + length.to_bytes(2, 'big') + record[5:]


# What becomes of the record of a request; the alert where RFC 8446 leaves no choice. For some
# others libssl, which picks the alert, has one of its own.
TAMPERED = (
    ('first byte of the ciphertext', lambda r: flip(r, 5), 'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('a byte in the middle', lambda r: flip(r, len(r) // 2), 'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('the inner type', lambda r: flip(r, -17), 'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('last byte of the tag', lambda r: flip(r, -1), 'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('a byte shorter than sealed', lambda r: with_length(r[:-1], len(r) - 6),
     'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('a byte longer than sealed', lambda r: with_length(r, len(r) - 4) + b'x',
     'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('as long as any may be, garbage', lambda r: b'\x17\x03\x03\x40\x11' + b'x' * 16401,
     'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('longer than a record without padding', lambda r: b'\x17\x03\x03\x41\x00' + b'x' * 16640,
     None),
    ('of 17 bytes', lambda r: b'\x17\x03\x03\x00\x11' + b'x' * 17, 'SSLV3_ALERT_BAD_RECORD_MAC'),
    ('too long by one', lambda r: b'\x17\x03\x03\x41\x01' + b'x' * 16641,
     'TLSV1_ALERT_RECORD_OVERFLOW'),
    ('of 65535 bytes', lambda r: b'\x17\x03\x03\xff\xff' + b'x' * 65535,
     'TLSV1_ALERT_RECORD_OVERFLOW'),
    ('of 16 bytes', lambda r: b'\x17\x03\x03\x00\x10' + b'x' * 16, None),
    ('empty', lambda r: b'\x17\x03\x03\x00\x00', None),
    ('outer type handshake', lambda r: b'\x16' + r[1:], None),
    ('outer type alert', lambda r: b'\x15' + r[1:], None),
    ('outer type change_cipher_spec', lambda r: b'\x14\x03\x03\x00\x01\x01', None),
    ('outer type 0', lambda r: b'\0' + r[1:], None),
    ('outer type 255', lambda r: b'\xff' + r[1:], None),
    ('version SSL 2', lambda r: b'\x17\x02\x00' + r[3:], None),
    ('plaintext alert', lambda r: b'\x15\x03\x03\x00\x02\x02\x00', None),
    ('plaintext', lambda r: request('/f1'), None),
)


def tampered(server, files, ca):
    """a record that is not as it was sealed ends the connection, and is never acted on"""
    before = server.status()
    for what, tamper, alert in TAMPERED:
        with Record(ca) as c:
            # The one before is answered, so that what follows is no matter of the handshake.
            c.sock.sendall(c.tls.seal(request('/f1')))
            tap.equal(clients.read_response(c.tls).status, 200, 'status')
            try:
                c.sock.sendall(tamper(c.tls.seal(request('/f1'))))
            except OSError:
                pass
            end = c.end()
            tap.check(end not in ('close_notify', 'bare'), f'{what}: {end} instead of an alert')
            tap.check(alert is None or end == alert, f'{what}: {end} instead of {alert}')
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'all have ended')
    tap.equal(after['requests'] - before['requests'], len(TAMPERED), 'requests')
    tap.equal(after['connections_failed'] - before['connections_failed'], len(TAMPERED),
              'failed connections')
    tap.check(after['stats']['TlsDecryptError'] > before['stats']['TlsDecryptError'],
              'TlsDecryptError did not move')


def good_before_bad(server, files, ca):
    """records in front of a bad one are answered, those behind it never"""
    with Record(ca) as c:
        before = server.status()['requests']
        records = [c.tls.seal(request('/f1')) for _ in range(3)]
        c.sock.sendall(records[0] + flip(records[1], -1) + records[2])
        tap.equal(clients.read_response(c.tls).status, 200, 'status')
        tap.equal(c.end(), 'SSLV3_ALERT_BAD_RECORD_MAC', 'end')
    tap.equal(server.status()['requests'] - before, 1, 'requests')


def replay(server, files, ca):
    """a record sent twice, left out, or in another place is refused"""
    for what, order, answers in (('twice', (0, 0), 1), ('left out', (1,), 0),
                                 ('exchanged', (1, 0), 0)):
        with Record(ca) as c:
            before = server.status()['requests']
            records = [c.tls.seal(request('/f1')) for _ in range(2)]
            c.sock.sendall(b''.join(records[i] for i in order))
            for _ in range(answers):
                tap.equal(clients.read_response(c.tls).status, 200, 'status')
            tap.equal(c.end(), 'SSLV3_ALERT_BAD_RECORD_MAC', what)
        tap.equal(server.status()['requests'] - before, answers, f'{what}: requests')


def truncated(server, files, ca):
    """FIN in front of, inside and behind a record's header ends the connection unanswered"""
    for length in (0, 1, 4, 5, 6, 30, -1):
        with Record(ca) as c:
            before = server.status()['requests']
            record = c.tls.seal(request('/f1'))
            c.sock.sendall(record[:length])
            c.sock.shutdown(socket.SHUT_WR)
            c.end()
        after = server.wait_status(lambda s: s['connections_open'] == 0, 'it has ended')
        tap.equal(after['requests'], before, f'requests, {length} bytes of a record')
    clients.check_fetch(ca, files, 'f1')


def key_update(server, files, ca):
    """openssl updates its keys, asks for ours, and goes on"""
    def talk(process, line, wanted):
        process.stdin.write(line)
        process.stdin.flush()
        got = b''
        while wanted not in got:
            more = os.read(process.stdout.fileno(), 65536)
            tap.check(more != b'', f's_client ended: {got[-300:]!r}')
            got += more
        return got

    before = server.status()['stats']
    process = subprocess.Popen(
        ['openssl', 's_client', '-connect', f'{network.SERVER_IP}:443', '-CAfile', ca,
         '-verify_return_error'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    with process:
        talk(process, request('/text'), b'END OF TEXT')
        for command in (b'k\n', b'K\n', b'K\n', b'k\n', b'K\n') * 4:
            talk(process, command, b'KEYUPDATE')
            talk(process, request('/text'), b'END OF TEXT')
            # More than eight a second are a flood.
            time.sleep(0.13)
        process.stdin.write(b'Q\n')
        process.stdin.close()
        process.stdout.read()
    tap.equal(process.returncode, 0, 'exit code of s_client')
    after = server.status()['stats']
    tap.equal(after['TlsRxRekeyOk'] - before['TlsRxRekeyOk'], 20, 'new keys of the client')
    tap.equal(after['TlsTxRekeyOk'] - before['TlsTxRekeyOk'], 12, 'new keys of ours')


def slow_reader(server, files, ca):
    """a client with a small window that reads slowly gets every byte, and delays nobody"""
    with Client(ca, rcvbuf=4096) as c:
        c.send(request('/big'))
        head = c.stream.readline()
        tap.check(head.startswith(b'HTTP/1.1 200'), f'status line {head!r}')
        while c.stream.readline() != b'\r\n':
            pass
        digest, left = hashlib.sha256(), BIG
        pauses = 0
        while left > 0:
            piece = c.stream.read(min(left, 65536))
            tap.check(piece != b'', f'{left} bytes are missing')
            digest.update(piece)
            left -= len(piece)
            if left % 5 == 0 and pauses < 100:
                time.sleep(0.01)
                pauses += 1
            if pauses == 50:
                clients.check_fetch(ca, files, 'f1')
                pauses += 1
        tap.equal(digest.hexdigest(), files.hashes['big'], 'SHA-256')


def closed_window(server, files, ca):
    """a client that stops reading for seconds, and then goes on, gets every byte"""
    with Client(ca, rcvbuf=4096, timeout_s=30) as c:
        c.send(request('/big'))
        time.sleep(8 if tap.full() else 3)
        held = server.status()
        tap.check(held['mbufs_in_use'] > 0, 'nothing is held for the client')
        answer = clients.read_response(c.stream)
        tap.equal(hashlib.sha256(answer.body).hexdigest(), files.hashes['big'], 'SHA-256')


def send_and_read(c, data, quiet_s):
    """
    Sends data, begins to read after a while, and reads to the end. One thread: an SSL object is
    one thread's.
    """
    start = time.monotonic()
    c.tls.setblocking(False)
    sent, answers, ended = 0, bytearray(), False
    while not ended:
        tap.check(time.monotonic() - start < 50, f'{sent} sent, {len(answers)} bytes of answers')
        reads = time.monotonic() - start > quiet_s
        select.select([c.tls] if reads else [], [c.tls] if sent < len(data) else [], [], 0.2)
        try:
            while sent < len(data):
                # What was refused is offered again as it was.
                sent += c.tls.send(data[sent:sent + 16384])
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            while reads and not ended:
                piece = c.tls.recv(1 << 16)
                answers += piece
                ended = piece == b''
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
    tap.equal(sent, len(data), f'bytes sent, {len(answers)} of answers')
    return io.BytesIO(answers)


def does_not_read(server, files, ca):
    """a client that sends requests without reading is held back, and loses no answer"""
    count = 3000
    requests = request('/part', 'x: ' + 'y' * 1000) * count + request('/part', close=True)
    with Client(ca) as c:
        answers = send_and_read(c, requests, quiet_s=1)
        for _ in range(count + 1):
            answer = clients.read_response(answers)
            tap.equal(hashlib.sha256(answer.body).hexdigest(), files.hashes['part'], 'SHA-256')


def settled(server, files, ca):
    """all is given back"""
    server.wait_empty()
    server.stop()


BIG = 16 * scene.MIB


def main():
    cases = [tampered, good_before_bad, replay, truncated, key_update, slow_reader, closed_window,
             does_not_read, settled]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f1', 1)
        files.add('part', 20000)
        files.add('big', BIG)
        with open(os.path.join(files.root, 'text'), 'w') as f:
            f.write('some text, END OF TEXT\n')
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms',
                               '500') as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=60) else 0


if __name__ == '__main__':
    sys.exit(main())
