/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Paths that take less than both ends, and what else ICMP says of them: true, late and forged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tlsnic.h>

#include "eal/router.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum { LEN = 200000, IP_AT = 14, TCP_AT = ROUTER_TCP_AT };

static uint8_t bytes[LEN];

/* What is between the ends. */
static struct {
	struct router router; /* keeps the last segment with payload of end 1 */
	uint16_t mtu;         /* of the way from end 1; 0: takes all */
	uint16_t said;        /* in the ICMP message; 0: a router before RFC 1191 */
	bool silent;          /* its ICMP is filtered */
	uint8_t code;         /* 0xff, or what it answers each SYN of end 0, which it drops */
	int32_t off;          /* to the sequence number that it quotes then */
	uint32_t dropped;
	uint32_t refused;
} r;

/* Unreachable, it tells an end about a frame of its own. */
static void
say(struct forged *f, int to, uint8_t code, uint16_t mtu, const uint8_t *frame)
{
	put16(router_icmp(&r.router, f, to, 3, code, frame) + 6, mtu);
	forged_finish(f, f->len);
}

static enum cable_verdict
route(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct forged f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (!router_is_tcp(frame))
		return CABLE_PASS;
	if (dir == 0 && r.code != 0xff && (frame[TCP_AT + 13] & 2) != 0) {
		say(&f, 0, r.code, 0, frame);
		router_misquote(&f, frame, r.off);
		r.refused++;
		router_send(&r.router, 0, &f);
		return CABLE_DROP;
	}
	if (dir == 0)
		return CABLE_PASS;
	if (len > 200)
		router_keep(&r.router, frame, len);
	if (r.mtu == 0 || get16(frame + IP_AT + 2) <= r.mtu)
		return CABLE_PASS;
	r.dropped++;
	if (!r.silent) {
		say(&f, 1, 4, r.said, frame);
		router_send(&r.router, 1, &f);
	}
	return CABLE_DROP;
}

static void
start(struct pair *p, struct pair_conf *conf)
{
	memset(&r, 0, sizeof(r));
	r.code = 0xff;
	router_start(&r.router, p, conf, route);
	pair_fill(bytes, 0, LEN);
}

/* A link of 1300 behind the first: it is obeyed at once, and known to the next connection. */
static void
download(struct pair_conf *conf, bool keys, uint16_t said, uint16_t mss)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys k = peer_keys(&key);
	struct rtls_sock *socks[2], *next[2];
	uint64_t began_us;
	uint32_t dropped;
	struct pair p;

	start(&p, conf);
	pair_connect(&p, 0, socks);
	if (keys)
		pair_set_keys(socks, 1, &k);
	r.mtu = 1300;
	r.said = said;
	began_us = p.now_us;
	log_tap_start(RTE_LOG_NOTICE);
	pair_send(&p, socks[1], bytes, LEN);
	pair_expect(&p, socks[0], bytes, LEN);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_PATH_MTU), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	/* No timeout was needed. */
	CU_ASSERT(p.now_us - began_us < 190000);
	CU_ASSERT(r.dropped > 0);
	CU_ASSERT_EQUAL(pair_info(socks[1]).mss, mss);
	CU_ASSERT(pair_stat(&p, 1, "PathMtuLowered") >= 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxBytesNic") > 0, conf->nic[1] != NULL && keys);
	dropped = r.dropped;
	pair_connect(&p, 0, next);
	CU_ASSERT_EQUAL(pair_info(next[1]).mss, mss);
	pair_send(&p, next[1], bytes, LEN);
	pair_expect(&p, next[0], bytes, LEN);
	CU_ASSERT_EQUAL(r.dropped, dropped);
	CU_ASSERT_EQUAL(rtls_close(next[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(next[1]), 0);
	router_stop(&p, socks);
}

static void
test_small_link(void)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	struct pair_conf conf = { 0 };

	download(&conf, false, 1300, 1248);
	download(&conf, true, 1300, 1248);
	/* Lower than the link: the router may mean another one. Lower than anything: 576. */
	download(&conf, false, 1280, 1228);
	download(&conf, false, 68, 524);
	/* One that names no MTU: 1492 is too much still, 1006 is not. */
	download(&conf, false, 0, 954);
	/* The port cuts, and a device seals. */
	conf.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM;
	conf.tso_max = 60000;
	download(&conf, true, 1300, 1248);
	conf.nic[1] = &nic;
	download(&conf, true, 1300, 1248);
}

/* The side that connects knows its path, too, and forgets it: paths change. */
static void
test_forgotten(void)
{
	struct rtls_sock *socks[2];
	struct pair_conf conf = { 0 };
	struct pair p;

	start(&p, &conf);
	pair_connect(&p, 0, socks);
	r.mtu = r.said = 1300;
	pair_send(&p, socks[1], bytes, 5000);
	pair_expect(&p, socks[0], bytes, 5000);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_pass(&p, UINT64_C(601) * 1000000);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(pair_info(socks[1]).mss, 1448);
	router_stop(&p, socks);
}

/* What differs in one thing from what the router would say of a packet in flight. */
static void
test_forged(void)
{
	static const struct {
		const char *what;
		uint32_t at, flip; /* a byte of the frame, and its bits */
		bool counts;
	} rows[] = {
		{ "nothing", 0, 0, true },
		{ "another router", 29, 9, true },
		{ "a byte later in flight", TCP_AT + 8 + 27, 1, true },
		{ "sequence number", TCP_AT + 8 + 24, 0x40, false },
		{ "sequence number by 64 KiB", TCP_AT + 8 + 25, 0x08, false },
		{ "our port", TCP_AT + 8 + 21, 1, false },
		{ "the peer's port", TCP_AT + 8 + 23, 1, false },
		{ "our address", TCP_AT + 8 + 15, 1, false },
		{ "the peer's address", TCP_AT + 8 + 19, 2, false },
		{ "sent to another address of ours", 33, 1, false },
		{ "UDP", TCP_AT + 8 + 9, 6 ^ 17, false },
		{ "a fragment", TCP_AT + 8 + 7, 1, false },
		{ "IP options", TCP_AT + 8, 3, false },
		{ "time exceeded", TCP_AT, 3 ^ 11, false },
		{ "port unreachable", TCP_AT + 1, 4 ^ 3, false },
		{ "source route failed", TCP_AT + 1, 4 ^ 5, false },
		{ "no less than now", TCP_AT + 6, 0x20, false },
	};

	for (size_t i = 0; i < 2 * HARNESS_COUNT(rows); i++) {
		/* Each a second time with a wrong checksum. */
		bool counts = rows[i / 2].counts && i % 2 == 0;
		struct rtls_addr second = pair_addr(ROUTER_SELF, 0);
		struct pair_conf conf = { 0 };
		struct rtls_sock *socks[2];
		struct forged f;
		struct pair p;

		start(&p, &conf);
		CU_ASSERT_EQUAL(rtls_addr_add(p.stack[1], p.port[1], &second, 24), 0);
		pair_connect(&p, 0, socks);
		CU_ASSERT_EQUAL_FATAL(rtls_send(socks[1], bytes, 10000, 0), 10000);
		pair_turn(&p);
		say(&f, 1, 4, 1300, r.router.last.bytes);
		f.bytes[rows[i / 2].at] ^= (uint8_t)rows[i / 2].flip;
		forged_finish(&f, f.len);
		f.bytes[TCP_AT + 2] ^= i % 2;
		router_send(&r.router, 1, &f);
		pair_pass(&p, 100);
		CU_ASSERT_EQUAL(pair_info(socks[1]).mss, counts ? 1248 : 1448);
		pair_expect(&p, socks[0], bytes, 10000);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "PathMtuLowered"), counts);
		CU_ASSERT_EQUAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
		if (!counts)
			CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxRetransmissions"), 0);
		/* Late: it is acknowledged. */
		router_send(&r.router, 1, &f);
		pair_settle(&p);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "PathMtuLowered"), counts);
		router_stop(&p, socks);
	}
}

/* --- a connection that is being opened ------------------------------------------- */

static void
opened(uint8_t code, int32_t off, int error, uint64_t at_most_us)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	uint64_t began_us;
	struct pair_conf conf = { 0 };
	struct rtls_sock *k;
	struct pair p;
	char c;

	start(&p, &conf);
	r.code = code;
	r.off = off;
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
	began_us = p.now_us;
	while (pair_info(k).state != RTLS_SOCK_CLOSED && p.now_us - began_us < at_most_us)
		pair_pass(&p, 1000);
	CU_ASSERT(r.refused > 0);
	CU_ASSERT_EQUAL(rtls_recv(k, &c, 1, 0), error);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	pair_fini(&p);
}

static void
test_refused(void)
{
	static const uint8_t soft[] = { 0, 1, 4, 5, 9, 13 };

	opened(3, 0, -ECONNREFUSED, 100000);
	opened(2, 0, -ECONNREFUSED, 100000);
	opened(3, 1, -ENOTCONN, 100000);
	opened(3, -1, -ENOTCONN, 100000);
	for (size_t i = 0; i < HARNESS_COUNT(soft); i++)
		opened(soft[i], 0, -ENOTCONN, 100000);
	/* Tried to the end, and then it is the reason. */
	opened(1, 0, -EHOSTUNREACH, UINT64_C(200) * 1000000);
	opened(1, 1, -ETIMEDOUT, UINT64_C(200) * 1000000);
}

/* A half-open connection neither ends nor changes. */
static void
test_half_open(void)
{
	struct rtls_sock *socks[2];
	struct pair_conf conf = { 0 };
	struct forged syn, syn_ack, f;
	uint8_t *tcp = syn_ack.bytes + TCP_AT;
	struct pair p;

	start(&p, &conf);
	forged_tcp(&syn, r.router.mac[1], router_mac, ROUTER_NET + 77, ROUTER_NET + ROUTER_SELF,
		   5000u << 16 | PAIR_PORT, 2, 9);
	router_send(&r.router, 1, &syn);
	pair_turn(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 1);
	for (int code = 0; code < 16; code++) {
		forged_tcp(&syn_ack, router_mac, r.router.mac[1], ROUTER_NET + ROUTER_SELF,
			   ROUTER_NET + 77, (uint32_t)PAIR_PORT << 16 | 5000, 18, 0);
		put32(tcp + 8, 10);
		say(&f, 1, (uint8_t)code, 1300, syn_ack.bytes);
		router_send(&r.router, 1, &f);
		pair_pass(&p, 100);
	}
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PathMtuLowered"), 0);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(pair_info(socks[1]).mss, 1448);
	pair_pass(&p, UINT64_C(70) * 1000000);
	router_stop(&p, socks);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a small link", test_small_link }, { "forgotten", test_forgotten },
		{ "forged", test_forged },           { "refused", test_refused },
		{ "half open", test_half_open },
	};

	if (eal_start("path-mtu") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/path_mtu", cases, HARNESS_COUNT(cases));
}
