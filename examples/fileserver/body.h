/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The file behind the head of an answer. From memory where the cache has it; else librecordtls reads
 * and seals it, where OpenSSL has handed its keys over; otherwise it is read here, and OpenSSL seals.
 */
#ifndef FILESERVER_BODY_H
#define FILESERVER_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "file_cache.h"

/* How it is sent, from its first byte to its last. */
enum body_way {
	BODY_NONE,
	BODY_MEMORY,
	BODY_SENDFILE,
	BODY_PIECES, /* read by and by, for rtls_ssl_send() */
};

struct body {
	enum body_way way;
	struct shared_file *file; /* unless there is none */
	struct file_cache *files; /* whose it is */
	uint64_t off;             /* bytes that were sent */
	uint64_t len;
};

/* No file. */
void body_init(struct body *b);

/* What a cache of files needs to know of them: file_cache_conf. */
void body_release(void *handle);

/* A status as of path_open(). */
int body_open(struct body *b, struct file_cache *files, const char *path, uint64_t now_us,
	      struct rtls_stack *stack, SSL *ssl);

static inline bool
body_is_open(const struct body *b)
{
	return b->way != BODY_NONE;
}

/*
 * Sends on; with BODY_SENDFILE whenever rtls_ssl_service() has just returned 0. Bytes taken; 0: the
 * file has become shorter; or an errno as of rtls_sendfile().
 */
ssize_t body_send(struct body *b, struct rtls_sock *k, SSL *ssl);

/* Also where there is none. */
void body_close(struct body *b);

#endif
