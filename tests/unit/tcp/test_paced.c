/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A connection whose segments go at their times: tcp/pace as tcp/output and tcp/timer have it. */
#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* Paced by congestion control where that is `on`, and by max_rate; 50 ms away. */
static void
begin(struct tcp_conn *c, bool on, uint32_t max_rate)
{
	static struct tcp_params params;
	static struct tcp_opts opts;

	params = *fx_params();
	params.pacing = on;
	tcp_opts_default(&opts);
	opts.pace_max = max_rate;
	fx_established(c, &(struct fx_conf){ .params = &params, .opts = &opts, .wnd = 65535 });
	c->rtt.srtt_us = 50000;
	tcp_send_ready(c, 1000000);
}

/*
 * All that may go until end_us, asked at its deadlines alone. No burst is above `most`, and what goes
 * keeps to rate from the first on.
 */
static uint32_t
send_until(struct tcp_conn *c, uint64_t now_us, uint64_t end_us, uint32_t most, uint64_t rate)
{
	uint64_t begin_us = now_us;
	uint32_t sent = 0, n;
	struct tcp_out o;

	for (; now_us < end_us; now_us = tcp_deadline(c)) {
		tcp_timer(c, now_us);
		n = fx_send_all(c, now_us, 99, &o);
		CU_ASSERT(n * 1000 <= most);
		sent += n * 1000;
		CU_ASSERT(sent <= rate * (now_us - begin_us + TCP_PACE_LATE_US) / 1000000 + most);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(c));
		CU_ASSERT(tcp_deadline(c) > now_us);
	}
	return sent;
}

/* The initial window at once; from the first ACK on two windows per round trip. */
static void
test_slow_start(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, true, 0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 10);
	CU_ASSERT_FALSE(c.pace.waits);
	fx_ack(&c, 10000, 65535, FX_T0 + 50000);
	/* 18 segments now, or 20: 2 * 20000 in 50 ms are 800,000 a second, so each burst has two. */
	CU_ASSERT(c.cc.cwnd >= 18000);
	CU_ASSERT_EQUAL(send_until(&c, FX_T0 + 50000, FX_T0 + 75000, 3000, 800000), c.cc.cwnd);
	/* A burst each 2.5 ms. */
	fx_ack(&c, 10000 + c.cc.cwnd, 65535, FX_T0 + 100000);
	CU_ASSERT(send_until(&c, FX_T0 + 100000, FX_T0 + 110000, 3000, 1600000) < 20000);
}

/* Without pacing by congestion control all of a window goes at once. */
static void
test_off(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, false, 0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 10);
	fx_ack(&c, 10000, 65535, FX_T0 + 50000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 50000, 99, &o), c.cc.cwnd / 1000);
	CU_ASSERT_FALSE(c.pace.waits);
	CU_ASSERT_EQUAL(tcp_deadline(&c), c.rtx_at);
}

/* 200,000 bytes per second from the first byte on, also where congestion control does not pace. */
static void
test_max_rate(void)
{
	for (int on = 0; on < 2; on++) {
		struct tcp_conn c;
		uint32_t sent;

		begin(&c, on, 200000);
		sent = send_until(&c, FX_T0, FX_T0 + 40000, 2000, 200000);
		CU_ASSERT(sent >= 7000 && sent <= 10000);
		fx_ack(&c, sent, 65535, FX_T0 + 50000);
		c.cc.cwnd = 60000;
		sent = send_until(&c, FX_T0 + 50000, FX_T0 + 150000, 2000, 200000);
		CU_ASSERT(sent >= 18000 && sent <= 22000);
		/* It may have more now, and need not wait for the old rate's time. */
		c.opts.pace_max = 0;
		c.params = fx_params();
		tcp_pace_changed(&c.pace);
		CU_ASSERT(send_until(&c, FX_T0 + 151000, FX_T0 + 151001, 60000, 60000000) > 30000);
	}
}

/* What the port does not take is planned again, and the time of the burst is not spent. */
static void
test_dropped(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, true, 200000);
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &o));
	tcp_plan_take(&c, &o);
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &o));
	tcp_plan_take(&c, &o);
	CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &o)); /* two are a burst */
	tcp_plan_drop(&c);
	CU_ASSERT_EQUAL(c.pace.next_us, 0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT(c.pace.next_us > FX_T0);
	CU_ASSERT_EQUAL(tcp_deadline(&c), c.pace.next_us);
}

/* ACKs do not wait, nor does data that comes while nothing has to. */
static void
test_what_does_not_wait(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;
	struct tcp_out o;
	uint64_t now_us = FX_T0;

	begin(&c, true, 200000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now_us, 99, &o), 1);
	now_us += 100;
	for (int i = 0; i < 2; i++) {
		seg = fx_seg(&c, TCP_ACK, i * 1000, 0, 1000);
		fx_take(&c, &seg, now_us);
	}
	CU_ASSERT_EQUAL(fx_send_all(&c, now_us, 99, &o), 1);
	CU_ASSERT_EQUAL(o.len, 0);
	CU_ASSERT_EQUAL(o.ack_off, 2000);
	CU_ASSERT(c.pace.waits);
	/* A closed connection has no deadline. */
	tcp_conn_closed(&c, TCP_END_ABORTED);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
}

/* A timeout: what goes again keeps to the rate, too, and the connection does not stall. */
static void
test_timeout(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now_us;
	uint32_t sent;

	begin(&c, true, 100000);
	sent = send_until(&c, FX_T0, FX_T0 + 100000, 2000, 100000);
	CU_ASSERT_EQUAL(sent, 10000);
	now_us = c.rtx_at;
	tcp_timer(&c, now_us);
	CU_ASSERT_EQUAL(fx_send_all(&c, now_us, 99, &o), 1);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_TRUE(o.rexmit);
	CU_ASSERT(c.pace.next_us >= now_us + 7900);
	fx_ack(&c, 1000, 65535, now_us + 50000);
	CU_ASSERT(send_until(&c, now_us + 50000, now_us + 51000, 2000, 100000) >= 1000);
}

/* A port that keeps packets is given a burst at the deadline, which is before its time; no deadline stays. */
static void
test_kept(void)
{
	uint64_t now_us = FX_T0, time_us;
	struct tcp_conn c;
	struct tcp_out o;

	begin(&c, true, 200000);
	CU_ASSERT_EQUAL(fx_send_all(&c, now_us, 99, &o), 1);
	for (int i = 0; i < 4; i++) {
		c.pace.kept = true;
		time_us = c.pace.next_us;
		now_us = tcp_deadline(&c);
		CU_ASSERT_EQUAL(now_us, time_us - TCP_PACE_AHEAD_US);
		CU_ASSERT_EQUAL(tcp_timer(&c, now_us), TCP_EV_SEND);
		CU_ASSERT(tcp_deadline(&c) > now_us);
		CU_ASSERT(fx_send_all(&c, now_us, 99, &o) > 0);
		CU_ASSERT(tcp_deadline(&c) > now_us);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "slow start", test_slow_start },
		{ "off", test_off },
		{ "the program's rate", test_max_rate },
		{ "a port that takes nothing", test_dropped },
		{ "what does not wait", test_what_does_not_wait },
		{ "a timeout", test_timeout },
		{ "a port that keeps packets", test_kept },
	};

	return harness_run("tcp/pace in a connection", cases, HARNESS_COUNT(cases));
}
