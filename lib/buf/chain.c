/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/chain.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include <rte_common.h>

#include "buf/wipe.h"

bool
chain_sound_slow(const struct rte_mbuf *m)
{
	uint32_t pkt_len = m->pkt_len, nb_segs = m->nb_segs;

	for (; m != NULL && nb_segs > 0; m = m->next, nb_segs--) {
		if (m->data_len > pkt_len || m->data_off + m->data_len > m->buf_len)
			return false;
		pkt_len -= m->data_len;
	}
	return m == NULL && nb_segs == 0 && pkt_len == 0;
}

void
chain_free_seg(struct rte_mbuf *m, bool wiped)
{
	/* All of it: what was cut off lies beside the data. */
	if (wiped && chain_writable(m))
		buf_wipe(m->buf_addr, m->buf_len);
	rte_pktmbuf_free_seg(m);
}

void
chain_free_wiping(struct rte_mbuf *m)
{
	struct rte_mbuf *next;

	for (; m != NULL; m = next) {
		next = m->next;
		chain_free_seg(m, true);
	}
}

struct rte_mbuf *
chain_cut_slow(struct rte_mbuf *m, uint32_t off, uint32_t len, bool wiped)
{
	struct rte_mbuf *first = NULL, **link = &first, *next;
	uint32_t skip, keep, left = len;
	uint64_t ol_flags = m->ol_flags;
	uint16_t nb_segs = 0;

	for (; m != NULL; m = next) {
		next = m->next;
		skip = RTE_MIN(off, (uint32_t)m->data_len);
		keep = RTE_MIN(left, m->data_len - skip);
		off -= skip;
		left -= keep;
		if (keep == 0) {
			chain_free_seg(m, wiped);
			continue;
		}
		m->data_off = (uint16_t)(m->data_off + skip);
		m->data_len = (uint16_t)keep;
		/* The head's count and length are set below; a former head is one no more. */
		m->nb_segs = 1;
		*link = m;
		link = &m->next;
		nb_segs++;
	}
	if (first == NULL)
		return NULL;
	*link = NULL;
	/* Marks stand on the head: a new one inherits them. */
	first->ol_flags |= ol_flags & CHAIN_MARKS;
	first->nb_segs = nb_segs;
	first->pkt_len = len;
	return first;
}

void
chain_copy_out(const struct rte_mbuf *m, uint32_t off, void *dst, uint32_t len)
{
	uint8_t *out = dst;
	uint32_t n;

	for (; len > 0; m = m->next) {
		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - off);
		memcpy(out, rte_pktmbuf_mtod_offset(m, const uint8_t *, off), n);
		out += n;
		len -= n;
		off = 0;
	}
}

uint16_t
chain_iov(const struct rte_mbuf *m, uint32_t off, uint32_t len, struct iovec *iov, uint16_t max)
{
	uint16_t n = 0;

	for (; len > 0; m = m->next) {
		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		if (n == max)
			return 0;
		iov[n].iov_base = rte_pktmbuf_mtod_offset(m, uint8_t *, off);
		iov[n].iov_len = RTE_MIN(len, m->data_len - off);
		len -= (uint32_t)iov[n].iov_len;
		n++;
		off = 0;
	}
	return n;
}

uint16_t
chain_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	uint32_t sum = 0, done = 0, n;
	uint16_t piece;

	for (; off >= m->data_len && len > 0; m = m->next)
		off -= m->data_len;
	for (; done < len; m = m->next, off = 0) {
		n = RTE_MIN(m->data_len - off, len - done);
		piece = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, off), n);
		/* Behind an odd number of bytes each word is seen swapped (RFC 1071 2 (B)). */
		sum += done & 1 ? rte_bswap16(piece) : piece;
		done += n;
	}
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)(sum + (sum >> 16));
}
