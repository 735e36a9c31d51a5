# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The library against a real kernel's TCP and kTLS, in User-Mode Linux. Usage: test_kernel.py SERVER FETCH BOUND

Figures are printed at the end: RECORDTLS_FULL=1 prints all of them."""
import itertools
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ('lib', '../interop/lib'):
    sys.path.insert(0, os.path.join(HERE, folder))

import network
import scene
import shares
import tap
import transfer
import uml

SIZES = {'small': scene.MIB, 'big': 4 * scene.MIB}
BIG = 32 * scene.MIB    # where the figures are what is wanted
WAYS = {'download': transfer.download, 'upload': transfer.upload, 'served': transfer.served}
METHODS = tuple(shares.ORACLE)
# "reorder 95%": netem holds back 5 of 100 packets, and the others go by.
SHARES = ('loss 0.1%', 'loss 0.5%', 'loss 1%', 'delay 1ms reorder 99%', 'delay 1ms reorder 95%')
NETWORKS = {
    'loss': 'loss 1%',
    'reorder': 'delay 1ms reorder 98%',
    'duplicate': 'duplicate 2%',
    'corrupt': 'corrupt 0.5%',
    'rate': 'rate 40mbit',
    'jitter': 'delay 4ms 2ms',
    'all': 'delay 2ms 1ms loss 0.3% duplicate 0.3% corrupt 0.2%',
    'short': '',    # packets of 576 bytes
}
SHORT_MTU = 576
FAR = 0.05
FEW = 4    # records that polls without packets, which no capture has, may decide
UPDATES = 8


def path(place, sends='', receives='', mtu=1500):
    """From now on, as seen from the kernel. Its luck comes from the test's seed."""
    place.guest.join(mtu)
    place.guest.netem(*(f'{row} seed {place.rand.getrandbits(48)}' if row else '' for row in (sends, receives)))


def some(place, rows, count):
    return tap.some(rows, count, [place.rand])


def no_loss(place):
    """nothing is lost: down, up, served, in software and by NIC; hashes equal, and the kernel's TLS made the records"""
    path(place)
    rows = itertools.product(WAYS, transfer.VERSIONS, transfer.MODES)
    for way, version, mode in some(place, rows, 3):
        stats = WAYS[way](place, 'small', *transfer.MODES[mode], version=version)
        devices = 0 if mode == 'software' else 1
        tap.equal((stats['TlsTxDevice'], stats['TlsRxDevice']), (devices, devices), f'{way} {version} {mode}: devices')
        # This machine, too, may lose or swap a packet between two processes.
        tap.check(devices == 0 or stats['RxRecordsNic'] >= 0.9 * shares.behind_start(stats),
                  f'{way} {version} {mode}: records that the NIC opened: {stats}')


def figures(place):
    """the kernel sends through losses and swaps: the NIC opens what the oracle says, to 0.05, by each method"""
    name = 'huge' if tap.full() else 'big'
    for row, method in some(place, itertools.product(SHARES, METHODS), 3):
        path(place, row)
        stats = transfer.download(place, name, *transfer.MODES[method], '--capture', place.capture)
        share, oracle = shares.add(place.table, place, stats, 'download', '1.3', row, method)
        tap.check(abs(share - oracle) <= FAR, f'{row}, {method}: {share:.3f} instead of {oracle:.3f}')


def play(place, way, version, mode, kind):
    """Both directions suffer."""
    path(place, NETWORKS[kind], NETWORKS[kind], SHORT_MTU if kind == 'short' else 1500)
    captured = mode != 'software' and way != 'served'
    how = transfer.MODES[mode] + (('--capture', place.capture) if captured else ())
    stats = WAYS[way](place, 'small', *how, version=version)
    if captured:
        share, oracle = shares.add(place.table, place, stats, way, version, kind, mode)
        near = FAR + FEW / shares.behind_start(stats)
        tap.check(abs(share - oracle) <= near, f'{way} {version} {kind}, {mode}: {share:.3f} instead of {oracle:.3f}')


def networks(place):
    """loss, swaps, copies, damage, a slow link, jitter, short packets, both ways: hashes equal, shares as the oracle's"""
    rows = itertools.product(WAYS, transfer.VERSIONS, transfer.MODES, NETWORKS)
    for row in some(place, rows, 4):
        tap.note(' '.join(row))
        play(place, *row)


def check_keys(place, stats, way, mode, rx, tx):
    for direction, least in (('Rx', rx), ('Tx', tx)):
        tap.check(stats[f'Tls{direction}RekeyOk'] >= least, f'{way} {mode}: keys changed, {direction}: {stats}')
    if mode != 'software':
        shares.add(place.table, place, stats, way, '1.3', f'keys: {stats["TlsRxRekeyOk"]} rx, {stats["TlsTxRekeyOk"]} tx',
                   mode, limits=False)


# OpenSSL ends a connection whose records are the kernel's when keys change: the kernel has no other keys here.

def keys(place):
    """the peer changes its keys and wants ours changed, through losses: all is opened under the right ones"""
    size = SIZES['small'] // UPDATES
    piece = '0123456789abcdef' * (size // 16)    # to OpenSSL's client, a brace begins a command
    with open(place.files.path('piece'), 'w') as f:
        f.write(piece)
    for mode in some(place, transfer.MODES, 1):
        path(place, 'loss 0.5%', 'loss 0.5%')
        stats = transfer.put(place, ['@piece', '{keyup:req}'] * UPDATES, size * UPDATES, *transfer.MODES[mode],
                             args=('-adv',))
        with open(os.path.join(place.into, 'up')) as f:
            tap.check(f.read() == piece * UPDATES, f'{mode}: the file that was sent')
        # The connection may be over before the last one.
        check_keys(place, stats, 'upload', mode, UPDATES - 1, UPDATES - 2)


def own_keys(place):
    """we change ours and want the peer's changed, through losses"""
    for mode in some(place, transfer.MODES, 1):
        path(place, 'loss 0.5%', 'loss 0.5%')
        report = transfer.taken(place, 'small', *transfer.MODES[mode], '--key-update', str(SIZES['small'] // UPDATES))
        check_keys(place, report['stats'], 'taken', mode, 1, UPDATES - 1)


def play_all(folder, cases):
    place = transfer.Place(folder, *map(os.path.abspath, sys.argv[1:]))
    for name, size in {**SIZES, **({'huge': BIG} if tap.full() else {})}.items():
        place.files.add(name, size)
    with place.guest:
        tap.plan(cases)
        place.rand, place.table = tap.seeded()[0], shares.Table()
        failed = tap.run(cases, place, limit_s=200)
    place.table.note()
    return failed


def main():
    uml.available()
    network.enter()
    uml.make_network()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        try:
            return 1 if play_all(folder, [no_loss, figures, networks, keys, own_keys]) else 0
        except tap.Skipped as reason:
            tap.skip_all(reason)


if __name__ == '__main__':
    sys.exit(main())
