# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Frames of our own making, and a TCP client that decides where segments begin and end."""
import select
import socket
import ssl
import struct
import time

import clients
import network
import tap

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETH_ARP, ETH_IP = 0x0806, 0x0800
MOD = 1 << 32


def mac_bytes(text):
    return bytes.fromhex(text.replace(':', ''))


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def tcp_packet(src, dst, sport, dport, seq, ack, flags, payload=b'', window=65535, options=b''):
    """IPv4 and TCP, checksums right."""
    src, dst = socket.inet_aton(src), socket.inet_aton(dst)
    length = 20 + len(options) + len(payload)
    tcp = bytearray(struct.pack('!HHIIBBHHH', sport, dport, seq % MOD, ack % MOD,
                                (20 + len(options)) // 4 << 4, flags, window, 0, 0))
    tcp += options + payload
    tcp[16:18] = struct.pack('!H', checksum(src + dst + struct.pack('!HH', 6, length) + tcp))
    ip = bytearray(struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + length, 0, 0x4000, 64, 6, 0,
                               src, dst))
    ip[10:12] = struct.pack('!H', checksum(bytes(ip)))
    return bytes(ip + tcp)


class Segment:
    """A received one, parsed; None from parse() if it is something else."""

    @classmethod
    def parse(cls, frame):
        if len(frame) < 54 or frame[12:14] != b'\x08\x00' or frame[23] != 6:
            return None
        s = cls()
        header = (frame[14] & 15) * 4
        total, = struct.unpack_from('!H', frame, 16)
        s.src, s.dst = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
        tcp = frame[14 + header:14 + total]
        s.sport, s.dport, s.seq, s.ack, offset, s.flags = struct.unpack_from('!HHIIBB', tcp)
        s.options = tcp[20:(offset >> 4) * 4]
        s.payload = tcp[(offset >> 4) * 4:]
        return s


class Wire:
    """The kernel's end of the TAP, frame by frame. Answers ARP for the hosts that it plays."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.sock.bind((network.IFACE, 0))
        self.hosts = {}     # address: MAC
        self.server_mac = b'\xff' * 6

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def play(self, ip, mac):
        self.hosts[socket.inet_aton(ip)] = mac_bytes(mac)

    def send(self, frame):
        try:
            self.sock.send(frame)
        except OSError:
            pass    # a full queue is a loss like others

    def send_ip(self, mac, packet):
        self.send(self.server_mac + mac + struct.pack('!H', ETH_IP) + packet)

    def send_arp(self, operation, mac, ip, to_mac, to_ip):
        self.send(to_mac + mac + struct.pack('!HHHBBH6s4s6s4s', ETH_ARP, 1, ETH_IP, 6, 4, operation,
                                             mac, ip, to_mac, to_ip))

    def drain(self, timeout_s=0):
        for _ in self.frames(timeout_s):
            pass

    def frames(self, timeout_s, most=10000):
        """Frames as they come, until there is none for so long; ARP is dealt with."""
        for _ in range(most):
            if not select.select([self.sock], [], [], timeout_s)[0]:
                break
            frame = self.sock.recv(65536)
            if frame[12:14] != b'\x08\x06':
                yield frame
            elif frame[20:22] == b'\0\1' and frame[38:42] in self.hosts:
                self.send_arp(2, self.hosts[frame[38:42]], frame[38:42], frame[22:28],
                              frame[28:32])
            elif frame[28:32] == socket.inet_aton(network.SERVER_IP):
                self.server_mac = frame[22:28]

    def find_server(self, ip):
        """Learns the server's MAC, and lets it know one of the hosts."""
        own = socket.inet_aton(ip)
        self.send_arp(1, self.hosts[own], own, b'\xff' * 6, socket.inet_aton(network.SERVER_IP))
        until = time.monotonic() + 5
        while self.server_mac == b'\xff' * 6:
            tap.check(time.monotonic() < until, 'the server does not answer ARP')
            self.drain(0.1)


def whole(data):
    """In segments of ordinary size."""
    return [(i, data[i:i + 1400]) for i in range(0, len(data), 1400)]


class Connection:
    """TCP by hand from a host that the wire plays. No timestamps, no window scaling."""

    def __init__(self, wire, ip, port, isn):
        self.wire, self.ip, self.port = wire, ip, port
        self.mac = wire.hosts[socket.inet_aton(ip)]
        self.seq = isn      # of the next new byte
        self.una = isn
        self.rcv_nxt = 0
        self.ended = None   # 'fin' or 'rst'
        self.inbox = b''
        self.sent_segments = 0

    def segment(self, seq, flags, payload=b'', options=b''):
        self.wire.send_ip(self.mac, tcp_packet(self.ip, network.SERVER_IP, self.port, 443, seq,
                                               self.rcv_nxt, flags, payload, options=options))

    def connect(self):
        for _ in range(5):
            self.segment(self.seq, SYN, options=struct.pack('!BBH', 2, 4, 1460))
            for s in self.incoming(1):
                if s.flags & (SYN | ACK) == SYN | ACK and s.ack == (self.seq + 1) % MOD:
                    self.rcv_nxt = (s.seq + 1) % MOD
                    self.seq = self.una = s.ack
                    self.segment(self.seq, ACK)
                    return self
        raise tap.Failed('no SYN-ACK')

    def incoming(self, timeout_s):
        for frame in self.wire.frames(timeout_s):
            s = Segment.parse(frame)
            if s is not None and s.sport == 443 and s.dst == self.ip and s.dport == self.port:
                yield s

    def poll(self, timeout_s):
        """Takes in what came, and acknowledges it."""
        for s in self.incoming(timeout_s):
            if s.flags & RST:
                self.ended = 'rst'
                return
            if s.flags & ACK and (s.ack - self.una) % MOD <= (self.seq - self.una) % MOD:
                self.una = s.ack
            if s.seq == self.rcv_nxt:
                self.inbox += s.payload
                self.rcv_nxt = (self.rcv_nxt + len(s.payload)) % MOD
                if s.flags & FIN:
                    self.rcv_nxt = (self.rcv_nxt + 1) % MOD
                    self.ended = 'fin'
            if s.payload or s.flags & FIN:
                self.segment(self.seq, ACK)
                return

    def send(self, data, cut=whole):
        """cut(data) gives pieces (offset, bytes) in any order; all are sent until all is acked."""
        start, self.seq = self.seq, (self.seq + len(data)) % MOD
        until = time.monotonic() + 20
        while self.una != self.seq and self.ended is None:
            tap.check(time.monotonic() < until, 'bytes are not acknowledged')
            self.send_pieces(start, cut(data))
            for _ in range(20):
                if self.una == self.seq or self.ended is not None:
                    break
                self.poll(0.05)

    def send_pieces(self, start, pieces):
        for i, (offset, piece) in enumerate(pieces, 1):
            self.segment(start + offset, ACK | PSH, piece)
            self.sent_segments += 1
            if i % 100 == 0:
                self.poll(0.002)    # the server's queue has an end

    def reset(self):
        self.segment(self.seq, RST)


class Tls:
    """TLS on such a connection, or on a socket with send and recv; who uses it may look inside."""

    def __init__(self, ca, transmit, receive):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = clients.context(ca).wrap_bio(self.incoming, self.outgoing,
                                                server_hostname=network.SERVER_IP)
        self.transmit, self.receive = transmit, receive
        self.retry(self.tls.do_handshake)
        self.transmit(self.outgoing.read())

    def retry(self, call, *args, timeout_s=30):
        until = time.monotonic() + timeout_s
        while True:
            try:
                return call(*args)
            except ssl.SSLWantReadError:
                pass
            tap.check(time.monotonic() < until, 'no answer')
            if self.outgoing.pending:
                self.transmit(self.outgoing.read())
            data = self.receive()
            if data is None:
                self.incoming.write_eof()
            else:
                self.incoming.write(data)

    def seal(self, data):
        """The records of data, not sent."""
        self.tls.write(data)
        return self.outgoing.read()

    def read(self, size):
        """As many bytes, or fewer at the end."""
        got = b''
        while len(got) < size:
            more = self.retry(self.tls.read, size - len(got))
            if more == b'':
                break
            got += more
        return got

    def readline(self):
        line = b''
        while not line.endswith(b'\n') and (more := self.read(1)):
            line += more
        return line


def over(connection, ca, cut=whole):
    """TLS on a Connection; everything, the handshake too, is sent in pieces by cut."""
    def receive():
        if not connection.inbox:
            if connection.ended is not None:
                return None
            connection.poll(0.2)
        data, connection.inbox = connection.inbox, b''
        return data
    return Tls(ca, lambda data: connection.send(data, cut), receive)
