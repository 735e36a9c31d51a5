/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The packets of a planned run: headers, and payload behind them by reference, sealed by whoever is
 * to.
 */
#ifndef RTLS_STACK_TX_BUILD_H
#define RTLS_STACK_TX_BUILD_H

#include "buf/spare.h"
#include "stack/tx_run.h"

struct netif;

/* What packets are made of, at hand while one run after the other is built. */
struct tx_buffers {
	struct buf_spare header;
	struct buf_spare indirect;
};

/*
 * Packets of a run of which owner, out and rec are set, as many as pkts has room for: max of them,
 * at least one; who seals it is decided here. What did not fit, or could not be built, falls off
 * the run. 0; -ENOMEM, -EIO: nothing can be built now; -EPERM: it would be in clear with nobody to
 * seal it, or be sealed twice.
 */
int tx_build(const struct netif *nif, struct tx_run *run, struct tx_buffers *bufs,
	     struct rte_mbuf **pkts, uint16_t max);

#endif
