/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/share.h"
#include "support/harness.h"

enum { ANY = 1 << 30 };

/* What one member may hold. The store has 8000 bytes, 1000 of them margin, and floors of 100. */
static void
test_limit(void)
{
	static const struct {
		uint64_t used;
		uint32_t members, holders;
		uint64_t wanted, useful;
		uint64_t limit;
		bool is_short;
	} rows[] = {
		/* Plenty: what it likes, of what nobody needs. */
		{ 0, 1, 0, 500, 0, 500, false },
		{ 2000, 1, 1, 500, 0, 500, false },
		{ 0, 1, 0, ANY, 0, 6900, false },
		{ 2000, 11, 1, ANY, 0, 4000, false },
		/* A quarter is exceeded: what is useful, and an eighth of what is free. */
		{ 2001, 1, 1, 500, 0, 100, false },
		{ 2001, 1, 1, 500, 99, 100, false },
		{ 2001, 1, 1, 500, 101, 101, false },
		{ 2001, 1, 1, 300, 400, 300, false },
		{ 2200, 1, 1, ANY, ANY, 600, true },
		{ 2200, 1, 1, ANY, 600, 600, false },
		{ 2200, 1, 1, ANY, 601, 600, true },
		{ 2200, 1, 1, 601, ANY, 600, true },
		/* Who holds nothing has a floor kept for it. */
		{ 2200, 17, 1, ANY, ANY, 400, true },
		{ 2200, 41, 1, ANY, ANY, 100, true },
		/* Nothing is free: the floor all the same, also when the books say less than none. */
		{ 7000, 2, 2, ANY, ANY, 100, true },
		{ 7000, 2, 2, ANY, 0, 100, false },
		{ 8000, 9, 2, ANY, ANY, 100, true },
		{ 9000, 2, 3, ANY, ANY, 100, true },
		/* A want below the floor is met. */
		{ 8000, 2, 2, 50, ANY, 100, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct share_store st = {
			.total = 8000,
			.used = rows[i].used,
			.margin = 1000,
			.floor = 100,
			.members = rows[i].members,
			.holders = rows[i].holders,
		};
		uint64_t limit = share_limit(&st, rows[i].wanted, rows[i].useful);
		bool is_short = share_short(&st, rows[i].wanted, rows[i].useful);

		if (limit != rows[i].limit || is_short != rows[i].is_short)
			printf("# row %zu: %llu %d\n", i, (unsigned long long)limit, is_short);
		CU_ASSERT_EQUAL(limit, rows[i].limit);
		CU_ASSERT_EQUAL(is_short, rows[i].is_short);
	}
}

static void
test_books(void)
{
	struct share_store st = { .total = 8000, .floor = 100, .members = 2 };
	static const struct {
		uint64_t was, now, used;
		uint32_t holders;
	} rows[] = {
		{ 0, 0, 0, 0 },    { 0, 10, 10, 1 },  { 10, 30, 30, 1 }, { 0, 5, 35, 2 },
		{ 30, 29, 34, 2 }, { 29, 29, 34, 2 }, { 29, 0, 5, 1 },   { 5, 0, 0, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		share_held(&st, rows[i].was, rows[i].now);
		CU_ASSERT_EQUAL(st.used, rows[i].used);
		CU_ASSERT_EQUAL(st.holders, rows[i].holders);
	}
}

/*
 * Members take records of a floor's size as long as they may, in any order, and give nothing
 * back. Each of them, and as many newcomers as the margin is for, gets its floor out of what is
 * really there.
 */
static void
test_floors_are_kept(void)
{
	enum { RECORDS = 512, FLOOR = 100, MARGIN = RECORDS / 4, MEMBERS = RECORDS / 2 };
	uint64_t rng = harness_seed();

	for (unsigned int round = 0; round < 200; round++) {
		struct share_store st = { .total = RECORDS * FLOOR,
					  .margin = MARGIN * FLOOR,
					  .floor = FLOOR };
		uint64_t held[MEMBERS + MARGIN] = { 0 };
		uint32_t m;

		st.members = 1 + harness_below(&rng, MEMBERS);
		for (unsigned int i = 0; i < 40 * MEMBERS; i++) {
			m = harness_below(&rng, st.members);
			if (held[m] >=
			    share_limit(&st, 20 * FLOOR, (uint64_t)FLOOR * harness_below(&rng, 20)))
				continue;
			CU_ASSERT_FATAL(st.used + FLOOR <= st.total);
			share_held(&st, held[m], held[m] + FLOOR);
			held[m] += FLOOR;
		}
		/* Who is late does not know who has what. */
		for (uint32_t n = 0; n < MARGIN; n++) {
			m = st.members++;
			CU_ASSERT_FATAL(share_limit(&st, 20 * FLOOR, 0) > held[m]);
			CU_ASSERT_FATAL(st.used + FLOOR <= st.total);
			share_held(&st, 0, FLOOR);
			held[m] = FLOOR;
		}
		for (m = 0; m < st.members; m++) {
			if (held[m] != 0)
				continue;
			CU_ASSERT_FATAL(st.used + FLOOR <= st.total);
			share_held(&st, 0, FLOOR);
			held[m] = FLOOR;
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "limits", test_limit },
		{ "books", test_books },
		{ "floors are kept", test_floors_are_kept },
	};

	return harness_run("unit/core/share", cases, HARNESS_COUNT(cases));
}
