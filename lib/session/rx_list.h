/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that were opened into buffers of ours and are not delivered in full, in the order in
 * which they came. A buffer's data is what is left of the plaintext. Any number of data records, then at
 * most one control record: nothing is opened behind it.
 */
#ifndef RTLS_SESSION_RX_LIST_H
#define RTLS_SESSION_RX_LIST_H

#include <assert.h>

#include <rte_mbuf.h>

#include "buf/sendq.h"

/* What the full delivery of an opened control record brings about. */
enum rx_effect {
	RX_EFFECT_NONE,
	RX_EFFECT_PAUSE, /* it ends with a KeyUpdate */
	RX_EFFECT_CLOSE, /* close_notify */
};

/* In the private area of the record's buffer. */
struct rx_list_rec {
	struct rte_mbuf *next;
	uint32_t wire_len;
	uint8_t type;
	uint8_t effect; /* enum rx_effect */
};

static_assert(sizeof(struct rx_list_rec) <= sizeof(struct txmap_rec), "it fits a record buffer");

/* All zero: none. */
struct rx_list {
	struct rte_mbuf *first;
	struct rte_mbuf *last;
	uint32_t room; /* buffer room of all */
};

static inline struct rx_list_rec *
rx_list_rec(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/* Takes the buffer, behind all others. */
void rx_list_put(struct rx_list *l, struct rte_mbuf *m, const struct rx_list_rec *rec);

/* Takes it out, wiped and freed. */
void rx_list_drop(struct rx_list *l, struct rte_mbuf *m);

/* The control record that ends the list, or NULL. */
struct rte_mbuf *rx_list_control(const struct rx_list *l);

void rx_list_fini(struct rx_list *l);

#endif
