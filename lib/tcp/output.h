/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a connection may send: tcp_plan proposes, and moves nothing. What becomes of that is in
 * tcp/sent.
 */
#ifndef RTLS_TCP_OUTPUT_H
#define RTLS_TCP_OUTPUT_H

#include "tcp/user.h"

/* A proposed segment, or several in a row that the port cuts: c->mss bytes each, and the rest. */
struct tcp_out {
	uint64_t off; /* of the first payload byte */
	uint32_t len; /* payload bytes; 0: SYN, FIN alone, or pure ACK */
	bool syn;
	bool fin;         /* FIN behind the payload */
	bool rexmit;      /* each segment of it begins below snd_max: sent before */
	bool again;       /* not from nxt: what is lost, or the probe of a tail */
	bool probe;       /* one byte behind the right edge of a closed window */
	bool dup_ack;     /* a duplicate ACK, which travels alone */
	bool keepalive;   /* in front of the window: its ACK does not count */
	uint64_t ack_off; /* what seg acknowledges */
	uint64_t adv_off; /* right edge that seg tells */
	struct tcp_seg seg;
};

/*
 * May tcp_plan have something to say? Bytes, or a FIN, that are not planned, and what is owed
 * beside them, what is sent again too: without all of these it has not.
 */
static inline bool
tcp_has_to_say(const struct tcp_conn *c)
{
	return c->plan.nxt < tcp_snd_lim(c) || c->plan.owed != 0 || c->plan.dups != 0;
}

/* The next segment, or false. Nothing has moved, but the persist timer may be armed. */
bool tcp_plan(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o);

/* The caller sends len payload bytes of it, 1 <= len <= o->len: what follows falls off. */
static inline void
tcp_plan_trim(struct tcp_out *o, uint32_t len)
{
	if (len >= o->len)
		return;
	o->len = len;
	o->fin = false;
	o->seg.payload_len = len;
	o->seg.flags &= (uint8_t)~(TCP_FIN | TCP_PSH);
}

#endif
