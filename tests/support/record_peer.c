/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/record_peer.h"

#include <stdbool.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/evp.h>

enum { HDR = 5, TAG = 16, NONCE = 12, AAD_MAX = 13, MAX_BODY = 16384 + 2048 };

/* By the kernel's number. */
static const EVP_CIPHER *
evp_of(uint16_t cipher)
{
	switch (cipher) {
	case 51:
		return EVP_aes_128_gcm();
	case 52:
		return EVP_aes_256_gcm();
	case 53:
		return EVP_aes_128_ccm();
	case 54:
		return EVP_chacha20_poly1305();
	default:
		return NULL;
	}
}

static bool
is_tls13(const struct record_peer *p)
{
	return p->keys.version == 0x0304;
}

static uint32_t
explicit_len(const struct record_peer *p)
{
	return !is_tls13(p) && p->keys.cipher != 54 ? 8 : 0;
}

static void
put(uint8_t *out, uint64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static uint64_t
get(const uint8_t *in, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | in[i];
	return v;
}

struct record_peer
record_peer_make(uint16_t version, uint16_t cipher, unsigned int n, uint64_t rec_no)
{
	struct record_peer p = { .keys = { .version = version, .cipher = cipher, .rec_no = rec_no },
				 .stride = 3 };
	const EVP_CIPHER *evp = evp_of(cipher);

	CU_ASSERT_FATAL(evp != NULL);
	for (int i = 0; i < EVP_CIPHER_get_key_length(evp); i++)
		p.keys.key[i] = (uint8_t)(0x40 + 16 * n + 7 * (unsigned int)i);
	for (unsigned int i = 0; i < NONCE; i++)
		p.keys.iv[i] = (uint8_t)(0x91 + 5 * n + 3 * i);
	p.nonce = get(p.keys.iv + 4, 8);
	return p;
}

struct record_peer
record_peer_from(const struct rtls_keys *keys)
{
	return (struct record_peer){ .keys = *keys, .nonce = get(keys->iv + 4, 8), .stride = 1 };
}

uint32_t
record_peer_wire_len(const struct record_peer *p, uint32_t len)
{
	return HDR + explicit_len(p) + len + (is_tls13(p) ? 1 : 0) + TAG;
}

/* The nonce of a record, and its additional data; returns the latter's length. */
static int
parameters(const struct record_peer *p, const uint8_t *wire, uint32_t inner_len, uint8_t *nonce,
	   uint8_t *aad)
{
	uint8_t no[8];

	put(no, p->keys.rec_no, 8);
	memcpy(nonce, p->keys.iv, NONCE);
	if (explicit_len(p) != 0)
		memcpy(nonce + 4, wire + HDR, 8);
	else
		for (int i = 0; i < 8; i++)
			nonce[4 + i] ^= no[i];
	if (is_tls13(p)) {
		memcpy(aad, wire, HDR);
		return HDR;
	}
	memcpy(aad, no, 8);
	memcpy(aad + 8, wire, 3);
	put(aad + 11, inner_len, 2);
	return AAD_MAX;
}

/* False: the tag is wrong. */
static bool
compute(const struct record_peer *p, int seal, const uint8_t *nonce, const uint8_t *aad,
	int aad_len, const uint8_t *in, int len, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ccm = p->keys.cipher == 53;
	uint8_t rest[TAG];
	int n = 0, ok = 1;

	CU_ASSERT_FATAL(c != NULL);
	ok &= EVP_CipherInit_ex(c, evp_of(p->keys.cipher), NULL, NULL, NULL, seal);
	ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL);
	if (ccm || !seal)
		ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, seal ? NULL : tag);
	ok &= EVP_CipherInit_ex(c, NULL, NULL, p->keys.key, nonce, seal);
	if (ccm)
		ok &= EVP_CipherUpdate(c, NULL, &n, NULL, len);
	ok &= EVP_CipherUpdate(c, NULL, &n, aad, aad_len);
	CU_ASSERT_EQUAL_FATAL(ok, 1);
	/* CCM says here whether the tag is right, with no bytes too; and GCM where it ends. */
	if (len > 0 || ccm)
		ok = EVP_CipherUpdate(c, out, &n, in, len) > 0;
	if (ok == 1 && (seal || !ccm))
		ok = EVP_CipherFinal_ex(c, rest, &n) > 0;
	if (seal) {
		CU_ASSERT_EQUAL_FATAL(ok, 1);
		CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, tag), 1);
	}
	EVP_CIPHER_CTX_free(c);
	return ok == 1;
}

static uint32_t
seal(struct record_peer *p, uint8_t outer, const uint8_t *inner, uint32_t inner_len, uint8_t *wire)
{
	uint32_t before = HDR + explicit_len(p);
	uint8_t nonce[NONCE], aad[AAD_MAX];
	int aad_len;

	CU_ASSERT_FATAL(before + inner_len + TAG <= RECORD_PEER_WIRE_MAX);
	wire[0] = outer;
	put(wire + 1, 0x0303, 2);
	put(wire + 3, before - HDR + inner_len + TAG, 2);
	if (before > HDR) {
		put(wire + HDR, p->nonce, 8);
		p->nonce += p->stride;
	}
	aad_len = parameters(p, wire, inner_len, nonce, aad);
	compute(p, 1, nonce, aad, aad_len, inner, (int)inner_len, wire + before,
		wire + before + inner_len);
	p->keys.rec_no++;
	return before + inner_len + TAG;
}

uint32_t
record_peer_seal_inner(struct record_peer *p, const uint8_t *inner, uint32_t inner_len,
		       uint8_t *wire)
{
	CU_ASSERT_FATAL(is_tls13(p));
	return seal(p, 23, inner, inner_len, wire);
}

uint32_t
record_peer_seal(struct record_peer *p, uint8_t type, const void *plain, uint32_t len,
		 uint32_t pad_len, uint8_t *wire)
{
	static uint8_t inner[RECORD_PEER_WIRE_MAX];

	CU_ASSERT_FATAL(len + 1 + pad_len <= sizeof(inner));
	if (len > 0)
		memcpy(inner, plain, len);
	if (!is_tls13(p)) {
		CU_ASSERT_EQUAL_FATAL(pad_len, 0);
		return seal(p, type, inner, len, wire);
	}
	inner[len] = type;
	memset(inner + len + 1, 0, pad_len);
	return seal(p, 23, inner, len + 1 + pad_len, wire);
}

int
record_peer_open(struct record_peer *p, const uint8_t *wire, size_t len, uint8_t *type,
		 uint8_t *plain, uint32_t *plain_len)
{
	uint32_t before = HDR + explicit_len(p), body_len, inner_len;
	uint8_t nonce[NONCE], aad[AAD_MAX], tag[TAG];
	int aad_len;

	if (len < HDR)
		return 0;
	body_len = (uint32_t)get(wire + 3, 2);
	if (get(wire + 1, 2) != 0x0303 || body_len > MAX_BODY || body_len < before - HDR + TAG)
		return -1;
	if (len < HDR + body_len)
		return 0;
	inner_len = HDR + body_len - before - TAG;
	memcpy(tag, wire + before + inner_len, TAG);
	aad_len = parameters(p, wire, inner_len, nonce, aad);
	if (!compute(p, 0, nonce, aad, aad_len, wire + before, (int)inner_len, plain, tag))
		return -1;
	*type = wire[0];
	if (is_tls13(p)) {
		while (inner_len > 0 && plain[inner_len - 1] == 0)
			inner_len--;
		if (inner_len == 0 || wire[0] != 23)
			return -1;
		*type = plain[--inner_len];
	}
	*plain_len = inner_len;
	p->keys.rec_no++;
	return (int)(HDR + body_len);
}
