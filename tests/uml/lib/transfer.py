# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""One file between the library's programs and the kernel in User-Mode Linux, whose own TLS sends and receives it."""
import contextlib
import hashlib
import os
import shlex

import fetch
import fileserver
import network
import scene
import tap
import uml

LIMIT_S = 120
FEEDER = os.path.join(os.path.dirname(uml.AGENT), 'feeder.py')
TAKER = os.path.join(os.path.dirname(uml.AGENT), 'taker.py')
NIC = ('--tlsnic', '--mode', 'nic')
VERSIONS = {'1.2': '-tls1_2', '1.3': '-tls1_3'}
# Who does the library's crypto: software, or a NIC that finds its place in this way.
MODES = {'software': (), **{m: (*NIC, '--nic-method', m) for m in ('scan', 'scan_delayed', 'stack')}}


class Place:
    """What all transfers have in common: the guest, files, a certificate, the programs."""

    def __init__(self, folder, server, program, bound):
        self.folder, self.server, self.program, self.bound = folder, server, program, bound
        self.files = scene.Files(folder)
        self.into = self.files.path('into')
        self.capture = self.files.path('capture.pcapng')
        os.mkdir(self.into)
        self.ca, self.chain, self.key = scene.make_chain(
            folder, names=f'IP:{network.SERVER_IP},IP:{fetch.PEER_IP}')
        self.guest = uml.Guest(folder)


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


class Fetch(fetch.Fetch):
    """The client program on the pair of interfaces. Every checksum is verified: packets may be damaged."""

    def command(self, *args, ca=None):
        self.prefix = fileserver.new_prefix()
        return ['setpriv', '--pdeathsig', 'KILL', self.exe, *fileserver.eal_args(self.prefix, vdev=uml.VDEV),
                '--no-telemetry', '--', '--addr', f'{fetch.CLIENT_IP}/24', '--crypto', 'libcrypto',
                '--ca', self.ca, *args]


def used_ktls(before, after, said):
    """Its kernel made the records of both directions: else this would be a test of OpenSSL."""
    for name, times in (('TlsTxSw', 1), ('TlsRxSw', 1), ('TlsDecryptError', 0)):
        tap.equal(after[name] - before[name], times, f'{name} of the kernel in User-Mode Linux ({said[-600:]})')


def add_up(stats):
    """Of each record there is one to say who opened it; and a NIC seals all."""
    kinds = ('Nic', 'Mixed', 'NoContext', 'BeforeStart', 'Untouched')
    tap.equal(sum(stats[f'RxRecords{kind}'] for kind in kinds), stats['RxRecords'], f'records by who opened them: {stats}')
    if stats['TlsTxDevice'] > 0:
        tap.equal(stats['TxRecordsNic'], stats['TxRecords'], 'records that the NIC sealed')


def download(place, name, *how, version='1.3', ktls=('-ktls', '-sendfile')):
    """The kernel sends the file, the client program receives it. What the stack counted."""
    guest, client = place.guest, Fetch(place.program, place.folder, place.ca)
    before = guest.ktls()
    guest.start(f'cd root && exec openssl s_server -accept 443 -cert ../chain.pem -cert_chain ../chain.pem '
                f'-key ../key.pem -WWW {VERSIONS[version]} {" ".join(ktls)}')
    try:
        report = client.check(fetch.url(name), place.files.hashes[name], *how, limit_s=LIMIT_S)
    finally:
        said = guest.stop()
        fileserver.forget(client.prefix)
    if ktls:
        tap.check(f"KTLS SENDFILE '{name}' OK" in said, f'no sendfile: {said[-300:]}')
        used_ktls(before, guest.ktls(), said)
    add_up(report['stats'])
    return report['stats']


def serving(place, *how):
    return fileserver.Server(place.server, place.files.root, '--cert', place.chain, '--key', place.key,
                             '--upload', place.into, '--crypto', 'libcrypto', *how, vdev=uml.VDEV)


def run_client(place, pieces, version, args, then):
    """OpenSSL's client in User-Mode Linux, with this input; what it prints, through a command."""
    guest, before = place.guest, place.guest.ktls()
    said = guest.sh(f'python3 -B {FEEDER} {" ".join(map(shlex.quote, pieces))} -- openssl s_client {VERSIONS[version]} '
                    f'{" ".join(args)} -CAfile ca.pem -verify_return_error -connect {network.SERVER_IP}:443 '
                    f'2> /tmp/client.log | {then}', limit_s=LIMIT_S)
    if '-ktls' in args:
        used_ktls(before, guest.ktls(), guest.sh('cat /tmp/client.log'))
    return said


def request(method, name, *fields):
    return r'\r\n'.join((f'{method} /{name} HTTP/1.1', f'Host: {network.SERVER_IP}', 'Connection: close', *fields, '', ''))


def stop(server):
    last = server.stop()
    tap.equal(last['connections_failed'], 0, 'failed connections')
    add_up(last['stats'])
    return last['stats']


def put(place, pieces, size, *how, version='1.3', args=('-ktls', '-quiet')):
    """These pieces, of so many bytes in all, are sent by the kernel, and received by the file server as the file up."""
    with serving(place, *how) as server:
        said = run_client(place, [request('PUT', 'up', f'Content-Length: {size}'), *pieces], version, args,
                          "grep -a '^HTTP/1.1'")
        tap.check(' 201 ' in said or ' 204 ' in said, f'the answer to the upload: {said!r}')
        return stop(server)


def upload(place, name, *how, version='1.3'):
    """The kernel sends the file, the file server receives it. What the stack counted."""
    size = os.path.getsize(os.path.join(place.files.root, name))
    stats = put(place, [f'@root/{name}'], size, *how, version=version)
    tap.equal(digest(os.path.join(place.into, 'up')), place.files.hashes[name], 'SHA-256 of the file that was sent')
    return stats


def served(place, name, *how, version='1.3'):
    """The file server sends the file, the kernel receives it. What the stack counted."""
    size = os.path.getsize(os.path.join(place.files.root, name))
    with serving(place, *how) as server:
        said = run_client(place, [request('GET', name)], version, ('-ktls', '-quiet'), f'tail -c {size} | sha256sum')
        tap.equal(said.split()[0], place.files.hashes[name], 'SHA-256 of the file that was served')
        return stop(server)


def taken(place, name, *how):
    """The client program sends the file, to OpenSSL on the kernel's TCP. Its report."""
    guest, client = place.guest, Fetch(place.program, place.folder, place.ca)
    target = os.path.join(place.into, 'up')
    with contextlib.suppress(FileNotFoundError):
        os.remove(target)
    guest.start(f'python3 -B {TAKER} chain.pem key.pem into/up')
    try:
        done = client.put(fetch.url('up'), os.path.join(place.files.root, name), *how, limit_s=LIMIT_S)
    finally:
        said = guest.stop()
        fileserver.forget(client.prefix)
    tap.equal(done.code, fetch.OK, f'exit code of the upload ({done.errors[-300:]}; {said[-300:]})')
    tap.equal(digest(target), place.files.hashes[name], 'SHA-256 of the file that was sent')
    add_up(done.json['stats'])
    return done.json
