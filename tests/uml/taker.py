# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""In User-Mode Linux: takes one file over HTTPS (PUT), in pieces, and writes it. Usage: taker.py CHAIN KEY FILE"""
import socket
import ssl
import sys

PIECE = 65536


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    with socket.create_server(('', 443)) as listener:
        c = context.wrap_socket(listener.accept()[0], server_side=True)
    stream, left = c.makefile('rb'), 0
    while (line := stream.readline()) not in (b'\r\n', b''):
        name, _, value = line.partition(b':')
        left = int(value) if name.lower() == b'content-length' else left
    with open(sys.argv[3], 'wb') as out:
        while left > 0 and (piece := stream.read(min(left, PIECE))):
            out.write(piece)
            left -= len(piece)
    c.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    c.unwrap()


main()
