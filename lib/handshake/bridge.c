/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bridge.h"

#include <errno.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "handshake/fragment.h"
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
	shadow_fini(&br->shadow[RTLS_TX]);
	shadow_fini(&br->shadow[RTLS_RX]);
	OPENSSL_clear_free(br->own, BRIDGE_RECORD_ROOM);
	OPENSSL_clear_free(br->record, BRIDGE_RECORD_ROOM);
	OPENSSL_clear_free(br, sizeof(*br));
}

void
bridge_fail(struct bridge *br, int rc, const char *why)
{
	if (br->failed != 0)
		return;
	br->failed = rc;
	OPENSSL_strlcpy(br->error, why, sizeof(br->error));
}

/* A program that closed the socket first, or attached another SSL: nothing of this one's may
 * reach the connection that is there now. For good. */
static int
check_sock(struct bridge *br)
{
	int rc = rtls_guard_check(&br->guard);

	if (rc == 0)
		return 0;
	br->failed = 0;
	bridge_fail(br, rc, rc == -EBADF ? "the socket was closed" : "another one holds the guard");
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

static uint16_t
shorter(uint16_t a, uint16_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

void
bridge_lift(struct bridge *br)
{
	if (!br->settled && !br->held)
		br->tx_max = shorter(br->tx_max, fragment_lift(br->ssl));
}

void
bridge_limits(struct bridge *br, uint16_t tx_max, uint16_t rx_max)
{
	br->tx_max = shorter(br->tx_max, tx_max);
	br->rx_max = shorter(br->rx_max, rx_max);
}

static int
lower(struct rtls_sock *sock, enum rtls_opt opt, uint16_t max)
{
	uint64_t now;
	int rc = max != 0 ? rtls_sock_get(sock, opt, &now) : 0;

	return rc == 0 && max != 0 && max < now ? rtls_sock_set(sock, opt, max) : rc;
}

/* A peer that sends longer records than was agreed on is the socket's to end. */
static int
limit(struct bridge *br, enum rtls_dir d)
{
	return d == RTLS_TX ? lower(br->sock, RTLS_OPT_TX_RECORD_LIMIT, br->tx_max) :
			      lower(br->sock, RTLS_OPT_RX_RECORD_LIMIT, br->rx_max);
}

/* Keys for the socket, which has the lengths that go with them by then. As rtls_set_keys(). */
static int
set_keys(struct bridge *br, enum rtls_dir d, const struct rtls_keys *keys)
{
	int rc = limit(br, d);

	return rc < 0 ? rc : rtls_set_keys(br->sock, d, keys);
}

static bool
refuse(struct bridge *br, enum rtls_dir d, int rc)
{
	*(d == RTLS_TX ? &br->tx : &br->rx) = BRIDGE_REFUSED;
	reason_not_taken(br->ssl, rc, br->reason[d]);
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
		rc = limit(br, RTLS_TX);
		if (rc == 0)
			rc = rtls_suite_carried(rtls_sock_stack(br->sock), keys->version,
						keys->cipher);
		if (br->tx == BRIDGE_LIBSSL && rc != 0)
			return refuse(br, RTLS_TX, rc);
		outq_put_keys(&br->out, keys);
		br->tx = BRIDGE_WAITING;
		return true;
	}
	rc = set_keys(br, RTLS_TX, keys);
	if (rc == 0) {
		br->tx = BRIDGE_TAKEN;
		return true;
	}
	if (br->tx == BRIDGE_LIBSSL && !is_shortage(rc))
		return refuse(br, RTLS_TX, rc);
	outq_put_keys(&br->out, keys);
	br->tx = BRIDGE_WAITING;
	return true;
}

static bool
offer_rx(struct bridge *br, const struct rtls_keys *keys)
{
	int rc = set_keys(br, RTLS_RX, keys);

	if (rc == 0) {
		br->rx = BRIDGE_TAKEN;
		return true;
	}
	if (br->rx == BRIDGE_LIBSSL && !is_shortage(rc))
		return refuse(br, RTLS_RX, rc);
	br->rx_keys = *keys;
	br->rx = BRIDGE_WAITING;
	return true;
}

static bool
take(struct bridge *br, enum rtls_dir d, const struct rtls_keys *keys)
{
	return d == RTLS_TX ? offer_tx(br, keys) : offer_rx(br, keys);
}

bool
bridge_offer(struct bridge *br, enum rtls_dir d, const void *crypto_info)
{
	enum bridge_hand *hand = d == RTLS_TX ? &br->tx : &br->rx;
	struct rtls_keys keys;
	bool taken;

	/* Once is for good: libssl counts the records of a direction that it kept. */
	if (*hand == BRIDGE_REFUSED || check_sock(br) < 0)
		return false;
	/* Taken over: libssl has its shadow, and goes on. */
	if (shadow_there(&br->shadow[d]))
		return false;
	if (keys_parse(crypto_info, &keys) < 0)
		return refuse(br, d, -EINVAL);
	taken = take(br, d, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return taken;
}

void
bridge_take_over(struct bridge *br, enum rtls_dir d, const struct rtls_keys *keys)
{
	enum bridge_hand hand = d == RTLS_TX ? br->tx : br->rx;

	/* What libssl's hook has handed over, or was refused, is settled. */
	if (hand == BRIDGE_REFUSED || (hand != BRIDGE_LIBSSL && !shadow_there(&br->shadow[d])))
		return;
	if (check_sock(br) < 0)
		return;
	if (shadow_set(&br->shadow[d], keys, d == RTLS_RX) < 0) {
		if (hand != BRIDGE_LIBSSL)
			bridge_fail(br, -ENOMEM, "no memory for the next keys");
		return;
	}
	if (!take(br, d, keys))
		shadow_fini(&br->shadow[d]);
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
		return br->reason[d];
	case BRIDGE_LIBSSL:
		break;
	}
	if (!SSL_is_init_finished(br->ssl))
		return "the handshake is not done";
	return br->settled ? br->reason[d] : "libssl did not offer its keys";
}

static void
settle(struct bridge *br, enum rtls_dir d)
{
	enum bridge_hand hand = d == RTLS_TX ? br->tx : br->rx;

	if (bridge_active(hand))
		return;
	if (hand == BRIDGE_LIBSSL)
		reason_not_offered(br->ssl, d, br->reason[d]);
	if (d == RTLS_TX && br->tx_max != 0)
		fragment_lower(br->ssl, br->tx_max);
	rtls_guard_kept(&br->guard, d, br->reason[d]);
}

void
bridge_settle(struct bridge *br)
{
	if (br->settled || !SSL_is_init_finished(br->ssl))
		return;
	br->settled = true;
	settle(br, RTLS_TX);
	settle(br, RTLS_RX);
}
