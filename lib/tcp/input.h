/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Event: a segment arrived (RFC 9293 3.10.7, RFC 5961, RFC 7323 5). The order
 * of its checks is the order of the functions in input.c.
 */
#ifndef RTLS_TCP_INPUT_H
#define RTLS_TCP_INPUT_H

#include "tcp/conn.h"

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
 * What the caller does with the segment. keep bytes of its payload, from skip
 * on, are stored at stream_off; keep == 0: free the packet. Bytes below
 * c->rcv_nxt are deliverable (TCP_EV_DELIVER); above they wait.
 *
 * What is kept may enclose runs that the caller holds already: the bytes that
 * came first stay, always, in order or not.
 */
struct tcp_verdict {
	uint32_t events; /* TCP_EV_* */
	uint32_t skip;
	uint32_t keep;
	uint64_t stream_off;
	uint8_t drop;     /* enum tcp_drop */
	bool reply_reset; /* send reset; with TCP_EV_CLOSED it is no answer to junk */
	struct tcp_seg reset;
};

/* seg's ports and addresses are c's; its checksum was good. Reread tcp_deadline afterwards. */
struct tcp_verdict tcp_input(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us);

/* TCP_EV_CHALLENGE was granted: the challenge ACK is owed. Returns TCP_EV_*. */
uint32_t tcp_challenge(struct tcp_conn *c, uint64_t now_us);

/* A segment for no connection (RFC 9293 3.10.7.1). False: it was a RST, nothing is sent. */
bool tcp_reset_reply(const struct tcp_seg *seg, struct tcp_seg *out);

/* The caller dropped held bytes at from (> rcv_nxt) and above to make room. */
void tcp_held_drop(struct tcp_conn *c, uint64_t from);

#endif
