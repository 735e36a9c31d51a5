# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Whom the client program trusts, and who it is: names, certificates, sessions. Usage: test_fetch_trust.py FETCH"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fetch
import network
import scene
import tap
import tlsserver
from fetch import Fetch, by_name, url

NAMES = f'IP:{fetch.PEER_IP},DNS:{fetch.NAME}'


class Scene:
    def __init__(self, folder, program):
        self.files = scene.Files(folder)
        for size in (1, 16385):
            self.files.add(f'f{size}', size)
        self.ca, self.chain, self.key = scene.make_chain(folder, names=NAMES)
        self.fetch = Fetch(program, folder, self.ca)

    def openssl(self, *args, port=443):
        return tlsserver.openssl(self.files, self.chain, self.key, *args, port=port)

    def other_chain(self, name, **more):
        folder = self.files.path(name)
        os.mkdir(folder)
        return scene.make_chain(folder, **more)


def names(s):
    """SNI and verification: a name, an address, and what the certificate does not have"""
    with tlsserver.Server(443, s.chain, s.key, tlsserver.sends(tlsserver.answer(200, b'ok'))) as server:
        server.ctx.set_alpn_protocols(['http/1.1'])
        for host, how in ((fetch.NAME, by_name()), (fetch.PEER_IP, ()), ('PEER.Example.', by_name())):
            got = s.fetch.get(url(host=host), *how)
            tap.equal(got.code, fetch.OK, f'exit code for {host} ({got.errors[-300:]})')
        tap.equal(server.names, [fetch.NAME, None, fetch.NAME], 'SNI')
        tap.equal(server.alpn, ['http/1.1'] * 3, 'ALPN')
        tap.equal([r.fields['host'] for r in server.requests],
                  [f'{host}:443'.removesuffix(':443') for host in (fetch.NAME, fetch.PEER_IP, fetch.NAME)],
                  'Host')
        s.fetch.refused(fetch.CERTIFICATE, 'hostname mismatch', url(host='other.example'), '--resolve',
                        f'other.example:443:{fetch.PEER_IP}')
        tap.equal(len(server.requests), 3, 'requests that were read')



def distrusted(s):
    """no certificate that is expired, not yet valid, by a stranger or for others is taken; nothing is asked"""
    dates = ('-not_before', '20200101000000Z', '-not_after', '20210101000000Z')
    later = ('-not_before', '20990101000000Z', '-not_after', '21000101000000Z')
    rows = (('expired', {'names': NAMES, 'dates': dates}, True, 'certificate has expired'),
            ('early', {'names': NAMES, 'dates': later}, True, 'certificate is not yet valid'),
            ('stranger', {'names': NAMES}, False, 'self-signed certificate in certificate chain'),
            ('others', {'names': 'IP:10.78.0.3,DNS:other.example,DNS:*.peer.example'}, True, 'mismatch'),
            ('nobody', {'names': 'DNS:10.78.0.2'}, True, 'IP address mismatch'))
    answer = tlsserver.sends(tlsserver.answer(200, b'secret'))
    for name, how, is_known, says in tap.some(rows, 3):
        ca, chain, key = s.other_chain(name, **how)
        with tlsserver.Server(443, chain, key, answer) as server:
            s.fetch.refused(fetch.CERTIFICATE, says, url(), ca=ca if is_known else None)
            if name == 'others':
                s.fetch.refused(fetch.CERTIFICATE, says, url(host=fetch.NAME), *by_name(), ca=ca)
            tap.equal(server.requests, [], f'{name}: requests that were read')


def resumed(s):
    """a session is resumed, as the server sees it; for no other host, authority or certificate of ours"""
    session = s.files.path('session')
    other_ca = s.files.path('other-ca.pem')
    with open(other_ca, 'w') as out, open(s.ca) as f:
        out.write(f.read() + '\n')
    for version in tap.some(('TLSv1_3', 'TLSv1_2'), 1):
        def prepare(ctx):
            ctx.maximum_version = tlsserver.ssl.TLSVersion[version]
        with tlsserver.Server(443, s.chain, s.key, tlsserver.sends(tlsserver.answer(200, b'ok')),
                              prepare) as server:
            rows = (
                (url(), (), None, False), (url(), (), None, True), (url(), (), None, True),
                (url(host=fetch.NAME), by_name(), None, False),    # it takes the place of the other
                (url(host=fetch.NAME), by_name(), None, True),
                (url(), (), None, False),
                (url(), (), other_ca, False),
                (url(), ('--cert', s.chain, '--key', s.key), None, False),
                (url(), ('--cert', s.chain, '--key', s.key), None, True))
            for where, how, ca, expected in rows:
                got = s.fetch.get(where, '--session', session, *how, ca=ca)
                tap.equal((got.code, got.json and got.json['resumed']), (fetch.OK, expected),
                          f'{version} {where} {how}: code, resumed ({got.errors[-300:]})')
            tap.equal(server.reused, [row[3] for row in rows], 'resumed, says the server')
            tap.equal(os.stat(session).st_mode & 0o777, 0o600, 'mode of the session')
        # Another server knows nothing of it: a whole handshake, and no fault.
        with tlsserver.Server(443, s.chain, s.key, tlsserver.sends(tlsserver.answer(200, b'ok'))) as server:
            got = s.fetch.get(url(), '--session', session, '--cert', s.chain, '--key', s.key)
            tap.equal((got.code, got.json['resumed'], server.reused), (fetch.OK, False, [False]), 'elsewhere')
        os.remove(session)
    got = s.fetch.get(url(), '--session', s.key)
    tap.equal((got.code, len(got.said)), (fetch.HERE, 1), f'a key for a session: {got.said}')
    tap.check('holds no session' in got.said[0], f'{got.said}')



def client_certificate(s):
    """a server that asks for our certificate gets it, and refuses us without, TLS 1.3 and 1.2"""
    for version in tap.some(('-tls1_3', '-tls1_2'), 1):
        with s.openssl('-Verify', '1', '-verify_return_error', '-CAfile', s.ca, version):
            s.fetch.check(url('f16385'), s.files.hashes['f16385'], '--cert', s.chain, '--key', s.key)
            got = s.fetch.get(url('f16385'))
            tap.equal((got.code, len(got.said), got.digest()), (fetch.TLS, 1, None),
                      f'without: {got.errors[-300:]}')
            tap.check('alert' in got.said[0], got.said[0])



def no_tls(s):
    """peers that share nothing with us, or speak no TLS: one sentence, TLS failed"""
    rows = ((('-alpn', 'h2'), 'no application protocol'),
            (('-ciphersuites', 'TLS_AES_128_CCM_SHA256', '-tls1_3'), 'handshake failure'),
            (('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), 'version'),
            (('-groups', 'X448', '-tls1_3'), None))
    for args, says in tap.some(rows, 2):
        with s.openssl(*args):
            how = ('--groups', 'X25519') if says is None else ()
            s.fetch.refused(fetch.TLS, says or 'handshake failure', url('f1'), *how)
    with tlsserver.plain(443):
        s.fetch.refused(fetch.TLS, 'wrong version number', url('f1'))



def main():
    cases = [names, distrusted, resumed, client_certificate, no_tls]
    network.enter()
    fetch.make_network()
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        s = Scene(folder, os.path.abspath(sys.argv[1]))
        return 1 if tap.run(cases, s, limit_s=120) else 0


if __name__ == '__main__':
    sys.exit(main())
