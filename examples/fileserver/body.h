/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The file behind the head of an answer. librecordtls reads and seals it, where OpenSSL has
 * handed its keys over; otherwise it is read here, and OpenSSL seals.
 */
#ifndef FILESERVER_BODY_H
#define FILESERVER_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

struct body {
	struct rtls_file *file; /* for rtls_sendfile(), or NULL */
	int fd;                 /* for rtls_ssl_send(), or -1 */
	uint64_t off;           /* bytes that were sent */
	uint64_t len;
};

/* No file. */
void body_init(struct body *b);

/* Takes fd on success: 0 or -errno. */
int body_open(struct body *b, struct rtls_stack *stack, SSL *ssl, int fd);

static inline bool
body_is_open(const struct body *b)
{
	return b->file != NULL || b->fd >= 0;
}

/*
 * Sends on, whenever rtls_ssl_service() has just returned 0. Bytes taken; 0: the file has
 * become shorter; or an errno as of rtls_sendfile().
 */
ssize_t body_send(struct body *b, struct rtls_sock *k, SSL *ssl);

/* Also where there is none. */
void body_close(struct body *b);

#endif
