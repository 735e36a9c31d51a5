/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The other end of a connection's record layer, written apart from the library on OpenSSL's EVP: records
 * of TLS 1.3 (RFC 8446 5) and TLS 1.2 (RFC 5288, 6655, 7905). And a provider that fails on request.
 */
#ifndef RTLS_UNIT_SESSION_PEER_H
#define RTLS_UNIT_SESSION_PEER_H

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/evp.h>
#include <recordtls/tls.h>

#include "core/record.h"
#include "crypto/libcrypto.h"

enum { PEER_WIRE_MAX = 5 + 16384 + 256 };

struct peer {
	uint8_t key[32]; /* as many bytes as the cipher has */
	uint8_t iv[12];
	uint64_t rec_no;
	uint64_t explicit_nonce; /* TLS 1.2, when sealing */
	uint16_t cipher;         /* enum rtls_cipher; 0: AES-128-GCM */
	bool tls12;
};

/* The suite of the keys made from here on. At first TLS 1.3 with AES-128-GCM. */
static struct {
	bool tls12;
	uint16_t cipher;
} peer_suite = { .cipher = RTLS_CIPHER_AES_GCM_128 };

/* The i-th suite that the library carries; false: there is none. */
static inline bool
peer_use_row(unsigned int i)
{
	const struct record_suite *s = record_suite_row(i);

	if (s == NULL)
		return false;
	peer_suite.tls12 = s->version == RTLS_TLS_1_2;
	peer_suite.cipher = s->cipher;
	return true;
}

/* Key number n of a test, and the same for the library. */
static inline struct peer
peer_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = { .rec_no = rec_no,
			  .explicit_nonce = 0x1122334455667788u,
			  .cipher = peer_suite.cipher,
			  .tls12 = peer_suite.tls12 };

	for (unsigned int i = 0; i < sizeof(p.key); i++)
		p.key[i] = (uint8_t)(0x40 + 16 * n + 7 * i);
	for (unsigned int i = 0; i < 12; i++)
		p.iv[i] = (uint8_t)(0x91 + 5 * n + 3 * i);
	return p;
}

/* The same of a suite. */
static inline struct peer
peer_key_of(uint16_t version, uint16_t cipher, unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);

	p.cipher = cipher;
	p.tls12 = version == RTLS_TLS_1_2;
	return p;
}

static inline struct rtls_keys
peer_keys(const struct peer *p)
{
	struct rtls_keys k = { .version = p->tls12 ? RTLS_TLS_1_2 : RTLS_TLS_1_3,
			       .cipher = p->cipher != 0 ? p->cipher : RTLS_CIPHER_AES_GCM_128,
			       .rec_no = p->rec_no };

	memcpy(k.key, p->key, sizeof(p->key));
	memcpy(k.iv, p->iv, sizeof(p->iv));
	return k;
}

static inline const EVP_CIPHER *
peer_evp(const struct peer *p)
{
	switch (p->cipher) {
	case RTLS_CIPHER_AES_GCM_256:
		return EVP_aes_256_gcm();
	case RTLS_CIPHER_AES_CCM_128:
		return EVP_aes_128_ccm();
	case RTLS_CIPHER_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	}
	return EVP_aes_128_gcm();
}

/* Bytes in front of the plaintext: the header, and the nonce that TLS 1.2 sends (not RFC 7905). */
static inline uint32_t
peer_prefix(const struct peer *p)
{
	return p->tls12 && p->cipher != RTLS_CIPHER_CHACHA20_POLY1305 ? 13 : 5;
}

/* Bytes of a record around its content: prefix, the inner type of TLS 1.3, and tag. */
static inline uint32_t
peer_around(const struct peer *p)
{
	return peer_prefix(p) + (p->tls12 ? 0 : 1) + 16;
}

/* Returns false when the tag is wrong. */
static inline bool
peer_aead(const struct peer *p, int seal, const uint8_t nonce[12], const uint8_t *aad, int aad_len,
	  const uint8_t *in, int len, uint8_t *out, uint8_t tag[16])
{
	bool ccm = p->cipher == RTLS_CIPHER_AES_CCM_128;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	static const uint8_t none[1];
	uint8_t rest[16];
	int n, ok = 1;

	CU_ASSERT_FATAL(c != NULL);
	ok &= EVP_CipherInit_ex(c, peer_evp(p), NULL, NULL, NULL, seal);
	ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
	if (!seal || ccm)
		ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, seal ? NULL : tag);
	ok &= EVP_CipherInit_ex(c, NULL, NULL, p->key, nonce, seal);
	/* CCM wants to know before all else how long it is, and has compared when it was given all. */
	if (ccm)
		ok &= EVP_CipherUpdate(c, NULL, &n, NULL, len);
	ok &= EVP_CipherUpdate(c, NULL, &n, aad, aad_len);
	CU_ASSERT_EQUAL_FATAL(ok, 1);
	if (len > 0 || ccm)
		ok = EVP_CipherUpdate(c, len > 0 ? out : rest, &n, len > 0 ? in : none, len) > 0;
	CU_ASSERT_FATAL(ok == 1 || (ccm && !seal));
	if (!ccm || seal)
		ok = EVP_CipherFinal_ex(c, rest, &n) > 0;
	if (seal)
		CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag), 1);
	EVP_CIPHER_CTX_free(c);
	return ok;
}

static inline void
peer_be64(uint8_t *out, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

/* Of the record whose prefix stands at wire. */
static inline void
peer_nonce(const struct peer *p, uint64_t rec_no, const uint8_t *wire, uint8_t nonce[12])
{
	uint8_t no[8];

	memcpy(nonce, p->iv, 12);
	if (peer_prefix(p) == 13) {
		memcpy(nonce + 4, wire + 5, 8);
		return;
	}
	peer_be64(no, rec_no);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= no[i];
}

/* The same; returns its length. */
static inline int
peer_aad(const struct peer *p, uint64_t rec_no, const uint8_t *wire, uint8_t aad[13])
{
	uint32_t inner_len = ((uint32_t)wire[3] << 8 | wire[4]) + 5 - peer_prefix(p) - 16;

	if (!p->tls12) {
		memcpy(aad, wire, 5);
		return 5;
	}
	peer_be64(aad, rec_no);
	memcpy(aad + 8, wire, 3);
	aad[11] = (uint8_t)(inner_len >> 8);
	aad[12] = (uint8_t)inner_len;
	return 13;
}

/* Seals inner_len bytes behind the prefix that stands at wire. */
static inline void
peer_seal_behind(const struct peer *p, uint64_t rec_no, const uint8_t *inner, uint32_t inner_len,
		 uint8_t *wire)
{
	uint8_t nonce[12], aad[13], *out = wire + peer_prefix(p);
	int aad_len = peer_aad(p, rec_no, wire, aad);

	peer_nonce(p, rec_no, wire, nonce);
	peer_aead(p, 1, nonce, aad, aad_len, inner, (int)inner_len, out, out + inner_len);
}

static inline uint32_t
peer_header(const struct peer *p, uint8_t type, uint32_t inner_len, uint8_t *wire)
{
	uint32_t body_len = peer_prefix(p) - 5 + inner_len + 16;

	wire[0] = type;
	wire[1] = 3;
	wire[2] = 3;
	wire[3] = (uint8_t)(body_len >> 8);
	wire[4] = (uint8_t)body_len;
	return 5 + body_len;
}

/* The record around inner_len bytes of a finished TLSInnerPlaintext; returns its wire length. */
static inline uint32_t
peer_seal_inner(struct peer *p, const uint8_t *inner, uint32_t inner_len, uint8_t *wire)
{
	uint32_t len = peer_header(p, 23, inner_len, wire);

	peer_seal_behind(p, p->rec_no++, inner, inner_len, wire);
	return len;
}

static inline uint32_t
peer_seal12(struct peer *p, uint8_t type, const uint8_t *plain, uint32_t len, uint8_t *wire)
{
	uint32_t wire_len = peer_header(p, type, len, wire);

	/* Any explicit nonce that does not repeat is the sender's right. */
	if (peer_prefix(p) == 13)
		peer_be64(wire + 5, p->explicit_nonce += 3);
	peer_seal_behind(p, p->rec_no++, plain, len, wire);
	return wire_len;
}

/* A record with pad_len bytes of padding (TLS 1.3); returns its wire length. */
static inline uint32_t
peer_seal(struct peer *p, uint8_t type, const void *plain, uint32_t len, uint32_t pad_len,
	  uint8_t *wire)
{
	static uint8_t inner[PEER_WIRE_MAX];

	if (p->tls12)
		return peer_seal12(p, type, plain, len, wire);
	CU_ASSERT_FATAL(len + 1 + pad_len + 16 <= PEER_WIRE_MAX);
	if (len > 0)
		memcpy(inner, plain, len);
	inner[len] = type;
	memset(inner + len + 1, 0, pad_len);
	return peer_seal_inner(p, inner, len + 1 + pad_len, wire);
}

/*
 * Opens the record at the head of len bytes. Its wire length, 0: not all there,
 * -1: not a record of this key. plain has room for PEER_WIRE_MAX bytes.
 */
static inline int
peer_open(struct peer *p, const uint8_t *wire, size_t len, uint8_t *type, uint8_t *plain,
	  uint32_t *plain_len)
{
	uint32_t body_len, inner_len, prefix = peer_prefix(p);
	uint8_t nonce[12], aad[13], tag[16];

	if (len < 5)
		return 0;
	body_len = (uint32_t)wire[3] << 8 | wire[4];
	if (wire[1] != 3 || wire[2] != 3 || body_len > 16384 + 256 || 5 + body_len < prefix + 16 ||
	    (!p->tls12 && wire[0] != 23))
		return -1;
	if (len < 5 + body_len)
		return 0;
	inner_len = 5 + body_len - prefix - 16;
	memcpy(tag, wire + 5 + body_len - 16, 16);
	peer_nonce(p, p->rec_no, wire, nonce);
	if (!peer_aead(p, 0, nonce, aad, peer_aad(p, p->rec_no, wire, aad), wire + prefix,
		       (int)inner_len, plain, tag))
		return -1;
	*type = wire[0];
	if (!p->tls12) {
		while (inner_len > 0 && plain[inner_len - 1] == 0)
			inner_len--;
		if (inner_len == 0)
			return -1;
		*type = plain[--inner_len];
	}
	*plain_len = inner_len;
	p->rec_no++;
	return (int)(5 + body_len);
}

/* A provider that works until told otherwise, and counts its keys. */
struct flaky {
	struct crypto_provider provider; /* first */
	int good_jobs;                   /* fails after so many; -1: never */
	int failure;                     /* status then */
	bool rude;         /* leaves its output behind on failure, against the contract */
	bool no_keys;      /* key_create: -ENOMEM */
	unsigned int keys; /* alive */
	unsigned int jobs;
};

static inline int
flaky_key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
		 const uint8_t *key, struct crypto_key **out)
{
	struct flaky *f = (struct flaky *)(uintptr_t)p;
	int rc = f->no_keys ? -ENOMEM :
			      crypto_libcrypto()->key_create(crypto_libcrypto(), s, dir, key, out);

	if (rc == 0)
		(*out)->provider = p;
	f->keys += rc == 0;
	return rc;
}

static inline void
flaky_key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	struct flaky *f = (struct flaky *)(uintptr_t)p;

	f->keys -= key != NULL;
	crypto_libcrypto()->key_destroy(crypto_libcrypto(), key);
}

static inline void
flaky_process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs,
	      uint16_t n)
{
	struct flaky *f = (struct flaky *)(uintptr_t)p;

	for (uint16_t i = 0; i < n; i++) {
		struct crypto_job *j = &jobs[i];

		f->jobs++;
		crypto_libcrypto()->process(crypto_libcrypto(), dir, j, 1);
		if (f->good_jobs < 0 || f->good_jobs-- > 0)
			continue;
		f->good_jobs = 0;
		j->status = f->failure;
		for (uint16_t k = 0; k < j->dst_cnt && !f->rude; k++)
			memset(j->dst[k].iov_base, 0, j->dst[k].iov_len);
	}
}

static inline void
flaky_init(struct flaky *f)
{
	memset(f, 0, sizeof(*f));
	f->provider.name = "flaky";
	f->provider.key_create = flaky_key_create;
	f->provider.key_destroy = flaky_key_destroy;
	f->provider.process = flaky_process;
	f->good_jobs = -1;
	f->failure = -EIO;
}

#endif
