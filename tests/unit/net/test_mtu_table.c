/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/mtu_table.h"

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define T0 UINT64_C(5000000)

static const uint8_t key[SIPHASH_KEY_LEN] = { 4, 2 };
static struct mtu_table t;

static struct net_addr
host(uint32_t n)
{
	return net_addr_v4(0x0a000000 + n);
}

static uint16_t
find(uint32_t n, uint64_t now_us)
{
	struct net_addr a = host(n);

	return mtu_table_find(&t, &a, now_us);
}

static void
note(uint32_t n, uint16_t mtu, uint64_t now_us)
{
	struct net_addr a = host(n);

	mtu_table_note(&t, &a, mtu, now_us);
}

static void
test_note_find(void)
{
	mtu_table_init(&t, key);
	CU_ASSERT_EQUAL(find(1, T0), 0);
	CU_ASSERT_EQUAL(find(1, 0), 0);
	note(1, 1300, T0);
	CU_ASSERT_EQUAL(find(1, T0), 1300);
	CU_ASSERT_EQUAL(find(2, T0), 0);
	note(1, 1400, T0 + 5); /* no news */
	CU_ASSERT_EQUAL(find(1, T0 + 5), 1300);
	note(1, 576, T0 + 10);
	CU_ASSERT_EQUAL(find(1, T0 + 10), 576);
}

/* RFC 1191 6.3: paths change; 10 minutes from when it was told. */
static void
test_expiry(void)
{
	mtu_table_init(&t, key);
	note(1, 1300, T0);
	note(1, 1400, T0 + 1000000); /* that was no news, so it does not count */
	CU_ASSERT_EQUAL(find(1, T0 + MTU_KEEP_US - 1), 1300);
	CU_ASSERT_EQUAL(find(1, T0 + MTU_KEEP_US), 0);
	note(1, 1400, T0 + MTU_KEEP_US);
	CU_ASSERT_EQUAL(find(1, T0 + MTU_KEEP_US), 1400);
}

/* Ten thousand destinations: memory is what it was, what is found is right, the newest are in. */
static void
test_flood(void)
{
	uint32_t found = 0;

	mtu_table_init(&t, key);
	for (uint32_t n = 0; n < 10000; n++) {
		note(n, (uint16_t)(576 + n % 900), T0 + n);
		CU_ASSERT_EQUAL(find(n, T0 + n), 576 + n % 900);
	}
	for (uint32_t n = 0; n < 10000; n++) {
		uint16_t mtu = find(n, T0 + 10000);

		CU_ASSERT(mtu == 0 || mtu == 576 + n % 900);
		found += mtu != 0;
	}
	CU_ASSERT_EQUAL(found, MTU_SETS * MTU_WAYS);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "noted and found", test_note_find },
		{ "forgotten", test_expiry },
		{ "many destinations", test_flood },
	};

	return harness_run("net/mtu_table", cases, HARNESS_COUNT(cases));
}
