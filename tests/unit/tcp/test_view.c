/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a connection tells of its path and flight, and of its time. Segments of FX_MSS, RTT 50 ms. */
#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/view.h"

enum { RTT = 50000 };

static struct tcp_params params;

/* ESTABLISHED with SACK and timestamps, n segments are to be sent and cwnd has room for room. */
static void
begin(struct tcp_conn *c, uint32_t n, uint32_t room, bool pacing)
{
	params = *fx_params();
	params.sack = true;
	params.pacing = pacing;
	fx_established(c, &(struct fx_conf){ .sack = true, .ts = true, .params = &params });
	CU_ASSERT_EQUAL_FATAL(c->mss, FX_MSS);
	c->cc.cwnd = room * FX_MSS;
	tcp_send_ready(c, (uint64_t)n * FX_MSS);
}

/* An ACK with a block; a first one in front of ack says what came twice. */
static void
acked(struct tcp_conn *c, uint64_t ack, uint64_t from, uint64_t to, uint64_t now_us)
{
	struct tcp_seg seg = fx_seg(c, TCP_ACK, (int64_t)tcp_ack_off(c), (int64_t)ack, 0);

	if (from != to) {
		seg.sacks[0].start = tcp_seq_of(c, from);
		seg.sacks[0].end = tcp_seq_of(c, to);
		seg.nb_sacks = 1;
	}
	seg.wnd = FX_WND;
	seg.ts_ecr = tcp_ts_now(c->ts_offset, now_us - RTT);
	fx_input(c, &seg, now_us);
	CU_ASSERT_PTR_NULL(tcp_check(c));
}

static struct tcp_view
view(const struct tcp_conn *c)
{
	struct tcp_view v;

	tcp_view_of(c, &v);
	return v;
}

/* Before anything is known all is 0; the packet is MSS, timestamps and 40 bytes of headers long. */
static void
test_nothing_known(void)
{
	struct tcp_conn c;
	struct tcp_view v;

	begin(&c, 0, 10, false);
	(void)tcp_flight_end(&c);
	v = view(&c);
	CU_ASSERT_EQUAL(v.pmtu, FX_MSS + 12 + 40);
	CU_ASSERT_EQUAL(v.pipe + v.sacked + v.lost + v.again, 0);
	CU_ASSERT_EQUAL(v.delivery_rate + v.pacing_rate + v.min_rtt_us + v.reo_wnd_us, 0);
	CU_ASSERT_EQUAL(v.dsacks + v.reorderings, 0);
	CU_ASSERT_FALSE(v.rate_limited || v.reordered);
	fx_state(&c, TCP_SYN_SENT, &(struct fx_conf){ 0 });
	CU_ASSERT_EQUAL(view(&c).pmtu, 0);
}

/* Twenty are out; six behind a gap of two arrive 50 ms later, one after the other. */
static void
test_gap(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	struct tcp_view v;

	begin(&c, 20, 20, false);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 20);
	CU_ASSERT_EQUAL(view(&c).pipe, 20000);
	acked(&c, 0, 2000, 4000, FX_T0 + RTT);
	v = view(&c);
	CU_ASSERT_EQUAL(v.min_rtt_us, RTT);
	CU_ASSERT_EQUAL(v.sacked, 2000);
	CU_ASSERT_EQUAL(v.lost, 0);
	CU_ASSERT_EQUAL(v.pipe, 18000);
	/* RFC 8985 6.2: a quarter of the least round trip, as long as three did not come. */
	CU_ASSERT_EQUAL(v.reo_wnd_us, RTT / 4);
	/* 2,000 bytes in a round trip: what else was sent has not arrived. */
	CU_ASSERT_EQUAL(v.delivery_rate, 2000 * 20);
	acked(&c, 0, 2000, 8000, FX_T0 + RTT);
	v = view(&c);
	CU_ASSERT_EQUAL(v.sacked, 6000);
	CU_ASSERT_EQUAL(v.lost, 2000);
	CU_ASSERT_EQUAL(v.again, 0);
	CU_ASSERT_EQUAL(v.pipe, 12000);
	CU_ASSERT_EQUAL(v.reo_wnd_us, 0);
	CU_ASSERT_EQUAL(v.delivery_rate, 6000 * 20);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + RTT, &o));
	v = view(&c);
	CU_ASSERT_EQUAL(v.lost, 1000);
	CU_ASSERT_EQUAL(v.again, 1000);
	CU_ASSERT_EQUAL(v.pipe, 13000);
	/* All is there: nothing is in flight, and what was measured stays. */
	acked(&c, 20000, 0, 0, FX_T0 + 2 * RTT);
	v = view(&c);
	CU_ASSERT_EQUAL(v.pipe + v.sacked + v.lost + v.again, 0);
	CU_ASSERT_EQUAL(v.min_rtt_us, RTT);
}

/* One that was overtaken comes after all; one that came twice is told of, once for each ACK. */
static void
test_told(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, 2, 20, false);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 2);
	acked(&c, 0, 1000, 2000, FX_T0 + RTT);
	CU_ASSERT_FALSE(view(&c).reordered);
	acked(&c, 2000, 0, 0, FX_T0 + RTT + 1000);
	CU_ASSERT_TRUE(view(&c).reordered);
	CU_ASSERT_EQUAL(view(&c).reorderings, 1);
	CU_ASSERT_EQUAL(view(&c).dsacks, 0);
	acked(&c, 2000, 0, 1000, FX_T0 + RTT + 2000);
	acked(&c, 2000, 1000, 2000, FX_T0 + RTT + 3000);
	CU_ASSERT_EQUAL(view(&c).dsacks, 2);
	/* Junk: what was never sent. */
	acked(&c, 2000, 3000, 4000, FX_T0 + RTT + 4000);
	CU_ASSERT_EQUAL(view(&c).dsacks, 2);
	CU_ASSERT_EQUAL(view(&c).reorderings, 1);
}

/* The program had one segment where twenty may go: it is what was the limit. */
static void
test_app_limited(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, 1, 20, false);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	tcp_send_ready(&c, 2000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1000, &o));
	acked(&c, 2000, 0, 0, FX_T0 + RTT + 1000);
	CU_ASSERT_TRUE(view(&c).rate_limited);
	CU_ASSERT_TRUE(view(&c).delivery_rate > 0);
}

/* Two windows in a round trip of 50 ms; the program's word counts where it is less. */
static void
test_pacing(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, 10, 20, true);
	CU_ASSERT_EQUAL(view(&c).pacing_rate, 0);
	fx_send_all(&c, FX_T0, 99, &o);
	acked(&c, 10000, 0, 0, FX_T0 + RTT);
	c.rtt.srtt_us = RTT;
	c.cc.cwnd = 20000;
	CU_ASSERT_EQUAL(view(&c).pacing_rate, 2 * 20000 * 20);
	c.cc.ssthresh = 20000;
	CU_ASSERT_EQUAL(view(&c).pacing_rate, 12 * 20000 * 20 / 10);
	c.opts.pace_max = 5000;
	CU_ASSERT_EQUAL(view(&c).pacing_rate, 5000);
	c.opts.pace_max = 0;
	c.rtt.srtt_us = TCP_PACE_SRTT_MIN_US - 1;
	CU_ASSERT_EQUAL(view(&c).pacing_rate, 0);
}

/* The parts of a time are those of the events, and what goes on counts. */
static void
test_chrono(void)
{
	struct tcp_chrono ch = { 0 };

	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_PATH, 77), 0);
	tcp_chrono_waits(&ch, TCP_WAITS_PATH, 1000);
	tcp_chrono_waits(&ch, TCP_WAITS_PATH, 1500);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_PATH, 1700), 700);
	tcp_chrono_waits(&ch, TCP_WAITS_WINDOW, 2000);
	tcp_chrono_waits(&ch, TCP_WAITS_BUFFER, 2300);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_PATH, 9000), 1000);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_WINDOW, 9000), 300);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_BUFFER, 9000), 6700);
	tcp_chrono_waits(&ch, TCP_WAITS_NOT, 2400);
	tcp_chrono_waits(&ch, TCP_WAITS_WINDOW, 5000);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_BUFFER, 9000), 100);
	CU_ASSERT_EQUAL(tcp_chrono_us(&ch, TCP_WAITS_WINDOW, 5001), 301);
}

/* n segments are there, so many may be in flight, and the peer takes wnd bytes. */
static const struct {
	uint32_t n, room;
	uint16_t wnd;
	bool full, paced;
	enum tcp_waits want;
} waits[] = {
	{ 30, 10, 50000, false, false, TCP_WAITS_PATH },  /* cwnd */
	{ 30, 10, 50000, true, false, TCP_WAITS_PATH },   /* and behind it, its buffer */
	{ 30, 20, 5000, false, false, TCP_WAITS_WINDOW }, /* five are out, 15 more would be */
	{ 30, 20, 5000, true, false, TCP_WAITS_WINDOW },
	{ 30, 20, 5999, false, false, TCP_WAITS_WINDOW }, /* less than a segment's room is none */
	{ 30, 5, 5000, false, false, TCP_WAITS_PATH },    /* both: the path would not, either */
	{ 3, 20, 50000, false, false, TCP_WAITS_PATH },   /* the program has no more */
	{ 3, 20, 50000, true, false, TCP_WAITS_BUFFER },  /* it has, and no room for it */
	{ 3, 3, 50000, true, false, TCP_WAITS_PATH },     /* and cwnd has none, either */
	{ 30, 20, 5000, false, true, TCP_WAITS_PATH },    /* not before its time */
	{ 3, 20, 50000, true, true, TCP_WAITS_PATH },
};

static void
test_waits(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	for (size_t i = 0; i < HARNESS_COUNT(waits); i++) {
		begin(&c, waits[i].n, waits[i].room, false);
		c.snd_wnd = waits[i].wnd;
		fx_send_all(&c, FX_T0, 99, &o);
		if (waits[i].paced)
			c.pace.next_us = FX_T0 + 1;
		if (tcp_waits_for(&c, waits[i].full, FX_T0) != waits[i].want)
			printf("# row %zu\n", i);
		CU_ASSERT_EQUAL(tcp_waits_for(&c, waits[i].full, FX_T0), waits[i].want);
	}
	/* A FIN is behind it: no buffer would let more follow. */
	begin(&c, 3, 20, false);
	tcp_shutdown(&c);
	fx_send_all(&c, FX_T0, 99, &o);
	CU_ASSERT_EQUAL(tcp_waits_for(&c, true, FX_T0), TCP_WAITS_PATH);
	/* A closed window. */
	begin(&c, 3, 20, false);
	c.snd_wnd = 0;
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 0);
	CU_ASSERT_EQUAL(tcp_waits_for(&c, false, FX_T0), TCP_WAITS_WINDOW);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "nothing is known", test_nothing_known },
		{ "a gap", test_gap },
		{ "what the peer tells", test_told },
		{ "the program is the limit", test_app_limited },
		{ "pacing", test_pacing },
		{ "a time in parts", test_chrono },
		{ "what it waits for", test_waits },
	};

	return harness_run("tcp/view", cases, HARNESS_COUNT(cases));
}
