/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Frames below TCP: Ethernet, IPv4, ARP and ICMP. What ether_ip_parse says is checked against
 * the frame read anew, byte by byte. ARP packets, look-ups, TCP's word for or against a
 * neighbour and time drive one table; of every address a plain list remembers all MACs that were
 * ever claimed for it, and when it was asked for.
 *
 * Input: a row of steps.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "net/answer_limit.h"
#include "net/arp.h"
#include "net/checksum.h"
#include "net/ether_ip.h"
#include "net/icmp.h"

enum {
	STEPS_MAX = 200,
	ENTRIES = 16, /* two sets */
	HOSTS = 40,   /* addresses that are tried: more than entries */
	MACS = 4,
	FRAME_MAX = 256,
	ECHO_PER_REMOTE = 7, /* a second */
	ECHO_PER_STACK = 50,
};

#define OWN_IP   UINT32_C(0x0a000001)
#define NETMASK  UINT32_C(0xffffffc0)
#define START_US UINT64_C(5000000)

/* What the list knows of an address. */
struct host {
	bool claimed[MACS]; /* in ARP, by this MAC */
	uint64_t asked_us;  /* when a request went out last; 0: never */
};

static struct world {
	struct arp_table table;
	struct arp_entry entries[ENTRIES];
	struct host hosts[HOSTS];
	struct answer_limit limit;
	struct answer_remote remotes[ANSWER_WAYS];
	uint64_t now_us;
	uint64_t echo_sent;
} w;

static const struct arp_own own[] = { { OWN_IP, NETMASK }, { OWN_IP + 1, NETMASK } };
static const uint8_t own_mac[NET_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

/* --- Ethernet and IPv4 --------------------------------------------------------- */

static unsigned int
be16(const uint8_t *p)
{
	return p[0] * 256u + p[1];
}

/* RFC 1071, one 16-bit word at a time. */
static unsigned int
ones_sum(const uint8_t *p, unsigned int len)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i + 1 < len; i += 2) {
		sum += be16(p + i);
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static bool
host_may_have(const uint8_t *ip)
{
	return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

/* Each place where an option begins, marked; then looked for. */
static bool
has_source_route(const uint8_t *opt, unsigned int len)
{
	bool begins[41] = { true };

	for (unsigned int i = 0; i < len; i++) {
		if (!begins[i] || opt[i] == 0)
			continue;
		if (opt[i] == 131 || opt[i] == 137)
			return true;
		if (opt[i] == 1)
			begins[i + 1] = true;
		else if (i + 1 < len && opt[i + 1] >= 2 && i + opt[i + 1] <= len)
			begins[i + opt[i + 1]] = true;
	}
	return false;
}

/* Why a frame must be refused, or 0; all of it is at f. */
static int
expected(const uint8_t *f, unsigned int len, enum ether_ip_csum csum)
{
	const uint8_t *ip = f + 14;
	unsigned int hdr;

	if (len < 14)
		return -EINVAL;
	if (be16(f + 12) != 0x0800 && be16(f + 12) != 0x0806)
		return -EPROTONOSUPPORT;
	if (f[6] & 1)
		return -EADDRNOTAVAIL;
	if (be16(f + 12) == 0x0806)
		return 0;
	hdr = len >= 34 ? (ip[0] & 15u) * 4 : 0;
	if (len < 34 || ip[0] >> 4 != 4 || hdr < 20 || be16(ip + 2) < hdr ||
	    be16(ip + 2) > len - 14)
		return -EINVAL;
	if (csum == ETHER_IP_CSUM_VERIFY && ones_sum(ip, hdr) != 0xffff)
		return -EINVAL;
	if (be16(ip + 6) & 0x3fff)
		return -EOPNOTSUPP;
	if (!host_may_have(ip + 12) || !host_may_have(ip + 16) || (f[0] & 1))
		return -EADDRNOTAVAIL;
	return has_source_route(ip + 20, hdr - 20) ? -EACCES : 0;
}

static void
check_parsed(const uint8_t *f, unsigned int len, const struct ether_ip_rx *rx)
{
	const uint8_t *ip = f + 14;

	FUZZ_CHECK(memcmp(rx->dst_mac, f, 6) == 0 && memcmp(rx->src_mac, f + 6, 6) == 0);
	FUZZ_CHECK(rx->l3_off == 14 && rx->ether_type == be16(f + 12));
	if (rx->ether_type == ETHER_TYPE_ARP)
		return;
	FUZZ_CHECK(rx->l4_off == 14 + (ip[0] & 15) * 4);
	FUZZ_CHECK((unsigned int)rx->l4_off + rx->l4_len <= len);
	FUZZ_CHECK((unsigned int)rx->l4_off + rx->l4_len == 14 + be16(ip + 2));
	FUZZ_CHECK(memcmp(rx->src.b + 12, ip + 12, 4) == 0);
	FUZZ_CHECK(memcmp(rx->dst.b + 12, ip + 16, 4) == 0);
	FUZZ_CHECK(net_addr_is_v4(&rx->src) && net_addr_is_v4(&rx->dst));
	FUZZ_CHECK(rx->ip_proto == ip[9] && rx->ttl == ip[8] && rx->tos == ip[1]);
}

/* What is quoted, read anew; never a byte behind what is there. */
static void
icmp_error(const uint8_t *msg, uint32_t len)
{
	struct icmp_error e;
	bool too_big;
	uint8_t *exact = malloc(len);
	bool ours = len >= 36 && msg[8] == 0x45 && (be16(msg + 14) & 0x3fff) == 0 && msg[17] == 6;

	FUZZ_CHECK(exact != NULL);
	memcpy(exact, msg, len);
	FUZZ_CHECK(icmp_error_parse(exact, len, len, &e) == (ours ? 0 : -EINVAL));
	free(exact);
	if (!ours)
		return;
	FUZZ_CHECK(e.code == msg[1] && e.tuple.local_port == be16(msg + 28) &&
		   e.tuple.remote_port == be16(msg + 30) &&
		   e.seq == be16(msg + 32) * 65536u + be16(msg + 34));
	FUZZ_CHECK(memcmp(e.tuple.local.b + 12, msg + 20, 4) == 0 &&
		   memcmp(e.tuple.remote.b + 12, msg + 24, 4) == 0);
	too_big = msg[0] == 3 && msg[1] == 4;
	FUZZ_CHECK(e.type == msg[0]);
	FUZZ_CHECK(too_big ? e.mtu >= 576 : e.mtu == 0);
	FUZZ_CHECK(!too_big || be16(msg + 6) < 576 || e.mtu == be16(msg + 6));
}

static void
icmp_frame(const uint8_t *f, const struct ether_ip_rx *rx)
{
	const uint8_t *msg = f + rx->l4_off;
	enum icmp_action act = icmp_input(msg, rx->l4_len, rx->l4_len);
	uint8_t reply[FRAME_MAX];
	unsigned int even = rx->l4_len & ~1u;

	FUZZ_CHECK((act == ICMP_BAD) == (rx->l4_len < 8));
	if (act == ICMP_BAD)
		return;
	FUZZ_CHECK((act == ICMP_REPLY) == (msg[0] == 8 && msg[1] == 0));
	FUZZ_CHECK((act == ICMP_ERROR) ==
		   ((msg[0] == 3 && msg[1] < 16) || (msg[0] == 11 && msg[1] < 2) ||
		    (msg[0] == 12 && msg[1] < 3)));
	if (act == ICMP_ERROR)
		icmp_error(msg, rx->l4_len);
	if (act != ICMP_REPLY || !answer_limit_take(&w.limit, ANSWER_ECHO, &rx->src, w.now_us))
		return;
	w.echo_sent++;
	/* A fifth of a second's at once. */
	FUZZ_CHECK(w.echo_sent <=
		   ECHO_PER_STACK / 5 + (w.now_us - START_US) * ECHO_PER_STACK / 1000000);
	/* A right checksum stays right, a wrong one wrong. */
	memcpy(reply, msg, rx->l4_len);
	reply[0] = ICMP_TYPE_ECHO_REPLY;
	put_be16(reply + ICMP_CHECKSUM_OFF,
		 icmp_echo_reply_checksum((uint16_t)be16(msg + ICMP_CHECKSUM_OFF)));
	if (even == rx->l4_len)
		FUZZ_CHECK((ones_sum(msg, even) == 0xffff) == (ones_sum(reply, even) == 0xffff));
}

static void
step_frame(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in), f[FRAME_MAX] = { 0 };
	unsigned int len = fuzz_u8(in), first = how & 1 ? fuzz_below(in, len + 1) : len, hdr;
	enum ether_ip_csum csum = how & 2 ? ETHER_IP_CSUM_GOOD : ETHER_IP_CSUM_VERIFY;
	struct ether_ip_rx rx, again;
	uint8_t *exact;
	int rc, want;

	fuzz_copy(in, f, len);
	if (how & 4) { /* made to be understood: what remains is up to the input */
		put_be16(f + 12, ETHER_TYPE_IPV4);
		f[14] = (uint8_t)(0x40 | (f[14] & 7 ? 5 + (f[14] & 7) : 5));
		f[6] &= 0xfe;
	}
	hdr = (f[14] & 15u) * 4;
	if (how & 8 && hdr >= 20) { /* a right checksum */
		put_be16(f + 24, 0);
		put_be16(f + 24, (uint16_t)~ones_sum(f + 14, hdr));
	}
	exact = malloc(first != 0 ? first : 1);
	FUZZ_CHECK(exact != NULL);
	memcpy(exact, f, first);
	rc = ether_ip_parse(exact, first, len, csum, &rx);
	free(exact);
	want = expected(f, len, csum);
	/* It may ask for more, as long as there is more and less than it may ask for is there. */
	FUZZ_CHECK(rc == want || (rc == -ENODATA && first < len && first < ETHER_IP_HDR_MAX) ||
		   (first < len && rc != 0 && want != 0));
	if (rc == 0) {
		check_parsed(f, len, &rx);
		if (ether_ip_parse(f, len, len, csum, &again) != 0 ||
		    memcmp(&rx, &again, sizeof(rx)) != 0)
			fuzz_fail(__FILE__, __LINE__, "all of the frame says the same");
		if (rx.ether_type == ETHER_TYPE_IPV4 && rx.ip_proto == IPV4_PROTO_ICMP)
			icmp_frame(f, &rx);
	}
}

/* What is written is read. */
static void
step_write(struct fuzz_in *in)
{
	uint8_t f[FRAME_MAX];
	struct ether_ip_tx tx = {
		.src = net_addr_v4(fuzz_u32(in)),
		.dst = net_addr_v4(fuzz_u32(in)),
		.l4_len = fuzz_u32(in) % 70000,
		.src_mac = { 2 },
		.dst_mac = { 4 },
		.ip_proto = fuzz_u8(in),
		.tos = fuzz_u8(in),
		.ttl = fuzz_u8(in),
		.ip_checksum = true,
	};
	uint32_t n = ether_ip_write(&tx, f);
	struct ether_ip_rx rx;
	int rc;

	FUZZ_CHECK(n == (tx.l4_len <= 65515 ? 34u : 0u));
	if (n == 0)
		return;
	rc = ether_ip_parse(f, n, n + tx.l4_len, ETHER_IP_CSUM_VERIFY, &rx);
	FUZZ_CHECK(rc == (host_may_have(f + 26) && host_may_have(f + 30) ? 0 : -EADDRNOTAVAIL));
	if (rc == 0)
		FUZZ_CHECK(rx.l4_len == tx.l4_len && rx.ip_proto == tx.ip_proto &&
			   rx.tos == tx.tos && rx.ttl == (tx.ttl != 0 ? tx.ttl : 64));
}

/* --- ARP ----------------------------------------------------------------------- */

static uint32_t
ip_of(uint32_t i)
{
	return OWN_IP + 2 + i;
}

static void
mac_of(uint32_t i, uint8_t mac[NET_MAC_LEN])
{
	memcpy(mac, own_mac, NET_MAC_LEN);
	mac[5] = (uint8_t)(0x10 + i);
}

/* A MAC out of the table was claimed for this address, by one who may be a host. */
static void
check_mac(const struct host *h, const uint8_t mac[NET_MAC_LEN])
{
	uint8_t known[NET_MAC_LEN];

	for (uint32_t i = 0; i < MACS; i++) {
		mac_of(i, known);
		if (memcmp(mac, known, NET_MAC_LEN) == 0) {
			FUZZ_CHECK(h->claimed[i]);
			return;
		}
	}
	fuzz_fail(__FILE__, __LINE__, "nobody claimed this MAC");
}

static void
check_table(void)
{
	for (uint32_t s = 0; s < ENTRIES; s += ARP_WAYS) {
		for (uint32_t i = s; i < s + ARP_WAYS; i++) {
			const struct arp_entry *e = &w.entries[i];

			if (e->state == ARP_FREE)
				continue;
			FUZZ_CHECK(e->ip - ip_of(0) < HOSTS);
			FUZZ_CHECK(e->tries <= ARP_UNICAST_TRIES + ARP_BROADCAST_TRIES);
			if (e->state != ARP_INCOMPLETE)
				check_mac(&w.hosts[e->ip - ip_of(0)], e->mac);
			for (uint32_t k = s; k < i; k++)
				FUZZ_CHECK(w.entries[k].state == ARP_FREE ||
					   w.entries[k].ip != e->ip);
		}
	}
}

/* RFC 1122 2.3.2.1: not more than one request in a second to an address. */
static void
asked(struct host *h)
{
	FUZZ_CHECK(h->asked_us == 0 || w.now_us >= h->asked_us + ARP_RETRY_US);
	h->asked_us = w.now_us;
}

static void
step_lookup(struct fuzz_in *in)
{
	uint32_t i = fuzz_below(in, HOSTS);
	struct host *h = &w.hosts[i];
	struct arp_answer a = arp_lookup(&w.table, ip_of(i), w.now_us);
	bool asks = false;

	switch (a.verdict) {
	case ARP_FOUND:
		check_mac(h, a.mac);
		break;
	case ARP_FOUND_ASK:
	case ARP_FOUND_ASK_ALL:
		check_mac(h, a.mac);
		asks = true;
		break;
	case ARP_RESOLVE:
		asks = true;
		FUZZ_CHECK(a.again_us > w.now_us);
		break;
	case ARP_WAIT:
	case ARP_FAILED:
		FUZZ_CHECK(a.again_us > w.now_us);
		break;
	}
	if (asks)
		asked(h);
}

static void
check_reply(const struct arp_action *a)
{
	uint8_t frame[ARP_FRAME_LEN];
	struct arp_packet p;

	FUZZ_CHECK(a->own_ip == own[0].ip || a->own_ip == own[1].ip);
	FUZZ_CHECK(arp_write_reply(frame, own_mac, a) == ARP_FRAME_LEN);
	FUZZ_CHECK(arp_packet_parse(frame + 14, ARP_PACKET_LEN, &p) == 0);
	FUZZ_CHECK(p.op == ARP_OP_REPLY && p.sender_ip == a->own_ip && p.target_ip == a->ip);
	FUZZ_CHECK(memcmp(p.sender_mac, own_mac, 6) == 0 && memcmp(frame, a->mac, 6) == 0);
}

/* Who proved to be there keeps entry and MAC, whatever a packet says; it may be in doubt. */
static void
check_fresh(const struct arp_entry *before)
{
	for (uint32_t i = 0; i < ENTRIES; i++) {
		const struct arp_entry *e = &before[i], *now = &w.entries[i];

		if (e->state == ARP_FRESH && w.now_us < e->confirmed_us + ARP_REACHABLE_US)
			FUZZ_CHECK((now->state == ARP_FRESH || now->doubted) && now->ip == e->ip &&
				   memcmp(now->mac, e->mac, NET_MAC_LEN) == 0);
	}
}

static void
step_arp(struct fuzz_in *in)
{
	struct arp_entry before[ENTRIES];
	uint8_t how = fuzz_u8(in), frame[ARP_FRAME_LEN], mac[NET_MAC_LEN];
	uint32_t i = fuzz_below(in, HOSTS), m = fuzz_below(in, MACS), len = ARP_PACKET_LEN;
	struct host *h = &w.hosts[i];
	uint32_t changes = w.table.changes;
	struct arp_packet p = {
		.op = how & 1 ? ARP_OP_REPLY : ARP_OP_REQUEST,
		.sender_ip = ip_of(i),
		.target_ip = how & 2 ? ip_of(fuzz_below(in, HOSTS)) : own[how >> 7].ip,
	};
	struct arp_action a;
	uint8_t *exact;

	mac_of(m, p.sender_mac);
	if (how & 4)
		p.sender_ip = 0; /* a probe */
	if (how & 8)
		p.sender_ip = own[0].ip; /* somebody else claims what is ours */
	arp_packet_write(&p, own_mac, frame);
	if (how & 16) /* or anything */
		frame[14 + fuzz_below(in, 8)] = fuzz_u8(in);
	if (how & 32)
		len = fuzz_below(in, ARP_PACKET_LEN + 1);
	memcpy(mac, frame + 14 + 8, NET_MAC_LEN);
	exact = malloc(len != 0 ? len : 1);
	FUZZ_CHECK(exact != NULL);
	memcpy(exact, frame + 14, len);
	memcpy(before, w.entries, sizeof(before));
	a = arp_input(&w.table, own, 2, exact, len, w.now_us);
	free(exact);
	check_fresh(before);
	FUZZ_CHECK(a.act == ARP_BAD || len == ARP_PACKET_LEN);
	FUZZ_CHECK((a.act == ARP_CONFLICT) == (a.act != ARP_BAD && a.ip == own[0].ip));
	if (a.act != ARP_BAD && a.act != ARP_CONFLICT && a.ip == ip_of(i))
		h->claimed[m] = true;
	if (a.act == ARP_DOUBTED)
		asked(&w.hosts[a.ip - ip_of(0)]);
	/* What is bad or ours in dispute changes nothing. */
	FUZZ_CHECK((a.act != ARP_BAD && a.act != ARP_CONFLICT) || w.table.changes == changes);
	FUZZ_CHECK(a.act != ARP_LEARNED || a.ip == ip_of(i));
	FUZZ_CHECK(a.act != ARP_BAD || !a.reply);
	if (a.reply)
		check_reply(&a);
}

static void
step_time(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);

	w.now_us += (uint64_t)fuzz_u16(in) << (how % 12);
}

static void
step_tcp(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t ip = ip_of(how / 2 % HOSTS);

	if (how & 1)
		arp_confirm(&w.table, ip, w.now_us);
	else
		arp_suspect(&w.table, ip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t key[SIPHASH_KEY_LEN] = { 9 };

	fuzz_copy(&in, key + 1, 2);
	memset(w.hosts, 0, sizeof(w.hosts));
	FUZZ_CHECK(arp_table_init(&w.table, w.entries, ENTRIES, key) == 0);
	w.now_us = START_US;
	w.echo_sent = 0;
	FUZZ_CHECK(answer_limit_init(&w.limit, w.remotes, ANSWER_WAYS, ECHO_PER_REMOTE,
				     ECHO_PER_STACK, key) == 0);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		switch (fuzz_u8(&in) % 8) {
		case 0:
		case 1:
			step_frame(&in);
			break;
		case 2:
			step_write(&in);
			break;
		case 3:
		case 4:
			step_arp(&in);
			break;
		case 5:
			step_lookup(&in);
			break;
		case 6:
			step_time(&in);
			break;
		case 7:
			step_tcp(&in);
			break;
		}
		check_table();
	}
	return 0;
}
