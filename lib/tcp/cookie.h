/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * SYN cookies (RFC 4987 3.6): where there is no room for a record of a SYN, its SYN-ACK carries what
 * the record would have held, and the ACK brings it back.
 *
 *	initial sequence number		bit 31	which of two steps of 64 s
 *					30..28	the peer's MSS, rounded down to one of eight
 *					27..0	MAC: tuple, peer's number, step, and all that is below
 *	timestamp, where the SYN had one	5	0
 *					4	SACK is on
 *					3..0	window scale; 15: none
 *
 * Without a timestamp there is neither window scale nor SACK. A cookie is good for one step at least,
 * for two at most. Its SYN-ACK is not sent again.
 */
#ifndef RTLS_TCP_COOKIE_H
#define RTLS_TCP_COOKIE_H

#include "net/addr.h"
#include "tcp/open.h"

enum {
	TCP_COOKIE_STEP_US = 64000000,
	TCP_COOKIE_KEY_LEN = 16,
};

struct tcp_cookies {
	uint8_t key[TCP_COOKIE_KEY_LEN];
	uint64_t good_until_us; /* the youngest one; 0: none was sent */
};

/* The key is copied. */
void tcp_cookie_init(struct tcp_cookies *k, const uint8_t key[TCP_COOKIE_KEY_LEN]);

/* Event: s, made by tcp_syn_input, gets no record. Its SYN-ACK, with the cookie; s is as that says. */
void tcp_cookie_make(struct tcp_cookies *k, const struct net_tuple *tuple, struct tcp_syn *s,
		     uint64_t now_us, struct tcp_seg *syn_ack);

/* Is any cookie good still? An ACK of nobody's may complete a handshake then. */
static inline bool
tcp_cookie_any(const struct tcp_cookies *k, uint64_t now_us)
{
	return now_us < k->good_until_us;
}

/*
 * Event: a segment of nobody's. True: it brings back a cookie of ours; s is as tcp_cookie_make left
 * it, for tcp_conn_accept, and the segment is fed to tcp_input. ts_offset, our_mss and rcv_room as in
 * tcp_syn_input.
 */
bool tcp_cookie_open(const struct tcp_cookies *k, const struct tcp_params *p,
		     const struct net_tuple *tuple, const struct tcp_seg *ack, uint32_t ts_offset,
		     uint16_t our_mss, uint32_t rcv_room, uint64_t now_us, struct tcp_syn *s);

#endif
