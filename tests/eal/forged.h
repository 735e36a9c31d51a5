/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Frames that no stack of ours made: from addresses of the test's choice, checksums right. */
#ifndef RTLS_EAL_FORGED_H
#define RTLS_EAL_FORGED_H

#include <stdint.h>
#include <string.h>

#include "support/net_bytes.h"

enum {
	FORGED_ETHER = 14,
	FORGED_IP = 20,
	FORGED_MAX = 1514,
};

struct forged {
	uint8_t bytes[FORGED_MAX];
	uint32_t len;
};

/* Lengths and checksums of the IPv4 packet, for what it carries. */
static inline void
forged_finish(struct forged *f, uint32_t len)
{
	uint8_t *ip = f->bytes + FORGED_ETHER, *l4 = ip + FORGED_IP;
	uint32_t l4_len = len - FORGED_ETHER - FORGED_IP;

	f->len = len;
	put16(ip + 2, len - FORGED_ETHER);
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, FORGED_IP));
	if (ip[9] == 6) {
		put16(l4 + 16, 0);
		put16(l4 + 16, ~ones_sum(ones_sum(6 + l4_len, ip + 12, 8), l4, l4_len));
	} else {
		put16(l4 + 2, 0);
		put16(l4 + 2, ~ones_sum(0, l4, l4_len));
	}
}

/* Ethernet and IPv4 headers; what follows is 0. */
static inline uint8_t *
forged_start(struct forged *f, const uint8_t dst[6], const uint8_t src[6], uint32_t src_ip,
	     uint32_t dst_ip, uint8_t proto)
{
	uint8_t *ip = f->bytes + FORGED_ETHER;

	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, dst, 6);
	memcpy(f->bytes + 6, src, 6);
	put16(f->bytes + 12, 0x0800);
	ip[0] = 0x45;
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src_ip);
	put32(ip + 16, dst_ip);
	return ip + FORGED_IP;
}

static inline void
forged_echo(struct forged *f, const uint8_t dst[6], const uint8_t src[6], uint32_t src_ip,
	    uint32_t dst_ip)
{
	forged_start(f, dst, src, src_ip, dst_ip, 1)[0] = 8;
	forged_finish(f, FORGED_ETHER + FORGED_IP + 8 + 16);
}

/* An ICMP error about a frame, of which it quotes what RFC 792 wants; returns the message, for more. */
static inline uint8_t *
forged_icmp(struct forged *f, const uint8_t dst[6], const uint8_t src[6], uint32_t src_ip,
	    uint32_t dst_ip, uint8_t type, uint8_t code, const uint8_t *about)
{
	uint8_t *icmp = forged_start(f, dst, src, src_ip, dst_ip, 1);

	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 8, about + FORGED_ETHER, 28);
	forged_finish(f, FORGED_ETHER + FORGED_IP + 36);
	return icmp;
}

/* A segment without options and payload. */
static inline void
forged_tcp(struct forged *f, const uint8_t dst[6], const uint8_t src[6], uint32_t src_ip,
	   uint32_t dst_ip, uint32_t ports, uint8_t flags, uint32_t seq)
{
	uint8_t *tcp = forged_start(f, dst, src, src_ip, dst_ip, 6);

	put32(tcp, ports); /* source, destination */
	put32(tcp + 4, seq);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 60000);
	forged_finish(f, FORGED_ETHER + FORGED_IP + 20);
}

/* Who has dst_ip? */
static inline void
forged_arp(struct forged *f, const uint8_t src[6], uint32_t src_ip, uint32_t dst_ip)
{
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(f, 0, sizeof(*f));
	memset(f->bytes, 0xff, 6);
	memcpy(f->bytes + 6, src, 6);
	put16(f->bytes + 12, 0x0806);
	memcpy(f->bytes + 14, head, sizeof(head));
	memcpy(f->bytes + 22, src, 6);
	put32(f->bytes + 28, src_ip);
	put32(f->bytes + 38, dst_ip);
	f->len = 60;
}

/* A genuine segment with its headers and options; numbers relative to those that come next. */
static inline void
forged_like(struct forged *f, const struct forged *from, uint8_t flags, int32_t seq, int32_t ack,
	    uint32_t payload_len)
{
	const uint8_t *was = from->bytes + FORGED_ETHER + FORGED_IP;
	uint32_t hdrs = FORGED_ETHER + FORGED_IP + (was[12] >> 4) * 4u;
	uint32_t ip_len = get16(from->bytes + 16);
	uint32_t next = get32(was + 4) + FORGED_ETHER + ip_len - hdrs;
	uint8_t *tcp = f->bytes + FORGED_ETHER + FORGED_IP;

	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, from->bytes, hdrs);
	if (was[13] & 3) /* SYN or FIN */
		next++;
	put32(tcp + 4, next + (uint32_t)seq);
	put32(tcp + 8, get32(was + 8) + (uint32_t)ack);
	tcp[13] = flags;
	forged_finish(f, hdrs + payload_len);
}

#endif
