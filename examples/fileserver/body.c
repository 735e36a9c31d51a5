/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "body.h"

#include <errno.h>
#include <unistd.h>

#include <recordtls/openssl.h>

enum {
	PIECE_LEN = 16384, /* a full record; reading it may have to wait for a disk */
};

void
body_init(struct body *b)
{
	*b = (struct body){ .way = BODY_NONE };
}

void
body_release(void *handle)
{
	rtls_file_put(handle);
}

/* The first who sends it so gives it to the stack, for all who do after him. 0 or -errno. */
static int
choose_way(struct body *b, struct rtls_stack *stack, SSL *ssl)
{
	struct rtls_ssl_status status = { .size = sizeof(status) };
	struct rtls_file *handle;
	int rc;

	if (b->file->bytes != NULL) {
		b->way = BODY_MEMORY;
		return 0;
	}
	rc = rtls_ssl_status(ssl, &status);
	if (rc < 0)
		return rc;
	if (!status.tx_handed_over) {
		b->way = BODY_PIECES;
		return 0;
	}
	if (b->file->handle == NULL) {
		rc = rtls_file_open(stack, b->file->fd, NULL, &handle);
		if (rc < 0)
			return rc;
		b->file->handle = handle;
	}
	b->way = BODY_SENDFILE;
	return 0;
}

int
body_open(struct body *b, struct file_cache *files, const char *path, uint64_t now_us,
	  struct rtls_stack *stack, SSL *ssl)
{
	int status = file_cache_open(files, path, now_us, &b->file), rc;

	if (status != 200)
		return status;
	b->files = files;
	b->off = 0;
	b->len = b->file->size;
	rc = choose_way(b, stack, ssl);
	if (rc == 0)
		return 200;
	file_cache_put(files, b->file);
	body_init(b);
	return rc == -ENOMEM ? 503 : 404;
}

/* What is not taken is read again: no connection needs a buffer of its own. */
static ssize_t
send_piece(struct body *b, SSL *ssl)
{
	static uint8_t piece[PIECE_LEN]; /* there is one thread */
	uint64_t left = b->len - b->off;
	ssize_t n = pread(b->file->fd, piece, left < PIECE_LEN ? left : PIECE_LEN, (off_t)b->off);

	if (n <= 0)
		return n < 0 ? -EIO : 0;
	return rtls_ssl_send(ssl, piece, (size_t)n, 0);
}

ssize_t
body_send(struct body *b, struct rtls_sock *k, SSL *ssl)
{
	uint64_t left = b->len - b->off;
	ssize_t n = 0;

	switch (b->way) {
	case BODY_NONE:
		break;
	case BODY_MEMORY:
		n = rtls_ssl_send(ssl, b->file->bytes + b->off, left, 0);
		break;
	case BODY_SENDFILE:
		n = rtls_sendfile(k, b->file->handle, b->off, left, 0);
		break;
	case BODY_PIECES:
		n = send_piece(b, ssl);
		break;
	}
	if (n > 0)
		b->off += (uint64_t)n;
	return n;
}

void
body_close(struct body *b)
{
	if (b->way != BODY_NONE)
		file_cache_put(b->files, b->file);
	body_init(b);
}
