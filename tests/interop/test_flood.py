# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Floods of SYNs beside real clients. Usage: test_flood.py SERVER"""
import os
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import rawtcp
import scene
import tap
from clients import Client
from rawtcp import ACK, SYN

RAW_IP, RAW_MAC = '10.77.0.100', '02:00:00:00:77:64'
FLOOD_MAC = '02:00:00:00:77:77'
FLOOD_SYNS = 20000


class Flood(threading.Thread):
    """SYNs from ever other tuples. With answers the hosts seem to exist, and say nothing more."""

    def __init__(self, rng, hosts, answers):
        super().__init__(daemon=True)
        self.answers = answers
        self.hosts = hosts
        self.sent = 0
        self.syn_acks = 0
        self.answered = set()
        self.packets = [
            rawtcp.tcp_packet(hosts[i % len(hosts)], network.SERVER_IP, 1024 + i // len(hosts),
                              443, rng.getrandbits(32), 0, SYN, options=b'\2\4\x05\xb4')
            for i in range(FLOOD_SYNS)]

    def run(self):
        with rawtcp.Wire() as wire:
            wire.play(RAW_IP, RAW_MAC)
            wire.find_server(RAW_IP)
            wire.hosts.clear()
            if self.answers:
                for ip in self.hosts:
                    wire.play(ip, FLOOD_MAC)
            for i, packet in enumerate(self.packets):
                wire.send_ip(rawtcp.mac_bytes(FLOOD_MAC), packet)
                self.sent += 1
                if i % 50 == 0:
                    self.take_in(wire, 0)
                    time.sleep(0.005)     # on two cores the server needs its share
            self.take_in(wire, 0.2)

    def take_in(self, wire, timeout_s):
        # The frames of the real clients are among them: there may always be one more.
        for frame in wire.frames(timeout_s, 500):
            s = rawtcp.Segment.parse(frame)
            if s is not None and s.flags & (SYN | ACK) == SYN | ACK and s.dst in self.hosts:
                self.syn_acks += 1
                self.answered.add(s.dst)


def flood(server, files, ca, rng, hosts, answers):
    before = server.status()
    attack = Flood(rng, hosts, answers)
    highest = 0
    with Client(ca) as held:
        tap.equal(held.get('/f1').status, 200, 'status before the flood')
        attack.start()
        rounds = 0
        while attack.is_alive():
            answer = held.get('/part')
            tap.equal(len(answer.body), 100000, 'bytes for the connection held')
            clients.check_fetch(ca, files, 'part')
            highest = max(highest, server.status()['mbufs_in_use'])
            rounds += 1
        attack.join()
        tap.equal(held.get('/f1').status, 200, 'status behind the flood')
    clients.check_fetch(ca, files, 'f1')
    after = server.status()
    stats = {k: after['stats'][k] - before['stats'][k] for k in before['stats']}
    tap.note(f'{attack.sent} SYNs, {attack.syn_acks} SYN-ACKs, {rounds} rounds of real clients, '
             f'{highest} mbufs at most, {stats["SynDropped"]} dropped')
    tap.check(rounds >= 3, 'the flood was over before real clients came')
    # Half-open connections own no buffers; what the real ones hold is acknowledged soon.
    tap.check(highest < 300, f'{highest} mbufs are in use in a flood')
    tap.equal(after['stats']['Accepted'] - before['stats']['Accepted'], rounds + 2, 'accepted')
    return attack


def flood_answered(server, files, ca, rng):
    """a flood of 20,000 SYNs from hosts that exist: bounded memory, old and new clients served"""
    hosts = [f'10.77.0.{n}' for n in range(110, 250)]
    attack = flood(server, files, ca, rng, hosts, True)
    tap.check(attack.syn_acks > FLOOD_SYNS // 2, f'{attack.syn_acks} SYN-ACKs: was it a flood?')


def flood_unanswered(server, files, ca, rng):
    """the same from addresses that nobody has: we ask for few of them"""
    before = server.status()['stats']['ArpRequests']
    hosts = [f'10.77.0.{n}' for n in range(10, 90)]
    hosts += [f'198.51.{n}.{rng.randrange(256)}' for n in range(256)]
    flood(server, files, ca, rng, hosts, False)
    asked = server.status()['stats']['ArpRequests'] - before
    tap.check(asked < 500, f'{asked} ARP requests')


def flood_impossible(server, files, ca, rng):
    """the same from addresses that no host may have gets no answer at all"""
    hosts = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1',
             '255.255.255.255', '10.77.0.255', '10.77.0.0', network.SERVER_IP]
    attack = flood(server, files, ca, rng, hosts, False)
    tap.equal(sorted(attack.answered), [], 'who was answered')


def settled(server, files, ca, rng):
    """all is given back; half-open connections go with their time"""
    server.wait_empty(100, half_open=tap.full())
    clients.check_fetch(ca, files, 'part')
    server.stop()


def main():
    cases = [flood_answered, flood_unanswered, flood_impossible, settled]
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
