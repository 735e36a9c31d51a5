/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "handshake/bio.h"
#include "handshake/bridge.h"
#include "handshake/verdict.h"

#include <recordtls/openssl.h>

/*
 * Records under one key before the next one is asked for: RFC 8446 5.5 allows
 * 2^24.5 full records with AES-GCM, and libssl does not see them any more.
 */
#define REKEY_AFTER_RECORDS (UINT64_C(1) << 23)

int
rtls_ssl_attach(SSL *ssl, struct rtls_sock *k, enum rtls_ssl_level level)
{
	struct bridge *br;
	BIO *b;
	int rc;

	if (ssl == NULL || k == NULL || level != RTLS_SSL_TRANSPARENT)
		return -EINVAL;
	/* Told to renegotiate before anything was negotiated, libssl writes data in clear. */
	if (SSL_renegotiate_pending(ssl))
		return -EINVAL;
	rc = rtls_ssl_selftest();
	if (rc < 0)
		return rc;
	br = bridge_new(ssl, k);
	if (br == NULL)
		return -ENOMEM;
	b = bio_new(br);
	if (b == NULL) {
		bridge_free(br);
		return -ENOMEM;
	}
	/* Last: a guard is for good, and a program that is refused here may have another way. */
	rc = rtls_sock_guard(k, &br->guard);
	if (rc < 0) {
		BIO_free(b);
		return rc;
	}
	SSL_set_options(ssl, SSL_OP_ENABLE_KTLS | SSL_OP_NO_RENEGOTIATION);
	SSL_set_bio(ssl, b, b);
	return 0;
}

/* One push of libssl's state machine: the handshake, or a key update that was begun. */
static int
advance(struct bridge *br, SSL *ssl)
{
	int ret;

	/* What another connection left behind would be taken for ours. */
	ERR_clear_error();
	ret = SSL_do_handshake(ssl);
	return ret == 1 ? 0 : verdict(br, ret);
}

/* Begins a key update and sends its message. */
static int
key_update(struct bridge *br, SSL *ssl, int type)
{
	int ok;

	/* libssl refuses beside an unfinished write; and former keys may still wait. */
	if (br->staged_len != 0 || br->tx == BRIDGE_WAITING)
		return -EAGAIN;
	ERR_set_mark();
	ok = SSL_key_update(ssl, type);
	if (!ok) {
		bool busy = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_BAD_WRITE_RETRY;

		ERR_pop_to_mark();
		return busy ? -EAGAIN : -EPROTO;
	}
	ERR_clear_last_mark();
	return advance(br, ssl);
}

static bool
wants_new_key(const struct bridge *br)
{
	struct rtls_tls_info info;

	return br->tx == BRIDGE_TAKEN && rtls_tls_info(br->sock, RTLS_TX, &info) == 0 &&
	       info.version == RTLS_TLS_1_3 && info.rec_no >= REKEY_AFTER_RECORDS;
}

/*
 * RFC 8446 4.6.3: the answer to a requested update comes before our next data;
 * libssl alone would send it with its own next SSL_write() only.
 */
static int
answer_key_update(struct bridge *br, SSL *ssl)
{
	int type = SSL_get_key_update_type(ssl);

	if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0)
		return 0;
	if (type == SSL_KEY_UPDATE_NONE) {
		if (!wants_new_key(br))
			return 0;
		type = SSL_KEY_UPDATE_NOT_REQUESTED;
	}
	return key_update(br, ssl, type);
}

int
rtls_ssl_service(SSL *ssl)
{
	struct bridge *br = bridge_of(ssl);
	int rc;

	if (br == NULL)
		return -EINVAL;
	rc = bridge_flush(br);
	if (rc < 0 && rc != -EAGAIN)
		return rc;
	if (br->failed != 0)
		return br->failed;
	if (!SSL_is_init_finished(ssl)) {
		rc = advance(br, ssl);
		if (rc < 0)
			return rc;
	}
	bridge_settle(br);
	rc = bridge_install_rx(br);
	if (rc == 0)
		rc = answer_key_update(br, ssl);
	if (rc < 0)
		return rc;
	return bridge_flush(br);
}

int
rtls_ssl_key_update(SSL *ssl, int ask_peer)
{
	struct bridge *br = bridge_of(ssl);
	int rc;

	if (br == NULL || SSL_version(ssl) != TLS1_3_VERSION || !bridge_active(br->tx))
		return -ENOTSUP;
	if (!SSL_is_init_finished(ssl))
		return -EAGAIN;
	rc = bridge_flush(br);
	if (rc < 0)
		return rc;
	rc = key_update(br, ssl,
			ask_peer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
	/* Begun: rtls_ssl_service() brings it to its end, a second call would begin another. */
	if (rc == -EAGAIN && !SSL_is_init_finished(ssl))
		return 0;
	return rc;
}
