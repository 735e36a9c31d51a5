/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/autosize.h"
#include "core/share.h"
#include "support/harness.h"

enum { RTT = 10000 };

/* Twice the window, in the room that the program's records take for a byte. */
static void
test_send(void)
{
	static const struct {
		uint64_t window, room, bytes;
		uint64_t least, most;
	} rows[] = {
		/* Nothing is held, or no more than its bytes. */
		{ 10000, 0, 0, 20000, 20000 },
		{ 10000, 4096, 0, 20000, 20000 },
		{ 10000, 4096, 4096, 20000, 20000 },
		{ 10000, 1000, 4096, 20000, 20000 },
		/* Full records; then small ones in buffers that are 2.5 times as long. */
		{ 1 << 20, 17 << 20, 16 << 20, (17 << 20) / 8 - 1024, (17 << 20) / 8 },
		{ 100000, 256 * 1000, 100 * 1000, 505000, 512000 },
		/* Byte by byte: what would be held for that has a bound. */
		{ 10000, 256000, 1000, 64 * 20000, 64 * 20000 },
		{ 10000, 17408, 1, 64 * 20000, 64 * 20000 },
		/* The greatest window that there is, and all memory. */
		{ 1 << 30, UINT32_MAX, UINT32_MAX - 1, (UINT64_C(1) << 31) - 1024,
		  UINT64_C(1) << 31 },
		{ 0, 17408, 16384, 0, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint64_t want = autosize_send(rows[i].window, rows[i].room, rows[i].bytes);

		if (want < rows[i].least || want > rows[i].most)
			printf("# row %zu: %llu\n", i, (unsigned long long)want);
		CU_ASSERT(want >= rows[i].least && want <= rows[i].most);
	}
}

/* Reads are counted over a round trip, or over more where the program takes its time. */
static void
test_recv(void)
{
	struct autosize_read r = { 0 };
	uint64_t now = 1000000, off = 0;

	/* Without a round trip there is nothing to say, however long it takes. */
	CU_ASSERT_EQUAL(autosize_recv(&r, 100000, now, 0), 0);
	CU_ASSERT_EQUAL(r.off, 0);
	off += 1000;
	CU_ASSERT_EQUAL(autosize_recv(&r, off, now, RTT), 1000 * AUTOSIZE_RECV_TIMES);
	/* The same round trip: it goes on. */
	off += 5000;
	CU_ASSERT_EQUAL(autosize_recv(&r, off, now + RTT - 1, RTT), 0);
	off += 3000;
	CU_ASSERT_EQUAL(autosize_recv(&r, off, now + RTT, RTT), 8000 * AUTOSIZE_RECV_TIMES);
	/* Nothing was read. */
	CU_ASSERT_EQUAL(autosize_recv(&r, off, now + 2 * RTT, RTT), 0);
}

/* Offsets have 64 bits and times, too; of both the low halves wrap. */
static void
test_wraps(void)
{
	struct autosize_read r = { 0 };
	uint64_t now = (UINT64_C(7) << 32) - RTT / 2, off = (UINT64_C(3) << 32) - 100;

	autosize_recv(&r, off, now, RTT);
	CU_ASSERT_EQUAL(autosize_recv(&r, off + 300, now + RTT - 1, RTT), 0);
	CU_ASSERT_EQUAL(autosize_recv(&r, off + 300, now + RTT, RTT), 300 * AUTOSIZE_RECV_TIMES);
}

static void
test_grown(void)
{
	static const struct {
		uint32_t size;
		uint64_t want, limit;
		uint32_t to;
	} rows[] = {
		{ 65536, 65536, 1 << 20, 65536 },
		{ 65536, 65537, 1 << 20, 65537 },
		{ 65536, 2 << 20, 1 << 20, 1 << 20 },
		/* It never shrinks: neither as less is wanted nor as less is there. */
		{ 65536, 0, 1 << 20, 65536 },
		{ 65536, 1 << 20, 4096, 65536 },
		{ 65536, UINT64_MAX, UINT64_MAX, UINT32_MAX },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(autosize_grown(rows[i].size, rows[i].want, rows[i].limit),
				rows[i].to);
}

/*
 * A sender in slow start, whose window doubles in each round trip, and which nothing but the path
 * stops: the window that it is told, half of the room, never does.
 */
static void
test_slow_start(void)
{
	struct autosize_read r = { 0 };
	uint32_t size = AUTOSIZE_RECV;
	uint64_t off = 0, now = 1, cwnd = 10 * 1448;

	autosize_recv(&r, off, now, 1);
	for (int round = 0; round < 10; round++, cwnd *= 2) {
		CU_ASSERT(size / 2 >= cwnd);
		off += cwnd;
		now += RTT;
		size = autosize_grown(size, autosize_recv(&r, off, now, RTT), UINT32_MAX);
	}
	/* And a steady one has it grow no more. */
	for (int round = 0; round < 100; round++) {
		off += 100000;
		now += RTT;
		CU_ASSERT_EQUAL(size,
				autosize_grown(size, autosize_recv(&r, off, now, RTT), UINT32_MAX));
	}
}

/*
 * The books of 300,000 connections that share 4 GiB, all of which want 4 MiB: whoever grows, those
 * that hold nothing find their floor, and all together hold what there is.
 */
static void
test_crowd(void)
{
	enum { CROWD = 300000, FLOOR = 4096 };
	static uint32_t size[CROWD];
	struct share_store st = { .total = UINT64_C(4) << 30,
				  .margin = UINT64_C(1) << 30,
				  .floor = FLOOR,
				  .members = CROWD };
	uint64_t rng = harness_seed();

	for (uint32_t i = 0; i < CROWD; i++)
		size[i] = 0;
	for (uint32_t k = 0; k < 2 * CROWD; k++) {
		uint32_t i = harness_below(&rng, CROWD), was = size[i];
		uint64_t limit = share_limit(&st, 4 << 20, 4 << 20);

		/* It holds at once what it may. */
		size[i] = autosize_grown(was, 4 << 20, limit);
		share_held(&st, was, size[i]);
		CU_ASSERT_FATAL(st.used + (uint64_t)(st.members - st.holders) * FLOOR <= st.total);
	}
	/* A store that is not plenty lets nobody have more than an eighth of what is free. */
	CU_ASSERT(share_limit(&st, 4 << 20, 4 << 20) < (4 << 20));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a send buffer", test_send },    { "a receive buffer", test_recv },
		{ "low halves wrap", test_wraps }, { "growing", test_grown },
		{ "slow start", test_slow_start }, { "300,000 of them", test_crowd },
	};

	return harness_run("unit/core/autosize", cases, HARNESS_COUNT(cases));
}
