# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""Asks a running program by DPDK's telemetry socket."""
import json
import socket

ANSWER_MAX = 1 << 14    # what rte_telemetry writes at most


class Error(Exception):
    """The answer is an error, or none."""


class Telemetry:
    def __init__(self, prefix, timeout_s=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout_s)
        self.socket.connect(f'/var/run/dpdk/{prefix}/dpdk_telemetry.v2')
        self.hello = json.loads(self.socket.recv(ANSWER_MAX))

    def close(self):
        self.socket.close()

    def ask(self, command):
        """What stands behind the command's name."""
        self.socket.send(command.encode())
        answer = json.loads(self.socket.recv(ANSWER_MAX + 1))[command.split(',')[0]]
        if answer is None or isinstance(answer, dict) and 'error' in answer:
            raise Error(f'{command}: {answer["error"] if answer else "no such command"}')
        return answer

    def socks(self, stack=0, filters=''):
        """All pages of sock/list: rows by number."""
        rows, more = {}, ''
        while True:
            page = self.ask(f'/recordtls/sock/list,{stack}{filters}{more}')
            rows.update(page['socks'] or {})
            if 'next' not in page:
                return rows
            more = f',from={page["next"]}'
