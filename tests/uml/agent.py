#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""The first process in User-Mode Linux: does what lib/uml.py asks over a console, a line of JSON each."""
import ctypes
import json
import os
import signal
import subprocess
import sys
import traceback
import tty

POWER_OFF = 0x4321fedc
MODULES = ('tls', 'gcm', 'ccm', 'chacha20poly1305', 'sch_netem', 'sch_ingress', 'veth', 'ifb', 'act_mirred', 'cls_matchall')
LINE = '/dev/tty1'


def prepare(shared):
    """Its own /tmp and /run, and the folder that both sides see; which modules there are not."""
    os.environ['PATH'] = '/usr/sbin:/usr/bin:/sbin:/bin'
    for kind, where in (('proc', '/proc'), ('sysfs', '/sys'), ('tmpfs', '/tmp'), ('tmpfs', '/run')):
        subprocess.run(['mount', '-t', kind, kind, where], check=True)
    os.mkdir('/tmp/shared')
    subprocess.run(['mount', '-t', 'hostfs', '-o', f'hostfs={shared}', 'none', '/tmp/shared'], check=True)
    os.chdir('/tmp/shared')
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    return [m for m in MODULES if subprocess.run(['modprobe', m], capture_output=True).returncode != 0]


def run(command, limit_s):
    """And nothing of it is left when it was too slow."""
    process = subprocess.Popen(['bash', '-c', command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return {'out': process.communicate(timeout=limit_s)[0].decode(errors='replace'), 'code': process.returncode}
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return {'out': f'not over in {limit_s} s: {process.communicate()[0].decode(errors="replace")}', 'code': -1}


def main():
    missing = prepare(os.environ['shared'])
    fd = os.open(LINE, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    with os.fdopen(os.dup(fd), 'r') as asked, os.fdopen(fd, 'w') as answers:
        answer = {'n': 0, 'missing': missing}
        while answer is not None:
            print(json.dumps(answer), file=answers, flush=True)
            what = json.loads(asked.readline())
            answer = {'n': what['n'], **run(what['sh'], what['limit_s'])} if what['sh'] is not None else None


try:
    main()
except Exception as e:    # the console is the host's only sight of it
    print('agent:', *traceback.format_exception(e), file=sys.stderr, flush=True)
finally:
    ctypes.CDLL(None).reboot(POWER_OFF)
