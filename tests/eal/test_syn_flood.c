/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* SYNs from ever other addresses, one a turn: 100,000 a second. Honest clients beside it. */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "stack/state.h"
#include "stack/syn_path.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

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

static void
start(struct syn_flood *f)
{
	const struct pair_conf conf = { .stack[0] = { .max_socks = 256 },
					.stack[1] = { .max_socks = 256, .max_syn = 64 },
					.backlog = 256,
					.path = { { .delay_us = WAY_US },
						  { .delay_us = WAY_US } } };

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

/* The ACK of a cookie again, while its connection lives: it is that connection's. */
static void
test_replayed(void)
{
	struct rtls_sock *client, *server;
	struct tcp_seg ack = { 0 };
	uint64_t opened;
	struct syn_flood f;
	enum counter why;

	start(&f);
	while (pair_stat(&f.p, 1, "SynCookies") == 0)
		turn(&f);
	client = dial(&f);
	for (uint32_t t = 0; t < SHAKE_TURNS; t++)
		turn(&f);
	opened = pair_stat(&f.p, 1, "SynCookiesOpened");
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(f.p.listener, &server, 1), 1);
	/* Another tuple does not open with its numbers. */
	ack.flags = TCP_ACK;
	ack.seq = server->tcp.irs + 1;
	ack.ack = server->tcp.iss + 1;
	ack.src_port = (uint16_t)(server->tuple.remote_port + 1);
	ack.dst_port = PAIR_PORT;
	ack.has_ts = true;
	ack.ts_val = server->tcp.ts_recent;
	ack.ts_ecr = server->tcp.ts_first;
	{
		struct net_tuple other = server->tuple;

		other.remote_port++;
		CU_ASSERT_EQUAL(syn_path_input(f.p.stack[1], &f.p.stack[1]->netifs[0], FORGER,
					       &other, 0, &ack, &why),
				FLOW_NONE);
	}
	CU_ASSERT_EQUAL(pair_stat(&f.p, 1, "SynCookiesOpened"), opened);
	CU_ASSERT_EQUAL(rtls_abort(server), 0);
	CU_ASSERT_EQUAL(rtls_abort(client), 0);
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
		{ "another one's numbers", test_replayed },
	};

	if (eal_start("test-syn-flood") != 0)
		return 1;
	return harness_run("eal/syn-flood", cases, HARNESS_COUNT(cases));
}
