# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What runs over cells say: a table, and what is not good enough."""
import collections
import itertools
import math

from cells import JITTERS, REORDERS, all_cells

ROW_LEAST, ALL_LEAST, CELL_LEAST = 0.9, 1.0, 0.75
JAIN_LEAST = 0.9
FILE_TIME_MOST, FILE_AGAIN_MOST = 1.1, 1.5
WIDTH = 34


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def geometric(values):
    return math.exp(mean(math.log(v) for v in values))


def jain(rates):
    rates = list(rates)
    return sum(rates) ** 2 / len(rates) / sum(r * r for r in rates)


class Pair:
    """A cell's figures, ours and Linux's, means over the seeds that there are."""

    def __init__(self, ours, linux):
        self.runs = {'ours': ours, 'linux': linux}

    def of(self, who, figure):
        return mean(figure(row[who]) for row in self.runs[who])

    def rate(self, who):
        return self.of(who, lambda r: r['mbps'])

    def again_pct(self, who):
        return self.of(who, lambda r: 100 * r['retransmissions'] / r['segments'])

    def again(self, who):
        return self.of(who, lambda r: r['retransmissions'])

    def seconds(self, who):
        return self.of(who, lambda r: r['us'] / 1e6)

    def ratio(self):
        return self.rate('ours') / self.rate('linux')

    def text(self):
        return (f'{self.rate("ours"):.2f} : {self.rate("linux"):.2f} '
                f'({self.again_pct("ours"):.1f} : {self.again_pct("linux"):.1f})')


def pairs(results, kind):
    for cell in all_cells():
        ours, linux = results.of(cell, 'ours'), results.of(cell, 'linux')
        if cell.kind == kind and ours and (linux or kind == 'two'):
            yield cell, Pair(ours, ours if kind == 'two' else linux)


def row_lines(results, faults):
    kinds, rows = list(itertools.product(REORDERS, JITTERS)), collections.defaultdict(dict)
    for cell, pair in pairs(results, 'one'):
        rows[cell.rtt, cell.loss][cell.reorder, cell.jitter] = pair
        if pair.ratio() < CELL_LEAST:
            faults.append(f'{cell.name}: {pair.ratio():.2f}')
    yield 'Mb/s, ours : Linux (sent again, %), ratio'
    yield 'RTT  loss  ' + ''.join(f'reorder {r} %, jitter {j}'.ljust(WIDTH) for r, j in kinds) + 'mean'
    for (rtt, loss), row in rows.items():
        texts = [f'{row[k].text():27} {row[k].ratio():.2f}' if k in row else '' for k in kinds]
        whole = geometric(pair.ratio() for pair in row.values())
        yield f'{rtt:3}  {loss:4}  ' + ''.join(text.ljust(WIDTH) for text in texts) + f'{whole:.2f}'
        if whole < ROW_LEAST:
            faults.append(f'{rtt} ms, {loss} %: {whole:.2f}')
    ratios = [pair.ratio() for row in rows.values() for pair in row.values()]
    if ratios:
        yield f'over all {geometric(ratios):.3f}, worst {min(ratios):.2f}, of {len(ratios)} cells'
        if geometric(ratios) < ALL_LEAST:
            faults.append(f'over all: {geometric(ratios):.3f}')


def two_lines(results, faults):
    for cell, pair in pairs(results, 'two'):
        index = mean(jain((row['ours']['mbps'], row['linux']['mbps'])) for row in pair.runs['ours'])
        yield f'two flows, {cell.rtt} ms: {pair.rate("ours"):.1f} : {pair.rate("linux"):.1f} Mb/s, Jain {index:.3f}'
        if index < JAIN_LEAST:
            faults.append(f'{cell.name}: Jain {index:.3f}')


def file_lines(results, faults):
    """The time at each distance; what was sent again in all: of one queue that is not overrun Linux has nothing."""
    found = list(pairs(results, 'file'))
    for cell, pair in found:
        ours, linux = pair.seconds('ours'), pair.seconds('linux')
        yield (f'1 MB, 20 Mb/s, queue 100, {cell.rtt} ms: {ours:.3f} : {linux:.3f} s, {ours / linux:.2f}; '
               f'sent again {pair.again("ours"):.1f} : {pair.again("linux"):.1f}')
        if ours / linux > FILE_TIME_MOST:
            faults.append(f'{cell.name}: {ours / linux:.2f} of the time')
    again = [sum(pair.again(who) for _, pair in found) for who in ('ours', 'linux')]
    if again[0] > FILE_AGAIN_MOST * again[1]:
        faults.append(f'1 MB: {again[0]:.1f} : {again[1]:.1f} segments sent again')


def judge(results):
    """Lines of the table, and of what is not good enough."""
    faults = []
    lines = [line for part in (row_lines, two_lines, file_lines) for line in part(results, faults)]
    return lines, faults
