/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A segment as scripts speak of it. Sequence numbers are modulo 2^32, and there relative to the SYN of
 * their side, which is 0: data begins at 1. On the wire they are absolute.
 */
#ifndef RTLS_SCRIPTS_PACKET_H
#define RTLS_SCRIPTS_PACKET_H

#include <stdint.h>

enum {
	PACKET_FIN = 0x01,
	PACKET_SYN = 0x02,
	PACKET_RST = 0x04,
	PACKET_PSH = 0x08,
	PACKET_ACK = 0x10,
	PACKET_URG = 0x20,
	PACKET_ECE = 0x40,
	PACKET_CWR = 0x80,
};

/* What a packet has beside its flags: in a script, what is said of it. */
enum {
	PACKET_HAS_SEQ = 1 << 0,
	PACKET_HAS_LEN = 1 << 1,
	PACKET_HAS_ACK = 1 << 2,
	PACKET_HAS_WIN = 1 << 3,
	PACKET_HAS_URGENT = 1 << 4,
	PACKET_HAS_MSS = 1 << 5,
	PACKET_HAS_WSCALE = 1 << 6,
	PACKET_HAS_SACKOK = 1 << 7,
	PACKET_HAS_TS = 1 << 8,
	PACKET_HAS_SACK = 1 << 9,
	PACKET_HAS_RAW = 1 << 10,
	PACKET_HAS_OFFSET = 1 << 11,
	PACKET_OPTIONS = PACKET_HAS_MSS | PACKET_HAS_WSCALE | PACKET_HAS_SACKOK | PACKET_HAS_TS |
			 PACKET_HAS_SACK,
};

enum {
	PACKET_SACK_MAX = 4,
	PACKET_RAW_MAX = 40,
	PACKET_TEXT_MAX = 256,
};

struct packet_block {
	uint32_t start;
	uint32_t end; /* behind the last byte */
};

struct packet {
	uint32_t has; /* PACKET_HAS_* */
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint32_t ts_val;
	uint32_t ts_ecr;
	uint16_t win; /* as on the wire, not scaled */
	uint16_t urgent;
	uint16_t mss;
	uint8_t flags;
	uint8_t wscale;
	uint8_t other; /* 1: payload with other bytes than the stream's */
	uint8_t only;  /* 1: no options but those that are said */
	uint8_t fresh; /* 1: the first SYN of another connection, whose number becomes 0 */
	uint8_t nb_sack;
	uint8_t offset; /* in place of the right one, in words of 32 bits */
	uint8_t raw_len;
	uint8_t raw[PACKET_RAW_MAX]; /* options behind the others, as they are */
	struct packet_block sack[PACKET_SACK_MAX];
};

/* Bytes of options when it is written. */
uint32_t packet_options_len(const struct packet *p);

/* The word of a set of flags, or of one that has no bit: "none". */
const char *packet_flags_text(uint8_t flags, char out[PACKET_TEXT_MAX]);

/* As a script would say it; out. */
const char *packet_text(const struct packet *p, char out[PACKET_TEXT_MAX]);

/* The byte of a stream at an offset: data begins at 1, as in scripts. */
static inline uint8_t
packet_byte(uint32_t seq)
{
	return (uint8_t)((seq * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

#endif
