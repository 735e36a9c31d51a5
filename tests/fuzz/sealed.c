/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/sealed.h"

#include <string.h>

#include <openssl/evp.h>

#include "fuzz/finding.h"

enum { WIRE_MAX = 1 << 16, RECS_MAX = 64 };

static struct {
	uint8_t wire[WIRE_MAX];
	uint8_t opened[WIRE_MAX];
	uint8_t plain[WIRE_MAX];
	struct sealed_rec recs[RECS_MAX];
	struct sealed out;
	EVP_CIPHER_CTX *gcm;
} s;

struct rtls_keys
sealed_keys(unsigned int n)
{
	struct rtls_keys k = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };

	for (unsigned int i = 0; i < 16; i++)
		k.key[i] = (uint8_t)(0x11 + 31 * n + 5 * i);
	for (unsigned int i = 0; i < 12; i++)
		k.iv[i] = (uint8_t)(0xc3 + 17 * n + 9 * i);
	return k;
}

/* One record either way; inner bytes of n. */
static bool
gcm(bool seal, unsigned int key, uint64_t rec_no, const uint8_t hdr[SEALED_HDR], const uint8_t *in,
    int n, uint8_t *out, uint8_t tag[SEALED_TAG])
{
	struct rtls_keys k = sealed_keys(key);
	uint8_t nonce[12], rest[16];
	int done, ok = 1;

	memcpy(nonce, k.iv, sizeof(nonce));
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(rec_no >> (8 * i));
	ok &= EVP_CipherInit_ex(s.gcm, EVP_aes_128_gcm(), NULL, k.key, nonce, seal);
	ok &= EVP_CipherUpdate(s.gcm, NULL, &done, hdr, SEALED_HDR);
	ok &= EVP_CipherUpdate(s.gcm, out, &done, in, n);
	if (!seal)
		ok &= EVP_CIPHER_CTX_ctrl(s.gcm, EVP_CTRL_AEAD_SET_TAG, SEALED_TAG, tag);
	if (ok != 1)
		fuzz_finding("OpenSSL");
	if (EVP_CipherFinal_ex(s.gcm, rest, &done) <= 0)
		return false;
	return !seal || EVP_CIPHER_CTX_ctrl(s.gcm, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG, tag) == 1;
}

bool
sealed_open(unsigned int key, uint64_t rec_no, const uint8_t *rec, uint32_t len, uint8_t *inner)
{
	uint8_t tag[SEALED_TAG];

	memcpy(tag, rec + len - SEALED_TAG, sizeof(tag));
	return gcm(false, key, rec_no, rec, rec + SEALED_HDR, (int)(len - SEALED_HDR - SEALED_TAG),
		   inner, tag);
}

/* Appends a record; plain NULL: pattern bytes. */
static void
add(uint8_t type, const void *plain, uint32_t len, uint32_t padding, unsigned int key,
    uint64_t rec_no)
{
	static uint8_t inner[WIRE_MAX];
	struct sealed_rec *r = &s.recs[s.out.nb_recs++];
	uint32_t inner_len = len + 1 + padding, body = inner_len + SEALED_TAG;
	uint8_t *w = s.wire + s.out.len;

	*r = (struct sealed_rec){ .off = s.out.len,
				  .len = SEALED_HDR + body,
				  .plain_off = s.out.len,
				  .plain_len = len,
				  .rec_no = rec_no,
				  .type = type,
				  .key = (uint8_t)key };
	memset(inner, 0, inner_len);
	for (uint32_t i = 0; i < len; i++)
		inner[i] = plain != NULL ? ((const uint8_t *)plain)[i] :
					   (uint8_t)((r->off + i) * 0x9e3779b1u >> 24);
	inner[len] = type;
	memcpy(s.plain + r->plain_off, inner, len);
	w[0] = 23;
	w[1] = 3;
	w[2] = 3;
	w[3] = (uint8_t)(body >> 8);
	w[4] = (uint8_t)body;
	if (!gcm(true, key, rec_no, w, inner, (int)inner_len, w + SEALED_HDR,
		 w + SEALED_HDR + inner_len))
		fuzz_finding("OpenSSL");
	memcpy(s.opened + r->off, w, r->len);
	memcpy(s.opened + r->off + SEALED_HDR, inner, inner_len);
	s.out.len += r->len;
}

const struct sealed *
sealed_make(void)
{
	static const uint32_t sizes[SEALED_KEYS][10] = {
		{ 1, 40, 0, 300, 76, 1400, 17, 2, 2, 2900 },
		{ 5, 700, 64, 0, 1, 200, 1, 5000, 33, 3 },
		{ 9, 9, 600, 1, 0, 0, 24, 1200, 4, 1 },
	};
	static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };
	static const uint8_t warning[] = { 1, 90 }, close_notify[] = { 1, 0 };

	s.gcm = EVP_CIPHER_CTX_new();
	if (s.gcm == NULL)
		fuzz_finding("OpenSSL");
	for (unsigned int key = 0; key < SEALED_KEYS; key++) {
		uint64_t no = 0;

		for (unsigned int i = 0; i < 10; i++) {
			add(SEALED_DATA, NULL, sizes[key][i], i % 4 == 3 ? 20 : 0, key, no++);
			if (i == 5)
				add(SEALED_ALERT, warning, sizeof(warning), 0, key, no++);
		}
		if (key + 1 < SEALED_KEYS) {
			add(SEALED_HANDSHAKE, key_update, sizeof(key_update), 0, key, no++);
			s.recs[s.out.nb_recs - 1].key_update = true;
		} else {
			add(SEALED_ALERT, close_notify, sizeof(close_notify), 0, key, no++);
			s.recs[s.out.nb_recs - 1].last = true;
		}
	}
	s.out.wire = s.wire;
	s.out.opened = s.opened;
	s.out.plain = s.plain;
	s.out.recs = s.recs;
	return &s.out;
}

void
sealed_more(uint32_t records, uint32_t plain_len)
{
	uint64_t no = s.recs[s.out.nb_recs - 1].rec_no + 1;

	for (uint32_t i = 0; i < records; i++)
		add(SEALED_DATA, NULL, plain_len, 0, SEALED_KEYS - 1, no++);
}
