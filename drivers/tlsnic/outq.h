/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Frames on their way to the port below, which may refuse them for a while. Their order
 * never changes.
 */
#ifndef TLSNIC_OUTQ_H
#define TLSNIC_OUTQ_H

#include <stdint.h>

#include "port/port.h"
#include "tlsnic/counters.h"

enum { OUTQ_SIZE = 1024 }; /* a power of two; a packet is cut in no more frames */

struct nic_outq {
	struct rte_mbuf *frames[OUTQ_SIZE];
	uint32_t head;
	uint32_t cnt;
};

static inline uint32_t
outq_room(const struct nic_outq *q)
{
	return OUTQ_SIZE - q->cnt;
}

/* Takes the frame; there is room. */
static inline void
outq_push(struct nic_outq *q, struct rte_mbuf *m)
{
	q->frames[(q->head + q->cnt++) % OUTQ_SIZE] = m;
}

/*
 * Sends what the port takes. One that its tx_prepare refuses is dropped and counted. Returns
 * how many are gone.
 */
unsigned int outq_flush(struct nic_outq *q, struct rtls_port *under, struct nic_counters *c);

void outq_free(struct nic_outq *q);

#endif
