/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A segment whose bytes the device of its port is to seal, on its way there: how far
 * it may reach, what it says about itself, and what happens when the device cannot
 * take it. All do nothing for other segments.
 */
#ifndef RTLS_STACK_INLINE_TX_H
#define RTLS_STACK_INLINE_TX_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rtls_sock;
struct tcp_out;

/* How many of len bytes at off one packet may carry, as far as the device is concerned. */
uint32_t inline_tx_cut(struct rtls_sock *k, uint64_t off, uint32_t len);

/*
 * Before payload is attached: what the device is not to seal is sealed here. 0; -ENOMEM, -EIO: the
 * segment cannot be built now.
 */
int inline_tx_prepare(struct rtls_sock *k, const struct tcp_out *out);

/*
 * The segment is built: hands it to the device if it is in clear. 0, or the device's error: the
 * packet may not be sent. Built again, its bytes are sealed here; the context lives.
 */
int inline_tx_mark(struct rtls_sock *k, const struct tcp_out *out, struct rte_mbuf *m);

/* Events: planned; taken by the port; refused by it; given up, as the port never takes it. */
void inline_tx_planned(struct rtls_sock *k, const struct tcp_out *out);
void inline_tx_sent(struct rtls_sock *k, const struct tcp_out *out);
void inline_tx_refused(struct rtls_sock *k);
void inline_tx_skipped(struct rtls_sock *k, const struct tcp_out *out);

/* What a packet is to the last look before the port. */
enum inline_tx_verdict {
	INLINE_TX_SAFE,
	INLINE_TX_NO_SYNC_DATA, /* in clear, and no device was told to seal it */
	INLINE_TX_BYPASS,       /* for the device, and holds bytes that are sealed */
};

/* Judges by the packet's own bytes, not by what its connection says. */
enum inline_tx_verdict inline_tx_judge(const struct rte_mbuf *m);

#endif
