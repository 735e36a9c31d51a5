/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/names.h>
#include <recordtls/tls.h>

#include "session/tx_keys.h"
#include "sock/check.h"
#include "stack/admission.h"
#include "stack/mode.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/window.h"
#include "tcp/query.h"

static bool
same_suite(const struct record_suite *s, const struct rtls_keys *keys)
{
	return s == NULL || (s->version == keys->version && s->cipher == keys->cipher);
}

static const struct record_suite *
suite_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct session_epoch *e = sock_epochs_of(sock, d)->now;

	return e == NULL ? NULL : e->suite;
}

/* Of a direction without keys: none. */
static const struct used_keys *
used_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	static const struct used_keys none;

	if (!sock_has_keys(sock, d))
		return &none;
	return d == RTLS_TX ? &sock->tx.tls->used : &sock->rx.tls->used;
}

/* Would a nonce be used again? next_no: the first number that the keys in force leave. */
static int
check_used(const struct rtls_sock *sock, enum rtls_dir d, const struct rtls_keys *keys,
	   uint64_t next_no, struct used_key *out)
{
	const struct record_suite *suite = record_suite_find(keys->version, keys->cipher),
				  *old = suite_of(sock, d);
	enum rtls_dir other = d == RTLS_TX ? RTLS_RX : RTLS_TX;

	/* Whichever it is: TLS 1.2 has no second key. */
	if (old != NULL && old->version == RTLS_TLS_1_2)
		return -EBUSY;
	if (suite == NULL)
		return record_suite_missing(keys->version, keys->cipher);
	*out = used_key_of(sock->stack->keys_secret, suite, keys);
	return used_keys_check(used_of(sock, d), next_no, used_of(sock, other), out);
}

static int
set_tx(struct rtls_sock *sock, const struct rtls_keys *keys)
{
	const struct session_epoch *old = session_tx_epoch(&sock->tx);
	/* The open record is closed under the keys in force, and takes their next number. */
	uint64_t open = session_tx_open(&sock->tx) != NULL,
		 records = old == NULL ? 0 : old->tx.records + open;
	uint64_t next_no = old == NULL ? 0 : old->tx.rec_no + open;
	struct rtls_stack *s = sock->stack;
	struct used_key used;
	struct tx_tls *tls;
	int rc;

	rc = check_used(sock, RTLS_TX, keys, next_no, &used);
	if (rc != 0)
		return rc;
	if (!same_suite(suite_of(sock, RTLS_RX), keys))
		return -EINVAL;
	rc = session_tx_set_keys(&sock->tx, keys);
	/* The open record was closed, also where the key was refused. */
	sock_queued(sock);
	if (rc != 0)
		return rc;
	/* The limit of a key counts all that it sealed (RFC 8446 5.5). */
	tls = sock->tx.tls;
	tls->epochs.now->tx.records = used_keys_add(&tls->used, next_no, records, &used);
	sock_ready(sock);
	if (tls->epochs.nb_keys > 1)
		stack_count(s, CNT_TLS_TX_REKEY_OK);
	mode_keys(sock, RTLS_TX);
	return 0;
}

static int
set_rx(struct rtls_sock *sock, const struct rtls_keys *keys)
{
	bool first = !sock_has_keys(sock, RTLS_RX);
	uint64_t next_no = first ? 0 : session_rx_rec_no(&sock->rx);
	struct rtls_stack *s = sock->stack;
	struct used_key used;
	int rc;

	/* A record opened before would be taken again, as new. */
	rc = check_used(sock, RTLS_RX, keys, next_no, &used);
	if (rc != 0)
		return rc;
	if (!same_suite(suite_of(sock, RTLS_TX), keys))
		return -EINVAL;
	rc = session_rx_set_keys(&sock->rx, &s->session, keys);
	if (rc != 0)
		return rc;
	if (first)
		sock->rx.tls->incomplete_since_us = s->now_us;
	used_keys_add(&sock->rx.tls->used, next_no, 0, &used);
	session_rx_input(&sock->rx);
	mode_keys(sock, RTLS_RX);
	rx_memory_account(sock);
	/* The window may have closed over what is known only now as part of a record. */
	sock_offer_window(sock);
	sock_ready(sock);
	if (sock->rx.tls->epochs.nb_keys > 1)
		stack_count(s, CNT_TLS_RX_REKEY_OK);
	return 0;
}

/* Which keys went to libcrypto meanwhile, as the device did not take them? */
static void
tell_fallback(struct rtls_sock *sock, const uint64_t before[FALLBACK_REASONS])
{
	const struct fallback *f = &sock->stack->crypto.fallback;

	if (f->keys[FALLBACK_SUITE] != before[FALLBACK_SUITE])
		tell_conn(sock, NOTE_CRYPTO_FALLBACK, "suite");
	if (f->keys[FALLBACK_NO_ROOM] != before[FALLBACK_NO_ROOM])
		tell_conn(sock, NOTE_CRYPTO_FALLBACK, "no_room");
}

static int
set(struct rtls_sock *sock, enum rtls_dir d, const struct rtls_keys *keys)
{
	uint64_t before[FALLBACK_REASONS];
	const struct epochs *all;
	int rc;

	memcpy(before, sock->stack->crypto.fallback.keys, sizeof(before));
	rc = d == RTLS_TX ? set_tx(sock, keys) : set_rx(sock, keys);
	tell_fallback(sock, before);
	if (rc != 0)
		return rc;
	all = sock_epochs(sock, d);
	tell_conn(sock, all->nb_keys > 1 ? NOTE_KEYS_AGAIN : NOTE_KEYS, "%s, %s, key %u",
		  rtls_dir_name(d), all->now->suite->name, all->nb_keys);
	return 0;
}

int
rtls_set_keys(struct rtls_sock *sock, enum rtls_dir d, const struct rtls_keys *keys)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (keys == NULL || (d != RTLS_TX && d != RTLS_RX))
		return -EINVAL;
	/* Records may lie in the receive queue of a connection that is over already. */
	if (sock->phase != SOCK_OWNED || tcp_is_connecting(&sock->tcp) ||
	    (tcp_is_closed(&sock->tcp) && d == RTLS_TX))
		return -ENOTCONN;
	if (sock->stack->tls_off && !sock_has_keys(sock, RTLS_TX) &&
	    !sock_has_keys(sock, RTLS_RX)) {
		stack_count(sock->stack, CNT_TLS_SWITCHED_OFF);
		return -EPERM;
	}
	rc = set(sock, d, keys);
	admission_keyed(sock);
	return rc;
}
