/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Looks at what lies in the queue; nothing changes of where that lies. */

#include <string.h>

#include <rte_common.h>

#include "buf/chain.h"
#include "buf/recvq.h"

/*
 * Moves the cursor to the buffer that holds the byte at off, and returns its place there. What is
 * looked at has mostly arrived last.
 */
static uint32_t
seek(struct recvq *q, uint64_t off)
{
	struct recvq_cursor *c = &q->cursor;
	const struct rte_mbuf *last = q->ready.last;
	uint64_t last_off = q->ready.end_off - last->data_len;

	if (off >= last_off)
		*c = (struct recvq_cursor){ .m = last, .off = last_off };
	else if (c->m == NULL || off < c->off)
		*c = (struct recvq_cursor){ .m = q->ready.first, .off = q->ready.off };
	while (off - c->off >= c->m->data_len) {
		c->off += c->m->data_len;
		c->m = c->m->next;
	}
	return (uint32_t)(off - c->off);
}

void
recvq_look(struct recvq *q, uint64_t off, void *dst, uint32_t len)
{
	uint32_t at = seek(q, off);

	chain_copy_out(q->cursor.m, at, dst, len);
}

/* The buffer that holds the byte at off, which waits; *off: the byte's place there. */
static const struct rte_mbuf *
seek_held(const struct recvq *q, uint64_t *off)
{
	const struct recvq_held *h = q->held;
	const struct rte_mbuf *m;
	uint32_t i = 0;

	while (h->at.r[i].end <= *off)
		i++;
	*off -= h->at.r[i].start;
	for (m = h->bytes[i].first; *off >= m->data_len; m = m->next)
		*off -= m->data_len;
	return m;
}

uint8_t *
recvq_piece(struct recvq *q, uint64_t off, uint32_t *len)
{
	const struct rte_mbuf *m;
	uint64_t at = off;

	if (off < q->ready.end_off) {
		at = seek(q, off);
		m = q->cursor.m;
	} else {
		m = seek_held(q, &at);
	}
	*len = m->data_len - (uint32_t)at;
	return rte_pktmbuf_mtod_offset(m, uint8_t *, at);
}

void
recvq_peek(const struct recvq *q, uint32_t skip, void *dst, uint32_t len)
{
	chain_copy_out(q->ready.first, skip, dst, len);
}

uint16_t
recvq_iov(const struct recvq *q, uint32_t skip, uint32_t len, struct iovec *iov, uint16_t max)
{
	return chain_iov(q->ready.first, skip, len, iov, max);
}
