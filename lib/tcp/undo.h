/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Was a loss one? When the ACK that ends the wait echoes a timestamp from before the first
 * retransmission, the first transmission arrived (Eifel, RFC 3522); when the peer says of each
 * retransmission that it came twice, none was needed (DSACK, RFC 3708). Then congestion control is
 * set back.
 */
#ifndef RTLS_TCP_UNDO_H
#define RTLS_TCP_UNDO_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/cc.h"

struct tcp_undo {
	struct tcp_cc before; /* valid while on */
	uint64_t hole;        /* the first byte that was taken to be lost */
	uint32_t first_ts;    /* timestamp of the first retransmission; valid while sent > 0 */
	uint32_t sent;        /* bytes sent again since then */
	uint32_t doubled;     /* bytes that the peer has twice since then */
	uint64_t until;       /* then it is past; UINT64_MAX: the loss is not repaired yet */
	bool on;
};

/* Event: a loss is taken as such, congestion control is as `cc` still. */
void tcp_undo_begin(struct tcp_undo *u, const struct tcp_cc *cc, uint64_t hole);

/* Event: len bytes are sent again, with the timestamp ts. */
static inline void
tcp_undo_sent(struct tcp_undo *u, uint32_t len, uint32_t ts)
{
	if (u->sent == 0)
		u->first_ts = ts;
	u->sent += len;
}

/* Event: una moved by an ACK that echoes ts_ecr. True: nothing was lost. */
bool tcp_undo_echoed(const struct tcp_undo *u, uint64_t una, uint32_t ts_ecr);

/* Event: len bytes came twice. True: all that was sent again. */
bool tcp_undo_doubled(struct tcp_undo *u, uint32_t len);

/* Event: it is repaired. What is known of it until una reaches nxt may still show that it was none. */
static inline void
tcp_undo_until(struct tcp_undo *u, uint64_t nxt)
{
	u->until = nxt;
}

/* Event: una may have moved. */
static inline void
tcp_undo_heard(struct tcp_undo *u, uint64_t una)
{
	u->on = u->on && una <= u->until;
}

/* Event: that is settled. */
static inline void
tcp_undo_end(struct tcp_undo *u)
{
	u->on = false;
}

#endif
