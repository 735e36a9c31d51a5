/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <rte_common.h>

#include "session/rx.h"
#include "session/rx_head.h"

static bool
is_empty_data(struct rte_mbuf *m)
{
	return m->data_len == 0 && rx_list_rec(m)->type == RECORD_DATA;
}

/* Of a record in a buffer of ours, what the program's buffers take. */
static void
deliver(struct session_rx *rx, struct receipt *r, struct rte_mbuf *m)
{
	const struct rx_list_rec *rec = rx_list_rec(m);
	enum rx_effect effect = rec->effect;
	uint16_t n = (uint16_t)RTE_MIN((size_t)m->data_len, r->out.left);
	bool silent = is_empty_data(m) && !receipt_of_empty(r);

	iov_iter_write(&r->out, rte_pktmbuf_mtod(m, const uint8_t *), n);
	if (!silent)
		receipt_describe(r, rec->type, rec->wire_len, n, n == m->data_len);
	r->control = rec->type != RECORD_DATA;
	if (r->peek && !silent)
		return;
	m->data_off = (uint16_t)(m->data_off + n);
	m->data_len = (uint16_t)(m->data_len - n);
	if (m->data_len > 0)
		return;
	rx_list_drop(&rx->tls->list, m);
	session_rx_take_effect(rx, effect);
}

/* Opens the next record; *m: that one, if it is in a buffer of ours. Returns as head_open_next(). */
static int
list_next(struct session_rx *rx, struct receipt *r, struct rte_mbuf **m)
{
	struct rte_mbuf *before = rx->tls->list.last;
	int rc = head_open_next(rx, r);

	*m = rx->tls->list.last != before ? rx->tls->list.last : NULL;
	return rc;
}

static int
recv_records(struct session_rx *rx, struct receipt *r)
{
	struct rte_mbuf *m = rx->tls->list.first, *next;
	int rc = 0;

	while (r->out.left > 0 && !r->control && !receipt_full(r)) {
		if (m == NULL) {
			rc = list_next(rx, r, &m);
			if (rc <= 0)
				break;
			continue;
		}
		/* Exactly one control record, and never with data in front of it. */
		if (rx_list_rec(m)->type != RECORD_DATA && (r->data_only || receipt_begun(r))) {
			rc = -EIO;
			break;
		}
		next = rx_list_rec(m)->next;
		deliver(rx, r, m);
		m = next;
	}
	return rc > 0 ? 0 : rc;
}

/* Large buffers are what all connections send and receive with: searching may not take the last. */
static bool
may_look_ahead(const struct session_rx *rx)
{
	const struct rte_mempool
		*large = rx->tls->shared->bufs->record[RTE_DIM(rx->tls->shared->bufs->record) - 1];
	const struct framed *head = framer_head(&rx->tls->framer);

	/* Without an inner type there is nothing that opening it would tell. */
	if (rx->tls->suite->inner_type_len == 0 && head != NULL && head->type == RECORD_DATA)
		return false;
	return rx->tls->error == 0 && rx->tls->list.room < SESSION_RX_AHEAD &&
	       rte_mempool_avail_count(large) > large->size / 2;
}

/* 1: session_rx_control_ahead(). 0: end of file, or why not. */
static int
look_ahead(struct session_rx *rx, struct receipt *r)
{
	struct rte_mbuf *m;
	int rc;

	r->ahead = true;
	while (rx_list_control(&rx->tls->list) == NULL) {
		if (rx->state == SESSION_RX_RECORDS && !rx->close_notify && !may_look_ahead(rx))
			return -EAGAIN;
		rc = list_next(rx, r, &m);
		/* Good records come before the error behind them. */
		if (rc <= 0)
			return rc != -ENOMEM && rx->tls->list.first != NULL ? -EAGAIN : rc;
	}
	return session_rx_control_ahead(rx) ? 1 : -EAGAIN;
}

static int
recv_control(struct session_rx *rx, struct receipt *r)
{
	int rc = look_ahead(rx, r);

	if (rc <= 0)
		return rc;
	deliver(rx, r, session_rx_next_control(rx));
	return 0;
}

int
session_rx_look_ahead(struct session_rx *rx, bool fin)
{
	struct receipt r = { .fin = fin };
	int rc = 0;

	/* What is wrong with the record ahead is for a receive to say. */
	if (rx->state == SESSION_RX_RECORDS && !rx->close_notify &&
	    framer_head(&rx->tls->framer) != NULL)
		rc = look_ahead(rx, &r);
	rte_pktmbuf_free(r.spare);
	return rc == -ENOMEM ? rc : 0;
}

static int
recv_plain(struct session_rx *rx, struct receipt *r)
{
	uint64_t len = RTE_MIN((uint64_t)r->out.left, recvq_len(rx->q));
	uint32_t done = 0;
	uint8_t *dst;
	size_t n;

	if (len == 0)
		return r->fin ? 0 : -EAGAIN;
	for (; done < len; done += (uint32_t)n) {
		dst = iov_iter_next(&r->out, len - done, &n);
		recvq_peek(rx->q, done, dst, (uint32_t)n);
	}
	if (!r->peek)
		recvq_consume(rx->q, len);
	return 0;
}

ssize_t
session_rx_recv(struct session_rx *rx, struct rtls_msg *msg, int flags, bool fin, bool data_only)
{
	struct receipt r = {
		.msg = msg,
		.out = iov_iter_of(msg->iov, msg->iovlen),
		.peek = flags & RTLS_MSG_PEEK,
		.fin = fin,
		.data_only = data_only,
	};
	int rc;

	msg->type = 0;
	msg->version = 0;
	msg->wire_len = 0;
	msg->flags = 0;
	msg->nb_records = 0;
	r.room = r.out.left;
	if (r.room == 0)
		return 0;
	if (rx->state == SESSION_RX_PLAIN)
		rc = flags & RTLS_MSG_CONTROL ? -EAGAIN : recv_plain(rx, &r);
	else
		rc = flags & RTLS_MSG_CONTROL ? recv_control(rx, &r) : recv_records(rx, &r);
	rte_pktmbuf_free(r.spare);
	return receipt_begun(&r) ? (ssize_t)(r.room - r.out.left) : rc;
}
