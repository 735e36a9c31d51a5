/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/conn.h"

void
tcp_params_default(struct tcp_params *p)
{
	*p = (struct tcp_params){
		.cc = &tcp_cc_newreno,
		.rto_init_us = 1000000,
		.rto_min_us = 200000,
		.rto_max_us = 60000000,
		.delack_us = 40000,
		.fin_wait2_us = 60000000,
		.time_wait_us = 60000000,
		.user_timeout_us = 120000000,
		.syn_timeout_us = 180000000,
		.keep_every_us = 75000000,
		.keep_probes = 9,
		.challenge_us = 500000,
		.mss_floor = 216,
		.wscale = 7,
		.timestamps = true,
	};
}

void
tcp_seg_limit(struct tcp_conn *c)
{
	const struct tcp_params *p = c->params;

	c->mss = c->mss_agreed;
	if (p->mss_limit != 0 && p->mss_limit < c->mss)
		c->mss = p->mss_limit;
	c->seg_max = p->cut_max > c->mss ? p->cut_max - p->cut_max % c->mss : c->mss;
	c->cc.ops->resized(&c->cc, c->mss);
}

void
tcp_conn_closed(struct tcp_conn *c, enum tcp_end why)
{
	c->state = TCP_CLOSED;
	c->end = (uint8_t)why;
	c->rtx_at = TCP_NEVER;
	c->delack_at = TCP_NEVER;
	c->linger_at = TCP_NEVER;
	c->keep_at = TCP_NEVER;
}
