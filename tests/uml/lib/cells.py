# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The paths over which the library and Linux are compared as senders."""
import dataclasses
import itertools

RTTS = (10, 50, 200)
LOSSES = (0, 0.1, 1, 3)
REORDERS = (0, 2)
JITTERS = (0, 1)
RATE = 50
FILE_RATE, FILE_QUEUE, FILE_BYTES = 20, 100, 1000000
FRAME = 1514
RUN_S = 20
WHO = ('linux', 'ours')


@dataclasses.dataclass(frozen=True)
class Cell:
    kind: str     # one: a flow; two: one of each sender at once; file: 1 MB
    rtt: int      # ms
    loss: float   # % of data segments
    reorder: int  # % of them overtake all that is on its way
    jitter: int   # 1: a tenth of the delay, up and down

    @property
    def name(self):
        return f'{self.kind}/{self.rtt}ms/loss{self.loss}/reorder{self.reorder}/jitter{self.jitter}'

    @property
    def rate(self):
        """Of the bottleneck, Mb/s."""
        return FILE_RATE if self.kind == 'file' else RATE

    @property
    def queue(self):
        """In front of it: a round trip's worth, 100 packets at least."""
        return FILE_QUEUE if self.kind == 'file' else max(100, self.rate * 1000 * self.rtt // 8 // FRAME)

    def ahead(self, seed):
        """What the way to the receiver does besides, in netem's words."""
        half = self.rtt / 2
        words = [f'{half / 10}ms'] if self.jitter else []
        words += [f'reorder {self.reorder}%'] if self.reorder else []
        words += [f'loss {self.loss}%'] if self.loss else []
        return ' '.join(words + [f'seed {seed}'])


def all_cells():
    for row in itertools.product(RTTS, LOSSES, REORDERS, JITTERS):
        if row[:2] != (200, 3):
            yield Cell('one', *row)
    for rtt in RTTS:
        yield Cell('two', rtt, 0, 0, 0)
        yield Cell('file', rtt, 0, 0, 0)
