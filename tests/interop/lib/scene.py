# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What a test works with: files below a root, a secret outside, a certificate."""
import hashlib
import os
import random
import subprocess

import network

MIB = 1 << 20
SECRET = b'the-secret-outside-of-the-root'


def write_random(path, size, seed):
    """Random bytes by seed; returns their SHA-256."""
    source, digest = random.Random(seed), hashlib.sha256()
    with open(path, 'wb') as f:
        while size > 0:
            piece = source.randbytes(min(size, MIB))
            f.write(piece)
            digest.update(piece)
            size -= len(piece)
    return digest.hexdigest()


class Files:
    """add() makes a file below the root and remembers its hash."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.root = os.path.join(self.folder, 'root')
        self.hashes = {}
        os.mkdir(self.root)
        os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def add(self, name, size, seed=0):
        self.hashes[name] = write_random(os.path.join(self.root, name), size, f'{name}/{seed}')
        return name


def openssl(*args):
    done = subprocess.run(['openssl', *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f'openssl {args[0]}: {done.stderr}')
    return done.stdout


def make_chain(folder, algorithm=('ec', '-pkeyopt', 'ec_paramgen_curve:P-256'),
               names=f'IP:{network.SERVER_IP},DNS:localhost', dates=('-days', '2')):
    """An authority and a certificate by it: the files ca, cert (with the chain) and key."""
    ca_key, ca, key, leaf, chain = (os.path.join(folder, n) for n in (
        'ca-key.pem', 'ca.pem', 'key.pem', 'leaf.pem', 'chain.pem'))
    new = ['req', '-x509', '-nodes', '-newkey', *algorithm]
    openssl(*new, '-days', '2', '-subj', '/CN=interop authority', '-keyout', ca_key, '-out', ca,
            '-addext', 'keyUsage=critical,keyCertSign')
    openssl(*new, *dates, '-subj', '/CN=file server', '-keyout', key, '-out', leaf,
            '-CA', ca, '-CAkey', ca_key,
            '-addext', f'subjectAltName={names}',
            '-addext', 'basicConstraints=critical,CA:FALSE',
            '-addext', 'keyUsage=critical,digitalSignature')
    with open(chain, 'w') as out:
        for part in (leaf, ca):
            with open(part) as f:
                out.write(f.read())
    return ca, chain, key
