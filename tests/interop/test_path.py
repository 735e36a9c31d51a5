# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The table of tools/demo against what tshark counts in a capture of a network that loses packets.

Usage: test_path.py SERVER DEMO-TABLE"""
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap

SIZE = (16 if tap.full() else 4) * scene.MIB
UPDATE = 1 << 20
LOST = {'tx': 'not sent: lost on the way', 'rx': 'dropped: lost on the way'}
APPLICATION, ALERT, ENCRYPTED, HEADER_LEN = 23, 21, 23, 5
PIECE = 1400
TICKET, KEY_UPDATE = 4, 24    # the handshake's messages under the keys of the application


class Packet:
    """A TCP segment of the client at that port, or for it, and whether the network lost it."""

    def __init__(self, side, port, seq, payload, lost):
        self.side, self.port, self.seq, self.payload, self.lost = side, port, seq, payload, lost


def tshark(pcap, keys, *fields):
    """Rows of fields, of all frames of TCP."""
    done = subprocess.run(
        ['tshark', '-r', pcap, '-o', f'tls.keylog_file:{keys}', '-Y', 'tcp', '-T', 'fields', '-E', 'separator=/t', *(word for f in fields for word in ('-e', f))],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    tap.equal(done.returncode, 0, f'exit code of tshark ({done.stderr.strip()[-300:]})')
    return [line.split('\t') for line in done.stdout.splitlines()]


def side_of(address):
    return 'tx' if address == network.SERVER_IP else 'rx'


def packets_of(pcap, keys):
    rows = tshark(pcap, keys, 'ip.src', 'tcp.srcport', 'tcp.dstport', 'tcp.seq', 'tcp.payload', 'frame.comment')
    return [Packet(side_of(a), int(to if side_of(a) == 'tx' else port), int(seq), bytes.fromhex(payload),
                   LOST[side_of(a)] in comment) for a, port, to, seq, payload, comment in rows]


def of_stream(packets, way, port):
    return [p for p in packets if p.side == way and p.port == port and p.payload]


def ports_of(packets):
    return sorted({p.port for p in packets if p.side == 'rx' and p.payload})


def stream_of(packets):
    """What one side of a connection sent, from behind its SYN on."""
    stream = bytearray(max(p.seq + len(p.payload) for p in packets))
    for p in packets:
        stream[p.seq:p.seq + len(p.payload)] = p.payload
    return bytes(stream[1:])


def clean_frames(port, sent):
    """Frames of a connection on a network that is fine: the client's hello, all of the server's, the rest."""
    hello = HEADER_LEN + int.from_bytes(sent['rx'][3:HEADER_LEN], 'big')
    seq = {'tx': 1, 'rx': 1}
    for way, piece in (('rx', sent['rx'][:hello]), ('tx', sent['tx']), ('rx', sent['rx'][hello:])):
        ends = [(network.CLIENT_IP, port), (network.SERVER_IP, 443)]
        (source, sport), (target, dport) = ends if way == 'rx' else reversed(ends)
        other = seq['tx' if way == 'rx' else 'rx']
        for at in range(0, len(piece), PIECE):
            bytes_ = piece[at:at + PIECE]
            yield (struct.pack('!BBHHHBBH4s4s', 0x45, 0, 40 + len(bytes_), 0, 0, 64, 6, 0, socket.inet_aton(source),
                               socket.inet_aton(target)) +
                   struct.pack('!HHIIBBHHH', sport, dport, seq[way], other, 0x50, 0x10, 65535, 0, 0) + bytes_)
            seq[way] += len(bytes_)


def write_clean(path, packets):
    """The same streams, as a capture in which nothing is lost or late: not all of that do dissectors undo."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for port in ports_of(packets):
            sent = {way: stream_of(of_stream(packets, way, port)) for way in ('tx', 'rx')}
            for frame in clean_frames(port, sent):
                f.write(struct.pack('<IIII', 0, 0, len(frame), len(frame)) + frame)


def count_records(pcap, keys):
    """Records under the keys of the application, each way, as tshark decrypts them.

    A ticket and a KeyUpdate are a record each; what else is encrypted has the handshake's keys."""
    count = {'tx': 0, 'rx': 0}
    for address, inner, message in tshark(pcap, keys, 'ip.src', 'tls.record.content_type', 'tls.handshake.type'):
        types = [int(t) for t in inner.split(',') if t]
        count[side_of(address)] += sum(t in (APPLICATION, ALERT) for t in types)
        count[side_of(address)] += sum(int(t) in (TICKET, KEY_UPDATE) for t in message.split(',') if t)
    return count


def arrivals(packets):
    """For each byte of a stream the number of the packet that first brought it."""
    first = [None] * max(p.seq - 1 + len(p.payload) for p in packets)
    for i, p in enumerate(packets):
        for at in range(p.seq - 1, p.seq - 1 + len(p.payload)):
            if not p.lost and first[at] is None:
                first[at] = i
    return first


def in_order(packets):
    """How many encrypted records of a stream arrived from their first byte to their last, nothing of them late."""
    stream, first = stream_of(packets), arrivals(packets)
    at, good = 0, 0
    while at + HEADER_LEN <= len(stream):
        end = at + HEADER_LEN + int.from_bytes(stream[at + 3:at + HEADER_LEN], 'big')
        come = first[at:end]
        good += stream[at] == ENCRYPTED and all(a <= b for a, b in zip(come, come[1:]))
        at = end
    tap.equal(at, len(stream), 'end of the last record in the stream')
    return good


def upload(files, ca):
    done = clients.curl(ca, '--fail', '--upload-file', os.path.join(files.root, 'f'), '--output', '/dev/null',
                        f'{clients.BASE}/f', limit_s=150)
    tap.equal(done.returncode, 0, f'exit code of curl ({done.stderr[-300:]})')
    with open(files.path('into/f'), 'rb') as f:
        tap.equal(hashlib.file_digest(f, 'sha256').hexdigest(), files.hashes['f'], 'SHA-256 of what was sent')


def table(last):
    """The rows of the table, sealed and opened, as a user reads them."""
    done = subprocess.run([sys.executable, '-B', sys.argv[2]], input=json.dumps(last), text=True, capture_output=True)
    tap.equal(done.returncode, 0, f'exit code of the table ({done.stderr[-300:]})')
    rows = re.findall(r'^ +(\w[\w ]*?) {2,}(\d+|-) +(\d+)$', done.stdout, re.M)
    tap.equal([name for name, *_ in rows], ['by the NIC', 'in part by the NIC', 'in software', 'all records'], 'rows')
    return {name: {'tx': int(sealed) if sealed != '-' else 0, 'rx': int(opened)} for name, sealed, opened in rows}


def play(exe, files, path, *args):
    """A download and an upload; the server's last words, its table, and what was captured."""
    pcap, keys, ca = files.path('pcapng'), files.path('keys'), files.path('cert.pem')
    for old in (pcap, keys):
        if os.path.exists(old):
            os.unlink(old)
    with fileserver.Server(exe, files.root, '--cert-out', ca, '--upload', files.path('into'), '--time-wait-ms', '500',
                           '--tlsnic', '--mode', 'nic', '--path', path, '--capture', pcap, *args,
                           memory_mb=384, env={'SSLKEYLOGFILE': keys}) as server:
        clients.check_fetch(ca, files, 'f', limit_s=150)
        upload(files, ca)
        server.wait_empty(60)
        last = server.stop()
        tap.check(not any('too slow' in line for line in server.errors), 'packets are missing in the capture')
    rows = table(last)
    tap.note(f'{path} {" ".join(args)}: {rows}, {last["path"]}')
    for way in ('tx', 'rx'):
        tap.equal(sum(rows[name][way] for name in rows if name != 'all records'), rows['all records'][way],
                  f'sum of the rows, {way}')
    packets, clean = packets_of(pcap, keys), files.path('clean.pcap')
    write_clean(clean, packets)
    tap.equal(rows['all records'], count_records(clean, keys), 'records in the table, and those in the capture')
    return last, rows, packets


def check_lost(last, packets):
    """Each packet that was lost stands in the capture as lost. ARP may be, too, and is not among these."""
    for way in ('tx', 'rx'):
        lost = sum(p.lost for p in packets if p.side == way)
        tap.check(0 < lost <= last['path'][way]['lost'] <= lost + 2, f'{lost} lost in the capture, {last["path"]}')


def check_opened(rows, packets):
    """What is not whole and in order no NIC can open; what is, most of it was."""
    ports = ports_of(packets)
    tap.equal(len(ports), 2, 'connections in the capture')
    # A Finished of each is under the handshake's keys.
    good = sum(in_order(of_stream(packets, 'rx', port)) for port in ports) - len(ports)
    opened = rows['by the NIC']['rx']
    tap.note(f'{good} of {rows["all records"]["rx"]} records came in order, the NIC opened {opened}')
    tap.check(good < rows['all records']['rx'], 'no record was touched by a loss')
    tap.check(0 < opened <= good, f'the NIC opened {opened} records, and {good} came in order')


def losses(exe, files, seed):
    """loss: the table's sums are the capture's, and the NIC opened none that a loss had touched"""
    for method in ('scan', 'scan_delayed', 'stack') if tap.full() else ('scan',):
        last, rows, packets = play(exe, files, f'loss=1,seed={seed}', '--nic-method', method)
        check_lost(last, packets)
        check_opened(rows, packets)
        tap.equal(rows['by the NIC']['tx'], rows['all records']['tx'], 'records sealed by the NIC')


def nothing_lost(exe, files, seed):
    """a fine network: all is sealed by the NIC, and opened but for what came before it had the keys"""
    last, rows, packets = play(exe, files, f'loss=0,seed={seed}')
    tap.equal(sum(p.lost for p in packets), 0, 'packets that were lost')
    tap.equal(rows['by the NIC']['tx'], rows['all records']['tx'], 'records sealed by the NIC')
    tap.equal(rows['by the NIC']['rx'] + last['stats']['RxRecordsBeforeStart'] + last['stats']['RxRecordsNoContext'],
              rows['all records']['rx'], 'records opened by the NIC, or in front of it')


def all_at_once(exe, files, seed):
    """losses, other orders, doubles, a long way and new keys: right bytes, and the sums are the capture's"""
    what = f'loss=0.5,reorder=2,duplicate=2,rtt=4,seed={seed}'
    last, rows, _ = play(exe, files, what, '--nic-method', 'stack,next_record', '--key-update', str(UPDATE))
    for way in ('tx', 'rx'):
        tap.check(all(last['path'][way][name] > 0 for name in ('lost', 'reordered', 'duplicated')), f'{last["path"]}')
        tap.check(rows['by the NIC'][way] > 0, f'records by the NIC: {rows}')
    # It asks behind each MiB of a file but the last, and may do so a little late; who sends a file answers.
    tap.check(last['stats']['TlsTxRekeyOk'] >= SIZE // UPDATE and last['stats']['TlsRxRekeyOk'] >= SIZE // UPDATE // 2,
              f'new keys: {last["stats"]["TlsTxRekeyOk"]} and {last["stats"]["TlsRxRekeyOk"]}')


def main():
    cases = [losses, nothing_lost, all_at_once]
    network.enter()
    tap.plan(cases)
    _, seed = tap.seeded()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('f', SIZE)
        os.mkdir(files.path('into'))
        return 1 if tap.run(cases, os.path.abspath(sys.argv[1]), files, seed + 1, limit_s=220) else 0


if __name__ == '__main__':
    sys.exit(main())
