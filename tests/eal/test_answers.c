/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Floods of junk: how much of it is answered, per kind, per address, and in all. */
#include <stdlib.h>

#include "eal/answers.h"
#include "support/eal.h"
#include "support/harness.h"

/* All kinds at once, from one address: each has its limit, and another address its answers. */
static void
test_simple(void)
{
	static const enum kind kinds[] = { RESET, ECHO, ARP };
	struct forged frames[3], beside;
	uint32_t got = 0;
	struct pair p;

	for (size_t i = 0; i < HARNESS_COUNT(kinds); i++) {
		start(&p, NULL);
		for (size_t k = 0; k < HARNESS_COUNT(kinds); k++)
			make_simple(&p, &frames[k], kinds[k], NET + PEER);
		make_simple(&p, &beside, kinds[i], NET + OTHER);
		flood(&p, frames, 3, &beside, &w.to[kinds[i]][OTHER]);
		got = 0;
		for (size_t k = 0; k < HARNESS_COUNT(kinds); k++) {
			CU_ASSERT(is_limited(w.to[kinds[k]][PEER]));
			got += w.to[kinds[k]][PEER];
		}
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "AnswersLimited"), FLOOD - got);
		/* Time heals. */
		pair_pass(&p, 1000000);
		inject(&p, &frames[i]);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "AnswersLimited"), FLOOD - got);
		finish(&p, NULL);
	}
}

/* From ever other addresses, and with other limits. */
static void
test_conf(void)
{
	static const struct {
		uint32_t per_remote, per_stack;
		uint32_t one[2], many[2]; /* answers to one address and to all: from, to */
	} rows[] = {
		{ 0, 0, { 10, 20 }, { 666, 1200 } },
		{ 3, 50, { 3, 6 }, { 33, 60 } },
		{ 100, 0, { 100, 200 }, { 666, 1200 } },
		{ UINT32_MAX, UINT32_MAX, { FLOOD, FLOOD }, { FLOOD, FLOOD } },
	};
	static struct forged frames[FLOOD];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (int kind = ECHO; kind <= ARP; kind++) {
			struct rtls_stack_conf conf = { .answers_per_remote = rows[i].per_remote,
							.answers_per_stack = rows[i].per_stack };
			struct pair p;
			uint32_t one;

			start(&p, &conf);
			make_simple(&p, &frames[0], (enum kind)kind, NET + PEER);
			flood(&p, frames, 1, NULL, NULL);
			one = w.total[kind];
			CU_ASSERT(one >= rows[i].one[0] && one <= rows[i].one[1]);
			pair_pass(&p, 1000000);
			for (uint32_t n = 0; n < FLOOD; n++)
				make_simple(&p, &frames[n], (enum kind)kind, 0x0a000001 + n);
			flood(&p, frames, FLOOD, NULL, NULL);
			CU_ASSERT(w.total[kind] - one >= rows[i].many[0]);
			CU_ASSERT(w.total[kind] - one <= rows[i].many[1]);
			finish(&p, NULL);
		}
}

/* --- half open ------------------------------------------------------------------ */

/* SYNs that come again: a SYN-ACK each time only for who waits; other junk: challenge ACKs. */
static void
test_half_open(void)
{
	struct forged syns[CONNS], again[CONNS], beside;
	struct pair p;

	start(&p, NULL);
	for (uint32_t i = 0; i < CONNS; i++) {
		uint32_t ports = (6000 + i) << 16 | PAIR_PORT;

		forged_tcp(&syns[i], p.port[1]->mac, NOBODY, NET + GHOST, NET + SELF, ports, SYN,
			   77);
		forged_tcp(&again[i], p.port[1]->mac, NOBODY, NET + GHOST, NET + SELF, ports, SYN,
			   9);
		inject(&p, &syns[i]);
	}
	CU_ASSERT_EQUAL(w.to[SYN_ACK][GHOST], CONNS);
	flood(&p, again, CONNS, NULL, NULL);
	CU_ASSERT(is_limited(w.to[BARE_ACK][GHOST]));
	pair_pass(&p, 2000000);
	/* New connections from elsewhere do not suffer, nor does a SYN whose answer was lost. */
	memset(w.to, 0, sizeof(w.to));
	forged_tcp(&beside, p.port[1]->mac, NOBODY, NET + OTHER, NET + SELF, 1 << 16 | PAIR_PORT,
		   SYN, 77);
	flood(&p, syns, 1, &beside, &w.to[SYN_ACK][OTHER]);
	CU_ASSERT(is_limited(w.to[SYN_ACK][GHOST]));
	finish(&p, NULL);
}

/* --- connections ----------------------------------------------------------------- */

static void
test_challenges(void)
{
	struct rtls_sock *socks[CONNS][2];
	struct forged frames[CONNS];
	struct pair p;

	start(&p, NULL);
	connect_all(&p, socks);
	make_challenges(frames);
	memset(w.to, 0, sizeof(w.to));
	flood(&p, frames, CONNS, NULL, NULL);
	CU_ASSERT(is_limited(w.to[BARE_ACK][PEER]));
	/* One connection alone: the limit is its own. */
	pair_pass(&p, 1000000);
	memset(w.to, 0, sizeof(w.to));
	flood(&p, frames, 1, NULL, NULL);
	CU_ASSERT_EQUAL(w.to[BARE_ACK][PEER], 2);
	finish(&p, socks);
}

/* --- TIME-WAIT -------------------------------------------------------------------- */

static void
test_time_wait(void)
{
	struct forged junk[3], fin;
	struct rtls_sock *socks[2];
	struct pair p;

	start(&p, NULL);
	pair_connect(&p, PORT, socks);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(pair_stat(&p, 1, "TimeWaitInUse"), 1);
	forged_like(&junk[0], &w.last[0], ACK, 0, 0, 100);
	forged_like(&junk[1], &w.last[0], SYN, -1000, 0, 0);
	forged_like(&junk[2], &w.last[0], FIN | ACK, 5, 0, 0);
	forged_like(&fin, &w.last[0], FIN | ACK, -1, 0, 0);
	for (int i = 0; i < 3; i++)
		memcpy(junk[i].bytes + 6, NOBODY, 6);
	memcpy(fin.bytes + 6, NOBODY, 6);
	memset(w.to, 0, sizeof(w.to));
	/* Between junk the FIN again: its ACK was lost. */
	flood(&p, junk, 3, &fin, &w.acks[0]);
	CU_ASSERT(is_limited(w.to[BARE_ACK][PEER] - 5));
	/* That FIN alone. */
	pair_pass(&p, 1000000);
	memset(w.to, 0, sizeof(w.to));
	flood(&p, &fin, 1, NULL, NULL);
	CU_ASSERT_EQUAL(w.to[BARE_ACK][PEER], 10);
	finish(&p, NULL);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "RST, echo, ARP", test_simple },
		{ "many addresses, other limits", test_conf },
		{ "half-open connections", test_half_open },
		{ "challenge ACKs", test_challenges },
		{ "TIME-WAIT", test_time_wait },
	};

	if (eal_start("answers") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/answers", cases, HARNESS_COUNT(cases));
}
