# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What people use, with its defaults: files come and go, and the records are ours, both ways.

Usage: test_defaults.py SERVER [SERVER-ARGUMENT]...
"""
import base64
import contextlib
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import clients
import fileserver
import network
import scene
import tap
from clients import BASE, request
from telemetry import Error, Telemetry

BIG = 64 * scene.MIB
SENT = 16 * scene.MIB

PAGE = """<!doctype html><title>page</title><body>nothing yet<script>
async function get(name) {
	return await (await fetch('/' + name)).arrayBuffer();
}
async function hash(name) {
	const digest = await crypto.subtle.digest('SHA-256', await get(name));
	return Array.from(new Uint8Array(digest), b => b.toString(16).padStart(2, '0')).join('');
}
async function put(name, as) {
	return (await fetch('/' + as, { method: 'PUT', body: await get(name) })).status;
}
async function all() {
	const hashes = await Promise.all(NAMES.map(hash));
	document.body.textContent = `${await put('sent', 'by-chromium')} ` + hashes.join(' ');
}
all().catch(e => { document.body.textContent = 'error: ' + e; });
</script>"""


class Watch:
    """with Watch(server) as w: what connections say of themselves, as often as it can be asked."""

    def __init__(self, server):
        self.server = server
        self.seen = {}    # by the socket's number: the last that was to be seen
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.telemetry = Telemetry(self.server.prefix)
        self.thread.start()
        return self

    def look(self):
        while not self.stop.is_set():
            for number, row in self.telemetry.socks().items():
                if row['state'] == 'listen':
                    continue
                with contextlib.suppress(Error):    # it has gone meanwhile
                    info = self.telemetry.ask(f'/recordtls/sock/info,0,{number}')
                    if 'suite' in info['tx'] and 'suite' in info['rx']:
                        self.seen[number] = info

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.telemetry.close()

    def words(self):
        return sorted({f'{i["tx"]["version"]} {i["tx"]["suite"]}: tx {i["tx"]["mode"]}, rx '
                       f'{i["rx"]["mode"]} ({i["rx"]["reason"]})' for i in self.seen.values()})


@contextlib.contextmanager
def ours(server, nic, connections=1, failing=0):
    """What is done within is carried here: nothing was left to libssl, and the NIC seals where there is one."""
    before = server.wait_status(lambda s: s['connections_open'] == 0, 'it is at rest')
    with Watch(server) as watch:
        yield
    after = server.wait_status(lambda s: s['connections_open'] == 0, 'the connections have ended')
    grown = {name: after['stats'][name] - before['stats'][name] for name in after['stats']}
    tap.note('; '.join(watch.words()))
    made = after['connections'] - before['connections']
    for way in ('Tx', 'Rx'):
        tap.equal(grown[f'Tls{way}NotHandedOver'], 0, f'connections that libssl kept, {way}')
        # Who looks whether there is a server at all speaks no TLS.
        carried = grown[f'Tls{way}Device'] + grown[f'Tls{way}Sw']
        tap.check(connections <= carried <= made, f'{carried} of {made} connections, {way}')
    failed = after['connections_failed'] - before['connections_failed']
    tap.check(failed <= failing, f'{failed} failed connections')
    tap.check(watch.seen, 'no connection was seen')
    for info in watch.seen.values():
        tap.equal(info['tx']['mode'], 'nic' if nic else 'software', 'who seals')
        tap.check(info['rx']['mode'] == 'software' if not nic else
                  (info['rx']['mode'], info['rx']['reason']) in
                  (('nic', 'none'), ('software', 'pending')),
                  f'who opens: {info["rx"]}')
    if nic:
        tap.note(f'the NIC opened {grown["RxRecordsNic"]} of {grown["RxRecords"]} records')
        # Not what was there before it had the keys.
        tap.check(2 * grown['RxRecordsNic'] >= grown['RxRecords'], 'records that the NIC opened')
        tap.equal(grown['TxRecordsNic'], grown['TxRecords'], 'records that the NIC sealed')


def run(*command, stdin=b'', limit_s=60):
    """What it prints. What it writes into the user's home goes with the test's own."""
    with tempfile.TemporaryDirectory(prefix='recordtls-') as home:
        env = {name: value for name, value in os.environ.items() if not name.startswith('XDG_')}
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=limit_s,
                              env={**env, 'no_proxy': '*', 'HOME': home})
    tap.equal(done.returncode, 0, f'exit code of {command[0]} ({done.stderr[-300:]!r})')
    return done.stdout


def check_hash(got, files, name):
    tap.equal(hashlib.sha256(got).hexdigest(), files.hashes[name], f'SHA-256 of /{name}')


def check_stored(files, name, sent='sent'):
    """What a client sent is among the uploads, and goes, so that it is there once."""
    path = os.path.join(files.uploads, name)
    with open(path, 'rb') as f:
        tap.equal(hashlib.file_digest(f, 'sha256').hexdigest(), files.hashes[sent],
                  f'SHA-256 of what was sent as /{name}')
    os.remove(path)


def curl(server, files, ca, nic):
    """curl"""
    with ours(server, nic, 2):
        check_hash(run('curl', '-sS', '--cacert', ca, f'{BASE}/big'), files, 'big')
        run('curl', '-sS', '--fail', '--cacert', ca, '-T', files.sent, f'{BASE}/by-curl')
    check_stored(files, 'by-curl')


def wget(server, files, ca, nic):
    """wget"""
    with ours(server, nic, 2):
        check_hash(run('wget', '-q', '-O', '-', '--ca-certificate', ca, f'{BASE}/big'), files, 'big')
        run('wget', '-q', '-O', '-', '--ca-certificate', ca, '--method', 'PUT', '--body-file',
            files.sent, f'{BASE}/by-wget')
    check_stored(files, 'by-wget')


def python(server, files, ca, nic):
    """Python's urllib"""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
    with ours(server, nic, 2):
        with opener.open(f'{BASE}/big', timeout=30) as answer:
            check_hash(answer.read(), files, 'big')
        with open(files.sent, 'rb') as f:
            put = urllib.request.Request(f'{BASE}/by-python', f.read(), method='PUT')
        with opener.open(put, timeout=30) as answer:
            tap.equal(answer.status, 201, 'status of PUT')
    check_stored(files, 'by-python')


def body(answer):
    head, _, rest = answer.partition(b'\r\n\r\n')
    tap.check(b'HTTP/1.1 20' in head, f'answer: {head[:60]!r}')
    return rest


def put_request(files, name, sent):
    with open(os.path.join(files.root, sent), 'rb') as f:
        content = f.read()
    return request('/' + name, f'Content-Length: {len(content)}', method='PUT', close=True) + content


def openssl(server, files, ca, nic):
    """openssl s_client"""
    command = ('openssl', 's_client', '-connect', f'{network.SERVER_IP}:443', '-CAfile', ca,
               '-verify_return_error', '-quiet')
    with ours(server, nic, 2):
        check_hash(body(run(*command, stdin=request('/big', close=True))), files, 'big')
        body(run(*command, stdin=put_request(files, 'by-openssl', 'sent')))
    check_stored(files, 'by-openssl')


def gnutls(server, files, ca, nic):
    """gnutls-cli"""
    # It takes a second for each MiB, whoever serves it; and what it sends is text, by lines.
    command = ('gnutls-cli', '--x509cafile', ca, network.SERVER_IP)
    with ours(server, nic, 2):
        got = body(run(*command, stdin=request('/f1m', close=True)))
        # It says something in front of what it receives, and behind.
        check_hash(got[:scene.MIB], files, 'f1m')
        body(run(*command, stdin=put_request(files, 'by-gnutls', 'text')))
    check_stored(files, 'by-gnutls', 'text')


def wrk(server, files, ca, nic):
    """wrk"""
    before = server.status()
    # It looks first whether there is a server, and goes in the end in the midst of answers.
    with ours(server, nic, 8, failing=9):
        said = run('wrk', '--threads', '1', '--connections', '8', '--duration', '1s',
                   f'{BASE}/f16385').decode()
    after = server.status()
    done = re.search(r'(\d+) requests in', said)
    tap.check(done and int(done[1]) > 0 and 'Socket errors' not in said and
              'Non-2xx' not in said, f'wrk says: {said}')
    tap.check(after['requests'] - before['requests'] >= int(done[1]), 'requests at the server')
    tap.note(f'{done[1]} requests')


def spki(ca):
    """What chromium calls a certificate that it is told to trust."""
    public = scene.openssl('x509', '-in', ca, '-noout', '-pubkey')
    der = base64.b64decode(''.join(public.splitlines()[1:-1]))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def chromium(server, files, ca, nic):
    """Chromium without a head: a page whose script fetches files, and sends one"""
    browser = shutil.which('chromium-headless-shell')
    if browser is None:
        tap.skip('there is no chromium-headless-shell')
    with tempfile.TemporaryDirectory(prefix='recordtls-') as profile, ours(server, nic):
        said = run(browser, '--no-sandbox', f'--user-data-dir={profile}', '--no-proxy-server',
                   f'--ignore-certificate-errors-spki-list={spki(ca)}',
                   '--virtual-time-budget=30000', '--dump-dom', f'{BASE}/page.html').decode()
    found = re.search('<body>(.*)</body>', said)
    tap.check(found, f'the page: {said[-300:]}')
    tap.equal(found[1].split(), ['201', *(files.hashes[name] for name in PAGE_NAMES)],
              'status of PUT and SHA-256 of the files, by the browser')
    check_stored(files, 'by-chromium')


def settled(server, files, ca, nic):
    """all is given back"""
    server.wait_empty()
    server.stop()


PAGE_NAMES = ('f1', 'f16385', 'f1m', 'big')


def make_files(folder):
    files = scene.Files(folder)
    for name, size in (('f1', 1), ('f16385', 16385), ('f1m', scene.MIB), ('big', BIG), ('sent', SENT)):
        files.add(name, size)
    text = ''.join(f'line {i}\n' for i in range(10000)).encode()
    files.hashes['text'] = hashlib.sha256(text).hexdigest()
    for name, content in (('text', text),
                          ('page.html', PAGE.replace('NAMES', str(list(PAGE_NAMES))).encode())):
        with open(os.path.join(files.root, name), 'wb') as f:
            f.write(content)
    files.sent = os.path.join(files.root, 'sent')
    files.uploads = files.path('uploads')
    os.mkdir(files.uploads)
    return files


def main():
    cases = [curl, wget, python, openssl, gnutls, wrk, chromium, settled]
    network.enter()
    tap.plan(cases)
    nic = '--tlsnic' in sys.argv
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        files = make_files(folder)
        ca = files.path('cert.pem')
        with fileserver.Server(os.path.abspath(sys.argv[1]), files.root, '--cert-out', ca,
                               '--upload', files.uploads, '--time-wait-ms', '500',
                               *sys.argv[2:]) as server:
            return 1 if tap.run(cases, server, files, ca, nic, limit_s=90) else 0


if __name__ == '__main__':
    sys.exit(main())
