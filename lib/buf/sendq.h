/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What was accepted for sending, by stream offset, until it is acknowledged:
 * a list of record descriptors, each in the private area of its own buffer.
 * Segments are cut from it as indirect mbufs; a retransmission cuts the same
 * bytes again.
 */
#ifndef RTLS_BUF_SENDQ_H
#define RTLS_BUF_SENDQ_H

#include <rte_mbuf.h>

#include "buf/spare.h"
#include "core/txmap.h"

struct sendq {
	struct txmap map;   /* its records lie in the private areas of their buffers */
	uint32_t room_used; /* bytes of buffer room held */
};

static inline struct txmap_rec *
sendq_rec(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/* The buffer of a record; NULL for NULL. */
static inline struct rte_mbuf *
sendq_mbuf(struct txmap_rec *rec)
{
	return rec == NULL ? NULL : (struct rte_mbuf *)RTE_PTR_SUB(rec, sizeof(struct rte_mbuf));
}

static inline const struct rte_mbuf *
sendq_mbuf_of(const struct txmap_rec *rec)
{
	return (const struct rte_mbuf *)RTE_PTR_SUB(rec, sizeof(struct rte_mbuf));
}

/* Behind the last byte that was queued. */
static inline uint64_t
sendq_end(const struct sendq *q)
{
	return q->map.end_off;
}

void sendq_init(struct sendq *q, uint64_t start_off);

enum {
	/* Pieces of records in one segment. With the header mbuf that is what the most modest
	 * NICs take in one packet (8); tiny records make shorter segments instead. */
	SENDQ_PIECES_MAX = 7,
};

/* Takes a buffer whose sendq_rec has type, rec_no, epoch and fence set. */
void sendq_push(struct sendq *q, struct rte_mbuf *m);

/*
 * Event: n bytes were written behind the tail's data (raw bytes only). Lengths of buffer and
 * descriptor are set here.
 */
void sendq_tail_grown(struct sendq *q, uint32_t n);

/* Event: everything below una_off is acknowledged. Frees whole records only; returns how many. */
unsigned int sendq_release(struct sendq *q, uint64_t una_off);

/*
 * How many of len bytes at off, which is in rec, one segment may carry: up to the next fence, of one
 * epoch, and in at most SENDQ_PIECES_MAX pieces. At least 1 when len is.
 */
static inline uint32_t
sendq_cut(const struct txmap_rec *rec, uint64_t off, uint32_t len)
{
	return txmap_cut(rec, off, len, SENDQ_PIECES_MAX);
}

/*
 * Cuts the packets of a run: what would be done for each of them is done for many. None of these is
 * freed or handed on before sendq_cut_end().
 */
struct sendq_cutter {
	struct buf_spare *indirect;
	struct rte_mbuf *of; /* the record that was cut last */
	uint16_t refs;       /* pieces of it that its buffer does not count yet */
};

static inline void
sendq_cut_begin(struct sendq_cutter *c, struct buf_spare *indirect)
{
	c->indirect = indirect;
	c->of = NULL;
	c->refs = 0;
}

/* The pieces that were cut of a record are counted at its buffer, all in one step. */
static inline void
sendq_count_refs(struct sendq_cutter *c)
{
	if (c->refs > 0)
		rte_mbuf_refcnt_update(c->of, (int16_t)c->refs);
	c->refs = 0;
}

/*
 * Links indirect mbufs for the len bytes at off, which is in rec, all in the queue, behind head (a
 * packet without payload so far) and sets its nb_segs and pkt_len. epoch: who is to seal them, NULL:
 * they go as they are. 0, or with head unchanged -ENOMEM; -EPERM: they are another epoch's, or sealed.
 */
int sendq_attach(struct sendq_cutter *c, struct txmap_rec *rec, uint64_t off, uint32_t len,
		 const struct epoch *epoch, struct rte_mbuf *head);

static inline void
sendq_cut_end(struct sendq_cutter *c)
{
	sendq_count_refs(c);
}

/*
 * Copies them instead, behind head's bytes, where they have room. They go as they are: 0, or with head's
 * lengths unchanged -EPERM: they are in clear, for an epoch to seal.
 */
int sendq_copy(const struct txmap_rec *rec, uint64_t off, uint32_t len, struct rte_mbuf *head);

/*
 * Takes a buffer with the sealed bytes of a queued record that the device was to seal; it may be
 * the record's own.
 */
void sendq_sealed(struct sendq *q, struct txmap_rec *old, struct rte_mbuf *m);

/* Frees everything. */
void sendq_fini(struct sendq *q);

#endif
