/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Frames from the peer's side: a writer that can do everything wrong, and a reader that takes
 * what RFC 791, RFC 1122 and RFC 9293 tell a receiver to take. Both are written apart from the
 * library.
 */
#ifndef RTLS_FUZZ_WIRE_H
#define RTLS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WIRE_MTU = 1500,
	WIRE_FRAME_MAX = 14 + WIRE_MTU,
	WIRE_OPTS_MAX = 40,
	WIRE_IP_OURS = 0x0a000001, /* the stack's: 10.0.0.1/24 */
	WIRE_IP_PEER = 0x0a000002,
};

enum {
	WIRE_FIN = 0x01,
	WIRE_SYN = 0x02,
	WIRE_RST = 0x04,
	WIRE_PSH = 0x08,
	WIRE_ACK = 0x10,
};

/* What is wrong with a frame, or unusual; a set of bits. */
enum {
	WIRE_BAD_TCP_SUM = 1 << 0,
	WIRE_BAD_IP_SUM = 1 << 1,
	WIRE_IP_OPTIONS = 1 << 2,
	WIRE_PADDED = 1 << 3,
	WIRE_FRAGMENT = 1 << 4,
	WIRE_IP_SHORT = 1 << 5, /* the total length leaves out bytes */
	WIRE_IP_LONG = 1 << 6,  /* it promises more than there are */
	WIRE_BAD_DATA_OFF = 1 << 7,
};

/* A TCP segment, as it is written or was read. */
struct wire_seg {
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint16_t wnd;
	uint8_t flags;
	bool has_ts;
	uint32_t ts_val;
	uint32_t ts_ecr;
	const uint8_t *payload;
	uint32_t payload_len;
};

/* Writes a frame; opts_len bytes of TCP options, a multiple of 4. Returns its length. */
uint32_t wire_write(const struct wire_seg *s, const uint8_t *opts, uint32_t opts_len,
		    uint32_t oddities, uint8_t out[WIRE_FRAME_MAX]);

/* False: a host drops it, or it is no TCP segment from the peer to the stack. */
bool wire_read(const uint8_t *frame, uint32_t len, struct wire_seg *out);

/* Who has WIRE_IP_OURS (or an answer), from a station with this last byte of its MAC. */
uint32_t wire_arp(bool reply, uint8_t mac_end, uint32_t sender_ip, uint8_t out[WIRE_FRAME_MAX]);

uint32_t wire_echo(uint8_t type, uint32_t len, uint8_t out[WIRE_FRAME_MAX]);

/* NULL, or what is wrong with a frame of the stack's that is no TCP segment. */
const char *wire_check_other(const uint8_t *frame, uint32_t len);

#endif
