/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/frame.h"

#include <stddef.h>

#include "support/net_bytes.h"

enum {
	ETHER_LEN = 14,
	IP_LEN = 20,
	TCP_LEN = 20,
};

static const char *
parse_options(const uint8_t *opt, uint32_t len, struct frame *out)
{
	for (uint32_t i = 0; i < len && opt[i] != 0; i += opt[i] == 1 ? 1 : opt[i + 1]) {
		if (opt[i] == 1)
			continue;
		if (i + 1 >= len || opt[i + 1] < 2 || i + opt[i + 1] > len)
			return "a TCP option with a wrong length";
		if ((opt[i] == 2 || opt[i] == 3) && (out->flags & FRAME_SYN) == 0)
			return "a TCP option that belongs on SYN only";
		if ((opt[i] == 2 && opt[i + 1] != 4) || (opt[i] == 3 && opt[i + 1] != 3) ||
		    (opt[i] == 8 && opt[i + 1] != 10))
			return "a known TCP option of the wrong size";
		if (opt[i] == 2)
			out->mss = (uint16_t)get16(opt + i + 2);
		if (opt[i] == 3)
			out->wscale = opt[i + 2];
		if (opt[i] == 8) {
			out->has_ts = true;
			out->ts_val = get32(opt + i + 2);
		}
	}
	return NULL;
}

static const char *
parse_tcp(const uint8_t *tcp, uint32_t len, struct frame *out)
{
	uint32_t hdr_len;

	if (len < TCP_LEN)
		return "a TCP header cut short";
	hdr_len = (uint32_t)(tcp[12] >> 4) * 4;
	if (hdr_len < TCP_LEN || hdr_len > len)
		return "a wrong TCP data offset";
	if ((tcp[12] & 0x0f) != 0)
		return "reserved TCP bits";
	out->src_port = (uint16_t)get16(tcp);
	out->dst_port = (uint16_t)get16(tcp + 2);
	out->seq = get32(tcp + 4);
	out->ack = get32(tcp + 8);
	out->flags = tcp[13];
	out->wnd = (uint16_t)get16(tcp + 14);
	out->opt_len = (uint8_t)(hdr_len - TCP_LEN);
	out->payload = tcp + hdr_len;
	out->payload_len = len - hdr_len;
	return parse_options(tcp + TCP_LEN, out->opt_len, out);
}

const char *
frame_parse(const uint8_t *bytes, uint32_t len, struct frame *out)
{
	const uint8_t *ip = bytes + ETHER_LEN;
	uint32_t hdr_len, tcp_len, pseudo;

	*out = (struct frame){ .wscale = -1 };
	if (len < ETHER_LEN + IP_LEN)
		return "a frame cut short";
	if (get16(bytes + 12) == 0x0806)
		return NULL;
	if (get16(bytes + 12) != 0x0800)
		return "an Ethernet type that nobody asked for";
	hdr_len = (uint32_t)(ip[0] & 0x0f) * 4;
	out->ip_len = (uint16_t)get16(ip + 2);
	if (ip[0] >> 4 != 4 || hdr_len < IP_LEN || hdr_len > out->ip_len ||
	    out->ip_len > len - ETHER_LEN)
		return "wrong IPv4 lengths";
	if (ones_sum(0, ip, hdr_len) != 0xffff)
		return "a wrong IPv4 checksum";
	if ((get16(ip + 6) & 0x3fff) != 0)
		return "an IPv4 fragment";
	if (ip[8] == 0)
		return "an IPv4 time to live of 0";
	if (ip[9] != 6)
		return "an IP protocol that nobody asked for";
	out->src_ip = get32(ip + 12);
	out->dst_ip = get32(ip + 16);
	tcp_len = out->ip_len - hdr_len;
	pseudo = ones_sum(6 + tcp_len, ip + 12, 8);
	if (ones_sum(pseudo, ip + hdr_len, tcp_len) != 0xffff)
		return "a wrong TCP checksum";
	out->is_tcp = true;
	return parse_tcp(ip + hdr_len, tcp_len, out);
}
