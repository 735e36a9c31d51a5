/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What an idle connection holds: the table of doc/performance.md is what it compares with, and all
 * of it beside the socket is at most 4 KiB.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>

#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum { CONNS = 4, KEYS = 2 * 2 * CONNS, BESIDE_MAX = 4096 };

static struct pair p;

/* The figure in a row of the page's table, which is "| name | bytes | ..."; 0: there is none. */
static uint32_t
page(const char *name)
{
	size_t name_len = strlen(name);
	char line[4096];
	uint32_t n = 0;
	FILE *f = fopen(IDLE_TABLE, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (n == 0 && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "| ", 2) != 0 || strncmp(line + 2, name, name_len) != 0 ||
		    strncmp(line + 2 + name_len, " | ", 3) != 0)
			continue;
		for (const char *at = line + 2 + name_len + 3; *at != ' ' && *at != '\0'; at++)
			if (*at != ',')
				n = n * 10 + (uint32_t)(*at - '0');
	}
	fclose(f);
	return n;
}

/* Of an object of a pool, with what DPDK puts around it. */
static uint32_t
in_pool(const struct rte_mempool *pool)
{
	return pool->header_size + pool->elt_size + pool->trailer_size;
}

static void
test_sizes(void)
{
	const struct session_shared *sh;

	pair_init(&p, NULL);
	sh = &p.stack[0]->session;
	CU_ASSERT_EQUAL(page("socket"), sizeof(struct rtls_sock));
	CU_ASSERT_EQUAL(page("sending"), in_pool(sh->tx));
	CU_ASSERT_EQUAL(page("receiving"), in_pool(sh->rx));
	CU_ASSERT_EQUAL(page("epochs"), 2 * in_pool(sh->epochs.mem));
	CU_ASSERT_EQUAL(page("beside the socket"),
			page("sending") + page("receiving") + page("epochs") + page("keys"));
	CU_ASSERT(page("beside the socket") <= BESIDE_MAX);
	pair_fini(&p);
}

/* Every socket of a stack begins with a line of its own. */
static void
test_lines(void)
{
	pair_init(&p, NULL);
	for (uint32_t i = 0; i < p.stack[0]->conf.max_socks; i++)
		CU_ASSERT_EQUAL((uintptr_t)&p.stack[0]->socks[i] % RTE_CACHE_LINE_SIZE, 0);
	pair_fini(&p);
}

/* Both ends of each connection get both keys: what libcrypto's heap grows by is theirs. */
static void
test_keys(void)
{
	static struct rtls_sock *k[CONNS + 1][2];
	size_t before = 0, after;

	pair_init(&p, NULL);
	for (unsigned int i = 0; i <= CONNS; i++)
		pair_connect(&p, 0, k[i]);
	/* The first one pays for what is made once. */
	for (unsigned int i = 0; i <= CONNS; i++) {
		for (int from = 0; from < 2; from++) {
			struct peer key = peer_key(2 * i + (unsigned int)from, 0);
			struct rtls_keys keys = peer_keys(&key);

			pair_set_keys(k[i], from, &keys);
		}
		if (i == 0)
			before = mallinfo2().uordblks;
	}
	after = mallinfo2().uordblks;
	printf("# a key: %zu bytes\n", (after - before) / KEYS);
	CU_ASSERT_EQUAL(session_shared_in_use(&p.stack[0]->session), 4 * (CONNS + 1));
	/* A sanitizer's heap tells nothing of this kind. */
	if (after != 0) {
		CU_ASSERT(after > before);
		CU_ASSERT(2 * (after - before) / KEYS <= page("keys"));
	}
	for (unsigned int i = 0; i <= CONNS; i++)
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_abort(k[i][end]), 0);
	CU_ASSERT_EQUAL(session_shared_in_use(&p.stack[0]->session), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the table", test_sizes },
		{ "cache lines", test_lines },
		{ "libcrypto's keys", test_keys },
	};

	return eal_start("idle") != 0 ? EXIT_FAILURE :
					harness_run("idle", cases, HARNESS_COUNT(cases));
}
