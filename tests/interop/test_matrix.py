# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Version x suite x role x who computes x whose library is at the far end, a cell each.

Usage: test_matrix.py NODE PEER

RECORDTLS_FULL=1: all cells; else 16 of them, others each day. RECORDTLS_CELL=1.3/AES-128-GCM/server/nic/openssl
runs one; '*' stands for any: RECORDTLS_CELL='1.2/*/client/libcrypto/*'.
"""
import datetime
import fnmatch
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))

import matrix
import network
import scene
import tap

ENGINES = ('libcrypto', 'crypto_aesni_mb', 'crypto_aesni_gcm', 'crypto_chacha20_poly1305',
           'crypto_openssl', 'nic')
DRAWN = 16

# What a device has no algorithm for; libcrypto computes it then.
LACKS = {
    'crypto_aesni_gcm': {'AES-128-CCM', 'CHACHA20-POLY1305'},
    'crypto_chacha20_poly1305': {'AES-128-GCM', 'AES-256-GCM', 'AES-128-CCM'},
}


def draw(cells):
    """Each is drawn once before any is drawn again, whatever day one begins with."""
    day = datetime.date.today().toordinal()
    turns = list(cells)
    random.Random(1).shuffle(turns)
    at = [(day * DRAWN + i) % len(turns) for i in range(min(DRAWN, len(turns)))]
    return sorted((turns[i] for i in at), key=cells.index)


def choose(cells):
    asked = os.environ.get('RECORDTLS_CELL')
    if asked:
        return [cell for cell in cells if fnmatch.fnmatchcase(str(cell), asked)]
    if tap.full():
        return cells
    tap.note(f'{DRAWN} of {len(cells)} cells, drawn by the date; RECORDTLS_FULL=1 runs all')
    return draw(cells)


class Bench:
    def __init__(self, node_exe, peer_exe, folder):
        self.node_exe, self.peer_exe = node_exe, peer_exe
        self.ca, self.chain, self.key = scene.make_chain(folder)
        self.node = None

    def start(self, engine):
        """The engine's sentence on itself, or '' with why it cannot be used here."""
        self.stop()
        node = matrix.Node(self.node_exe, engine, self.ca, self.chain, self.key)
        node.__enter__()
        if not node.crypto:
            node.process.wait(10)
            return '', ' '.join(line for line in node.errors if line.startswith('matrix-node'))
        self.node, self.engine = node, engine
        return node.crypto, ''

    def stop(self):
        if self.node is not None:
            self.node.__exit__()
        self.node = None

    def peer(self, cell, port):
        role = 'client' if cell.role == 'server' else 'server'
        ip = network.SERVER_IP if cell.role == 'server' else network.CLIENT_IP
        return subprocess.Popen([self.peer_exe, cell.peer, role, ip, str(port), cell.version,
                                 cell.suite, self.ca, self.chain, self.key],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def play(self, cell):
        """What the node reports, and the peer's two hashes."""
        with self.peer(cell, 443 if cell.role == 'server' else 0) as peer:
            try:
                if cell.role == 'client':
                    self.node.connect(int(peer.stdout.readline()))
                report = self.node.report()
                said, errors = peer.communicate(timeout=30)
            finally:
                peer.kill()
        tap.equal((report['error'], peer.returncode, errors), ('', 0, ''), 'how it ended')
        return report, said.split()


def computes(cell):
    """Who has to compute: the engine, or libcrypto for what it lacks."""
    lacks = cell.suite in LACKS.get(cell.engine, ())
    return 'libcrypto' if lacks or cell.engine == 'nic' else cell.engine


def check_direction(cell, way, told):
    tap.equal((told['handed_over'], told['why']), (True, None), f'{way}: whose records they are')
    tap.equal((told['version'], told['cipher']), ('TLSv' + cell.version, matrix.CIPHERS[cell.suite]),
              f'{way}: version and cipher')
    tap.equal(told['provider'], computes(cell), f'{way}: who computes')
    tap.equal(told['mode'], 'nic' if cell.engine == 'nic' else 'software',
              f'{way}: mode ({told["reason"]})')
    tap.check(told['records'] * 16384 >= matrix.PLAN_BYTES, f'{way}: records {told["records"]}')
    tap.check((told['nic_records'] > 0) == (cell.engine == 'nic'),
              f'{way}: {told["nic_records"]} records of the NIC')


def check_cell(cell, report, hashes):
    tap.equal([report['received'], report['sent']], hashes, 'SHA-256 of what the peer sent and got')
    tap.equal((report['role'], report['version']), (cell.role, 'TLSv' + cell.version), 'the role')
    for way in ('tx', 'rx'):
        check_direction(cell, way, report[way])
    # By plan.h: one of our own and one that the peer asks for; its two and one that we ask for.
    tap.equal((report['tx']['epoch'], report['rx']['epoch']), (3, 4) if cell.version == '1.3' else
              (1, 1), 'keys in all, sending and receiving')


def case_of(cell):
    def case(bench):
        if bench.engine != cell.engine:
            bench.start(cell.engine)
        report, hashes = bench.play(cell)
        check_cell(cell, report, hashes)
        if computes(cell) != cell.engine and cell.engine != 'nic':
            tap.note(f'{cell}: libcrypto, as the device has no {cell.suite}')
    case.__doc__ = str(cell)
    return case


def usable(bench):
    """The engines that there are; libcrypto and the NIC are everywhere."""
    there = []
    for engine in ENGINES:
        crypto, why = bench.start(engine)
        if crypto:
            there.append(engine)
        else:
            tap.check(engine.startswith('crypto_'), f'{engine}: {why}')
            tap.note(f'{engine} is no engine here: {why}')
    return there


def main():
    network.enter()
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        bench = Bench(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), folder)
        try:
            cases = [case_of(cell) for cell in choose(matrix.cells(usable(bench)))]
            tap.plan(cases)
            return 1 if tap.run(cases, bench, limit_s=60) else 0
        finally:
            bench.stop()


if __name__ == '__main__':
    sys.exit(main())
