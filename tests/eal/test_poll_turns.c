/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What one poll takes and what it lets out: no more than the ACKs of which the next poll takes. Else a
 * port's queue overflows beside many who send, and the ACKs that are lost are those of whoever needs one.
 */
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	CONNS = 40,
	TURN = 44,     /* segments of one connection */
	AT_ONCE = 512, /* and of a poll, each way */
	MORE = 150000, /* what each has to send then: more than two turns */
	NET = 0xc0000200,
	SELF = 2,
	SYN = 2,
};

static uint8_t pattern[MORE];

struct senders {
	struct pair p;
	struct rtls_sock *near[CONNS], *far[CONNS];
};

/* Their windows are open for more than two turns. */
static void
start(struct senders *s)
{
	struct pair_conf conf = {
		.stack = { { .max_socks = CONNS + 4, .nb_large = 2048, .nb_packets = 8192 },
			   { .max_socks = CONNS + 4 } },
		.backlog = CONNS,
	};
	struct rtls_sock *socks[2];

	pair_init(&s->p, &conf);
	for (unsigned int i = 0; i < CONNS; i++) {
		pair_connect(&s->p, 0, socks);
		s->near[i] = socks[0];
		s->far[i] = socks[1];
		s->near[i]->tcp.cc.cwnd = 2 * MORE;
	}
	for (unsigned int i = 0; i < CONNS; i++) {
		pair_fill(pattern, 0, MORE);
		CU_ASSERT_EQUAL(rtls_send(s->near[i], pattern, MORE, 0), MORE);
	}
}

static void
finish(struct senders *s)
{
	for (unsigned int i = 0; i < CONNS; i++) {
		CU_ASSERT_EQUAL(rtls_abort(s->near[i]), 0);
		CU_ASSERT_EQUAL(rtls_abort(s->far[i]), 0);
	}
	pair_settle(&s->p);
	pair_fini(&s->p);
}

static uint64_t
sent(const struct senders *s, unsigned int i)
{
	return s->near[i]->count.tx_segments;
}

/* Forty connections with something to send: a poll ends with the turn that brings it to its number. */
static void
test_lets_out(void)
{
	uint64_t before, n, least, most;
	struct senders s;
	int polls = 0;

	start(&s);
	do {
		before = pair_stat(&s.p, 0, "TxSegments");
		rtls_stack_poll(s.p.stack[0], s.p.now_us);
		n = pair_stat(&s.p, 0, "TxSegments") - before;
		CU_ASSERT(n < AT_ONCE + TURN);
		CU_ASSERT(polls > 0 || n >= AT_ONCE);
		polls++;
		/* Nobody has a second turn before all have had their first. */
		least = most = sent(&s, 0);
		for (unsigned int i = 1; i < CONNS; i++) {
			least = RTE_MIN(least, sent(&s, i));
			most = RTE_MAX(most, sent(&s, i));
		}
		CU_ASSERT(most <= least + TURN);
	} while (sent(&s, CONNS - 1) == 0);
	CU_ASSERT_EQUAL(polls, (CONNS * TURN + AT_ONCE - 1) / (AT_ONCE - AT_ONCE % TURN + TURN));
	finish(&s);
}

/* What came is taken in one poll, up to as much. */
static void
test_takes(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0x66, 1 };
	static const uint32_t rows[][3] = {
		{ 1, 1, 1 },
		{ 63, 63, 63 },
		{ 64, 64, 64 },
		{ 65, 65, 65 },
		{ AT_ONCE, AT_ONCE, AT_ONCE },
		{ AT_ONCE + 1, AT_ONCE, AT_ONCE + 1 },
		{ 900, AT_ONCE, 900 },
	};
	uint64_t before;
	struct forged f;
	struct pair p;

	pair_init(&p, NULL);
	pair_settle(&p);
	for (size_t r = 0; r < HARNESS_COUNT(rows); r++) {
		before = pair_stat(&p, 1, "RxPackets");
		for (uint32_t i = 0; i < rows[r][0]; i++) {
			forged_tcp(&f, p.port[1]->mac, mac, 0x0a000001 + i, NET + SELF,
				   1024 << 16 | (PAIR_PORT + 1), SYN, i);
			CU_ASSERT_EQUAL_FATAL(cable_inject(p.cable, 0, f.bytes, f.len), 0);
		}
		for (int poll = 1; poll <= 2; poll++) {
			rtls_stack_poll(p.stack[1], p.now_us);
			CU_ASSERT_EQUAL(pair_stat(&p, 1, "RxPackets") - before, rows[r][poll]);
		}
		pair_pass(&p, 1000000);
	}
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a poll lets out", test_lets_out },
		{ "what it takes", test_takes },
	};

	if (eal_start("test-poll-turns") != 0)
		return 1;
	return harness_run("eal/poll-turns", cases, HARNESS_COUNT(cases));
}
