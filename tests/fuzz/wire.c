/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/wire.h"

#include <string.h>

#include "support/net_bytes.h"

enum { ETHER = 14, IP = 20, TCP = 20, ARP_LEN = 28, ICMP = 8 };

static const uint8_t mac_ours[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac_peer[6] = { 2, 0, 0, 0, 0, 2 };

static void
put_ether(uint8_t *out, const uint8_t dst[6], uint32_t type)
{
	memcpy(out, dst, 6);
	memcpy(out + 6, mac_peer, 6);
	put16(out + 12, type);
}

/* Returns the header's length. */
static uint32_t
put_ip(uint8_t *ip, uint8_t proto, uint32_t l4_len, uint32_t oddities)
{
	uint32_t hdr_len = IP + ((oddities & WIRE_IP_OPTIONS) != 0 ? 8 : 0);
	uint32_t total = hdr_len + l4_len;

	if (oddities & WIRE_IP_SHORT)
		total -= l4_len / 2;
	if (oddities & WIRE_IP_LONG)
		total += 40;
	memset(ip, 1, hdr_len); /* options: no-operation */
	ip[0] = (uint8_t)(0x40 | hdr_len / 4);
	ip[1] = 0;
	put16(ip + 2, total);
	put16(ip + 4, 0x1234);
	put16(ip + 6, (oddities & WIRE_FRAGMENT) != 0 ? 0x2000 : 0x4000);
	ip[8] = 64;
	ip[9] = proto;
	put16(ip + 10, 0);
	put32(ip + 12, WIRE_IP_PEER);
	put32(ip + 16, WIRE_IP_OURS);
	put16(ip + 10, ~ones_sum(0, ip, hdr_len) ^ ((oddities & WIRE_BAD_IP_SUM) != 0 ? 1 : 0));
	return hdr_len;
}

static uint32_t
pseudo_sum(const uint8_t *ip, uint32_t l4_len)
{
	return ones_sum(6 + l4_len, ip + 12, 8);
}

uint32_t
wire_write(const struct wire_seg *s, const uint8_t *opts, uint32_t opts_len, uint32_t oddities,
	   uint8_t out[WIRE_FRAME_MAX])
{
	uint32_t tcp_len = TCP + opts_len, l4_len = tcp_len + s->payload_len, len;
	uint8_t *ip = out + ETHER, *tcp;

	put_ether(out, mac_ours, 0x0800);
	tcp = ip + put_ip(ip, 6, l4_len, oddities);
	put16(tcp, s->src_port);
	put16(tcp + 2, s->dst_port);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)(((oddities & WIRE_BAD_DATA_OFF) != 0 ? 15 : tcp_len / 4) << 4);
	tcp[13] = s->flags;
	put16(tcp + 14, s->wnd);
	put32(tcp + 16, 0);
	if (opts_len > 0)
		memcpy(tcp + TCP, opts, opts_len);
	if (s->payload_len > 0)
		memcpy(tcp + tcp_len, s->payload, s->payload_len);
	/* What the IP header leaves out is no part of the segment. */
	if (oddities & WIRE_IP_SHORT)
		l4_len -= l4_len / 2;
	put16(tcp + 16, ~ones_sum(pseudo_sum(ip, l4_len), tcp, l4_len) ^
				((oddities & WIRE_BAD_TCP_SUM) != 0 ? 1 : 0));
	len = (uint32_t)(tcp - out) + tcp_len + s->payload_len;
	if ((oddities & WIRE_PADDED) != 0 && len + 6 <= WIRE_FRAME_MAX) {
		memset(out + len, 0x5a, 6);
		len += 6;
	}
	return len;
}

/* RFC 7323 3.2; the first option of a kind counts, a malformed one ends the walk. */
static void
read_options(const uint8_t *o, uint32_t len, struct wire_seg *out)
{
	uint32_t i = 0, n;

	while (i < len && o[i] != 0) {
		n = o[i] == 1 ? 1 : i + 1 < len ? o[i + 1] : 0;
		if (n == 0 || (o[i] != 1 && n < 2) || i + n > len)
			return;
		if (o[i] == 8 && n == 10 && !out->has_ts) {
			out->has_ts = true;
			out->ts_val = get32(o + i + 2);
			out->ts_ecr = get32(o + i + 6);
		}
		i += n;
	}
}

static bool
read_tcp(const uint8_t *ip, const uint8_t *tcp, uint32_t len, struct wire_seg *out)
{
	uint32_t hdr_len;

	if (len < TCP || ones_sum(pseudo_sum(ip, len), tcp, len) != 0xffff)
		return false;
	hdr_len = (tcp[12] >> 4) * 4u;
	if (hdr_len < TCP || hdr_len > len)
		return false;
	*out = (struct wire_seg){
		.src_port = (uint16_t)get16(tcp),
		.dst_port = (uint16_t)get16(tcp + 2),
		.seq = get32(tcp + 4),
		.ack = get32(tcp + 8),
		.flags = tcp[13],
		.wnd = (uint16_t)get16(tcp + 14),
		.payload = tcp + hdr_len,
		.payload_len = len - hdr_len,
	};
	read_options(tcp + TCP, hdr_len - TCP, out);
	return true;
}

bool
wire_read(const uint8_t *frame, uint32_t len, struct wire_seg *out)
{
	const uint8_t *ip = frame + ETHER;
	uint32_t hdr_len, total;

	if (len < ETHER + IP || get16(frame + 12) != 0x0800 || (frame[0] & 1) != 0 ||
	    (frame[6] & 1) != 0)
		return false;
	hdr_len = (ip[0] & 15) * 4u;
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4 || hdr_len < IP || total < hdr_len || total > len - ETHER ||
	    ones_sum(0, ip, hdr_len) != 0xffff || (get16(ip + 6) & 0x3fff) != 0)
		return false;
	if (ip[9] != 6 || get32(ip + 12) != WIRE_IP_PEER || get32(ip + 16) != WIRE_IP_OURS)
		return false;
	return read_tcp(ip, ip + hdr_len, total - hdr_len, out);
}

uint32_t
wire_arp(bool reply, uint8_t mac_end, uint32_t sender_ip, uint8_t out[WIRE_FRAME_MAX])
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint8_t *arp = out + ETHER;

	memset(out, 0, ETHER + ARP_LEN);
	put_ether(out, reply ? mac_ours : all, 0x0806);
	out[11] = mac_end;
	put16(arp, 1);
	put16(arp + 2, 0x0800);
	arp[4] = 6;
	arp[5] = 4;
	put16(arp + 6, reply ? 2 : 1);
	memcpy(arp + 8, out + 6, 6);
	put32(arp + 14, sender_ip);
	if (reply)
		memcpy(arp + 18, mac_ours, 6);
	put32(arp + 24, WIRE_IP_OURS);
	return ETHER + ARP_LEN;
}

uint32_t
wire_echo(uint8_t type, uint32_t len, uint8_t out[WIRE_FRAME_MAX])
{
	uint8_t *icmp = out + ETHER + IP;

	put_ether(out, mac_ours, 0x0800);
	put_ip(out + ETHER, 1, ICMP + len, 0);
	memset(icmp, 0x33, ICMP + len);
	put32(icmp, (uint32_t)type << 24);
	put16(icmp + 2, ~ones_sum(0, icmp, ICMP + len));
	return ETHER + IP + ICMP + len;
}

const char *
wire_check_other(const uint8_t *frame, uint32_t len)
{
	const uint8_t *ip = frame + ETHER;
	uint32_t total;

	if (len < ETHER + ARP_LEN)
		return "a frame cut short";
	if (get16(frame + 12) == 0x0806)
		return NULL;
	total = get16(ip + 2);
	if (get16(frame + 12) != 0x0800 || ip[0] != 0x45 || total > len - ETHER || ip[9] != 1)
		return "neither TCP, ARP nor ICMP";
	if (ones_sum(0, ip, IP) != 0xffff || get32(ip + 12) != WIRE_IP_OURS)
		return "a wrong IPv4 header";
	/* Its checksum follows the request's, right or wrong (net/icmp.h). */
	return total < IP + ICMP || ip[IP] != 0 ? "no echo reply" : NULL;
}
