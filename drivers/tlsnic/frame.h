/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The packets that pass the NIC: Ethernet, IPv4 and TCP headers, and the bytes of a
 * chain in order. What is not understood is no error here: the NIC lets it pass.
 */
#ifndef TLSNIC_FRAME_H
#define TLSNIC_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

enum {
	FRAME_ETHER_LEN = 14,
	FRAME_HDRS_MAX = FRAME_ETHER_LEN + 60 + 60, /* with all options of IPv4 and TCP */
};

enum frame_kind {
	FRAME_OTHER,
	FRAME_IPV4, /* whole, but no TCP segment that can be read: a fragment, another protocol */
	FRAME_TCP,
};

struct frame {
	uint8_t kind;     /* enum frame_kind */
	uint16_t l4_off;  /* FRAME_OTHER: 0 */
	uint16_t pay_off; /* behind all headers that are understood */
	uint32_t len;     /* without Ethernet padding */
	uint32_t pay_len;
	uint32_t seq;                /* FRAME_TCP */
	uint8_t hdr[FRAME_HDRS_MAX]; /* a copy of the first pay_off bytes */
};

void frame_read(const struct rte_mbuf *m, struct frame *f);

/* The port numbers and addresses as they stand in the headers. */
struct frame_flow {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

struct frame_flow frame_flow(const struct frame *f);

/*
 * Does the segment bring text of an open connection? With SYN or RST, or without ACK, every
 * receiver drops it (RFC 9293 3.10.7.4): what it says of the stream is then nobody's word.
 */
bool frame_brings_text(const struct frame *f);

/* Marks a received packet whose checksums nobody has looked at yet. */
void frame_verify(struct rte_mbuf *m, const struct frame *f);

/*
 * Fills in checksums of a frame in one piece, or leaves them to a port with these
 * PORT_CAP_*, with flags and lengths set. f gives the offsets.
 */
void frame_checksums(struct rte_mbuf *m, const struct frame *f, bool ipv4, bool tcp,
		     uint32_t port_caps);

/* Where a reader of a chain stands. */
struct cursor {
	const struct rte_mbuf *m;
	uint32_t off; /* in m */
};

/* off: at most the length of the chain. */
struct cursor cursor_at(const struct rte_mbuf *m, uint32_t off);

/* Up to *len bytes in one piece; *len becomes how many, 0: the chain ends. Moves on. */
const uint8_t *cursor_read(struct cursor *c, uint32_t *len);

#endif
