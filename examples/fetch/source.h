/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The file that is sent. librecordtls reads and seals it where OpenSSL has handed its keys over; else it
 * is read here, and OpenSSL seals.
 */
#ifndef FETCH_SOURCE_H
#define FETCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

struct source {
	int fd;
	uint64_t len;
	uint64_t off;           /* bytes that were sent */
	struct rtls_file *file; /* NULL: it is read here */
};

/* False: one sentence was printed. */
bool source_open(struct source *s, const char *path);

/* Behind the handshake: who reads it. 0 or -errno. */
int source_start(struct source *s, struct rtls_stack *stack, SSL *ssl);

/* Sends some. Bytes, or -errno as of rtls_ssl_send(); 0: the file has become shorter. */
ssize_t source_send(struct source *s, struct rtls_sock *sock, SSL *ssl);

void source_close(struct source *s);

#endif
