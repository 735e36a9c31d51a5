/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/answer_limit.h"

#include <errno.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

enum {
	REMOTES = 4096,
	NO_LIMIT = 1000000000, /* for all: never the one that refuses */
	SECOND = 1000000,
};

static const uint64_t T0 = UINT64_C(77) * SECOND;

static struct answer_remote remotes[REMOTES];

static struct net_addr
remote(uint32_t n)
{
	return net_addr_v4(0x0a000000 + n);
}

static struct answer_limit
make(size_t n, uint32_t per_remote, uint32_t per_stack, uint8_t key)
{
	struct answer_limit l;

	CU_ASSERT_EQUAL_FATAL(answer_limit_init(&l, remotes, n, per_remote, per_stack,
						(const uint8_t[SIPHASH_KEY_LEN]){ key }),
			      0);
	return l;
}

static bool
take(struct answer_limit *l, enum answer_kind kind, uint32_t n, uint64_t now_us)
{
	struct net_addr addr = remote(n);

	return answer_limit_take(l, kind, &addr, now_us);
}

/* How many of so many at one time. */
static uint32_t
burst(struct answer_limit *l, enum answer_kind kind, uint32_t n, uint32_t tries, uint64_t now_us)
{
	uint32_t got = 0;

	for (uint32_t i = 0; i < tries; i++)
		got += take(l, kind, n, now_us);
	return got;
}

static void
test_init(void)
{
	static const uint8_t key[SIPHASH_KEY_LEN];
	static const struct {
		size_t n;
		uint32_t per_remote, per_stack;
		int rc;
	} rows[] = {
		{ 8, 1, 1, 0 },        { REMOTES, 10, 1000, 0 }, { 8, UINT32_MAX, UINT32_MAX, 0 },
		{ 8, 1000, 1, 0 },     { 0, 1, 1, -EINVAL },     { 4, 1, 1, -EINVAL },
		{ 12, 1, 1, -EINVAL }, { 8, 0, 1, -EINVAL },     { 8, 1, 0, -EINVAL },
	};
	struct answer_limit l;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(answer_limit_init(&l, remotes, rows[i].n, rows[i].per_remote,
						  rows[i].per_stack, key),
				rows[i].rc);
}

/* A burst of one second, then the rate; whatever the rate, without a remainder that is lost. */
static void
test_rate(void)
{
	static const uint32_t rates[] = { 1, 3, 7, 10, 333, 1000, 100000 };

	for (size_t i = 0; i < HARNESS_COUNT(rates); i++) {
		struct answer_limit l = make(REMOTES, rates[i], NO_LIMIT, 1);
		uint32_t got = burst(&l, ANSWER_RESET, 1, rates[i] + 50, T0);

		CU_ASSERT_EQUAL(got, rates[i]);
		got = 0;
		for (uint64_t us = 1; us <= 10 * SECOND; us += 9)
			got += take(&l, ANSWER_RESET, 1, T0 + us);
		CU_ASSERT(got == 10 * rates[i] || got == 10 * rates[i] - 1);
	}
}

static void
test_kinds(void)
{
	struct answer_limit l = make(REMOTES, 10, NO_LIMIT, 1);

	for (int kind = 0; kind < ANSWER_KINDS; kind++) {
		CU_ASSERT_EQUAL(burst(&l, (enum answer_kind)kind, 1, 4000, T0), 10);
		CU_ASSERT_EQUAL(burst(&l, (enum answer_kind)kind, 2, 4000, T0), 10);
	}
}

/* One floods all the time; another that asks now and then always gets its answer. */
static void
test_neighbour(void)
{
	struct answer_limit l = make(REMOTES, 10, 1000, 1);
	uint32_t flood = 0;

	for (uint64_t us = 0; us < 5 * SECOND; us += 250) {
		flood += take(&l, ANSWER_ECHO, 1, T0 + us);
		if (us % 200000 == 0)
			CU_ASSERT_TRUE(take(&l, ANSWER_ECHO, 2, T0 + us));
	}
	CU_ASSERT_EQUAL(flood, 10 + 49);
}

/* Ever other sources: no more than the limit for all, and no less than two thirds of it. */
static void
test_stack(void)
{
	struct answer_limit l = make(REMOTES, 10, 1000, 1);
	uint32_t got = 0, n = 0;

	for (; n < 4000; n++)
		got += take(&l, ANSWER_RESET, n, T0);
	CU_ASSERT(got <= 200 && got >= 133);
	for (uint64_t us = 1; us <= 10 * SECOND; us += 50)
		got += take(&l, ANSWER_RESET, n++, T0 + us);
	CU_ASSERT(got <= 200 + 10000);
	CU_ASSERT(got >= (200 + 10000) * 2 / 3);
	/* The other kinds are untouched. */
	CU_ASSERT_TRUE(take(&l, ANSWER_ARP, 1, T0 + 10 * SECOND));
	/* The least there is still answers. */
	l = make(REMOTES, 1, 1, 1);
	CU_ASSERT_TRUE(take(&l, ANSWER_RESET, 1, T0));
	CU_ASSERT_TRUE(take(&l, ANSWER_RESET, 2, T0 + 10 * SECOND));
}

/* However many sources are forged meanwhile: nobody gets more by being forgotten. */
static void
test_forgotten(void)
{
	struct answer_limit l = make(REMOTES, 10, NO_LIMIT, 1);
	uint32_t got = 0, n = 100;

	for (uint64_t us = 0; us < 2 * SECOND; us += 1000) {
		got += take(&l, ANSWER_CHALLENGE, 1, T0 + us);
		for (int i = 0; i < 100; i++)
			take(&l, i % 2 ? ANSWER_CHALLENGE : ANSWER_ECHO, n++, T0 + us);
	}
	CU_ASSERT_EQUAL(got, 10 + 19);
}

/* A set whose remotes are all busy has no place; one that could take a burst again gives way. */
static void
test_full_set(void)
{
	struct answer_limit l = make(ANSWER_WAYS, 10, NO_LIMIT, 1);

	for (uint32_t n = 0; n < ANSWER_WAYS; n++)
		CU_ASSERT_TRUE(take(&l, ANSWER_ECHO, n, T0 + n));
	CU_ASSERT_FALSE(take(&l, ANSWER_ECHO, 100, T0 + 10));
	CU_ASSERT_FALSE(take(&l, ANSWER_ARP, 100, T0 + 99999));
	/* Those with a place are served as ever. */
	CU_ASSERT_TRUE(take(&l, ANSWER_ECHO, 7, T0 + 99999));
	/* The first is full again. */
	CU_ASSERT_TRUE(take(&l, ANSWER_ECHO, 100, T0 + 100000));
	CU_ASSERT_FALSE(take(&l, ANSWER_ECHO, 0, T0 + 100000));
	CU_ASSERT_TRUE(take(&l, ANSWER_ECHO, 0, T0 + 100001));
	/* One of one kind is enough to keep the place. */
	CU_ASSERT_EQUAL(burst(&l, ANSWER_ECHO, 100, 20, T0 + 100001), 9);
}

static void
test_time(void)
{
	struct answer_limit l = make(REMOTES, 10, 1000, 1);

	CU_ASSERT_EQUAL(burst(&l, ANSWER_RESET, 1, 100, T0), 10);
	CU_ASSERT_FALSE(take(&l, ANSWER_RESET, 1, 0)); /* backwards */
	CU_ASSERT_FALSE(take(&l, ANSWER_RESET, 1, T0));
	CU_ASSERT_FALSE(take(&l, ANSWER_RESET, 1, T0 + 99999));
	CU_ASSERT_TRUE(take(&l, ANSWER_RESET, 1, T0 + 100000));
	/* A long silence fills the bucket, no more. */
	CU_ASSERT_EQUAL(burst(&l, ANSWER_RESET, 1, 100, UINT64_MAX / 2), 10);
	CU_ASSERT_EQUAL(burst(&l, ANSWER_RESET, 1, 100, UINT64_MAX), 10);
	/* Also where a burst is all that a number can hold. */
	l = make(REMOTES, UINT32_MAX, UINT32_MAX, 1);
	CU_ASSERT_EQUAL(burst(&l, ANSWER_RESET, 1, 5000, 0), 5000);
	CU_ASSERT_EQUAL(burst(&l, ANSWER_RESET, 1, 5000, UINT64_MAX), 5000);
}

/* Two who look at what is left for all see different numbers: they cannot count others' answers. */
static void
test_noise(void)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint8_t key = 0; key < 64; key++) {
		struct answer_limit l = make(REMOTES, 10, 1000, key);
		uint32_t got = 0;

		for (uint32_t n = 0; n < 1000; n++)
			got += take(&l, ANSWER_CHALLENGE, n, T0);
		least = got < least ? got : least;
		most = got > most ? got : most;
	}
	CU_ASSERT(most <= 200);
	CU_ASSERT(most - least >= 5);
}

/*
 * Random calls against the same rule in other words (GCRA, ITU-T I.371): an answer is allowed when
 * the time that all before it took is at most a burst less one ahead. Times are multiplied by the
 * rate, so that both are whole numbers.
 */
static void
test_random(void)
{
	enum { HOSTS = 40, CALLS = 200000 };
	static uint64_t ahead[HOSTS][ANSWER_KINDS];
	static const uint32_t rates[] = { 1, 9, 10, 77, 1000 };
	uint64_t seed = harness_seed();

	for (size_t i = 0; i < HARNESS_COUNT(rates); i++) {
		struct answer_limit l = make(REMOTES, rates[i], NO_LIMIT, (uint8_t)seed);
		uint64_t rate = rates[i], now_us = harness_rand(&seed) >> 24, bad = 0;

		memset(ahead, 0, sizeof(ahead));
		for (int call = 0; call < CALLS; call++) {
			uint32_t host = harness_below(&seed, HOSTS);
			uint32_t kind = harness_below(&seed, ANSWER_KINDS);
			uint64_t *at = &ahead[host][kind], now;
			bool want;

			now_us += harness_below(&seed, 2 * (uint32_t)(SECOND / rate / 100) + 2);
			now = now_us * rate;
			if (*at < now)
				*at = now;
			want = *at - now <= (rate - 1) * SECOND;
			if (want)
				*at += SECOND;
			bad += take(&l, (enum answer_kind)kind, host, now_us) != want;
		}
		CU_ASSERT_EQUAL(bad, 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is refused at the start", test_init },
		{ "a burst, then the rate", test_rate },
		{ "kinds are counted apart", test_kinds },
		{ "beside a flood others are served", test_neighbour },
		{ "the limit for all", test_stack },
		{ "nobody gains by being forgotten", test_forgotten },
		{ "a set that is full", test_full_set },
		{ "time: backwards, silence, its end", test_time },
		{ "what is left for all cannot be counted", test_noise },
		{ "random calls against another form of the rule", test_random },
	};

	return harness_run("net/answer-limit", cases, HARNESS_COUNT(cases));
}
