/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Timestamps that come: old ones, none, those that move TS.Recent (RFC 7323). */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

struct paws_row {
	const char *what;
	uint32_t ts_val; /* relative to ts_recent */
	uint64_t later_us;
	bool has_ts;
	uint8_t flags;
	int64_t seq;
	bool taken;
	bool answered;
};

#define DAYS(n) ((uint64_t)(n) * 86400 * 1000000)

/* RFC 7323 5.3; 100 bytes each, 1000 are expected next. */
static const struct paws_row paws_rows[] = {
	{ "newer", 1, 0, true, TCP_ACK, 1000, true, false },
	{ "equal", 0, 0, true, TCP_ACK, 1000, true, false },
	{ "much newer", 0x7fffffff, 0, true, TCP_ACK, 1000, true, false },
	{ "one older", UINT32_MAX, 0, true, TCP_ACK, 1000, false, true },
	{ "oldest", 0x80000001, 0, true, TCP_ACK, 1000, false, true },
	{ "older after 23 days", UINT32_MAX, DAYS(23), true, TCP_ACK, 1000, false, true },
	{ "older after 25 days", UINT32_MAX, DAYS(25), true, TCP_ACK, 1000, true, false },
	{ "none", 0, 0, false, TCP_ACK, 1000, false, false },
};

static void
test_paws(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(paws_rows); i++) {
		const struct paws_row *row = &paws_rows[i];
		struct fx_conf conf = { .ts = true };
		struct tcp_conn c;
		struct tcp_seg seg;
		struct tcp_out o;
		struct tcp_verdict v;

		fx_established(&c, &conf);
		fx_data(&c, 0, 1000, FX_T0);
		tcp_owe(&c, TCP_OWED_ACK);
		fx_send_all(&c, FX_T0, 9, &o);
		seg = fx_seg(&c, row->flags, row->seq, 0, 100);
		seg.ts_val = c.ts_recent + row->ts_val;
		seg.has_ts = row->has_ts;
		v = fx_input(&c, &seg, FX_T0 + row->later_us);
		CU_ASSERT_EQUAL(v.keep == 100, row->taken);
		CU_ASSERT_EQUAL(tcp_owes(&c, TCP_OWED_ACK), row->answered);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/*
 * Without the timestamp that was agreed on: what asks and brings nothing is answered as Linux
 * does, all else is dropped (RFC 7323 3.2).
 */
static void
test_no_timestamp(void)
{
	static const struct {
		const char *what;
		uint8_t flags;
		int64_t seq; /* 1000 bytes are in order, the window ends at 60000 */
		uint32_t len;
		bool answered;
	} no_ts[] = {
		{ "keep-alive", TCP_ACK, 999, 0, true },
		{ "keep-alive with a byte", TCP_ACK, 999, 1, true },
		{ "data again", TCP_ACK, 0, 1000, true },
		{ "window probe behind the edge", TCP_ACK, 60000, 1, true },
		{ "data", TCP_ACK, 1000, 10, false },
		{ "data, some of it new", TCP_ACK, 900, 101, false },
		{ "data out of order", TCP_ACK, 5000, 10, false },
		{ "FIN", TCP_ACK | TCP_FIN, 1000, 0, false },
		{ "bare ACK", TCP_ACK, 1000, 0, false },
		{ "bare ACK in the window", TCP_ACK, 2000, 0, false },
		{ "bare ACK, older", TCP_ACK, 998, 0, false },
		{ "before all that it may hold", TCP_ACK, -80000, 1, false },
		{ "behind the window", TCP_ACK, 60001, 1, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(no_ts); i++) {
		struct fx_conf conf = { .ts = true };
		struct tcp_conn c;
		struct tcp_out o;
		struct tcp_seg seg;
		struct tcp_verdict v;

		fx_established(&c, &conf);
		fx_data(&c, 0, 1000, FX_T0);
		tcp_owe(&c, TCP_OWED_ACK);
		fx_send_all(&c, FX_T0, 9, &o);
		CU_ASSERT_EQUAL(c.rcv_adv, 60000);
		seg = fx_seg(&c, no_ts[i].flags, no_ts[i].seq, 0, no_ts[i].len);
		seg.has_ts = false;
		v = fx_input(&c, &seg, FX_T0 + 1000000);
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_EQUAL(fx_owes_ack(&c), no_ts[i].answered);
		if (fx_owes_ack(&c) != no_ts[i].answered)
			printf("# %s\n", no_ts[i].what);
		CU_ASSERT_EQUAL(c.rcv_nxt, 1000);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* A RST is taken whatever its timestamp says, or without one (RFC 7323 3.2, 5.2). */
static void
test_paws_reset(void)
{
	for (int has_ts = 0; has_ts < 2; has_ts++) {
		struct fx_conf conf = { .ts = true };
		struct tcp_conn c;
		struct tcp_seg seg;

		fx_established(&c, &conf);
		seg = fx_seg(&c, TCP_RST, 0, 0, 0);
		seg.has_ts = has_ts;
		seg.ts_val = c.ts_recent - 1000;
		fx_input(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
	}
}

/* RFC 7323 4.3: only a segment at or below Last.ACK.sent moves TS.Recent; and it wraps. */
static void
test_ts_recent(void)
{
	struct fx_conf conf = { .ts = true };
	struct tcp_conn c;
	struct tcp_seg seg;
	struct tcp_out o;
	uint32_t first;

	fx_established(&c, &conf);
	first = c.ts_recent;
	/* In the window, but behind a gap. */
	seg = fx_seg(&c, TCP_ACK, 500, 0, 100);
	seg.ts_val = first + 50;
	fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.ts_recent, first);
	/* Poison: acceptable by sequence, not by ACK. */
	seg = fx_seg(&c, TCP_ACK, 0, 100000, 100);
	seg.ts_val = first + 0x70000000;
	fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.ts_recent, first);
	/* Outside of the window. */
	seg = fx_seg(&c, TCP_ACK, -500, 0, 100);
	seg.ts_val = first + 0x70000000;
	fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.ts_recent, first);
	/* In order: moves; the one behind it, not acknowledged yet, does not. */
	seg = fx_seg(&c, TCP_ACK, 0, 0, 100);
	seg.ts_val = first + 60;
	fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.ts_recent, first + 60);
	seg = fx_seg(&c, TCP_ACK, 100, 0, 100);
	seg.ts_val = first + 70;
	fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.ts_recent, first + 60);
	tcp_owe(&c, TCP_OWED_ACK);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(o.seg.ts_ecr, first + 60);

	/* Around 2^32. */
	c.ts_recent = UINT32_MAX - 5;
	seg = fx_seg(&c, TCP_ACK, (int64_t)c.rcv_nxt, 0, 100);
	seg.ts_val = 3;
	CU_ASSERT_EQUAL(fx_input(&c, &seg, FX_T0).keep, 100);
	CU_ASSERT_EQUAL(c.ts_recent, 3);
}

/* Options that were not agreed on do not count: a timestamp on the third segment only. */
static void
test_ts_not_agreed(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, NULL);
	seg = fx_seg(&c, TCP_ACK, 0, 0, 100);
	seg.has_ts = true;
	seg.ts_val = 1000;
	CU_ASSERT_EQUAL(fx_input(&c, &seg, FX_T0).keep, 100);
	seg = fx_seg(&c, TCP_ACK, 100, 0, 100);
	seg.has_ts = true;
	seg.ts_val = 1;
	CU_ASSERT_EQUAL(fx_input(&c, &seg, FX_T0).keep, 100);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "PAWS", test_paws },
		{ "PAWS and RST", test_paws_reset },
		{ "no timestamp", test_no_timestamp },
		{ "TS.Recent", test_ts_recent },
		{ "timestamps not agreed on", test_ts_not_agreed },
	};

	return harness_run("tcp/paws", cases, HARNESS_COUNT(cases));
}
