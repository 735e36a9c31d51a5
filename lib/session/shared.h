/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the record layers of all connections of a stack share. */
#ifndef RTLS_SESSION_SHARED_H
#define RTLS_SESSION_SHARED_H

#include "buf/pools.h"
#include "core/share.h"
#include "crypto/provider.h"
#include "session/audit.h"
#include "session/rx_tls.h"
#include "session/tx_tls.h"

struct session_shared_conf {
	const char *name; /* of the pools, with a suffix */
	int socket_id;
	uint32_t max_socks;                     /* each may have keys, in both directions */
	const struct buf_pools *bufs;           /* borrowed until destroy, as are these */
	const struct crypto_provider *provider; /* in software */
	const struct share_store *store;        /* NULL: there is no share to keep to */
	const uint64_t *now_us;                 /* the clock; NULL: it stands still */
	const uint8_t *audit_key;               /* AUDIT_KEY_LEN bytes, copied; NULL: zeros */
};

/* All zero: not created. */
struct session_shared {
	const struct buf_pools *bufs;
	const struct crypto_provider *provider;
	const struct share_store *store;
	const uint64_t *now_us;
	struct rte_mempool *tx; /* of struct tx_tls */
	struct rte_mempool *rx; /* of struct rx_tls */
	struct epoch_pool epochs;
	uint8_t audit_key[AUDIT_KEY_LEN];
	uint32_t short_len; /* behind -ENOMEM: for a record of so many bytes */
	struct session_tx_count tx_total;
	struct session_rx_count rx_total;
	struct rx_device_count rx_device_total;
};

/* 0; -ENOMEM; -EEXIST: pools of that name are there; -ENAMETOOLONG. Nothing is left on an error. */
int session_shared_create(struct session_shared *sh, const struct session_shared_conf *conf);

/* Nothing is out of the pools. Safe on a zeroed struct. */
void session_shared_destroy(struct session_shared *sh);

/* Objects that are out, of all pools. */
uint32_t session_shared_in_use(const struct session_shared *sh);

/* The time of the last poll. */
static inline uint64_t
session_now_us(const struct session_shared *sh)
{
	return sh->now_us != NULL ? *sh->now_us : 0;
}

/* What a direction has with its first keys, all zero but for the pool of its epochs; NULL: none is
 * left. Its epochs are gone when it is given back. */
struct tx_tls *session_tx_tls_take(struct session_shared *sh);
struct rx_tls *session_rx_tls_take(struct session_shared *sh);
void session_tx_tls_give(struct session_shared *sh, struct tx_tls *tls);
void session_rx_tls_give(struct session_shared *sh, struct rx_tls *tls);

#endif
