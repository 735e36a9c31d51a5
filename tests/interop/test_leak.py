# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Many short connections, and nothing left of them. Usage: test_leak.py SERVER"""
import os
import socket
import ssl
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap

FEW, MANY = 1000, 10000


def connect():
    raw = socket.create_connection((network.SERVER_IP, 443), 20)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def handshake(ctx):
    return ctx.wrap_socket(connect(), server_hostname=network.SERVER_IP,
                           suppress_ragged_eofs=False)


def reset_on_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


def get(tls, close):
    tls.sendall(clients.request('/small', close=close))
    got = b''
    while not got.endswith(b'END'):
        more = tls.recv(4096)
        tap.check(more != b'', f'the answer ends after {len(got)} bytes')
        got += more


def server_ends(ctx):
    tls = handshake(ctx)
    get(tls, close=True)
    tap.equal(tls.recv(1), b'', 'bytes behind the answer')
    tls.close()


def client_ends(ctx):
    tls = handshake(ctx)
    get(tls, close=False)
    tls.unwrap().close()


def client_vanishes(ctx):
    tls = handshake(ctx)
    get(tls, close=False)
    tls.close()


def client_resets(ctx):
    tls = handshake(ctx)
    get(tls, close=False)
    reset_on_close(tls)
    tls.close()


def reset_in_answer(ctx):
    tls = handshake(ctx)
    tls.sendall(clients.request('/big'))
    tls.recv(4096)
    reset_on_close(tls)
    tls.close()


def half_handshake(ctx):
    raw = connect()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ctx.wrap_bio(incoming, outgoing, server_hostname=network.SERVER_IP)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    raw.sendall(outgoing.read()[:200])
    raw.close()


# What a connection in so many of a hundred is like.
ENDS = ((server_ends, 60), (client_ends, 15), (client_vanishes, 10), (client_resets, 5),
        (reset_in_answer, 5), (half_handshake, 5))


def open_files(server):
    return len(os.listdir(f'/proc/{server.process.pid}/fd'))


def in_turn(server, files, ca):
    """one connection after the other, ended in every way; afterwards all is given back"""
    ctx, old = clients.context(ca), clients.context(ca)
    # OpenSSL at the server keeps these records; it reads its files another way then.
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers('ECDHE-ECDSA-AES128-SHA256')
    fds = open_files(server)
    luck, _ = tap.seeded()
    count = MANY if tap.full() else FEW
    kinds, weights = zip(*ENDS)
    before = server.status()
    start = time.monotonic()
    for kind in luck.choices(kinds, weights, k=count):
        kind(luck.choices((ctx, old), (4, 1))[0])
    tap.note(f'{count / (time.monotonic() - start):.0f} connections/s')
    tap.check(server.status()['stats']['TimeWaitInUse'] > 0, 'no connection is in TIME-WAIT')
    after = server.wait_empty(30)
    tap.equal(after['connections'] - before['connections'], count, 'connections')
    kept = after['stats']['TlsTxNotHandedOver']
    tap.check(count // 10 < kept < count // 3, f'{kept} connections with CBC')
    # The two that were asked for are kept open for a while, once each.
    tap.check(fds <= open_files(server) <= fds + 2, f'{open_files(server)} open files, not {fds}')


def same_again(server, files, ca):
    """the server serves on, and ends with everything back"""
    clients.check_fetch(ca, files, 'big')
    server.wait_empty()
    last = server.stop()
    # The listener is gone now as well.
    for level in fileserver.LEVELS:
        tap.equal(last[level], last['at_start'][level], f'{level} at the end')


def main():
    cases = [in_turn, same_again]
    network.enter()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('big', 4 * scene.MIB)
        with open(os.path.join(files.root, 'small'), 'w') as f:
            f.write('small END')
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms',
                               '1000') as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=120) else 0


if __name__ == '__main__':
    sys.exit(main())
