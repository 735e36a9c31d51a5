# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The client program against OpenSSL, GnuTLS and our own file server. Usage: test_fetch.py SERVER FETCH"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fetch
import fileserver
import network
import scene
import tap
import tlsserver
from fetch import Fetch, url

BIG = 16 * scene.MIB
SIZES = (0, 1, 16384, 16385, scene.MIB)

# OpenSSL's name, and what librecordtls says of the records under it.
SUITES = {
    'TLS_AES_128_GCM_SHA256': 'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384': 'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256': 'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_CCM_SHA256': 'TLS_AES_128_CCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256': 'AES_128_GCM',
    'ECDHE-ECDSA-AES256-GCM-SHA384': 'AES_256_GCM',
    'ECDHE-ECDSA-CHACHA20-POLY1305': 'CHACHA20_POLY1305',
    'ECDHE-ECDSA-AES128-CCM': 'AES_128_CCM',
}


class Scene:
    def __init__(self, folder, server, program):
        self.server = server
        self.files = scene.Files(folder)
        for size in (*SIZES, BIG):
            self.files.add(f'f{size}', size)
        self.ca, self.chain, self.key = scene.make_chain(
            folder, names=f'IP:{network.SERVER_IP},IP:{fetch.PEER_IP},DNS:{fetch.NAME}')
        self.fetch = Fetch(program, folder, self.ca)

    def openssl(self, *args, port=443):
        return tlsserver.openssl(self.files, self.chain, self.key, *args, port=port)


def offered(suite):
    """What makes a server take it."""
    return ('-ciphersuites' if suite.startswith('TLS_') else '-cipher', suite)


def check_ours(report, suite, by='software', ways=('tx', 'rx')):
    """librecordtls made the records of both directions."""
    for way in ways:
        tap.equal((report[way]['by'], report[way]['suite']), (by, SUITES[suite]), f'{suite}: {way}')
    tap.equal(report['suite'], suite, 'suite')


def sizes(s):
    """OpenSSL's server: each size, as it is with defaults; X25519MLKEM768 in a ClientHello of two segments"""
    with s.openssl() as server:
        for size in (*SIZES, BIG) if tap.full() else (0, 16385, BIG):
            report = s.fetch.check(url(f'f{size}'), s.files.hashes[f'f{size}'])
        tap.equal((report['version'], report['group'], report['resumed']),
                  ('TLSv1.3', 'X25519MLKEM768', False), 'TLS')
        check_ours(report, 'TLS_AES_256_GCM_SHA384')
        hello = re.search(r'Handshake \[length ([0-9a-f]+)\], ClientHello', server.log())
        tap.check(int(hello[1], 16) > 1400, f'the ClientHello has 0x{hello[1]} bytes')


def each_suite(s):
    """OpenSSL's server: every suite of TLS 1.2 and 1.3 is ours in both directions"""
    name = f'f{scene.MIB}'
    for suite in tap.some(SUITES, 3):
        with s.openssl(*offered(suite)):
            check_ours(s.fetch.check(url(name), s.files.hashes[name], '--suites', suite), suite)


def each_suite_by_nic(s):
    """the same with a NIC that seals and opens"""
    name = f'f{scene.MIB}'
    for suite in tap.some(SUITES, 2):
        # A packet that the kernel drops on its way is the end of opening for a NIC.
        for _ in range(3):
            with s.openssl(*offered(suite)):
                report = s.fetch.check(url(name), s.files.hashes[name], '--suites', suite,
                                       '--tlsnic', '--mode', 'nic')
            if report['rx'].get('reason') != 'lost':
                break
        check_ours(report, suite, 'nic')


def gnutls(s):
    """GnuTLS's server, TLS 1.3 and 1.2"""
    for version, priority in (('TLSv1.3', 'NORMAL'), ('TLSv1.2', 'NORMAL:-VERS-ALL:+VERS-TLS1.2')):
        with tlsserver.gnutls(s.files, s.chain, s.key, '--priority', priority):
            got = s.fetch.get(url())
            tap.equal(got.code, fetch.OK, f'exit code ({got.errors[-300:]})')
            with open(got.output) as f:
                tap.check('GnuTLS' in f.read(), 'the page')
            tap.equal(got.json['version'], version, 'version')
            for way in ('tx', 'rx'):
                tap.equal(got.json[way]['by'], 'software', way)


def retry_request(s):
    """HelloRetryRequest: the server takes none of the key shares that come first"""
    for group, name in (('P-384', 'secp384r1'), ('ffdhe2048', 'ffdhe2048'))[:2 if tap.full() else 1]:
        with s.openssl('-groups', group) as server:
            report = s.fetch.check(url('f16385'), s.files.hashes['f16385'], '--groups',
                                   f'X25519MLKEM768:X25519:{group}')
            tap.equal(report['group'], name, 'group')
            tap.equal(server.count(r'<<< TLS 1.3, Handshake \[length \w+\], ClientHello'), 2, 'ClientHellos')


def both_ours(s):
    """our file server, across a router: up and down, each suite, key updates, hashes equal"""
    into = s.files.path('into')
    os.mkdir(into)
    gateways = ('--gateway', fetch.PEER_IP)
    name, source = f'f{BIG}', os.path.join(s.files.root, f'f{BIG}')
    base = url('', host=network.SERVER_IP)
    for mode in ((), ('--tlsnic', '--mode', 'nic')):
        with fileserver.Server(s.server, s.files.root, '--cert', s.chain, '--key', s.key,
                               '--upload', into, '--gateway', network.CLIENT_IP, '--time-wait-ms', '500',
                               *mode) as server:
            carried = [x for x in SUITES if 'CCM' not in x and (not mode or x.startswith('TLS_AES'))]
            for suite in tap.some(carried, 1):
                updates = ('--key-update', '3000000') if suite.startswith('TLS_') else ()
                by = 'nic' if mode else 'software'
                how = (*gateways, *mode, '--suites', suite)
                check_ours(s.fetch.check(base + name, s.files.hashes[name], *how), suite, by)
                how = (*how, *updates)
                report = s.fetch.check(base + name, s.files.hashes[name], *how)
                # A NIC may not have the last key yet when all has come: it takes over between records.
                check_ours(report, suite, by, ('tx',) if mode and updates else ('tx', 'rx'))
                got = s.fetch.put(base + f'up-{suite}', source, *how)
                tap.equal(got.code, fetch.OK, f'exit code for {suite} ({got.errors[-300:]})')
                check_ours(got.json, suite, by)
                tap.check(got.json['status'] in (201, 204), f'status {got.json["status"]}')
                with open(os.path.join(into, f'up-{suite}'), 'rb') as f:
                    tap.equal(fetch.hashlib.file_digest(f, 'sha256').hexdigest(), s.files.hashes[name],
                              f'SHA-256 of up-{suite}')
                if updates:
                    for r in (report, got.json):
                        tap.check(r['key_updates'] >= 4 and r['tx']['keys'] == r['key_updates'] + 1 and
                                  r['rx']['keys'] >= 2, f'keys of {suite}: {r}')
            server.wait_empty()
            last = server.stop()
            tap.equal(last['connections_failed'], 0, 'failed connections')
            tap.check(last['stored'] == last['requests'] // 3 > 0, f'files stored: {last["stored"]}')


def main():
    cases = [sizes, each_suite, each_suite_by_nic, gnutls, retry_request, both_ours]
    network.enter()
    fetch.make_network()
    # What comes in there is the program's, and not the kernel's to send round again.
    network.route(but=fetch.IFACE)
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        s = Scene(folder, *map(os.path.abspath, sys.argv[1:]))
        return 1 if tap.run(cases, s, limit_s=120) else 0


if __name__ == '__main__':
    sys.exit(main())
