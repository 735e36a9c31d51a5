#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The library and Linux as senders over the same paths to the same receiver, in User-Mode Linux in virtual time.

    paths.py BUILD measure [--who linux|ours] [--cells TEXT] [--seeds N] [--jobs N] [--results FOLDER]
    paths.py BUILD table [--results FOLDER]
    paths.py BUILD capture --who linux|ours --cells TEXT [--results FOLDER]    one run each, into files for tshark

A run's result is a line in a file of the folder, by default BUILD/uml-paths; what has one is not run again. Remove
ours.jsonl to measure another build."""
import argparse
import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ('lib', '../interop/lib'):
    sys.path.insert(0, os.path.join(HERE, folder))

import contest
import uml
import verdict
from cells import WHO, all_cells


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build')
    parser.add_argument('what', choices=('measure', 'table', 'capture'))
    parser.add_argument('--who', action='append', choices=WHO)
    parser.add_argument('--cells', default='', help='those whose names have this in them')
    parser.add_argument('--seeds', type=int, default=5)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--results')
    return parser.parse_args()


def capture(args, programs, cells, folder):
    for cell, who in itertools.product(cells, args.who or WHO):
        path = os.path.join(folder, f'{cell.name.replace("/", "-")}-{who}.pcapng')
        print(path, contest.capture(programs, cell, who, 1, path))
    return 0


def main():
    args = parse()
    folder = args.results or os.path.join(args.build, 'uml-paths')
    programs, cells = os.path.join(args.build, 'tests/uml'), [c for c in all_cells() if args.cells in c.name]
    results = contest.Results(folder)
    uml.available()
    if args.what == 'capture':
        return capture(args, programs, cells, folder)
    if args.what == 'measure':
        contest.measure(programs, results, cells, range(1, args.seeds + 1), args.who or WHO, args.jobs)
    lines, faults = verdict.judge(results)
    print('\n'.join(lines + [f'not good enough: {fault}' for fault in faults]))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
