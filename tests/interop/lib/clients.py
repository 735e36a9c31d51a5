# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Clients: curl, OpenSSL, GnuTLS, and one of our own that sends what others refuse to."""
import hashlib
import socket
import ssl
import subprocess

import network
import tap

BASE = f'https://{network.SERVER_IP}'


def request(target, *fields, method='GET', close=False):
    """The bytes of a request; target as it is."""
    if isinstance(target, str):
        target = target.encode()
    lines = [method.encode() + b' ' + target + b' HTTP/1.1',
             b'Host: ' + network.SERVER_IP.encode(), *(f.encode() for f in fields)]
    if close:
        lines.append(b'Connection: close')
    return b'\r\n'.join(lines) + b'\r\n\r\n'


def curl_command(ca, *args, limit_s=60):
    return ['curl', '--silent', '--show-error', '--noproxy', '*', '--max-time', str(limit_s),
            '--cacert', ca, *args]


def curl(ca, *args, limit_s=60):
    return subprocess.run(curl_command(ca, *args, limit_s=limit_s), stdin=subprocess.DEVNULL,
                          capture_output=True)


def curl_hash(ca, name, *args, limit_s=60):
    """SHA-256 of what curl fetches, and curl's standard error."""
    process = subprocess.Popen(curl_command(ca, '--fail', *args, f'{BASE}/{name}', limit_s=limit_s),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    with process:
        digest = hashlib.file_digest(process.stdout, 'sha256').hexdigest()
        errors = process.stderr.read().decode(errors='replace')
    tap.equal(process.returncode, 0, f'exit code of curl for /{name} ({errors.strip()[-300:]})')
    return digest, errors


def check_fetch(ca, files, name, limit_s=60):
    tap.equal(curl_hash(ca, name, limit_s=limit_s)[0], files.hashes[name], f'SHA-256 of /{name}')


def context(ca):
    ctx = ssl.create_default_context(cafile=ca)
    ctx.minimum_version = ssl.TLSVersion.TLSv1_3
    return ctx


class Response:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body


def read_response(stream, head=False):
    """One response from a binary file; body bytes are read by Content-Length."""
    line = stream.readline()
    parts = line.split(None, 2)
    tap.check(len(parts) >= 2 and parts[0] == b'HTTP/1.1', f'status line: {line!r}')
    fields = {}
    while (line := stream.readline()) not in (b'\r\n', b''):
        name, _, value = line.decode('latin-1').partition(':')
        fields[name.strip().lower()] = value.strip()
    # RFC 9110 8.6: there is no length where there is no body.
    tap.equal('content-length' in fields, parts[1] != b'204', f'Content-Length of {line!r}')
    length = int(fields.get('content-length', 0))
    body = b'' if head else stream.read(length)
    tap.check(head or len(body) == length, f'{len(body)} of {length} bytes of a body')
    return Response(int(parts[1]), fields, body)


class Client:
    """A verified TLS connection through the kernel's TCP."""

    def __init__(self, ca, timeout_s=20, rcvbuf=None, nodelay=True):
        raw = socket.socket()
        raw.settimeout(timeout_s)
        if rcvbuf is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if nodelay:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.connect((network.SERVER_IP, 443))
        self.tls = context(ca).wrap_socket(raw, server_hostname=network.SERVER_IP,
                                           suppress_ragged_eofs=False)
        self.stream = self.tls.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        try:
            if failed is None:
                self.tls.unwrap()
        except (OSError, ValueError):
            pass    # nobody is left to say farewell to
        self.stream.close()
        self.tls.close()

    def send(self, data):
        self.tls.sendall(data)

    def get(self, target, *fields, method='GET', close=False):
        self.send(request(target, *fields, method=method, close=close))
        return read_response(self.stream, head=method == 'HEAD')

    def port(self):
        return self.tls.getsockname()[1]

    def check_end(self):
        """The server said close_notify: a bare end would raise."""
        tap.equal(self.stream.read(), b'', 'bytes behind the last answer')


def check_get(ca, files, name):
    with Client(ca) as c:
        answer = c.get('/' + name)
        tap.equal(answer.status, 200, f'status of /{name}')
        tap.equal(hashlib.sha256(answer.body).hexdigest(), files.hashes[name],
                  f'SHA-256 of /{name}')
