/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One planned run of segments: what TCP says, where its bytes are, who seals them. Decided once, and
 * used by all that follow: build, mark, sent. What is one segment, or nothing but an ACK, is a run
 * of one packet.
 */
#ifndef RTLS_STACK_TX_RUN_H
#define RTLS_STACK_TX_RUN_H

#include "session/epoch.h"
#include "tcp/output.h"

struct rtls_sock;

struct tx_run {
	struct rtls_sock *owner; /* NULL: a reply, which is no connection's; packets alone is set */
	struct tcp_out out;
	struct txmap_rec *rec;       /* of its first byte of payload; not set where it has none */
	struct session_epoch *epoch; /* whose context seals it; NULL: it goes as it is */
	uint32_t packet_len;         /* payload of a packet; the last one has what is left */
	uint16_t packets;            /* in how many it was built */
};

/* Packets of more than one segment, which the port cuts? */
static inline bool
tx_run_is_cut(const struct tx_run *run, uint32_t mss)
{
	return run->packet_len > mss && run->out.len > mss;
}

/* Only so many packets of it count; the rest will be planned again. */
static inline void
tx_run_trim(struct tx_run *run, uint16_t packets)
{
	if (0 < packets && packets < run->packets)
		tcp_plan_trim(&run->out, packets * run->packet_len);
	run->packets = packets;
}

#endif
