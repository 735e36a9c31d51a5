/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A reader of Ethernet, IPv4 and TCP headers for checkers: written apart from
 * the library, and stricter than a receiver would be.
 */
#ifndef RTLS_SIM_FRAME_H
#define RTLS_SIM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FRAME_FIN = 0x01,
	FRAME_SYN = 0x02,
	FRAME_RST = 0x04,
	FRAME_PSH = 0x08,
	FRAME_ACK = 0x10,
};

struct frame {
	bool is_tcp; /* else ARP, and nothing below is valid */
	uint32_t src_ip;
	uint32_t dst_ip;
	uint16_t ip_len;
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint8_t opt_len;
	uint16_t wnd; /* as on the wire */
	uint16_t mss; /* 0: no such option */
	int wscale;   /* -1: no such option */
	bool has_ts;
	uint32_t ts_val; /* RFC 7323 3.2 */
	const uint8_t *payload;
	uint32_t payload_len;
};

/* NULL, or what is wrong with the frame: lengths, checksums, options. */
const char *frame_parse(const uint8_t *bytes, uint32_t len, struct frame *out);

#endif
