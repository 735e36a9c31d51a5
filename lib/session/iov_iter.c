/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/iov_iter.h"

#include <string.h>

#include <rte_common.h>

void
iov_iter_read(struct iov_iter *p, uint8_t *dst, size_t n)
{
	const uint8_t *at;
	size_t len;

	for (; n > 0; n -= len, dst += len) {
		at = iov_iter_next(p, n, &len);
		memcpy(dst, at, len);
	}
}

void
iov_iter_write(struct iov_iter *p, const uint8_t *src, size_t n)
{
	uint8_t *at;
	size_t len;

	for (; n > 0; n -= len, src += len) {
		at = iov_iter_next(p, n, &len);
		memcpy(at, src, len);
	}
}

void
iov_iter_skip(struct iov_iter *p, size_t n)
{
	size_t len;

	for (; n > 0; n -= len)
		iov_iter_next(p, n, &len);
}

uint16_t
iov_iter_iov(const struct iov_iter *p, size_t n, struct iovec *iov, uint16_t max)
{
	struct iov_iter at = *p;
	uint16_t cnt;

	for (cnt = 0; n > 0; cnt++) {
		if (cnt == max)
			return 0;
		iov[cnt].iov_base = iov_iter_next(&at, n, &iov[cnt].iov_len);
		n -= iov[cnt].iov_len;
	}
	return cnt;
}
