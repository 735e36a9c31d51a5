# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The smallest server: what is typed comes back, by whatever suite the client likes. Usage: test_echo.py ECHO"""
import contextlib
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import fileserver
import network
import scene
import tap
from telemetry import Telemetry

# What is asked for, and the suite and version of our records; None: OpenSSL at the server keeps them.
ROWS = (((), ('TLS_AES_256_GCM_SHA384', 'TLSv1.3')),
        (('-ciphersuites', 'TLS_AES_128_GCM_SHA256'), ('TLS_AES_128_GCM_SHA256', 'TLSv1.3')),
        (('-tls1_2',), ('AES_256_GCM', 'TLSv1.2')),
        (('-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305'), ('CHACHA20_POLY1305', 'TLSv1.2')),
        (('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA'), (None, None)))


@contextlib.contextmanager
def program(exe, chain, key):
    """The prefix of its telemetry."""
    prefix = fileserver.new_prefix()
    command = ['setpriv', '--pdeathsig', 'KILL', exe, *fileserver.eal_args(prefix), '--', '--addr',
               f'{network.SERVER_IP}/{network.PREFIX_LEN}', '--cert', chain, '--key', key]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            line = process.stdout.readline()
            tap.equal(line, f'ready {network.SERVER_IP}:7\n', 'what it says')
            network.join()
            yield prefix
            process.terminate()
            tap.equal(process.wait(10), 0, 'its exit code')
        finally:
            process.kill()
            fileserver.forget(prefix)


@contextlib.contextmanager
def ended(process):
    """Whatever happens: who waits for it waits not for ever."""
    try:
        yield
    finally:
        process.kill()


def directions(telemetry):
    """Of the one connection that there is."""
    found = [n for n, row in telemetry.socks().items() if row['state'] == 'open']
    tap.equal(len(found), 1, 'open connections')
    info = telemetry.ask(f'/recordtls/sock/info,0,{found[0]}')
    return [(info[way].get('suite'), info[way].get('version')) for way in ('tx', 'rx')]


def talk(ca, telemetry, options):
    """Two lines there and back; whose records they were, both ways."""
    with subprocess.Popen(
            ['openssl', 's_client', '-quiet', '-no_ign_eof', '-verify_return_error', '-CAfile', ca,
             '-connect', f'{network.SERVER_IP}:7', *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True) as client, ended(client):
        for line in ('one line\n', 'and another\n'):
            client.stdin.write(line)
            client.stdin.flush()
            tap.equal(client.stdout.readline(), line, f'what came back, {options}')
        seen = directions(telemetry)
        client.stdin.close()
        tap.equal(client.stdout.read(), '', 'more that came back')
        tap.equal(client.wait(10), 0, 'exit code of s_client')
    return seen


def every_suite(exe, ca, chain, key):
    """TLS as OpenSSL has it by default, and as it is asked for"""
    with program(exe, chain, key) as prefix:
        telemetry = Telemetry(prefix)
        for options, ours in ROWS:
            tap.equal(talk(ca, telemetry, options), [ours, ours], f'our records, {options}')
        telemetry.close()


def main():
    network.enter()
    tap.plan([every_suite])
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        ca, chain, key = scene.make_chain(folder)
        return 1 if tap.run([every_suite], os.path.abspath(sys.argv[1]), ca, chain, key) else 0


if __name__ == '__main__':
    sys.exit(main())
