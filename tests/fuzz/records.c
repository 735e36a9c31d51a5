/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/records.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/libcrypto.h"
#include "fuzz/fuzz.h"
#include "sim/suite.h"
#include "support/eal.h"

struct buf_pools records_pools;
struct session_shared records_shared;
struct rte_mempool *records_rx_pool;

static const struct suite *suite = &suites[0];

void
records_choose(size_t size)
{
	suite = &suites[size % SUITES_13];
}

uint16_t
records_cipher(void)
{
	return suite->cipher;
}

struct records_key
records_key(unsigned int n, uint64_t rec_no)
{
	struct records_key k = { .rec_no = rec_no };

	for (unsigned int i = 0; i < sizeof(k.key); i++)
		k.key[i] = (uint8_t)(0x40 + 16 * n + 7 * i);
	for (unsigned int i = 0; i < sizeof(k.iv); i++)
		k.iv[i] = (uint8_t)(0x91 + 5 * n + 3 * i);
	return k;
}

struct rtls_keys
records_keys(const struct records_key *k)
{
	struct rtls_keys keys = {
		.version = RTLS_TLS_1_3,
		.cipher = suite->cipher,
		.rec_no = k->rec_no,
	};

	memcpy(keys.key, k->key, sizeof(k->key));
	memcpy(keys.iv, k->iv, sizeof(k->iv));
	return keys;
}

/* RFC 8446 5.2 and 5.3. False: the tag is wrong. */
static bool
protect(const struct records_key *k, bool seal, const uint8_t *hdr, const uint8_t *in, uint32_t len,
	uint8_t *out, uint8_t tag[RECORDS_TAG])
{
	static EVP_CIPHER_CTX *ctx;
	uint8_t nonce[SUITE_NONCE_LEN];

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	FUZZ_CHECK(ctx != NULL);
	suite_nonce(suite, k->iv, 0, k->rec_no, nonce);
	suite_key(suite, ctx, k->key, seal);
	if (!seal)
		return suite_open(suite, ctx, nonce, hdr, RECORDS_HDR, in, len, tag, out);
	suite_seal(suite, ctx, nonce, hdr, RECORDS_HDR, in, len, out, tag);
	return true;
}

uint32_t
records_seal(struct records_key *k, const uint8_t *inner, uint32_t inner_len, uint8_t *wire)
{
	uint32_t body = inner_len + RECORDS_TAG;

	wire[0] = 23;
	wire[1] = 3;
	wire[2] = 3;
	wire[3] = (uint8_t)(body >> 8);
	wire[4] = (uint8_t)body;
	protect(k, true, wire, inner, inner_len, wire + RECORDS_HDR,
		wire + RECORDS_HDR + inner_len);
	k->rec_no++;
	return RECORDS_HDR + body;
}

int
records_open(struct records_key *k, const uint8_t *wire, size_t len, uint8_t *inner,
	     uint32_t *inner_len)
{
	uint8_t tag[RECORDS_TAG];
	uint32_t body;

	if (len < RECORDS_HDR)
		return 0;
	body = (uint32_t)wire[3] << 8 | wire[4];
	if (wire[0] != 23 || wire[1] != 3 || wire[2] != 3 || body < RECORDS_TAG + 1 ||
	    body > RECORDS_BODY_MAX)
		return -1;
	if (len < RECORDS_HDR + body)
		return 0;
	*inner_len = body - RECORDS_TAG;
	memcpy(tag, wire + RECORDS_HDR + *inner_len, sizeof(tag));
	if (!protect(k, false, wire, wire + RECORDS_HDR, *inner_len, inner, tag))
		return -1;
	k->rec_no++;
	return (int)(RECORDS_HDR + body);
}

void
records_start(const char *name)
{
	const struct buf_pools_conf conf = {
		.name = "fuzz",
		.socket_id = SOCKET_ID_ANY,
		.nb_packets = 255,
		.nb_small = 127,
		.nb_medium = 127,
		.nb_large = 63,
	};
	const struct session_shared_conf shared = {
		.name = "fuzz",
		.socket_id = SOCKET_ID_ANY,
		.max_socks = 1,
		.bufs = &records_pools,
		.provider = crypto_libcrypto(),
	};

	FUZZ_CHECK(eal_start(name) == 0);
	FUZZ_CHECK(buf_pools_create(&records_pools, &conf) == 0);
	records_rx_pool = rte_pktmbuf_pool_create("fuzz_rx", 1023, 0, 0, 2048, SOCKET_ID_ANY);
	FUZZ_CHECK(records_rx_pool != NULL);
	FUZZ_CHECK(session_shared_create(&records_shared, &shared) == 0);
}

uint32_t
records_in_use(void)
{
	return buf_pools_in_use(&records_pools) + rte_mempool_in_use_count(records_rx_pool) +
	       session_shared_in_use(&records_shared);
}
