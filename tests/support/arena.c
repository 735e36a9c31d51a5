/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/arena.h"

#include <string.h>

#include "support/harness.h"

enum { GAP_BYTE = 0xa5 };

uint16_t
arena_cut(struct iovec *iov, uint8_t *mem, uint32_t len, unsigned int pieces, uint64_t *rng)
{
	for (unsigned int i = 0; i < pieces; i++) {
		uint32_t n = harness_below(rng, len + 1);

		switch (harness_below(rng, 4)) {
		case 0:
			n = 0;
			break;
		case 1:
			n = len != 0;
			break;
		case 2:
			n = len < 16 ? len : 16;
			break;
		}
		if (i + 1 == pieces)
			n = len;
		iov[i].iov_base = mem;
		iov[i].iov_len = n;
		mem += n;
		len -= n;
	}
	return (uint16_t)pieces;
}

void
arena_scatter(struct arena *a, uint32_t len, unsigned int pieces, const uint8_t *bytes,
	      uint64_t *rng)
{
	uint8_t *at = a->mem;

	memset(a->mem, GAP_BYTE, sizeof(a->mem));
	a->cnt = arena_cut(a->iov, a->mem, len, pieces, rng);
	for (uint16_t i = 0; i < a->cnt; i++) {
		at += 1 + harness_below(rng, ARENA_GAP);
		a->iov[i].iov_base = at;
		if (bytes != NULL) {
			memcpy(at, bytes, a->iov[i].iov_len);
			bytes += a->iov[i].iov_len;
		} else {
			memset(at, 0, a->iov[i].iov_len);
		}
		at += a->iov[i].iov_len;
	}
}

bool
arena_holds(struct arena *a, const uint8_t *bytes)
{
	for (uint16_t i = 0; i < a->cnt; i++) {
		uint8_t *at = a->iov[i].iov_base;

		for (size_t b = 0; b < a->iov[i].iov_len; b++) {
			if (at[b] != (bytes != NULL ? *bytes++ : 0))
				return false;
			at[b] = GAP_BYTE;
		}
	}
	for (size_t b = 0; b < sizeof(a->mem); b++)
		if (a->mem[b] != GAP_BYTE)
			return false;
	return true;
}
