/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * segments MODE MIB: two stacks on a cable in one thread and in virtual time, of which one sends
 * the other so much in mode plain, software or nic. The same instructions each time, for
 * tools/instructions to count.
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
	CHUNK = 64 << 10, /* bytes of a call */
	BUFFER = 1 << 20,
};

static const char *const modes[] = { "plain", "software", "nic" };

static size_t mode;
static uint64_t bytes;

static void
start(struct pair *p, struct rtls_sock *socks[2])
{
	static const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	struct pair_conf conf = { 0 };

	for (int i = 0; i < 2; i++) {
		conf.stack[i].sndbuf = conf.stack[i].rcvbuf = BUFFER;
		conf.stack[i].nb_packets = 4096;
		conf.stack[i].nb_large = 512;
		memset(conf.stack[i].secret, 1 + i, sizeof(conf.stack[i].secret));
		if (strcmp(modes[mode], "nic") == 0)
			conf.nic[i] = &nic;
	}
	pair_init(p, &conf);
	pair_connect(p, 0, socks);
	if (strcmp(modes[mode], "plain") != 0) {
		struct peer key = peer_key(1, 0);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(socks, 0, &keys);
	}
}

static void
transfer(void)
{
	static uint8_t out[CHUNK], in[CHUNK];
	uint64_t sent = 0, got = 0;
	struct rtls_sock *socks[2];
	struct pair p;
	ssize_t n;

	start(&p, socks);
	while (got < bytes) {
		n = sent < bytes ? rtls_send(socks[0], out, sizeof(out), 0) : 0;
		CU_ASSERT_FATAL(n >= 0 || n == -EAGAIN || n == -ENOMEM);
		sent += n > 0 ? (uint64_t)n : 0;
		pair_turn(&p);
		while ((n = rtls_recv(socks[1], in, sizeof(in), 0)) > 0)
			got += (uint64_t)n;
		CU_ASSERT_FATAL(n == -EAGAIN);
	}
	printf("# %llu segments\n", (unsigned long long)pair_stat(&p, 0, "TxSegments"));
	rtls_close(socks[0]);
	rtls_close(socks[1]);
	pair_fini(&p);
}

int
main(int argc, char **argv)
{
	static const struct harness_case cases[] = { { "transfer", transfer } };

	if (argc == 3)
		bytes = strtoull(argv[2], NULL, 10) << 20;
	while (argc == 3 && mode < HARNESS_COUNT(modes) && strcmp(argv[1], modes[mode]) != 0)
		mode++;
	if (bytes == 0 || mode == HARNESS_COUNT(modes)) {
		fprintf(stderr, "usage: segments plain|software|nic MIB\n");
		return EXIT_FAILURE;
	}
	if (eal_start("count") != 0)
		return EXIT_FAILURE;
	return harness_run("perf/segments", cases, HARNESS_COUNT(cases));
}
