/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/derive.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "core/record.h"

enum {
	MASTER_LEN = 48, /* RFC 5246 8.1 */
	RANDOM_LEN = 32, /* RFC 5246 7.4.1.2 */
	SIDES = 2,
};

/* RFC 6655 4: with a tag of 8 bytes, which libssl tells by the name only. */
static bool
has_short_tag(const SSL_CIPHER *c)
{
	const char *name = SSL_CIPHER_get_name(c);

	return strstr(name, "CCM8") != NULL || strstr(name, "CCM_8") != NULL;
}

/* The suite that is agreed on, whether its keys are in use yet or not. */
static const SSL_CIPHER *
agreed_cipher(const SSL *ssl)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(ssl);

	return c != NULL ? c : SSL_get_current_cipher(ssl);
}

const struct record_suite *
derive_suite(const SSL *ssl)
{
	/* By libssl's numbers. */
	static const int nids[RECORD_AEADS] = {
		[RECORD_AEAD_AES_128_GCM] = NID_aes_128_gcm,
		[RECORD_AEAD_AES_256_GCM] = NID_aes_256_gcm,
		[RECORD_AEAD_AES_128_CCM] = NID_aes_128_ccm,
		[RECORD_AEAD_CHACHA20_POLY1305] = NID_chacha20_poly1305,
	};
	const SSL_CIPHER *c = agreed_cipher(ssl);
	const struct record_suite *s;

	if (c == NULL || has_short_tag(c))
		return NULL;
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		if (s->version == SSL_version(ssl) && nids[s->aead] == SSL_CIPHER_get_cipher_nid(c))
			return s;
	return NULL;
}

/* Of the suite's, the row and the hash of its key schedule. False: it is not carried. */
static bool
begin(const SSL *ssl, uint16_t version, struct rtls_keys *out, const struct record_suite **suite,
      const char **hash)
{
	const SSL_CIPHER *c = agreed_cipher(ssl);
	const EVP_MD *md = c != NULL ? SSL_CIPHER_get_handshake_digest(c) : NULL;

	memset(out, 0, sizeof(*out));
	*suite = derive_suite(ssl);
	*hash = md != NULL ? EVP_MD_get0_name(md) : NULL;
	if (*suite == NULL || *hash == NULL || (*suite)->version != version)
		return false;
	out->version = version;
	out->cipher = (*suite)->cipher;
	return true;
}

static bool
run_kdf(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool ok = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/* RFC 8446 7.1: HKDF-Expand-Label(secret, label, "", len). */
static bool
expand_label(const char *hash, const uint8_t *secret, size_t secret_len, const char *label,
	     uint8_t *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)hash, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret,
						  secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX,
						  (void *)(uintptr_t)"tls13 ", 6),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)(uintptr_t)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	return run_kdf(OSSL_KDF_NAME_TLS1_3_KDF, params, out, len);
}

bool
derive_from_secret(const SSL *ssl, const uint8_t *secret, size_t len, struct rtls_keys *out)
{
	const struct record_suite *suite;
	const char *hash;

	if (begin(ssl, RTLS_TLS_1_3, out, &suite, &hash) &&
	    expand_label(hash, secret, len, "key", out->key, suite->key_len) &&
	    expand_label(hash, secret, len, "iv", out->iv, sizeof(out->iv)))
		return true;
	OPENSSL_cleanse(out, sizeof(*out));
	return false;
}

/* RFC 5246 6.3: PRF(master, "key expansion" server_random client_random). */
static bool
key_block(const SSL *ssl, const char *hash, uint8_t *out, size_t len)
{
	static const char label[] = "key expansion";
	uint8_t master[MASTER_LEN], randoms[2 * RANDOM_LEN];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)hash, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof(master)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)label,
						  sizeof(label) - 1),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, randoms, sizeof(randoms)),
		OSSL_PARAM_construct_end(),
	};
	const SSL_SESSION *session = SSL_get_session(ssl);
	bool ok;

	ok = session != NULL &&
	     SSL_SESSION_get_master_key(session, master, sizeof(master)) == sizeof(master) &&
	     SSL_get_server_random(ssl, randoms, RANDOM_LEN) == RANDOM_LEN &&
	     SSL_get_client_random(ssl, randoms + RANDOM_LEN, RANDOM_LEN) == RANDOM_LEN &&
	     run_kdf(OSSL_KDF_NAME_TLS1_PRF, params, out, len);
	OPENSSL_cleanse(master, sizeof(master));
	return ok;
}

bool
derive_from_master(const SSL *ssl, enum rtls_dir d, struct rtls_keys *out)
{
	/* What the client writes comes first; an AEAD has no MAC keys. */
	unsigned int side = (d == RTLS_TX) == (SSL_is_server(ssl) != 0);
	uint8_t block[SIDES * (RECORD_KEY_MAX + RECORD_NONCE_LEN)];
	const struct record_suite *suite;
	const char *hash;
	size_t iv_len;
	bool ok;

	ok = begin(ssl, RTLS_TLS_1_2, out, &suite, &hash);
	iv_len = ok ? (size_t)RECORD_NONCE_LEN - suite->explicit_nonce_len : 0;
	ok = ok && key_block(ssl, hash, block, SIDES * (suite->key_len + iv_len));
	if (ok) {
		memcpy(out->key, block + side * suite->key_len, suite->key_len);
		memcpy(out->iv, block + SIDES * suite->key_len + side * iv_len, iv_len);
		if (d == RTLS_TX && iv_len < sizeof(out->iv))
			ok = RAND_bytes(out->iv + iv_len, (int)(sizeof(out->iv) - iv_len)) == 1;
	}
	OPENSSL_cleanse(block, sizeof(block));
	if (!ok)
		OPENSSL_cleanse(out, sizeof(*out));
	return ok;
}
