/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/undo.h"

static const struct tcp_cc cc = { .cwnd = 20000, .ssthresh = 15000, .mss = 1000 };

/* RFC 3522: the ACK that moves over the gap echoes what was said before the retransmission. */
static void
test_echo(void)
{
	static const struct {
		uint32_t first_ts;
		uint64_t una;
		uint32_t ts_ecr;
		bool vain;
	} rows[] = {
		{ 1000, 5001, 999, true },
		{ 1000, 5001, 1000, false },
		{ 1000, 5001, 1001, false },
		{ 1000, 5000, 999, false },
		{ 1000, 4000, 1, false },
		{ 10, 9000, UINT32_MAX - 10, true },
		{ UINT32_MAX - 10, 9000, 10, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_undo u;

		tcp_undo_begin(&u, &cc, 5000);
		/* Nothing was sent again: whatever it echoes. */
		CU_ASSERT_FALSE(tcp_undo_echoed(&u, rows[i].una, rows[i].ts_ecr));
		tcp_undo_sent(&u, 1000, rows[i].first_ts);
		tcp_undo_sent(&u, 1000, rows[i].first_ts + 500);
		CU_ASSERT_EQUAL(tcp_undo_echoed(&u, rows[i].una, rows[i].ts_ecr), rows[i].vain);
		CU_ASSERT_EQUAL(u.before.cwnd, 20000);
		tcp_undo_end(&u);
		CU_ASSERT_FALSE(tcp_undo_echoed(&u, rows[i].una, rows[i].ts_ecr));
	}
}

/* RFC 3708: of each retransmission it is known that it came twice. */
static void
test_doubled(void)
{
	struct tcp_undo u;

	tcp_undo_begin(&u, &cc, 0);
	CU_ASSERT_FALSE(tcp_undo_doubled(&u, 5000)); /* forged: nothing was sent again */
	tcp_undo_sent(&u, 1000, 1);
	tcp_undo_sent(&u, 500, 1);
	CU_ASSERT_FALSE(tcp_undo_doubled(&u, 1000));
	CU_ASSERT_TRUE(tcp_undo_doubled(&u, 500));
	tcp_undo_end(&u);
	CU_ASSERT_FALSE(tcp_undo_doubled(&u, 5000));
}

/* A loss that was repaired may show to be none for a round trip; then it is past. */
static void
test_until(void)
{
	struct tcp_undo u;

	tcp_undo_begin(&u, &cc, 0);
	tcp_undo_sent(&u, 1000, 1);
	tcp_undo_heard(&u, UINT64_C(1) << 60);
	CU_ASSERT_TRUE(u.on);
	tcp_undo_until(&u, 20000);
	tcp_undo_heard(&u, 20000);
	CU_ASSERT_TRUE(u.on);
	tcp_undo_heard(&u, 20001);
	CU_ASSERT_FALSE(u.on);
	CU_ASSERT_FALSE(tcp_undo_doubled(&u, 1000));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "an older echo", test_echo },
		{ "each came twice", test_doubled },
		{ "how long", test_until },
	};

	return harness_run("tcp/undo", cases, HARNESS_COUNT(cases));
}
