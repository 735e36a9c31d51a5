/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Who computes: what is asked of rtls_stack_create(), what it says, and that it is so. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/recordtls.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"

enum { BYTES = 100000 };

/* By the end that sends. */
static const struct rtls_keys keys[2] = {
	{ .version = RTLS_TLS_1_3,
	  .cipher = RTLS_CIPHER_AES_GCM_128,
	  .key = "the key of one",
	  .iv = "and its iv" },
	{ .version = RTLS_TLS_1_3,
	  .cipher = RTLS_CIPHER_AES_GCM_128,
	  .key = "the other's key",
	  .iv = "and its iv" },
};

/* Sends from end to end under the keys; returns whether their provider was this one. */
static bool
computes(struct pair *p, const char *provider)
{
	static uint8_t bytes[BYTES];
	struct rtls_tls_info info = { .size = sizeof(info) };
	struct rtls_sock *socks[2];
	bool is_it = true;

	pair_connect(p, 0, socks);
	for (int end = 0; end < 2; end++) {
		pair_set_keys(socks, end, &keys[end]);
		pair_fill(bytes, 0, sizeof(bytes));
		pair_send(p, socks[end], bytes, sizeof(bytes));
		pair_expect(p, socks[1 - end], bytes, sizeof(bytes));
		for (int d = RTLS_TX; d <= RTLS_RX; d++) {
			CU_ASSERT_EQUAL(rtls_tls_info(socks[0], (enum rtls_dir)d, &info), 0);
			is_it &= info.provider == NULL || strcmp(info.provider, provider) == 0;
		}
		CU_ASSERT_EQUAL(pair_stat(p, end, "CryptoFallbackSuite"), 0);
		CU_ASSERT_EQUAL(pair_stat(p, end, "CryptoFallbackNoRoom"), 0);
	}
	for (int end = 0; end < 2; end++)
		rtls_close(socks[end]);
	return is_it;
}

static bool
starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static void
test_asked(void)
{
	static const struct {
		const char *crypto, *provider, *text;
	} rows[] = {
		{ NULL, "libcrypto", "libcrypto" },
		{ "libcrypto", "libcrypto", "libcrypto" },
		{ "crypto_aesni_mb", "crypto_aesni_mb",
		  "crypto_aesni_mb (linear in place, chains through a buffer)" },
		{ "crypto_aesni_mb7", "crypto_aesni_mb7",
		  "crypto_aesni_mb7 (linear in place, chains through a buffer)" },
		{ "crypto_aesni_gcm", "crypto_aesni_gcm", "crypto_aesni_gcm (chains in place)" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct pair_conf conf = { 0 };
		struct pair p;

		conf.stack[0].crypto = rows[i].crypto;
		conf.stack[1].crypto = rows[i].crypto;
		log_tap_start(RTE_LOG_NOTICE);
		pair_init(&p, &conf);
		/* Nothing where nobody chose; else each stack, with its provider. */
		CU_ASSERT_EQUAL(log_tap_count(NOTE_CRYPTO_CHOSEN), rows[i].crypto != NULL ? 2 : 0);
		if (rows[i].crypto != NULL)
			CU_ASSERT_PTR_NOT_NULL(
				strstr(log_tap_last(NOTE_CRYPTO_CHOSEN), rows[i].text));
		log_tap_end();
		CU_ASSERT_STRING_EQUAL(rtls_stack_crypto(p.stack[0]), rows[i].text);
		CU_ASSERT(computes(&p, rows[i].provider));
		pair_fini(&p);
		CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
	}
}

/* Whichever is the fastest here, it says so with the numbers of all. */
static void
test_auto(void)
{
	struct pair_conf conf = { 0 };
	struct pair p;
	const char *text;
	char name[32];

	conf.stack[0].crypto = "auto";
	pair_init(&p, &conf);
	text = rtls_stack_crypto(p.stack[0]);
	printf("# %s\n", text);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " ,"), text);
	CU_ASSERT(strcmp(name, "libcrypto") == 0 || strcmp(name, "crypto_aesni_mb") == 0 ||
		  strcmp(name, "crypto_aesni_gcm") == 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "cycles per byte: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "libcrypto "));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "crypto_aesni_mb "));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "crypto_aesni_gcm "));
	CU_ASSERT(computes(&p, name));
	pair_fini(&p);
	CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
}

/* The program's own device is found, shared and left to it. */
static void
test_own_device(void)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.max_socks = 2,
		.nb_packets = 64,
		.nb_small = 64,
		.nb_medium = 64,
		.nb_large = 64,
		.crypto = "auto",
	};
	struct rte_cryptodev_config dev_conf = { .nb_queue_pairs = 1 };
	const struct rte_cryptodev_qp_conf queue = { .nb_descriptors = 64 };
	struct rtls_stack *s;

	CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", "crypto_aesni_gcm3", ""), 0);
	for (int started = 0; started < 2; started++) {
		uint8_t id = (uint8_t)rte_cryptodev_get_dev_id("crypto_aesni_gcm3");

		if (started) {
			CU_ASSERT_EQUAL(rte_cryptodev_configure(id, &dev_conf), 0);
			CU_ASSERT_EQUAL(rte_cryptodev_queue_pair_setup(id, 0, &queue, 0), 0);
			CU_ASSERT_EQUAL(rte_cryptodev_start(id), 0);
		}
		CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &s), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(rtls_stack_crypto(s), "crypto_aesni_gcm3 "));
		CU_ASSERT_PTR_NULL(strstr(rtls_stack_crypto(s), "crypto_aesni_gcm "));
		CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
		CU_ASSERT_EQUAL(rte_cryptodev_count(), 1);
		/* One that the program has started is not stopped. */
		if (started)
			CU_ASSERT_EQUAL(rte_cryptodev_configure(id, &dev_conf), -EBUSY);
		rte_cryptodev_stop(id);
	}
	CU_ASSERT_EQUAL(rte_eal_hotplug_remove("vdev", "crypto_aesni_gcm3"), 0);
}

static void
test_refused(void)
{
	static const struct {
		const char *crypto;
		int rc;
	} rows[] = {
		{ "", -ENODEV },
		{ "software", -ENODEV },
		{ "Auto", -ENODEV },
		{ "crypto_aesni_m", -ENODEV },
		{ "crypto_null", -ENOTSUP },
		{ "crypto_openssl", -ENOTSUP }, /* computes in queues only */
	};
	struct rtls_stack_conf conf = { .size = sizeof(conf), .max_socks = 2 };
	struct rtls_stack *s = NULL;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		conf.crypto = rows[i].crypto;
		log_tap_start(RTE_LOG_ERR);
		CU_ASSERT_EQUAL(rtls_stack_create(&conf, &s), rows[i].rc);
		CU_ASSERT_EQUAL(log_tap_count(NOTE_CRYPTO_UNUSABLE), 1);
		log_tap_end();
		CU_ASSERT_PTR_NULL(s);
		CU_ASSERT_EQUAL(rte_cryptodev_count(), 0);
	}
	/* A program that was compiled without the field has libcrypto. */
	conf.size = offsetof(struct rtls_stack_conf, crypto);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &s), 0);
	CU_ASSERT(starts_with(rtls_stack_crypto(s), "libcrypto"));
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a provider that was asked for", test_asked },
		{ "the fastest one", test_auto },
		{ "a device of the program's", test_own_device },
		{ "what is none", test_refused },
	};

	if (eal_start("crypto") != 0)
		return EXIT_FAILURE;
	return harness_run("crypto", cases, HARNESS_COUNT(cases));
}
