/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The contract, and what a cryptodev has of its own; the device is the argument. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>
#include <rte_cryptodev.h>
#include <rte_mempool.h>

#include "crypto/cryptodev.h"
#include "crypto/cryptodev_state.h"
#include "support/contract_cases.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/hex.h"
#include "support/provider_contract.h"
#include "vectors/aes_gcm.h"

enum { MAX_KEYS = 16 };

static const struct cryptodev_conf conf = { .name = "test", .max_keys = MAX_KEYS };
static const char *device;
static struct cryptodev *opened;

static const struct crypto_provider *
provider(void)
{
	return cryptodev_provider(opened);
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* A key for each session there is, then none, then again. */
static void
test_no_room(void)
{
	static const uint8_t bytes[16] = { 1 };
	const struct crypto_provider *p = provider();
	struct crypto_key *keys[MAX_KEYS], *out = NULL;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MAX_KEYS; i++)
			CU_ASSERT_EQUAL_FATAL(
				p->key_create(p, tls13(), CRYPTO_SEAL, bytes, &keys[i]), 0);
		CU_ASSERT_EQUAL(p->key_create(p, tls13(), CRYPTO_SEAL, bytes, &out), -ENOMEM);
		CU_ASSERT_PTR_NULL(out);
		for (int i = 0; i < MAX_KEYS; i++)
			p->key_destroy(p, keys[i]);
	}
}

struct needle {
	const uint8_t *key;
	unsigned int found;
};

static void
look_into(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	struct needle *n = arg;

	(void)i;
	for (uint32_t at = 0; at + 16 <= mp->elt_size; at++)
		n->found += memcmp((const uint8_t *)obj + at, n->key, 16) == 0;
}

static void
keys_wiped(const struct record_suite *s)
{
	const struct crypto_provider *p = provider();
	uint64_t rng = harness_seed();
	struct needle n = { 0 };
	struct crypto_key *key;
	uint8_t bytes[RECORD_KEY_MAX];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)harness_rand(&rng);
	n.key = bytes;
	for (int d = CRYPTO_SEAL; d <= CRYPTO_OPEN; d++) {
		CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, (enum crypto_dir)d, bytes, &key), 0);
		/* A key schedule begins or, for opening, ends with the key. */
		rte_mempool_obj_iter(opened->sessions, look_into, &n);
		CU_ASSERT(n.found > 0);
		p->key_destroy(p, key);
		n.found = 0;
		rte_mempool_obj_iter(opened->sessions, look_into, &n);
		CU_ASSERT_EQUAL(n.found, 0);
	}
}

static void
test_keys_wiped(void)
{
	for (unsigned int i = 0; i < RECORD_AEADS; i++)
		if (opened->device->aeads[i].layouts[CRYPTO_SEAL] != 0)
			keys_wiped(record_suite_of_aead((enum record_aead)i));
}

/* Nothing that passed through the buffer stays there. */
static void
buffer_wiped(const struct record_suite *s)
{
	static uint8_t src[400], dst[400];
	const struct crypto_provider *p = provider();
	const struct iovec in[2] = { { src, 100 }, { src + 200, 200 } };
	const struct iovec out[2] = { { dst, 200 }, { dst + 250, 100 } };
	struct crypto_job seal = { .aad_len = s->aad_len }, job;
	struct crypto_key *key;

	memset(src, 'x', sizeof(src));
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_SEAL, src, &seal.key), 0);
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_OPEN, src, &key), 0);
	seal.src = in;
	seal.dst = out;
	seal.src_cnt = seal.dst_cnt = 2;
	p->process(p, CRYPTO_SEAL, &seal, 1);
	CU_ASSERT_EQUAL(seal.status, 0);
	for (uint8_t forged = 0; forged < 2; forged++) {
		job = seal;
		job.key = key;
		job.src = out;
		job.dst = in;
		job.tag[0] ^= forged;
		p->process(p, CRYPTO_OPEN, &job, 1);
		CU_ASSERT_EQUAL(job.status, forged ? -EBADMSG : 0);
		for (size_t i = 0; i < 300; i++)
			CU_ASSERT_EQUAL(opened->buffer[i], 0);
	}
	p->key_destroy(p, seal.key);
	p->key_destroy(p, key);
}

static void
test_buffer_wiped(void)
{
	for (unsigned int i = 0; i < RECORD_AEADS; i++)
		if (opened->device->aeads[i].layouts[CRYPTO_SEAL] != 0)
			buffer_wiped(record_suite_of_aead((enum record_aead)i));
}

/* Devices are shared, and go with their last user if they were made for it. */
static void
test_shared(void)
{
	const struct cryptodev_conf second = { .name = "second", .max_keys = 4 };
	const struct cryptodev_conf long_name = { .name = "a name too long for a pool",
						  .max_keys = 4 };
	struct cryptodev *c = NULL, *none = NULL;

	CU_ASSERT_EQUAL_FATAL(cryptodev_open(device, &second, &c), 0);
	CU_ASSERT_PTR_EQUAL(c->device, opened->device);
	CU_ASSERT_EQUAL(c->device->users, 2);
	CU_ASSERT_EQUAL(cryptodev_open(device, &second, &none), -EEXIST);
	CU_ASSERT_EQUAL(cryptodev_open(device, &long_name, &none), -ENAMETOOLONG);
	CU_ASSERT_PTR_NULL(none);
	cryptodev_close(opened);
	contract_bursts(cryptodev_provider(c), tls13());
	CU_ASSERT(rte_cryptodev_get_dev_id(device) >= 0);
	cryptodev_close(c);
	CU_ASSERT(rte_cryptodev_get_dev_id(device) < 0);
	cryptodev_close(NULL);
	CU_ASSERT_EQUAL_FATAL(cryptodev_open(device, &conf, &opened), 0);
}

static void
test_refused(void)
{
	static const char *const names[] = {
		"",
		"nothing",
		"net_null0",
		"crypto_aesni",
		"crypto_aesni_mb,socket_id=0",
		"crypto_aesni_mb9 ",
		"a_name_that_is_longer_than_any_name_of_a_device_may_be_in_this_release_of_dpdk",
	};
	struct cryptodev *c = NULL;

	for (size_t i = 0; i < HARNESS_COUNT(names); i++)
		CU_ASSERT_EQUAL(cryptodev_open(names[i], &conf, &c), -ENODEV);
	CU_ASSERT_EQUAL(rte_cryptodev_count(), 1);
	/* A device, and with nothing to offer here. */
	CU_ASSERT_EQUAL(cryptodev_open("crypto_null0", &conf, &c), -EEXIST);
	cryptodev_close(opened);
	CU_ASSERT_EQUAL(cryptodev_open("crypto_null0", &conf, &c), -ENOTSUP);
	CU_ASSERT(rte_cryptodev_get_dev_id("crypto_null0") < 0);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL_FATAL(cryptodev_open(device, &conf, &opened), 0);
}

int
main(int argc, char **argv)
{
	static const struct harness_case cases[] = {
		{ "published values", contract_case_vectors },
		{ "contract: suites", contract_case_carried },
		{ "contract: lengths", contract_case_lengths },
		{ "contract: lengths of additional data", contract_case_aad_lengths },
		{ "contract: cuts of src and dst", contract_case_cuts },
		{ "contract: memory that moves", contract_case_moving },
		{ "contract: forgeries", contract_case_forgeries },
		{ "contract: malformed jobs", contract_case_malformed },
		{ "contract: bursts", contract_case_bursts },
		{ "contract: keys", contract_case_keys },
		{ "no room for a key", test_no_room },
		{ "keys are wiped", test_keys_wiped },
		{ "the buffer is wiped", test_buffer_wiped },
		{ "a device is shared, and given back", test_shared },
		{ "what is no device, or of no use", test_refused },
	};
	bool carried[RECORD_AEADS] = {
		[RECORD_AEAD_AES_128_GCM] = true,
		[RECORD_AEAD_AES_256_GCM] = true,
	};
	int code;

	device = argc > 1 ? argv[1] : "crypto_aesni_mb";
	carried[RECORD_AEAD_AES_128_CCM] = strcmp(device, "crypto_aesni_mb") == 0;
	carried[RECORD_AEAD_CHACHA20_POLY1305] = carried[RECORD_AEAD_AES_128_CCM];
	if (eal_start(device) != 0)
		return EXIT_FAILURE;
	if (cryptodev_open(device, &conf, &opened) != 0) {
		printf("Bail out! no device %s\n", device);
		return EXIT_FAILURE;
	}
	contract_cases_of(provider(), carried);
	code = harness_run(device, cases, HARNESS_COUNT(cases));
	cryptodev_close(opened);
	return code;
}
