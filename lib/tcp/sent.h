/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What becomes of a segment that tcp_plan proposed: it is planned, and then sent, or not.
 *
 *	while (budget && tcp_plan(c, now_us, &o)) {
 *		tcp_plan_trim(&o, cut(o.off, o.len));
 *		build the packet;
 *		tcp_plan_take(c, &o);
 *	}
 *	tx_burst;
 *	tcp_sent(c, &o, now_us) for each packet that the port took, in order;
 *	tcp_plan_drop(c) when it refused the rest.
 *
 * Between tcp_plan_take and its tcp_sent or tcp_plan_drop no other event of the
 * same connection is handled. tcp_deadline may change with any call here.
 */
#ifndef RTLS_TCP_SENT_H
#define RTLS_TCP_SENT_H

#include "tcp/output.h"

/* It is planned: the next tcp_plan proposes what follows. */
void tcp_plan_take(struct tcp_conn *c, const struct tcp_out *o);

/* Event: the port took it. */
void tcp_sent(struct tcp_conn *c, const struct tcp_out *o, uint64_t now_us);

/* Event: what is planned and not sent was refused; it will be planned again. */
void tcp_plan_drop(struct tcp_conn *c);

#endif
