/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "body.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <recordtls/openssl.h>

enum {
	PIECE_LEN = 16384, /* a full record; reading it may have to wait for a disk */
};

void
body_init(struct body *b)
{
	*b = (struct body){ .fd = -1 };
}

int
body_open(struct body *b, struct rtls_stack *stack, SSL *ssl, int fd)
{
	struct rtls_ssl_status status = { .size = sizeof(status) };
	struct stat st;
	int rc;

	rc = rtls_ssl_status(ssl, &status);
	if (rc < 0)
		return rc;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (status.tx_handed_over)
		rc = rtls_file_open(stack, fd, NULL, &b->file);
	else
		b->fd = fd;
	b->off = 0;
	b->len = (uint64_t)st.st_size;
	return rc;
}

/* What is not taken is read again: no connection needs a buffer of its own. */
static ssize_t
send_piece(struct body *b, SSL *ssl)
{
	static uint8_t piece[PIECE_LEN]; /* there is one thread */
	uint64_t left = b->len - b->off;
	ssize_t n = pread(b->fd, piece, left < PIECE_LEN ? left : PIECE_LEN, (off_t)b->off);

	if (n <= 0)
		return n < 0 ? -EIO : 0;
	return rtls_ssl_send(ssl, piece, (size_t)n, 0);
}

ssize_t
body_send(struct body *b, struct rtls_sock *k, SSL *ssl)
{
	ssize_t n = b->file != NULL ? rtls_sendfile(k, b->file, b->off, b->len - b->off, 0) :
				      send_piece(b, ssl);

	if (n > 0)
		b->off += (uint64_t)n;
	return n;
}

void
body_close(struct body *b)
{
	if (b->file != NULL)
		rtls_file_put(b->file);
	if (b->fd >= 0)
		close(b->fd);
	body_init(b);
}
