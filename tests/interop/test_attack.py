# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Packets that no honest host sends, and odd ones that one may. Usage: test_attack.py SERVER"""
import os
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
from rawtcp import ACK, FIN, PSH, RST, SYN

RAW_IP, RAW_MAC = '10.77.0.100', '02:00:00:00:77:64'


class Bystander:
    """A kernel connection, watched on the wire by somebody who can write there, too."""

    def __init__(self, wire, client):
        self.wire, self.client = wire, client
        self.port = client.port()

    def sync(self):
        """A request and its answer; then the next sequence numbers of both sides."""
        self.wire.drain()
        tap.equal(self.client.get('/f1').status, 200, 'status')
        for frame in self.wire.frames(0.1):
            s = rawtcp.Segment.parse(frame)
            if s is not None and s.sport == self.port:
                self.seq = (s.seq + len(s.payload)) % rawtcp.MOD
                self.ack = s.ack
                # NOP, NOP, timestamps: as Linux sends them. They are right, too.
                tap.equal(s.options[:4], b'\1\1\x08\x0a', 'options')
                self.options = s.options[:12]

    def inject(self, flags, seq=0, ack=0, payload=b''):
        """Numbers relative to the right ones. Returns what the server then sent to the port."""
        self.wire.send_ip(rawtcp.mac_bytes(network.CLIENT_MAC), rawtcp.tcp_packet(
            network.CLIENT_IP, network.SERVER_IP, self.port, 443, self.seq + seq, self.ack + ack,
            flags, payload, options=self.options))
        return self.seen(0.1)

    def seen(self, timeout_s):
        found = (rawtcp.Segment.parse(frame) for frame in self.wire.frames(timeout_s))
        return [s for s in found if s is not None and s.dport == self.port]


CHALLENGE_S = 0.6    # not more than one challenge ACK in half a second (RFC 5961 7)

# flags, seq and ack relative to the right ones, payload; is a challenge ACK owed (RFC 5961)?
BLIND = (
    ('RST, one off', RST, 1, 0, b'', True),
    ('RST in the window', RST, 1000, 0, b'', True),
    ('RST|ACK in the window', RST | ACK, 30000, 0, b'', True),
    ('RST one before', RST, -1, 0, b'', False),
    ('RST far outside', RST, 1 << 31, 0, b'', False),
    ('SYN, right number', SYN, 0, 0, b'', True),
    ('SYN in the window', SYN, 500, 0, b'', True),
    ('SYN far outside', SYN, 1 << 30, 0, b'', True),
    ('SYN|ACK', SYN | ACK, 0, 0, b'', True),
    ('FIN far outside', FIN | ACK, 1 << 30, 0, b'', False),
    ('data that acknowledges the future', PSH | ACK, 0, 100000, b'x' * 100, False),
    ('data that acknowledges the far past', PSH | ACK, 0, -(1 << 31) + 5, b'x' * 100, False),
    ('data without ACK', PSH, 0, 0, b'x' * 100, False),
    ('data without any flag', 0, 0, 0, b'x' * 100, False),
    ('data far outside', PSH | ACK, 1 << 30, 0, b'x' * 100, False),
    ('old data', PSH | ACK, -50, 0, b'x' * 50, False),
    ('all flags', 0xff, 1000, 0, b'x', False),
)


def blind(server, files, ca, rng):
    """RST, SYN, FIN and data with wrong numbers leave a connection alone; an exact RST ends it"""
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        with Client(ca) as c:
            victim = Bystander(wire, c)
            for what, flags, seq, ack, payload, challenged in BLIND:
                if challenged:
                    time.sleep(CHALLENGE_S)
                victim.sync()
                start = time.monotonic()
                # A busy machine may take its time.
                answer = victim.inject(flags, seq, ack, payload) or (
                    victim.seen(2) if challenged else [])
                tap.check(not any(s.flags & RST for s in answer), f'{what} is answered by a RST')
                tap.check(all(not s.payload for s in answer), f'{what} is answered with data')
                if challenged:
                    tap.check(any(s.flags & ACK and s.ack == victim.seq for s in answer),
                              f'{what}: no challenge ACK')
                    again = victim.inject(flags, seq, ack, payload)
                    tap.check(again == [] or time.monotonic() - start > CHALLENGE_S - 0.2,
                              f'{what}: one challenge ACK after the other')
                try:
                    victim.sync()
                except OSError as e:
                    raise tap.Failed(f'{what} ended the connection: {e}') from None
            # What these packets lack is the right number only.
            before = server.status()['stats']['ConnResets']
            victim.inject(RST)
            server.wait_status(lambda s: s['stats']['ConnResets'] == before + 1,
                               'the right RST has arrived')
    clients.check_fetch(ca, files, 'f1')


def fin_before_stream(server, files, ca, rng):
    """a FIN on the SYN's number or before, with any payload in front of it: answered, no more"""
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        for size in (0, 1, 2, 10, 536, 1459, 1460):
            for before in (0, 1, 2):
                raw = rawtcp.Connection(wire, RAW_IP, rng.randrange(1024, 65536),
                                        rng.getrandbits(32)).connect()
                wire.drain()
                raw.segment(raw.seq - before - size, ACK | FIN | PSH, b'x' * size)
                answer = list(raw.incoming(0.1))
                what = f'{size} bytes that end {before} before the stream'
                tap.check(server.alive(), f'{what} ended the server')
                # The connection takes its first bytes as if nothing had been; the FIN ends it.
                tap.equal({(s.flags, (s.ack - raw.seq) % rawtcp.MOD) for s in answer
                           if not s.flags & FIN}, {(ACK, 1 if before == 0 else 0)}, what)
                # A FIN that counts has a number, too: only the exact RST ends the connection.
                raw.seq = (raw.seq + (1 if before == 0 else 0)) % rawtcp.MOD
                raw.reset()
    clients.check_fetch(ca, files, 'f1')


def ones(data):
    return [(i, data[i:i + 1]) for i in range(len(data))]


def overlapping(data):
    return [(i, data[i:i + 150]) for i in range(0, len(data), 50)]


def backwards(data):
    return [(i, data[i:i + 100]) for i in range(0, len(data), 100)][::-1]


def growing(data):
    """Each begins where the first did, as retransmissions do that take in new bytes."""
    return [(0, data[:i]) for i in range(1, min(len(data), 1400), 33)] + rawtcp.whole(data)


def conflicting(data):
    """What has arrived in order is never replaced by other bytes for the same place."""
    pieces = []
    for i in range(0, len(data), 200):
        piece = data[i:i + 200]
        pieces.append((i, piece))
        pieces.append((max(0, i - 200), b'?' * min(200, i) + piece))
    return pieces


def cuts(rng):
    def shuffled(data):
        pieces = [(i, data[i:i + 20]) for i in range(0, len(data), 20)]
        for _ in range(100):
            i = rng.randrange(len(data))
            pieces.append((i, data[i:i + rng.randrange(1, 400)]))
        rng.shuffle(pieces)
        return pieces
    return (ones, overlapping, backwards, growing, conflicting, shuffled)


def odd_segments(server, files, ca, rng):
    """handshake and long requests in 1-byte, overlapping, reversed and repeated segments"""
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        for cut in cuts(rng):
            before = server.status()['stats']['RxSegments']
            raw = rawtcp.Connection(wire, RAW_IP, rng.randrange(1024, 65536), rng.getrandbits(32))
            tls = rawtcp.over(raw.connect(), ca, cut)
            for _ in range(2):
                raw.send(tls.seal(request('/part', 'x: ' + 'y' * 12000)), cut)
                answer = clients.read_response(tls)
                tap.equal((answer.status, len(answer.body)), (200, 100000), cut.__name__)
            seen = server.status()['stats']['RxSegments'] - before
            tap.note(f'{cut.__name__}: {raw.sent_segments} segments sent, {seen} counted')
            if cut is ones:
                tap.check(seen > 24000, f'{seen} segments of one byte')
            raw.reset()
    server.wait_status(lambda s: s['connections_open'] == 0, 'the resets have arrived')


def wrap_around(server, files, ca, rng):
    """sequence numbers of the client that pass 2^32"""
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        for isn in (rawtcp.MOD - 1, rawtcp.MOD - 2, rawtcp.MOD - 700, rawtcp.MOD - 9000):
            raw = rawtcp.Connection(wire, RAW_IP, rng.randrange(1024, 65536), isn)
            tls = rawtcp.over(raw.connect(), ca, backwards)
            raw.send(tls.seal(request('/part', 'x: ' + 'y' * 12000)), backwards)
            tap.equal(clients.read_response(tls).status, 200, f'status, ISN {isn}')
            tap.check(raw.seq < isn, 'the numbers did not wrap')
            raw.reset()


def held_out_of_order(server, files, ca, rng):
    """out-of-order bytes whose beginning never comes: bounded memory, others are served"""
    before = server.status()['mbufs_in_use']
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        raws = [rawtcp.Connection(wire, RAW_IP, 2000 + i, rng.getrandbits(32)).connect()
                for i in range(20)]
        for raw in raws:
            for i in range(2000):
                raw.segment(raw.seq + 1 + i * 32, ACK, b'z' * (1 + i % 2))
                if i % 100 == 0:
                    wire.drain(0.002)
        clients.check_fetch(ca, files, 'part')
        room = server.status()['stats']
        tap.note(f'{room["RxRoomInUse"]} bytes of room in use, {room["PressureHeldDropped"]} '
                 'bytes dropped')
        # What one connection may hold, not what 2,000 segments would fill.
        tap.check(room['RxRoomInUse'] < len(raws) * 128 * 1024, 'memory is not bounded')
        for raw in raws:
            raw.reset()
    server.wait_status(lambda s: s['connections_open'] == 0 and s['mbufs_in_use'] <= before and
                       s['stats']['RxRoomInUse'] == 0, 'the resets have arrived')


def malformed(rng):
    """A frame that is nearly right."""
    options = rng.randbytes(rng.randrange(0, 11) * 4)
    packet = bytearray(rawtcp.tcp_packet(
        RAW_IP, network.SERVER_IP, rng.randrange(65536), rng.choice((443, 443, 80, 0)),
        rng.getrandbits(32), rng.getrandbits(32), rng.randrange(256),
        rng.randbytes(rng.randrange(0, 100)), options=options))
    kind = rng.randrange(6)
    if kind == 0:
        packet = packet[:rng.randrange(0, len(packet))]
    elif kind == 1:
        packet[rng.randrange(20)] = rng.randrange(256)
    elif kind == 2:
        packet[20 + rng.randrange(20)] = rng.randrange(256)
    elif kind == 3:
        packet[2:4] = rng.randrange(65536).to_bytes(2, 'big')
    elif kind == 4:
        packet[32] = rng.randrange(16) << 4
    if kind in (1, 3):
        packet[10:12] = b'\0\0'
        packet[10:12] = rawtcp.checksum(bytes(packet[:20])).to_bytes(2, 'big')
    return bytes(packet)


def malformed_frames(server, files, ca, rng):
    """malformed frames of every kind: counted, and otherwise without effect"""
    before = server.status()['stats']
    with rawtcp.Wire() as wire:
        wire.play(RAW_IP, RAW_MAC)
        wire.find_server(RAW_IP)
        mac = rawtcp.mac_bytes(RAW_MAC)
        for i in range(50000 if tap.full() else 5000):
            if i % 10 == 0:
                wire.send(wire.server_mac + mac + rng.choice((b'\x08\x06', b'\x08\x00', b'\x86\xdd',
                                                              b'\0\0')) +
                          rng.randbytes(rng.randrange(0, 1400)))
            else:
                wire.send_ip(mac, malformed(rng))
            if i % 50 == 0:
                wire.drain(0.005)
    after = server.status()['stats']
    for what in ('RxMalformed', 'RxBadChecksum', 'RxNotForUs', 'RxNoConnection'):
        tap.check(after[what] > before[what], f'{what} did not move')
    clients.check_fetch(ca, files, 'part')


def settled(server, files, ca, rng):
    """all is given back; half-open connections go with their time"""
    server.wait_empty(100, half_open=tap.full())
    clients.check_fetch(ca, files, 'part')
    server.stop()


def main():
    cases = [blind, fin_before_stream, odd_segments, wrap_around, held_out_of_order, malformed_frames, settled]
    network.enter()
    tap.plan(cases)
    rng, _ = tap.seeded()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f1', 1)
        files.add('part', 100000)
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms',
                               '500') as server:
            return 1 if tap.run(cases, server, files, ca, rng, limit_s=60) else 0


if __name__ == '__main__':
    sys.exit(main())
