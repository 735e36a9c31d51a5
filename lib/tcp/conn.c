/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/conn.h"

void
tcp_seg_limit(struct tcp_conn *c)
{
	const struct tcp_opts *o = &c->opts;

	c->mss = c->mss_agreed;
	if (o->mss_limit != 0 && o->mss_limit < c->mss)
		c->mss = o->mss_limit;
	c->seg_max = o->run_max > c->mss ? o->run_max - o->run_max % c->mss : c->mss;
	tcp_cc_of(c)->resized(&c->cc, c->mss);
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
	c->pace.waits = false;
}
