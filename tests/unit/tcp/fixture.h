/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Connections in any state, segments as literals, and what must hold at all times. */
#ifndef RTLS_UNIT_TCP_FIXTURE_H
#define RTLS_UNIT_TCP_FIXTURE_H

#include "tcp/flight.h"
#include "tcp/input.h"
#include "tcp/open.h"
#include "tcp/sent.h"
#include "tcp/timer.h"

enum {
	FX_MSS = 1000,  /* a round number: sums in tests can be read */
	FX_WND = 50000, /* the peer's window, not scaled */
	FX_ROOM = 60000,
	FX_SPANS = 128,
	FX_LOCAL_PORT = 443,
	FX_REMOTE_PORT = 40000,
};

#define FX_T0 UINT64_C(1000000000) /* when the handshake was done, us */

/* How to open; zero values are the defaults below. */
struct fx_conf {
	uint32_t iss;
	uint32_t irs;
	uint16_t mss;  /* FX_MSS */
	uint16_t wnd;  /* FX_WND */
	uint32_t room; /* FX_ROOM */
	bool ts;
	bool wscale; /* both sides 7 */
	bool sack;
	const struct tcp_params *params; /* fx_params() */
	const struct tcp_opts *opts;     /* tcp_opts_default() */
	bool no_flight;                  /* the pool is empty */
};

/* Defaults without timestamps and with the IW and RTO of tcp_params_default, and without pacing. */
struct tcp_params *fx_params(void);

/* The first one of a peer that has all options; the number behind its own is 0. */
struct tcp_seg fx_syn(void);

/* ESTABLISHED, through tcp_syn_input, tcp_syn_step and tcp_conn_accept. */
void fx_established(struct tcp_conn *c, const struct fx_conf *conf);

/* Through events only: data_len bytes each way were sent and acknowledged before. */
void fx_state(struct tcp_conn *c, enum tcp_state state, const struct fx_conf *conf);

/* A segment from the peer, by offsets: seq_off of its stream, ack_off of ours. */
struct tcp_seg fx_seg(const struct tcp_conn *c, uint8_t flags, int64_t seq_off, int64_t ack_off,
		      uint32_t len);

/* What the caller of tcp_input, these tests, holds out of order for c; nothing behind fx_established(). */
struct tcp_ranges *fx_held(const struct tcp_conn *c);

/* The pool gives c a flight. Each connection has its own, by its address. */
void fx_lend(struct tcp_conn *c);

/* tcp_input, and what it took is in c's fx_held(). */
struct tcp_verdict fx_take(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us);

/* The same where every challenge ACK is granted. */
struct tcp_verdict fx_input(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us);

/* The peer acknowledges ack_off with its window wnd. */
struct tcp_verdict fx_ack(struct tcp_conn *c, uint64_t ack_off, uint16_t wnd, uint64_t now_us);

/* In-order data or not, acknowledging what is in order. */
struct tcp_verdict fx_data(struct tcp_conn *c, int64_t seq_off, uint32_t len, uint64_t now_us);

/* Plans, takes and sends one segment; false: there is none. */
bool fx_send(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o);

/* Sends all there is, at most max; returns how many went out, the last in *o. */
uint32_t fx_send_all(struct tcp_conn *c, uint64_t now_us, uint32_t max, struct tcp_out *o);

/* An ACK goes out with the next plan, a duplicate one that tells of a gap, too. */
bool fx_owes_ack(const struct tcp_conn *c);

/* NULL, or the invariant that does not hold. */
const char *tcp_check(const struct tcp_conn *c);

/* The same when tcp_plan had nothing more to say: whatever is pending has a deadline. */
const char *tcp_check_quiet(const struct tcp_conn *c);

#endif
