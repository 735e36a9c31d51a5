# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""User-Mode Linux whose time is a number, with a path in it: senders, a bottleneck, a distance, a receiver.

The library's sender (o) and the kernel's (s) are neighbours of the router m, whose way to n is the bottleneck; n's way to
d, which receives, is the distance, and m's ways back are the other half of it."""
import os

import offloads
import tap
import uml

LINKS = (('s', 's0', 'm', 'm0', 1), ('o', 'o0', 'm', 'm2', 2), ('m', 'm1', 'n', 'n0', 3), ('n', 'n1', 'd', 'd0', 4))
RECEIVER = '10.0.4.1'
# The library's: interface, address, router.
SENDER = 'o0 10.0.2.1 10.0.2.254'
# Every segment is a packet of its own, and its checksum is in it: nothing is cut or joined on the way.
WORDS = 'rx-checksums tx-checksums joining'
LIMIT = 100000
CAPTURE, HEADERS = 'run.pcapng', 110
# A run, in virtual and in real time.
RUN_S = 200


def address(link, end):
    """The first end of a link has .1, the other .254; of the last one the receiver has .1."""
    return f'10.0.{link[4]}.{1 if (end == 0) == (link[4] < 4) else 254}'


class Guest(uml.Guest):
    """with Guest(folder, virtual_time) as guest: virtual_time is what virtual_time.c became; programs in the folder can
    be run"""

    def __init__(self, folder, virtual_time):
        super().__init__(folder)
        self.virtual_time = virtual_time

    def kernel(self):
        return ['env', f'LD_PRELOAD={self.virtual_time}', uml.KERNEL]

    def link(self, link):
        first, second = link[:2], link[2:4]
        yield (f'ip link add {first[1]} netns {first[0]} type veth peer {second[1]} netns {second[0]}')
        for end, (place, iface) in enumerate((first, second)):
            yield f'ip netns exec {place} python3 -B {offloads.__file__} {iface} {WORDS}'
            # The library's sender has its address for itself.
            if iface != 'o0':
                yield f'ip -n {place} address add {address(link, end)}/24 dev {iface}'
            yield f'ip -n {place} link set {iface} up gso_max_segs 1'

    def set_up(self):
        """The path, without any impairment; from now on time is a number."""
        commands = ['mkdir virtual-time']
        commands += [f'ip netns add {place}' for place in 'somnd']
        for link in LINKS:
            commands += self.link(link)
        commands += [f'ip -n {place} route add default via {hop}' for place, hop in
                     (('s', '10.0.1.254'), ('m', '10.0.3.254'), ('n', '10.0.3.1'), ('d', '10.0.4.254'))]
        commands += [f'ip netns exec {place} sysctl -qw net.ipv4.ip_forward=1' for place in 'mn']
        # Each run is the first one to this address.
        commands += [f'ip netns exec {place} sysctl -qw net.ipv4.tcp_no_metrics_save=1' for place in 'sd']
        self.sh(' && '.join(commands), limit_s=60)

    def impair(self, rate_mbit, queue, delay_ms, ahead):
        """From now on; ahead is what the way to the receiver does besides, in netem's words."""
        half = delay_ms / 2
        rows = (('m', 'm1', f'rate {rate_mbit}mbit limit {queue}' if rate_mbit else ''),
                ('n', 'n1', f'limit {LIMIT} delay {half}ms {ahead}'),
                ('m', 'm0', f'limit {LIMIT} delay {half}ms'), ('m', 'm2', f'limit {LIMIT} delay {half}ms'))
        self.sh(' && '.join(f'(tc -n {place} qdisc del dev {iface} root 2> /dev/null; ' +
                            (f'tc -n {place} qdisc add dev {iface} root netem {what})' if what else 'true)')
                            for place, iface, what in rows))

    def overflows(self):
        """What the bottleneck has dropped since it was set up."""
        said = self.sh("tc -n m -s qdisc show dev m1 | grep -o 'dropped [0-9]*'")
        return int(said.split()[1])

    def meet(self, in_ms):
        """So many ms from now, by its clock; neither sender knows its neighbour then."""
        return in_ms + int(float(self.sh('ip -n s neigh flush dev s0; cut -d" " -f1 /proc/uptime').split()[-1]) * 1000)

    def start_capture(self, who):
        iface = 'm2' if who == 'ours' else 'm0'
        self.sh(f'ip netns exec m dumpcap -q -s {HEADERS} -i {iface} -w /tmp/{CAPTURE} > /tmp/dumpcap.log 2>&1 & '
                f'until test -s /tmp/{CAPTURE}; do sleep 0.1; done')

    def stop_capture(self):
        self.sh(f'killall -INT dumpcap; sleep 1; cp /tmp/{CAPTURE} .')

    def together(self, commands):
        """All of them at once, by names of files for what they say; when the last one has ended."""
        self.sh('rm -f said.*; ' + ' '.join(f'({command}) > said.{name} 2>&1 &' for name, command in commands.items()) +
                ' wait', limit_s=RUN_S)
        said = {}
        for name in commands:
            with open(os.path.join(self.folder, f'said.{name}'), errors='replace') as f:
                said[name] = f.read()
        tap.check(all(text.endswith('}\n') for text in said.values()), f'{commands}: {said}')
        return said
