/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/record.h"
#include "handshake/bio.h"
#include "handshake/bridge_read.h"
#include "handshake/service.h"
#include "handshake/verdict.h"

#include <recordtls/io.h>
#include <recordtls/openssl.h>

int
rtls_ssl_attach(SSL *ssl, struct rtls_sock *sock, enum rtls_ssl_level level)
{
	struct bridge *br;
	BIO *b;
	int rc;

	if (ssl == NULL || sock == NULL || level != RTLS_SSL_TRANSPARENT)
		return -EINVAL;
	/* Told to renegotiate before anything was negotiated, libssl writes data in clear. */
	if (SSL_renegotiate_pending(ssl))
		return -EINVAL;
	rc = rtls_ssl_selftest();
	if (rc < 0)
		return rc;
	br = bridge_new(ssl, sock);
	if (br == NULL)
		return -ENOMEM;
	b = bio_new(br);
	if (b == NULL) {
		bridge_free(br);
		return -ENOMEM;
	}
	/* Last: a guard is for good, and a program that is refused here may have another way. */
	rc = rtls_sock_guard(sock, &br->guard);
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

/*
 * The next key is asked for behind half of the records that one may seal (RFC 8446 5.5); libssl does not
 * see them. TLS 1.2 has no next one.
 */
static bool
wants_new_key(const struct bridge *br)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	const struct record_suite *suite;

	if (br->tx != BRIDGE_TAKEN || rtls_tls_info(br->sock, RTLS_TX, &info) != 0 ||
	    info.version != RTLS_TLS_1_3)
		return false;
	suite = record_suite_find(info.version, info.cipher);
	return suite != NULL && suite->seal_limit != 0 && info.rec_no >= suite->seal_limit / 2;
}

/* Which key update is owed. */
static int
owed_update(const struct bridge *br, const SSL *ssl)
{
	int type = SSL_get_key_update_type(ssl);

	if (type == SSL_KEY_UPDATE_NONE && (br->asked || wants_new_key(br)))
		type = SSL_KEY_UPDATE_NOT_REQUESTED;
	return type;
}

/*
 * RFC 8446 4.6.3: the answer to a requested update comes before our next data;
 * libssl alone would send it with its own next SSL_write() only.
 */
static int
answer_key_update(struct bridge *br, SSL *ssl)
{
	int type, rc;

	if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0)
		return 0;
	while ((type = owed_update(br, ssl)) != SSL_KEY_UPDATE_NONE) {
		rc = key_update(br, ssl, type);
		if (rc < 0)
			return rc;
		/* One that asks in its turn is no answer. */
		if (type == SSL_KEY_UPDATE_NOT_REQUESTED)
			br->asked = false;
	}
	return 0;
}

/* One step of libssl, which reads the record that the bridge has for it. */
static int
read_control(struct bridge *br)
{
	uint8_t none;
	size_t n;
	int ret, rc = 0;

	ERR_clear_error();
	br->taking_in = true;
	ret = SSL_peek_ex(br->ssl, &none, sizeof(none), &n);
	/* After close_notify the peer may still be sent to (RFC 8446 6.1). */
	if (ret != 1 && SSL_get_error(br->ssl, ret) != SSL_ERROR_ZERO_RETURN)
		rc = verdict(br, ret);
	br->taking_in = false;
	ERR_clear_error();
	return rc == -EAGAIN ? 0 : rc;
}

int
service_control(struct bridge *br, int flags)
{
	bool kept = br->record != NULL;
	bool fetched = bridge_fetch_control(br, flags);
	int rc = fetched ? read_control(br) : 0;

	if (!kept)
		bridge_trim(br);
	return rc < 0 ? rc : fetched;
}

/*
 * What is wrong with a record is a receive's to tell, behind the data in front of it. But records
 * without end are the end for a program that never receives, too.
 */
static int
meet_flood(struct bridge *br)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	uint8_t byte;
	ssize_t n = rtls_recv(br->sock, &byte, sizeof(byte), RTLS_MSG_PEEK);

	br->met_control = n < 0;
	OPENSSL_cleanse(&byte, sizeof(byte));
	if (n != -EINVAL || rtls_sock_info(br->sock, &info) != 0 ||
	    info.end_reason != RTLS_REASON_FLOOD)
		return 0;
	return service_control(br, 0);
}

/*
 * RFC 8446 4.6.3: a peer may ask for a key update while the program only sends. What libssl has of
 * a record that SSL_read() took in part comes first.
 */
static int
take_in(struct bridge *br)
{
	unsigned int i;
	int rc = 1;

	for (i = 0; i < BRIDGE_CONTROL_MAX && rc == 1; i++) {
		if (!br->settled || br->rx != BRIDGE_TAKEN || SSL_has_pending(br->ssl) ||
		    (SSL_get_shutdown(br->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
			break;
		rc = service_control(br, RTLS_MSG_CONTROL);
		br->met_control |= rc == 1;
	}
	if (rc == 0 && br->met_control && br->rx == BRIDGE_TAKEN)
		rc = meet_flood(br);
	return rc < 0 ? rc : 0;
}

int
service(SSL *ssl, struct bridge *br, bool sends)
{
	int rc = bridge_flush(br);

	if (rc < 0 && rc != -EAGAIN)
		return rc;
	if (br->failed != 0)
		return br->failed;
	if (!bridge_connected(br))
		return -EAGAIN;
	if (!SSL_is_init_finished(ssl)) {
		rc = advance(br, ssl);
		if (rc < 0)
			return rc;
	}
	bridge_settle(br);
	rc = bridge_install_rx(br);
	if (rc == 0 && sends)
		rc = take_in(br);
	if (rc == 0)
		rc = answer_key_update(br, ssl);
	if (rc < 0)
		return rc;
	return bridge_flush(br);
}

int
rtls_ssl_service(SSL *ssl)
{
	struct bridge *br = bridge_of(ssl);

	return br == NULL ? -EINVAL : service(ssl, br, true);
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
