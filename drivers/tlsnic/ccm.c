/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/ccm.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/bytes.h"

enum {
	BLOCK_LEN = 16,
	LEN_LEN = BLOCK_LEN - 1 -
		  RECORD_NONCE_LEN, /* of the message's length, and of the counter */
	/* SP 800-38C A.2.1: there is additional data, the tag's length, LEN_LEN. */
	FLAGS_AAD = 0x40,
	FLAGS_MAC = (RECORD_TAG_LEN - 2) / 2 * 8 + LEN_LEN - 1,
	FLAGS_CTR = LEN_LEN - 1, /* A.3 */
	AAD_LEN_LEN = 2,         /* A.2.2: of less than 2^16 - 2^8 bytes */
	/* What CBC makes is dropped in pieces of so many bytes; up to a block is left over in front. */
	DROP_LEN = 1024,
};

struct nic_ccm {
	EVP_CIPHER_CTX *ctr;
	EVP_CIPHER_CTX *cbc;
	bool seal;
	bool begun;
	uint32_t left;               /* bytes of the message that did not come yet */
	uint32_t in_block;           /* bytes of the block that CBC has not got all of */
	uint8_t mac[BLOCK_LEN];      /* the last block that CBC made */
	uint8_t mac_mask[BLOCK_LEN]; /* the tag is mac xor this */
};

static_assert((int)BLOCK_LEN == (int)RECORD_TAG_LEN, "the tag is not cut");

static EVP_CIPHER_CTX *
ctx_create(const char *name, const uint8_t *key, uint32_t key_len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok = cipher != NULL && ctx != NULL &&
		  (uint32_t)EVP_CIPHER_get_key_length(cipher) == key_len &&
		  EVP_CIPHER_get_iv_length(cipher) == BLOCK_LEN &&
		  EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1;

	EVP_CIPHER_free(cipher); /* the context has its own reference */
	if (ok)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

struct nic_ccm *
nic_ccm_create(bool seal, const char *ctr, const char *cbc, const uint8_t *key, uint32_t key_len)
{
	struct nic_ccm *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->seal = seal;
	c->ctr = ctx_create(ctr, key, key_len);
	c->cbc = ctx_create(cbc, key, key_len);
	if (c->ctr == NULL || c->cbc == NULL) {
		nic_ccm_destroy(c);
		return NULL;
	}
	return c;
}

/* The key stays. */
static bool
restart(EVP_CIPHER_CTX *ctx, const uint8_t iv[BLOCK_LEN])
{
	return EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1;
}

static bool
authenticate(struct nic_ccm *c, const uint8_t *in, uint32_t len)
{
	uint8_t drop[DROP_LEN + BLOCK_LEN];
	bool ok = true;
	int done;

	c->in_block = (c->in_block + len) % BLOCK_LEN;
	for (uint32_t n; ok && len > 0; in += n, len -= n) {
		n = len < DROP_LEN ? len : DROP_LEN;
		ok = EVP_EncryptUpdate(c->cbc, drop, &done, in, (int)n) == 1;
		if (ok && done > 0)
			memcpy(c->mac, drop + done - BLOCK_LEN, BLOCK_LEN);
	}
	return ok;
}

/* Up to the end of a block. */
static bool
pad(struct nic_ccm *c)
{
	static const uint8_t zeros[BLOCK_LEN];

	return authenticate(c, zeros, (BLOCK_LEN - c->in_block) % BLOCK_LEN);
}

/* Flags, nonce, and what is in the LEN_LEN bytes behind it: SP 800-38C A.2.1 and A.3. */
static void
block_make(uint8_t flags, const uint8_t nonce[RECORD_NONCE_LEN], uint32_t last,
	   uint8_t out[BLOCK_LEN])
{
	put_be32(out + BLOCK_LEN - 4, last); /* its first byte is 0, and the nonce's last */
	out[0] = flags;
	memcpy(out + 1, nonce, RECORD_NONCE_LEN);
}

/* Counter 0 hides the tag; what the message meets begins with 1. */
static bool
begin_ctr(struct nic_ccm *c, const uint8_t nonce[RECORD_NONCE_LEN])
{
	static const uint8_t zeros[BLOCK_LEN];
	uint8_t block[BLOCK_LEN];
	int done;

	block_make(FLAGS_CTR, nonce, 0, block);
	return restart(c->ctr, block) &&
	       EVP_EncryptUpdate(c->ctr, c->mac_mask, &done, zeros, BLOCK_LEN) == 1;
}

static bool
begin_mac(struct nic_ccm *c, const uint8_t nonce[RECORD_NONCE_LEN], const uint8_t *aad,
	  uint32_t aad_len, uint32_t len)
{
	static const uint8_t zeros[BLOCK_LEN];
	uint8_t block[BLOCK_LEN], coded_len[AAD_LEN_LEN];

	c->in_block = 0;
	block_make(FLAGS_MAC | (aad_len != 0 ? FLAGS_AAD : 0), nonce, len, block);
	if (!restart(c->cbc, zeros) || !authenticate(c, block, BLOCK_LEN))
		return false;
	if (aad_len == 0)
		return true;
	put_be16(coded_len, (uint16_t)aad_len);
	return authenticate(c, coded_len, AAD_LEN_LEN) && authenticate(c, aad, aad_len) && pad(c);
}

int
nic_ccm_begin(struct nic_ccm *c, const uint8_t nonce[RECORD_NONCE_LEN], const uint8_t *aad,
	      uint32_t aad_len, uint32_t len)
{
	c->begun = len >> (8 * LEN_LEN) == 0 && begin_ctr(c, nonce) &&
		   begin_mac(c, nonce, aad, aad_len, len);
	c->left = len;
	return c->begun ? 0 : -EIO;
}

int
nic_ccm_update(struct nic_ccm *c, const uint8_t *in, uint8_t *out, uint32_t len)
{
	int done;

	if (!c->begun || len > c->left)
		return -EIO;
	c->left -= len;
	/* The MAC is that of the plaintext, which may be overwritten. */
	if ((c->seal && !authenticate(c, in, len)) ||
	    EVP_EncryptUpdate(c->ctr, out, &done, in, (int)len) != 1 ||
	    (!c->seal && !authenticate(c, out, len)))
		c->begun = false;
	return c->begun ? 0 : -EIO;
}

/* What was begun has ended, well or not. */
static bool
end(struct nic_ccm *c, bool seal, uint8_t tag[BLOCK_LEN])
{
	bool ok = c->begun && c->left == 0 && c->seal == seal && pad(c);

	c->begun = false;
	for (int i = 0; ok && i < BLOCK_LEN; i++)
		tag[i] = c->mac[i] ^ c->mac_mask[i];
	return ok;
}

int
nic_ccm_tag(struct nic_ccm *c, uint8_t tag[RECORD_TAG_LEN])
{
	return end(c, true, tag) ? 0 : -EIO;
}

int
nic_ccm_verify(struct nic_ccm *c, const uint8_t tag[RECORD_TAG_LEN])
{
	uint8_t right[BLOCK_LEN];

	return end(c, false, right) && CRYPTO_memcmp(tag, right, BLOCK_LEN) == 0 ? 0 : -EBADMSG;
}

int
nic_ccm_copy(struct nic_ccm *to, const struct nic_ccm *from)
{
	EVP_CIPHER_CTX *ctr = to->ctr, *cbc = to->cbc;
	bool ok = EVP_CIPHER_CTX_copy(ctr, from->ctr) == 1 &&
		  EVP_CIPHER_CTX_copy(cbc, from->cbc) == 1;

	*to = *from;
	to->ctr = ctr;
	to->cbc = cbc;
	to->begun = ok && from->begun;
	return ok ? 0 : -ENOMEM;
}

void
nic_ccm_destroy(struct nic_ccm *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->ctr); /* wipes the key schedule */
	EVP_CIPHER_CTX_free(c->cbc);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}
