/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Walking mbuf chains by bytes. A chain is mbufs linked by next; nb_segs and
 * pkt_len of its head are kept right by these functions only where said so.
 */
#ifndef RTLS_BUF_CHAIN_H
#define RTLS_BUF_CHAIN_H

#include <stdbool.h>
#include <sys/uio.h>

#include <rte_mbuf.h>

/* What a device says on a packet's head of the packet's bytes: recordtls/offload.h. */
#define CHAIN_MARKS (RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED)

static inline uint64_t
chain_marks(const struct rte_mbuf *m)
{
	return m->ol_flags & CHAIN_MARKS;
}

/* As chain_sound(), for several segments. */
bool chain_sound_slow(const struct rte_mbuf *m);

/*
 * Is a received packet what its head says: so many segments, so many bytes, each in its buffer?
 * What walks a chain by pkt_len relies on it.
 */
static inline bool
chain_sound(const struct rte_mbuf *m)
{
	if (m->nb_segs != 1 || m->next != NULL)
		return chain_sound_slow(m);
	return m->pkt_len == m->data_len && m->data_off + m->data_len <= m->buf_len;
}

/* As chain_cut(), of several segments, or to nothing. */
struct rte_mbuf *chain_cut_slow(struct rte_mbuf *m, uint32_t off, uint32_t len, bool wiped);

/*
 * Cuts a received packet to the len bytes at off; takes it and returns what is
 * left (frees emptied segments, as chain_free_seg()), NULL when nothing is (len 0). off + len
 * must lie in the packet. nb_segs, pkt_len and the marks in ol_flags are right afterwards.
 */
static inline struct rte_mbuf *
chain_cut(struct rte_mbuf *m, uint32_t off, uint32_t len, bool wiped)
{
	if (m->nb_segs != 1 || len == 0)
		return chain_cut_slow(m, off, len, wiped);
	m->data_off = (uint16_t)(m->data_off + off);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return m;
}

/* Copies len bytes at off out of a chain that holds them. */
void chain_copy_out(const struct rte_mbuf *m, uint32_t off, void *dst, uint32_t len);

/*
 * Lists the pieces of len bytes at off; returns how many, or 0 when max is too
 * small. The chain must hold the bytes.
 */
uint16_t chain_iov(const struct rte_mbuf *m, uint32_t off, uint32_t len, struct iovec *iov,
		   uint16_t max);

/*
 * The sum of the 16-bit words of len bytes at off, as they lie in memory, folded
 * to 16 bits: what RFC 1071 complements. Pieces of odd length are joined right;
 * rte_raw_cksum_mbuf() of DPDK 24.11 loses a carry there.
 */
uint16_t chain_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/* May this mbuf's bytes be written, and its tail room used? Exclusively ours, not attached. */
static inline bool
chain_writable(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* Frees one mbuf of a chain; wiped: its whole buffer first, if nobody else has it. */
void chain_free_seg(struct rte_mbuf *m, bool wiped);

/* Frees a packet, wiped. */
void chain_free_wiping(struct rte_mbuf *m);

#endif
