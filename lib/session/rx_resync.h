/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The receiving direction's part in bringing a device back in step: it hands headers and judged records
 * to core/resync, and keeps what comes of that for lib/stack, which talks to the device. Numbers are
 * those of the key in force: what an unread KeyUpdate may stand in front of is told to nobody.
 */
#ifndef RTLS_SESSION_RX_RESYNC_H
#define RTLS_SESSION_RX_RESYNC_H

#include "session/rx_tls.h"

/* Has the key in force a context that was started? */
static inline bool
rx_resync_on(const struct rx_tls *tls)
{
	return tls != NULL && tls->device != NULL && tls->device->resync.on;
}

/* Event: a context of the key in force starts at stream offset off; seq_0: TCP's sequence of offset 0. */
void rx_resync_start(struct rx_tls *tls, uint32_t seq_0, uint64_t off);

/* Event: it is over. What it asked is forgotten, not how many records in a row came UNTOUCHED. */
void rx_resync_stop(struct rx_tls *tls);

/* Event: another key is in force. */
void rx_resync_renew(struct rx_tls *tls);

/*
 * Event: nothing more is read under the key in force. What was asked is forgotten; until the context ends the device
 * may ask, or end what it had begun: it hears nothing, and breaks no rule by it.
 */
void rx_resync_over(struct rx_tls *tls);

/* Event: what the device asks, or QUIET. */
void rx_resync_event(struct rx_tls *tls, const struct resync_event *ev);

/* Event: the header of the record at the edge was parsed. */
void rx_resync_header(struct rx_tls *tls);

/* Event: what lies in front of end_off, or some of it, comes past the device, which does not miss it. */
void rx_resync_passed_by(struct rx_tls *tls, uint64_t end_off);

/*
 * Event: the record at the edge was judged; named: some of it was opened as what it is. What was found, and
 * of what came untouched, why.
 */
enum rx_found rx_resync_judged(struct rx_tls *tls, enum rx_found found, bool named);

/* Is there something to tell the device, or worth a quiet moment? Each segment in order asks. */
static inline bool
rx_resync_wants(const struct rx_tls *tls)
{
	const struct rx_resync *r;

	if (!rx_resync_on(tls) || tls->device->resync.over)
		return false;
	r = &tls->device->resync;
	return r->tell.what != RESYNC_NOTHING ||
	       (resync_due(&r->core) && tls->framer.index >= r->anew_index);
}

/*
 * Event: a device that cannot be told is about to get another context. False: too soon behind the last one. They
 * are 2, 4, 8 ... 128 records of the direction apart, and never closer again: a peer that has each new
 * context open one record and then lose its place costs no more than one that is never found.
 */
bool rx_resync_anew(struct rx_tls *tls);

/*
 * What the device is to be told; false: nothing. Once. What a record that may be a KeyUpdate stands in front of
 * by now is dropped: a header is parsed while the record that made room for it in the ring is still being opened.
 */
bool rx_resync_take(struct rx_tls *tls, struct resync_action *out);

/* Event: it was told what was taken, and this is what it answered. */
void rx_resync_told(struct rx_tls *tls, enum resync_what what, int rc);

/* Is the number of what is parsed next known, as far as the records in front of it say? */
bool rx_resync_numbers_known(const struct rx_tls *tls);

/* How long the direction was out of step, in us, until now. */
uint64_t rx_resync_out_us(const struct rx_tls *tls);

#endif
