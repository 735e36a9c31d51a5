# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""A network of the test's own: nothing of it is ever seen in the host's."""
import contextlib
import fcntl
import os
import struct
import subprocess

import tap

SERVER_IP = '10.77.0.1'
CLIENT_IP = '10.77.0.2'
CLIENT_MAC = '02:00:00:00:77:02'
PREFIX_LEN = 24
IFACE = 'rtls0'


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


def new_namespace():
    """Root asks for the namespace alone; all others become root of a user namespace, too."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        os.unshare(os.CLONE_NEWNET)
        return
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    write('/proc/self/setgroups', 'deny')
    write('/proc/self/uid_map', f'0 {uid} 1')
    write('/proc/self/gid_map', f'0 {gid} 1')


def enter():
    """Once per program, before its plan; ends the program as skipped where it cannot be."""
    try:
        os.close(os.open('/dev/net/tun', os.O_RDWR))
    except OSError as e:
        tap.skip_all(f'/dev/net/tun: {e.strerror}')
    try:
        new_namespace()
    except OSError as e:
        tap.skip_all(f'this user gets no network namespace: {e.strerror}')
    ip('link', 'set', 'lo', 'up')


def route(but):
    """The kernel passes packets on from one of its interfaces to another, but none from that one."""
    write('/proc/sys/net/ipv4/ip_forward', '1')
    write(f'/proc/sys/net/ipv4/conf/{but}/forwarding', '0')


def mount_small(path, kib):
    """A file system of so many KiB there, for this program alone. Behind enter(). False: it cannot be."""
    os.unshare(os.CLONE_NEWNS)
    commands = (['mount', '--make-rprivate', '/'],
                ['mount', '-t', 'tmpfs', '-o', f'size={kib}k', 'tmpfs', path])
    return all(subprocess.run(c, capture_output=True).returncode == 0 for c in commands)


def unmount(path):
    subprocess.run(['umount', '--lazy', path], check=True)


def ip(*args):
    done = subprocess.run(['ip', *args], capture_output=True, text=True)
    tap.check(done.returncode == 0, f'ip {" ".join(args)}: {done.stderr.strip()}')


@contextlib.contextmanager
def hold_tap(name):
    """An interface that somebody else has."""
    TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
    fd = os.open('/dev/net/tun', os.O_RDWR)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TAP | IFF_NO_PI))
        yield
    finally:
        os.close(fd)


def join(iface=IFACE):
    """The kernel's end of the TAP. net_tap gives it the port's own MAC: it needs another."""
    ip('link', 'set', iface, 'address', CLIENT_MAC)
    ip('link', 'set', iface, 'addrgenmode', 'none')
    ip('address', 'add', f'{CLIENT_IP}/{PREFIX_LEN}', 'dev', iface)
    ip('link', 'set', iface, 'up')
