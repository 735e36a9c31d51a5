/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* SYNs from ever other addresses, one a turn: 100,000 a second. Honest clients beside it. */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "tcp/query.h"

enum {
	SECOND = 1000000,
	NET = 0xc0000200,
	SELF = 2, /* end 1 */
	HONEST = 100,
	GAP_TURNS = 100,     /* between two of them */
	WAY_US = 2000,       /* to the other end: four hundred SYNs come while one is answered */
	SHAKE_TURNS = 10000, /* more than a handshake takes */
	DOWNLOAD = 4 << 20,
};

static const uint8_t FORGER[6] = { 2, 0, 0, 0, 0x66, 1 };

struct syn_flood {
	struct pair p;
	uint32_t n;
};

/* The last bare ACK of end 0. */
static struct forged seen;

static void
see(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)now_us;
	if (dir != 0 || frame[12] != 8 || frame[13] != 0 || frame[47] != 16)
		return;
	memcpy(seen.bytes, frame, len);
	seen.len = len;
}

static void
start(struct syn_flood *f)
{
	const struct pair_conf conf = { .stack[0] = { .max_socks = 256 },
					.stack[1] = { .max_socks = 256, .max_syn = 64 },
					.backlog = 256,
					.path = { { .delay_us = WAY_US }, { .delay_us = WAY_US } },
					.tap = see };

	pair_init(&f->p, &conf);
	f->n = 0;
}

/* One turn of it. */
static void
turn(struct syn_flood *f)
{
	uint32_t i = f->n++;
	struct forged syn;

	forged_tcp(&syn, f->p.port[1]->mac, FORGER, 0x0a000001 + i, NET + SELF,
		   (1024 + i % 60000) << 16 | PAIR_PORT, 2, i);
	CU_ASSERT_EQUAL_FATAL(cable_inject(f->p.cable, 0, syn.bytes, syn.len), 0);
	pair_turn(&f->p);
}

static struct rtls_sock *
dial(struct syn_flood *f)
{
	struct rtls_addr to = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k;

	CU_ASSERT_EQUAL_FATAL(rtls_connect(f->p.stack[0], NULL, &to, &k), 0);
	return k;
}

/* Every one of a hundred clients is connected in the midst of it, and none has to ask twice. */
static void
test_connects(void)
{
	struct rtls_sock *client[HONEST], *server[HONEST];
	struct syn_flood f;
	uint32_t got = 0;

	start(&f);
	while (pair_stat(&f.p, 1, "SynCookies") == 0)
		turn(&f);
	for (uint32_t i = 0; i < HONEST; i++) {
		client[i] = dial(&f);
		for (uint32_t t = 0; t < GAP_TURNS; t++)
			turn(&f);
	}
	for (uint32_t t = 0; t < SHAKE_TURNS; t++)
		turn(&f);
	got = rtls_accept_burst(f.p.listener, server, HONEST);
	CU_ASSERT_EQUAL(got, HONEST);
	printf("# %u of %u connected, %u by cookies\n", got, HONEST,
	       (unsigned int)pair_stat(&f.p, 1, "SynCookiesOpened"));
	CU_ASSERT(pair_stat(&f.p, 1, "SynCookiesOpened") > HONEST / 2);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynDropped"), 0);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 0, "TxRetransmissions"), 0);
	CU_ASSERT(pair_stat(&f.p, 1, "SynInUse") <= 64);
	for (uint32_t i = 0; i < got; i++)
		CU_ASSERT_EQUAL(rtls_abort(server[i]), 0);
	for (uint32_t i = 0; i < HONEST; i++)
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	/* The records go with their time. */
	pair_pass(&f.p, 70 * (uint64_t)SECOND);
	pair_fini(&f.p);
}

/* What a client agreed on before holds: its window is scaled, SACK and timestamps are on. */
static void
test_options(void)
{
	struct rtls_sock *client = NULL, *server = NULL;
	static uint8_t bytes[65536];
	uint32_t sent = 0;
	struct syn_flood f;

	start(&f);
	while (pair_stat(&f.p, 1, "SynCookies") == 0)
		turn(&f);
	do {
		if (server != NULL) {
			CU_ASSERT_EQUAL(rtls_abort(server), 0);
			CU_ASSERT_EQUAL(rtls_abort(client), 0);
		}
		client = dial(&f);
		for (uint32_t t = 0; t < SHAKE_TURNS; t++)
			turn(&f);
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(f.p.listener, &server, 1), 1);
	} while (pair_stat(&f.p, 1, "SynCookiesOpened") == 0);
	CU_ASSERT_TRUE(server->tcp.ts_on);
	CU_ASSERT_TRUE(server->tcp.sack_on);
	CU_ASSERT_EQUAL(server->tcp.snd_wscale, client->tcp.rcv_wscale);
	CU_ASSERT_EQUAL(server->tcp.rcv_wscale, client->tcp.snd_wscale);
	CU_ASSERT(server->tcp.rcv_wscale > 0);
	CU_ASSERT_EQUAL(server->tcp.mss, client->tcp.mss);
	while (sent < DOWNLOAD) {
		pair_fill(bytes, sent, sizeof(bytes));
		pair_send(&f.p, server, bytes, sizeof(bytes));
		pair_expect(&f.p, client, bytes, sizeof(bytes));
		sent += sizeof(bytes);
		turn(&f);
	}
	CU_ASSERT_EQUAL(rtls_abort(server), 0);
	CU_ASSERT_EQUAL(rtls_abort(client), 0);
	pair_pass(&f.p, 70 * (uint64_t)SECOND);
	pair_fini(&f.p);
}

/* ACKs of nobody's while cookies are out, guessed and old: none opens a connection. */
static void
test_forged_acks(void)
{
	struct rtls_sock *server;
	struct forged ack;
	struct syn_flood f;

	start(&f);
	while (pair_stat(&f.p, 1, "SynCookies") == 0)
		turn(&f);
	for (uint32_t i = 0; i < 20000; i++) {
		forged_tcp(&ack, f.p.port[1]->mac, FORGER, 0x0a000001 + i % 200, NET + SELF,
			   (1024 + i % 200) << 16 | PAIR_PORT, 16, i);
		CU_ASSERT_EQUAL_FATAL(cable_inject(f.p.cable, 0, ack.bytes, ack.len), 0);
		pair_turn(&f.p);
	}
	CU_ASSERT_EQUAL(rtls_accept_burst(f.p.listener, &server, 1), 0);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynCookiesOpened"), 0);
	pair_pass(&f.p, 70 * (uint64_t)SECOND);
	pair_fini(&f.p);
}

/* Sent again as it was, or under another name. */
static void
replay(struct syn_flood *f, const struct forged *ack, uint32_t ip_off, uint32_t port_off)
{
	struct forged a = *ack;
	uint8_t *ip = a.bytes + FORGED_ETHER;

	ip[15] = (uint8_t)(ip[15] + ip_off);
	put16(ip + FORGED_IP, get16(ip + FORGED_IP) + port_off);
	forged_finish(&a, FORGED_ETHER + get16(ip + 2));
	CU_ASSERT_EQUAL_FATAL(cable_inject(f->p.cable, 0, a.bytes, a.len), 0);
	pair_turn(&f->p);
}

static void
fill_records(struct syn_flood *f)
{
	uint64_t before = pair_stat(&f->p, 1, "SynCookies");

	while (pair_stat(&f->p, 1, "SynCookies") == before)
		turn(f);
}

/*
 * The ACK with a cookie is seen by somebody, who sends it again: while its connection lives it is that
 * connection's; to another host or port it opens nothing; and it opens nothing when it is old. In
 * between, when the connection is gone, it opens a silent one (decision 101).
 */
static void
test_replayed(void)
{
	struct rtls_sock *client = NULL, *server = NULL;
	struct syn_flood f;
	struct forged ack;
	uint64_t opened;

	start(&f);
	fill_records(&f);
	while (pair_stat(&f.p, 1, "SynCookiesOpened") == 0) {
		if (client != NULL) {
			CU_ASSERT_EQUAL(rtls_abort(server), 0);
			CU_ASSERT_EQUAL(rtls_abort(client), 0);
		}
		client = dial(&f);
		for (uint32_t t = 0; t < SHAKE_TURNS; t++)
			turn(&f);
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(f.p.listener, &server, 1), 1);
	}
	ack = seen;
	opened = pair_stat(&f.p, 1, "SynCookiesOpened");
	replay(&f, &ack, 0, 0);
	replay(&f, &ack, 0, 1);
	replay(&f, &ack, 1, 0);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynCookiesOpened"), opened);
	CU_ASSERT_EQUAL(rtls_abort(server), 0);
	CU_ASSERT_EQUAL(rtls_abort(client), 0);
	pair_turn(&f.p);
	replay(&f, &ack, 0, 0);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynCookiesOpened"), opened + 1);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(f.p.listener, &server, 1), 1);
	CU_ASSERT_FALSE(tcp_has_heard(&server->tcp));
	CU_ASSERT_EQUAL(rtls_abort(server), 0);
	/* Two steps later, to the moment: its bit of time is right again. */
	pair_pass(&f.p, 2 * (uint64_t)TCP_COOKIE_STEP_US);
	fill_records(&f);
	replay(&f, &ack, 0, 0);
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynCookiesOpened"), opened + 1);
	CU_ASSERT_EQUAL(rtls_accept_burst(f.p.listener, &server, 1), 0);
	pair_pass(&f.p, 70 * (uint64_t)SECOND);
	pair_fini(&f.p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "honest clients connect", test_connects },
		{ "their options hold", test_options },
		{ "ACKs that are guessed", test_forged_acks },
		{ "a cookie again", test_replayed },
	};

	if (eal_start("test-syn-flood") != 0)
		return 1;
	return harness_run("eal/syn-flood", cases, HARNESS_COUNT(cases));
}
