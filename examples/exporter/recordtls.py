# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""
Counters and levels of librecordtls, for DPDK's own exporter, dpdk-telemetry-exporter.py, which
looks for files like this one in share/dpdk/telemetry-endpoints and speaks to Prometheus. The
exporter puts dpdk_recordtls_ in front of all names.

Names, kinds and descriptions come from the program that is asked: /recordtls/stack/meanings and
/recordtls/port/meanings. So a counter that is added there needs nothing here.
"""
import re

# Whose names do not say that they count bytes.
BYTES = ("PressureHeldDropped", "RxRoomInUse")

STACKS = "stacks"
STACK_UP = "stack_up"
PORT_UP = "port_up"

# What a stack is limited to: its key in /recordtls/stack/info, below conf where that is said.
LIMITS = {
    "stack_socks_max": ("conf", "max_socks"),
    "stack_rx_room_max_bytes": (None, "rx_room_max"),
}

# The exporter reads this behind each call of metrics(), which adds what it is told.
INFO = {
    STACKS: ("Stacks in the process.", "gauge"),
    STACK_UP: ("1 if the stack is polled and answers, else 0.", "gauge"),
    PORT_UP: ("1 if the port's counters can be read, else 0.", "gauge"),
    "stack_socks_max": ("Sockets that the stack can have.", "gauge"),
    "stack_rx_room_max_bytes": (
        "Bytes of buffer room that all receive queues of the stack may hold.",
        "gauge",
    ),
}


def info() -> "dict[Name, tuple[Description, Type]]":
    return INFO


def metrics(sock: "TelemetrySocket") -> "list[tuple[Name, Value, Labels]]":
    stacks = ask(sock, "/recordtls/stack/list")
    out = [(STACKS, len(stacks), {})]
    if stacks:
        add_ports(sock, add_stacks(sock, stacks, out), out)
    # All samples of one metric stand together.
    return sorted(out, key=lambda sample: sample[0])


def add_stacks(sock, stacks, out):
    """Returns their ports, names by label. A stack that is not polled costs a second, and only one."""
    ports = {}
    means = ask(sock, "/recordtls/stack/meanings")
    names = {number: label(name) for number, name in stacks.items()}
    for number in stacks:
        labels = {"stack": unique(number, names)}
        stats = ask(sock, "/recordtls/stack/stats", number)
        out.append((STACK_UP, int(bool(stats)), labels))
        if not stats:
            continue
        add_values("stack", stats, means, labels, out)
        info = ask(sock, "/recordtls/stack/info", number)
        for metric, (part, key) in LIMITS.items():
            value = (info.get(part, {}) if part else info).get(key)
            if value is not None:
                out.append((metric, value, labels))
        for port in info.get("ports", []):
            ports.setdefault(label(port), port)
    return ports


def add_ports(sock, ports, out):
    for name, port in ports.items():
        labels = {"port": name}
        stats = ask(sock, "/recordtls/port/stats", port)
        means = ask(sock, "/recordtls/port/meanings", port)
        # A port without counters of its own answers, too.
        out.append((PORT_UP, int("counters" in means), labels))
        add_values("port", stats, means, labels, out)


def add_values(prefix, stats, means, labels, out):
    """What has a meaning: an ethdev's counters, for one, are another endpoint's."""
    for kind, suffix, type_ in (("counters", "_total", "counter"), ("levels", "", "gauge")):
        for name, meaning in means.get(kind, {}).items():
            if name in stats:
                metric = f"{prefix}_{snake(name)}{suffix}"
                INFO[metric] = (sentence(meaning), type_)
                out.append((metric, stats[name], labels))


def ask(sock, command, arg=None):
    """The answer; {} for an error, and where the program has no such command."""
    answer = sock.cmd(command, arg)
    if not answer or (isinstance(answer, dict) and "error" in answer):
        return {}
    return answer


def unique(number, names):
    """A stack's name, or name#number where others are called the same, or might be."""
    name = names[number]
    alone = list(names.values()).count(name) == 1 and "#" not in name
    return name if alone else f"{name}#{number}"


def snake(name):
    """RxBytes is rx_bytes; what is in snake_case stays so."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{words}_bytes" if name in BYTES else words


def sentence(meaning):
    return meaning[:1].upper() + meaning[1:].replace("\\", "") + "."


def label(text):
    """The exporter escapes a quote or a backslash in a way that Prometheus does not read."""
    return re.sub(r'["\\\n]', "_", text)
