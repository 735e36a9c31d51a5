/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The buffers that a caller hands in, walked once from front to back: read when
 * sending, filled when receiving.
 */
#ifndef RTLS_SESSION_PIECES_H
#define RTLS_SESSION_PIECES_H

#include <stdint.h>
#include <sys/uio.h>

struct pieces {
	const struct iovec *iov;
	size_t off;  /* in the current piece */
	size_t left; /* bytes to the end of the last piece, at most SSIZE_MAX */
};

struct pieces pieces_of(const struct iovec *iov, unsigned int iovlen);

/* Moves over up to n bytes, 0 < n <= left, that lie in one piece; returns where they are. */
uint8_t *pieces_next(struct pieces *p, size_t n, size_t *len);

/* The next n bytes, which are not more than are left: out of the pieces, into them, past them. */
void pieces_read(struct pieces *p, uint8_t *dst, size_t n);
void pieces_write(struct pieces *p, const uint8_t *src, size_t n);
void pieces_skip(struct pieces *p, size_t n);

/* Lists the next n > 0 bytes without moving; returns how many pieces, 0 when max is too small. */
uint16_t pieces_iov(const struct pieces *p, size_t n, struct iovec *iov, uint16_t max);

#endif
