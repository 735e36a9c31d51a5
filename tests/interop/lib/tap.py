# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Test cases in Python that report as TAP (the Test Anything Protocol)."""
import os
import random
import signal
import sys
import traceback


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def equal(got, want, what):
    check(got == want, f'{what}: {got!r} instead of {want!r}')


def note(text):
    for line in str(text).splitlines():
        print(f'# {line}', flush=True)


def skip(reason):
    raise Skipped(reason)


def full():
    """Are the long variants asked for?"""
    return os.environ.get('RECORDTLS_FULL') == '1'


def drawn():
    """A seed: of RECORDTLS_LUCK, which all tests of a check share, where it is set."""
    luck = os.environ.get('RECORDTLS_LUCK')
    source = random.Random(luck + os.path.basename(sys.argv[0])) if luck else random.SystemRandom()
    return source.getrandbits(48)


def seeded():
    """All randomness of a test; the seed is printed, and RECORDTLS_SEED replays it."""
    seed = int(os.environ.get('RECORDTLS_SEED') or drawn())
    note(f'RECORDTLS_SEED={seed}')
    return random.Random(seed), seed


def some(rows, count, draw=[]):
    """All rows of a table where the long variants are asked for, else so many of them, drawn by the seed."""
    rows = list(rows)
    if full():
        return rows
    if not draw:
        draw.append(seeded()[0])
    return draw[0].sample(rows, min(count, len(rows)))


def on_alarm(signum, frame):
    raise Failed('not over in time')


def run_case(number, case, args, limit_s):
    title = case.__doc__.strip()
    signal.alarm(limit_s)
    try:
        case(*args)
    except Skipped as reason:
        print(f'ok {number} - {title} # SKIP {reason}', flush=True)
        return True
    except Exception as failure:    # whatever it is, the cases behind it still run
        signal.alarm(0)
        note(failure)
        if not isinstance(failure, Failed):
            note(''.join(traceback.format_exception(failure)))
        print(f'not ok {number} - {title}', flush=True)
        return False
    finally:
        signal.alarm(0)
    print(f'ok {number} - {title}', flush=True)
    return True


def plan(cases):
    print(f'1..{len(cases)}', flush=True)
    signal.signal(signal.SIGALRM, on_alarm)


def run(cases, *args, limit_s=60, first=1):
    """Runs case(*args) for each; its docstring is its title. Returns how many failed."""
    limit_s *= 10 if full() else 1
    results = [run_case(n, case, args, limit_s) for n, case in enumerate(cases, first)]
    return results.count(False)


def skip_all(reason):
    """Before plan(). TAP has no exit code for it: Meson takes any but 0 for an error."""
    print(f'1..0 # SKIP {reason}', flush=True)
    sys.exit(0)
