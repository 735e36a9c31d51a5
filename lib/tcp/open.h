/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The three-way handshake. A passive open is a struct tcp_syn until the ACK
 * that completes it: a SYN costs no connection. An active open whose SYN met the
 * peer's is a connection already, and in TCP_SYN_RECEIVED.
 */
#ifndef RTLS_TCP_OPEN_H
#define RTLS_TCP_OPEN_H

#include "net/addr.h"
#include "tcp/conn.h"

/* What SYN-RECEIVED remembers. */
struct tcp_syn {
	uint64_t sent_at_us; /* the first SYN-ACK */
	uint64_t challenge_next_us;
	uint64_t again_next_us; /* no TCP_SYN_AGAIN before */
	uint32_t iss;
	uint32_t irs;
	uint32_t ts_offset;
	uint32_t ts_recent;
	uint16_t peer_mss; /* as offered, not below the floor */
	uint16_t our_mss;  /* as we offer it: MTU less 40 */
	uint16_t rcv_wnd;  /* offered with the SYN-ACK, unscaled */
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t snd_wscale;
	uint8_t rcv_wscale;
	uint8_t resent; /* SYN-ACKs after the first, by our timer */
	bool ts_on;
	bool wscale_on;
	bool sack_on;
	bool unmeasured; /* when the SYN-ACK went is not known: its ACK is no RTT sample */
};

static_assert(sizeof(struct tcp_syn) <= 64, "a SYN costs a line");

/*
 * Event: a segment for a listener, no record yet. True: a SYN, out is filled;
 * data that it carries is left for the peer to send again. False: none, or one
 * with FIN: answer with tcp_reset_reply when it carries an ACK and with nothing
 * when it does not (RFC 9293 3.10.7.2).
 */
bool tcp_syn_input(struct tcp_syn *out, const struct tcp_params *p, const struct tcp_seg *syn,
		   uint32_t iss, uint32_t ts_offset, uint16_t our_mss, uint32_t rcv_room,
		   uint64_t now_us);

/* The SYN-ACK, first or again. */
void tcp_syn_ack(const struct tcp_syn *s, uint64_t now_us, struct tcp_seg *out);

/* The ACK that answers TCP_SYN_CHALLENGE (RFC 5961 3.2, 4.2). */
void tcp_syn_challenge(const struct tcp_syn *s, uint64_t now_us, struct tcp_seg *out);

enum tcp_syn_verdict {
	TCP_SYN_IGNORE,
	TCP_SYN_COMPLETE,  /* tcp_conn_accept, then feed the same segment to tcp_input */
	TCP_SYN_RESET,     /* answer with tcp_reset_reply, the record stays */
	TCP_SYN_DROPPED,   /* the peer's RST: forget the record */
	TCP_SYN_AGAIN,     /* the SYN came again: so does the SYN-ACK */
	TCP_SYN_CHALLENGE, /* junk: tcp_syn_challenge, if its sender may be answered now */
};

/*
 * Event: a segment for a record. p->challenge_us limits TCP_SYN_CHALLENGE, TCP_AGAIN_US
 * TCP_SYN_AGAIN: hosts wait 1 s before they repeat a SYN (RFC 6298 2.1).
 */
enum tcp_syn_verdict tcp_syn_step(struct tcp_syn *s, const struct tcp_params *p,
				  const struct tcp_seg *seg, uint64_t now_us);

/* Event: TCP_SYN_COMPLETE. c, its opts set, becomes ESTABLISHED; rcv_room as in tcp_rcv_room. p outlives c. */
void tcp_conn_accept(struct tcp_conn *c, const struct tcp_params *p, const struct tcp_syn *s,
		     const struct tcp_seg *ack, uint32_t rcv_room, uint64_t now_us);

/* Active open: c, its opts set, becomes SYN-SENT, tcp_plan yields the SYN. p outlives c. */
void tcp_conn_connect(struct tcp_conn *c, const struct tcp_params *p, uint16_t local_port,
		      uint16_t remote_port, uint32_t iss, uint32_t ts_offset, uint16_t our_mss,
		      uint32_t rcv_room, uint64_t now_us);

/* For tcp_input: SYN-SENT meets a SYN without ACK. c becomes SYN-RECEIVED, tcp_plan yields the SYN-ACK. */
void tcp_conn_crossed(struct tcp_conn *c, const struct tcp_seg *syn);

/*
 * For tcp_input: our SYN is acknowledged, by a SYN-ACK, or in SYN-RECEIVED by any segment. c becomes
 * ESTABLISHED.
 */
void tcp_conn_established(struct tcp_conn *c, const struct tcp_seg *ack, uint64_t now_us);

#endif
