/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What was received, by stream offset: bytes in order as one chain, and runs
 * that wait for the gap in front of them. The TCP core decides what is kept
 * (tcp_input), and asks the ranges here which bytes wait: it has no copy of them. They come
 * from a pool while there are some.
 *
 * Memory is charged by buffer room, not by bytes: a 1-byte segment can pin a
 * 2 KiB buffer. Small segments are copied into the tail of their run when that
 * tail is exclusively ours; where none is, as with net_ring, which hands up its sender's
 * buffers, into one of the queue's own pool. What a device did to the bytes is not known here.
 */
#ifndef RTLS_BUF_RECVQ_H
#define RTLS_BUF_RECVQ_H

#include <assert.h>
#include <stdbool.h>
#include <sys/uio.h>

#include <rte_mbuf.h>

#include "tcp/ranges.h"

/* Buffers in a row, and the bytes in them. */
struct recvq_run {
	struct rte_mbuf *first;
	struct rte_mbuf *last;
	uint64_t off;
	uint64_t end_off;
	uint32_t room; /* buffer room of its mbufs */
};

/* Where the bytes in order were looked at last, so that a look further on need not start at their head. */
struct recvq_cursor {
	const struct rte_mbuf *m; /* NULL: at their head */
	uint64_t off;             /* of its first byte */
};

/* The buffers of a run that waits. None: its bytes came, and nobody will read them. */
struct recvq_bytes {
	struct rte_mbuf *first;
	struct rte_mbuf *last;
	uint32_t room;
};

/* All that waits: where, and of each range its buffers. */
struct recvq_held {
	struct tcp_ranges at;
	uint32_t room; /* of all bytes */
	struct recvq_bytes bytes[TCP_RANGES_MAX];
};

/* What the queues of a stack share. */
struct recvq_shared {
	struct rte_mempool *held;  /* recvq_held_pool() */
	struct rte_mempool *tails; /* buffers for small segments that share one; NULL: none */
	bool wipe; /* buffers of plaintext that are ours alone, when they are freed */
};

struct recvq {
	struct recvq_run ready;  /* in order: off is the read position */
	uint32_t room_used;      /* bytes of buffer room, ready and held */
	bool plaintext;          /* there may be some: a device has opened bytes of it */
	struct recvq_held *held; /* NULL: nothing waits */
	const struct recvq_shared *shared;
	struct recvq_cursor cursor; /* there */
};

static_assert(sizeof(struct recvq) <= 88, "one in each socket");

/* A pool for what n queues hold out of order, for one lcore; NULL: rte_errno. */
struct rte_mempool *recvq_held_pool(const char *name, uint32_t n, int socket_id);

/* Borrows shared. */
void recvq_init(struct recvq *q, uint64_t start_off, const struct recvq_shared *shared);

/* Bytes in order and not consumed. */
static inline uint64_t
recvq_len(const struct recvq *q)
{
	return q->ready.end_off - q->ready.off;
}

/* What waits, for tcp_input; NULL: nothing. */
static inline const struct tcp_ranges *
recvq_ranges(const struct recvq *q)
{
	return q->held != NULL ? &q->held->at : NULL;
}

/* The same, for tcp_sack_tell, which notes what it told. */
static inline struct tcp_ranges *
recvq_ranges_to_tell(struct recvq *q)
{
	return q->held != NULL ? &q->held->at : NULL;
}

/* Buffer room of what waits. */
static inline uint32_t
recvq_room_held(const struct recvq *q)
{
	return q->held != NULL ? q->held->room : 0;
}

/*
 * Takes a packet (headers already cut off) whose bytes belong at off and joins what
 * became contiguous. It may enclose held runs, whose bytes then stay; it overlaps
 * nothing else. 0; -ENOSPC: one run too many; -ENOMEM: the pool of what waits is empty (the packet
 * stays the caller's), never for bytes in order.
 */
int recvq_insert(struct recvq *q, uint64_t off, struct rte_mbuf *m);

/*
 * Event: len bytes came at off, and the stream is in order up to nxt; nobody will read it any more.
 * What waits is known without its bytes. 0, -ENOSPC or -ENOMEM as above.
 */
int recvq_pass(struct recvq *q, uint64_t off, uint32_t len, uint64_t nxt);

/*
 * Copies the len bytes at off, which are in order. Cheap where off is behind that of the last such
 * call, and of the last recvq_piece().
 */
void recvq_look(struct recvq *q, uint64_t off, void *dst, uint32_t len);

/*
 * The byte at off, in order or waiting; *len: how many lie behind each other from there on. They may be
 * written to where their packet was the host's alone.
 */
uint8_t *recvq_piece(struct recvq *q, uint64_t off, uint32_t *len);

/* Would a packet of these bytes have some that wait in its middle? */
bool recvq_encloses(const struct recvq *q, uint64_t off, uint32_t len);

/* Copies len bytes that start skip bytes behind the read position; they must be in order. */
void recvq_peek(const struct recvq *q, uint32_t skip, void *dst, uint32_t len);

/* Lists the pieces of those bytes; returns how many, 0 when max is too small. */
uint16_t recvq_iov(const struct recvq *q, uint32_t skip, uint32_t len, struct iovec *iov,
		   uint16_t max);

/* Event: the first len bytes in order were used. Frees what holds no more of them. */
void recvq_consume(struct recvq *q, uint64_t len);

/* Drops all held runs (memory pressure: the peer sends them again); returns bytes of room freed. */
uint32_t recvq_drop_held(struct recvq *q);

/* Event: nobody will read it any more. Frees all bytes; which of them wait stays known. */
void recvq_discard(struct recvq *q);

void recvq_fini(struct recvq *q);

#endif
