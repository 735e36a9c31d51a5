/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Next hops that move, that others claim to be, that are not there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_log.h>

#include "eal/forged.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"

enum {
	NET = 0xc0000200,
	PEER = 1, /* end 0 */
	SELF = 2, /* end 1 */
	GATEWAY = 70,
	LEN = 100000,
};

static const uint8_t NEW_MAC[6] = { 2, 0, 0, 0, 0x77, 1 };
static uint8_t bytes[LEN];

/* What end 0's host does: it moves to another MAC, or another host only says so. */
static struct host {
	uint8_t mac[6];
	bool moved;
	uint32_t lost;  /* frames to the old MAC */
	uint32_t taken; /* frames to the new one */
} host;

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	(void)arg;
	(void)len;
	(void)now_us;
	(void)delay_us;
	if (dir == 0 && host.moved) {
		memcpy(frame + 6, NEW_MAC, 6);
		if (get16(frame + 12) == 0x0806)
			memcpy(frame + 22, NEW_MAC, 6);
	} else if (dir == 1) {
		host.taken += memcmp(frame, NEW_MAC, 6) == 0;
		if (host.moved && memcmp(frame, host.mac, 6) == 0) {
			host.lost++;
			return CABLE_DROP;
		}
	}
	return CABLE_PASS;
}

/* A connection that is in use for a while: end 1 knows where end 0 is. */
static void
start(struct pair *p, struct rtls_sock *socks[2])
{
	const struct pair_conf conf = { .filter = filter, .path[0].delay_us = 5000 };

	memset(&host, 0, sizeof(host));
	pair_init(p, &conf);
	memcpy(host.mac, p->port[0]->mac, 6);
	pair_fill(bytes, 0, LEN);
	pair_connect(p, 0, socks);
	for (int i = 0; i < 3; i++) {
		pair_send(p, socks[1], bytes, 1000);
		pair_expect(p, socks[0], bytes, 1000);
		pair_pass(p, 2000000);
	}
	CU_ASSERT_EQUAL(pair_stat(p, 1, "ArpRefused"), 0);
}

/* "I am end 0", to everybody, and from NEW_MAC. */
static void
announce(struct pair *p)
{
	struct forged f;

	forged_arp(&f, NEW_MAC, NET + PEER, NET + PEER);
	CU_ASSERT_EQUAL_FATAL(cable_inject(p->cable, 0, f.bytes, f.len), 0);
}

static void
finish(struct pair *p, struct rtls_sock *socks[2])
{
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(p);
}

/* Found where it is now within a second, in which nothing else made the connection go on. */
static void
test_moved(void)
{
	struct rtls_sock *socks[2];
	uint64_t began_us;
	struct pair p;

	start(&p, socks);
	host.moved = true;
	began_us = p.now_us;
	announce(&p);
	pair_send(&p, socks[1], bytes, LEN);
	pair_expect(&p, socks[0], bytes, LEN);
	CU_ASSERT(p.now_us - began_us < 1000000);
	CU_ASSERT(host.lost > 0 && host.taken > 0);
	finish(&p, socks);
}

/* A thousand claims in a second: nothing goes where they say, and few questions are asked. */
static void
test_claimed(void)
{
	struct rtls_sock *socks[2];
	uint64_t asked;
	struct pair p;

	start(&p, socks);
	asked = pair_stat(&p, 1, "ArpRequests");
	for (int i = 0; i < 1000; i++) {
		announce(&p);
		if (i % 100 == 0)
			pair_send(&p, socks[1], bytes + i * 50, 5000);
		if (i % 100 == 90)
			pair_expect(&p, socks[0], bytes + (i - 90) * 50, 5000);
		pair_pass(&p, 1000);
	}
	CU_ASSERT_EQUAL(host.taken, 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "ArpRefused"), 1000);
	asked = pair_stat(&p, 1, "ArpRequests") - asked;
	CU_ASSERT(asked >= 1 && asked <= 2);
	finish(&p, socks);
}

/* A gateway that is not there is counted and told of, once for many connections. */
static void
test_missing(void)
{
	struct rtls_addr far = { .family = RTLS_IPV4, .ip = { 203, 0, 113, 1 }, .port = 443 };
	struct rtls_addr gateway = pair_addr(GATEWAY - 1, 0);
	struct rtls_sock *socks[2], *k[5];
	struct pair p;
	char c;

	start(&p, socks);
	CU_ASSERT_EQUAL(rtls_route_add(p.stack[0], &far, 24, &gateway, p.port[0]), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "ArpFailed"), 0);
	log_tap_start(RTE_LOG_NOTICE);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &far, &k[i]), 0);
	pair_pass(&p, 5000000);
	log_tap_end();
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(rtls_recv(k[i], &c, 1, 0), -EHOSTUNREACH);
		CU_ASSERT_EQUAL(rtls_close(k[i]), 0);
	}
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "ArpFailed"), 5);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_GATEWAY_SILENT), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_GATEWAY_SILENT), ": 192.0.2.70: "));
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	finish(&p, socks);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a neighbour that moved", test_moved },
		{ "one that others claim to be", test_claimed },
		{ "a gateway that is not there", test_missing },
	};

	if (eal_start("neighbour") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/neighbour", cases, HARNESS_COUNT(cases));
}
