/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/user.h"

#include <string.h>

#include "tcp/query.h"
#include "tcp/window.h"

void
tcp_send_ready(struct tcp_conn *c, uint64_t end_off)
{
	if (!c->fin_queued && end_off > c->snd_end)
		c->snd_end = end_off;
}

void
tcp_shutdown(struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCP_SYN_SENT: /* goes out once the handshake is done */
	case TCP_SYN_RECEIVED:
		break;
	case TCP_ESTABLISHED:
		c->state = TCP_FIN_WAIT_1;
		break;
	case TCP_CLOSE_WAIT:
		c->state = TCP_LAST_ACK;
		break;
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		return;
	}
	c->fin_queued = true;
}

void
tcp_orphan(struct tcp_conn *c, uint64_t now_us)
{
	tcp_shutdown(c);
	c->orphan = true;
	c->quiet_since_us = now_us;
	c->drain_end = c->rcv_nxt + TCP_DRAIN_MAX;
	if (c->state == TCP_FIN_WAIT_2)
		c->linger_at = now_us + c->params->fin_wait2_us;
}

void
tcp_unread(struct tcp_conn *c, uint64_t now_us)
{
	c->unread = true;
	if (c->linger_at == TCP_NEVER)
		c->linger_at = now_us + c->opts.user_timeout_us;
}

/* RFC 9293 3.10.5: where both sides have closed, nobody waits for a RST. */
static bool
wants_reset(const struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
		return true;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		/* These begin before the FIN is sent: a peer that misses data hears of it. */
		return c->snd_max <= c->snd_end;
	case TCP_SYN_SENT:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		return false;
	}
	return false;
}

bool
tcp_abort(struct tcp_conn *c, uint64_t now_us, struct tcp_seg *rst)
{
	bool reset = wants_reset(c);

	if (reset) {
		tcp_seg_clear(rst);
		rst->src_port = c->local_port;
		rst->dst_port = c->remote_port;
		rst->seq = c->iss + 1 + (uint32_t)tcp_bare_off(c);
		rst->ack = c->irs + 1 + (uint32_t)tcp_ack_off(c);
		rst->flags = TCP_RST | TCP_ACK;
		rst->has_ts = c->ts_on;
		rst->ts_val = c->ts_on ? tcp_ts_now(c->ts_offset, now_us) : 0;
		rst->ts_ecr = c->ts_on ? c->ts_recent : 0;
	}
	if (c->state != TCP_CLOSED)
		tcp_conn_closed(c, TCP_END_ABORTED);
	return reset;
}

void
tcp_rcv_room(struct tcp_conn *c, uint32_t room)
{
	c->rcv_lim = c->rcv_nxt + room;
	if (room > c->rcv_buf)
		c->rcv_buf = room;
	if (!tcp_is_connecting(c) && tcp_window_update_due(c))
		tcp_owe(c, TCP_OWED_ACK);
}
