/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a connection makes of losses, by what a peer with SACK tells. Segments of FX_MSS, RTT 50 ms. */
#include <CUnit/CUnit.h>

#include "fixture_sack.h"
#include "support/harness.h"
#include "tcp/query.h"

enum { RTT = 50000 };

/* Lets the timer run that is set. When that was. */
static uint64_t
fire(struct tcp_conn *c)
{
	uint64_t now = tcp_deadline(c);

	tcp_timer(c, now);
	return now;
}

/* One goes again, of which this is the first byte. */
static void
goes_again(struct tcp_conn *c, uint64_t off, uint64_t now)
{
	struct tcp_out o;

	CU_ASSERT_TRUE(fx_send(c, now, &o));
	CU_ASSERT(o.off == off && o.len == FX_MSS && o.again);
}

/* The second of two comes at now and the first one a millisecond later: the path reorders. */
static void
overtaken(struct tcp_conn *c, uint64_t now)
{
	fx_sacked(c, 0, BLOCK(1000, 2000), NO_BLOCK, 0, now);
	fx_sacked(c, 2000, NO_BLOCK, NO_BLOCK, 0, now + 1000);
}

/* Ten segments with timestamps, of which nothing is heard: the probe, and the timeout. When that was. */
static uint64_t
timed_out(struct tcp_conn *c)
{
	struct tcp_out o;

	fx_in_flight(c, 10, true);
	fire(c); /* a probe */
	fx_send_all(c, FX_T0 + 500000, 9, &o);
	return fire(c);
}

/* A pause of 40 minutes, which 32 bits of us do not tell from one backwards: only the gap is lost behind it. */
static void
test_pause(void)
{
	uint64_t now = FX_T0 + UINT64_C(40) * 60 * 1000000;
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 10, false);
	fx_sacked(&c, 10000, NO_BLOCK, NO_BLOCK, 0, FX_T0 + RTT);
	tcp_send_ready(&c, 20000);
	CU_ASSERT_EQUAL_FATAL(fx_send_all(&c, now, 99, &o), 10);
	fx_sacked(&c, 10000, BLOCK(11000, 14000), NO_BLOCK, 0, now + RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_EQUAL(c.flight->board.spans.lost, 1000);
}

/* Three segments behind a gap of two: both go again at once, once, and nothing else does. */
static void
test_gap(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 20, false);
	fx_sacked(&c, 0, BLOCK(2000, 4000), NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + RTT, &o));
	fx_sacked(&c, 0, BLOCK(2000, 5000), NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 10000);
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 15000);
	CU_ASSERT_EQUAL(c.cc.cwnd, 16000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + RTT, &o));
	CU_ASSERT(o.off == 0 && o.len == 1000 && o.again && o.rexmit);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + RTT, &o));
	/* RFC 9937: of 18000 that may arrive 10000 go, so 2223 for four segments, 1000 of them did. */
	fx_sacked(&c, 0, BLOCK(2000, 6000), NO_BLOCK, 0, FX_T0 + RTT);
	fx_sacked(&c, 0, BLOCK(2000, 7000), NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + RTT, &o));
	fx_sacked(&c, 0, BLOCK(2000, 8000), NO_BLOCK, 0, FX_T0 + RTT);
	goes_again(&c, 1000, FX_T0 + RTT);
	CU_ASSERT_EQUAL(c.sent.nxt, 20000);
	/* All there: no cwnd but ssthresh, and nothing more to say. */
	fx_sacked(&c, 20000, NO_BLOCK, NO_BLOCK, 0, FX_T0 + 2 * RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 2 * RTT, &o));
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
}

/* One segment behind a gap: a quarter of a round trip is waited, then it is lost. */
static void
test_reorder_timer(void)
{
	uint64_t now = FX_T0 + RTT;
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 2, false);
	fx_sacked(&c, 0, BLOCK(1000, 2000), NO_BLOCK, 0, now);
	CU_ASSERT_EQUAL(c.rtx_wait, TCP_WAIT_REORDER);
	CU_ASSERT_EQUAL(tcp_deadline(&c), now + RTT / 4);
	CU_ASSERT_FALSE(tcp_rexmit_is_due(&c, now + RTT / 4));
	CU_ASSERT_FALSE(fx_send(&c, now, &o));
	now = fire(&c);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
	goes_again(&c, 0, now);
	CU_ASSERT_FALSE(fx_send(&c, now, &o));
	CU_ASSERT_EQUAL(c.rtx_wait, TCP_WAIT_ACK);
	/* It comes late, not lost: no timer, no cut. */
	fx_in_flight(&c, 2, false);
	now = FX_T0 + RTT;
	overtaken(&c, now);
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
	CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
	CU_ASSERT_TRUE(c.flight->rack.reordered);
}

/* A path that reorders: ten segments behind a gap begin no recovery before the time is over. */
static void
test_reordering_path(void)
{
	uint64_t now = FX_T0 + RTT;
	struct tcp_conn c;

	fx_in_flight(&c, 30, false);
	overtaken(&c, now);
	for (uint64_t end = 4000; end <= 13000; end += 1000)
		fx_sacked(&c, 2000, BLOCK(3000, end), NO_BLOCK, 0, now + 1000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
	fx_sacked(&c, 13000, NO_BLOCK, NO_BLOCK, 0, now + 2000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_FALSE(tcp_owes(&c, TCP_OWED_AGAIN));
}

/* A retransmission that is lost too is found by what is sent behind it, before any timeout. */
static void
test_lost_again(void)
{
	uint64_t now = FX_T0 + RTT;
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 20, false);
	tcp_send_ready(&c, 60000);
	fx_sacked(&c, 0, BLOCK(1000, 15000), NO_BLOCK, 0, now);
	goes_again(&c, 0, now);
	fx_send_all(&c, now, 99, &o);
	/* In flight were 5000, and ssthresh is 10000. */
	CU_ASSERT_EQUAL(o.off, 23000);
	fx_sacked(&c, 0, BLOCK(1000, 20000), NO_BLOCK, 0, now + 1000);
	fx_send_all(&c, now + 1000, 99, &o);
	/* A round trip later what was new arrives, and the retransmission did not. */
	now += RTT + 1000;
	fx_sacked(&c, 0, BLOCK(1000, c.snd_max), NO_BLOCK, 0, now);
	if (c.rtx_wait == TCP_WAIT_REORDER)
		now = fire(&c);
	goes_again(&c, 0, now);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 10000); /* one cut */
}

/* The last of three is lost: a probe asks after two round trips, and what is lost goes again. */
static void
test_tail(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now;

	fx_in_flight(&c, 3, false);
	fx_sacked(&c, 1000, NO_BLOCK, NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_EQUAL(c.rtx_wait, TCP_WAIT_TAIL);
	now = tcp_deadline(&c);
	CU_ASSERT_EQUAL(now, FX_T0 + RTT + 2 * RTT + 2000);
	tcp_timer(&c, now);
	CU_ASSERT_EQUAL(c.rtx_wait, TCP_WAIT_ACK);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	goes_again(&c, 2000, now);
	CU_ASSERT_FALSE(fx_send(&c, now, &o));
	CU_ASSERT_EQUAL(c.rtx_at, now + tcp_rtt_rto(&c.rtt, c.params));
	/* It is there, and the one in front of it is not. */
	now += RTT;
	fx_sacked(&c, 1000, BLOCK(2000, 3000), NO_BLOCK, 0, now);
	if (c.rtx_wait == TCP_WAIT_REORDER)
		now = fire(&c);
	goes_again(&c, 1000, now);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
}

/* New data is the better probe, also where cwnd lets none out. */
static void
test_tail_is_new(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now;

	fx_in_flight(&c, 3, false);
	tcp_send_ready(&c, 9000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	now = fire(&c);
	CU_ASSERT_TRUE(fx_send(&c, now, &o));
	CU_ASSERT(o.off == 3000 && o.len == 1000 && !o.again);
	CU_ASSERT_FALSE(fx_send(&c, now, &o));
	/* Nothing is known to be lost: the timeout follows. */
	now = fire(&c);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
}

/* The probe was needed, so there was a loss; or it came twice, and there was none. */
static void
test_tail_verdict(void)
{
	for (int lost = 0; lost < 2; lost++) {
		struct tcp_conn c;
		struct tcp_out o;
		uint64_t now;

		fx_in_flight(&c, 4, false);
		now = fire(&c);
		CU_ASSERT_TRUE(fx_send(&c, now, &o));
		CU_ASSERT_EQUAL(o.off, 3000);
		fx_sacked(&c, 4000, NO_BLOCK, NO_BLOCK, 0, now + 1000);
		CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
		tcp_send_ready(&c, 5000);
		fx_send_all(&c, now + 1000, 9, &o);
		if (!lost)
			fx_sacked(&c, 4000, BLOCK(3000, 4000), NO_BLOCK, 0, now + 2000);
		fx_sacked(&c, 5000, NO_BLOCK, NO_BLOCK, 0, now + 1000 + RTT);
		CU_ASSERT_EQUAL(c.cc.ssthresh != UINT32_MAX, lost);
		CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	}
}

/* The ACK was late, not the data: it echoes the first copy, so all is as before (RFC 3522). */
static void
test_timeout_in_vain(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now;

	now = timed_out(&c);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
	CU_ASSERT_EQUAL(c.cc.cwnd, 1000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now, 9, &o), 1);
	fx_sacked(&c, 2000, NO_BLOCK, NO_BLOCK, FX_T0, now + 5000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(c.cc.cwnd, 12000); /* and slow start goes on */
	CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
	CU_ASSERT_FALSE(tcp_owes(&c, TCP_OWED_AGAIN));
	CU_ASSERT_FALSE(fx_send(&c, now + 5000, &o));
	/* Not where it echoes the retransmission. */
	now = timed_out(&c);
	fx_send_all(&c, now, 9, &o);
	fx_sacked(&c, 2000, NO_BLOCK, NO_BLOCK, now, now + RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
}

/*
 * A timeout was in vain, says a block that came before anything went again behind the next one: what is
 * out is timed. Also where the window was closed in between, and was to be probed: it is no more.
 */
static void
check_in_vain_before_it_goes(bool closed, bool probe)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now;

	fx_in_flight(&c, 4, false);
	fire(&c); /* of the tail: not sent, the port is full */
	now = fire(&c);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
	CU_ASSERT_EQUAL(fx_send_all(&c, now, 99, &o), 1);
	now = fire(&c);
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 0);
	if (closed) {
		fx_ack(&c, 0, 0, now);
		CU_ASSERT_FALSE(fx_send(&c, now, &o));
		CU_ASSERT_EQUAL(c.rtx_wait, TCP_WAIT_WINDOW);
	}
	if (probe) {
		now = fire(&c);
		CU_ASSERT_TRUE(tcp_owes(&c, TCP_OWED_PROBE));
	}
	fx_sacked(&c, 0, BLOCK(2000, 3000), BLOCK(2000, 3000), 0, now);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_EQUAL(tcp_flight_pipe(&c), 3000);
	CU_ASSERT_FALSE(fx_send(&c, now, &o));
	CU_ASSERT_NOT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

static void
test_in_vain_before_it_goes(void)
{
	check_in_vain_before_it_goes(false, false);
	check_in_vain_before_it_goes(true, false);
	check_in_vain_before_it_goes(true, true);
}

/* Each segment that was sent again came twice: the cut is taken back (RFC 3708). */
static void
test_duplicates(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 20, false);
	fx_sacked(&c, 0, BLOCK(2000, 6000), NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + RTT, &o));
	fx_sacked(&c, 0, BLOCK(2000, 9000), NO_BLOCK, 0, FX_T0 + RTT);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + RTT, &o));
	CU_ASSERT_EQUAL(o.off, 1000);
	/* Both were only late; then the copies come, one after the other. */
	fx_sacked(&c, 20000, NO_BLOCK, NO_BLOCK, 0, FX_T0 + RTT + 20000);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 10000);
	fx_sacked(&c, 20000, BLOCK(0, 1000), NO_BLOCK, 0, FX_T0 + 2 * RTT);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 10000);
	fx_sacked(&c, 20000, BLOCK(1000, 2000), NO_BLOCK, 0, FX_T0 + 2 * RTT);
	CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
	CU_ASSERT_EQUAL(c.cc.cwnd, 20000);
	CU_ASSERT(c.flight->rack.steps > 1);
}

/* A peer that threw away what it had: the timeout sends all of it again. */
static void
test_reneging(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now = FX_T0 + RTT, end = 0;

	fx_in_flight(&c, 10, false);
	fx_sacked(&c, 0, BLOCK(1000, 10000), NO_BLOCK, 0, now);
	fx_send_all(&c, now, 9, &o);
	fx_sacked(&c, 1000, NO_BLOCK, NO_BLOCK, 0, now + RTT);
	now = fire(&c);
	CU_ASSERT_EQUAL(c.flight->board.spans.sacked, 0);
	for (int i = 0; i < 20 && c.snd_una < 10000; i++) {
		now += RTT;
		while (fx_send(&c, now, &o)) {
			CU_ASSERT(o.off >= 1000 && o.off == (end > 0 ? end : 1000));
			end = o.off + o.len;
		}
		fx_sacked(&c, end, NO_BLOCK, NO_BLOCK, 0, now + RTT);
	}
	CU_ASSERT_EQUAL(c.snd_una, 10000);
}

/* Blocks that are no truth: in front of it, behind what was sent, turned round, or of all there is. */
static void
test_forged(void)
{
	static const struct fx_block rows[] = {
		{ 20000, 30000 },
		{ 0, 0 },
		{ 0, 20001 },
		{ (uint64_t)-5000, (uint64_t)-1000 },
		{ (uint64_t)-1, 20000 },
		{ 0, 1 },
		{ 5000, 4000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_conn c;
		struct tcp_out o;

		fx_in_flight(&c, 20, false);
		for (int n = 0; n < 5; n++)
			fx_sacked(&c, 0, rows[i], rows[i], 0, FX_T0 + RTT);
		CU_ASSERT_EQUAL(c.snd_una, 0);
		CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
		CU_ASSERT_FALSE(fx_send(&c, FX_T0 + RTT, &o));
	}
}

/* No flight: one segment at a time, and the timer sends it again. */
static void
test_no_flight(void)
{
	uint64_t now = FX_T0;
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, &(struct fx_conf){ .no_flight = true });
	tcp_send_ready(&c, 3500);
	tcp_shutdown(&c);
	for (uint64_t off = 0; off <= 3500; off += 1000) {
		uint32_t want = off < 3000 ? 1000 : 500;

		CU_ASSERT_EQUAL(fx_send_all(&c, now, 9, &o), 1);
		CU_ASSERT(o.off == off && o.len == want && !o.rexmit);
		for (int i = 0; i < 5; i++)
			fx_ack(&c, off, FX_WND, now + 1000);
		CU_ASSERT_FALSE(fx_send(&c, now + 1000, &o));
		now = fire(&c);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
		CU_ASSERT_EQUAL(fx_send_all(&c, now, 9, &o), 1);
		CU_ASSERT(o.off == off && o.len == want && o.rexmit);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
		now += RTT;
		fx_ack(&c, c.snd_max, FX_WND, now);
	}
	CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_2);
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
	/* What is sent once is measured, and ends the backoff. */
	fx_established(&c, &(struct fx_conf){ .no_flight = true });
	tcp_send_ready(&c, 2000);
	fx_send_all(&c, FX_T0, 9, &o);
	now = fire(&c);
	fx_send_all(&c, now, 9, &o);
	fx_ack(&c, 1000, FX_WND, now + RTT);
	CU_ASSERT_EQUAL(c.rtt.backoff, 1);
	/* A flight may come now. */
	CU_ASSERT_TRUE(tcp_flight_wants(&c));
	fx_send_all(&c, now + RTT, 9, &o);
	CU_ASSERT_FALSE(tcp_flight_wants(&c));
	fx_ack(&c, 2000, FX_WND, now + 2 * RTT);
	CU_ASSERT_EQUAL(c.rtt.backoff, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a gap", test_gap },
		{ "a gap behind a pause", test_pause },
		{ "a short gap waits", test_reorder_timer },
		{ "a path that reorders", test_reordering_path },
		{ "a lost retransmission", test_lost_again },
		{ "a lost tail", test_tail },
		{ "a probe of new data", test_tail_is_new },
		{ "was the probe needed", test_tail_verdict },
		{ "a timeout in vain", test_timeout_in_vain },
		{ "in vain, before it goes", test_in_vain_before_it_goes },
		{ "what came twice", test_duplicates },
		{ "a peer that reneges", test_reneging },
		{ "forged blocks", test_forged },
		{ "without a flight", test_no_flight },
	};

	return harness_run("tcp/loss", cases, HARNESS_COUNT(cases));
}
