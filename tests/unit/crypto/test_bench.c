/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a provider is measured with, and one that does not work. */
#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "crypto/bench.h"
#include "crypto/libcrypto.h"
#include "support/harness.h"

/* libcrypto, up to a number of keys and jobs. */
static int keys_left, jobs_left;
static unsigned int alive;
static size_t longest, shortest;
static bool sealed_linear, opened_chain;

static int
key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	   const uint8_t *key, struct crypto_key **out)
{
	if (keys_left-- <= 0)
		return -ENOMEM;
	alive++;
	return crypto_libcrypto()->key_create(p, s, dir, key, out);
}

static void
key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	alive -= key != NULL;
	crypto_libcrypto()->key_destroy(p, key);
}

static void
process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs, uint16_t n)
{
	size_t len = 0;

	CU_ASSERT_EQUAL(n, 1);
	crypto_libcrypto()->process(p, dir, jobs, n);
	CU_ASSERT_EQUAL(jobs[0].status, 0);
	for (uint16_t i = 0; i < jobs[0].src_cnt; i++)
		len += jobs[0].src[i].iov_len;
	longest = len > longest ? len : longest;
	shortest = len < shortest ? len : shortest;
	sealed_linear |= dir == CRYPTO_SEAL && jobs[0].src == jobs[0].dst;
	opened_chain |= dir == CRYPTO_OPEN && jobs[0].src_cnt > 1 && jobs[0].dst_cnt == 2;
	if (jobs_left-- <= 0)
		jobs[0].status = -EIO;
}

static const struct crypto_provider provider = {
	.name = "metered",
	.key_create = key_create,
	.key_destroy = key_destroy,
	.process = process,
};

static double
run(int keys, int jobs)
{
	double cost;

	keys_left = keys;
	jobs_left = jobs;
	longest = 0;
	shortest = SIZE_MAX;
	sealed_linear = opened_chain = false;
	cost = crypto_bench_run(&provider);
	CU_ASSERT_EQUAL(alive, 0);
	return cost;
}

static void
test_works(void)
{
	CU_ASSERT(run(10, 1000000) > 0);
	CU_ASSERT(sealed_linear && opened_chain);
	CU_ASSERT_EQUAL(longest, RECORD_PLAIN_MAX + 1);
	CU_ASSERT(shortest > 1000 && shortest < 1500);
}

static void
test_fails(void)
{
	CU_ASSERT(run(0, 1000000) < 0);
	CU_ASSERT(run(1, 1000000) < 0);
	for (int jobs = 0; jobs < 98; jobs++)
		CU_ASSERT(run(10, jobs) < 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "one that works", test_works },
		{ "one that fails", test_fails },
	};

	return harness_run("crypto/bench", cases, HARNESS_COUNT(cases));
}
