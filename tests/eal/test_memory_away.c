/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A network that is away for a while, beside others who could send faster if one held less: end 0
 * sends, 500 ms away from its peers, and has 64 large buffers.
 */
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "tcp/query.h"

enum {
	SECOND = 1000000,
	WAY_US = 500000,
	OTHERS = 6,
	BYTES = 200000, /* most of what everybody may hold before there are shares */
	STEP_US = 50000,
	HDRS = 14 + 20 + 20,
};

static uint8_t pattern[65536];

struct flow {
	struct rtls_sock *near, *far;
	uint64_t sent, got;
};

struct scene {
	struct pair p;
	struct flow held;         /* whose network is away */
	struct flow fast[OTHERS]; /* and who could send faster */
	uint16_t cut_port;        /* what goes to it does not arrive; 0: all does */
	bool till_timeout;        /* but behind a timeout it does, once */
};

static enum cable_verdict
cut(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	const struct scene *s = arg;

	(void)now_us;
	(void)delay_us;
	if (dir == 0 || len < HDRS || s->cut_port == 0)
		return CABLE_PASS;
	if (s->till_timeout && s->held.near->tcp.rtt.backoff > 0)
		return CABLE_PASS;
	return (frame[36] << 8 | frame[37]) == s->cut_port ? CABLE_DROP : CABLE_PASS;
}

static void
connect_one(struct scene *s, struct flow *f)
{
	struct rtls_addr to = pair_addr(1, PAIR_PORT);

	CU_ASSERT_EQUAL_FATAL(rtls_connect(s->p.stack[0], NULL, &to, &f->near), 0);
	pair_pass(&s->p, 8 * WAY_US); /* ARP's both ways come before it */
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(s->p.listener, &f->far, 1), 1);
}

static void
start(struct scene *s)
{
	const struct pair_conf conf = {
		.stack = { { .max_socks = 16 }, { .max_socks = 16 } },
		.path = { { .delay_us = WAY_US, .spare_arp = true },
			  { .delay_us = WAY_US, .spare_arp = true } },
		.filter = cut,
		.arg = s,
	};

	memset(s, 0, sizeof(*s));
	pair_init(&s->p, &conf);
	for (int i = 0; i < OTHERS; i++)
		connect_one(s, &s->fast[i]);
	connect_one(s, &s->held);
	pair_settle(&s->p); /* its clock is what the last poll said */
}

static void
flow_send(struct flow *f, uint64_t up_to)
{
	ssize_t n;

	do {
		uint64_t left = up_to - f->sent;
		size_t len = left < sizeof(pattern) ? (size_t)left : sizeof(pattern);

		pair_fill(pattern, f->sent, len);
		n = len > 0 ? rtls_send(f->near, pattern, len, 0) : 0;
		f->sent += n > 0 ? (uint64_t)n : 0;
	} while (n > 0);
}

static void
flow_read(struct flow *f)
{
	ssize_t n;

	while ((n = rtls_recv(f->far, pattern, sizeof(pattern), 0)) > 0) {
		CU_ASSERT_FATAL(pair_matches(pattern, f->got, (size_t)n));
		f->got += (uint64_t)n;
	}
}

/* The others send all they may, and are read. */
static void
pass(struct scene *s, uint64_t us)
{
	for (uint64_t end_us = s->p.now_us + us; s->p.now_us < end_us;) {
		for (int i = 0; i < OTHERS; i++) {
			flow_send(&s->fast[i], UINT64_MAX);
			flow_read(&s->fast[i]);
		}
		pair_pass(&s->p, STEP_US);
	}
}

static void
finish(struct scene *s)
{
	for (int i = 0; i < OTHERS; i++) {
		CU_ASSERT_EQUAL(rtls_abort(s->fast[i].near), 0);
		CU_ASSERT_EQUAL(rtls_abort(s->fast[i].far), 0);
	}
	CU_ASSERT_EQUAL(rtls_abort(s->held.near), 0);
	CU_ASSERT_EQUAL(rtls_abort(s->held.far), 0);
	pair_pass(&s->p, 4 * WAY_US);
	pair_fini(&s->p);
}

static bool
is_held(const struct scene *s)
{
	return session_tx_held(&s->held.near->tx) > BYTES / 2;
}

/*
 * ACKs are lost for eight seconds, which is two of its timeouts: others are short all that time, and
 * go without. It has its time to take what it holds behind that, too.
 */
static void
test_comes_back(void)
{
	struct scene s;
	uint64_t began;

	start(&s);
	flow_send(&s.held, BYTES);
	CU_ASSERT_EQUAL(s.held.sent, BYTES);
	s.cut_port = s.held.near->tuple.local_port;
	began = s.p.now_us;
	pass(&s, 8 * SECOND);
	s.cut_port = 0;
	pass(&s, 5 * SECOND / 2);
	/* It was judged: there are others who wait, and it held for so long. */
	CU_ASSERT(s.p.stack[0]->now_us - s.p.stack[0]->short_us < SECOND);
	CU_ASSERT(s.p.stack[0]->now_us - s.p.stack[0]->short_since_us > SECOND);
	CU_ASSERT(s.p.now_us - began > HOLD_WINDOW_US);
	CU_ASSERT(is_held(&s));
	CU_ASSERT(tcp_waits_for_network(&s.held.near->tcp));
	CU_ASSERT_EQUAL(pair_stat(&s.p, 0, "PressureHolderEnded"), 0);
	for (int i = 0; i < 400 && s.held.got < BYTES; i++) {
		pass(&s, STEP_US);
		flow_read(&s.held);
	}
	CU_ASSERT_EQUAL(s.held.got, BYTES);
	CU_ASSERT_EQUAL(pair_stat(&s.p, 0, "PressureHolderEnded"), 0);
	CU_ASSERT_EQUAL(pair_info(s.held.near).state, RTLS_SOCK_OPEN);
	finish(&s);
}

/* It does not come back: behind R1 it is ended for the others. */
static void
test_stays_away(void)
{
	struct scene s;

	start(&s);
	flow_send(&s.held, BYTES);
	s.cut_port = s.held.near->tuple.local_port;
	while (s.held.near->tcp.rtt.backoff < TCP_R1) {
		pass(&s, STEP_US);
		CU_ASSERT_FATAL(pair_info(s.held.near).state == RTLS_SOCK_OPEN);
	}
	CU_ASSERT(is_held(&s));
	pass(&s, SECOND);
	CU_ASSERT_EQUAL(pair_stat(&s.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(pair_info(s.held.near).end_reason, RTLS_REASON_NO_MEMORY);
	finish(&s);
}

/* A peer that does not read has closed its window: the network is not what it waits for. */
static void
test_reads_nothing(void)
{
	struct scene s;
	uint64_t began;

	start(&s);
	CU_ASSERT_EQUAL(rtls_sock_set(s.held.far, RTLS_OPT_RCVBUF, 65536), 0);
	flow_send(&s.held, BYTES);
	began = s.p.now_us;
	while (pair_stat(&s.p, 0, "PressureHolderEnded") == 0 &&
	       s.p.now_us - began < 2 * HOLD_WINDOW_US)
		pass(&s, STEP_US);
	CU_ASSERT(s.p.now_us - began >= HOLD_WINDOW_US);
	CU_ASSERT_EQUAL(pair_stat(&s.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(pair_info(s.held.near).end_reason, RTLS_REASON_NO_MEMORY);
	finish(&s);
}

/* A peer that answers behind each timeout alone: the time before it counts. */
static void
test_each_timeout(void)
{
	struct scene s;
	uint64_t began;

	start(&s);
	flow_send(&s.held, BYTES);
	s.cut_port = s.held.near->tuple.local_port;
	s.till_timeout = true;
	began = s.p.now_us;
	while (pair_stat(&s.p, 0, "PressureHolderEnded") == 0 &&
	       s.p.now_us - began < 7 * (uint64_t)HOLD_WINDOW_US)
		pass(&s, STEP_US);
	CU_ASSERT(s.p.now_us - began >= HOLD_WINDOW_US);
	CU_ASSERT(pair_info(s.held.near).bytes_acked > 0);
	CU_ASSERT_EQUAL(pair_stat(&s.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(pair_info(s.held.near).end_reason, RTLS_REASON_NO_MEMORY);
	finish(&s);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the network comes back", test_comes_back },
		{ "it stays away", test_stays_away },
		{ "a peer that reads nothing", test_reads_nothing },
		{ "a peer that answers behind each timeout", test_each_timeout },
	};

	if (eal_start("test-memory-away") != 0)
		return 1;
	return harness_run("eal/memory-away", cases, HARNESS_COUNT(cases));
}
