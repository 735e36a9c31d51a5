/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What both ends say of the connection that they have. */
#ifndef RTLS_SCRIPTS_END_TCP_H
#define RTLS_SCRIPTS_END_TCP_H

#include "scripts/script.h"
#include "tcp/conn.h"
#include "tcp/flight.h"

/* c is not closed. */
static inline enum script_state
end_state_of(const struct tcp_conn *c)
{
	static const enum script_state words[] = {
		[TCP_SYN_SENT] = SCRIPT_SYN_SENT,       [TCP_SYN_RECEIVED] = SCRIPT_SYN_RECEIVED,
		[TCP_ESTABLISHED] = SCRIPT_ESTABLISHED, [TCP_FIN_WAIT_1] = SCRIPT_FIN_WAIT_1,
		[TCP_FIN_WAIT_2] = SCRIPT_FIN_WAIT_2,   [TCP_CLOSE_WAIT] = SCRIPT_CLOSE_WAIT,
		[TCP_CLOSING] = SCRIPT_CLOSING,         [TCP_LAST_ACK] = SCRIPT_LAST_ACK,
		[TCP_TIME_WAIT] = SCRIPT_TIME_WAIT,
	};

	return words[c->state];
}

/* The delivery rate, bytes per second; 0: not known. */
static inline uint64_t
end_rate_of(const struct tcp_conn *c)
{
	return c->flight == NULL ? 0 : tcp_rate_of(&c->flight->rate);
}

#endif
