/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx_buffer.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "buf/wipe.h"

/*
 * Fills the open record with what m has, and leaves the rest, if any, in m as a record's beginning.
 * 0; -ENOMEM and nothing has changed.
 */
static int
join(struct session_tx *tx, struct rte_mbuf *m, bool more)
{
	uint32_t have = tx->tls->open->data_len,
		 n = RTE_MIN((uint32_t)m->data_len, tx->pad.cap - have);
	uint8_t *from = rte_pktmbuf_mtod(m, uint8_t *);

	if (have + n > tx_content_room(&tx->pad, tx->tls->open) &&
	    tx_grow(tx, more ? tx->pad.cap : have + n) != 0)
		return -ENOMEM;
	memcpy(rte_pktmbuf_mtod_offset(tx->tls->open, uint8_t *, have), from, n);
	tx->tls->open->data_len = (uint16_t)(have + n);
	tx->tls->open->pkt_len = tx->tls->open->data_len;
	m->data_len = (uint16_t)(m->data_len - n);
	m->pkt_len = m->data_len;
	memmove(from, from + n, m->data_len);
	/* Nobody seals these bytes any more, and who frees the buffer sees what is left alone. */
	buf_wipe(from + m->data_len, n);
	return 0;
}

/* May m follow in the open record? What does not fit there needs a number and room of its own. */
static bool
may_join(const struct session_tx *tx, const struct rte_mbuf *m)
{
	if (tx->failed || session_tx_open(tx) == NULL)
		return false;
	return tx->tls->open->data_len + m->data_len <= tx->pad.cap ||
	       (tx_may_queue(tx) == 0 && tx_number_left(tx, 1, SESSION_TX_RESERVE));
}

static int
take(struct session_tx *tx, struct rte_mbuf *m, bool more)
{
	/* Where the open record cannot grow for want of memory, m is a record of its own. */
	bool joins = may_join(tx, m) && join(tx, m, more) == 0;
	int rc;

	if (joins && m->data_len == 0) {
		buf_record_discard(m);
		/* It is taken now; if sealing fails the next call tells. */
		if (!more || tx->tls->open->data_len >= tx->pad.cap)
			session_tx_flush(tx);
		return 0;
	}
	/* Also when there is no room: what is open would hold that back for ever. */
	rc = session_tx_flush(tx);
	/* The buffer is held already: its share does not stop it. */
	if (rc == 0 && !joins)
		rc = tx_may_queue(tx);
	if (rc != 0)
		return rc;
	if (m->data_len == 0) {
		rte_pktmbuf_free_seg(m);
		return 0;
	}
	if (tx->tls == NULL) {
		tx_push(tx, m);
		return 0;
	}
	tx->tls->open = m;
	/* As above. */
	if (!more || m->data_len >= tx->pad.cap)
		session_tx_flush(tx);
	return 0;
}

/* Its buffer has no room for the padding: as another one that has. */
static int
take_copy(struct session_tx *tx, struct rte_mbuf *m, bool more)
{
	uint32_t len = tx_padded(&tx->pad, m->data_len);
	struct rte_mbuf *to = buf_record_alloc(tx->shared->bufs, len);
	int rc;

	if (to == NULL) {
		tx->shared->short_len = len;
		return -ENOMEM;
	}
	memcpy(rte_pktmbuf_mtod(to, void *), rte_pktmbuf_mtod(m, const void *), m->data_len);
	to->data_len = m->data_len;
	to->pkt_len = to->data_len;
	rc = take(tx, to, more);
	buf_record_discard(rc == 0 ? m : to);
	return rc;
}

int
session_tx_buffer(struct session_tx *tx, struct rte_mbuf *m, bool more)
{
	return tx_content_room(&tx->pad, m) >= m->data_len ? take(tx, m, more) :
							     take_copy(tx, m, more);
}
