/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What people want to know of a connection's path and flight. Nothing decides by it, and it may take
 * its time: it goes over all that is in flight.
 */
#ifndef RTLS_TCP_VIEW_H
#define RTLS_TCP_VIEW_H

#include "tcp/chrono.h"
#include "tcp/conn.h"

struct tcp_view {
	uint64_t pipe;          /* bytes in the network, by all that is known */
	uint64_t delivery_rate; /* bytes per second, tcp/rate; 0: not known */
	uint64_t pacing_rate;   /* bytes per second; 0: it is not paced */
	uint32_t sacked;        /* bytes that are there, out of order */
	uint32_t lost;          /* bytes that are taken to be lost, and not sent again yet */
	uint32_t again;         /* bytes in flight that were sent more than once */
	uint32_t min_rtt_us;    /* 0: not known */
	uint32_t reo_wnd_us;    /* how long RACK waits for what may have been overtaken */
	uint32_t dsacks;        /* of this flight: ACKs that told of something that came twice */
	uint32_t reorderings;   /* of this flight: ACKs that showed that something was overtaken */
	uint16_t pmtu;          /* bytes of the longest packet; 0: not agreed yet */
	bool rate_limited;      /* delivery_rate: the program was the limit */
	bool reordered;         /* the path was seen to reorder */
};

/* Without a flight what only that knows is 0. */
void tcp_view_of(const struct tcp_conn *c, struct tcp_view *v);

/*
 * What a connection that has something in flight, or to send, waits for, when tcp_plan has had its
 * say. full: its buffer takes no more.
 */
enum tcp_waits tcp_waits_for(const struct tcp_conn *c, bool full, uint64_t now_us);

#endif
