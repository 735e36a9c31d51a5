/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a host decides once for all its connections, and what each may have otherwise. */
#ifndef RTLS_TCP_PARAMS_H
#define RTLS_TCP_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds and bytes. */
struct tcp_params {
	uint32_t rto_init_us;    /* 1 s, RFC 6298 2.1 */
	uint32_t rto_min_us;     /* least margin over SRTT; 200 ms, as Linux */
	uint32_t rto_max_us;     /* 60 s or more, RFC 6298 2.5 */
	uint32_t delack_us;      /* 40 ms; RFC 9293 wants less than 500 ms */
	uint32_t fin_wait2_us;   /* for connections whose owner closed the handle */
	uint32_t time_wait_us;   /* 2 MSL */
	uint32_t syn_timeout_us; /* R2 for SYN */
	uint32_t challenge_us;   /* at most one challenge ACK per connection in this time */
	uint16_t mss_floor;      /* a peer's smaller MSS counts as this */
	uint8_t wscale;          /* offered shift of our receive window */
	bool timestamps;
	bool pacing; /* congestion control paces; RTLS_OPT_MAX_PACING_RATE does in any case */
	bool sack;   /* RFC 2018 */
};

/* A connection's own. */
struct tcp_opts {
	uint32_t user_timeout_us; /* R2; 100 s or more, RFC 9293 3.8.3 */
	uint32_t keep_idle_us;    /* keep-alive (RFC 9293 3.8.4): probe behind so long; 0: never */
	uint32_t keep_every_us;   /* and again, while nothing comes */
	uint32_t pace_max;   /* bytes per second, RTLS_OPT_MAX_PACING_RATE; 0: as the path allows */
	uint32_t run_max;    /* payload of a plan, cut into segments below us; 0: one segment */
	uint16_t mss_limit;  /* no segment of ours has more payload; 0: no limit of ours */
	uint8_t keep_probes; /* so often; then the peer is dead */
	uint8_t cc;          /* enum tcp_cc_name */
};

/* The shift with which so large a window can be told; 7 at least, and 14 is the greatest. */
uint8_t tcp_wscale_for(uint32_t window);

void tcp_params_default(struct tcp_params *p);
void tcp_opts_default(struct tcp_opts *o);

#endif
