/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "session/iov_iter.h"
#include "session/sealing.h"
#include "session/tx_record.h"

/* As many of the next bytes as fit into room, behind the data of a buffer. */
static void
append(struct iov_iter *src, struct rte_mbuf *m, uint32_t room)
{
	uint32_t n = (uint32_t)RTE_MIN(src->left, (size_t)room);

	iov_iter_read(src, rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len), n);
	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len = m->data_len;
}

void
session_tx_init(struct session_tx *tx, struct session_shared *shared, struct sendq *q,
		uint32_t sndbuf)
{
	memset(tx, 0, sizeof(*tx));
	tx->shared = shared;
	tx->q = q;
	tx->sndbuf = sndbuf;
	tx_pad_init(&tx->pad);
}

static struct rte_mbuf *
record_alloc(struct session_tx *tx, uint32_t plain_len)
{
	struct rte_mbuf *m = buf_record_alloc(tx->shared->bufs, plain_len);

	if (m == NULL)
		tx->shared->short_len = plain_len;
	return m;
}

/* Buffer room that it may take beyond what it holds: of its share, whatever its sndbuf. */
static uint64_t
share_left(const struct session_tx *tx)
{
	uint64_t held = session_tx_held(tx), share = UINT64_MAX;

	if (tx->shared->store != NULL)
		share = share_limit(tx->shared->store, UINT64_MAX, tx->useful);
	return held < share ? share - held : 0;
}

void
session_tx_begin(struct session_tx *tx)
{
	struct tx_tls *tls = tx->tls;

	if (tx->dynamic && tls != NULL && tls->open == NULL)
		tx_pad_dynamic(&tx->pad, &tls->dynamic, session_now_us(tx->shared),
			       tls->count.record_bytes, record_wire_len(tls->epochs.now->suite, 0));
}

bool
tx_number_left(const struct session_tx *tx, uint64_t ahead, uint64_t keep)
{
	const struct session_epoch *e = tx->tls->epochs.now;
	uint64_t limit = e->suite->seal_limit != 0 ? e->suite->seal_limit : UINT64_MAX;

	return e->tx.records + ahead + keep < limit && UINT64_MAX - e->tx.rec_no > ahead + keep;
}

void
tx_push(struct session_tx *tx, struct rte_mbuf *m)
{
	sendq_rec(m)->fence = tx->fence_next;
	tx->fence_next = false;
	sendq_push(tx->q, m);
}

/* Makes the record around the plaintext in m, which has room for the padding, and queues it. 0 or
 * -EIO. */
static int
close_record(struct session_tx *tx, struct rte_mbuf *m, uint8_t type)
{
	uint32_t pad_len = tx_padded(&tx->pad, m->data_len) - m->data_len;

	if (tx_record_make(tx->shared, tx->tls, m, type, pad_len) != 0) {
		tx->failed = true;
		return -EIO;
	}
	tx_push(tx, m);
	return 0;
}

/* A buffer for the same record elsewhere: its header is there, nothing else is. */
static struct rte_mbuf *
copy_frame(struct session_tx *tx, const struct record_suite *s, struct rte_mbuf *from)
{
	uint32_t over = record_wire_len(s, 0);
	struct rte_mbuf *m = record_alloc(tx, from->data_len - over);

	if (m == NULL)
		return NULL;
	m->data_off = from->data_off;
	m->data_len = from->data_len;
	m->pkt_len = from->data_len;
	memcpy(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(from, const void *), RECORD_HDR_LEN);
	return m;
}

int
session_tx_seal_queued(struct session_tx *tx, struct txmap_rec *rec)
{
	const struct session_epoch *e = session_epoch_of(rec->epoch);
	uint32_t prefix_len = record_prefix_len(e->suite);
	struct rte_mbuf *from = sendq_mbuf(rec), *m;
	const struct iovec inner = {
		.iov_base = rte_pktmbuf_mtod_offset(from, uint8_t *, prefix_len),
		.iov_len = rec->len - prefix_len - RECORD_TAG_LEN,
	};
	struct sealing w = {
		.epoch = e,
		.rec_no = rec->rec_no,
		.inner_len = (uint32_t)inner.iov_len,
		.src = &inner,
		.src_cnt = 1,
	};

	if (tx->failed)
		return -EIO;
	/* Nobody else looks at it: no buffer is needed, of which there may be none. */
	m = rte_mbuf_refcnt_read(from) == 1 ? from : copy_frame(tx, e->suite, from);
	if (m == NULL)
		return -ENOMEM;
	w.dst = rte_pktmbuf_mtod(m, uint8_t *);
	if (sealing_process(&w) != 0) {
		if (m != from)
			rte_pktmbuf_free_seg(m);
		tx->failed = true;
		return -EIO;
	}
	sendq_sealed(tx->q, rec, m);
	return 0;
}

void
session_tx_fence(struct session_tx *tx)
{
	tx->fence_next = true;
}

bool
session_tx_in_clear(const struct session_tx *tx)
{
	const struct session_epoch *e;

	if (tx->tls == NULL)
		return false;
	for (uint32_t i = 0; (e = epochs_next(&tx->tls->epochs, &i)) != NULL;)
		if (e->core.records > 0)
			return true;
	return false;
}

int
session_tx_flush(struct session_tx *tx)
{
	int rc;

	if (tx->failed)
		return -EIO;
	if (session_tx_open(tx) == NULL)
		return 0;
	/* The number was there when the record was opened, and nothing was sealed since. */
	rc = close_record(tx, tx->tls->open, RECORD_DATA);
	if (rc == 0)
		tx->tls->open = NULL;
	return rc;
}

int
tx_may_queue(const struct session_tx *tx)
{
	if (tx->tls != NULL && !tx_number_left(tx, 0, SESSION_TX_RESERVE))
		return -EKEYEXPIRED;
	return session_tx_room_used(tx) >= tx->sndbuf ? -EAGAIN : 0;
}

/* 0, or why none may be opened, in a buffer of the stack's. */
static int
may_open(const struct session_tx *tx)
{
	int rc = tx_may_queue(tx);

	return rc == 0 && share_left(tx) == 0 ? -EAGAIN : rc;
}

bool
session_tx_may_queue(const struct session_tx *tx)
{
	return tx_may_queue(tx) == 0;
}

bool
session_tx_may_hold(const struct session_tx *tx)
{
	return share_left(tx) > 0;
}

static struct rte_mbuf *
data_alloc(struct session_tx *tx, uint32_t plain_len)
{
	struct rte_mbuf *m = buf_data_alloc(tx->shared->bufs, plain_len);

	if (m == NULL)
		tx->shared->short_len = 1;
	return m;
}

/* For data of so many bytes, which may come short, but not short of its padding. */
static struct rte_mbuf *
open_alloc(struct session_tx *tx, uint32_t len)
{
	struct rte_mbuf *m = data_alloc(tx, tx_padded(&tx->pad, len));

	if (m == NULL || tx_content_room(&tx->pad, m) > 0)
		return m;
	rte_pktmbuf_free_seg(m);
	tx->shared->short_len = tx_padded(&tx->pad, 1);
	return NULL;
}

/* How large a record that has len bytes now is going to be. */
static uint32_t
want_room(const struct session_tx *tx, size_t len, bool more)
{
	/* With more to come, anything but a few bytes is the beginning of a full record. */
	if (more && len > BUF_SMALL_ROOM / 4)
		return tx->pad.cap;
	return (uint32_t)RTE_MIN(len, (size_t)tx->pad.cap);
}

int
tx_grow(struct session_tx *tx, uint32_t want)
{
	struct rte_mbuf *m = record_alloc(tx, tx_padded(&tx->pad, want)), *old = tx->tls->open;

	if (m == NULL)
		return -ENOMEM;
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), rte_pktmbuf_mtod(old, const uint8_t *),
	       old->data_len);
	m->data_len = old->data_len;
	m->pkt_len = m->data_len;
	buf_record_discard(old);
	tx->tls->open = m;
	return 0;
}

/*
 * Makes a record of the next bytes in m and queues it, if it is one that need not be copied: all of
 * it is at hand. 0; -EIO; -ENOTSUP: it is to be copied. m is not the caller's but then.
 */
static int
seal_direct(struct session_tx *tx, struct rte_mbuf *m, struct iov_iter *src, bool more)
{
	uint32_t len = (uint32_t)RTE_MIN(src->left, (size_t)tx->pad.cap);
	int rc = -ENOTSUP;

	if (len >= TX_RECORD_DIRECT_MIN && (!more || len == tx->pad.cap))
		rc = tx_record_make_from(tx->shared, tx->tls, m, src, len,
					 tx_padded(&tx->pad, len) - len);
	if (rc == 0) {
		tx_push(tx, m);
		iov_iter_skip(src, len);
	} else if (rc != -ENOTSUP) {
		tx->failed = true;
		rte_pktmbuf_free_seg(m);
	}
	return rc;
}

/*
 * Makes a record, or puts what fits into the open one, opening one where there is none. 0 or why
 * nothing fits.
 */
static int
data_step(struct session_tx *tx, struct iov_iter *src, bool more)
{
	uint32_t have, room;
	struct rte_mbuf *m;
	int rc;

	if (tx->tls->open == NULL) {
		rc = may_open(tx);
		if (rc != 0)
			return rc;
		session_tx_begin(tx);
		m = open_alloc(tx, want_room(tx, src->left, more));
		if (m == NULL)
			return -ENOMEM;
		rc = seal_direct(tx, m, src, more);
		if (rc != -ENOTSUP)
			return rc;
		tx->tls->open = m;
	}
	have = tx->tls->open->data_len;
	room = tx_content_room(&tx->pad, tx->tls->open);
	if (have < tx->pad.cap && have == room) {
		rc = tx_grow(tx, more ? tx->pad.cap : want_room(tx, have + src->left, false));
		/* No larger one is there: the record is as long as memory lets it be. */
		if (rc != 0)
			return buf_pools_free(tx->shared->bufs, 1) > 0 ? session_tx_flush(tx) : rc;
		room = tx_content_room(&tx->pad, tx->tls->open);
	}
	if (have < room)
		append(src, tx->tls->open, room - have);
	return tx->tls->open->data_len >= tx->pad.cap ? session_tx_flush(tx) : 0;
}

static struct rte_mbuf *
raw_alloc(struct session_tx *tx, uint32_t len)
{
	struct rte_mbuf *m = data_alloc(tx, len);

	/* A handshake stands at the beginning; what comes far behind it is data in clear. */
	if (m == NULL && tx->handshake && sendq_end(tx->q) < SESSION_TX_HANDSHAKE_MAX)
		m = buf_control_alloc(tx->shared->bufs, 1);
	return m;
}

/* Bytes before keys are set. */
static int
raw_step(struct session_tx *tx, struct iov_iter *src)
{
	struct rte_mbuf *m = sendq_mbuf(tx->q->map.tail);
	uint32_t n;
	int rc = may_open(tx);

	if (rc != 0)
		return rc;
	/*
	 * Into the tail's buffer, if that holds raw bytes, too. Indirect mbufs under way may refer
	 * to it, so it is not ours alone, but they see only bytes in front of those written here.
	 */
	if (m != NULL && sendq_rec(m)->type == 0 && !tx->fence_next &&
	    rte_pktmbuf_tailroom(m) > 0) {
		n = (uint32_t)RTE_MIN(src->left, (size_t)rte_pktmbuf_tailroom(m));
		iov_iter_read(src, rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len), n);
		sendq_tail_grown(tx->q, n);
		return 0;
	}
	m = raw_alloc(tx, (uint32_t)RTE_MIN(src->left, (size_t)RECORD_PLAIN_MAX));
	if (m == NULL)
		return -ENOMEM;
	append(src, m, rte_pktmbuf_tailroom(m));
	tx_push(tx, m);
	return 0;
}

ssize_t
session_tx_data(struct session_tx *tx, const struct iovec *iov, unsigned int iovlen, bool more)
{
	struct iov_iter src = iov_iter_of(iov, iovlen);
	size_t len = src.left;
	int rc = tx->failed ? -EIO : 0;

	while (rc == 0 && src.left > 0)
		rc = tx->tls == NULL ? raw_step(tx, &src) : data_step(tx, &src, more);
	/* A short count closes, too: the caller may not come back for the rest. */
	if (!more && (rc == 0 || src.left < len)) {
		int flushed = session_tx_flush(tx);

		rc = rc == 0 ? flushed : rc;
	}
	return src.left < len ? (ssize_t)(len - src.left) : rc;
}

/*
 * Past data that has no room: one large buffer of control records, and then one at least always
 * fits. More would hold what the share denies, and data would never find room under them. With
 * nothing queued no data waits for what is acknowledged: an open record alone may take all of the
 * share, and goes with the control record that would wait for its room.
 */
static bool
may_pass_data(const struct session_tx *tx)
{
	return tx->q->room_used == 0 ||
	       (tx->tls->passed < BUF_LARGE_ROOM &&
		session_tx_room_used(tx) < (uint64_t)tx->sndbuf + BUF_LARGE_ROOM);
}

/*
 * RFC 8446 4.6.3: nothing follows it under this key, so it has a record of its own as a rule. Behind
 * another message it is not seen, and session_tx_set_keys() alone is -EAGAIN.
 */
static bool
is_key_update(uint8_t type, struct iov_iter src)
{
	size_t n;

	return type == RECORD_HANDSHAKE && *iov_iter_next(&src, 1, &n) == RECORD_HS_KEY_UPDATE;
}

int
session_tx_control(struct session_tx *tx, uint8_t type, const struct iovec *iov,
		   unsigned int iovlen, uint32_t len)
{
	struct iov_iter src = iov_iter_of(iov, iovlen);
	bool passes = session_tx_room_used(tx) >= tx->sndbuf || share_left(tx) == 0;
	struct rte_mbuf *m;
	int rc;

	if (tx->tls == NULL || len > tx->pad.limit || src.left != len ||
	    (len == 0 && !record_may_be_empty(type)))
		return -EINVAL;
	if (tx->failed)
		return -EIO;
	if (!tx_number_left(tx, tx->tls->open != NULL, 0))
		return -EKEYEXPIRED;
	if (passes && !may_pass_data(tx))
		return -EAGAIN;
	/* The keys that follow could not be installed. */
	if (is_key_update(type, src) && !epochs_have_place(&tx->tls->epochs))
		return -EAGAIN;
	m = buf_control_alloc(tx->shared->bufs, tx_padded(&tx->pad, len));
	if (m == NULL) {
		tx->shared->short_len = tx_padded(&tx->pad, len);
		return -ENOMEM;
	}
	rc = session_tx_flush(tx);
	if (rc == 0) {
		append(&src, m, len);
		rc = close_record(tx, m, type);
	}
	if (rc != 0)
		buf_record_discard(m);
	else
		tx->tls->passed = passes ? tx->tls->passed + m->buf_len : 0;
	return rc;
}

int
session_tx_record(struct session_tx *tx, const struct iovec *iov, unsigned int iovlen, uint32_t len)
{
	struct iov_iter src = iov_iter_of(iov, iovlen);
	struct rte_mbuf *m;
	int rc;

	if (tx->tls == NULL || len > tx_pad_full(&tx->pad) || src.left != len)
		return -EINVAL;
	rc = session_tx_flush(tx);
	if (rc == 0)
		rc = may_open(tx);
	if (rc != 0)
		return rc;
	m = record_alloc(tx, tx_padded(&tx->pad, len));
	if (m == NULL)
		return -ENOMEM;
	append(&src, m, len);
	rc = close_record(tx, m, RECORD_DATA);
	if (rc != 0)
		buf_record_discard(m);
	return rc;
}

uint32_t
session_tx_room(const struct session_tx *tx)
{
	uint64_t used = session_tx_room_used(tx), left = used < tx->sndbuf ? tx->sndbuf - used : 0;
	const struct rte_mbuf *open = session_tx_open(tx);

	left = RTE_MIN(left, share_left(tx));
	/* -EKEYEXPIRED: room or not, no data is taken. */
	if (open == NULL && tx->tls != NULL && !tx_number_left(tx, 0, SESSION_TX_RESERVE))
		return 0;
	/* The open record takes what it is short of its cap whatever the room is: its buffer is
	 * charged, and nothing else would ever close it. */
	if (left == 0 && open != NULL && open->data_len < tx->pad.cap)
		left = (uint64_t)tx->pad.cap - open->data_len;
	return (uint32_t)RTE_MIN(left, (uint64_t)UINT32_MAX);
}

void
session_tx_fini(struct session_tx *tx)
{
	struct tx_tls *tls = tx->tls;

	if (tls == NULL)
		return;
	buf_record_discard(tls->open);
	epochs_fini(&tls->epochs, tx->shared->provider);
	session_tx_tls_give(tx->shared, tls);
	tx->tls = NULL;
}
