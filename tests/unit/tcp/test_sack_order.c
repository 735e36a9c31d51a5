/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Several ACKs of one poll: in which order they tell of what waits. A sender takes what was overtaken
 * for lost (RFC 8985), so nothing is told while something that came before it is not.
 */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/sack.h"

static void
open_sack(struct tcp_conn *c, bool ts)
{
	const struct fx_conf conf = { .irs = UINT32_MAX, .ts = ts, .sack = true };

	fx_established(c, &conf);
}

/* 100 bytes at each of the places. */
static void
came(struct tcp_conn *c, const char *places)
{
	int at, len;

	for (; sscanf(places, "%d%n", &at, &len) == 1; places += len)
		fx_data(c, at, 100, FX_T0);
}

static void
check_blocks(const struct tcp_out *o, const char *want)
{
	char got[64] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < o->seg.nb_sacks; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u", i > 0 ? " " : "",
				      o->seg.sacks[i].start);
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# want %s\n# got  %s\n", want, got);
}

/* The starts of the blocks of the next ACK. */
static void
check_told(struct tcp_conn *c, const char *want)
{
	struct tcp_out o;

	CU_ASSERT_TRUE_FATAL(fx_send(c, FX_T0, &o));
	check_blocks(&o, want);
}

static void
check_no_more(struct tcp_conn *c)
{
	struct tcp_out o;

	CU_ASSERT_FALSE(fx_send(c, FX_T0, &o));
}

/* At 1000, 2000 and so on, and each is told at once. */
static void
came_one_by_one(struct tcp_conn *c, int n)
{
	static const char *const told[] = { "1000", "2000 1000", "3000 2000 1000",
					    "4000 3000 2000" };

	for (int i = 0; i < n; i++) {
		fx_data(c, 1000 * (i + 1), 100, FX_T0);
		check_told(c, told[i]);
	}
}

/* The earliest ones that fit, the last one of them first; then all again, in turns, up to the last one. */
static void
test_several_at_once(void)
{
	struct tcp_conn c;

	open_sack(&c, true);
	came(&c, "1000 2000 3000 4000 5000");
	check_told(&c, "3000 2000 1000");
	check_told(&c, "5000 4000 3000");
	check_told(&c, "3000 2000 1000");
	check_told(&c, "4000 3000 2000");
	check_told(&c, "5000 4000 3000");
	check_no_more(&c);
	/* What is new goes first, whatever waits and is known. */
	came(&c, "2100");
	check_told(&c, "2000 5000 4000");
	/* So it does in front of what fills the gap. */
	came(&c, "7000 1100");
	fx_data(&c, 0, 1000, FX_T0);
	check_told(&c, "7000 2000 5000");
	CU_ASSERT_EQUAL(c.last_ack_sent, 1200);
}

static void
test_without_timestamps(void)
{
	struct tcp_conn c;

	open_sack(&c, false);
	came(&c, "1000 2000 3000 4000 5000");
	check_told(&c, "4000 3000 2000 1000");
	check_told(&c, "5000 4000 3000 2000");
}

/*
 * A burst behind a gap, with another one in it: what is new is in the first ACK, however many are
 * owed, and few are. Without SACK the sender counts: all are.
 */
static void
test_burst(void)
{
	const struct fx_conf without = { .irs = 5, .ts = true };
	struct tcp_conn c;
	struct tcp_out o;

	open_sack(&c, true);
	for (int64_t at = 1; at < 60; at++)
		if (at != 30)
			fx_data(&c, at * 100, 100, FX_T0);
	check_told(&c, "3100 100");
	for (int i = 1; i < TCP_RANGES_RECENT; i++)
		CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	check_no_more(&c);
	/* Behind ACKs that did not go yet. */
	for (int64_t at = 61; at < 80; at++)
		fx_data(&c, at * 100, 100, FX_T0);
	check_told(&c, "6100 3100 100");
	came(&c, "8100");
	check_told(&c, "8100 6100 3100");

	fx_established(&c, &without);
	for (int64_t at = 1; at < 60; at++)
		fx_data(&c, at * 100, 100, FX_T0);
	for (int64_t at = 1; at < 60; at++)
		CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	check_no_more(&c);
}

/* Bytes that came twice, and what they lie in, take two places: what is new goes on behind them. */
static void
test_twice(void)
{
	struct tcp_conn c;

	open_sack(&c, true);
	came(&c, "1000 2000 3000 1000");
	check_told(&c, "1000 1000 2000");
	check_told(&c, "3000 2000 1000");
	/* Nothing is new: what was told last is told beside it. */
	open_sack(&c, true);
	came_one_by_one(&c, 4);
	came(&c, "1000");
	check_told(&c, "1000 1000 4000");
	check_no_more(&c);
}

/* What is given up, or in order, was not told, and is not. */
static void
test_gone(void)
{
	struct tcp_conn c;

	open_sack(&c, true);
	came(&c, "1000 2000 3000 4000");
	tcp_ranges_remove(fx_held(&c), 3, 1);
	check_told(&c, "3000 2000 1000");
	tcp_ranges_remove(fx_held(&c), 2, 1);
	check_told(&c, "2000 1000");
	came(&c, "5000");
	check_told(&c, "5000 2000 1000");
}

/* n ACKs are planned, and none goes. */
static void
refuse(struct tcp_conn *c, int n)
{
	struct tcp_out o;

	for (int i = 0; i < n; i++) {
		CU_ASSERT_TRUE_FATAL(tcp_plan(c, FX_T0, &o));
		tcp_sack_tell(c, fx_held(c), &o.seg);
		tcp_plan_take(c, &o);
	}
	tcp_plan_drop(c);
}

/* They count as told, but are owed still: the last of them tells what came last. */
static void
test_refused(void)
{
	struct tcp_conn c;

	open_sack(&c, true);
	came_one_by_one(&c, 3);
	came(&c, "4000");
	refuse(&c, 1);
	check_told(&c, "4000 3000 2000");
	check_no_more(&c);

	open_sack(&c, true);
	came(&c, "1000 2000 3000 4000 5000");
	refuse(&c, 5);
	check_told(&c, "1000 5000 4000");
	check_told(&c, "2000 1000 5000");
	check_told(&c, "3000 2000 1000");
	check_told(&c, "4000 3000 2000");
	check_told(&c, "5000 4000 3000");
	check_no_more(&c);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "several at once", test_several_at_once },
		{ "without timestamps", test_without_timestamps },
		{ "a burst", test_burst },
		{ "bytes that came twice", test_twice },
		{ "what is gone", test_gone },
		{ "ACKs that the port refuses", test_refused },
	};

	return harness_run("tcp/sack_order", cases, HARNESS_COUNT(cases));
}
