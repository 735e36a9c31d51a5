/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Routes that move or go while connections use them: two stacks, each with a port on each of two cables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_log.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"

enum { LEN = 60000 };

static uint8_t bytes[LEN];

/* Behind a gateway: an address of end 1 that no subnet of end 0 holds. */
static const struct rtls_addr FAR = { .family = RTLS_IPV4,
				      .ip = { 203, 0, 113, 9 },
				      .port = PAIR_PORT };

static void
start(struct pair *p, uint16_t other_mtu)
{
	const struct pair_conf conf = {
		.two_ways = true,
		.other_mtu = other_mtu,
		.path = { { .delay_us = 1000 }, { .delay_us = 1000 } },
	};

	pair_init(p, &conf);
	pair_fill(bytes, 0, LEN);
}

static void
finish(struct pair *p, struct rtls_sock *socks[2])
{
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(socks[i]), 0);
	pair_fini(p);
}

static uint64_t
sent(const struct cable *c, int end)
{
	return cable_stats_get(c, end).tx_bytes;
}

/* Sends LEN bytes, which all go by one of the cables. */
static void
goes_by(struct pair *p, struct rtls_sock *socks[2], int from, bool other)
{
	const struct cable *by = other ? p->other : p->cable, *not = other ? p->cable : p->other;
	uint64_t by_before = sent(by, from), not_before = sent(not, from);

	pair_send(p, socks[from], bytes, LEN);
	pair_expect(p, socks[1 - from], bytes, LEN);
	CU_ASSERT(sent(by, from) - by_before >= LEN);
	CU_ASSERT(sent(not, from) - not_before < 1000); /* ARP, an ACK */
}

/* Each direction by its own way, and back: addresses stay, and any port takes what comes. */
static void
test_follows(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	start(&p, 0);
	pair_connect(&p, 0, socks);
	goes_by(&p, socks, 0, false);
	for (int i = 0; i < 3; i++) {
		pair_move(&p, 0, true);
		goes_by(&p, socks, 0, true);
		goes_by(&p, socks, 1, false);
		pair_move(&p, 1, true);
		goes_by(&p, socks, 1, true);
		pair_move(&p, 0, false);
		goes_by(&p, socks, 0, false);
		goes_by(&p, socks, 1, true);
		pair_move(&p, 1, false);
	}
	goes_by(&p, socks, 1, false);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxRetransmissions"), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxNoRoute"), 0);
	finish(&p, socks);
}

/* A port that takes less: segments shrink with the move, and stay so. */
static void
test_smaller(void)
{
	struct rtls_sock *socks[2];
	struct pair p;
	uint32_t mss;

	start(&p, 600);
	pair_connect(&p, 0, socks);
	goes_by(&p, socks, 0, false);
	mss = pair_info(socks[0]).mss;
	CU_ASSERT(mss > 1400);
	pair_move(&p, 0, true);
	goes_by(&p, socks, 0, true);
	/* 40 bytes of headers, 12 of the timestamp option. */
	CU_ASSERT_EQUAL(pair_info(socks[0]).mss, 600 - 40 - 12);
	pair_move(&p, 0, false);
	goes_by(&p, socks, 0, false);
	CU_ASSERT_EQUAL(pair_info(socks[0]).mss, 600 - 40 - 12);
	CU_ASSERT_EQUAL(pair_info(socks[1]).mss, mss);
	finish(&p, socks);
}

/* The first SYN of end 0 does not arrive. */
static enum cable_verdict
no_syn(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	bool *lost = arg;

	(void)frame;
	(void)now_us;
	(void)delay_us;
	if (*lost || dir != 0 || len < 60)
		return CABLE_PASS;
	*lost = true;
	return CABLE_DROP;
}

/* The way moves while it is being opened: what was agreed is what the first port takes. */
static void
test_smaller_at_open(void)
{
	const struct rtls_addr to = pair_addr(1, PAIR_PORT);
	bool lost = false;
	const struct pair_conf conf = {
		.two_ways = true,
		.path = { { .delay_us = 1000 }, { .delay_us = 1000 } },
		.filter = no_syn,
		.arg = &lost,
	};
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, &conf);
	p.other_port[0]->mtu = 600; /* the other end takes more */
	pair_fill(bytes, 0, LEN);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &to, &socks[0]), 0);
	pair_pass(&p, 10000);
	CU_ASSERT_FATAL(lost);
	pair_move(&p, 0, true);
	pair_pass(&p, 3000000);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &socks[1], 1), 1);
	CU_ASSERT_EQUAL(pair_info(socks[0]).mss, 600 - 40 - 12);
	goes_by(&p, socks, 0, true);
	finish(&p, socks);
}

/* The SYN comes by one port, and the answer's way is by another one, which takes less. */
static void
test_smaller_at_accept(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	start(&p, 600);
	pair_move(&p, 1, true);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(pair_info(socks[1]).mss, 600 - 40 - 12);
	goes_by(&p, socks, 1, true);
	goes_by(&p, socks, 0, false);
	finish(&p, socks);
}

/* End 1 has FAR, and end 0 a way there. */
static void
start_far(struct pair *p, struct rtls_sock *socks[2])
{
	const struct rtls_addr gateway = pair_addr(1, 0);
	struct rtls_sock *listener;

	start(p, 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(p->stack[1], p->port[1], &FAR, 32), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p->stack[1], &FAR, NULL, &listener), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_route_add(p->stack[0], &FAR, 24, &gateway, p->port[0]), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], NULL, &FAR, &socks[0]), 0);
	pair_settle(p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(listener, &socks[1], 1), 1);
	CU_ASSERT_EQUAL(rtls_close(listener), 0);
}

/* Nothing goes by any port while there is no route; then all of it, by the one that there is. */
static void
test_waits(void)
{
	const struct rtls_addr gateway = pair_other_addr(1, 0);
	struct rtls_sock *socks[2];
	uint64_t before[2];
	struct pair p;

	start_far(&p, socks);
	goes_by(&p, socks, 0, false);
	CU_ASSERT_EQUAL(rtls_route_del(p.stack[0], &FAR, 24), 0);
	CU_ASSERT_EQUAL(rtls_route_del(p.stack[0], &FAR, 24), -ENOENT);
	before[0] = sent(p.cable, 0);
	before[1] = sent(p.other, 0);
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL(rtls_send(socks[0], bytes, LEN, 0), LEN);
	pair_pass(&p, 5000000);
	log_tap_end();
	CU_ASSERT_EQUAL(log_tap_count(NOTE_NO_ROUTE), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_NO_ROUTE), ": 203.0.113.9: "));
	CU_ASSERT(pair_stat(&p, 0, "TxNoRoute") >= 1 && pair_stat(&p, 0, "TxNoRoute") < 20);
	CU_ASSERT_EQUAL(sent(p.cable, 0), before[0]);
	CU_ASSERT_EQUAL(sent(p.other, 0), before[1]);
	CU_ASSERT_EQUAL(rtls_route_add(p.stack[0], &FAR, 32, &gateway, p.other_port[0]), 0);
	pair_settle(&p);
	pair_expect(&p, socks[1], bytes, LEN);
	CU_ASSERT(sent(p.other, 0) - before[1] >= LEN);
	/* A longer prefix than the default, which then carries it. */
	CU_ASSERT_EQUAL(rtls_route_add(p.stack[0], &FAR, 0, &gateway, p.other_port[0]), 0);
	CU_ASSERT_EQUAL(rtls_route_del(p.stack[0], &FAR, 32), 0);
	goes_by(&p, socks, 0, true);
	finish(&p, socks);
}

/* It does not come back: TCP's patience ends the connection, and a new one never begins. */
static void
test_gone(void)
{
	struct rtls_sock *socks[2], *k;
	struct pair p;
	char c;

	start_far(&p, socks);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &FAR, &k), 0);
	CU_ASSERT_EQUAL(rtls_route_del(p.stack[0], &FAR, 24), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(k, &c, 1, 0), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &FAR, &k), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_send(socks[0], bytes, LEN, 0), LEN);
	pair_pass(&p, 119000000);
	CU_ASSERT_EQUAL(pair_info(socks[0]).state, RTLS_SOCK_OPEN);
	pair_pass(&p, 5000000);
	CU_ASSERT_EQUAL(rtls_recv(socks[0], &c, 1, 0), -ETIMEDOUT);
	CU_ASSERT_EQUAL(pair_info(socks[0]).end_reason, RTLS_REASON_TIMEOUT);
	finish(&p, socks);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a connection follows its route", test_follows },
		{ "a port that takes less", test_smaller },
		{ "the same while it is being opened", test_smaller_at_open },
		{ "the same, and accepted by another one", test_smaller_at_accept },
		{ "no route, and one again", test_waits },
		{ "no route any more", test_gone },
	};

	if (eal_start("routes") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/routes", cases, HARNESS_COUNT(cases));
}
