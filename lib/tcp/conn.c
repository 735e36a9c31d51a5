/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/conn.h"

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
