/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is wrong on the way and ends nothing (RFC 9293 3.9.2.2, RFC 5461, RFC 5927): true and forged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/router.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"

enum { LEN = 1000 };

static uint8_t bytes[LEN];

static struct {
	struct router router; /* keeps what was dropped last */
	bool drops;           /* what end 1 sends with payload, and SYNs of end 0 */
	/* It answers each of these, too, with 0: nothing */
	uint8_t type, code;
	int32_t off; /* to the sequence number that it quotes then */
	uint32_t dropped;
} r;

static void
say(int to, uint8_t type, uint8_t code, int32_t off)
{
	struct forged f;

	router_icmp(&r.router, &f, to, type, code, r.router.last.bytes);
	router_misquote(&f, r.router.last.bytes, off);
	router_send(&r.router, to, &f);
}

static enum cable_verdict
route(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	bool syn;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (!r.drops || !router_is_tcp(frame))
		return CABLE_PASS;
	syn = (frame[ROUTER_TCP_AT + 13] & 2) != 0;
	if (dir == 0 ? !syn : len < 200)
		return CABLE_PASS;
	router_keep(&r.router, frame, len);
	r.dropped++;
	if (r.type != 0)
		say(dir, r.type, r.code, r.off);
	return CABLE_DROP;
}

static void
start(struct pair *p)
{
	struct pair_conf conf = { 0 };

	memset(&r, 0, sizeof(r));
	router_start(&r.router, p, &conf, route);
	pair_fill(bytes, 0, LEN);
}

/* End 1 has sent what nobody receives. */
static void
start_lost(struct pair *p, struct rtls_sock *socks[2])
{
	start(p);
	pair_connect(p, 0, socks);
	CU_ASSERT_EQUAL(rtls_sock_watch(socks[1], RTLS_SOFT_ERROR | RTLS_CONNECTED, NULL), 0);
	r.drops = true;
	CU_ASSERT_EQUAL(rtls_send(socks[1], bytes, LEN, 0), LEN);
	pair_turn(p);
	CU_ASSERT_EQUAL_FATAL(r.dropped, 1);
	CU_ASSERT_EQUAL(pair_bits(p, 1, socks[1]), 0);
}

static const struct {
	uint8_t type, code;
	int32_t off; /* 0: of what is in flight */
	enum rtls_soft_error want;
} rows[] = {
	{ 3, 0, 0, RTLS_SOFT_NET_UNREACHABLE },
	{ 3, 1, 0, RTLS_SOFT_HOST_UNREACHABLE },
	{ 3, 2, 0, RTLS_SOFT_NO_PORT },
	{ 3, 3, 0, RTLS_SOFT_NO_PORT },
	{ 3, 5, 0, RTLS_SOFT_NET_UNREACHABLE },
	{ 3, 6, 0, RTLS_SOFT_NET_UNREACHABLE },
	{ 3, 7, 0, RTLS_SOFT_HOST_UNREACHABLE },
	{ 3, 9, 0, RTLS_SOFT_PROHIBITED },
	{ 3, 10, 0, RTLS_SOFT_PROHIBITED },
	{ 3, 12, 0, RTLS_SOFT_HOST_UNREACHABLE },
	{ 3, 13, 0, RTLS_SOFT_PROHIBITED },
	{ 3, 15, 0, RTLS_SOFT_PROHIBITED },
	{ 11, 0, 0, RTLS_SOFT_TIME_EXCEEDED },
	{ 11, 1, 0, RTLS_SOFT_TIME_EXCEEDED },
	{ 12, 0, 0, RTLS_SOFT_PARAMETER },
	{ 3, 1, LEN - 1, RTLS_SOFT_HOST_UNREACHABLE },
	/* Nothing that is in flight is quoted. */
	{ 3, 1, LEN, RTLS_SOFT_NONE },
	{ 3, 1, -1, RTLS_SOFT_NONE },
	{ 3, 3, INT32_MIN, RTLS_SOFT_NONE },
	{ 11, 0, -1, RTLS_SOFT_NONE },
	{ 12, 0, LEN, RTLS_SOFT_NONE },
	/* Source quench, redirect, and what there is not. */
	{ 4, 0, 0, RTLS_SOFT_NONE },
	{ 5, 1, 0, RTLS_SOFT_NONE },
	{ 3, 16, 0, RTLS_SOFT_NONE },
	{ 11, 2, 0, RTLS_SOFT_NONE },
	{ 12, 3, 0, RTLS_SOFT_NONE },
	{ 42, 0, 0, RTLS_SOFT_NONE },
};

/* Reported once, and the connection goes on. */
static void
test_each(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		bool counts = rows[i].want != RTLS_SOFT_NONE;
		struct rtls_sock *socks[2];
		struct pair p;

		start_lost(&p, socks);
		log_tap_start(RTE_LOG_INFO);
		say(1, rows[i].type, rows[i].code, rows[i].off);
		pair_pass(&p, 100);
		CU_ASSERT_EQUAL(log_tap_count(NOTE_SOFT_ERROR), counts);
		log_tap_end();
		CU_ASSERT_EQUAL(pair_bits(&p, 1, socks[1]), counts ? RTLS_SOFT_ERROR : 0);
		CU_ASSERT_EQUAL(pair_bits(&p, 1, socks[1]), 0);
		CU_ASSERT_EQUAL(pair_info(socks[1]).soft_error, rows[i].want);
		CU_ASSERT_EQUAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "SoftErrors"), counts);
		CU_ASSERT_EQUAL(pair_info(socks[1]).mss, 1448);
		r.drops = false;
		pair_expect(&p, socks[0], bytes, LEN);
		/* Late: it is acknowledged. */
		pair_pass(&p, 100000);
		say(1, rows[i].type, rows[i].code, rows[i].off);
		pair_pass(&p, 100);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "SoftErrors"), counts);
		router_stop(&p, socks);
	}
}

/* Who does not watch for it is not bothered. */
static void
test_not_watched(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	start_lost(&p, socks);
	CU_ASSERT_EQUAL(rtls_sock_watch(socks[1], RTLS_CONNECTED, NULL), 0);
	say(1, 3, 1, 0);
	pair_pass(&p, 100);
	CU_ASSERT_EQUAL(pair_bits(&p, 1, socks[1]), 0);
	CU_ASSERT_EQUAL(pair_info(socks[1]).soft_error, RTLS_SOFT_HOST_UNREACHABLE);
	r.drops = false;
	pair_expect(&p, socks[0], bytes, LEN);
	router_stop(&p, socks);
}

static bool
is_closed(void *arg)
{
	return pair_info(arg).state == RTLS_SOCK_CLOSED;
}

/* R2: the reason is what was said of what is in flight, if anything was. */
static void
test_r2(void)
{
	static const struct {
		uint8_t type, code;
		int32_t off;
		int error;
		enum rtls_end_reason reason;
	} ends[] = {
		{ 0, 0, 0, -ETIMEDOUT, RTLS_REASON_TIMEOUT },
		{ 3, 1, 0, -EHOSTUNREACH, RTLS_REASON_UNREACHABLE },
		{ 11, 0, 0, -EHOSTUNREACH, RTLS_REASON_UNREACHABLE },
		{ 3, 1, -1, -ETIMEDOUT, RTLS_REASON_TIMEOUT },
		{ 4, 0, 0, -ETIMEDOUT, RTLS_REASON_TIMEOUT },
	};

	for (size_t i = 0; i < HARNESS_COUNT(ends); i++) {
		struct rtls_sock *socks[2];
		struct pair p;
		char c;

		start_lost(&p, socks);
		r.type = ends[i].type;
		r.code = ends[i].code;
		r.off = ends[i].off;
		CU_ASSERT_EQUAL(rtls_sock_set(socks[1], RTLS_OPT_USER_TIMEOUT_US, 5000000), 0);
		CU_ASSERT(pair_until(&p, is_closed, socks[1], 10000000));
		CU_ASSERT_EQUAL(pair_info(socks[1]).end_who, RTLS_END_NETWORK);
		CU_ASSERT_EQUAL(pair_info(socks[1]).end_reason, ends[i].reason);
		CU_ASSERT_EQUAL(rtls_recv(socks[1], &c, 1, 0), ends[i].error);
		CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_fini(&p);
	}
}

static uint64_t
timeouts_of(const struct rtls_sock *k)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	CU_ASSERT_EQUAL(rtls_sock_stats(k, &stats), 0);
	return stats.timeouts;
}

/*
 * R1: three retransmissions without an answer, each with the time that one has, are told, once; two are
 * not. Before them goes the probe of the tail (RFC 8985 7), which asks early and is none of them.
 */
static void
test_r1(void)
{
	struct rtls_sock *socks[2];
	uint32_t told = 0;
	struct pair p;

	start_lost(&p, socks);
	while (r.dropped < 2)
		pair_pass(&p, 1000);
	CU_ASSERT_EQUAL(timeouts_of(socks[1]), 0);
	while (r.dropped < 4)
		pair_pass(&p, 1000);
	CU_ASSERT_EQUAL(timeouts_of(socks[1]), 2);
	CU_ASSERT_EQUAL(pair_bits(&p, 1, socks[1]), 0);
	while (r.dropped < 7) {
		pair_pass(&p, 1000);
		told += pair_bits(&p, 1, socks[1]) == RTLS_SOFT_ERROR;
		CU_ASSERT_EQUAL(told, r.dropped >= 5);
		CU_ASSERT_EQUAL(timeouts_of(socks[1]), r.dropped - 2);
	}
	CU_ASSERT_EQUAL(pair_info(socks[1]).soft_error, RTLS_SOFT_SILENT);
	CU_ASSERT_EQUAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SoftErrors"), 1);
	r.drops = false;
	pair_pass(&p, 20000000);
	pair_expect(&p, socks[0], bytes, LEN);
	router_stop(&p, socks);
}

/* Of a connection that is being opened: it is told at once, and tried on. */
static void
test_connecting(void)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k;
	struct pair p;
	char c;

	start(&p);
	r.drops = true;
	r.type = 3;
	r.code = 1;
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(k, RTLS_SOFT_ERROR | RTLS_CONNECTED, NULL), 0);
	pair_pass(&p, 100000);
	CU_ASSERT_EQUAL(pair_info(k).state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_EQUAL(pair_bits(&p, 0, k), RTLS_SOFT_ERROR);
	CU_ASSERT_EQUAL(pair_bits(&p, 0, k), 0);
	CU_ASSERT_EQUAL(pair_info(k).soft_error, RTLS_SOFT_HOST_UNREACHABLE);
	r.drops = false;
	pair_pass(&p, 2000000);
	CU_ASSERT_EQUAL(pair_bits(&p, 0, k), RTLS_CONNECTED);
	CU_ASSERT_EQUAL(rtls_recv(k, &c, 1, 0), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_abort(k), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each that there is", test_each },
		{ "not watched for", test_not_watched },
		{ "R1", test_r1 },
		{ "R2, and its reason", test_r2 },
		{ "while it is being opened", test_connecting },
	};

	if (eal_start("soft-error") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/soft_error", cases, HARNESS_COUNT(cases));
}
