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

#include "buf/pools.h"

/* One record, or a run of bytes before keys were set (epoch 0). */
struct sendq_rec {
	struct rte_mbuf *next;
	uint64_t stream_off;
	uint64_t rec_no;
	uint32_t len;   /* bytes on the wire; the buffer's data */
	uint32_t epoch; /* which key; 0: none */
	uint8_t type;   /* content type */
	bool fence;     /* no segment spans its first byte and the one before it */
};

static inline struct sendq_rec *
sendq_rec(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

struct sendq {
	struct rte_mbuf *head;
	struct rte_mbuf *tail;
	struct rte_mbuf *hint; /* the record of the last look-up, or NULL */
	uint64_t una_off;      /* everything below is released */
	uint64_t end_off;      /* behind the last byte */
	uint32_t room_used;    /* bytes of buffer room held */
};

void sendq_init(struct sendq *q, uint64_t start_off);

enum {
	/* Pieces of records in one segment. With the header mbuf that is what the most modest
	 * NICs take in one packet (8); tiny records make shorter segments instead. */
	SENDQ_PIECES_MAX = 7,
};

/* Takes a buffer whose sendq_rec has type, rec_no, epoch and fence set; sets offset and length. */
void sendq_push(struct sendq *q, struct rte_mbuf *m);

/*
 * Event: n bytes were written behind the tail's data (raw bytes only). Lengths of buffer and
 * descriptor are set here.
 */
void sendq_tail_grown(struct sendq *q, uint32_t n);

/* Event: everything below una_off is acknowledged. Frees whole records only; returns how many. */
unsigned int sendq_release(struct sendq *q, uint64_t una_off);

/*
 * How many of len bytes at off one segment may carry: up to the next fence, and in at most
 * SENDQ_PIECES_MAX pieces. off < end_off; at least 1 when len is.
 */
uint32_t sendq_cut(struct sendq *q, uint64_t off, uint32_t len);

/*
 * Links indirect mbufs for the len bytes at off, all in the queue, behind head (a packet without
 * payload so far) and sets its nb_segs and pkt_len. 0, or -ENOMEM with head unchanged.
 */
int sendq_attach(struct sendq *q, const struct buf_pools *pools, uint64_t off, uint32_t len,
		 struct rte_mbuf *head);

/* Frees everything. */
void sendq_fini(struct sendq *q);

#endif
