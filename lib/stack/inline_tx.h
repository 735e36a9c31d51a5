/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A segment whose bytes are in clear, for the device of its port to seal: how far it may reach,
 * whether the device gets it, what it says about itself, and what happens when the device does not
 * take it. A segment without a record in clear never comes here.
 */
#ifndef RTLS_STACK_INLINE_TX_H
#define RTLS_STACK_INLINE_TX_H

#include "stack/tx_segment.h"

/* How many of len bytes one packet may carry, as far as the device is concerned. */
uint32_t inline_tx_cut(const struct rtls_sock *sock, const struct tx_segment *g, uint32_t len);

/*
 * Before payload is attached: does the device seal it? Then g->epoch says which context. What it
 * is not to seal is sealed here. 0; -ENOMEM, -EIO: the segment cannot be built now.
 */
int inline_tx_decide(struct rtls_sock *sock, struct tx_segment *g);

/*
 * The segment is built: hands it to the device. 0, or the device's error: the packet may not be
 * sent. Built again, its bytes are sealed here; the context lives, unless it has refused for long.
 */
int inline_tx_mark(struct rtls_sock *sock, const struct tx_segment *g, struct rte_mbuf *m);

/* Events: planned; taken by the port; refused by it; given up, as the port never takes it. */
void inline_tx_planned(const struct tx_segment *g);
void inline_tx_sent(const struct tx_segment *g);
void inline_tx_refused(const struct tx_segment *g);
void inline_tx_skipped(struct rtls_sock *sock, const struct tx_segment *g);

#endif
