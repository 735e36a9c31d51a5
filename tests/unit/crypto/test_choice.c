/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the public interface does not show: tests/eal/test_crypto.c has the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

#include "crypto/choice.h"
#include "support/eal.h"
#include "support/harness.h"

static void
test_no_room(void)
{
	const struct cryptodev_conf conf = { .name = "vast", .max_keys = 100000000 };
	struct choice c;

	CU_ASSERT_EQUAL(choice_make(&c, "crypto_aesni_mb", &conf), -ENOMEM);
	choice_fini(&c);
	/* "auto" does not fail. */
	CU_ASSERT_EQUAL(choice_make(&c, "auto", &conf), 0);
	CU_ASSERT_PTR_EQUAL(c.provider, crypto_libcrypto());
	CU_ASSERT_PTR_NULL(c.device);
	CU_ASSERT(strncmp(c.text, "libcrypto, ", 11) == 0);
	choice_fini(&c);
	CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
}

static void
test_nothing(void)
{
	struct choice c;

	memset(&c, 0, sizeof(c));
	choice_fini(&c);
	CU_ASSERT_PTR_NULL(c.device);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "no room for the keys", test_no_room },
		{ "an end without a beginning", test_nothing },
	};

	if (eal_start("choice") != 0)
		return EXIT_FAILURE;
	return harness_run("crypto/choice", cases, HARNESS_COUNT(cases));
}
