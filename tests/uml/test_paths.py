# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The library beside Linux as a sender, over the same paths to the same receiver. Usage: test_paths.py PROGRAMS

A few drawn cells, with one seed; RECORDTLS_FULL=1: all of them, five times, by the limits of lib/verdict.py."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ('lib', '../interop/lib'):
    sys.path.insert(0, os.path.join(HERE, folder))

import contest
import tap
import uml
import verdict
from cells import RUN_S, all_cells

SEEDS = 5
SHORT_S = 10
FEW = 3
# Of one run alone, much is luck: a cell, and the geometric mean of the few.
FEW_LEAST, FEW_MEAN_LEAST, FEW_TIME_MOST = 0.25, 0.5, 1.5


def cells_of(*kinds):
    return [cell for cell in all_cells() if cell.kind in kinds]


def everything(programs, folder):
    results = contest.Results(folder)
    contest.measure(programs, results, all_cells(), range(1, SEEDS + 1), jobs=os.cpu_count())
    lines, faults = verdict.judge(results)
    tap.note('\n'.join(lines))
    tap.equal(faults, [], 'what is not good enough')


def few(programs, folder, kinds, count, span_s):
    results = contest.Results(folder)
    rand = tap.seeded()[0]
    drawn = rand.sample(cells_of(*kinds), count)
    contest.measure(programs, results, drawn, [rand.getrandbits(30)], span_s=span_s)
    tap.note('\n'.join(verdict.judge(results)[0]))
    return results


def paths(programs, folder):
    """cells of loss, distance, reordering and jitter: what the library sends, and Linux"""
    if tap.full():
        everything(programs, folder)
        return
    ratios = {cell.name: pair.ratio() for cell, pair in
              verdict.pairs(few(programs, folder, ('one',), FEW, SHORT_S), 'one')}
    tap.equal(len(ratios), FEW, 'cells that were played')
    tap.check(min(ratios.values()) >= FEW_LEAST and verdict.geometric(ratios.values()) >= FEW_MEAN_LEAST, str(ratios))


def a_file(programs, folder):
    """1 MB through a bottleneck of 20 Mb/s with a queue of 100: how long it takes"""
    for cell, pair in verdict.pairs(few(programs, os.path.join(folder, 'file'), ('file',), 1, RUN_S), 'file'):
        took = pair.seconds('ours') / pair.seconds('linux')
        tap.check(took <= FEW_TIME_MOST, f'{cell.name}: {took:.2f} of the time')


def main():
    uml.available()
    cases = [paths, a_file]
    tap.plan(cases)
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        return 1 if tap.run(cases, os.path.abspath(sys.argv[1]), folder, limit_s=300) else 0


if __name__ == '__main__':
    sys.exit(main())
