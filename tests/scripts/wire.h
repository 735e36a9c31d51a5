/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* TCP headers in bytes, written and read apart from the library, by RFC 9293 3.1, 2018 and 7323 alone. */
#ifndef RTLS_SCRIPTS_WIRE_H
#define RTLS_SCRIPTS_WIRE_H

#include <stdint.h>

#include "scripts/packet.h"

enum {
	WIRE_HDR_MAX = 60,
	WIRE_LEN_MAX = WIRE_HDR_MAX + 65535,
};

/* Writes p, whose numbers are absolute, with its payload, checksum 0; returns the length. stream_seq: the script's number of the first payload byte. */
uint32_t wire_write(const struct packet *p, uint16_t src_port, uint16_t dst_port,
		    uint32_t stream_seq, uint8_t *out);

/* Reads a header; NULL, or what is wrong with it. *payload is where that begins. */
const char *wire_read(const uint8_t *bytes, uint32_t len, struct packet *out,
		      const uint8_t **payload);

#endif
