/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bridge.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "handshake/keys.h"

struct bridge *
bridge_new(SSL *ssl, struct rtls_sock *sock)
{
	struct bridge *br = OPENSSL_zalloc(sizeof(*br));

	if (br == NULL)
		return NULL;
	br->ssl = ssl;
	br->sock = sock;
	outq_init(&br->out);
	return br;
}

void
bridge_free(struct bridge *br)
{
	if (br == NULL)
		return;
	outq_fini(&br->out);
	OPENSSL_clear_free(br->record, BRIDGE_RECORD_MAX);
	OPENSSL_clear_free(br, sizeof(*br));
}

/* A program that closed the socket first, or attached another SSL: nothing of this one's may
 * reach the connection that is there now. For good. */
static int
check_sock(struct bridge *br)
{
	int rc = rtls_guard_check(&br->guard);

	if (rc == 0)
		return 0;
	br->failed = rc;
	OPENSSL_strlcpy(br->error,
			rc == -EBADF ? "the socket was closed" : "another one holds the guard",
			sizeof(br->error));
	return rc;
}

bool
bridge_connected(struct bridge *br)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (!br->connected)
		br->connected = rtls_sock_info(br->sock, &info) != 0 ||
				info.state != RTLS_SOCK_CONNECTING;
	return br->connected;
}

/* Why the socket did not take first keys. */
static const char *
why_not(int rc)
{
	if (rc == -EPERM)
		return "new TLS sessions are switched off in this stack";
	return rc == -EINVAL || rc == -ENOTSUP ?
		       "librecordtls does not carry this protocol version and cipher" :
		       "the connection did not take the keys";
}

static bool
refuse(enum bridge_hand *hand, const char **why, const char *reason)
{
	*hand = BRIDGE_REFUSED;
	*why = reason;
	return false;
}

/*
 * The first keys may be refused, and libssl keeps the direction; later ones may
 * not: libssl does not look at the answer then.
 */
static bool
offer_tx(struct bridge *br, const struct rtls_keys *keys)
{
	int rc;

	if (!outq_empty(&br->out)) {
		/* The socket takes keys only behind what waits. */
		rc = rtls_suite_carried(rtls_sock_stack(br->sock), keys->version, keys->cipher);
		if (br->tx == BRIDGE_LIBSSL && rc != 0)
			return refuse(&br->tx, &br->tx_reason, why_not(rc));
		outq_put_keys(&br->out, keys);
		br->tx = BRIDGE_WAITING;
		return true;
	}
	rc = rtls_set_keys(br->sock, RTLS_TX, keys);
	if (rc == 0) {
		br->tx = BRIDGE_TAKEN;
		return true;
	}
	if (br->tx == BRIDGE_LIBSSL && !is_shortage(rc))
		return refuse(&br->tx, &br->tx_reason, why_not(rc));
	outq_put_keys(&br->out, keys);
	br->tx = BRIDGE_WAITING;
	return true;
}

static bool
offer_rx(struct bridge *br, const struct rtls_keys *keys)
{
	int rc = rtls_set_keys(br->sock, RTLS_RX, keys);

	if (rc == 0) {
		br->rx = BRIDGE_TAKEN;
		return true;
	}
	if (br->rx == BRIDGE_LIBSSL && !is_shortage(rc))
		return refuse(&br->rx, &br->rx_reason, why_not(rc));
	br->rx_keys = *keys;
	br->rx = BRIDGE_WAITING;
	return true;
}

bool
bridge_offer(struct bridge *br, enum rtls_dir d, const void *crypto_info)
{
	enum bridge_hand *hand = d == RTLS_TX ? &br->tx : &br->rx;
	const char **why = d == RTLS_TX ? &br->tx_reason : &br->rx_reason;
	struct rtls_keys keys;
	bool taken;

	/* Once is for good: libssl counts the records of a direction that it kept. */
	if (*hand == BRIDGE_REFUSED || check_sock(br) < 0)
		return false;
	if (keys_parse(crypto_info, &keys) < 0)
		return refuse(hand, why, "libssl offered a cipher that is not known");
	taken = d == RTLS_TX ? offer_tx(br, &keys) : offer_rx(br, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return taken;
}

int
bridge_flush(struct bridge *br)
{
	int rc = check_sock(br);

	if (rc == 0)
		rc = outq_drain(&br->out, &br->guard);
	if (br->tx == BRIDGE_WAITING && !br->out.keys_wait)
		br->tx = BRIDGE_TAKEN;
	if (rc < 0 && rc != -EAGAIN)
		br->io_errno = -rc;
	return rc;
}

int
bridge_install_rx(struct bridge *br)
{
	int rc = check_sock(br);

	if (rc < 0 || br->rx != BRIDGE_WAITING)
		return rc;
	rc = rtls_set_keys(br->sock, RTLS_RX, &br->rx_keys);
	if (rc < 0)
		return is_shortage(rc) ? -EAGAIN : rc;
	OPENSSL_cleanse(&br->rx_keys, sizeof(br->rx_keys));
	br->rx = BRIDGE_TAKEN;
	return 0;
}

const char *
bridge_reason(const struct bridge *br, enum rtls_dir d)
{
	switch (d == RTLS_TX ? br->tx : br->rx) {
	case BRIDGE_TAKEN:
		return NULL;
	case BRIDGE_WAITING:
		return "keys wait for buffer room";
	case BRIDGE_REFUSED:
		return d == RTLS_TX ? br->tx_reason : br->rx_reason;
	case BRIDGE_LIBSSL:
		break;
	}
	if (!SSL_is_init_finished(br->ssl))
		return "the handshake is not done";
	return "libssl did not offer its keys (cipher, protocol version, fragment size, padding)";
}

void
bridge_settle(struct bridge *br)
{
	if (br->settled || !SSL_is_init_finished(br->ssl))
		return;
	br->settled = true;
	if (!bridge_active(br->tx))
		rtls_guard_kept(&br->guard, RTLS_TX, bridge_reason(br, RTLS_TX));
	if (!bridge_active(br->rx))
		rtls_guard_kept(&br->guard, RTLS_RX, bridge_reason(br, RTLS_RX));
}
