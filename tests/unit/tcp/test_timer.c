/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* Runs until the connection closes or the deadline passes limit_us; when what went out is kept. */
struct trace {
	uint64_t at_us[64];
	struct tcp_out out[64];
	uint32_t n;
};

static void
run_timers(struct tcp_conn *c, uint64_t limit_us, struct trace *t)
{
	struct tcp_out o;

	t->n = 0;
	while (tcp_deadline(c) <= limit_us) {
		uint64_t now = tcp_deadline(c);

		tcp_timer(c, now);
		while (t->n < 64 && fx_send(c, now, &o)) {
			t->at_us[t->n] = now;
			t->out[t->n++] = o;
		}
		if (tcp_check_quiet(c) != NULL)
			CU_FAIL_FATAL("invariant");
	}
}

/* RFC 6298 5: RTO 50 + 200 ms at first, doubling to 60 s, the first segment each time; R2 ends it. */
static void
test_retransmission(void)
{
	static const uint64_t at_ms[] = { 250, 750, 1750, 3750, 7750, 15750, 31750, 63750 };
	struct tcp_conn c;
	struct tcp_out o;
	struct trace t;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 5000);
	fx_send_all(&c, FX_T0, 99, &o);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 249999), 0);
	run_timers(&c, FX_T0 + UINT64_C(1000000000), &t);
	CU_ASSERT_EQUAL_FATAL(t.n, HARNESS_COUNT(at_ms));
	for (uint32_t i = 0; i < t.n; i++) {
		CU_ASSERT_EQUAL(t.at_us[i] - FX_T0, at_ms[i] * 1000);
		CU_ASSERT_EQUAL(t.out[i].off, 0);
		CU_ASSERT_EQUAL(t.out[i].len, 1000);
		CU_ASSERT_TRUE(t.out[i].rexmit);
	}
	CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
}

/* Row 8: SYNs at 0, 1, 3, 7, 15 ... s; given up after syn_timeout_us. */
static void
test_syn(void)
{
	static const uint64_t at_s[] = { 1, 3, 7, 15, 31, 63, 123 };
	struct tcp_conn c;
	struct tcp_out o;
	struct trace t;

	fx_state(&c, TCP_SYN_SENT, NULL);
	fx_send_all(&c, FX_T0, 9, &o);
	run_timers(&c, FX_T0 + UINT64_C(1000000000), &t);
	CU_ASSERT_EQUAL_FATAL(t.n, HARNESS_COUNT(at_s));
	for (uint32_t i = 0; i < t.n; i++) {
		CU_ASSERT_EQUAL(t.at_us[i] - FX_T0, at_s[i] * 1000000);
		CU_ASSERT_TRUE(t.out[i].syn);
	}
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
}

/*
 * RFC 6298 5.7: 3 s behind a lost SYN; with timestamps the handshake is measured all the same. RFC 5681 3.1:
 * one segment, where it was lost more than once (RFC 6928 2).
 */
static void
test_rto_behind_lost_syn(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		bool ts = i % 2 == 1;
		uint32_t lost = 1 + i / 2;
		struct tcp_seg seg = { .flags = TCP_SYN | TCP_ACK,
				       .seq = 1,
				       .wnd = 60000,
				       .mss = 1000,
				       .has_ts = ts };
		uint64_t at_us = FX_T0;
		struct tcp_conn c;
		struct tcp_out o;

		fx_state(&c, TCP_SYN_SENT, NULL);
		fx_send(&c, at_us, &o);
		for (uint32_t k = 0; k < lost; k++) {
			at_us = tcp_deadline(&c);
			tcp_timer(&c, at_us);
			CU_ASSERT_TRUE(fx_send(&c, at_us, &o));
		}
		seg.ack = c.iss + 1;
		seg.ts_ecr = o.seg.ts_val;
		fx_take(&c, &seg, at_us + 400000);
		CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
		/* 400 ms: SRTT 400, RTTVAR 200, RTO 1200. */
		CU_ASSERT_EQUAL(tcp_rtt_rto(&c.rtt, c.params), ts ? 1200000 : 3000000);
		CU_ASSERT_EQUAL(c.cc.cwnd, lost == 1 ? tcp_cc_initial_window(c.mss) : c.mss);
	}
}

/* The timer restarts with each new ACK, and stops with the last (RFC 6298 5.2, 5.3). */
static void
test_restart(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 3000);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(c.rtx_at, FX_T0 + 250000);
	fx_ack(&c, 1000, FX_WND, FX_T0 + 50000);
	CU_ASSERT_EQUAL(c.rtx_at, FX_T0 + 300000);
	/* A duplicate does not restart it. */
	fx_ack(&c, 1000, FX_WND, FX_T0 + 60000);
	CU_ASSERT_EQUAL(c.rtx_at, FX_T0 + 300000);
	/* Nor does more data. */
	tcp_send_ready(&c, 4000);
	fx_send_all(&c, FX_T0 + 70000, 9, &o);
	CU_ASSERT_EQUAL(c.rtx_at, FX_T0 + 300000);
	fx_ack(&c, 4000, FX_WND, FX_T0 + 80000);
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
}

/* Go-back-N: what was out goes out again as ACKs let it, once; ssthresh is cut once. */
static void
test_go_back(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 10000);
	fx_send_all(&c, FX_T0, 99, &o);
	now = c.rtx_at;
	tcp_timer(&c, now);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now, 99, &o), 1);
	/* Lost again, and again: the same event. */
	now = c.rtx_at;
	tcp_timer(&c, now);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now, 99, &o), 1);
	/* One arrives; then the next is lost: still the same flight. */
	fx_ack(&c, 1000, FX_WND, now + 1000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now + 1000, 99, &o), 2);
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT_EQUAL(o.off, 2000);
	now = c.rtx_at;
	tcp_timer(&c, now);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 5000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 1000);
	/* The receiver held most of it. */
	fx_ack(&c, 9000, FX_WND, now + 1000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now + 1000, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 9000);
	fx_ack(&c, 10000, FX_WND, now + 2000);
	CU_ASSERT_EQUAL(c.rtx_at, TCP_NEVER);
	/* A new flight, a new loss: cut again, from what is in flight now. */
	tcp_send_ready(&c, 20000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now + 3000, 99, &o), c.cc.cwnd / 1000);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(c.cc.ssthresh, 2000);
}

/* Ten minutes of closed window: probes with backoff, for ever; alive within one probe. */
static void
test_persist(void)
{
	static const uint64_t at_ms[] = { 250, 750, 1750, 3750, 7750, 15750, 30750, 45750 };
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now = FX_T0;
	uint32_t probes = 0;

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	while (tcp_deadline(&c) < FX_T0 + UINT64_C(600000000)) {
		uint64_t before = now;

		now = tcp_deadline(&c);
		tcp_timer(&c, now);
		CU_ASSERT_TRUE_FATAL(fx_send(&c, now, &o));
		CU_ASSERT_TRUE(o.probe);
		if (probes < HARNESS_COUNT(at_ms)) {
			CU_ASSERT_EQUAL(now - FX_T0, at_ms[probes] * 1000);
		} else {
			CU_ASSERT_EQUAL(now - before, 15000000); /* an eighth of R2 */
		}
		probes++;
		fx_ack(&c, 0, 0, now + 1000);
		CU_ASSERT_FALSE(fx_send(&c, now + 1000, &o));
		CU_ASSERT_PTR_NULL_FATAL(tcp_check_quiet(&c));
	}
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000); /* no sign of congestion */
	fx_ack(&c, 0, FX_WND, now + 2000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now + 2000, 99, &o), 3);
	/* The timer is the retransmission timer now, without the probes' backoff. */
	CU_ASSERT_EQUAL(c.rtx_at, now + 2000 + 250000);
}

/* Nobody answers the probes: R2 counts from the last answer. */
static void
test_persist_unanswered(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	struct trace t;

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + UINT64_C(900000000), &o)); /* long idle before */
	run_timers(&c, FX_T0 + UINT64_C(2000000000), &t);
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	/* Two lost ones do not end it: 250 ms, doubling to an eighth of R2. */
	CU_ASSERT_EQUAL(t.n, 12);
	CU_ASSERT_EQUAL(t.at_us[7], FX_T0 + UINT64_C(900000000) + 45750000);
	CU_ASSERT_EQUAL(t.at_us[11], FX_T0 + UINT64_C(900000000) + 105750000);
}

/* A user timeout of less than eight round trips: no probe before the last one can be answered. */
static void
test_persist_short_timeout(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	struct trace t;

	fx_established(&c, NULL);
	c.opts.user_timeout_us = 1000000;
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	run_timers(&c, FX_T0 + UINT64_C(2000000000), &t);
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	CU_ASSERT_EQUAL(t.n, 3);
	for (uint32_t i = 0; i < t.n; i++)
		CU_ASSERT_EQUAL(t.at_us[i] - FX_T0, (i + 1) * UINT64_C(250000));
}

/* The window closes behind data in flight: probes, no go-back with cwnd 1. */
static void
test_window_closes(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 5000);
	fx_send_all(&c, FX_T0, 99, &o);
	fx_ack(&c, 2000, 0, FX_T0 + 1000); /* shrunk by 3000 */
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 1000, &o));
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 300000, &o));
	CU_ASSERT_TRUE(o.probe);
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT_EQUAL(o.off, 2000);
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000);
	fx_ack(&c, 2000, FX_WND, FX_T0 + 400000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 400000, 99, &o), 3);
	CU_ASSERT_EQUAL(c.sent.nxt, 5000);
}

/* The window shrinks to little: what is sent again fits it, at once, no probe time lost. */
static void
test_window_shrinks(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 5000);
	fx_send_all(&c, FX_T0, 99, &o);
	fx_ack(&c, 2000, 300, FX_T0 + 1000);
	tcp_timer(&c, c.rtx_at);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 300000, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 2000);
	CU_ASSERT_EQUAL(o.len, 300);
	CU_ASSERT_TRUE(o.rexmit);
}

/* The program was stopped for an hour: one retransmission, then R2 counts as ever. */
static void
test_stopped_program(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t later = FX_T0 + UINT64_C(3600000000);

	fx_established(&c, NULL);
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(tcp_timer(&c, later), TCP_EV_SEND);
	CU_ASSERT_TRUE(fx_send(&c, later, &o));
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT_EQUAL(tcp_deadline(&c), later + 500000);
	fx_ack(&c, 1000, FX_WND, later + 50000);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
}

/* A window below one MSS that stays: after the override time what fits is sent. */
static void
test_small_window(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	fx_ack(&c, 0, 300, FX_T0);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 250000);
	tcp_timer(&c, FX_T0 + 250000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 250000, 9, &o), 1);
	CU_ASSERT_EQUAL(o.len, 300);
	CU_ASSERT_FALSE(o.probe);
	fx_ack(&c, 300, 300, FX_T0 + 300000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 300000, &o));
	CU_ASSERT_NOT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

/* FIN-WAIT-2 of an orphan ends; with an owner it does not. */
static void
test_linger(void)
{
	struct tcp_conn c;

	fx_state(&c, TCP_FIN_WAIT_2, NULL);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	tcp_orphan(&c, FX_T0);
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 60000000);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 59999999), 0);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 60000000), TCP_EV_CLOSED);
	CU_ASSERT_EQUAL(c.end, TCP_END_NORMAL);

	fx_state(&c, TCP_FIN_WAIT_1, NULL);
	tcp_orphan(&c, FX_T0);
	fx_ack(&c, c.snd_max, FX_WND, FX_T0 + 5000);
	CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_2);
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 60005000);
}

/* Attack row 8: a peer that holds an orphan with a closed window, answering all probes. */
static void
test_orphan_is_not_held(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now = FX_T0;

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 3000);
	tcp_orphan(&c, FX_T0);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	while (c.state != TCP_CLOSED && now < FX_T0 + UINT64_C(1000000000)) {
		now = tcp_deadline(&c);
		tcp_timer(&c, now);
		fx_send_all(&c, now, 9, &o);
		if (c.state != TCP_CLOSED)
			fx_ack(&c, 0, 0, now + 1000);
	}
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	CU_ASSERT_EQUAL(now, FX_T0 + 120000000);
}

/* Quiet for 10 s: asked then, each second, three times. */
static struct tcp_opts *
keep_opts(void)
{
	static struct tcp_opts o;

	tcp_opts_default(&o);
	o.keep_idle_us = 10000000;
	o.keep_every_us = 1000000;
	o.keep_probes = 3;
	return &o;
}

/* RFC 9293 3.8.4: a number in front of the peer's window, without data; silence ends it. */
static void
test_keepalive(void)
{
	static const uint64_t sent[] = { 0, 700 };

	for (size_t i = 0; i < HARNESS_COUNT(sent); i++) {
		struct fx_conf conf = { .opts = keep_opts(), .iss = UINT32_MAX };
		struct tcp_conn c;
		struct tcp_out o;
		struct trace t;

		fx_established(&c, &conf);
		tcp_send_ready(&c, sent[i]);
		fx_send_all(&c, FX_T0, 9, &o);
		fx_ack(&c, sent[i], FX_WND, FX_T0);
		run_timers(&c, FX_T0 + UINT64_C(100000000), &t);
		CU_ASSERT_EQUAL_FATAL(t.n, 3);
		for (uint32_t n = 0; n < t.n; n++) {
			CU_ASSERT_EQUAL(t.at_us[n], FX_T0 + 10000000 + n * UINT64_C(1000000));
			CU_ASSERT_EQUAL(t.out[n].seg.seq, (uint32_t)(UINT32_MAX + sent[i]));
			CU_ASSERT_EQUAL(t.out[n].seg.flags, TCP_ACK);
			CU_ASSERT_EQUAL(t.out[n].len, 0);
		}
		CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
		CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	}
}

/* A peer that answers, or that speaks, lives; each time the silence is counted anew. */
static void
test_keepalive_answered(void)
{
	struct fx_conf conf = { .opts = keep_opts() };
	struct tcp_conn c;
	struct trace t;

	fx_established(&c, &conf);
	for (uint64_t n = 0; n < 5; n++) {
		uint64_t now = FX_T0 + n * 13000000;

		/* Two probes; behind the second the answer comes. */
		run_timers(&c, now + 11000000, &t);
		CU_ASSERT_FATAL(t.n >= 2);
		CU_ASSERT_TRUE(t.out[t.n - 1].keepalive && t.out[t.n - 2].keepalive);
		CU_ASSERT_EQUAL(t.at_us[t.n - 2], now + 10000000);
		/* In front of them at most the ACK of the data. */
		CU_ASSERT(t.n == 2 || !t.out[t.n - 3].keepalive);
		fx_ack(&c, 0, FX_WND, now + 11500000);
		fx_data(&c, (int64_t)n * 10, 10, now + 13000000);
	}
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	/* Three probes behind the last byte, none of the earlier ones counts. */
	run_timers(&c, FX_T0 + UINT64_C(1000000000), &t);
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
	CU_ASSERT_EQUAL(t.out[t.n - 1].seg.ack, tcp_rcv_seq_of(&c, 50));
	CU_ASSERT_EQUAL(t.at_us[t.n - 1], FX_T0 + 65000000 + 12000000);
}

/* Whoever has a timer of its own asks no second time: data under way, a closed window; nor by default. */
static void
test_keepalive_not_asked(void)
{
	struct fx_conf conf = { .opts = keep_opts() };
	struct tcp_conn c;
	struct tcp_out o;
	struct trace t;

	fx_established(&c, NULL);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);

	fx_established(&c, &conf);
	tcp_send_ready(&c, 100);
	fx_send_all(&c, FX_T0, 9, &o);
	run_timers(&c, FX_T0 + UINT64_C(60000000), &t);
	for (uint32_t i = 0; i < t.n; i++)
		CU_ASSERT_EQUAL(t.out[i].len, 100);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);

	fx_established(&c, &conf);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 100);
	run_timers(&c, FX_T0 + UINT64_C(60000000), &t);
	for (uint32_t i = 0; i < t.n; i++)
		CU_ASSERT_TRUE(t.out[i].probe);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
}

/* Nobody was asked: the program stood still for hours, or the port took nothing. */
static void
test_keepalive_unsent(void)
{
	struct fx_conf conf = { .opts = keep_opts() };
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, &conf);
	for (uint64_t n = 0; n < 9; n++)
		CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + (n + 1) * UINT64_C(3600000000)), TCP_EV_SEND);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + UINT64_C(36000000000), 9, &o), 1);
	CU_ASSERT_TRUE(o.keepalive);
	/* What is owed is not paid by it: its ACK is not heard. */
	fx_data(&c, 0, 10, FX_T0 + UINT64_C(36000000001));
	CU_ASSERT_TRUE(c.delack_at != TCP_NEVER);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "retransmission until R2", test_retransmission },
		{ "SYN", test_syn },
		{ "RTO behind a lost SYN", test_rto_behind_lost_syn },
		{ "restart and stop", test_restart },
		{ "go-back-N", test_go_back },
		{ "closed window for ten minutes", test_persist },
		{ "unanswered probes", test_persist_unanswered },
		{ "unanswered probes, short user timeout", test_persist_short_timeout },
		{ "the window closes behind data", test_window_closes },
		{ "the window shrinks to little", test_window_shrinks },
		{ "a program that was stopped", test_stopped_program },
		{ "a window below one MSS", test_small_window },
		{ "FIN-WAIT-2", test_linger },
		{ "keep-alive: silence", test_keepalive },
		{ "keep-alive: answers", test_keepalive_answered },
		{ "keep-alive: who is not asked", test_keepalive_not_asked },
		{ "keep-alive: probes that did not go out", test_keepalive_unsent },
		{ "an orphan is not held by a closed window", test_orphan_is_not_held },
	};

	return harness_run("tcp/timer", cases, HARNESS_COUNT(cases));
}
