/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * ICMP (RFC 792): the answer to an echo request. The data plane turns the request
 * itself into the reply: swap the addresses, write the type, exchange the checksum;
 * the payload stays where it is.
 */
#ifndef RTLS_NET_ICMP_H
#define RTLS_NET_ICMP_H

#include <stdint.h>

enum {
	ICMP_HDR_LEN = 8,
	ICMP_CHECKSUM_OFF = 2,
	ICMP_TYPE_ECHO_REPLY = 0,
	ICMP_TYPE_ECHO = 8,
};

enum icmp_action {
	ICMP_IGNORE, /* all other types, errors included */
	ICMP_BAD,    /* shorter than its header */
	ICMP_REPLY,  /* as far as net/answer_limit allows (RFC 1122 3.2.2) */
};

/*
 * hdr is the header of a message of l4_len bytes, contiguous_len of them at
 * hdr. The checksum is not verified: the reply's is derived from the request's,
 * so that a wrong one stays wrong for whoever sent it.
 */
enum icmp_action icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len);

/* The checksum after the type changed from ICMP_TYPE_ECHO to ICMP_TYPE_ECHO_REPLY (RFC 1624). */
uint16_t icmp_echo_reply_checksum(uint16_t old_checksum);

#endif
