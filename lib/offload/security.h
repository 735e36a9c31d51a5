/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One direction of one connection on a device, under one key: session, context and steering, in the
 * contract's order, through the public calls of rte_security.
 *
 *   NONE --open--> ADDING --ADD_DONE--> ADDED --start--> STARTED
 *    ^|  \--open--------------------------^                 |
 *    |+------------------------- close --------------------+
 *    |                                                     |
 *    +--DEL_DONE-- CLOSING <------------ close ------------+
 */
#ifndef RTLS_OFFLOAD_SECURITY_H
#define RTLS_OFFLOAD_SECURITY_H

#include <recordtls/tls.h>

#include "core/record.h"
#include "offload/device.h"

struct rte_mbuf;

enum offload_state {
	OFFLOAD_NONE,
	OFFLOAD_ADDING, /* the device has not answered yet */
	OFFLOAD_ADDED,
	OFFLOAD_STARTED,
	OFFLOAD_DELETING, /* nothing of ours is left; packets may still be judged by it */
};

struct offload_ctx {
	uint8_t state; /* enum offload_state */
	void *session;
	void *rule; /* steering, or NULL */
	struct rtls_tls_handle handle;
};

/* Is there a context that may be started, marked for or deleted? */
static inline bool
offload_has_context(const struct offload_ctx *c)
{
	return c->state != OFFLOAD_NONE && c->state != OFFLOAD_DELETING;
}

/*
 * Does the device carry this suite in this direction? By rte_security_capability_get() and the
 * list of algorithms in its answer; receiving, only where marks say what they vouch for.
 */
bool offload_carries(const struct offload_device *d, const struct record_suite *s,
		     enum rtls_dir dir);

/*
 * Session, add, steering, for the direction in flow. 0: ADDED; -EINPROGRESS: ADDING; -ENOTSUP:
 * not this suite or connection; -ENOSPC: the table, or the room for sessions, is full; -EAGAIN: a
 * receiving context with a generation that no mark can name; another error of the device. What *c
 * was is forgotten; on an error it is NONE, or DELETING, and nothing else is left. keys are borrowed; the
 * copy of the IV that is made for the call is wiped. The key in the session is the driver's, which wipes
 * it: rte_security does not.
 */
int offload_add(const struct offload_device *d, const struct record_suite *s,
		const struct rtls_keys *keys, const struct rtls_tls_flow *flow, uint64_t cookie,
		struct offload_ctx *c);

/*
 * Event: the device's answer to an add that took its time. 0: ADDED. On an error, of the device
 * or of steering, all is deleted. -EALREADY: it was not ADDING; nothing changes.
 */
int offload_added(const struct offload_device *d, struct offload_ctx *c,
		  const struct rtls_tls_flow *flow, int status);

/* ADDED to STARTED: 0. On an error of the device all is deleted. */
int offload_start(const struct offload_device *d, struct offload_ctx *c, uint32_t seq,
		  uint64_t rec_no);

/*
 * Marks a packet for sealing: metadata, whose ctx is set here, and RTE_MBUF_F_TX_SEC_OFFLOAD.
 * 0, or the device's error with the packet not marked.
 */
int offload_mark(const struct offload_device *d, const struct offload_ctx *c, struct rte_mbuf *m,
		 struct rtls_tls_tx_meta *meta);

/*
 * Steering, context, session, in this order. 0: NONE. -EINPROGRESS: DELETING; of *c only the handle
 * stays, for the event to be matched. Safe in every state; twice is once.
 */
int offload_del(const struct offload_device *d, struct offload_ctx *c);

/* Event: a del that took its time ended. DELETING to NONE: 0. -EALREADY: it was not DELETING. */
int offload_deleted(struct offload_ctx *c);

#endif
