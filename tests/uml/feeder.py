# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""In User-Mode Linux: runs a command whose input is these pieces, and does not end. Usage: feeder.py PIECE... -- COMMAND

A piece is text, with escapes as \\r, or a file's bytes: @FILE. None is read together with another one: what is a command to
openssl s_client is one as a whole."""
import codecs
import socket
import subprocess
import sys

READ = 8192    # less than a read of s_client's


def bytes_of(piece):
    if not piece.startswith('@'):
        return codecs.decode(piece, 'unicode_escape').encode('latin-1')
    with open(piece[1:], 'rb') as f:
        return f.read()


def main():
    end = sys.argv.index('--')
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(sys.argv[end + 1:], stdin=theirs)
    theirs.close()
    try:
        for piece in map(bytes_of, sys.argv[1:end]):
            for at in range(0, len(piece), READ):
                ours.sendall(piece[at:at + READ])
    except BrokenPipeError:
        pass    # it ended, and says why
    sys.exit(process.wait())


main()
