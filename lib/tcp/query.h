/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What others want to know of a connection. What a combination of its fields means is said here
 * once; nothing changes.
 */
#ifndef RTLS_TCP_QUERY_H
#define RTLS_TCP_QUERY_H

#include "tcp/conn.h"

/* Is its SYN not acknowledged yet? Nothing else has begun then. */
static inline bool
tcp_is_connecting(const struct tcp_conn *c)
{
	return c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED;
}

static inline bool
tcp_is_closed(const struct tcp_conn *c)
{
	return c->state == TCP_CLOSED;
}

/* May its owner give it more to send? */
static inline bool
tcp_may_send(const struct tcp_conn *c)
{
	return (c->state == TCP_ESTABLISHED || c->state == TCP_CLOSE_WAIT) && !c->fin_queued;
}

/* Has its owner said that nothing follows? */
static inline bool
tcp_is_shut(const struct tcp_conn *c)
{
	return c->fin_queued;
}

/* Is all that the peer sends there, and its FIN? */
static inline bool
tcp_peer_is_shut(const struct tcp_conn *c)
{
	return c->peer_fin;
}

/* Has the peer sent a byte of its stream? */
static inline bool
tcp_has_heard(const struct tcp_conn *c)
{
	return c->rcv_nxt > 0;
}

/* Bytes that it may send, as its owner said: tcp_send_ready. */
static inline uint64_t
tcp_send_end(const struct tcp_conn *c)
{
	return c->snd_end;
}

/* Is all of them acknowledged? */
static inline bool
tcp_is_delivered(const struct tcp_conn *c)
{
	return c->snd_una >= c->snd_end;
}

/* Does the peer owe an ACK for what is there to send, FIN included? */
static inline bool
tcp_is_waiting(const struct tcp_conn *c)
{
	return c->snd_una < tcp_snd_lim(c);
}

/* All of ours is acknowledged, FIN included: only the peer's is missing. */
static inline bool
tcp_waits_for_fin(const struct tcp_conn *c)
{
	return c->state == TCP_FIN_WAIT_2;
}

/* Is data there to go behind a cursor of c's, or again? */
static inline bool
tcp_has_data(const struct tcp_conn *c, const struct tcp_cursor *at)
{
	return at->nxt < tcp_snd_lim(c) || (at->owed & TCP_OWED_AGAIN) != 0;
}

/* Sent and not acknowledged. */
static inline uint64_t
tcp_in_flight(const struct tcp_conn *c)
{
	return c->snd_max - c->snd_una;
}

/* How much may be in flight: network and peer take that. */
static inline uint32_t
tcp_send_window(const struct tcp_conn *c)
{
	return c->cc.cwnd < c->snd_wnd ? c->cc.cwnd : c->snd_wnd;
}

/* How much the peer may send, as it was told. */
static inline uint64_t
tcp_rcv_window(const struct tcp_conn *c)
{
	return c->rcv_adv > c->rcv_nxt ? c->rcv_adv - c->rcv_nxt : 0;
}

/* The round trip for what comes in; what was sent may have been long ago. 0: not known. */
static inline uint32_t
tcp_rcv_rtt_us(const struct tcp_conn *c)
{
	return c->rcv_rtt.rtt_us != 0 ? c->rcv_rtt.rtt_us : c->rtt.srtt_us;
}

/* How many segments len bytes of a plan are on the wire; 1 where there are none. */
static inline uint32_t
tcp_segments(const struct tcp_conn *c, uint32_t len)
{
	return len <= c->mss ? 1 : (len + c->mss - 1) / c->mss;
}

/*
 * R1 (RFC 9293 3.8.3): the peer has answered nothing for as long as three retransmissions take. True
 * just behind the third one; before counts those of the moment before. The probe of a tail is none: it
 * does not wait for as long.
 */
static inline bool
tcp_is_silent(const struct tcp_conn *c, uint8_t before)
{
	return before < TCP_R1 && c->rtt.backoff >= TCP_R1 && c->state != TCP_CLOSED;
}

/* Is a retransmission due: did the peer not answer in time what it was sent? */
static inline bool
tcp_rexmit_is_due(const struct tcp_conn *c, uint64_t now_us)
{
	return c->rtx_at <= now_us && c->snd_una < c->snd_max && c->rtx_wait != TCP_WAIT_TAIL &&
	       c->rtx_wait != TCP_WAIT_REORDER;
}

/* What decides how fast it is paced. The initial window goes at once: nothing is known of the path. */
static inline struct tcp_pace_path
tcp_pace_path_of(const struct tcp_conn *c)
{
	return (struct tcp_pace_path){
		.cc = &c->cc,
		.srtt_us = c->params->pacing && c->snd_una > 0 ? c->rtt.srtt_us : 0,
		.max_rate = c->opts.pace_max,
	};
}

/*
 * Behind a timeout, and before R1: does it wait for the network, as far as can be known? Its peer would
 * take more than it has in flight.
 */
static inline bool
tcp_waits_for_network(const struct tcp_conn *c)
{
	return c->rtt.backoff > 0 && c->rtt.backoff < TCP_R1 && c->snd_una < c->snd_max &&
	       c->cc.cwnd < c->snd_wnd;
}

/* TCP_END_TIMEOUT: did somebody on the way say that the peer cannot be reached? */
static inline bool
tcp_was_unreachable(const struct tcp_conn *c)
{
	return c->unreachable;
}

#endif
