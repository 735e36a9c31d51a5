/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The keys of a sending direction: the first, and each that follows. */
#ifndef RTLS_SESSION_TX_KEYS_H
#define RTLS_SESSION_TX_KEYS_H

#include "session/tx.h"

/*
 * Installs the first or next key. Closes the open record under the old one and fences the next,
 * which is sealed here as long as no device has the new key.
 * 0; -EINVAL; -EBUSY: TLS 1.2 keys are there; -EAGAIN: four keys before it still have records in
 * clear queued, or one and there is no memory for more; -ENOMEM; -EIO; the old key stays on every error.
 */
int session_tx_set_keys(struct session_tx *tx, const struct rtls_keys *keys);

#endif
