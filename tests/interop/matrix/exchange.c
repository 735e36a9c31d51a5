/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <recordtls/names.h>
#include <recordtls/openssl.h>
#include <recordtls/stats.h>
#include <recordtls/tls.h>

#include "hash.h"

static void
fail(struct exchange *x, const char *what, int rc)
{
	struct rtls_ssl_status s = { .size = sizeof(s) };

	rtls_ssl_status(x->ssl, &s);
	snprintf(x->why, sizeof(x->why), "%s: %s, %zu bytes sent, %zu received; %s", what,
		 strerror(-rc), x->out, x->in, s.error);
	x->state = EXCHANGE_FAILED;
}

bool
exchange_start(struct exchange *x, SSL_CTX *ctx, struct rtls_sock *sock, const char *host)
{
	memset(x, 0, offsetof(struct exchange, sent));
	x->client = host != NULL;
	x->ssl = SSL_new(ctx);
	if (x->ssl == NULL || RAND_bytes(x->sent, sizeof(x->sent)) != 1 ||
	    rtls_ssl_attach(x->ssl, sock, RTLS_SSL_TRANSPARENT) != 0 ||
	    (x->client &&
	     (SSL_set1_host(x->ssl, host) != 1 || SSL_set_tlsext_host_name(x->ssl, host) != 1))) {
		SSL_free(x->ssl);
		rtls_abort(sock);
		return false;
	}
	if (x->client)
		SSL_set_connect_state(x->ssl);
	else
		SSL_set_accept_state(x->ssl);
	x->sock = sock;
	return true;
}

static bool
is_later(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM;
}

/* False: later. */
static bool
update(struct exchange *x)
{
	int rc;

	if (x->updated || x->out < PLAN_NODE_UPDATES_AT || SSL_version(x->ssl) != TLS1_3_VERSION)
		return true;
	rc = rtls_ssl_key_update(x->ssl, 1);
	if (rc < 0 && rc != -EAGAIN)
		fail(x, "the key update", rc);
	x->updated = rc == 0;
	return x->updated;
}

/* The bytes behind the bulk are answers. */
static bool
may_send(const struct exchange *x)
{
	return x->out < PLAN_BULK || (x->out < PLAN_BYTES && x->out < x->in);
}

static void
send_some(struct exchange *x)
{
	ssize_t n;

	while (may_send(x) && update(x)) {
		n = rtls_ssl_send(x->ssl, x->sent + x->out, plan_piece(x->out), 0);
		if (n < 0) {
			if (!is_later(n))
				fail(x, "sending", (int)n);
			return;
		}
		x->out += (size_t)n;
	}
}

static void
recv_some(struct exchange *x)
{
	uint8_t more;
	ssize_t n;

	do {
		n = x->in < PLAN_BYTES ?
			    rtls_ssl_recv(x->ssl, x->received + x->in, PLAN_BYTES - x->in, 0) :
			    rtls_ssl_recv(x->ssl, &more, 1, 0);
		if (n > 0 && x->in == PLAN_BYTES)
			fail(x, "more than there is", -EPROTO);
		else if (n > 0)
			x->in += (size_t)n;
	} while (n > 0 && x->state == EXCHANGE_DATA);
	if (n == 0 && x->in == PLAN_BYTES && x->out == PLAN_BYTES)
		x->state = EXCHANGE_DONE;
	else if (n == 0)
		fail(x, "an early close_notify", -EPROTO);
	else if (n < 0 && !is_later(n))
		fail(x, "receiving", (int)n);
}

enum exchange_state
exchange_step(struct exchange *x)
{
	int rc = rtls_ssl_service(x->ssl);

	if (rc < 0 && rc != -EAGAIN)
		fail(x, "the handshake, or a key update", rc);
	/* Its order is the peer's matter: what can be received is, whatever is owed. */
	if (x->state == EXCHANGE_DATA && SSL_is_init_finished(x->ssl))
		recv_some(x);
	if (x->state == EXCHANGE_DATA && SSL_is_init_finished(x->ssl))
		send_some(x);
	return x->state;
}

static json_t *
direction(const struct exchange *x, enum rtls_dir d)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	struct rtls_ssl_status s = { .size = sizeof(s) };
	struct rtls_sock_stats n = { .size = sizeof(n) };
	bool tx = d == RTLS_TX;

	rtls_tls_info(x->sock, d, &info);
	rtls_ssl_status(x->ssl, &s);
	rtls_sock_stats(x->sock, &n);
	return json_pack("{s:s s:s s:s? s:s? s:s s:s s:i s:b s:s? s:I s:I}", "version",
			 rtls_version_name(info.version), "cipher",
			 rtls_cipher_name((enum rtls_cipher)info.cipher), "suite", info.suite,
			 "provider", info.provider, "mode", rtls_mode_name(info.mode), "reason",
			 rtls_mode_reason_name(info.reason), "epoch", (int)info.epoch,
			 "handed_over", tx ? s.tx_handed_over : s.rx_handed_over, "why",
			 tx ? s.tx_reason : s.rx_reason, "records",
			 (json_int_t)(tx ? n.tx_records : n.rx_records), "nic_records",
			 (json_int_t)(tx ? n.tx_nic_records : n.rx_nic_records));
}

static void
report(const struct exchange *x)
{
	char sent[PLAN_HASH_TEXT], received[PLAN_HASH_TEXT];
	json_t *root = json_pack("{s:s s:s s:s s:s s:s s:s s:o s:o}", "role",
				 x->client ? "client" : "server", "error",
				 x->state == EXCHANGE_DONE ? "" : x->why, "version",
				 SSL_get_version(x->ssl), "agreed", SSL_get_cipher_name(x->ssl),
				 "sent", hash_text(x->sent, x->out, sent), "received",
				 hash_text(x->received, x->in, received), "tx",
				 direction(x, RTLS_TX), "rx", direction(x, RTLS_RX));
	char *text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);

	printf("%s\n", text != NULL ? text : "no memory");
	fflush(stdout);
	free(text);
	json_decref(root);
}

void
exchange_end(struct exchange *x)
{
	report(x);
	if (x->state == EXCHANGE_DONE)
		SSL_shutdown(x->ssl); /* close_notify */
	SSL_free(x->ssl);
	rtls_close(x->sock);
	x->sock = NULL;
}
