/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The record at the head of the receive queue: opened, judged, and put where it belongs, into the
 * program's buffers or among those that wait (session/rx_list.h).
 */
#ifndef RTLS_SESSION_RX_HEAD_H
#define RTLS_SESSION_RX_HEAD_H

#include "session/iov_iter.h"
#include "session/rx.h"

/* One call of session_rx_recv, or of session_rx_look_ahead. */
struct receipt {
	struct rtls_msg *msg;
	struct iov_iter out;    /* the program's buffers */
	size_t room;            /* of these, at first */
	struct rte_mbuf *spare; /* a record buffer, empty; or NULL */
	bool peek;
	bool fin;
	bool data_only;
	bool ahead;   /* nothing goes into the program's buffers but a control record, from ours */
	bool control; /* a control record was delivered: it stands alone */
};

/* Of a record, len bytes were delivered; whole: they end it. */
static inline void
receipt_describe(const struct receipt *r, uint8_t type, uint32_t wire_len, uint32_t len, bool whole)
{
	struct rtls_msg *msg = r->msg;

	msg->type = type;
	/* No record with another one in its header gets here. */
	msg->version = RECORD_WIRE_VERSION;
	msg->wire_len = wire_len;
	msg->flags = whole ? RTLS_MSG_EOR : 0;
	if (msg->nb_records == msg->records_max)
		return;
	msg->records[msg->nb_records++] = (struct rtls_record){
		.type = type,
		.flags = whole ? RTLS_MSG_EOR : 0,
		.version = RECORD_WIRE_VERSION,
		.wire_len = wire_len,
		.len = len,
	};
}

/* Is there no entry left for a record more? */
static inline bool
receipt_full(const struct receipt *r)
{
	return r->msg->records_max > 0 && r->msg->nb_records == r->msg->records_max;
}

/* Was a record delivered, if only an empty one? */
static inline bool
receipt_begun(const struct receipt *r)
{
	return r->out.left < r->room || r->msg->nb_records > 0;
}

/* Does anybody want to know of empty data records? Ahead of the program nobody can tell. */
static inline bool
receipt_of_empty(const struct receipt *r)
{
	return r->ahead || r->msg->records_max > 0;
}

/*
 * Opens the next record, if there is one: 1. Otherwise 0 at the end of file, or why not: as
 * session_rx_recv; -EIO: a control record that stays where it is, nothing has changed. With
 * r->ahead a bad record stays in the queue: -EAGAIN. The spare of r is the caller's to free.
 */
int head_open_next(struct session_rx *rx, struct receipt *r);

#endif
