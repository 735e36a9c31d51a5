/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/open_port.h"

#include <rte_ip.h>
#include <rte_mbuf_dyn.h>
#include <rte_tcp.h>

enum { HDR = 5, NONCE = 8, TAG = 16, RECORD_MAX = PEER_WIRE_MAX };

static struct open_port *the;

/* A segment that brings text, in one buffer. */
struct segment {
	const struct rte_ipv4_hdr *ip;
	const struct rte_tcp_hdr *tcp;
	uint32_t seq;
	uint32_t len;
	uint8_t *payload;
};

static bool
read_segment(struct rte_mbuf *m, struct segment *s)
{
	uint8_t *ether = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t total, ip_len, tcp_len;

	if (m->data_len < 14 + 20 + 20 || ether[12] != 8 || ether[13] != 0)
		return false;
	s->ip = (const struct rte_ipv4_hdr *)(ether + 14);
	ip_len = (s->ip->version_ihl & 15) * 4u;
	total = rte_be_to_cpu_16(s->ip->total_length);
	if (s->ip->next_proto_id != 6 || 14 + total > m->data_len || total < ip_len + 20)
		return false;
	s->tcp = (const struct rte_tcp_hdr *)(ether + 14 + ip_len);
	tcp_len = (s->tcp->data_off >> 4) * 4u;
	if (total < ip_len + tcp_len || (s->tcp->tcp_flags & RTE_TCP_ACK_FLAG) == 0 ||
	    (s->tcp->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG)) != 0)
		return false;
	s->seq = rte_be_to_cpu_32(s->tcp->sent_seq);
	s->len = total - ip_len - tcp_len;
	s->payload = ether + 14 + ip_len + tcp_len;
	return rte_ipv4_cksum(s->ip) == 0 && rte_ipv4_udptcp_cksum_verify(s->ip, s->tcp) == 0;
}

static bool
is_of(const struct rtls_tls_flow *f, const struct segment *s)
{
	return memcmp(&s->ip->src_addr, f->remote.ip, 4) == 0 &&
	       memcmp(&s->ip->dst_addr, f->local.ip, 4) == 0 &&
	       rte_be_to_cpu_16(s->tcp->src_port) == f->remote.port &&
	       rte_be_to_cpu_16(s->tcp->dst_port) == f->local.port;
}

/* Bytes in front of what is sealed: "header, in TLS 1.2 with the explicit nonce". */
static uint32_t
prefix_len(const struct double_context *c)
{
	struct peer key = seal_port_key(c, 0);

	return peer_prefix(&key);
}

/* Bytes of the record that it stands in; 0: it has not got all of the prefix. */
static uint32_t
record_len(const struct double_context *c, const struct open_place *p)
{
	return p->got < prefix_len(c) ? 0 : HDR + ((uint32_t)p->record[3] << 8 | p->record[4]);
}

static bool
is_header(const struct double_context *c, const uint8_t *h)
{
	uint32_t len = (uint32_t)h[3] << 8 | h[4], least = prefix_len(c) - HDR + TAG;

	if (h[1] != 3 || h[2] != 3)
		return false;
	if (c->version == RTLS_TLS_1_2)
		return h[0] != 0 && len >= least && len <= least + 16384;
	return h[0] == 23 && len > TAG && len <= 16384 + 256;
}

/* What there is of the record, opened; at its end: is it authentic? */
static bool
open_record(const struct double_context *c, const struct open_place *p, uint8_t *clear)
{
	uint32_t len = record_len(c, p), prefix = prefix_len(c);
	uint32_t n = RTE_MIN(p->got, len - TAG) - prefix;
	struct peer key = seal_port_key(c, p->rec_no);
	uint8_t nonce[12], aad[13], tag[TAG], again[RECORD_MAX];
	int aad_len = peer_aad(&key, p->rec_no, p->record, aad);

	peer_nonce(&key, p->rec_no, p->record, nonce);
	/* A stream cipher: sealing what is sealed opens it. */
	peer_aead(&key, 1, nonce, aad, aad_len, p->record + prefix, (int)n, clear, tag);
	if (p->got < len)
		return true;
	peer_aead(&key, 1, nonce, aad, aad_len, clear, (int)n, again, tag);
	return memcmp(tag, p->record + len - TAG, TAG) == 0;
}

static void
begin_record(struct open_place *p, uint64_t rec_no)
{
	p->rec_no = rec_no;
	p->got = 0;
}

/*
 * The next bytes, of one record. Returns how many; 0: what they end is no header, or not authentic
 * where that is asked.
 */
static uint32_t
take_some(const struct double_context *c, struct open_place *p, uint8_t *bytes, uint32_t len,
	  bool verifies)
{
	uint8_t clear[RECORD_MAX];
	uint32_t whole = record_len(c, p), prefix = prefix_len(c), from = p->got, to;

	to = RTE_MIN(from + len, whole != 0 ? whole : prefix);
	memcpy(p->record + from, bytes, to - from);
	p->got = to;
	if (whole == 0)
		return to == prefix && !is_header(c, p->record) ? 0 : to - from;
	if (!open_record(c, p, clear) && verifies)
		return 0;
	for (uint32_t i = from; i < to && i < whole - TAG; i++)
		bytes[i - from] = clear[i - prefix];
	if (to == whole)
		begin_record(p, p->rec_no + 1);
	return to - from;
}

/* Length and nonce of the record that it stands in, if it has got them. */
static void
say_record(const struct double_context *c, const struct open_place *p,
	   struct rtls_tls_rx_mark *said)
{
	said->rec_len = (uint16_t)record_len(c, p);
	if (said->rec_len != 0 && prefix_len(c) > HDR)
		memcpy(said->explicit_nonce, p->record + HDR, NONCE);
}

/* All of the bytes, which become what is opened. False: something in them cannot be. */
static bool
take(const struct double_context *c, struct open_place *p, uint8_t *bytes, uint32_t len,
     bool verifies, struct rtls_tls_rx_mark *said)
{
	uint64_t first = p->rec_no;
	uint32_t n;

	say_record(c, p, said);
	for (uint32_t done = 0; done < len; done += n) {
		n = take_some(c, p, bytes + done, len - done, verifies);
		if (n == 0)
			return false;
		if (p->rec_no == first)
			say_record(c, p, said);
	}
	p->at += len;
	return true;
}

static void
say_lost(struct open_port *o, unsigned int i)
{
	const struct double_context *c = &o->seal->o.ctx[i];
	const struct rtls_tls_event ev = {
		.type = RTLS_TLS_EV_LOST,
		.ctx = { .index = i, .generation = c->generation },
		.cookie = c->cookie,
	};

	o->ctx[i].lost = true;
	o->nb_lost++;
	offload_double_event(&o->seal->o, &ev);
}

/*
 * Not the expected one: it goes up as it came. Where the end of the record went by, the next one begins
 * another run; the tail that is new is followed in any case.
 */
static void
pass_by(struct open_port *o, unsigned int i, const struct segment *s)
{
	const struct double_context *c = &o->seal->o.ctx[i];
	static struct open_place p;
	static uint8_t bytes[65536];
	struct rtls_tls_rx_mark unsaid;
	uint32_t skip, end;

	p = o->ctx[i].place;
	end = p.at + record_len(c, &p) - p.got;
	if ((int32_t)(s->seq + s->len - p.at) <= 0)
		return;
	if ((int32_t)(s->seq - p.at) > 0) {
		if (record_len(c, &p) == 0 || (int32_t)(s->seq - end) > 0 ||
		    (int32_t)(end - (s->seq + s->len)) > 0) {
			if (s->seq + s->len - p.at > RECORD_MAX)
				say_lost(o, i);
			return;
		}
		p.at = end;
		p.runs++;
		begin_record(&p, p.rec_no + 1);
	}
	skip = p.at - s->seq;
	memcpy(bytes, s->payload + skip, s->len - skip);
	if (take(c, &p, bytes, s->len - skip, true, &unsaid))
		o->ctx[i].place = p;
}

static void
mark(struct open_port *o, struct rte_mbuf *m, const struct rtls_tls_rx_mark *said, bool failed)
{
	*RTE_MBUF_DYNFIELD(m, rtls_tls_rx_mark_offset(), struct rtls_tls_rx_mark *) = *said;
	m->ol_flags &= ~(RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_RX_IP_CKSUM_MASK);
	m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
		       RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (failed)
		m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
	o->said = *said;
	o->nb_marked++;
	o->nb_failed += failed;
}

static void
open_segment(struct open_port *o, unsigned int i, struct rte_mbuf *m, const struct segment *s)
{
	const struct double_context *c = &o->seal->o.ctx[i];
	bool fails = o->fails != 0 && (o->nb_marked + 1) % o->fails == 0;
	static struct open_place p;
	static uint8_t bytes[65536];
	struct rtls_tls_rx_mark said;

	p = o->ctx[i].place;
	said = (struct rtls_tls_rx_mark){
		.generation = (uint16_t)c->generation,
		.run = (uint16_t)(p.runs * 40503u), /* odd: no number comes twice */
		.rec_no = (uint32_t)p.rec_no,
		.rec_off = (uint16_t)p.got,
	};
	memcpy(bytes, s->payload, s->len);
	if (!take(c, &p, bytes, s->len, !fails, &said))
		return;
	memcpy(s->payload, bytes, s->len);
	o->ctx[i].place = p;
	mark(o, m, &said, fails);
}

static void
process(struct open_port *o, struct rte_mbuf *m)
{
	struct segment s;

	m->ol_flags &= ~(RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED);
	/* In place is all that it can do: what is not the host's alone counts as not seen. */
	if (m->nb_segs != 1 || !RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
	    !read_segment(m, &s) || s.len == 0)
		return;
	for (unsigned int i = 0; i < DOUBLE_CONTEXTS; i++) {
		const struct double_context *c = &o->seal->o.ctx[i];
		struct open_context *x = &o->ctx[i];

		if (!c->used || c->deleting || !c->started || c->flow.dir != RTLS_RX ||
		    !is_of(&c->flow, &s))
			continue;
		if (x->generation != c->generation) {
			*x = (struct open_context){ .generation = c->generation };
			x->place.at = c->seq;
			begin_record(&x->place, c->rec_no);
		}
		if (x->lost)
			return;
		if (s.seq == x->place.at)
			open_segment(o, i, m, &s);
		else
			pass_by(o, i, &s);
		return;
	}
}

static uint16_t
rx_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = the->below(port, queue, pkts, n);

	for (uint16_t i = 0; i < got; i++)
		process(the, pkts[i]);
	return got;
}

void
open_port_open(struct open_port *o, struct seal_port *s)
{
	memset(o, 0, sizeof(*o));
	o->seal = s;
	o->below = s->port->rx_burst;
	s->port->rx_burst = rx_burst;
	the = o;
}

void
open_port_close(struct open_port *o)
{
	o->seal->port->rx_burst = o->below;
	the = NULL;
}
