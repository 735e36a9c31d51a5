/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * ICMP (RFC 792): the answer to an echo request, and what routers and hosts say of
 * packets of ours. The data plane turns an echo request itself into the reply: swap
 * the addresses, write the type, exchange the checksum; the payload stays where it is.
 */
#ifndef RTLS_NET_ICMP_H
#define RTLS_NET_ICMP_H

#include <stdint.h>

#include "net/addr.h"

enum {
	ICMP_HDR_LEN = 8,
	ICMP_QUOTE_LEN = 28, /* IPv4 header without options, and 8 bytes of TCP (RFC 792) */
	ICMP_CHECKSUM_OFF = 2,
	ICMP_TYPE_ECHO_REPLY = 0,
	ICMP_TYPE_UNREACHABLE = 3,
	ICMP_TYPE_ECHO = 8,
	ICMP_TYPE_TIME_EXCEEDED = 11,
	ICMP_TYPE_PARAMETER = 12,
	ICMP_CODE_NET = 0, /* of unreachable, as those that follow */
	ICMP_CODE_HOST = 1,
	ICMP_CODE_PROTOCOL = 2,
	ICMP_CODE_PORT = 3,
	ICMP_CODE_TOO_BIG = 4,
	ICMP_CODE_HOST_UNKNOWN = 7,
	ICMP_CODE_NET_PROHIBITED = 9,
	ICMP_CODE_HOST_PROHIBITED = 10,
	ICMP_CODE_HOST_TOS = 12,
	ICMP_CODE_PROHIBITED = 13,
	ICMP_CODE_PRECEDENCE = 14,
	ICMP_CODE_CUTOFF = 15, /* the last one: RFC 1812 5.2.7.1 */
	ICMP_MTU_MIN = 576,    /* no path is taken for less (RFC 791: what every host takes) */
};

enum icmp_action {
	ICMP_IGNORE, /* all other types, source quench among them (RFC 6633) */
	ICMP_BAD,    /* shorter than its header */
	ICMP_REPLY,  /* as far as net/answer_limit allows (RFC 1122 3.2.2) */
	ICMP_ERROR,  /* for icmp_error_parse, if its checksum is right */
};

/*
 * hdr is the header of a message of l4_len bytes, contiguous_len of them at
 * hdr. The checksum is not verified: the reply's is derived from the request's,
 * so that a wrong one stays wrong for whoever sent it.
 */
enum icmp_action icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len);

/* A packet of ours did not arrive, says somebody. */
struct icmp_error {
	uint8_t type; /* ICMP_TYPE_UNREACHABLE, TIME_EXCEEDED, PARAMETER */
	uint8_t code;
	uint16_t mtu; /* unreachable, TOO_BIG: of the next hop, at least ICMP_MTU_MIN; else 0 */
	uint32_t seq; /* of the TCP segment that is quoted */
	struct net_tuple tuple; /* its connection, as this host sees it */
};

/*
 * Reads what ICMP_ERROR said; lengths as in icmp_input. A router that names no MTU (RFC 1191
 * 4: 0) is taken for one of the next plateau below the packet that it quotes. 0, or -EINVAL: it
 * quotes no TCP segment of ours, which have no IP options and are no fragments. Anybody may have
 * made it: whether the segment was sent, and by whom, is the caller's question (RFC 5927 4.1).
 */
int icmp_error_parse(const uint8_t *msg, uint32_t contiguous_len, uint32_t l4_len,
		     struct icmp_error *out);

/* The checksum after the type changed from ICMP_TYPE_ECHO to ICMP_TYPE_ECHO_REPLY (RFC 1624). */
uint16_t icmp_echo_reply_checksum(uint16_t old_checksum);

#endif
