/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Beside floods of junk from its own address a peer gets each answer that it needs. */
#include <errno.h>
#include <stdlib.h>

#include "eal/answers.h"
#include "support/eal.h"
#include "support/harness.h"

/* The same flood, and others of that address, beside what its real connection asks. */
static void
make_all(struct pair *p, struct forged frames[CONNS])
{
	make_challenges(frames);
	make_simple(p, &frames[0], ECHO, NET + PEER);
	make_simple(p, &frames[1], RESET, NET + PEER);
	forged_like(&frames[2], &w.last[2], ACK, 1 << 30, 0, 100);
	forged_like(&frames[3], &w.last[3], ACK, 0, 1 << 30, 100);
	forged_like(&frames[4], &w.last[4], FIN | ACK, -(1 << 30), 0, 100);
}

static void
test_keep_alive(void)
{
	struct rtls_sock *socks[CONNS][2];
	struct forged frames[CONNS], ask;
	struct pair p;

	start(&p, NULL);
	connect_all(&p, socks);
	make_all(&p, frames);
	for (uint32_t len = 0; len < 2; len++) {
		forged_like(&ask, &w.last[0], ACK, -1, 0, len);
		flood(&p, frames, CONNS, &ask, &w.acks[0]);
	}
	finish(&p, socks);
}

/* A flood of keep-alives: few answers, and each of the real host within 100 ms. */
static void
test_keep_alive_flood(void)
{
	struct rtls_sock *socks[CONNS][2];
	struct forged ask;
	struct pair p;
	uint32_t before;

	start(&p, NULL);
	connect_all(&p, socks);
	forged_like(&ask, &w.last[0], ACK, -1, 0, 1);
	before = w.acks[0];
	flood(&p, &ask, 1, NULL, NULL);
	CU_ASSERT(w.acks[0] - before >= 10 && w.acks[0] - before <= 20);
	before = w.acks[0];
	inject(&p, &ask);
	pair_pass(&p, 100000);
	CU_ASSERT(w.acks[0] - before >= 1);
	finish(&p, socks);
}

/* The ACK of 100 bytes is lost: the first retransmission is answered. */
static void
test_lost_ack(void)
{
	struct rtls_sock *socks[CONNS][2];
	struct forged frames[CONNS];
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	uint8_t bytes[100];
	struct pair p;

	start(&p, NULL);
	connect_all(&p, socks);
	make_all(&p, frames);
	flood(&p, frames, CONNS, NULL, NULL);
	pair_fill(bytes, 0, sizeof(bytes));
	w.deaf = true;
	CU_ASSERT_EQUAL(rtls_send(socks[0][0], bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	for (int i = 0; i < 600; i++) {
		inject(&p, &frames[i % CONNS]);
		p.now_us += STEP_US;
	}
	w.deaf = false;
	flood(&p, frames, CONNS, NULL, NULL);
	CU_ASSERT_EQUAL(rtls_sock_stats(socks[0][0], &stats), 0);
	CU_ASSERT_EQUAL(stats.retransmissions, 1);
	pair_expect(&p, socks[0][1], bytes, sizeof(bytes));
	finish(&p, socks);
}

/* The window is closed: each probe is answered. */
static void
test_probes(void)
{
	struct rtls_sock *socks[CONNS][2];
	struct forged frames[CONNS];
	static uint8_t bytes[100000], in[100000];
	uint32_t acks;
	struct pair p;
	ssize_t n = 0;

	start(&p, &(struct rtls_stack_conf){ .rcvbuf = 64 << 10 });
	connect_all(&p, socks);
	make_all(&p, frames);
	for (int i = 0; i < 20; i++) { /* until both buffers are full */
		n = rtls_send(socks[0][0], bytes, sizeof(bytes), 0);
		CU_ASSERT(n > 0 || n == -EAGAIN);
		pair_pass(&p, 5000);
	}
	CU_ASSERT_EQUAL(n, -EAGAIN);
	w.probes = w.answered = 0;
	for (int i = 0; i < 5; i++)
		flood(&p, frames, CONNS, NULL, NULL);
	CU_ASSERT(w.probes >= 3);
	CU_ASSERT_EQUAL(w.answered, w.probes);
	/* The stream goes on where it stood. */
	n = rtls_recv(socks[0][1], in, sizeof(in), 0);
	CU_ASSERT(n > 0);
	acks = w.acks[0];
	pair_pass(&p, 100000);
	CU_ASSERT(w.acks[0] > acks);
	finish(&p, socks);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "keep-alives are answered beside a flood", test_keep_alive },
		{ "a flood of keep-alives", test_keep_alive_flood },
		{ "a lost ACK beside a flood", test_lost_ack },
		{ "a closed window beside a flood", test_probes },
	};

	if (eal_start("answers-owed") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/answers-owed", cases, HARNESS_COUNT(cases));
}
