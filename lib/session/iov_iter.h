/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The buffers that a caller hands in, walked once from front to back: read when
 * sending, filled when receiving.
 */
#ifndef RTLS_SESSION_IOV_ITER_H
#define RTLS_SESSION_IOV_ITER_H

#include <limits.h>
#include <stdint.h>
#include <sys/uio.h>

#include <rte_common.h>

struct iov_iter {
	const struct iovec *iov;
	size_t off;  /* in the current piece */
	size_t left; /* bytes to the end of the last piece, at most SSIZE_MAX */
};

static inline struct iov_iter
iov_iter_of(const struct iovec *iov, unsigned int iovlen)
{
	struct iov_iter p = { .iov = iov };
	unsigned int i;

	for (i = 0; i < iovlen; i++)
		p.left += RTE_MIN(iov[i].iov_len, (size_t)SSIZE_MAX - p.left);
	return p;
}

/* Moves over up to n bytes, 0 < n <= left, that lie in one piece; returns where they are. */
static inline uint8_t *
iov_iter_next(struct iov_iter *p, size_t n, size_t *len)
{
	uint8_t *at;

	while (p->off == p->iov->iov_len) {
		p->iov++;
		p->off = 0;
	}
	at = (uint8_t *)p->iov->iov_base + p->off;
	*len = RTE_MIN(n, p->iov->iov_len - p->off);
	p->off += *len;
	p->left -= *len;
	return at;
}

/* The next n bytes, which are not more than are left: out of the pieces, into them, past them. */
void iov_iter_read(struct iov_iter *p, uint8_t *dst, size_t n);
void iov_iter_write(struct iov_iter *p, const uint8_t *src, size_t n);
void iov_iter_skip(struct iov_iter *p, size_t n);

/* Lists the next n > 0 bytes without moving; returns how many pieces, 0 when max is too small. */
uint16_t iov_iter_iov(const struct iov_iter *p, size_t n, struct iovec *iov, uint16_t max);

#endif
