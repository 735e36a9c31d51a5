/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The sending side of one connection's record layer: plaintext in, records out
 * into its send queue: sealed, or framed only, for a device to seal. Before keys
 * are set, bytes go as they are.
 *
 * Nonce discipline: a record's number is given when it is closed, each number
 * once per epoch. Its bytes in the send queue never change until they are
 * acknowledged: sealed they are what every retransmission repeats, in clear they
 * are what any sealing starts from, the device's or ours.
 *
 * Bytes once accepted are never lost: a record stays open until it is sealed
 * and queued. The one exception ends the direction: when the provider fails
 * while sealing, the record's number is spent, and in place its plaintext is gone,
 * so nothing may follow it. Every later call is -EIO.
 */
#ifndef RTLS_SESSION_TX_H
#define RTLS_SESSION_TX_H

#include <sys/types.h>

#include <recordtls/tls.h>

#include "buf/sendq.h"
#include "session/shared.h"
#include "session/tx_pad.h"

enum {
	/* Record numbers of a key that data leaves to control records, so that a KeyUpdate and
	 * alerts can still be sent when data cannot. */
	SESSION_TX_RESERVE = 16,
	/* Bytes at the beginning of a stream that may be a handshake's. */
	SESSION_TX_HANDSHAKE_MAX = 64 << 10,
};

/* What a connection without keys has, too. */
struct session_tx {
	struct session_shared *shared;
	struct sendq *q;
	struct tx_tls *tls;  /* NULL: no keys yet */
	uint32_t useful;     /* buffer room that the connection can make use of */
	uint32_t sndbuf;     /* limit of buffer room */
	uint32_t ahead;      /* buffer room held beside the queue: what was read ahead of a file */
	struct tx_pad pad;   /* how long records are */
	bool fence_next : 1; /* the next record starts a segment */
	bool failed : 1;     /* the provider failed: nothing is sent any more */
	bool handshake : 1;  /* bytes before keys are a handshake's */
	bool dynamic : 1;    /* data records are small at first, and after a pause */
	bool fixed : 1;      /* sndbuf is the program's word: it does not grow */
};

void session_tx_init(struct session_tx *tx, struct session_shared *shared, struct sendq *q,
		     uint32_t sndbuf);

/* The epoch in force; NULL: no keys yet. */
static inline struct session_epoch *
session_tx_epoch(const struct session_tx *tx)
{
	return tx->tls == NULL ? NULL : tx->tls->epochs.now;
}

/* The open record's plaintext, or NULL: without keys there is none. */
static inline struct rte_mbuf *
session_tx_open(const struct session_tx *tx)
{
	return tx->tls == NULL ? NULL : tx->tls->open;
}

/*
 * Data: takes up to len bytes; a long record that is all there is sealed on its way from the
 * caller's memory, the others are copied; with more the last record stays open. Returns
 * bytes accepted; -EAGAIN: no room; -ENOMEM: pools are empty; -EKEYEXPIRED: the
 * key's record limit; -EIO. After a short count without more the open record is closed, too.
 * len 0 without more closes the open record and returns 0. Room is checked when a
 * record is opened: the last one may exceed sndbuf by less than one large buffer. It is checked
 * against the connection's share of the store, too. Where no buffer is large enough a record is
 * short.
 */
ssize_t session_tx_data(struct session_tx *tx, const struct iovec *iov, unsigned int iovlen,
			bool more);

/*
 * One control record of len bytes, the pieces' sum, at most what the peer's limit is; 0 where its type
 * may be empty. All or nothing. Where data has no room, by sndbuf or its share, they have one large buffer in all,
 * which the last one may exceed; then -EAGAIN until data has room again, or nothing is queued but an
 * open record. A KeyUpdate is -EAGAIN while session_tx_set_keys() would be. 0 or as above, and
 * -EINVAL: no keys yet, or len out of range. On -EAGAIN, -ENOMEM and -EKEYEXPIRED the open
 * record stays open.
 */
int session_tx_control(struct session_tx *tx, uint8_t type, const struct iovec *iov,
		       unsigned int iovlen, uint32_t len);

/*
 * One data record of len bytes, the pieces' sum, at most cap, 0 too; all or nothing. The open record is
 * closed first, whatever the answer but -EINVAL: what is open would hold the room for ever. 0 or as
 * session_tx_data(), and -EINVAL: no keys yet, or len out of range.
 */
int session_tx_record(struct session_tx *tx, const struct iovec *iov, unsigned int iovlen,
		      uint32_t len);

/* The next record starts a segment: from there on somebody else seals. */
void session_tx_fence(struct session_tx *tx);

/* Does a record in clear wait to be sealed? */
bool session_tx_in_clear(const struct session_tx *tx);

/*
 * Seals a queued record in clear, under its epoch's key: in place, or, while packets under way still
 * refer to it, into another buffer that takes its place. The same number, key and plaintext: the
 * same bytes. 0; -ENOMEM: try again; -EIO: the provider failed, nothing can be sent any more.
 */
int session_tx_seal_queued(struct session_tx *tx, struct txmap_rec *rec);

/* Closes the open record, if any. 0, or -EIO: the provider failed. */
int session_tx_flush(struct session_tx *tx);

/* Buffer room left, 0 when a data send would not take a byte for want of it. */
uint32_t session_tx_room(const struct session_tx *tx);

/* A data record is to be begun: pad.cap is how long it may be. */
void session_tx_begin(struct session_tx *tx);

/* Event: a segment carries so many bytes, where that matters. */
static inline void
session_tx_segment(struct session_tx *tx, uint16_t len)
{
	if (tx->dynamic && tx->tls != NULL)
		tx->tls->dynamic.segment = len;
}

/* Buffer room held: queued and open. */
static inline uint64_t
session_tx_room_used(const struct session_tx *tx)
{
	const struct rte_mbuf *open = session_tx_open(tx);

	return (uint64_t)tx->q->room_used + (open != NULL ? open->buf_len : 0);
}

/* And ahead. */
static inline uint64_t
session_tx_held(const struct session_tx *tx)
{
	return session_tx_room_used(tx) + tx->ahead;
}

/* Is one more record queued in a buffer that it holds already? */
bool session_tx_may_queue(const struct session_tx *tx);

/* Does its share of the store allow one more buffer? */
bool session_tx_may_hold(const struct session_tx *tx);

/* Wipes and frees the open record, wipes and destroys the keys. */
void session_tx_fini(struct session_tx *tx);

/* --- for session/tx_buffer ---------------------------------------------------- */

/*
 * May a record be closed under this key that leaves keep numbers of its limit
 * unused, when ahead records are closed before it? The number 2^64 - 1 is never
 * used, so that none can ever repeat.
 */
bool tx_number_left(const struct session_tx *tx, uint64_t ahead, uint64_t keep);

/* 0, or why no data record may be queued; none is open. */
int tx_may_queue(const struct session_tx *tx);

/*
 * The open record outgrows its buffer: moves it into one that holds want bytes. 0 or -ENOMEM.
 * want is cap, or all that comes before this call closes the record: no record
 * moves twice.
 */
int tx_grow(struct session_tx *tx, uint32_t want);

/* Queues a buffer as its descriptor says: a record, in clear where it is an epoch's to seal, or raw
 * bytes. */
void tx_push(struct session_tx *tx, struct rte_mbuf *m);

#endif
