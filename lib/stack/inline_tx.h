/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A run whose bytes are in clear, for the device of its port to seal: how long its packets may be,
 * whether the device gets it, what each packet says about itself, and what happens when the device
 * does not take one. A run without a record in clear never comes here.
 */
#ifndef RTLS_STACK_INLINE_TX_H
#define RTLS_STACK_INLINE_TX_H

#include "stack/tx_run.h"

struct netif;

/* How many of n segments may be one packet by nif, as far as the device is concerned. */
uint32_t inline_tx_segments_max(const struct netif *nif, const struct rtls_sock *sock, uint32_t n);

/*
 * Before payload is attached: does the device of nif, by which it goes, seal it? Then run->epoch says which context, and it is
 * one that takes all of what is left of the run. What it is not to seal is sealed here, one packet
 * at a time. 0; -ENOMEM, -EIO: the run cannot be built now.
 */
int inline_tx_decide(const struct netif *nif, struct tx_run *run);

/*
 * A packet m of the run is built, with len bytes at off, which is in rec: hands it to the device. 0,
 * or the device's error: the packet may not be sent. Planned again, its bytes are sealed here; the
 * context lives, unless it has refused for long.
 */
int inline_tx_mark(const struct tx_run *run, struct txmap_rec *rec, uint64_t off, uint32_t len,
		   struct rte_mbuf *m);

/* Events: planned; taken by the port; refused by it; given up, as the port never takes it. */
void inline_tx_planned(const struct tx_run *run);
void inline_tx_sent(const struct tx_run *run);
void inline_tx_refused(const struct tx_run *run);
void inline_tx_skipped(const struct tx_run *run);

#endif
