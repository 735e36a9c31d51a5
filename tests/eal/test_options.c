/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Options as recordtls/sock.h lists them: bounds, defaults, who inherits. */
#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include <recordtls/names.h>
#include <recordtls/recordtls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

static const struct row {
	enum rtls_opt opt;
	uint64_t min, max, def;
} rows[] = {
	{ RTLS_OPT_SNDBUF, 17408, UINT32_MAX, 256 << 10 },
	{ RTLS_OPT_RCVBUF, 34816, UINT32_MAX, 512 << 10 },
	{ RTLS_OPT_MAX_PAYLOAD, 64, 16384, 16384 },
	{ RTLS_OPT_USER_TIMEOUT_US, 1, UINT32_MAX, 120000000 },
	{ RTLS_OPT_MAX_SEG, 1, 65535, 65535 },
	{ RTLS_OPT_MODE_ORDER, 0, RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE },
	{ RTLS_OPT_KEEPALIVE_IDLE_US, 0, UINT32_MAX, 0 },
	{ RTLS_OPT_KEEPALIVE_INTERVAL_US, 1, UINT32_MAX, 75000000 },
	{ RTLS_OPT_KEEPALIVE_PROBES, 1, 255, 9 },
	{ RTLS_OPT_TX_MODE_ORDER, 0, RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE },
	{ RTLS_OPT_RX_MODE_ORDER, 0, RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE },
	{ RTLS_OPT_HANDSHAKE_US, 1, UINT32_MAX, 30000000 },
	{ RTLS_OPT_PAD_TO, 0, 16384, 0 },
	{ RTLS_OPT_TX_RECORD_LIMIT, 63, 16384, 16384 },
	{ RTLS_OPT_RX_RECORD_LIMIT, 63, 16384, 16384 },
	{ RTLS_OPT_KEY_UPDATES_PER_S, 0, 255, 8 },
	{ RTLS_OPT_AUDIT_RATE, 0, UINT32_MAX, 0 },
	{ RTLS_OPT_DSCP, 0, 63, 0 },
	{ RTLS_OPT_TTL, 1, 255, 64 },
	{ RTLS_OPT_DYNAMIC_RECORDS, 0, 1, 0 },
	{ RTLS_OPT_CC, RTLS_CC_CUBIC, RTLS_CC_NEWRENO, RTLS_CC_CUBIC },
	{ RTLS_OPT_MAX_PACING_RATE, 0, UINT32_MAX, 0 },
};

static uint64_t
get(const struct rtls_sock *k, enum rtls_opt opt)
{
	uint64_t v = 77777;

	CU_ASSERT_EQUAL(rtls_sock_get(k, opt, &v), 0);
	return v;
}

static void
check_bounds(struct rtls_sock *k, const struct row *r)
{
	CU_ASSERT_EQUAL(get(k, r->opt), r->def);
	CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, r->min), 0);
	CU_ASSERT_EQUAL(get(k, r->opt), r->min);
	CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, r->max), 0);
	CU_ASSERT_EQUAL(get(k, r->opt), r->max);
	CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, r->max + 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, UINT64_MAX), -EINVAL);
	if (r->min > 0)
		CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, r->min - 1), -EINVAL);
	CU_ASSERT_EQUAL(get(k, r->opt), r->max);
	CU_ASSERT_EQUAL(rtls_sock_set(k, r->opt, r->def), 0);
}

/* Every option that has a name has a row here. */
static void
test_bounds(void)
{
	struct rtls_sock *socks[2];
	uint64_t v = 5;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(rows[i].opt, i);
		check_bounds(socks[0], &rows[i]);
	}
	CU_ASSERT_STRING_EQUAL(rtls_opt_name((enum rtls_opt)HARNESS_COUNT(rows)), "unknown");
	CU_ASSERT_EQUAL(rtls_sock_get(socks[0], (enum rtls_opt)HARNESS_COUNT(rows), &v), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_sock_get(socks[0], (enum rtls_opt) - 1, &v), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_sock_get(NULL, RTLS_OPT_SNDBUF, &v), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_get(socks[0], RTLS_OPT_SNDBUF, NULL), -EINVAL);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(socks[i]), 0);
	CU_ASSERT_EQUAL(rtls_sock_get(socks[0], RTLS_OPT_SNDBUF, &v), -EBADF);
	CU_ASSERT_EQUAL(v, 5);
	pair_fini(&p);
}

/* What a listener has its connections have. */
static void
test_inherited(void)
{
	struct rtls_addr at = pair_addr(0, 443), from = pair_addr(1, 0);
	struct rtls_sock *l, *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[0], &at, NULL, &l), 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(get(l, rows[i].opt), rows[i].def);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(rtls_sock_set(l, rows[i].opt, rows[i].max), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[1], &from, &at, &socks[1]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(l, &socks[0], 1), 1);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(get(socks[0], rows[i].opt), rows[i].max);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(socks[i]), 0);
	CU_ASSERT_EQUAL(rtls_close(l), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "bounds and defaults", test_bounds },
		{ "a listener's", test_inherited },
	};

	if (eal_start("options") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/options", cases, HARNESS_COUNT(cases));
}
