/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/bounce.h"

#include <string.h>

#include "buf/wipe.h"

enum { CACHE_LINE = 64 };

struct list {
	const uint8_t *first; /* NULL: no bytes */
	size_t len;
	uint32_t pieces;
};

static struct list
look(const struct iovec *iov, uint16_t cnt)
{
	struct list l = { 0 };
	const uint8_t *end = NULL;

	for (uint16_t i = 0; i < cnt; i++) {
		if (iov[i].iov_len == 0)
			continue;
		if (l.first == NULL)
			l.first = iov[i].iov_base;
		l.pieces += iov[i].iov_base != end;
		l.len += iov[i].iov_len;
		end = (const uint8_t *)iov[i].iov_base + iov[i].iov_len;
	}
	return l;
}

enum bounce_way
bounce_way(const struct crypto_job *j, unsigned int layouts, uint32_t pieces_max, uint32_t *len)
{
	struct list src = look(j->src, j->src_cnt), dst = look(j->dst, j->dst_cnt);
	bool dst_linear = dst.pieces <= 1, dst_fits = dst.pieces <= pieces_max;
	bool linear = dst_linear && src.pieces <= 1;
	bool fits = dst_fits && src.pieces <= pieces_max;
	bool in = dst_linear || ((layouts & BOUNCE_IN_CHAIN) != 0 && dst_fits);

	if (src.len != dst.len || src.len > CRYPTO_JOB_MAX)
		return BOUNCE_NONE;
	*len = (uint32_t)src.len;
	if (src.first == dst.first)
		return in ? BOUNCE_IN : BOUNCE_BUFFER;
	if ((layouts & (linear ? BOUNCE_OUT_LINEAR : BOUNCE_OUT_CHAIN)) != 0 && fits)
		return BOUNCE_OUT;
	return in ? BOUNCE_COPY_IN : BOUNCE_BUFFER;
}

/* These bytes are written soon: each of their lines would stop the copy in front of it. */
static void
expect_writes(const uint8_t *bytes, size_t len)
{
	for (size_t off = 0; off < len; off += CACHE_LINE)
		__builtin_prefetch(bytes + off, 1);
}

/* As many bytes as both lists have, which are cut in any way. */
static void
copy(const struct iovec *dst, uint16_t dst_cnt, const struct iovec *src, uint16_t src_cnt)
{
	size_t src_off = 0, dst_off = 0, n, room;
	uint16_t src_i = 0, dst_i = 0;
	uint8_t *to;

	while (src_i < src_cnt && dst_i < dst_cnt) {
		n = src[src_i].iov_len - src_off;
		room = dst[dst_i].iov_len - dst_off;
		if (n > room)
			n = room;
		to = (uint8_t *)dst[dst_i].iov_base + dst_off;
		if (n > 0) {
			expect_writes(to + n, n < room - n ? n : room - n);
			memcpy(to, (const uint8_t *)src[src_i].iov_base + src_off, n);
		}
		src_off += n;
		dst_off += n;
		if (src_off == src[src_i].iov_len) {
			src_i++;
			src_off = 0;
		}
		if (dst_off == dst[dst_i].iov_len) {
			dst_i++;
			dst_off = 0;
		}
	}
}

void
bounce_copy(const struct crypto_job *j)
{
	copy(j->dst, j->dst_cnt, j->src, j->src_cnt);
}

void
bounce_gather(const struct crypto_job *j, uint8_t *buffer)
{
	const struct iovec all = { .iov_base = buffer, .iov_len = CRYPTO_JOB_MAX };

	copy(&all, 1, j->src, j->src_cnt);
}

void
bounce_scatter(const struct crypto_job *j, const uint8_t *buffer)
{
	const struct iovec all = { .iov_base = (void *)(uintptr_t)buffer,
				   .iov_len = CRYPTO_JOB_MAX };

	copy(j->dst, j->dst_cnt, &all, 1);
}

void
bounce_wipe(const struct crypto_job *j)
{
	for (uint16_t i = 0; i < j->dst_cnt; i++)
		buf_wipe(j->dst[i].iov_base, j->dst[i].iov_len);
}
