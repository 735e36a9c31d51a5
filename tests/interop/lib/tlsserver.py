# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Servers on the kernel's TCP: one in Python that does what it is told, and OpenSSL's and GnuTLS's."""
import contextlib
import re
import socket
import ssl
import struct
import subprocess
import threading
import time

import fetch
import tap


class Request:
    def __init__(self, stream):
        line = stream.readline().decode('latin-1').split()
        self.method, self.target = line[0], line[1]
        self.fields = {}
        while (field := stream.readline()) not in (b'\r\n', b''):
            name, _, value = field.decode('latin-1').partition(':')
            self.fields[name.lower()] = value.strip()


class Server:
    """with Server(port, chain, key, handle) as s: handle(connection, stream, request) for each."""

    def __init__(self, port, chain, key, handle, prepare=lambda ctx: None):
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(chain, key)
        self.ctx.minimum_version = ssl.TLSVersion.TLSv1_2
        prepare(self.ctx)
        self.port, self.handle = port, handle
        self.requests, self.reused, self.names, self.alpn = [], [], [], []
        self.ctx.sni_callback = lambda sock, name, ctx: self.names.append(name)

    def __enter__(self):
        self.listener = socket.create_server((fetch.PEER_IP, self.port))
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        raw.settimeout(20)
        with contextlib.suppress(OSError, IndexError):
            c = self.ctx.wrap_socket(raw, server_side=True)
            stream = c.makefile('rb')
            request = Request(stream)
            self.requests.append(request)
            self.reused.append(c.session_reused)
            self.alpn.append(c.selected_alpn_protocol())
            self.handle(c, stream, request)
            with contextlib.suppress(OSError, ValueError):
                c.unwrap()
            c.close()


def answer(status, body=b'', *fields, length=True):
    head = [f'HTTP/1.1 {status} x', *fields] + ([f'Content-Length: {len(body)}'] if length else [])
    return '\r\n'.join(head).encode('latin-1') + b'\r\n\r\n' + body


def sends(*pieces):
    """A handler that sends these, whatever is asked."""
    def handle(c, stream, request):
        for piece in pieces:
            c.sendall(piece)
    return handle


def cut(c):
    """FIN, without close_notify, and nothing behind it."""
    c.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def reset(c):
    time.sleep(0.2)    # what was sent is to be read before
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    raise ConnectionAbortedError    # RST, as nobody has it any more


@contextlib.contextmanager
def plain(port, text=b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'):
    """A server that knows no TLS."""
    listener = socket.create_server((fetch.PEER_IP, port))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                c, _ = listener.accept()
                c.recv(65536)
                c.sendall(text)
                c.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class Program:
    """with Program(command, files, port) as p: somebody else's server; p.log() is what it says."""

    def __init__(self, command, files, port):
        self.command, self.folder, self.port = command, files.root, port
        self.path = files.path(f'server-{port}.log')

    def __enter__(self):
        self.out = open(self.path, 'wb')
        self.process = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', *self.command],
                                        cwd=self.folder, stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=subprocess.STDOUT)
        self.wait()
        return self

    def wait(self):
        """Until something listens; who asks the kernel disturbs nobody."""
        wanted = f':{self.port:04X} '
        until = time.monotonic() + 10
        while True:
            for table in ('/proc/net/tcp', '/proc/net/tcp6'):
                with open(table) as f:
                    if any(wanted in line and ' 0A ' in line for line in f):
                        return
            tap.check(self.process.poll() is None and time.monotonic() < until,
                      f'{self.command[0]} does not listen: {self.log()[-300:]}')
            time.sleep(0.02)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.out.close()

    def log(self):
        with open(self.path, errors='replace') as f:
            return f.read()

    def count(self, pattern):
        return len(re.findall(pattern, self.log()))


def openssl(files, chain, key, *args, port=443):
    """It serves the files."""
    return Program(['openssl', 's_server', '-accept', str(port), '-cert', chain, '-cert_chain', chain,
                    '-key', key, '-WWW', '-msg', *args], files, port)


def gnutls(files, chain, key, *args, port=443):
    """It serves a page on the session."""
    return Program(['gnutls-serv', '--http', '--port', str(port), '--x509certfile', chain,
                    '--x509keyfile', key, *args], files, port)
