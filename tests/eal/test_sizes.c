/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Answers about a socket, asked for by programs of other versions. */
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/sizes.h"
#include "unit/session/peer.h"

static struct pair p;
static struct rtls_sock *socks[2];

static int
info(void *out)
{
	return rtls_sock_info(socks[0], out);
}

static int
stats(void *out)
{
	return rtls_sock_stats(socks[0], out);
}

static int
tls_info(void *out)
{
	return rtls_tls_info(socks[0], RTLS_TX, out);
}

static void
test_socket(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);

	pair_init(&p, NULL);
	pair_connect(&p, 4433, socks);
	pair_set_keys(socks, 0, &keys);
	sizes_check(info, sizeof(struct rtls_sock_info));
	sizes_check(stats, sizeof(struct rtls_sock_stats));
	sizes_check(tls_info, sizeof(struct rtls_tls_info));
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "of a socket", test_socket },
	};

	if (eal_start("sizes") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/sizes", cases, HARNESS_COUNT(cases));
}
