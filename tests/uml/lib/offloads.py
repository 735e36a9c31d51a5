# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""What a kernel does to packets of an interface besides passing them on. As a program: offloads.py IFACE WORD..."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
# include/uapi/linux/ethtool.h: ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_SGRO
WORDS = {'rx-checksums': 0x15, 'tx-checksums': 0x17, 'joining': 0x2c}


def switch_off(name, *words):
    for word in words:
        value = array.array('B', struct.pack('II', WORDS[word], 0))
        with socket.socket() as s:
            fcntl.ioctl(s, SIOCETHTOOL, struct.pack('16sQ', name.encode(), value.buffer_info()[0]))


if __name__ == '__main__':
    switch_off(*sys.argv[1:])
