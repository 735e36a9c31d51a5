# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""curl through a network that loses packets. Usage: test_lossy.py SERVER [ARGUMENT]...

The arguments are the server's."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap

SIZE = 64 * scene.MIB
LOST = 1      # per cent of the packets, per direction
SMALL = 20    # whole connections: SYN, handshake and FIN are lost as well


def download(server, files, ca):
    """64 MiB through 1 % loss in both directions arrive whole"""
    clients.check_fetch(ca, files, 'big', limit_s=150)
    tap.check(server.status()['retransmissions'] > 0, 'nothing was sent again')


def short_ones(server, files, ca):
    """short connections get through, whichever packet is lost"""
    for _ in range(SMALL * (10 if tap.full() else 1)):
        clients.check_fetch(ca, files, 'small', limit_s=90)


def settled(server, files, ca):
    """all is given back, and packets were indeed lost both ways"""
    server.wait_empty(60)
    last = server.stop()
    path = last['path']
    tap.note(f'{path}; {last["retransmissions"]} retransmissions')
    for way, name in (('tx', 'sent'), ('rx', 'received')):
        lost, total = path[way]['lost'], path[way]['packets']
        # Far outside what chance does to 1 %.
        tap.check(total / 200 < lost < total / 50, f'{lost} of {total} packets {name} were lost')
    tap.check(last['retransmissions'] >= path['tx']['lost'] / 2, 'fewer retransmissions than lost packets')
    if '--tlsnic' in sys.argv:
        check_nic(last)


def check_nic(last):
    """What is sent again is sealed again by the NIC; what is lost on its way in may lose it."""
    tap.note(', '.join(f'{name} {last[name]}' for name in last if name.startswith('share_')))
    tap.equal(last['share_bytes_tx'], 1.0, 'share of the bytes that the NIC sealed')
    tap.equal(last['share_records_tx'], 1.0, 'share of the records that the NIC sealed')
    tap.check(last['nic_records_rx'] > 0, 'the NIC opened nothing')


def main():
    cases = [download, short_ones, settled]
    network.enter()
    tap.plan(cases)
    _, seed = tap.seeded()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = scene.Files(folder)
        files.add('big', SIZE)
        files.add('small', 20000)
        ca = files.path('cert.pem')
        with fileserver.Server(sys.argv[1], files.root, '--cert-out', ca, '--time-wait-ms', '500',
                               '--path', f'loss={LOST},seed={seed + 1}', *sys.argv[2:]) as server:
            return 1 if tap.run(cases, server, files, ca, limit_s=180) else 0


if __name__ == '__main__':
    sys.exit(main())
