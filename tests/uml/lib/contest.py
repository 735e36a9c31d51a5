# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Runs of the library and of Linux as senders over cells, in guests of their own; each result is a line in a file."""
import itertools
import json
import os
import queue
import shutil
import tempfile
import threading

import tap
import virtual
from cells import FILE_BYTES, RUN_S, WHO

PORT = 5001
ERRORS_MOST = 4
# Two flows begin together: whoever is late has less for the whole run, and EAL takes its time.
START_MS = 1000
# 0: by itself, as Linux does.
SNDBUF = 0
PROGRAMS = ('uml-sender', 'uml-flow', 'uml-virtual-time.so')


def last_json(text):
    return json.loads(text.splitlines()[-1])


def receive(port, span_s):
    return f'ip netns exec d ./uml-flow receive {port} {span_s}'


def send(who, port, span_s, amount, start_ms):
    """It starts when the receiver listens, and not before start_ms."""
    listens = f'until ip netns exec d ss -Htln | grep -q :{port}; do sleep 0.01; done;'
    if who == 'linux':
        return f'{listens} ip netns exec s ./uml-flow send {virtual.RECEIVER} {port} {span_s} {amount} {start_ms}'
    return (f'{listens} ip netns exec o ./uml-sender {virtual.SENDER} {virtual.RECEIVER} {port} {span_s} {amount} '
            f'{SNDBUF} {start_ms}')


def play(guest, cell, who, seed, span_s=RUN_S):
    """Of two flows, one is of each sender; who is ours then."""
    guest.impair(cell.rate, cell.queue, cell.rtt, cell.ahead(seed))
    ports = {name: PORT + i for i, name in enumerate(WHO if cell.kind == 'two' else (who,))}
    commands, start_ms = {}, guest.meet(START_MS) if len(ports) > 1 else 0
    for name, port in ports.items():
        commands[f'receive.{name}'] = receive(port, span_s)
        commands[f'send.{name}'] = send(name, port, span_s, FILE_BYTES if cell.kind == 'file' else 0, start_ms)
    said = guest.together(commands)
    result = {'cell': cell.name, 'who': who, 'seed': seed, 'overflows': guest.overflows()}
    for name in ports:
        got, sent = last_json(said[f'receive.{name}']), last_json(said[f'send.{name}'])
        tap.check(cell.kind != 'file' or (got['whole'] and got['bytes'] == FILE_BYTES), f'{cell.name} {who}: {got}')
        result[name] = {**sent, 'mbps': got['bytes'] * 8 / got['us'], 'us': got['us']}
    return result


def guest_of(programs, folder):
    for program in PROGRAMS:
        shutil.copy(os.path.join(programs, program), folder)
    return virtual.Guest(folder, os.path.join(folder, PROGRAMS[-1]))


def capture(programs, cell, who, seed, path):
    """One run; what went between its sender and the router is written to a file."""
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder, guest_of(programs, folder) as guest:
        guest.start_capture(who)
        result = play(guest, cell, who, seed)
        guest.stop_capture()
        shutil.move(os.path.join(folder, virtual.CAPTURE), path)
    return result


class Results:
    """The lines of a folder's files, one file for each sender."""

    def __init__(self, folder):
        self.folder, self.lock, self.rows = folder, threading.Lock(), {}
        os.makedirs(folder, exist_ok=True)
        for who in WHO:
            if os.path.exists(self.path(who)):
                with open(self.path(who)) as f:
                    for row in map(json.loads, f):
                        self.rows[row['cell'], row['who'], row['seed']] = row

    def path(self, who):
        return os.path.join(self.folder, f'{who}.jsonl')

    def add(self, row):
        with self.lock, open(self.path(row['who']), 'a') as f:
            print(json.dumps(row), file=f, flush=True)
            self.rows[row['cell'], row['who'], row['seed']] = row

    def of(self, cell, who):
        return [row for (name, sender, _), row in self.rows.items() if (name, sender) == (cell.name, who)]


def work_once(programs, todo, results, span_s):
    """Until nothing is left to do, or a run failed: then it is to be done again."""
    run = None
    with tempfile.TemporaryDirectory(prefix='recordtls-') as folder:
        try:
            with guest_of(programs, folder) as guest:
                while True:
                    run = todo.get_nowait()
                    results.add(play(guest, *run, span_s))
                    run = None
        except Exception:
            if run is not None:
                todo.put(run)
            raise


def work(programs, todo, results, errors, span_s):
    while len(errors) < ERRORS_MOST:
        try:
            work_once(programs, todo, results, span_s)
        except queue.Empty:
            break
        except Exception as e:    # its own thread says nothing
            errors.append(e)


def measure(programs, results, cells, seeds, who=WHO, jobs=1, span_s=RUN_S):
    """What has no result yet, in so many guests at once."""
    todo, errors = queue.SimpleQueue(), []
    for seed, cell, sender in itertools.product(seeds, cells, who):
        if (cell.name, sender, seed) not in results.rows and (cell.kind != 'two' or sender == 'ours'):
            todo.put((cell, sender, seed))
    workers = [threading.Thread(target=work, args=(programs, todo, results, errors, span_s)) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for error in errors:
        tap.note(error)
    if len(errors) >= ERRORS_MOST:
        raise errors[-1]
