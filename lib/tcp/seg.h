/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TCP header codec (RFC 9293 3.1, options of RFC 7323 and 2018). 32-bit sequence
 * numbers exist here and at the entry of tcp_input only; everything above
 * counts in 64-bit stream offsets.
 */
#ifndef RTLS_TCP_SEG_H
#define RTLS_TCP_SEG_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

enum {
	TCP_HDR_MIN = 20,
	TCP_HDR_MAX = 60,
	TCP_TS_OPT_LEN = 12,  /* NOP NOP kind 8: the aligned form */
	TCP_SACKS_MAX = 4,    /* blocks of SACK in a header */
	TCP_SACKS_TS_MAX = 3, /* beside timestamps */
	TCP_MSS_DEFAULT_V4 = 536,
	TCP_WSCALE_MAX = 14, /* RFC 7323 2.3 */
	TCP_WND_MAX = 65535, /* the field's 16 bits, before the scale */
};

/* A block of SACK: bytes [start, end) that are there, end behind start on the circle of numbers. */
struct tcp_sack {
	uint32_t start;
	uint32_t end;
};

/* A parsed or planned segment, in host byte order. */
struct tcp_seg {
	uint32_t seq;
	uint32_t ack;
	uint32_t payload_len;
	uint32_t ts_val;
	uint32_t ts_ecr;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t wnd;     /* as on the wire, not scaled */
	uint16_t mss;     /* 0: option absent */
	uint16_t longest; /* payload of a packet, where several were joined (tcp/join); 0: one */
	uint8_t flags;
	uint8_t hdr_len; /* parse: bytes of header with options */
	bool has_ts;
	bool has_wscale;
	uint8_t wscale; /* clamped to TCP_WSCALE_MAX when parsed */
	bool sack_permitted;
	uint8_t nb_sacks;
	/* As far as nb_sacks says: who clears or copies a segment leaves out what is behind it. */
	struct tcp_sack sacks[TCP_SACKS_MAX];
};

static_assert(offsetof(struct tcp_seg, sacks) == 40, "cleared with each plan, and copied");

/* A segment without blocks, all else of it 0. */
static inline void
tcp_seg_clear(struct tcp_seg *seg)
{
	memset(seg, 0, offsetof(struct tcp_seg, sacks));
}

static inline void
tcp_seg_copy(struct tcp_seg *to, const struct tcp_seg *from)
{
	memcpy(to, from, offsetof(struct tcp_seg, sacks));
	if (from->nb_sacks > 0)
		memcpy(to->sacks, from->sacks, sizeof(to->sacks));
}

/* The longest payload that came in a packet of its own. */
static inline uint16_t
tcp_seg_longest(const struct tcp_seg *seg)
{
	/* A length of IP's is 16 bits. */
	return seg->longest != 0 ? seg->longest : (uint16_t)seg->payload_len;
}

/*
 * Reads the header at tcp; len is the length of header and payload as the IP
 * layer tells it. 0, or -EINVAL when a length does not fit. Unknown options are
 * skipped, a malformed one ends the walk (RFC 9293 MUST-4..7), a block of SACK
 * that holds nothing is left out. The checksum is the caller's matter.
 */
int tcp_seg_parse(const uint8_t *tcp, uint32_t len, struct tcp_seg *out);

/*
 * Writes header and options, checksum 0; returns the header's length. out has TCP_HDR_MAX bytes: of
 * the blocks of SACK the first go in, as many as there is room for.
 */
uint32_t tcp_seg_write(const struct tcp_seg *s, uint8_t *out);

#endif
