/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the parts of the sending side share. */
#ifndef RTLS_SESSION_TX_PRIV_H
#define RTLS_SESSION_TX_PRIV_H

#include "session/tx.h"

/*
 * May a record be closed under this key that leaves keep numbers of its limit
 * unused, when ahead records are closed before it? The number 2^64 - 1 is never
 * used, so that none can ever repeat.
 */
bool tx_number_left(const struct session_tx *tx, uint64_t ahead, uint64_t keep);

/* 0, or why no data record may be queued; none is open. */
int tx_may_queue(const struct session_tx *tx);

/*
 * The open record outgrows its buffer: moves it into one that holds want bytes. 0 or -ENOMEM.
 * want is cap, or all that comes before this call closes the record: no record
 * moves twice.
 */
int tx_grow(struct session_tx *tx, uint32_t want);

/* Queues a buffer as it is: a record, in clear where it is an epoch's to seal, or raw bytes. */
void tx_push(struct session_tx *tx, struct rte_mbuf *m, uint8_t type, uint64_t rec_no,
	     struct epoch *epoch);

#endif
