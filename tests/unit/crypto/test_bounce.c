/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which way a job goes; that its bytes get there is tested with the providers. */
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "crypto/bounce.h"
#include "support/harness.h"

enum {
	L = BOUNCE_IN_LINEAR,
	C = BOUNCE_IN_LINEAR | BOUNCE_IN_CHAIN,
	OL = BOUNCE_IN_LINEAR | BOUNCE_OUT_LINEAR,
	OC = BOUNCE_IN_LINEAR | BOUNCE_OUT_CHAIN,
	PIECES_MAX = 3,
};

/* Pieces as {place, length}; the end is a place of -1. */
struct piece {
	int at;
	size_t len;
};

static uint16_t
list(struct iovec *iov, uint8_t *mem, const struct piece *pieces)
{
	uint16_t n = 0;

	for (; pieces[n].at >= 0; n++)
		iov[n] = (struct iovec){ mem + pieces[n].at, pieces[n].len };
	return n;
}

#define END { -1, 0 }

static void
test_ways(void)
{
	static const struct {
		struct piece src[6], dst[6];
		unsigned int layouts;
		enum bounce_way way;
	} rows[] = {
		/* In place. */
		{ { { 0, 10 }, END }, { { 0, 10 }, END }, L, BOUNCE_IN },
		{ { { 0, 10 }, END }, { { 0, 4 }, { 4, 6 }, END }, L, BOUNCE_IN },
		{ { { 50, 0 }, { 0, 10 }, END },
		  { { 0, 4 }, { 9, 0 }, { 4, 6 }, END },
		  L,
		  BOUNCE_IN },
		{ { { 0, 4 }, { 5, 6 }, END }, { { 0, 4 }, { 5, 6 }, END }, L, BOUNCE_BUFFER },
		{ { { 0, 4 }, { 5, 6 }, END }, { { 0, 4 }, { 5, 6 }, END }, C, BOUNCE_IN },
		{ { { 0, 1 }, { 2, 1 }, { 4, 1 }, END },
		  { { 0, 1 }, { 2, 1 }, { 4, 1 }, END },
		  C,
		  BOUNCE_IN },
		{ { { 0, 1 }, { 2, 1 }, { 4, 1 }, { 6, 1 }, END },
		  { { 0, 1 }, { 2, 1 }, { 4, 1 }, { 6, 1 }, END },
		  C,
		  BOUNCE_BUFFER },
		/* No bytes at all. */
		{ { END }, { END }, L, BOUNCE_IN },
		{ { { 0, 0 }, END }, { { 50, 0 }, { 60, 0 }, END }, L, BOUNCE_IN },
		/* Out of place. */
		{ { { 0, 10 }, END }, { { 50, 10 }, END }, L, BOUNCE_COPY_IN },
		{ { { 0, 10 }, END }, { { 50, 10 }, END }, OL, BOUNCE_OUT },
		{ { { 0, 10 }, END }, { { 50, 10 }, END }, OC, BOUNCE_COPY_IN },
		{ { { 0, 4 }, { 4, 6 }, END }, { { 50, 10 }, END }, OL, BOUNCE_OUT },
		{ { { 0, 4 }, { 5, 6 }, END }, { { 50, 10 }, END }, OL, BOUNCE_COPY_IN },
		{ { { 0, 4 }, { 5, 6 }, END }, { { 50, 10 }, END }, OC, BOUNCE_OUT },
		{ { { 0, 10 }, END }, { { 50, 4 }, { 60, 6 }, END }, OL, BOUNCE_BUFFER },
		{ { { 0, 10 }, END }, { { 50, 4 }, { 60, 6 }, END }, C, BOUNCE_COPY_IN },
		{ { { 0, 10 }, END }, { { 50, 4 }, { 60, 6 }, END }, OC, BOUNCE_OUT },
		{ { { 0, 4 }, END },
		  { { 50, 1 }, { 52, 1 }, { 54, 1 }, { 56, 1 }, END },
		  OC | C,
		  BOUNCE_BUFFER },
		{ { { 0, 1 }, { 2, 1 }, { 4, 1 }, { 6, 1 }, END },
		  { { 50, 4 }, END },
		  OC,
		  BOUNCE_COPY_IN },
		/* None. */
		{ { { 0, 10 }, END }, { { 50, 9 }, END }, L, BOUNCE_NONE },
		{ { { 0, 10 }, END }, { { 0, 9 }, END }, L, BOUNCE_NONE },
		{ { END }, { { 0, 1 }, END }, L, BOUNCE_NONE },
		{ { { 0, CRYPTO_JOB_MAX }, END }, { { 0, CRYPTO_JOB_MAX }, END }, L, BOUNCE_IN },
		{ { { 0, CRYPTO_JOB_MAX + 1 }, END },
		  { { 0, CRYPTO_JOB_MAX + 1 }, END },
		  L,
		  BOUNCE_NONE },
	};
	static uint8_t mem[CRYPTO_JOB_MAX + 1];
	struct iovec src[6], dst[6];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct crypto_job j = { .src = src, .dst = dst };
		uint32_t len = 0, want = 0;

		j.src_cnt = list(src, mem, rows[i].src);
		j.dst_cnt = list(dst, mem, rows[i].dst);
		for (uint16_t n = 0; n < j.src_cnt; n++)
			want += (uint32_t)src[n].iov_len;
		CU_ASSERT_EQUAL(bounce_way(&j, rows[i].layouts, PIECES_MAX, &len), rows[i].way);
		CU_ASSERT(rows[i].way == BOUNCE_NONE || len == want);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the way of a job", test_ways },
	};

	return harness_run("crypto/bounce", cases, HARNESS_COUNT(cases));
}
