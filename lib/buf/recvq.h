/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What was received, by stream offset: bytes in order as one chain, and runs
 * that wait for the gap in front of them. The TCP core decides what is kept
 * (tcp_input); the runs here mirror its ranges one to one.
 *
 * Memory is charged by buffer room, not by bytes: a 1-byte segment can pin a
 * 2 KiB buffer. Small segments are copied into the tail of their run when that
 * tail is exclusively ours; where none is, as with net_ring, which hands up its sender's
 * buffers, into one of the queue's own pool. What a device that opens records did to them must be the
 * same, but once: so the queue, and with it the window, is the same where a device
 * takes up the stream and where there is none.
 */
#ifndef RTLS_BUF_RECVQ_H
#define RTLS_BUF_RECVQ_H

#include <stdbool.h>
#include <sys/uio.h>

#include <rte_mbuf.h>

enum { RECVQ_RUNS_MAX = 32 };

/* What a device says it did to bytes. */
enum recvq_class {
	RECVQ_UNTOUCHED, /* as on the wire */
	RECVQ_OPENED,    /* opened, and their records verified */
	RECVQ_MIXED,     /* some were opened, or not verified */
};

struct recvq_run {
	struct rte_mbuf *first;
	struct rte_mbuf *last;
	uint64_t off;
	uint64_t end_off;
	uint32_t room; /* buffer room of its mbufs */
};

/* The one buffer whose first bytes have other marks than the rest. */
struct recvq_seam {
	const struct rte_mbuf *m; /* NULL: there is none */
	uint32_t len;             /* of these bytes */
	uint64_t marks;
};

/* Where the bytes in order were looked at last, so that a look further on need not start at their head. */
struct recvq_cursor {
	const struct rte_mbuf *m; /* NULL: at their head */
	uint64_t off;             /* of its first byte */
};

struct recvq {
	struct recvq_run ready;                /* in order: off is the read position */
	struct recvq_seam seam;                /* in there */
	struct recvq_cursor cursor;            /* there */
	struct recvq_run held[RECVQ_RUNS_MAX]; /* by offset, a gap in front of each */
	uint32_t nb_held;
	uint32_t room_used; /* bytes of buffer room, ready and held */
	uint32_t room_held; /* of these, out of order */
	/* Buffers for small segments that share one; NULL: none. Set behind recvq_init(), kept. */
	struct rte_mempool *tails;
	/* Wipe buffers that are ours alone when they are freed? Set behind recvq_init(), kept. */
	bool wipe;
	uint64_t
		marked_end_off; /* behind the last byte that a device has opened; 0: there was none */
};

void recvq_init(struct recvq *q, uint64_t start_off);

/* Bytes in order and not consumed. */
static inline uint64_t
recvq_len(const struct recvq *q)
{
	return q->ready.end_off - q->ready.off;
}

/*
 * Takes a packet (headers already cut off) whose bytes belong at off and joins what
 * became contiguous. It may enclose held runs, whose bytes then stay; it overlaps
 * nothing else. 0; -ENOSPC: one run too many (the packet stays the caller's), never
 * for bytes in order.
 */
int recvq_insert(struct recvq *q, uint64_t off, struct rte_mbuf *m);

/*
 * What a device says it did to the len bytes at off, which are in order and not none. Cheap where
 * off is behind that of the last such call and of the last recvq_look.
 */
enum recvq_class recvq_classify(struct recvq *q, uint64_t off, uint32_t len);

/* Copies the len bytes at off, which are in order; cheap in the same way. */
void recvq_look(struct recvq *q, uint64_t off, void *dst, uint32_t len);

/*
 * Behind the last byte in the queue, in order or not, that a device has opened; the read position
 * where there is none. Looks at all buffers.
 */
uint64_t recvq_marked_end(const struct recvq *q);

/* As recvq_peek, but leaves out what a device has changed: dst keeps its bytes there. */
void recvq_peek_untouched(const struct recvq *q, uint32_t skip, void *dst, uint32_t len);

/* Copies len bytes that start skip bytes behind the read position; they must be in order. */
void recvq_peek(const struct recvq *q, uint32_t skip, void *dst, uint32_t len);

/* Lists the pieces of those bytes; returns how many, 0 when max is too small. */
uint16_t recvq_iov(const struct recvq *q, uint32_t skip, uint32_t len, struct iovec *iov,
		   uint16_t max);

/* Event: the first len bytes in order were used. Frees what holds no more of them. */
void recvq_consume(struct recvq *q, uint64_t len);

/* Drops all held runs (memory pressure: the peer sends them again); returns bytes of room freed. */
uint32_t recvq_drop_held(struct recvq *q);

void recvq_fini(struct recvq *q);

#endif
