/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };

void
oracle_xor(const struct stream *s, uint64_t epoch, uint64_t rec_no, uint32_t off, uint8_t *bytes,
	   uint32_t len)
{
	struct sim_key key = s->conf.key;
	uint8_t block[BLOCK], skipped[BLOCK] = { 0 };
	uint32_t counter = 2 + off / BLOCK; /* SP 800-38D 7.1: 1 is the tag's */
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (epoch > 0)
		sim_key_of(s->conf.keys_seed, s->conf.from, 1 + epoch, &key);
	memcpy(block, key.iv, sizeof(key.iv));
	for (int i = 0; i < 8; i++) /* RFC 8446 5.3 */
		block[11 - i] ^= (uint8_t)(rec_no >> 8 * i);
	for (int i = 0; i < 4; i++)
		block[15 - i] = (uint8_t)(counter >> 8 * i);
	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, EVP_aes_128_ctr(), key.key, block, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, skipped, &n, skipped, (int)(off % BLOCK)) != 1 ||
	    EVP_EncryptUpdate(ctx, bytes, &n, bytes, (int)len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}
