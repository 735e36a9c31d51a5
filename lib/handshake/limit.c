/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rtls_ssl_record_limit() puts into an SSL_CTX: the extension record_size_limit (RFC 8449), and
 * a key log that hears of traffic secrets.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "core/bytes.h"
#include "handshake/bio.h"
#include "handshake/bridge.h"
#include "handshake/ctx_place.h"
#include "handshake/fragment.h"
#include "handshake/takeover.h"

#include <recordtls/openssl.h>

enum {
	RECORD_SIZE_LIMIT = 28, /* RFC 8449 4 */
	LIMIT_LEN = 2,
	LIMIT_MIN = 64,
	LIMIT_MAX = 16384 + 1, /* with the type, which TLS 1.3 has within */
	/* libssl makes no smaller ones, and in TLS 1.3 it seals the handshake. */
	FRAGMENT_MIN = 512,
	CONTEXTS = SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
		   SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
};

struct context {
	uint16_t limit;                /* ours, as it stands in the extension */
	SSL_CTX_keylog_cb_func before; /* the program's own, or NULL */
};

static void
context_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
	OPENSSL_free(ptr);
}

static int
place(void)
{
	static atomic_int known = -1;

	return ctx_place(&known, context_free);
}

static struct context *
context_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place());
}

static void
on_line(const SSL *ssl, const char *line)
{
	struct context *c = context_of(ssl);
	struct bridge *br = bridge_of(ssl);

	if (br != NULL)
		takeover_line(br, line);
	if (c != NULL && c->before != NULL)
		c->before(ssl, line);
}

/* Bytes of plaintext in the records that a limit allows: in TLS 1.3 it counts their type, too. */
static uint16_t
plaintext_of(const SSL *ssl, uint16_t limit)
{
	uint16_t max = limit < LIMIT_MAX ? limit : LIMIT_MAX;

	if (SSL_version(ssl) == TLS1_3_VERSION)
		return max - 1;
	return max < LIMIT_MAX ? max : LIMIT_MAX - 1;
}

/*
 * RFC 8449 4: a server that takes record_size_limit does not answer max_fragment_length, and libssl
 * always does; so that goes first. A limit below what libssl can make it does not agree on either.
 */
static bool
is_agreed(const SSL *ssl, const struct bridge *br)
{
	return br->peer_limit != 0 && fragment_agreed(ssl) == 0 &&
	       plaintext_of(ssl, br->peer_limit) >= FRAGMENT_MIN;
}

/* In TLS 1.3 it counts for what is left of the handshake, too, which libssl seals. */
static void
agree(SSL *ssl, struct bridge *br, const struct context *c)
{
	uint16_t max = plaintext_of(ssl, br->peer_limit);

	bridge_limits(br, max, plaintext_of(ssl, c->limit));
	if (SSL_version(ssl) != TLS1_3_VERSION || max >= LIMIT_MAX - 1)
		return;
	fragment_lower(ssl, br->tx_max);
	br->held = true;
}

/* RFC 8449 4: no more than the version has, of those that are still possible. */
static uint16_t
limit_for(const SSL *ssl, const struct context *c)
{
	int highest = SSL_get_max_proto_version((SSL *)(uintptr_t)ssl);
	bool is_1_3 = SSL_version(ssl) == TLS1_3_VERSION &&
		      (highest == 0 || highest >= TLS1_3_VERSION);

	return is_1_3 || c->limit < LIMIT_MAX ? c->limit : LIMIT_MAX - 1;
}

static int
on_add(SSL *ssl, unsigned int type, unsigned int where, const unsigned char **out, size_t *len,
       X509 *x, size_t chain, int *alert, void *arg)
{
	struct context *c = arg;
	struct bridge *br = bridge_of(ssl);

	(void)type, (void)x, (void)chain, (void)alert;
	/* Who else has this context keeps none. */
	if (br == NULL)
		return 0;
	if ((where & SSL_EXT_CLIENT_HELLO) == 0) {
		if (!is_agreed(ssl, br))
			return 0;
		agree(ssl, br, c);
	}
	put_be16(br->limit_ext, limit_for(ssl, c));
	*out = br->limit_ext;
	*len = LIMIT_LEN;
	return 1;
}

static int
on_parse(SSL *ssl, unsigned int type, unsigned int where, const unsigned char *in, size_t len,
	 X509 *x, size_t chain, int *alert, void *arg)
{
	struct context *c = arg;
	struct bridge *br = bridge_of(ssl);
	uint16_t limit = len == LIMIT_LEN ? get_be16(in) : 0;

	(void)type, (void)x, (void)chain;
	if (limit < LIMIT_MIN) {
		*alert = len == LIMIT_LEN ? SSL_AD_ILLEGAL_PARAMETER : SSL_AD_DECODE_ERROR;
		return 0;
	}
	if (br == NULL)
		return 1;
	br->peer_limit = limit;
	if ((where & SSL_EXT_CLIENT_HELLO) != 0)
		return 1;
	/* RFC 8449 4: both in an answer is an error of the server's. */
	*alert = fragment_agreed(ssl) != 0 ? SSL_AD_ILLEGAL_PARAMETER : SSL_AD_HANDSHAKE_FAILURE;
	if (!is_agreed(ssl, br))
		return 0;
	agree(ssl, br, c);
	return 1;
}

int
rtls_ssl_record_limit(SSL_CTX *ctx, unsigned int limit)
{
	struct context *c;
	int at;

	if (ctx == NULL || (limit != 0 && (limit < LIMIT_MIN || limit > LIMIT_MAX)))
		return -EINVAL;
	at = place();
	if (at < 0)
		return -ENOMEM;
	if (SSL_CTX_get_ex_data(ctx, at) != NULL)
		return -EALREADY;
	c = OPENSSL_zalloc(sizeof(*c));
	if (c == NULL || SSL_CTX_set_ex_data(ctx, at, c) != 1) {
		OPENSSL_free(c);
		return -ENOMEM;
	}
	c->limit = (uint16_t)(limit != 0 ? limit : LIMIT_MAX);
	/* Refused by a libssl that has the extension itself. */
	if (SSL_extension_supported(RECORD_SIZE_LIMIT) ||
	    SSL_CTX_add_custom_ext(ctx, RECORD_SIZE_LIMIT, CONTEXTS, on_add, NULL, c, on_parse,
				   c) != 1) {
		SSL_CTX_set_ex_data(ctx, at, NULL);
		OPENSSL_free(c);
		return -ENOTSUP;
	}
	c->before = SSL_CTX_get_keylog_callback(ctx);
	SSL_CTX_set_keylog_callback(ctx, on_line);
	return 0;
}
