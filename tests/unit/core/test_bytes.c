/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/bytes.h"

#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

/* Each byte another one, and the highest bits set in some: at odd addresses, too. */
static const uint8_t wire[] = { 0x7f, 0xfe, 0x01, 0x80, 0x23, 0xff, 0x45, 0x00, 0x67 };

static void
test_get(void)
{
	CU_ASSERT_EQUAL(get_be16(wire), 0x7ffe);
	CU_ASSERT_EQUAL(get_be16(wire + 1), 0xfe01);
	CU_ASSERT_EQUAL(get_be32(wire), 0x7ffe0180);
	CU_ASSERT_EQUAL(get_be32(wire + 1), 0xfe018023);
	CU_ASSERT_EQUAL(get_be64(wire), 0x7ffe018023ff4500);
	CU_ASSERT_EQUAL(get_be64(wire + 1), 0xfe018023ff450067);
}

/* Nothing beside it is touched. */
static void
check_put(const uint8_t *got, const uint8_t *want, size_t len, size_t room)
{
	CU_ASSERT_EQUAL(got[0], 0xa5);
	CU_ASSERT_EQUAL(memcmp(got + 1, want, len), 0);
	for (size_t i = 1 + len; i < room; i++)
		CU_ASSERT_EQUAL(got[i], 0xa5);
}

static void
test_put(void)
{
	uint8_t got[10];

	memset(got, 0xa5, sizeof(got));
	put_be16(got + 1, 0xfe01);
	check_put(got, wire + 1, 2, sizeof(got));
	put_be32(got + 1, 0xfe018023);
	check_put(got, wire + 1, 4, sizeof(got));
	put_be64(got + 1, 0xfe018023ff450067);
	check_put(got, wire + 1, 8, sizeof(got));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "numbers are read", test_get },
		{ "numbers are written, and nothing beside them", test_put },
	};

	return harness_run("core/bytes", cases, HARNESS_COUNT(cases));
}
