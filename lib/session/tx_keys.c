/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx_keys.h"

#include <errno.h>

#include "core/record.h"
#include "session/shared.h"

/* Without a device nothing refers to a key that is not in force. */
static void
let_go(struct session_tx *tx)
{
	struct epochs *all = &tx->tls->epochs;
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (session_epoch_unstepped(all, e) && e->core.records == 0)
			session_epoch_wipe(all, e, tx->shared->provider);
}

/* The key for an epoch, made before anything changes. 0 or as session_tx_set_keys(). */
static int
next_keys(struct session_tx *tx, struct session_epoch *e, const struct record_suite *s,
	  const struct rtls_keys *keys)
{
	const struct crypto_provider *p = tx->shared->provider;
	struct crypto_key *key;
	int rc = p->key_create(p, s, CRYPTO_SEAL, keys->key, &key);

	if (rc != 0)
		return rc == -ENOMEM ? -ENOMEM : -EINVAL;
	rc = session_tx_flush(tx);
	if (rc != 0) {
		p->key_destroy(p, key);
		return rc;
	}
	epochs_install(&tx->tls->epochs, e, s, keys, key);
	e->tx.rec_no = keys->rec_no;
	tx->pad.pads = s->inner_type_len != 0;
	tx->fence_next = true;
	let_go(tx);
	return 0;
}

/* Nothing was installed: as if it had not been tried. */
static void
no_keys(struct session_tx *tx)
{
	if (session_tx_epoch(tx) != NULL)
		return;
	session_tx_tls_give(tx->shared, tx->tls);
	tx->tls = NULL;
}

int
session_tx_set_keys(struct session_tx *tx, const struct rtls_keys *keys)
{
	const struct record_suite *s = record_suite_find(keys->version, keys->cipher);
	const struct session_epoch *old = session_tx_epoch(tx);
	struct session_epoch *e;
	int rc;

	if (old != NULL && old->suite->version == RTLS_TLS_1_2)
		return -EBUSY;
	if (s == NULL)
		return record_suite_missing(keys->version, keys->cipher);
	if (old != NULL && s != old->suite)
		return -EINVAL;
	if (old == NULL) {
		tx->tls = session_tx_tls_take(tx->shared);
		if (tx->tls == NULL)
			return -ENOMEM;
		tx->tls->start_off = sendq_end(tx->q);
	}
	let_go(tx);
	e = epochs_place(&tx->tls->epochs);
	rc = e == NULL ? -EAGAIN : next_keys(tx, e, s, keys);
	if (rc != 0 && e != NULL)
		session_epoch_wipe(&tx->tls->epochs, e, tx->shared->provider);
	if (rc != 0)
		no_keys(tx);
	return rc;
}
