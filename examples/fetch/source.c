/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <recordtls/openssl.h>

#include "common/say.h"

enum {
	PIECE_LEN = 16384, /* a full record */
};

bool
source_open(struct source *s, const char *path)
{
	struct stat st;

	*s = (struct source){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) };
	if (s->fd < 0 || fstat(s->fd, &st) < 0) {
		say("cannot read %s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		say("cannot send %s: it is no regular file", path);
	} else {
		s->len = (uint64_t)st.st_size;
		return true;
	}
	source_close(s);
	return false;
}

int
source_start(struct source *s, struct rtls_stack *stack, SSL *ssl)
{
	struct rtls_ssl_status status = { .size = sizeof(status) };
	int rc = rtls_ssl_status(ssl, &status);

	if (rc < 0 || !status.tx_handed_over)
		return rc;
	return rtls_file_open(stack, s->fd, NULL, &s->file);
}

/* What is not taken is read again. */
static ssize_t
send_piece(struct source *s, SSL *ssl)
{
	static uint8_t piece[PIECE_LEN]; /* there is one thread */
	uint64_t left = s->len - s->off;
	ssize_t n = pread(s->fd, piece, left < PIECE_LEN ? left : PIECE_LEN, (off_t)s->off);

	if (n <= 0)
		return n < 0 ? -EIO : 0;
	return rtls_ssl_send(ssl, piece, (size_t)n, 0);
}

ssize_t
source_send(struct source *s, struct rtls_sock *sock, SSL *ssl)
{
	ssize_t n;
	int rc;

	if (s->file == NULL) {
		n = send_piece(s, ssl);
	} else {
		/* Nothing is sent past what libssl owes. */
		rc = rtls_ssl_service(ssl);
		n = rc < 0 ? rc : rtls_sendfile(sock, s->file, s->off, s->len - s->off, 0);
	}
	if (n > 0)
		s->off += (uint64_t)n;
	return n;
}

void
source_close(struct source *s)
{
	rtls_file_put(s->file);
	s->file = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
