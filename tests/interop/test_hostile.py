# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Clients that no server should have to meet. Usage: test_hostile.py SERVER"""
import os
import re
import socket
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
from clients import Client, request


def connect():
    return socket.create_connection((network.SERVER_IP, 443), 20)


def close_by_reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()


def read_to_end(sock):
    got = b''
    try:
        while more := sock.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got


def check_lives(server, files, ca):
    clients.check_fetch(ca, files, 'f1')


def resets(server, files, ca):
    """a client that resets: at once, in the handshake, in the answer"""
    close_by_reset(connect())
    half = connect()
    half.sendall(b'\x16\x03\x01\x02\x00\x01')
    close_by_reset(half)
    c = Client(ca)
    c.send(request('/big'))
    c.stream.read(100000)
    c.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.stream.close()
    c.tls.close()
    server.wait_status(lambda s: s['connections_open'] == 0, 'the resets have arrived')
    check_lives(server, files, ca)


GARBAGE = (
    # what comes instead of a ClientHello, and the alert that may answer
    b'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    b'SSH-2.0-OpenSSH_9.9\r\n',
    b'\0' * 1000,
    b'\xff' * 100000,
    b'\x16\x03\x01\x00\x00',
    b'\x16\x03\x01\xff\xff' + b'a' * 65535,
    b'\x16\x03\x01\x00\x04\x01\xff\xff\xff' + b'\x16\x03\x01\x40\x00' + b'a' * 16384,
    b'\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03',
    b'\x15\x03\x01\x00\x02\x02\x28',
    b'\x14\x03\x03\x00\x01\x01' * 1000,
    b'\x17\x03\x03\x40\x11' + b'a' * 16401,
    b'\x80\x2e\x01\x03\x01',
)


def garbage(server, files, ca):
    """a client that sends garbage instead of a ClientHello is thrown out"""
    luck, _ = tap.seeded()
    before = server.status()
    rows = [*GARBAGE, *(luck.randbytes(luck.randrange(5, 20000)) for _ in range(50))]
    for data in rows:
        sock = connect()
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass    # thrown out already
        answer = read_to_end(sock)
        # An alert in the clear is all that may come.
        tap.check(answer == b'' or answer[0] == 21 and len(answer) == 7,
                  f'{answer[:50]!r} answers {data[:50]!r}')
        sock.close()
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'all were thrown out')
    tap.equal(after['connections_failed'] - before['connections_failed'], len(rows), 'failed')
    tap.equal(after['requests'], before['requests'], 'requests')
    check_lives(server, files, ca)


def other_suites(server, files, ca):
    """clients without TLS 1.2, or without a suite of the server's, get an alert"""
    for options in (('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'),
                    ('-tls1_3', '-ciphersuites', 'TLS_AES_128_CCM_SHA256'),
                    ('-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256')):
        done = subprocess.run(['openssl', 's_client', '-connect', f'{network.SERVER_IP}:443',
                               *options], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        tap.check(done.returncode != 0 and re.search(r'alert (protocol version|handshake failure)',
                                                     done.stderr), done.stderr)
    check_lives(server, files, ca)


def silence(server, files, ca):
    """clients that connect and say nothing hold nobody up, and are thrown out"""
    quiet = [connect() for _ in range(50)]
    slow = connect()
    slow.sendall(b'\x16\x03\x01')
    check_lives(server, files, ca)
    tap.equal(server.status()['connections_open'], 51, 'open connections')
    # The handshake has its time-out.
    for sock in (*quiet, slow):
        tap.equal(read_to_end(sock), b'', 'bytes to a silent client')
        sock.close()
    server.wait_status(lambda s: s['connections_open'] == 0, 'all were thrown out')
    check_lives(server, files, ca)


def half_request(server, files, ca):
    """half a request: others are served meanwhile; the rest, or the end, may come later"""
    wire = request('/f1', close=True)
    with Client(ca) as c, Client(ca) as gone:
        c.send(wire[:20])
        gone.send(wire[:20])
        check_lives(server, files, ca)
        gone.__exit__(None)
        c.send(wire[20:])
        tap.equal(clients.read_response(c.stream).status, 200, 'status')
        c.check_end()
    server.wait_status(lambda s: s['connections_open'] == 0, 'both have ended')


def idle_and_late(server, files, ca):
    """who waits for nothing gets close_notify and FIN; who still sends what was refused no reset"""
    before = server.status()
    with Client(ca) as idle, Client(ca, nodelay=False) as late:
        tap.equal(idle.get('/f1').status, 200, 'status')
        late.send(request('/f1', 'Content-Length: 60000', method='PUT'))
        for _ in range(60):    # longer than a connection may be idle
            late.send(b'u' * 1000)
            time.sleep(0.1)
        tap.equal(clients.read_response(late.stream).status, 405, 'status')
        late.check_end()
        idle.check_end()
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'both have ended')
    tap.equal(after['connections_failed'], before['connections_failed'], 'failed')
    check_lives(server, files, ca)


def long_header(server, files, ca):
    """a header of 100 KB gets 431; one without end is not read for ever"""
    for field in ('x: ' + 'a' * 100000, '\r\n'.join(f'x{i}: {i}' for i in range(10000))):
        with Client(ca) as c:
            c.send(request('/f1', field))
            tap.equal(clients.read_response(c.stream).status, 431, 'status')
            c.check_end()
    with Client(ca) as c:
        try:
            c.send(b'GET /f1 HTTP/1.1\r\n')
            while True:
                c.send(b'x: y\r\n' * 10000)
        except OSError:
            pass    # it may go on for a while, and not for longer than the case may take
    server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended', 30)
    check_lives(server, files, ca)


def settled(server, files, ca):
    """all is given back"""
    server.wait_empty()
    server.stop()


def main():
    cases = [resets, garbage, other_suites, silence, half_request, idle_and_late, long_header, settled]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f1', 1)
        files.add('big', 64 * scene.MIB)
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms',
                               '500', '--idle-s', '4') as server:
            return 1 if tap.run(cases, server, files, ca) else 0


if __name__ == '__main__':
    sys.exit(main())
