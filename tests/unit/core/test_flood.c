/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/flood.h"

#include <CUnit/CUnit.h>

#include "support/harness.h"

enum { CHANGE = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23, SECOND = 1000000 };

/* How many records of a kind go, up to 1000. */
static int
how_many(struct flood *f, uint8_t type, uint32_t len, bool tls12)
{
	int n = 0;

	while (n < 1000 && !flood_record(f, type, len, tls12))
		n++;
	/* And it stays so. */
	if (n < 1000)
		CU_ASSERT(flood_record(f, type, len, tls12));
	return n;
}

static void
test_rows(void)
{
	static const struct {
		uint8_t type;
		uint32_t len;
		bool tls12;
		int good;
	} rows[] = {
		{ DATA, 0, true, 32 },
		{ DATA, 0, false, 32 },
		{ DATA, 1, true, 1000 },
		{ DATA, 16384, false, 1000 },
		{ ALERT, 2, true, 4 },
		{ ALERT, 2, false, 4 },
		{ ALERT, 1, true, 4 },
		{ HANDSHAKE, 4, true, 32 },
		{ HANDSHAKE, 1, false, 1000 },
		{ CHANGE, 1, true, 1 },
		/* what the program alone knows */
		{ 24, 0, true, 1000 },
		{ 255, 3, false, 1000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct flood f = { 0 };

		CU_ASSERT_EQUAL(how_many(&f, rows[i].type, rows[i].len, rows[i].tls12),
				rows[i].good);
	}
}

/* Data ends a row, and nothing else does; but change_cipher_spec has no row. */
static void
test_what_ends_a_row(void)
{
	struct flood f = { 0 };

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 32; i++)
			CU_ASSERT(!flood_record(&f, DATA, 0, true) &&
				  !flood_record(&f, HANDSHAKE, 4, true));
		for (int i = 0; i < 4; i++)
			CU_ASSERT(!flood_record(&f, ALERT, 2, true));
		CU_ASSERT(!flood_record(&f, DATA, 1, true));
	}
	for (int i = 0; i < 32; i++)
		CU_ASSERT(!flood_record(&f, DATA, 0, true));
	CU_ASSERT(!flood_record(&f, HANDSHAKE, 4, true) && !flood_record(&f, ALERT, 2, true));
	CU_ASSERT(flood_record(&f, DATA, 0, true));
	CU_ASSERT(!flood_record(&f, CHANGE, 1, true));
	CU_ASSERT(!flood_record(&f, DATA, 9, true));
	CU_ASSERT(flood_record(&f, CHANGE, 1, true));
}

static int
updates_at(struct flood *f, uint64_t now_us, uint32_t per_s)
{
	int n = 0;

	while (n < 1000 && !flood_key_update(f, now_us, per_s))
		n++;
	return n;
}

static void
test_key_updates(void)
{
	static const uint64_t starts[] = { 0, 1, 999999, UINT64_C(1) << 62 };

	for (size_t i = 0; i < HARNESS_COUNT(starts); i++) {
		struct flood f = { 0 };
		uint64_t now = starts[i];

		/* Eight at once, then one each eighth of a second. */
		CU_ASSERT_EQUAL(updates_at(&f, now, 8), 8);
		CU_ASSERT_EQUAL(updates_at(&f, now + SECOND / 8 - 1, 8), 0);
		CU_ASSERT_EQUAL(updates_at(&f, now + SECOND / 8, 8), 1);
		CU_ASSERT_EQUAL(updates_at(&f, now + 2 * SECOND / 8, 8), 1);
		CU_ASSERT_EQUAL(updates_at(&f, now + 5 * SECOND / 8, 8), 3);
		/* What was not used is not saved up. */
		CU_ASSERT_EQUAL(updates_at(&f, now + 100 * UINT64_C(1000000), 8), 8);
	}
	for (uint32_t per_s = 1; per_s <= 255; per_s++) {
		struct flood f = { 0 };
		int n = updates_at(&f, 5, per_s);

		/* As many as that, or one more where a second is no multiple. */
		CU_ASSERT(n == (int)per_s || n == (int)per_s + 1);
		CU_ASSERT(updates_at(&f, 5 + SECOND, per_s) >= (int)per_s);
	}
}

/* Whatever the times: never more than twice the rate in a second, and never fewer by those who keep it. */
static void
test_rate(void)
{
	uint64_t seed = harness_seed();

	for (int round = 0; round < 300; round++) {
		uint32_t per_s = 1 + harness_below(&seed, 255);
		uint64_t now = harness_rand(&seed) >> 8, good[2000];
		struct flood f = { 0 }, slow = { 0 };
		unsigned int n = 0, from = 0;

		for (int i = 0; i < 2000; i++) {
			now += harness_below(&seed, 2 * SECOND / per_s + 1);
			if (!flood_key_update(&f, now, per_s))
				good[n++] = now;
			while (n > 0 && good[n - 1] - good[from] >= SECOND)
				from++;
			CU_ASSERT_FATAL(n - from <= 2 * per_s + 1);
		}
		for (int i = 0; i < 1000; i++, now += (SECOND + per_s - 1) / per_s)
			CU_ASSERT_FATAL(!flood_key_update(&slow, now, per_s));
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "so many of each kind in a row", test_rows },
		{ "what ends a row", test_what_ends_a_row },
		{ "KeyUpdates, by the clock", test_key_updates },
		{ "KeyUpdates at random times", test_rate },
	};

	return harness_run("core/flood", cases, HARNESS_COUNT(cases));
}
