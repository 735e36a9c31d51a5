/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * ICMP (RFC 792): the answer to an echo request, at a bounded rate (RFC 1122
 * 3.2.2). The data plane turns the request itself into the reply: swap the
 * addresses, write the type, exchange the checksum; the payload stays where it is.
 */
#ifndef RTLS_NET_ICMP_H
#define RTLS_NET_ICMP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ICMP_HDR_LEN = 8,
	ICMP_CHECKSUM_OFF = 2,
	ICMP_TYPE_ECHO_REPLY = 0,
	ICMP_TYPE_ECHO = 8,
};

/* A token bucket. */
struct icmp_limit {
	uint64_t filled_us;   /* tokens are counted up to here */
	uint32_t interval_us; /* one token each */
	uint32_t burst;
	uint32_t tokens;
};

/* burst replies at once, one per interval_us in the long run; both at least 1. Starts full. */
void icmp_limit_init(struct icmp_limit *l, uint32_t interval_us, uint32_t burst, uint64_t now_us);

/* Takes a token; false: none is left. Time that runs backwards gives none. */
bool icmp_limit_take(struct icmp_limit *l, uint64_t now_us);

enum icmp_action {
	ICMP_IGNORE,  /* all other types, errors included */
	ICMP_BAD,     /* shorter than its header */
	ICMP_LIMITED, /* an echo request beyond the rate: drop */
	ICMP_REPLY,
};

/*
 * hdr is the header of a message of l4_len bytes, contiguous_len of them at
 * hdr. The checksum is not verified: the reply's is derived from the request's,
 * so that a wrong one stays wrong for whoever sent it.
 */
enum icmp_action icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len,
			    struct icmp_limit *limit, uint64_t now_us);

/* The checksum after the type changed from ICMP_TYPE_ECHO to ICMP_TYPE_ECHO_REPLY (RFC 1624). */
uint16_t icmp_echo_reply_checksum(uint16_t old_checksum);

#endif
