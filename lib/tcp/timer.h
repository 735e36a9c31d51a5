/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Event: time passed. One deadline per connection, the earliest of its timers. */
#ifndef RTLS_TCP_TIMER_H
#define RTLS_TCP_TIMER_H

#include "tcp/conn.h"

/* The time at which tcp_timer wants to be called; TCP_NEVER: not before another event. */
static inline uint64_t
tcp_deadline(const struct tcp_conn *c)
{
	uint64_t at = c->rtx_at;

	if (c->delack_at < at)
		at = c->delack_at;
	if (c->pace.waits && tcp_pace_due_us(&c->pace) < at)
		at = tcp_pace_due_us(&c->pace);
	if (c->keep_at < at)
		at = c->keep_at;
	return c->linger_at < at ? c->linger_at : at;
}

/* Event: it is now_us. Earlier than the deadline does nothing. Returns TCP_EV_*. */
uint32_t tcp_timer(struct tcp_conn *c, uint64_t now_us);

/* Event: synchronised, or opts.keep_* are other ones. Keep-alives begin, or end. */
void tcp_keepalive(struct tcp_conn *c, uint64_t now_us);

/*
 * For input and output: the retransmission timer follows what is outstanding.
 * Restart: RFC 6298 5.3, new data was acknowledged.
 */
void tcp_timer_restart(struct tcp_conn *c, uint64_t now_us);

/* For output: RFC 6298 5.1, something was sent; starts the timer unless it runs. */
static inline void
tcp_timer_start(struct tcp_conn *c, uint64_t now_us)
{
	if (c->rtx_at == TCP_NEVER)
		tcp_timer_restart(c, now_us);
	else if (c->rtx_wait == TCP_WAIT_WINDOW)
		c->rtx_wait = TCP_WAIT_ACK; /* what goes while a small window is probed */
}

/*
 * For input: an ACK was heard, which moved snd_una or not. wait_us: then what is not there is lost
 * (tcp/loss); UINT32_MAX: nothing is waited for.
 */
void tcp_timer_heard(struct tcp_conn *c, uint32_t wait_us, bool advanced, uint64_t now_us);

/* For output: data waits, nothing is in flight, the window forbids: start to probe. */
void tcp_timer_persist(struct tcp_conn *c, uint64_t now_us);

#endif
