/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What tcp_input makes of a segment, by value. */
#ifndef RTLS_TCP_VERDICT_H
#define RTLS_TCP_VERDICT_H

#include "tcp/seg.h"

/* Why nothing of a segment counts; of the last two its ACK did, if it is no old one. */
enum tcp_drop {
	TCP_DROP_NONE,
	TCP_DROP_RESET,     /* a RST that is not exactly the next (RFC 5961 3.2) */
	TCP_DROP_SYN,       /* a SYN for a connection that is open (RFC 5961 4.2) */
	TCP_DROP_NO_TS,     /* without the timestamp that was agreed on (RFC 7323 3.2) */
	TCP_DROP_OLD_TS,    /* an old one: PAWS (RFC 7323 5.3) */
	TCP_DROP_WINDOW,    /* outside of the window */
	TCP_DROP_ACK,       /* without ACK, or of what was never sent (RFC 5961 5.2) */
	TCP_DROP_DUPLICATE, /* bytes that are there already */
	TCP_DROP_GAPS,      /* bytes behind more gaps than are remembered */
};

/*
 * What the caller does with the segment. Of its payload, from skip on, `took` bytes are the stream's
 * at stream_off. Below c->rcv_nxt they are in order (TCP_EV_DELIVER); above they wait, and the
 * caller's ranges hold them from now on. If he cannot, they count as not come. He stores keep of
 * them, all or, of an orphan's, none; keep == 0: free the packet.
 *
 * What is kept may enclose runs that the caller holds already: the bytes that
 * came first stay, always, in order or not.
 */
struct tcp_verdict {
	uint32_t events; /* TCP_EV_* */
	uint32_t skip;
	uint32_t took;
	uint32_t keep;
	uint64_t stream_off;
	uint8_t drop;         /* enum tcp_drop */
	bool reply_reset;     /* send reset; with TCP_EV_CLOSED it is no answer to junk */
	struct tcp_seg reset; /* set where that says so */
};

/* Nothing happened. */
static inline void
tcp_verdict_clear(struct tcp_verdict *v)
{
	memset(v, 0, offsetof(struct tcp_verdict, reset));
}

#endif
