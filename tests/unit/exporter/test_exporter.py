# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What the exporter's endpoint makes of telemetry's answers. Usage: test_exporter.py ENDPOINT"""
import importlib.util
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../interop/lib'))

import tap

STACK_MEANS = {'counters': {'RxBytes': 'bytes received', 'PressureHeldDropped': 'bytes given up',
                            'tx_tls_drop_no_sync_data': 'packets dropped'},
               'levels': {'TlsCurrTxSw': 'directions now', 'RxRoomInUse': 'bytes held'}}
STACK_STATS = {'RxBytes': 18446744073709551615, 'PressureHeldDropped': 1,
               'tx_tls_drop_no_sync_data': 2, 'TlsCurrTxSw': 3, 'RxRoomInUse': 4}
ERROR = {'error': 'stack 1 was not polled for a second'}


class Socket:
    """Answers by command and argument; None is what DPDK says to a command that is not there."""

    def __init__(self, answers, asked):
        self.answers = answers
        self.asked = asked

    def cmd(self, command, arg=None):
        key = command if arg is None else f'{command},{arg}'
        self.asked.append(key)
        return self.answers.get(key)


def answers(**more):
    return {'/recordtls/stack/list': {'0': 'web'},
            '/recordtls/stack/meanings': STACK_MEANS,
            '/recordtls/stack/stats,0': STACK_STATS,
            '/recordtls/stack/info,0': {'name': 'web', 'rx_room_max': 99,
                                        'conf': {'max_socks': 64}, 'ports': []}, **more}


def load(path):
    spec = importlib.util.spec_from_file_location('recordtls', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path, of, asked=None):
    """The samples, as {(name, labels): value}, and what is said of the names."""
    endpoint = load(path)
    endpoint.info()
    samples = endpoint.metrics(Socket(of, asked if asked is not None else []))
    said = endpoint.info()
    names = [name for name, _, _ in samples]
    tap.equal(names, sorted(names), 'samples of one metric stand together')
    out = {}
    for name, value, labels in samples:
        tap.check(name in said, f'{name} is not described')
        key = name, ' '.join(f'{k}={v}' for k, v in labels.items())
        tap.check(key not in out, f'{key} is there twice')
        out[key] = value
    return out, said


def a_stack(path):
    """a stack's counters and levels, by Prometheus' names"""
    out, _ = read(path, answers())
    tap.equal(out, {('stacks', ''): 1,
                    ('stack_up', 'stack=web'): 1,
                    ('stack_rx_bytes_total', 'stack=web'): 18446744073709551615,
                    ('stack_pressure_held_dropped_bytes_total', 'stack=web'): 1,
                    ('stack_tx_tls_drop_no_sync_data_total', 'stack=web'): 2,
                    ('stack_tls_curr_tx_sw', 'stack=web'): 3,
                    ('stack_rx_room_in_use_bytes', 'stack=web'): 4,
                    ('stack_socks_max', 'stack=web'): 64,
                    ('stack_rx_room_max_bytes', 'stack=web'): 99}, 'samples')


def described(path):
    """each name has a sentence, and a kind that fits its name"""
    _, said = read(path, answers())
    tap.equal(said['stack_rx_bytes_total'], ('Bytes received.', 'counter'), 'of a counter')
    tap.equal(said['stack_rx_room_in_use_bytes'], ('Bytes held.', 'gauge'), 'of a level')
    for name, (text, kind) in said.items():
        tap.check(re.fullmatch(r'[a-z]+(_[a-z0-9]+)*', name), f'name {name}')
        tap.equal(kind, 'counter' if name.endswith('_total') else 'gauge', f'kind of {name}')
        tap.check(re.fullmatch(r'[A-Z0-9][^\n\\]+\.', text), f'description of {name}: {text}')


def ports(path):
    """ports, with counters of their own and without; what another endpoint tells is left out"""
    out, said = read(path, answers(**{
        '/recordtls/stack/list': {'0': 'web', '1': 'api'},
        '/recordtls/stack/stats,1': STACK_STATS,
        '/recordtls/stack/info,0': {'ports': ['tlsnic(net_tap0)', 'net_ring1']},
        '/recordtls/stack/info,1': {'ports': ['net_ring1', 'odd,name']},
        '/recordtls/port/stats,tlsnic(net_tap0)': {'tx_tls_ctx': 5, 'contexts_in_use': 6,
                                                   'ethdev': {'id': 0, 'ipackets': 7}},
        '/recordtls/port/meanings,tlsnic(net_tap0)': {
            'counters': {'tx_tls_ctx': 'contexts made'},
            'levels': {'contexts_in_use': 'contexts in use'}},
        '/recordtls/port/stats,net_ring1': {'ethdev': {'id': 1, 'ipackets': 8}},
        '/recordtls/port/meanings,net_ring1': {'counters': {}, 'levels': {}},
        '/recordtls/port/stats,odd,name': {'error': 'too many parameters'},
        '/recordtls/port/meanings,odd,name': {'error': 'too many parameters'}}))
    got = {key: value for key, value in out.items() if key[0].startswith('port_')}
    tap.equal(got, {('port_tx_tls_ctx_total', 'port=tlsnic(net_tap0)'): 5,
                    ('port_contexts_in_use', 'port=tlsnic(net_tap0)'): 6,
                    ('port_up', 'port=tlsnic(net_tap0)'): 1,
                    ('port_up', 'port=net_ring1'): 1,
                    ('port_up', 'port=odd,name'): 0}, 'samples')
    tap.equal(said['port_tx_tls_ctx_total'], ('Contexts made.', 'counter'), 'of a counter')


def silent(path):
    """a stack that does not answer is down, waited for once; the others and their ports are there"""
    asked = []
    out, _ = read(path, answers(**{
        '/recordtls/stack/list': {'0': 'web', '1': 'api'},
        '/recordtls/stack/info,0': {'name': 'web', 'ports': ['net_ring1']},
        '/recordtls/stack/stats,1': ERROR, '/recordtls/stack/info,1': ERROR,
        '/recordtls/port/list': ERROR,
        '/recordtls/port/stats,net_ring1': {},
        '/recordtls/port/meanings,net_ring1': {'counters': {}, 'levels': {}}}), asked)
    tap.equal({key: value for key, value in out.items() if 'stack=api' in key[1]},
              {('stack_up', 'stack=api'): 0}, 'samples of the silent one')
    tap.equal(out['stack_up', 'stack=web'], 1, 'stack_up of the other')
    tap.equal(out['stack_rx_bytes_total', 'stack=web'], 18446744073709551615, 'its counter')
    tap.equal(out['port_up', 'port=net_ring1'], 1, 'port_up of its port')
    tap.equal([key for key in asked if key.endswith(',1') or key == '/recordtls/port/list'],
              ['/recordtls/stack/stats,1'], 'what the silent one holds up')


def nothing(path):
    """a program without stacks, or without librecordtls, has none"""
    for of in ({}, {'/recordtls/stack/list': {}}, {'/recordtls/stack/list': ERROR}):
        tap.equal(read(path, of)[0], {('stacks', ''): 0}, f'samples of {of}')


def labels(path):
    """stacks of one name differ, and no name breaks the exporter's text"""
    out, _ = read(path, answers(**{
        '/recordtls/stack/list': {'0': 'web', '1': 'web', '2': 'a"b\\c\nd'},
        '/recordtls/stack/stats,1': STACK_STATS, '/recordtls/stack/stats,2': STACK_STATS}))
    got = sorted(key[1] for key in out if key[0] == 'stack_up')
    tap.equal(got, ['stack=a_b_c_d', 'stack=web#0', 'stack=web#1'], 'labels')
    # Names that differ until they are made labels.
    out, _ = read(path, answers(**{
        '/recordtls/stack/list': {'0': 'web', '1': 'web', '2': 'web#0', '3': 'a"', '4': 'a\\'},
        '/recordtls/stack/info,0': {'ports': ['p"', 'p\\', 'q']}}))
    got = sorted(key[1] for key in out if key[0] in ('stack_up', 'port_up'))
    tap.equal(got, ['port=p_', 'port=q', 'stack=a_#3', 'stack=a_#4', 'stack=web#0',
                    'stack=web#0#2', 'stack=web#1'], 'labels of names that are alike')


def main():
    cases = (a_stack, described, ports, silent, nothing, labels)
    tap.plan(cases)
    return 1 if tap.run(cases, sys.argv[1]) else 0


sys.exit(main())
