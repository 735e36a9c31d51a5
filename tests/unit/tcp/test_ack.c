/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* n segments of FX_MSS are out; the window is not what limits. */
static void
in_flight(struct tcp_conn *c, uint32_t n, const struct fx_conf *conf)
{
	struct tcp_out o;

	fx_established(c, conf);
	tcp_send_ready(c, (uint64_t)n * FX_MSS);
	CU_ASSERT_EQUAL_FATAL(fx_send_all(c, FX_T0, 99, &o), n);
}

static void
dups(struct tcp_conn *c, uint32_t n, uint64_t now_us)
{
	for (uint32_t i = 0; i < n; i++)
		fx_ack(c, c->snd_una, FX_WND, now_us);
}

/* RFC 5681 2: what is no duplicate ACK does not count as one. */
static void
test_dup_ack_definition(void)
{
	static const struct {
		const char *what;
		uint8_t flags;
		uint32_t len;
		int32_t wnd; /* relative */
		int64_t ack;
		uint8_t counted;
	} rows[] = {
		{ "a duplicate", TCP_ACK, 0, 0, 0, 1 },
		{ "with data", TCP_ACK, 10, 0, 0, 0 },
		{ "a window update", TCP_ACK, 0, 1, 0, 0 },
		{ "a smaller window", TCP_ACK, 0, -1, 0, 0 },
		{ "FIN", TCP_ACK | TCP_FIN, 0, 0, 0, 0 },
		{ "older", TCP_ACK, 0, 0, -1, 0 },
		{ "newer", TCP_ACK, 0, 0, 1, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_conn c;
		struct tcp_seg seg;

		in_flight(&c, 5, NULL);
		fx_ack(&c, 1000, FX_WND, FX_T0);
		seg = fx_seg(&c, rows[i].flags, 0, 1000 + rows[i].ack, rows[i].len);
		seg.wnd = (uint16_t)(FX_WND + rows[i].wnd);
		fx_take(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(c.flight->dupacks, rows[i].counted);
	}
}

static void
test_dup_needs_flight(void)
{
	struct tcp_conn c;

	fx_established(&c, NULL);
	dups(&c, 10, FX_T0);
	CU_ASSERT_EQUAL(c.flight->dupacks, 0);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
}

/*
 * The first segment of ten is lost, 9 duplicates come, then everything is acknowledged: RFC 9937 with
 * ssthresh 5000. What may arrive is the third duplicate's segment and what else is out, 8000.
 */
static void
test_fast_retransmit(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	dups(&c, 2, FX_T0 + 50000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 50000, &o));
	dups(&c, 1, FX_T0 + 50000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	/* In flight are 6000, which is without the lost one and the three that arrived. */
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 6000);
	CU_ASSERT_EQUAL(c.cc.cwnd, 7000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 50000, &o));
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT_TRUE(o.again);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_EQUAL(o.len, 1000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 50000, &o));
	/* Two arrived: 2000 * 5000 / 8000, of which 1000 went. */
	tcp_send_ready(&c, 50000);
	dups(&c, 1, FX_T0 + 51000);
	CU_ASSERT_EQUAL(c.cc.cwnd, 6000 + 250);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 51000, 99, &o), 0);
	/* All nine, one after the other: below ssthresh as much goes as arrives. */
	for (int i = 0; i < 5; i++) {
		dups(&c, 1, FX_T0 + 51000);
		fx_send_all(&c, FX_T0 + 51000, 99, &o);
		CU_ASSERT(tcp_flight_pipe(&c) <= c.cc.cwnd);
	}
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 5000);
	CU_ASSERT_EQUAL(o.off + o.len, 14000);
	/* All acknowledged that was out. */
	fx_ack(&c, 10000, FX_WND, FX_T0 + 100000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.cwnd, 5000);
	CU_ASSERT_EQUAL(c.flight->dupacks, 0);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
}

/*
 * More duplicates than there are segments in flight are made up: all together they draw no more
 * than what was in flight. What a partial ACK leaves may be told of again.
 */
static void
test_forged_dups(void)
{
	static const uint32_t flights[] = { 6, 7, 10 };

	for (size_t i = 0; i < HARNESS_COUNT(flights); i++) {
		struct tcp_conn c;
		struct tcp_out o;
		uint64_t max;
		uint32_t sent = 0;

		in_flight(&c, flights[i], NULL);
		tcp_send_ready(&c, 1000000);
		fx_send_all(&c, FX_T0, 99, &o); /* up to cwnd */
		CU_ASSERT_EQUAL(c.snd_max, 10000);
		for (uint32_t n = 0; n < 1000; n++) {
			dups(&c, 1, FX_T0 + 1000);
			sent += fx_send_all(&c, FX_T0 + 1000, 99, &o);
		}
		CU_ASSERT(sent <= 10);
		CU_ASSERT(c.snd_max <= 20000);
		/* Honest ones count: a segment of each that arrived. */
		CU_ASSERT(sent >= 5);
		fx_ack(&c, 1000, FX_WND, FX_T0 + 50000);
		fx_send_all(&c, FX_T0 + 50000, 99, &o);
		max = c.snd_max;
		for (uint32_t n = 0; n < 1000; n++) {
			dups(&c, 1, FX_T0 + 60000);
			fx_send_all(&c, FX_T0 + 60000, 99, &o);
		}
		CU_ASSERT(c.snd_max <= max + 20000);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* Three of ten are lost: a partial ACK for each, one retransmission per ACK, one cut. */
static void
test_partial_acks(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t rtx_at;

	in_flight(&c, 10, NULL);
	dups(&c, 3, FX_T0 + 50000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 50000, &o));
	dups(&c, 4, FX_T0 + 51000);

	fx_ack(&c, 4000, FX_WND, FX_T0 + 100000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 100000, &o));
	CU_ASSERT_EQUAL(o.off, 4000);
	CU_ASSERT_TRUE(o.again);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 100000, &o));
	rtx_at = c.rtx_at;

	fx_ack(&c, 7000, FX_WND, FX_T0 + 150000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 150000, &o));
	CU_ASSERT_EQUAL(o.off, 7000);
	/* Impatient: only the first partial ACK restarted the timer (RFC 6582 3.2, step 3). */
	CU_ASSERT_EQUAL(c.rtx_at, rtx_at);

	fx_ack(&c, 10000, FX_WND, FX_T0 + 200000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 200000, &o));
}

/* Cut into single bytes, a retransmission still covers the whole segment. */
static void
test_fast_retransmit_trimmed(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	dups(&c, 3, FX_T0);
	for (uint64_t off = 0; off < 1000; off += 100) {
		CU_ASSERT_TRUE_FATAL(tcp_plan(&c, FX_T0, &o));
		tcp_plan_trim(&o, 100);
		CU_ASSERT_EQUAL(o.off, off);
		tcp_plan_take(&c, &o);
		if (off == 500) { /* the port refuses: the same again */
			tcp_plan_drop(&c);
			CU_ASSERT_TRUE_FATAL(tcp_plan(&c, FX_T0, &o));
			CU_ASSERT_EQUAL(o.off, off);
			tcp_plan_trim(&o, 100);
			tcp_plan_take(&c, &o);
		}
		tcp_sent(&c, &o, FX_T0);
	}
	CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &o));
}

/* RFC 3042: the first two duplicates let one new segment out each; cwnd stays. */
static void
test_limited_transmit(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	tcp_send_ready(&c, 50000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	dups(&c, 1, FX_T0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 10000);
	dups(&c, 1, FX_T0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 11000);
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000);
	dups(&c, 1, FX_T0);
	/* What it sent does not count for ssthresh. */
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(c.flight->recover, 12000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_TRUE(o.rexmit);
}

/* Behind a timeout, what was sent twice draws duplicate ACKs: no recovery from these. */
static void
test_no_recovery_behind_timeout(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 1000000, 99, &o), 1);
	/* The receiver held the rest. */
	fx_ack(&c, 10000, FX_WND, FX_T0 + 1050000);
	tcp_send_ready(&c, 12000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 1050000, 99, &o), 2);
	CU_ASSERT_EQUAL(o.off, 11000);
	CU_ASSERT_FALSE(o.rexmit);
	dups(&c, 5, FX_T0 + 1060000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	/* Beyond the point of the timeout it may begin again. */
	fx_ack(&c, 12000, FX_WND, FX_T0 + 1100000);
	tcp_send_ready(&c, 22000);
	fx_send_all(&c, FX_T0 + 1100000, 99, &o);
	dups(&c, 3, FX_T0 + 1150000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
}

/* A timeout in recovery: the retransmission was lost, all begins again at snd_una. */
static void
test_timeout_in_recovery(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	dups(&c, 3, FX_T0 + 1000);
	fx_send_all(&c, FX_T0 + 1000, 99, &o);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
	CU_ASSERT_EQUAL(c.cc.cwnd, 1000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 900000, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_TRUE(o.rexmit);
}

/* The port refused the retransmission until the timer expired: sent in turn, once. */
static void
test_timeout_before_retransmission(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, 10, NULL);
	dups(&c, 3, FX_T0 + 1000);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 900000, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_EQUAL(o.len, 1000);
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 1000);
}

/* RFC 9293 3.10.7.4, SND.WL1 and SND.WL2: an old segment does not move the window. */
static void
test_window_update(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;
	struct tcp_seg old;

	in_flight(&c, 10, NULL);
	fx_data(&c, 0, 100, FX_T0);
	old = fx_seg(&c, TCP_ACK, 100, 2000, 0); /* overtaken by the next two */
	old.wnd = 100;
	seg = fx_seg(&c, TCP_ACK, 100, 3000, 0);
	seg.wnd = 30000;
	fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.snd_wnd, 30000);
	fx_take(&c, &old, FX_T0);
	CU_ASSERT_EQUAL(c.snd_wnd, 30000);
	seg = fx_seg(&c, TCP_ACK, 100, 3000, 100);
	seg.wnd = 20000;
	fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.snd_wnd, 20000);
	/* An older sequence number with a newer ACK: the edge stays where it was. */
	seg = fx_seg(&c, TCP_ACK, 0, 4000, 200);
	seg.wnd = 60000;
	fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.snd_una, 4000);
	CU_ASSERT_EQUAL(c.snd_wnd, 19000);
	/* A peer may take its window back, to less than nothing. */
	fx_ack(&c, 5000, 1, FX_T0);
	CU_ASSERT_EQUAL(c.snd_wnd, 1);
	CU_ASSERT(c.snd_una + c.snd_wnd < c.sent.nxt);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
}

/* The window is unsigned and scaled: 65535 << 14 is near 2^30. */
static void
test_scaled_window(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, NULL);
	c.snd_wscale = 14;
	seg = fx_seg(&c, TCP_ACK, 0, 0, 0);
	seg.wnd = 65535;
	fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.snd_wnd, UINT64_C(65535) << 14);
}

/* RTT samples: timed segments, Karn, and the echo where nothing could be timed. */
static void
test_rtt_samples(void)
{
	struct fx_conf conf = { .ts = true };
	struct tcp_conn c;
	struct tcp_out o;
	struct tcp_seg seg;
	uint32_t ts;

	/* The handshake took 50 ms. */
	fx_established(&c, NULL);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 50000);
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0, 9, &o);
	fx_ack(&c, 1000, FX_WND, FX_T0 + 130000);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 60000); /* 7/8 * 50 + 1/8 * 130 */

	/* Sent again: no sample without timestamps, the backoff stays. */
	tcp_send_ready(&c, 2000);
	fx_send_all(&c, FX_T0 + 200000, 9, &o);
	tcp_timer(&c, c.rtx_at);
	fx_send_all(&c, FX_T0 + 900000, 9, &o);
	fx_ack(&c, 2000, FX_WND, FX_T0 + 900001);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 60000);
	CU_ASSERT_EQUAL(c.rtt.backoff, 1);
	tcp_send_ready(&c, 3000);
	fx_send_all(&c, FX_T0 + 1000000, 9, &o);
	fx_ack(&c, 3000, FX_WND, FX_T0 + 1060000);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 60000);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);

	/* With timestamps the echo tells which copy arrived. */
	fx_established(&c, &conf);
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0, 9, &o);
	tcp_timer(&c, c.rtx_at);
	fx_send_all(&c, FX_T0 + 500000, 9, &o);
	ts = o.seg.ts_val;
	seg = fx_seg(&c, TCP_ACK, 0, 1000, 0);
	seg.ts_ecr = ts;
	fx_take(&c, &seg, FX_T0 + 630000);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 60000);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
}

/*
 * The first copy arrived, its ACK was lost: the second copy is answered with the timestamp of the
 * first (RFC 7323 5.3 R3). That the answer took a timeout longer says nothing about the network.
 */
static void
test_repeated_ack_is_no_sample(void)
{
	struct fx_conf conf = { .ts = true };
	struct tcp_conn c;
	struct tcp_out o;
	struct tcp_seg seg;
	uint32_t ts;

	fx_established(&c, &conf);
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0, 9, &o);
	ts = o.seg.ts_val;
	tcp_timer(&c, c.rtx_at);
	fx_send_all(&c, FX_T0 + 500000, 9, &o);
	seg = fx_seg(&c, TCP_ACK, 0, 1000, 0);
	seg.ts_ecr = ts;
	fx_take(&c, &seg, FX_T0 + 550000);
	CU_ASSERT_EQUAL(c.snd_una, 1000);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 50000);
	/* Karn: the timeout stays what it was, until something is measured. */
	CU_ASSERT_EQUAL(c.rtt.backoff, 1);
	tcp_send_ready(&c, 2000);
	fx_send_all(&c, FX_T0 + 600000, 9, &o);
	seg = fx_seg(&c, TCP_ACK, 0, 2000, 0);
	seg.ts_ecr = o.seg.ts_val;
	fx_take(&c, &seg, FX_T0 + 650000);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 50000);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
}

/* An echo of what we never sent is no measurement (tcp-input-poisoning). */
static void
test_forged_echo(void)
{
	static const int32_t forged_ms[] = { 1, 1000, -51, -1000000, INT32_MIN };

	for (size_t i = 0; i < HARNESS_COUNT(forged_ms); i++) {
		struct fx_conf conf = { .ts = true };
		struct tcp_conn c;
		struct tcp_out o;
		struct tcp_seg seg;

		fx_established(&c, &conf);
		tcp_send_ready(&c, 1000);
		fx_send_all(&c, FX_T0, 9, &o);
		tcp_timer(&c, c.rtx_at);
		fx_send_all(&c, FX_T0, 9, &o);
		seg = fx_seg(&c, TCP_ACK, 0, 1000, 0);
		seg.ts_ecr = tcp_ts_now(c.ts_offset, FX_T0) + (uint32_t)forged_ms[i];
		fx_take(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(c.rtt.srtt_us, 50000);
		CU_ASSERT_EQUAL(c.snd_una, 1000);
	}
}

/* RFC 5681 with RFC 7661's rule: an application that sends little does not open cwnd. */
static void
test_app_limited(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	for (uint64_t i = 1; i <= 100; i++) {
		tcp_send_ready(&c, i * 1000);
		fx_send_all(&c, FX_T0 + i * 1000, 9, &o);
		fx_ack(&c, i * 1000, FX_WND, FX_T0 + i * 1000 + 500);
	}
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000);
	/* Using all of it does: each full segment acknowledged adds one. */
	tcp_send_ready(&c, 200000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 200000, 99, &o), 10);
	for (uint64_t i = 1; i <= 10; i++)
		fx_ack(&c, 100000 + i * 1000, FX_WND, FX_T0 + 200500);
	CU_ASSERT_EQUAL(c.cc.cwnd, 20000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 200500, 99, &o), 20);
}

/* A whole transfer: slow start to ssthresh, avoidance behind; the model counts in segments. */
static void
test_growth(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t acked = 0;
	uint32_t want = 10;

	fx_established(&c, NULL);
	c.cc.ssthresh = 40000;
	tcp_send_ready(&c, 10000000);
	for (int round = 0; round < 10; round++) {
		uint64_t now = FX_T0 + (uint64_t)round * 100000;
		uint32_t n = fx_send_all(&c, now, 999, &o);

		CU_ASSERT_EQUAL(n, want);
		for (uint32_t i = 0; i < n; i++) {
			acked += FX_MSS;
			fx_ack(&c, acked, FX_WND, now + 50000);
		}
		if (want * 1000 < 40000)
			want = want * 2 < 40 ? want * 2 : 40;
		else
			want = want + 1 < 50 ? want + 1 : 50; /* the peer's window */
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is a duplicate ACK", test_dup_ack_definition },
		{ "nothing in flight", test_dup_needs_flight },
		{ "fast retransmit", test_fast_retransmit },
		{ "duplicate ACKs that are made up", test_forged_dups },
		{ "partial ACKs", test_partial_acks },
		{ "fast retransmit, cut in pieces", test_fast_retransmit_trimmed },
		{ "limited transmit", test_limited_transmit },
		{ "no recovery behind a timeout", test_no_recovery_behind_timeout },
		{ "timeout in recovery", test_timeout_in_recovery },
		{ "timeout before the retransmission", test_timeout_before_retransmission },
		{ "window update", test_window_update },
		{ "scaled window", test_scaled_window },
		{ "RTT samples", test_rtt_samples },
		{ "a repeated ACK is no RTT sample", test_repeated_ack_is_no_sample },
		{ "forged echo", test_forged_echo },
		{ "no growth while the application is the limit", test_app_limited },
		{ "slow start and avoidance", test_growth },
	};

	return harness_run("tcp/ack", cases, HARNESS_COUNT(cases));
}
