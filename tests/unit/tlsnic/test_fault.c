/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which fault strikes: as often as it is asked for, the same for the same seed, each by itself. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tlsnic/fault.h"

enum { CHANCES = 100000, ALL = (1 << RTLS_TLSNIC_FAULTS) - 1 };

static uint32_t
strikes(struct nic_faults *f, unsigned int kind, uint32_t chances)
{
	uint64_t before = f->struck[kind];
	uint32_t n = 0;

	for (uint32_t i = 0; i < chances; i++)
		n += nic_faults_strike(f, (enum rtls_tlsnic_fault)kind);
	CU_ASSERT_EQUAL(f->struck[kind] - before, n);
	return n;
}

/* Of a coin with this chance: within six times its deviation of what is to be expected. */
static void
as_often(uint32_t n, uint32_t every)
{
	uint64_t mean = CHANCES / every, off = n > mean ? n - mean : mean - n;

	CU_ASSERT(off * off <= 36 * (mean + 1));
}

static void
test_how_often(void)
{
	static const uint32_t all_every[] = { 1, 2, 3, 64, 1000, 0 };
	struct nic_faults f;

	for (size_t i = 0; i < HARNESS_COUNT(all_every); i++) {
		uint32_t every = all_every[i] != 0 ? all_every[i] : 64;

		nic_faults_init(&f, ALL, all_every[i], harness_seed() + i);
		for (unsigned int kind = 0; kind < RTLS_TLSNIC_FAULTS; kind++)
			as_often(strikes(&f, kind, CHANCES), every);
	}
	/* Always, and (almost) never. */
	nic_faults_init(&f, ALL, 1, harness_seed());
	CU_ASSERT_EQUAL(strikes(&f, RTLS_TLSNIC_RESET, CHANCES), CHANCES);
	nic_faults_init(&f, ALL, UINT32_MAX, harness_seed());
	CU_ASSERT(strikes(&f, RTLS_TLSNIC_RESET, CHANCES) <= 1);
}

/* Who is not asked for does not strike, whoever else is. */
static void
test_none_but(void)
{
	struct nic_faults f;

	for (unsigned int kind = 0; kind < RTLS_TLSNIC_FAULTS; kind++) {
		nic_faults_init(&f, 1u << kind, 1, 0);
		for (unsigned int other = 0; other < RTLS_TLSNIC_FAULTS; other++)
			CU_ASSERT_EQUAL(strikes(&f, other, 10), other == kind ? 10 : 0);
		nic_faults_init(&f, ALL & ~(1u << kind), 1, 0);
		CU_ASSERT_EQUAL(strikes(&f, kind, 10), 0);
	}
	nic_faults_init(&f, 0, 1, 0);
	CU_ASSERT_EQUAL(strikes(&f, RTLS_TLSNIC_TABLE_FULL, 10), 0);
}

/* The first 64 strikes as bits, every other chance. */
static uint64_t
pattern(struct nic_faults *f, unsigned int kind)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 64; i++)
		bits = bits << 1 | nic_faults_strike(f, (enum rtls_tlsnic_fault)kind);
	return bits;
}

/* The same seed again; another seed; and whatever the others were asked in between. */
static void
test_by_seed(void)
{
	uint64_t first[RTLS_TLSNIC_FAULTS], other;
	uint64_t seed = harness_seed();
	struct nic_faults f, g;

	nic_faults_init(&f, ALL, 2, seed);
	nic_faults_init(&g, ALL, 2, seed + 1);
	for (unsigned int kind = 0; kind < RTLS_TLSNIC_FAULTS; kind++) {
		first[kind] = pattern(&f, kind);
		other = pattern(&g, kind);
		CU_ASSERT_NOT_EQUAL(first[kind], other);
		for (unsigned int i = 0; i < kind; i++)
			CU_ASSERT_NOT_EQUAL(first[kind], first[i]);
	}
	for (unsigned int kind = RTLS_TLSNIC_FAULTS; kind-- > 0;) {
		nic_faults_init(&f, 1u << kind, 2, seed);
		CU_ASSERT_EQUAL(pattern(&f, kind), first[kind]);
	}
}

static void
test_draw(void)
{
	struct nic_faults f;
	uint32_t seen = 0, n;

	nic_faults_init(&f, ALL, 1, harness_seed());
	for (unsigned int i = 0; i < 1000; i++) {
		n = nic_faults_draw(&f, RTLS_TLSNIC_STEER_LATE, 8);
		CU_ASSERT_FATAL(n >= 1 && n <= 8);
		seen |= 1u << n;
	}
	CU_ASSERT_EQUAL(seen, 0x1fe);
	CU_ASSERT_EQUAL(nic_faults_draw(&f, RTLS_TLSNIC_STEER_LATE, 1), 1);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "as often as it is asked for", test_how_often },
		{ "none but those that are asked for", test_none_but },
		{ "by the seed, and each by itself", test_by_seed },
		{ "what it strikes with", test_draw },
	};

	return harness_run("tlsnic/fault", cases, HARNESS_COUNT(cases));
}
