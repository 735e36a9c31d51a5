/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Every way to close, with every single packet lost, and every pair of packets:
 * two endpoints, a wire with a fixed delay, virtual time.
 */

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

enum {
	DELAY_US = 10000,
	PACKETS_MAX = 64,
	BITS_MAX = 24,
};

struct packet {
	uint64_t at_us;
	struct tcp_seg seg;
	int to;
	bool there;
};

struct side {
	struct tcp_conn c;
	bool done;
	uint32_t fins; /* TCP_EV_PEER_FIN */
	uint64_t close_at_us;
	bool after_peer; /* closes once the peer's FIN is there */
	bool closed;
};

static struct {
	struct side side[2];
	struct packet wire[PACKETS_MAX];
	uint32_t sent; /* packets so far */
	uint32_t lost; /* bit n: the n-th is lost */
	uint64_t now_us;
} w;

struct scenario {
	const char *what;
	uint32_t data[2];
	int32_t close_ms[2]; /* -1: once the peer's FIN is there */
};

static const struct scenario scenarios[] = {
	{ "half close, then the other", { 0, 0 }, { 0, -1 } },
	{ "the same with data before each FIN", { 2500, 2500 }, { 0, -1 } },
	{ "data flows on behind the half close", { 100, 9000 }, { 0, -1 } },
	{ "both at once", { 0, 0 }, { 0, 0 } },
	{ "both at once with data", { 2500, 1500 }, { 0, 0 } },
	{ "FINs cross on the wire", { 10, 10 }, { 0, 5 } },
	{ "the second while the first is acknowledged", { 10, 10 }, { 0, 15 } },
	{ "the second much later", { 10, 10 }, { 0, 5000 } },
};

static void
put(int from, const struct tcp_seg *seg)
{
	uint32_t n = w.sent++;

	if (n < BITS_MAX && w.lost & 1U << n)
		return;
	for (uint32_t i = 0; i < PACKETS_MAX; i++) {
		if (!w.wire[i].there) {
			w.wire[i] = (struct packet){ w.now_us + DELAY_US, *seg, 1 - from, true };
			return;
		}
	}
	CU_FAIL_FATAL("wire");
}

static void
input(int i, const struct tcp_seg *seg)
{
	struct side *s = &w.side[i];
	struct tcp_verdict v = fx_take(&s->c, seg, w.now_us);

	s->fins += !!(v.events & TCP_EV_PEER_FIN);
	if (v.events & (TCP_EV_TIME_WAIT | TCP_EV_CLOSED))
		s->done = true;
	CU_ASSERT_FALSE(v.reply_reset && s->c.state != TCP_CLOSED);
	CU_ASSERT_PTR_NULL(tcp_check(&s->c));
}

static void
act(int i)
{
	struct side *s = &w.side[i];
	struct tcp_out o;

	if (w.now_us >= tcp_deadline(&s->c))
		tcp_timer(&s->c, w.now_us);
	if (!s->closed && (s->after_peer ? s->fins > 0 : w.now_us >= s->close_at_us)) {
		s->closed = true;
		tcp_shutdown(&s->c);
	}
	/* TIME-WAIT answers as long as the test runs, as a record would. */
	while (fx_send(&s->c, w.now_us, &o))
		put(i, &o.seg);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&s->c));
}

static uint64_t
next_time(void)
{
	uint64_t at = UINT64_MAX;

	for (uint32_t k = 0; k < PACKETS_MAX; k++)
		if (w.wire[k].there && w.wire[k].at_us < at)
			at = w.wire[k].at_us;
	for (int i = 0; i < 2; i++) {
		const struct side *s = &w.side[i];

		if (tcp_deadline(&s->c) < at)
			at = tcp_deadline(&s->c);
		if (!s->closed && !s->after_peer && s->close_at_us < at)
			at = s->close_at_us;
	}
	return at;
}

static bool
run(const struct scenario *sc, uint32_t lost)
{
	struct fx_conf conf[2] = { { .iss = UINT32_MAX - 1000, .irs = 7 },
				   { .iss = 7, .irs = UINT32_MAX - 1000 } };

	memset(&w, 0, sizeof(w));
	w.now_us = FX_T0;
	w.lost = lost;
	for (int i = 0; i < 2; i++) {
		struct side *s = &w.side[i];

		fx_established(&s->c, &conf[i]);
		s->c.opts
			.user_timeout_us = UINT32_MAX; /* a dozen losses in a row are not the end */
		tcp_send_ready(&s->c, sc->data[i]);
		s->after_peer = sc->close_ms[i] < 0;
		s->close_at_us = FX_T0 + (uint64_t)(s->after_peer ? 0 : sc->close_ms[i]) * 1000;
	}
	act(0);
	act(1);
	while (!w.side[0].done || !w.side[1].done) {
		uint64_t at = next_time();

		if (at == UINT64_MAX || at > FX_T0 + UINT64_C(2000000000))
			return false;
		w.now_us = at;
		for (uint32_t k = 0; k < PACKETS_MAX; k++) {
			if (w.wire[k].there && w.wire[k].at_us <= at) {
				w.wire[k].there = false;
				input(w.wire[k].to, &w.wire[k].seg);
			}
		}
		act(0);
		act(1);
	}
	for (int i = 0; i < 2; i++) {
		const struct tcp_conn *c = &w.side[i].c;

		if (w.side[i].fins != 1 || c->rcv_nxt != sc->data[1 - i] ||
		    c->snd_una != (uint64_t)sc->data[i] + 1)
			return false;
		if (c->state == TCP_CLOSED ? c->end != TCP_END_NORMAL : c->state != TCP_TIME_WAIT)
			return false;
	}
	/* Somebody waits, so that the last ACK can be given again. */
	return w.side[0].c.state == TCP_TIME_WAIT || w.side[1].c.state == TCP_TIME_WAIT;
}

static void
check(const struct scenario *sc, uint32_t lost)
{
	bool ok = run(sc, lost);

	if (!ok)
		printf("# %s, lost %#x\n", sc->what, lost);
	CU_ASSERT_TRUE(ok);
}

static void
test_no_loss(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(scenarios); i++)
		check(&scenarios[i], 0);
}

static void
test_each_packet_lost(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(scenarios); i++)
		for (uint32_t a = 0; a < BITS_MAX; a++)
			check(&scenarios[i], 1U << a);
}

static void
test_each_pair_lost(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(scenarios); i++)
		for (uint32_t a = 0; a < BITS_MAX; a++)
			for (uint32_t b = 0; b < a; b++)
				check(&scenarios[i], 1U << a | 1U << b);
}

/* The first 10 packets: every subset of them lost. */
static void
test_each_subset_lost(void)
{
	uint32_t bits = harness_full() ? 16 : 10;

	for (size_t i = 0; i < HARNESS_COUNT(scenarios); i++)
		for (uint32_t lost = 0; lost < 1U << bits; lost++)
			check(&scenarios[i], lost);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "nothing is lost", test_no_loss },
		{ "each packet is lost", test_each_packet_lost },
		{ "each pair is lost", test_each_pair_lost },
		{ "each subset of the first is lost", test_each_subset_lost },
	};

	return harness_run("tcp/close", cases, HARNESS_COUNT(cases));
}
