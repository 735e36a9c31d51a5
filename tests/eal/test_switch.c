/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The switch for new TLS sessions of a stack. */
#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/sizes.h"
#include "unit/session/peer.h"

static struct pair p;

static int
info(void *out)
{
	return rtls_stack_info(p.stack[0], out);
}

static uint32_t
features(void)
{
	struct rtls_stack_info in = { .size = sizeof(in) };

	CU_ASSERT_EQUAL(rtls_stack_info(p.stack[0], &in), 0);
	CU_ASSERT_EQUAL(in.max_socks, 16);
	return in.features;
}

static int
set(struct rtls_sock *k, enum rtls_dir d, uint32_t seed)
{
	struct peer key = peer_key(seed, 0);
	struct rtls_keys keys = peer_keys(&key);

	return rtls_set_keys(k, d, &keys);
}

static void
test_arguments(void)
{
	struct rtls_stack_info in = { .size = sizeof(in) };

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(rtls_stack_features(NULL, 0, RTLS_STACK_TLS), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 2, RTLS_STACK_TLS), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 0, UINT32_MAX), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], RTLS_STACK_TLS, RTLS_STACK_TLS), -EINVAL);
	CU_ASSERT_EQUAL(features(), RTLS_STACK_TLS);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 0, RTLS_STACK_TLS), 0);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 0, 0), 0);
	CU_ASSERT_EQUAL(features(), 0);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], RTLS_STACK_TLS, 0), 0);
	CU_ASSERT_EQUAL(features(), RTLS_STACK_TLS);
	CU_ASSERT_EQUAL(rtls_stack_info(NULL, &in), -EINVAL);
	sizes_check(info, sizeof(in));
	pair_fini(&p);
}

/* Who has keys goes on, who has none gets none, until it is switched on again. */
static void
test_sessions(void)
{
	struct rtls_sock *old[2], *fresh[2];
	struct rtls_tls_info tls = { .size = sizeof(tls) };

	pair_init(&p, NULL);
	pair_connect(&p, 0, old);
	pair_connect(&p, 0, fresh);
	CU_ASSERT_EQUAL(set(old[0], RTLS_TX, 1), 0);
	CU_ASSERT_EQUAL(set(old[1], RTLS_RX, 1), 0);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 0, RTLS_STACK_TLS), 0);
	CU_ASSERT_EQUAL(set(old[0], RTLS_RX, 2), 0);
	CU_ASSERT_EQUAL(set(old[0], RTLS_TX, 3), 0);
	CU_ASSERT_EQUAL(set(fresh[0], RTLS_TX, 4), -EPERM);
	CU_ASSERT_EQUAL(set(fresh[0], RTLS_RX, 5), -EPERM);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TlsSwitchedOff"), 2);
	CU_ASSERT_EQUAL(rtls_tls_info(fresh[0], RTLS_TX, &tls), 0);
	CU_ASSERT_EQUAL(tls.epoch, 0);
	/* Each stack for itself. */
	CU_ASSERT_EQUAL(set(fresh[1], RTLS_TX, 5), 0);
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], RTLS_STACK_TLS, 0), 0);
	CU_ASSERT_EQUAL(set(fresh[0], RTLS_TX, 4), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TlsSwitchedOff"), 2);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_abort(old[i]), 0);
		CU_ASSERT_EQUAL(rtls_abort(fresh[i]), 0);
	}
	CU_ASSERT_PTR_NULL(rtls_sock_stack(old[0]));
	CU_ASSERT_PTR_NULL(rtls_sock_stack(NULL));
	pair_fini(&p);
}

static void
test_suites(void)
{
	struct rtls_sock *socks[2];

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	CU_ASSERT_PTR_EQUAL(rtls_sock_stack(socks[1]), p.stack[1]);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(socks[i]), 0);
	for (int i = 0; i < 2; i++) {
		struct rtls_stack *s = i == 0 ? NULL : p.stack[0];

		CU_ASSERT_EQUAL(rtls_suite_carried(s, RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128), 0);
		/* linux/tls.h: SM4_GCM is 55. */
		CU_ASSERT_EQUAL(rtls_suite_carried(s, RTLS_TLS_1_3, 55), -ENOTSUP);
		CU_ASSERT_EQUAL(rtls_suite_carried(s, RTLS_TLS_1_3, 1), -EINVAL);
		CU_ASSERT_EQUAL(rtls_suite_carried(s, 0x0302, RTLS_CIPHER_AES_GCM_128), -EINVAL);
	}
	CU_ASSERT_EQUAL(rtls_stack_features(p.stack[0], 0, RTLS_STACK_TLS), 0);
	CU_ASSERT_EQUAL(rtls_suite_carried(NULL, RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128), 0);
	CU_ASSERT_EQUAL(rtls_suite_carried(p.stack[0], RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128),
			-EPERM);
	CU_ASSERT_EQUAL(rtls_suite_carried(p.stack[0], RTLS_TLS_1_3, 55), -ENOTSUP);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "arguments", test_arguments },
		{ "old sessions and new", test_sessions },
		{ "suites", test_suites },
	};

	if (eal_start("switch") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/switch", cases, HARNESS_COUNT(cases));
}
