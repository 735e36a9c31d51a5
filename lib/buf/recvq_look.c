/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Looks at what lies in the queue, and at what a device did to it; nothing of it changes. */

#include <string.h>

#include <rte_common.h>

#include "buf/chain.h"
#include "buf/recvq.h"

/* How many bytes from at on in the buffer m have the same marks, and which. */
static uint32_t
stretch(const struct recvq *q, const struct rte_mbuf *m, uint32_t at, uint64_t *marks)
{
	if (m == q->seam.m && at < q->seam.len) {
		*marks = q->seam.marks;
		return q->seam.len - at;
	}
	*marks = chain_marks(m);
	return m->data_len - at;
}

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

enum recvq_class
recvq_classify(struct recvq *q, uint64_t off, uint32_t len)
{
	uint32_t at = seek(q, off), n;
	const struct rte_mbuf *m = q->cursor.m;
	uint64_t first, marks;

	stretch(q, m, at, &first);
	for (; len > 0; len -= RTE_MIN(len, n)) {
		n = stretch(q, m, at, &marks);
		if (marks != first)
			return RECVQ_MIXED;
		at += n;
		if (at == m->data_len) {
			m = m->next;
			at = 0;
		}
	}
	if (first == 0)
		return RECVQ_UNTOUCHED;
	return first == RTE_MBUF_F_RX_SEC_OFFLOAD ? RECVQ_OPENED : RECVQ_MIXED;
}

void
recvq_look(struct recvq *q, uint64_t off, void *dst, uint32_t len)
{
	uint32_t at = seek(q, off);

	chain_copy_out(q->cursor.m, at, dst, len);
}

static uint64_t
marked_end_of(const struct recvq *q, const struct rte_mbuf *m, uint64_t off, uint64_t end_off)
{
	for (; m != NULL; off += m->data_len, m = m->next) {
		if (chain_marks(m) != 0)
			end_off = off + m->data_len;
		else if (m == q->seam.m)
			end_off = off + q->seam.len;
	}
	return end_off;
}

uint64_t
recvq_marked_end(const struct recvq *q)
{
	uint64_t end_off = marked_end_of(q, q->ready.first, q->ready.off, q->ready.off);
	const struct recvq_held *h = q->held;
	uint32_t i;

	for (i = 0; h != NULL && i < h->at.n; i++)
		end_off = marked_end_of(q, h->bytes[i].first, h->at.r[i].start, end_off);
	return end_off;
}

void
recvq_peek_untouched(const struct recvq *q, uint32_t skip, void *dst, uint32_t len)
{
	const struct rte_mbuf *m = q->ready.first;
	uint8_t *out = dst;
	uint64_t marks;
	uint32_t n;

	for (; skip >= m->data_len; m = m->next)
		skip -= m->data_len;
	while (len > 0) {
		n = RTE_MIN(len, stretch(q, m, skip, &marks));
		if (marks == 0)
			memcpy(out, rte_pktmbuf_mtod_offset(m, const uint8_t *, skip), n);
		out += n;
		len -= n;
		skip += n;
		if (skip == m->data_len) {
			m = m->next;
			skip = 0;
		}
	}
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
