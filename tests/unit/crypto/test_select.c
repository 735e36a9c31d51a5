/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the public interface does not show: tests/eal/test_crypto.c has the rest. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

#include "crypto/libcrypto.h"
#include "crypto/select.h"
#include "support/eal.h"
#include "support/harness.h"

static void
test_no_room(void)
{
	const struct cryptodev_conf conf = { .name = "vast", .max_keys = 100000000 };
	struct crypto_select c;

	CU_ASSERT_EQUAL(crypto_select_make(&c, "crypto_aesni_mb", &conf), -ENOMEM);
	crypto_select_fini(&c);
	/* "auto" does not fail. */
	CU_ASSERT_EQUAL(crypto_select_make(&c, "auto", &conf), 0);
	CU_ASSERT_PTR_EQUAL(c.provider, crypto_libcrypto());
	CU_ASSERT_PTR_NULL(c.device);
	CU_ASSERT(strncmp(c.text, "libcrypto, ", 11) == 0);
	crypto_select_fini(&c);
	CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
}

enum { THREADS = 4, TURNS = 6 };

static void *
choose(void *arg)
{
	char name[16];
	struct cryptodev_conf conf = { .name = name, .max_keys = 8 };
	intptr_t failed = 0;
	struct crypto_select c;

	snprintf(name, sizeof(name), "of_%u", *(const unsigned int *)arg);
	for (int i = 0; i < TURNS; i++) {
		failed += crypto_select_make(&c, "auto", &conf) != 0 || c.provider == NULL;
		crypto_select_fini(&c);
	}
	return (void *)failed;
}

/* Each lcore makes its stack, and each looks at the devices that the others make and remove. */
static void
test_threads(void)
{
	unsigned int number[THREADS];
	pthread_t threads[THREADS];
	void *failed;

	for (unsigned int i = 0; i < THREADS; i++) {
		number[i] = i;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, choose, &number[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		CU_ASSERT_PTR_NULL(failed);
	}
	CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
}

static void
test_nothing(void)
{
	struct crypto_select c;

	memset(&c, 0, sizeof(c));
	crypto_select_fini(&c);
	CU_ASSERT_PTR_NULL(c.device);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "no room for the keys", test_no_room },
		{ "several threads at once", test_threads },
		{ "an end without a beginning", test_nothing },
	};

	if (eal_start("select") != 0)
		return EXIT_FAILURE;
	return harness_run("crypto/select", cases, HARNESS_COUNT(cases));
}
