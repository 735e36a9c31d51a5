/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a host decides once for all its connections, and what each may have otherwise. */
#ifndef RTLS_TCP_PARAMS_H
#define RTLS_TCP_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_cc_ops;

/* Microseconds and bytes. */
struct tcp_params {
	const struct tcp_cc_ops *cc;
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
};

/* A connection's own. */
struct tcp_opts {
	uint32_t user_timeout_us; /* R2; 100 s or more, RFC 9293 3.8.3 */
	uint32_t keep_idle_us;    /* keep-alive (RFC 9293 3.8.4): probe behind so long; 0: never */
	uint32_t keep_every_us;   /* and again, while nothing comes */
	uint32_t run_max;    /* payload of a plan, cut into segments below us; 0: one segment */
	uint16_t mss_limit;  /* no segment of ours has more payload; 0: no limit of ours */
	uint8_t keep_probes; /* so often; then the peer is dead */
};

void tcp_params_default(struct tcp_params *p);
void tcp_opts_default(struct tcp_opts *o);

#endif
