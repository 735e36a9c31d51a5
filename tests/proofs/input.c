/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/input.c lib/tcp/conn.c lib/tcp/user.c */
/* flags: --unwind 3 -DTCP_RANGES_MAX=1 */
/* long: challenge */
#include "conn_invariant.h"
#include "tcp/ack.h"
#include "tcp/input.h"
#include "tcp/open.h"
#include "tcp/rcv.h"

static struct tcp_conn c;
static struct tcp_flight flight;
static struct tcp_params params;
static struct tcp_seg seg;
static struct tcp_ranges held;
static bool text_came;
static bool ack_came;

/* Unwrapped right: the wire's 32 bits, and within 2^31 of what is expected. */
static bool
is_near(int64_t off, uint32_t wire, uint64_t expected)
{
	int64_t ahead = off - (int64_t)expected;

	return (uint32_t)off == wire && ahead >= INT32_MIN && ahead <= INT32_MAX;
}

/* Stand for lib/tcp/rcv.c and ack.c: what they do to the invariant is proved next to this file. */
uint32_t
tcp_rcv_ack_now(struct tcp_conn *conn)
{
	tcp_owe(conn, TCP_OWED_ACK);
	return TCP_EV_SEND;
}

uint32_t
tcp_rcv_again(struct tcp_conn *conn, uint64_t now_us)
{
	return nondet_bool() ? TCP_EV_SEND : 0;
}

uint32_t
tcp_rcv_repeated(struct tcp_conn *conn, int64_t seq, uint32_t len, uint64_t now_us)
{
	PROVE(seq < (int64_t)tcp_ack_off(conn));
	return tcp_rcv_again(conn, now_us);
}

uint32_t
tcp_rcv_payload(struct tcp_conn *conn, const struct tcp_ranges *ranges, const struct tcp_seg *s,
		int64_t seq, uint64_t now_us, struct tcp_verdict *v)
{
	uint64_t old = conn->rcv_nxt;

	PROVE(s->payload_len > 0 && receiver_holds(conn, &held));
	PROVE(is_near(seq, s->seq - (conn->irs + 1), tcp_ack_off(conn)));
	text_came = true;
	conn->rcv_nxt = nondet_u64();
	held.n = 0;
	v->keep = nondet_u32();
	ASSUME(conn->rcv_nxt >= old && receiver_holds(conn, &held));
	return conn->rcv_nxt > old ? TCP_EV_DELIVER : 0;
}

uint32_t
tcp_rcv_fin(struct tcp_conn *conn, const struct tcp_ranges *ranges, int64_t seq, uint64_t now_us)
{
	PROVE(receiver_holds(conn, &held));
	PROVE((uint32_t)seq == seg.seq + seg.payload_len - (conn->irs + 1));
	if (conn->peer_fin_off == TCP_NO_OFF)
		conn->peer_fin_off = nondet_u64();
	ASSUME(receiver_holds(conn, &held));
	return 0;
}

uint32_t
tcp_ack_input(struct tcp_conn *conn, const struct tcp_seg *s, int64_t seq, int64_t ack,
	      uint64_t now_us)
{
	PROVE(sender_holds(conn) && (s->flags & TCP_ACK) != 0);
	PROVE(is_near(ack, s->ack - (conn->iss + 1), conn->snd_una));
	PROVE(ack <= (int64_t)conn->snd_max &&
	      ack >= (int64_t)conn->snd_una - (int64_t)conn->max_wnd);
	ack_came = true;
	conn->snd_una = ack > (int64_t)conn->snd_una ? (uint64_t)ack : conn->snd_una;
	conn->flight = NULL;
	conn->tracked = false;
	conn->sent.nxt = conn->sent.nxt > conn->snd_una ? conn->sent.nxt : conn->snd_una;
	conn->plan.nxt = conn->plan.nxt > conn->sent.nxt ? conn->plan.nxt : conn->sent.nxt;
	conn->loss = TCP_LOSS_NONE;
	return 0;
}

/* Not called here: the connection is synchronised. */
void
tcp_conn_established(struct tcp_conn *conn, const struct tcp_seg *syn_ack, uint64_t now_us)
{
	PROVE(false);
}

void
tcp_conn_crossed(struct tcp_conn *conn, const struct tcp_seg *syn)
{
	PROVE(false);
}

enum tcp_syn_verdict
tcp_syn_step(struct tcp_syn *s, const struct tcp_params *p, const struct tcp_seg *syn,
	     uint64_t now_us)
{
	PROVE(false);
	return TCP_SYN_IGNORE;
}

static void
any_conn(void)
{
	struct tcp_conn any;
	struct tcp_params any_params;
	struct tcp_seg any_seg;
	struct tcp_ranges any_held;
	struct tcp_flight any_flight;

	flight = any_flight;

	any.flight = nondet_bool() ? &flight : NULL;
	ASSUME(any.state >= TCP_ESTABLISHED && any.state <= TCP_TIME_WAIT);
	ASSUME(receiver_holds(&any, &any_held) && sender_holds(&any) &&
	       any_seg.payload_len <= UINT16_MAX);
	c = any;
	held = any_held;
	params = any_params;
	c.params = &params;
	seg = any_seg;
}

/* Any segment: both invariants stay, and only text keeps or delivers. */
void
prove_input(void)
{
	struct tcp_verdict v;
	uint64_t nxt;

	any_conn();
	nxt = c.rcv_nxt;
	v = tcp_input(&c, &held, &seg, nondet_u64());
	PROVE(receiver_holds(&c, &held) && sender_holds(&c));
	PROVE(text_came || (v.keep == 0 && c.rcv_nxt == nxt));
	/* Only an orphan that nobody reads for answers with its end. */
	PROVE(!v.reply_reset || ((v.events & TCP_EV_CLOSED) != 0 && c.orphan && c.unread));
}

/* RST and SYN move nothing, but for the RST with the very number (RFC 5961 3.2, 4.2, RFC 1337). */
void
prove_rst_and_syn(void)
{
	bool exact;
	uint8_t state;

	any_conn();
	ASSUME((seg.flags & (TCP_RST | TCP_SYN)) != 0);
	exact = seg.seq == c.irs + 1 + (uint32_t)tcp_ack_off(&c);
	state = c.state;
	tcp_input(&c, &held, &seg, nondet_u64());
	PROVE(!text_came && !ack_came);
	if ((seg.flags & TCP_RST) != 0 && exact && state != TCP_TIME_WAIT)
		PROVE(c.state == TCP_CLOSED && c.end == TCP_END_RESET);
	else
		PROVE(c.state == state);
}

/* A challenge that was granted is owed at once, and none is asked for in the time behind it. */
void
prove_challenge(void)
{
	uint64_t now_us = nondet_u64(), later_us = nondet_u64();

	any_conn();
	ASSUME(now_us < UINT64_MAX / 2 && later_us >= now_us);
	PROVE(tcp_challenge(&c, now_us) == TCP_EV_SEND && tcp_owes(&c, TCP_OWED_ACK));
	ASSUME(later_us - now_us < params.challenge_us);
	PROVE((tcp_input(&c, &held, &seg, later_us).events & TCP_EV_CHALLENGE) == 0);
}
