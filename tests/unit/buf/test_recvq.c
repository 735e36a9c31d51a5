/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What arrives in any order, waits behind gaps, and is dropped or read. */
#include <errno.h>

#include "unit/buf/recvq_bench.h"

/* Three segments of 600, 700 and 800 bytes in every order. */
static void
test_orders(void)
{
	static const uint8_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	static const uint32_t off[] = { 0, 600, 1300 }, len[] = { 600, 700, 800 };

	for (size_t i = 0; i < HARNESS_COUNT(orders); i++)
		for (uint32_t seg_len = 300; seg_len <= 900; seg_len += 600) {
			uint8_t out[2100];
			struct recvq q;

			recvq_init(&q, START, &recvq_shared);
			for (int k = 0; k < 3; k++) {
				int s = orders[i][k];

				CU_ASSERT_EQUAL(insert(&q, START + off[s], len[s], seg_len), 0);
				check_queue(&q);
			}
			CU_ASSERT_EQUAL(runs_held(&q), 0);
			CU_ASSERT_EQUAL(recvq_room_held(&q), 0);
			CU_ASSERT_EQUAL_FATAL(recvq_len(&q), 2100);
			recvq_peek(&q, 0, out, 2100);
			CU_ASSERT(pattern_is(out, START, 2100));
			recvq_consume(&q, 2100);
			CU_ASSERT_EQUAL(q.room_used, 0);
			CU_ASSERT_EQUAL(fixture_in_use(), 0);
		}
}

static void
test_too_many_runs(void)
{
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	for (uint64_t i = 1; i <= TCP_RANGES_MAX; i++)
		CU_ASSERT_EQUAL(insert(&q, 1000 * i, 500, 500), 0);
	/* One too many: in front, between and behind. */
	CU_ASSERT_EQUAL(insert(&q, 500, 100, 100), -ENOSPC);
	CU_ASSERT_EQUAL(insert(&q, 1700, 100, 100), -ENOSPC);
	CU_ASSERT_EQUAL(insert(&q, 1000000, 100, 100), -ENOSPC);
	check_queue(&q);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
	/* What joins a run needs none: behind, in front, between two. */
	CU_ASSERT_EQUAL(insert(&q, 1500, 400, 400), 0);
	CU_ASSERT_EQUAL(insert(&q, 1900, 100, 100), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(insert(&q, 700, 200, 200), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
	CU_ASSERT_EQUAL(insert(&q, 900, 100, 100), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(insert(&q, 3900, 100, 100),
			0); /* in front of a run, with a gap before it */
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	check_queue(&q);
	/* In order always fits. */
	CU_ASSERT_EQUAL(insert(&q, 0, 700, 700), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 2500);
	check_queue(&q);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* What waits comes from a pool: who finds it empty keeps his packet, until somebody has none. */
static void
test_empty_pool(void)
{
	struct recvq q[FIXTURE_HELD + 1];
	uint32_t i;

	for (i = 0; i <= FIXTURE_HELD; i++)
		recvq_init(&q[i], 0, &recvq_shared);
	for (i = 0; i < FIXTURE_HELD; i++)
		CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), -ENOMEM);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 1000, 500, 0), -ENOMEM);
	check_queue(&q[i]);
	CU_ASSERT_PTR_NULL(recvq_ranges(&q[i]));
	CU_ASSERT_EQUAL(q[i].room_used, 0);
	/* In order it needs none; and who holds some already takes more. */
	CU_ASSERT_EQUAL(insert(&q[i], 0, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[0], 2000, 500, 500), 0);
	/* Filled, dropped, or read past: each gives it back. */
	CU_ASSERT_EQUAL(insert(&q[0], 0, 1000, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), -ENOMEM);
	CU_ASSERT_EQUAL(insert(&q[0], 1500, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), 0);
	CU_ASSERT(recvq_drop_held(&q[i]) > 0);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 500, 500, 1500), 0);
	CU_ASSERT_EQUAL(insert(&q[0], 3000, 500, 500), 0);
	for (i = 0; i <= FIXTURE_HELD; i++)
		recvq_fini(&q[i]);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Nobody reads any more: no bytes stay, but where they were, and where more came. */
static void
test_discard(void)
{
	static const struct tcp_range want[] = { { 600, 700 }, { 1000, 1700 }, { 2000, 2100 } };
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(insert(&q, 0, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q, 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q, 2000, 100, 100), 0);
	recvq_discard(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 1); /* the ranges */
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(recvq_room_held(&q), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 1500, 200, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 600, 100, 500), 0);
	CU_ASSERT_EQUAL_FATAL(runs_held(&q), HARNESS_COUNT(want));
	for (size_t i = 0; i < HARNESS_COUNT(want); i++)
		CU_ASSERT(q.held->at.r[i].start == want[i].start &&
			  q.held->at.r[i].end == want[i].end);
	CU_ASSERT_EQUAL(recvq_pass(&q, 500, 100, 700), 0);
	CU_ASSERT_EQUAL(runs_held(&q), 2);
	CU_ASSERT_EQUAL(recvq_pass(&q, 700, 1300, 2100), 0);
	CU_ASSERT_PTR_NULL(recvq_ranges(&q));
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
	/* With bytes that wait still, which went out of sight when the owner did: they go, too. */
	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(insert(&q, 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 1500, 500, 0), 0);
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
test_drop_held(void)
{
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(recvq_drop_held(&q), 0);
	CU_ASSERT_EQUAL(insert(&q, 0, 1000, 1000), 0);
	CU_ASSERT_EQUAL(insert(&q, 2000, 1000, 400), 0);
	CU_ASSERT_EQUAL(insert(&q, 4000, 1000, 1000), 0);
	CU_ASSERT_EQUAL(recvq_drop_held(&q), 4 * FIXTURE_RX_ROOM);
	check_queue(&q);
	CU_ASSERT_EQUAL(runs_held(&q), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 1000);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	/* They come again. */
	CU_ASSERT_EQUAL(insert(&q, 1000, 2000, 1000), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 3000);
	check_queue(&q);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(recvq_len(&q), 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* A window of the stream as TCP would accept it: which bytes are here. */
static void
test_random(void)
{
	enum { WINDOW = 20000, STEPS = 400 };
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 300 : 30;
	static bool here[WINDOW + 1];

	for (int round = 0; round < rounds; round++) {
		uint64_t read = harness_rand(&seed) >> 1; /* read position */
		struct recvq q;

		memset(here, 0, sizeof(here));
		recvq_init(&q, read, &recvq_shared);
		q.shared = round % 2 == 0 ? &recvq_shared : &recvq_shared_tails;
		for (int step = 0; step < STEPS; step++) {
			uint64_t r = harness_rand(&seed);
			uint32_t at, len = 0, in_order = 0;
			uint8_t out[WINDOW];

			if ((r & 7) < 6) {
				/* The new bytes of one segment: up to those that are not. */
				uint32_t max = r & 8 ? 1460 : 40,
					 seg = max / 30 + 1 + (r >> 4) % 500;
				bool shared = round % 3 != 0 && (r & 0x20) != 0;

				at = (uint32_t)((r >> 16) % WINDOW);
				while (r & 16 && at > 0 && !here[at - 1])
					at--; /* mostly right behind something */
				while (len < max && at + len < WINDOW && !here[at + len])
					len++;
				if (len == 0 || fixture_in_use() > 600)
					continue;
				if (insert_as(&q, read + at, len, seg, shared) == 0)
					memset(here + at, true, len);
				else
					CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
			} else if ((r & 63) == 63) {
				recvq_drop_held(&q);
				memset(here + recvq_len(&q), false, WINDOW - recvq_len(&q));
			} else if (recvq_len(&q) > 0) {
				len = (uint32_t)(1 + (r >> 16) % recvq_len(&q));
				recvq_peek(&q, 0, out, len);
				CU_ASSERT_FATAL(pattern_is(out, read, len));
				at = (uint32_t)((r >> 40) % len);
				recvq_peek(&q, at, out, len - at);
				CU_ASSERT_FATAL(pattern_is(out, read + at, len - at));
				recvq_consume(&q, len);
				read += len;
				memmove(here, here + len, WINDOW - len);
				memset(here + WINDOW - len, false, len);
			}
			while (here[in_order])
				in_order++;
			CU_ASSERT_EQUAL_FATAL(recvq_len(&q), in_order);
			CU_ASSERT_EQUAL_FATAL(q.ready.off, read);
			check_queue(&q);
		}
		recvq_fini(&q);
		CU_ASSERT_EQUAL_FATAL(fixture_in_use(), 0);
	}
}

/* The packet of [off, end_off) would have these in its middle, and no others. */
static void
test_encloses(void)
{
	static const struct {
		uint32_t off, end_off;
		bool encloses;
	} rows[] = {
		/* Waiting: 1000 to 1500, and 2000 to 2100. In order: up to 500. */
		{ 500, 600, false },   { 500, 1000, false },  { 500, 1001, false },
		{ 500, 1500, false },  { 500, 1501, true },   { 999, 1501, true },
		{ 999, 1500, false },  { 1000, 1501, false }, { 1000, 1500, false },
		{ 1100, 1400, false }, { 1500, 2000, false }, { 1500, 2100, false },
		{ 1500, 2101, true },  { 1000, 2100, false }, { 1000, 2101, true },
		{ 999, 2100, true },   { 500, 60000, true },  { 2100, 60000, false },
		{ 400, 600, false },
	};
	struct recvq q;

	recvq_init(&q, START, &recvq_shared);
	CU_ASSERT(!recvq_encloses(&q, START + 500, 60000));
	CU_ASSERT_EQUAL(insert(&q, START, 500, 500), 0);
	CU_ASSERT(!recvq_encloses(&q, START, 60000));
	CU_ASSERT_EQUAL(insert(&q, START + 2000, 100, 100), 0);
	CU_ASSERT_EQUAL(insert(&q, START + 1000, 500, 500), 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(
			recvq_encloses(&q, START + rows[i].off, rows[i].end_off - rows[i].off),
			rows[i].encloses);
	/* What is dropped is in nobody's middle. */
	recvq_drop_held(&q);
	CU_ASSERT(!recvq_encloses(&q, START + 500, 60000));
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "three segments in every order", test_orders },
		{ "one run too many is refused, joining needs none", test_too_many_runs },
		{ "what waits comes from a pool, which may be empty", test_empty_pool },
		{ "nobody reads any more: where bytes were stays known", test_discard },
		{ "held runs can be dropped and come again", test_drop_held },
		{ "what lies around bytes that wait", test_encloses },
		{ "random segments against a map of bytes", test_random },
	};

	return fixture_start("buf-recvq") ? harness_run("buf/recvq", cases, HARNESS_COUNT(cases)) :
					    1;
}
