/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The other end of a connection, in the plainest form: two flags per byte of what we send, which it has
 * and which it said that it has. Segments are on their way until they arrive, twice perhaps, or are lost;
 * its ACKs have the blocks of RFC 2018 and RFC 2883.
 *
 * Offsets are of our stream; our FIN is a byte behind the last one.
 */
#ifndef RTLS_FUZZ_CONN_PEER_H
#define RTLS_FUZZ_CONN_PEER_H

#include "fuzz/fuzz.h"
#include "tcp/conn.h"
#include "tcp/ranges.h"

enum {
	CONN_PEER_LEN = 1 << 17, /* of our stream, at most */
	CONN_PEER_WAY = 64,      /* segments on their way; of more the oldest is lost */
	CONN_PEER_RECENT = 4,
};

struct conn_peer {
	uint64_t nxt; /* it has all below */
	uint64_t top; /* behind the highest that was sent to it */
	struct tcp_range way[CONN_PEER_WAY];
	uint32_t n;
	uint64_t
		recent[CONN_PEER_RECENT]; /* where something arrived behind a gap, the last first */
	struct tcp_range twice;           /* that came twice, and is not told */
	uint8_t has[CONN_PEER_LEN];
	uint8_t told[CONN_PEER_LEN]; /* by a block */
};

/* It has all below una, and the rest up to max is on its way. */
void conn_peer_begin(struct conn_peer *p, uint64_t una, uint64_t max);

/* We sent it [off, end). */
void conn_peer_sent(struct conn_peer *p, uint64_t off, uint64_t end);

/* Something arrives or is lost, as the input says. */
void conn_peer_step(struct conn_peer *p, struct fuzz_in *in);

/* All that is on its way arrives. */
void conn_peer_all(struct conn_peer *p);

/* What it says: the number, and up to `most` blocks. */
void conn_peer_ack(struct conn_peer *p, const struct tcp_conn *c, uint32_t most,
		   struct tcp_seg *seg);

/* Instead: a number and blocks near what matters, as the input says. */
void conn_peer_lie(const struct conn_peer *p, const struct tcp_conn *c, struct fuzz_in *in,
		   struct tcp_seg *seg);

/* Blocks were said, by this peer or by one that lies: each that lies within what was sent. */
void conn_peer_told(struct conn_peer *p, const struct tcp_conn *c, const struct tcp_seg *seg);

/* What the scoreboard takes to be there was told; and the other way round, where nothing made it forget. */
void conn_peer_check(const struct conn_peer *p, const struct tcp_conn *c, bool honest);

#endif
