/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What devices did to the bytes of a receiving direction: what of it is taken for opened records, and
 * how the rest is put back to what it was on the wire, in place. The rules are in core/mark_spans.h and
 * core/mark_walk.h; here are the bytes and the keys.
 */
#ifndef RTLS_SESSION_RX_MARKS_H
#define RTLS_SESSION_RX_MARKS_H

#include <recordtls/offload.h>

#include "buf/recvq.h"
#include "session/rx_tls.h"

/* Is there anything in the queue that a device transformed and that is not judged? */
static inline bool
rx_marks_any(const struct rx_tls *tls)
{
	return tls != NULL && tls->device != NULL && tls->device->marks.n > 0;
}

/* A marked packet of which off.. are the len bytes of payload. */
struct rx_marked {
	struct rte_mbuf *m;
	uint32_t off;
	uint32_t len;
	bool failed; /* the device has not verified it */
	const struct rtls_tls_rx_mark *mark;
};

/* Has the direction the key of that context? Otherwise nobody can undo what was done. */
bool rx_marks_known(const struct rx_tls *tls, const struct rtls_tls_rx_mark *mark);

/*
 * Event: all of its payload is to be stored at stream offset at. That is noted: true; or, where there
 * is no room for a note, it is put back in the packet. The mark is known.
 */
bool rx_marks_take(struct rx_tls *tls, const struct rx_marked *p, uint64_t at);

/* Event: what was noted last was not stored after all. */
void rx_marks_undo(struct rx_tls *tls, uint64_t at);

/* Event: not all of it is kept. It is put back in the packet, by its own headers. */
void rx_marks_refuse(struct rx_tls *tls, const struct rx_marked *p);

/* Event: the header of the record at the edge is to be read. A device may have taken it for a body. */
void rx_marks_header(struct rx_tls *tls);

/*
 * Event: the record at the edge is complete. What was not opened as it has to be is put back. UNTOUCHED also
 * where no device could touch it. *named: some of it was opened as what it is, by number and start.
 */
enum rx_found rx_marks_judge(struct rx_tls *tls, bool *named);

/* Puts back what spans that begin in [off, end_off) have in front of end_off. */
void rx_marks_put_back(struct rx_tls *tls, uint64_t off, uint64_t end_off);

/* Event: nobody will read what is in the queue. */
void rx_marks_forget(struct rx_tls *tls);

/* Event: what was held out of order is dropped. */
void rx_marks_held_dropped(struct rx_tls *tls);

/* Records in the ring that were judged OPENED are put back: the key e is not in force any more. */
void rx_marks_put_back_opened(struct rx_tls *tls, const struct session_epoch *e);

/*
 * Event: the record at the head, which was judged OPENED, is to be audited: it is put back, to be opened
 * and verified here.
 */
void rx_marks_audit(struct rx_tls *tls);

/* Has a device said what cannot be? */
static inline bool
rx_marks_contradicted(const struct rx_tls *tls)
{
	return tls->device != NULL && tls->device->marks.contradicted;
}

/*
 * The record at the head failed to verify, and a device said that it had: by which key and as which
 * number? NULL: it said no such thing.
 */
const struct session_epoch *rx_marks_claim(const struct rx_tls *tls, uint64_t *rec_no);

#endif
