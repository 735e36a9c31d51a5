/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * requests MODE THOUSANDS: two stacks on a cable in one thread and in virtual time. 64 connections in
 * mode plain, software or nic, over which end 0 asks 64 bytes and end 1 answers as many, in all so
 * many thousand times. The same instructions each time, for tools/instructions to count.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tlsnic.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	CONNS = 64,
	SIZE = 64, /* of a request, and of its answer */
	BUFFER = 64 << 10,
};

static const char *const modes[] = { "plain", "software", "nic" };

static size_t mode;
static uint64_t requests;

static void
set_keys(struct rtls_sock *const socks[2], uint8_t seed)
{
	for (uint8_t from = 0; from < 2; from++) {
		struct peer key = peer_key((uint8_t)(2 * seed + from), 0);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(socks, from, &keys);
	}
}

static void
start(struct pair *p, struct rtls_sock *socks[CONNS][2])
{
	static const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	struct pair_conf conf = { .backlog = CONNS };

	for (int i = 0; i < 2; i++) {
		conf.stack[i].max_socks = conf.stack[i].max_syn = 2 * CONNS;
		conf.stack[i].max_time_wait = 2 * CONNS;
		conf.stack[i].sndbuf = conf.stack[i].rcvbuf = BUFFER;
		conf.stack[i].nb_packets = 4096;
		conf.stack[i].nb_small = 2048;
		conf.stack[i].nb_large = 512;
		memset(conf.stack[i].secret, 1 + i, sizeof(conf.stack[i].secret));
		if (strcmp(modes[mode], "nic") == 0)
			conf.nic[i] = &nic;
	}
	pair_init(p, &conf);
	for (uint8_t i = 0; i < CONNS; i++) {
		pair_connect(p, 0, socks[i]);
		if (strcmp(modes[mode], "plain") != 0)
			set_keys(socks[i], i);
		for (int end = 0; end < 2; end++)
			rtls_sock_watch(socks[i][end], RTLS_READABLE, NULL);
	}
}

static void
say(struct rtls_sock *k)
{
	static const uint8_t bytes[SIZE];

	CU_ASSERT_EQUAL_FATAL(rtls_send(k, bytes, SIZE, 0), SIZE);
}

/* Who has heard something says as much. Returns how many did. */
static unsigned int
answer(struct pair *p, int end)
{
	struct rtls_event ev[CONNS];
	unsigned int n = rtls_events(p->stack[end], ev, CONNS);
	uint8_t bytes[SIZE];

	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_recv(ev[i].sock, bytes, SIZE, 0), SIZE);
		say(ev[i].sock);
	}
	return n;
}

static void
ask(void)
{
	struct rtls_sock *socks[CONNS][2];
	uint64_t answered = 0;
	struct pair p;

	start(&p, socks);
	for (int i = 0; i < CONNS; i++)
		say(socks[i][0]);
	while (answered < requests) {
		pair_turn(&p);
		answer(&p, 1);
		answered += answer(&p, 0);
	}
	printf("# %llu requests\n", (unsigned long long)answered);
	for (int i = 0; i < CONNS; i++) {
		rtls_abort(socks[i][0]);
		rtls_abort(socks[i][1]);
	}
	pair_fini(&p);
}

int
main(int argc, char **argv)
{
	static const struct harness_case cases[] = { { "ask", ask } };

	if (argc == 3)
		requests = strtoull(argv[2], NULL, 10) * 1000;
	while (argc == 3 && mode < HARNESS_COUNT(modes) && strcmp(argv[1], modes[mode]) != 0)
		mode++;
	if (requests == 0 || mode == HARNESS_COUNT(modes)) {
		fprintf(stderr, "usage: requests plain|software|nic THOUSANDS\n");
		return EXIT_FAILURE;
	}
	if (eal_start("count") != 0)
		return EXIT_FAILURE;
	return harness_run("perf/requests", cases, HARNESS_COUNT(cases));
}
