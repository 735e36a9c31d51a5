# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What share of the records a NIC opened, beside what it could have for the very same packets."""
import json
import subprocess

import tap

# What the resync oracle calls the methods. It does not see polls without packets, so "delayed" is nearly so.
ORACLE = {'scan': 'scan', 'scan_delayed': 'delayed', 'stack': 'stack'}
HEAD = ('way', 'TLS', 'network', 'method', 'records', 'opened', 'oracle', 'at once', 'best', 'mixed', 'untouched',
        'asked', 'answered', 'told', 'ms out')


class Table:
    """Rows of figures, printed in columns at the end."""

    def __init__(self):
        self.rows = [HEAD]

    def add(self, *row):
        self.rows.append(tuple(f'{v:.3f}' if isinstance(v, float) else str(v) for v in row))

    def note(self):
        widths = [max(map(len, column)) for column in zip(*self.rows)]
        for row in self.rows if len(self.rows) > 1 else ():
            tap.note('  '.join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def behind_start(stats):
    """Records that a NIC could have opened at all."""
    return stats['RxRecords'] - stats['RxRecordsNoContext'] - stats['RxRecordsBeforeStart']


def bound(place, stats, version):
    """What could be opened of the capture, as shares."""
    done = subprocess.run([place.bound, place.capture, '443', version, str(behind_start(stats))], capture_output=True,
                          text=True)
    tap.equal(done.returncode, 0, f'exit code of uml-bound ({done.stderr.strip()})')
    counts = json.loads(done.stdout)
    return {name: count / counts['records'] for name, count in counts.items()}


def add(table, place, stats, way, version, network, method, limits=True):
    """A row of the table; its share, and the oracle's: None where what it has not in it was played."""
    records, could = behind_start(stats), bound(place, stats, version) if limits else None
    share = stats['RxRecordsNic'] / records
    oracle = could[ORACLE[method]] if limits else None
    table.add(way, version, network, method, records, share, oracle, could and could['at_once'],
              could and could['openable'], stats['RxRecordsMixed'], stats['RxRecordsUntouched'], stats['RxResyncAsked'],
              stats['RxResyncAnswered'], stats['RxResyncTold'], stats['RxOutOfStepMicros'] // 1000)
    return share, oracle
