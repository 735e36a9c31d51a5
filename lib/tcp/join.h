/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Segments that came one behind the other are joined and come in as one, as GRO does it: one look at
 * the connection, one verdict, one ACK. Only what tcp_input would have taken one by one in the same
 * way: data in order, all of it in the window, that differs in nothing else but PSH. So a joined
 * segment is taken whole or refused whole.
 */
#ifndef RTLS_TCP_JOIN_H
#define RTLS_TCP_JOIN_H

#include "tcp/conn.h"
#include "tcp/ranges.h"

/* Is it data that others may be joined to? held as in tcp_input. */
bool tcp_join_begins(const struct tcp_conn *c, const struct tcp_ranges *held,
		     const struct tcp_seg *seg);

/* Does seg continue what was joined? Nothing else of the connection may have come in since. */
bool tcp_join_continues(const struct tcp_conn *c, const struct tcp_seg *joined,
			const struct tcp_seg *seg);

/* Event: it is joined. */
void tcp_join(struct tcp_seg *joined, const struct tcp_seg *seg);

#endif
