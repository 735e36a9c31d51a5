/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Plans of several segments, for a port that cuts packets, and segments below the MSS. */
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

enum { SEGMENTS_MAX = 256 };

/* ESTABLISHED, MSS 1000, over a port that cuts packets of so much payload. */
static void
cutting(struct tcp_conn *c, uint32_t run_max)
{
	struct tcp_opts opts = { .user_timeout_us = 120000000, .run_max = run_max };

	fx_established(c, &(struct fx_conf){ .opts = &opts });
}

struct plan_row {
	const char *what;
	uint32_t run_max, wnd, cwnd, ready;
	uint32_t plans[4]; /* up to the first 0 */
};

static const struct plan_row plan_rows[] = {
	{ "a port that cuts nothing", 0, 50000, 10000, 2500, { 1000, 1000, 500 } },
	{ "less than a segment", 999, 50000, 10000, 2500, { 1000, 1000, 500 } },
	{ "less than two", 1999, 50000, 10000, 2500, { 1000, 1000, 500 } },
	{ "whole segments", 3999, 50000, 10000, 7500, { 3000, 3000, 1500 } },
	{ "all there is, the short one too", 65000, 50000, 10000, 3500, { 3500 } },
	{ "exactly", 3000, 50000, 10000, 3000, { 3000 } },
	{ "one byte more", 3000, 50000, 10000, 3001, { 3000, 1 } },
	{ "the window", 65000, 3700, 10000, 9000, { 3000 } },
	{ "all there is fits the window", 65000, 3700, 10000, 3700, { 3700 } },
	{ "one byte too much for it", 65000, 3700, 10000, 3701, { 3000 } },
	{ "less than a segment by the window", 65000, 999, 10000, 5000, { 0 } },
	{ "half of the largest window", 65000, 600, 10000, 5000, { 600 } },
	{ "a closed window", 65000, 0, 10000, 5000, { 0 } },
	{ "cwnd", 65000, 50000, 4700, 20000, { 4000 } },
	{ "cwnd, and all there is", 65000, 50000, 4700, 4700, { 4700 } },
	{ "cwnd, and a byte more", 65000, 50000, 4700, 4701, { 4000 } },
};

static void
test_lengths(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(plan_rows); i++) {
		const struct plan_row *row = &plan_rows[i];
		struct tcp_conn c;
		struct tcp_out o;

		cutting(&c, row->run_max);
		fx_ack(&c, 0, (uint16_t)row->wnd, FX_T0);
		c.cc.cwnd = row->cwnd;
		if (row->wnd == 600)
			c.max_wnd = 1200;
		tcp_send_ready(&c, row->ready);
		for (size_t j = 0; j < HARNESS_COUNT(row->plans) && row->plans[j] != 0; j++) {
			CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
			CU_ASSERT_EQUAL(o.len, row->plans[j]);
			CU_ASSERT_EQUAL(o.seg.payload_len, row->plans[j]);
		}
		CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	}
}

/* PSH and FIN belong to the last segment, so to the plan that has it. */
static void
test_flags(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	cutting(&c, 65000);
	tcp_send_ready(&c, 3500);
	tcp_shutdown(&c);
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 3500);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK | TCP_PSH | TCP_FIN);
	tcp_plan_trim(&o, 3000);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
	tcp_plan_take(&c, &o);
	tcp_sent(&c, &o, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.off, 3000);
	CU_ASSERT_EQUAL(o.len, 500);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK | TCP_PSH | TCP_FIN);
	CU_ASSERT_EQUAL(c.snd_max, 3501);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
}

/* RFC 3042 and fast retransmission: one segment each, whatever the port could cut. */
static void
test_out_of_turn(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	cutting(&c, 65000);
	tcp_send_ready(&c, 30000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_EQUAL(o.len, 10000);
	for (int i = 0; i < 2; i++) {
		fx_ack(&c, 0, FX_WND, FX_T0);
		CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
		CU_ASSERT_EQUAL(o.off, 10000 + 1000 * (uint64_t)i);
		CU_ASSERT_EQUAL(o.len, 1000);
	}
	fx_ack(&c, 0, FX_WND, FX_T0);
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 1000);
	/* Also where one old segment is three new ones, in one run. */
	c.opts.mss_limit = 400;
	tcp_seg_limit(&c);
	c.cc.cwnd = 20000;
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.again);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_EQUAL(o.len, 1000);
	/* Where only two fit, the third waits. */
	tcp_timer(&c, c.rtx_at);
	c.cc.cwnd = 999;
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_EQUAL(o.len, 800);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
}

/* Behind a timeout: long plans again, but none with old and new segments. */
static void
test_timeout(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	cutting(&c, 65000);
	tcp_send_ready(&c, 2500);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	tcp_send_ready(&c, 9000);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 1000); /* cwnd */
	c.cc.cwnd = 20000;
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_EQUAL(o.len, 2500); /* what was sent, and no more */
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 6500);
	CU_ASSERT_FALSE(o.rexmit);
}

static void
test_probe(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	cutting(&c, 65000);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 5000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	tcp_timer(&c, tcp_deadline(&c));
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.probe);
	CU_ASSERT_EQUAL(o.len, 1);
	fx_ack(&c, 0, 3000, FX_T0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 2);
	CU_ASSERT_EQUAL(c.sent.nxt, 3000);
}

/* --- the same segments on the wire -------------------------------------------- */

struct wire {
	uint64_t off;
	uint32_t len;
	uint8_t flags;
	bool rexmit;
};

/* What all plans are as segments, cut as a port does. */
static size_t
drain(struct tcp_conn c, uint32_t seg_max, uint64_t now_us, struct wire *out)
{
	struct tcp_out o;
	size_t n = 0;

	c.seg_max = seg_max;
	while (tcp_plan(&c, now_us, &o)) {
		uint32_t done = 0, len;

		CU_ASSERT(o.len <= seg_max);
		do {
			CU_ASSERT_FATAL(n < SEGMENTS_MAX);
			len = o.len - done < c.mss ? o.len - done : c.mss;
			out[n++] = (struct wire){
				.off = o.off + done,
				.len = len,
				.flags = o.seg.flags,
				.rexmit = o.rexmit,
			};
			done += len;
			if (done < o.len)
				out[n - 1].flags &= (uint8_t)~(TCP_FIN | TCP_PSH);
		} while (done < o.len);
		tcp_plan_take(&c, &o);
	}
	return n;
}

static void
random_event(struct tcp_conn *c, uint64_t *rng, uint64_t *now_us)
{
	uint64_t r = harness_rand(rng), in_flight = c->snd_max - c->snd_una;
	struct tcp_out o;

	*now_us += r >> 8 & 0x3fff;
	switch (r % 8) {
	case 0:
		tcp_send_ready(c, c->snd_end + harness_rand(rng) % 20000);
		break;
	case 1:
	case 2:
		fx_ack(c, c->snd_una + (in_flight > 0 ? harness_rand(rng) % (in_flight + 1) : 0),
		       (uint16_t)(harness_rand(rng) >> (48 + r / 8 % 16)), *now_us);
		break;
	case 3:
		fx_ack(c, c->snd_una, (uint16_t)c->snd_wnd, *now_us);
		break;
	case 4:
		if (*now_us >= tcp_deadline(c))
			tcp_timer(c, *now_us);
		break;
	case 5:
		fx_data(c, (int64_t)c->rcv_nxt, 100, *now_us);
		tcp_rcv_room(c, FX_ROOM);
		break;
	default:
		fx_send_all(c, *now_us, (uint32_t)(r >> 32 & 15), &o);
		break;
	}
}

/* In any state the wire sees what it would see of a port that cuts nothing. */
static void
test_same_wire(void)
{
	static struct wire one[SEGMENTS_MAX], cut[SEGMENTS_MAX];
	uint64_t rng = harness_seed(), now_us = FX_T0;
	size_t n, differ = 0, longest = 0;
	struct tcp_conn c;

	for (int i = 0; i < 50000; i++) {
		if (i % 500 == 0) {
			cutting(&c, 10000 + (uint32_t)(harness_rand(&rng) % 60000));
			now_us = FX_T0;
		}
		if (i % 500 == 450)
			tcp_shutdown(&c);
		random_event(&c, &rng, &now_us);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
		if (c.state == TCP_CLOSED)
			continue;
		n = drain(c, c.mss, now_us, one);
		longest = n > longest ? n : longest;
		differ += drain(c, c.seg_max, now_us, cut) != n;
		for (size_t j = 0; j < n; j++)
			differ += one[j].off != cut[j].off || one[j].len != cut[j].len ||
				  one[j].flags != cut[j].flags || one[j].rexmit != cut[j].rexmit;
	}
	CU_ASSERT_EQUAL(differ, 0);
	CU_ASSERT(longest > 20);
}

/* --- segments below the MSS ---------------------------------------------------- */

static const struct {
	uint16_t limit;
	uint32_t run_max;
	uint32_t mss, seg_max;
} limit_rows[] = {
	{ 0, 0, 988, 988 },     { 65535, 0, 988, 988 },   { 988, 0, 988, 988 },
	{ 987, 0, 987, 987 },   { 1, 0, 1, 1 },           { 1, 4000, 1, 4000 },
	{ 3, 4000, 3, 3999 },   { 100, 99, 100, 100 },    { 100, 199, 100, 100 },
	{ 100, 200, 100, 200 }, { 0, 65000, 988, 64220 },
};

/* MSS 1000 less 12 bytes of timestamps; known at the opening, or told later. */
static void
test_limit(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(limit_rows); i++) {
		struct tcp_conn c;

		for (int later = 0; later < 2; later++) {
			struct tcp_opts opts = { .user_timeout_us = 120000000 };

			if (!later) {
				opts.mss_limit = limit_rows[i].limit;
				opts.run_max = limit_rows[i].run_max;
			}
			fx_established(&c, &(struct fx_conf){ .opts = &opts, .mss = 988, .ts = 1 });
			c.opts.mss_limit = limit_rows[i].limit;
			c.opts.run_max = limit_rows[i].run_max;
			tcp_seg_limit(&c);
			CU_ASSERT_EQUAL(c.mss, limit_rows[i].mss);
			CU_ASSERT_EQUAL(c.cc.mss, limit_rows[i].mss);
			CU_ASSERT_EQUAL(c.seg_max, limit_rows[i].seg_max);
			CU_ASSERT_EQUAL(c.cc.cwnd, 10 * limit_rows[i].mss);
			/* What the peer may send is another matter. */
			CU_ASSERT_EQUAL(c.rcv_mss, 988);
		}
	}
}

/* The limit moves while data is in flight: the next segment keeps to it, nothing stalls. */
static void
test_limit_moves(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	cutting(&c, 0);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 3);
	c.opts.mss_limit = 1;
	tcp_seg_limit(&c);
	tcp_send_ready(&c, 3020);
	/* Ten segments at once, as before, and more than that is in flight. */
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 0);
	fx_ack(&c, 2995, FX_WND, FX_T0);
	/* 10 + 8 (RFC 9406 4.3), less the five in flight. */
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 13);
	CU_ASSERT_EQUAL(o.len, 1);
	/* All of it again, byte by byte; then in full segments once more. */
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_EQUAL(o.len, 1);
	c.opts.mss_limit = 0;
	tcp_seg_limit(&c);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
	fx_ack(&c, 2996, FX_WND, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.off, 2996);
	CU_ASSERT_EQUAL(o.len, 17); /* what was out */
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.off, 3013);
	CU_ASSERT_EQUAL(o.len, 7);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "how much one plan has", test_lengths },
		{ "FIN and PSH", test_flags },
		{ "limited transmit, fast retransmission", test_out_of_turn },
		{ "behind a timeout", test_timeout },
		{ "window probe", test_probe },
		{ "the same segments on the wire", test_same_wire },
		{ "a limit below the MSS", test_limit },
		{ "a limit that moves", test_limit_moves },
	};

	return harness_run("tcp/plan", cases, HARNESS_COUNT(cases));
}
