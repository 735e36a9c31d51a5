/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A buffer that somebody else has filled: as a record, or joined to the one that is open. */
#ifndef RTLS_SESSION_TX_BUFFER_H
#define RTLS_SESSION_TX_BUFFER_H

#include "session/tx.h"

/*
 * Takes, on success, a record buffer whose data (at BUF_PLAIN_OFF, data_len bytes, at most cap) is
 * plaintext already. It fills the open record, where that can hold it; the rest becomes open, and
 * is closed unless more. The buffer counts as held before, so the share is not asked. 0, -EAGAIN,
 * -EKEYEXPIRED, -EIO (m stays the caller's; the open record is closed); -ENOMEM: it has no room for
 * its padding, and there is no buffer that has (nothing has changed).
 */
int session_tx_buffer(struct session_tx *tx, struct rte_mbuf *m, bool more);

#endif
