/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/open_port.h"

#include <errno.h>

#include <rte_ip.h>
#include <rte_mbuf_dyn.h>
#include <rte_tcp.h>

/* No window is wider: what seems to be further behind is ahead. */
#define WINDOW (UINT32_C(1) << 30)

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

static void
say(struct open_port *o, unsigned int i, enum rtls_tls_event_type type, uint32_t seq, uint32_t len)
{
	const struct double_context *c = &o->seal->o.ctx[i];
	const struct rtls_tls_event ev = {
		.type = (uint8_t)type,
		.seq = seq,
		.len = len,
		.ctx = { .index = i, .generation = c->generation },
		.cookie = c->cookie,
	};

	offload_double_event(&o->seal->o, &ev);
}

static void
say_lost(struct open_port *o, unsigned int i)
{
	o->ctx[i].lost = true;
	o->nb_lost++;
	say(o, i, RTLS_TLS_EV_LOST, 0, 0);
}

/* --- a place again ------------------------------------------------------------------- */

static bool
is_legal(const void *arg, const uint8_t hdr[OPEN_SCAN_HDR])
{
	return open_place_is_header(arg, hdr);
}

static bool
scans(const struct open_port *o)
{
	return o->method == RTLS_TLS_RX_SCAN || o->method == RTLS_TLS_RX_SCAN_DELAYED;
}

static void
stop_asking(struct open_port *o, unsigned int i)
{
	struct open_context *x = &o->ctx[i];

	if (x->ask == OPEN_ASKS_SOON) {
		say(o, i, RTLS_TLS_EV_RESYNC_CANCEL, 0, 0);
		o->nb_cancelled++;
	}
	x->ask = OPEN_ASKS_NOTHING;
}

static void
search_anew(struct open_port *o, unsigned int i)
{
	open_scan_start(&o->ctx[i].scan, is_legal, &o->seal->o.ctx[i]);
}

/* The stream went on without it. */
static void
give_up_place(struct open_port *o, unsigned int i)
{
	if (o->method == RTLS_TLS_RX_IN_ORDER) {
		say_lost(o, i);
		return;
	}
	o->ctx[i].blind = true;
	o->nb_blind++;
	search_anew(o, i);
}

/* The header that it asks about is complete in this packet. */
static void
ask(struct open_port *o, unsigned int i, struct rte_mbuf *m, const struct segment *s)
{
	struct open_context *x = &o->ctx[i];
	uint32_t first = (int32_t)(x->scan.asked - s->seq) < 0 ? x->scan.asked : s->seq;

	if (o->method == RTLS_TLS_RX_SCAN) {
		m->ol_flags |= o->seal->port->tls.rx_resync_flag;
		*RTE_MBUF_DYNFIELD(m, o->seal->port->tls.rx_resync_off, uint32_t *) = x->scan.asked;
		x->ask = OPEN_ASKS;
	} else {
		say(o, i, RTLS_TLS_EV_RESYNC_START, first, s->seq + s->len - first);
		x->ask = OPEN_ASKS_SOON;
		x->polls = x->scan.asked % 3;
	}
	o->nb_asked++;
}

static void
scan(struct open_port *o, unsigned int i, struct rte_mbuf *m, const struct segment *s)
{
	struct open_scan_news news = open_scan_packet(&o->ctx[i].scan, s->seq, s->payload, s->len);

	if (news.broke)
		stop_asking(o, i);
	if (news.asks)
		ask(o, i, m, s);
}

/* A poll begins: who has said that he will ask now asks. */
static void
ask_by_events(struct open_port *o)
{
	for (unsigned int i = 0; i < DOUBLE_CONTEXTS; i++) {
		const struct double_context *c = &o->seal->o.ctx[i];
		struct open_context *x = &o->ctx[i];

		if (!c->used || c->deleting || x->generation != c->generation ||
		    x->ask != OPEN_ASKS_SOON || x->polls-- > 0)
			continue;
		say(o, i, RTLS_TLS_EV_RESYNC_END, x->scan.asked, 0);
		x->ask = OPEN_ASKS;
	}
}

static void
stand_at(struct open_context *x, uint32_t seq, uint64_t rec_no)
{
	x->place.at = seq;
	x->place.runs++;
	open_place_begin(&x->place, rec_no);
	x->blind = false;
}

/* With the next header, the first bytes of which may have come. */
static void
take_answer(struct open_port *o, unsigned int i, uint64_t rec_no)
{
	struct open_context *x = &o->ctx[i];
	const struct open_scan *s = &x->scan;

	stop_asking(o, i);
	o->nb_answered++;
	stand_at(x, s->at + s->got, rec_no + 1 + s->counted);
	memcpy(x->place.record, s->hdr, s->got);
	x->place.got = s->got;
}

/* Is a in front of b, and not a window away? */
static bool
is_behind(uint32_t a, uint32_t b)
{
	return a != b && b - a <= WINDOW;
}

static void
take_hint(struct open_port *o, unsigned int i, uint32_t seq, uint64_t rec_no)
{
	struct open_context *x = &o->ctx[i];

	if (x->looked && is_behind(seq, x->last_end)) {
		o->nb_skipped++;
		return;
	}
	stop_asking(o, i);
	if (!x->blind && x->place.got == 0 && x->place.at == seq && x->place.rec_no == rec_no)
		return;
	o->nb_hinted++;
	stand_at(x, seq, rec_no);
}

static void look(struct open_port *o, unsigned int i);

static int
rx_resync(void *dev, struct rtls_tls_handle h, uint32_t seq, uint64_t rec_no)
{
	const struct double_context *c = &the->seal->o.ctx[h.index % DOUBLE_CONTEXTS];
	int rc = the->told_below(dev, h, seq, rec_no);
	struct open_context *x;

	if (rc != 0)
		return rc;
	if (!c->started)
		return -ENOENT;
	look(the, h.index);
	if (the->on_told != NULL)
		the->on_told(c, seq, rec_no);
	x = &the->ctx[h.index];
	if (x->blind && x->scan.state == OPEN_SCAN_FOLLOWS && x->scan.asked == seq)
		take_answer(the, h.index, rec_no);
	else
		take_hint(the, h.index, seq, rec_no);
	return 0;
}

/* --- packets ------------------------------------------------------------------------- */

/* Behind a gap: a header was in it, and so where the records in the segment begin is not known. */
static bool
missed_header(const struct double_context *c, const struct open_place *p, const struct segment *s)
{
	uint32_t len = open_place_len(c, p);

	return len == 0 || (int32_t)(s->seq - (p->at + len - p->got)) > 0;
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
	end = p.at + open_place_len(c, &p) - p.got;
	if (s->seq + s->len == p.at || is_behind(s->seq + s->len, p.at))
		return;
	/* Ahead so far that it looks old. */
	if ((int32_t)(s->seq + s->len - p.at) < 0) {
		give_up_place(o, i);
		return;
	}
	if ((int32_t)(s->seq - p.at) > 0) {
		if (o->method != RTLS_TLS_RX_IN_ORDER && missed_header(c, &p, s)) {
			give_up_place(o, i);
			return;
		}
		if (open_place_len(c, &p) == 0 || (int32_t)(s->seq - end) > 0 ||
		    (int32_t)(end - (s->seq + s->len)) > 0) {
			if (s->seq + s->len - p.at > PEER_WIRE_MAX)
				give_up_place(o, i);
			return;
		}
		p.at = end;
		p.runs++;
		open_place_begin(&p, p.rec_no + 1);
	}
	skip = p.at - s->seq;
	memcpy(bytes, s->payload + skip, s->len - skip);
	if (open_place_takes(c, &p, bytes, s->len - skip, true, &unsaid))
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
	if (!open_place_takes(c, &p, bytes, s->len, !fails, &said))
		return;
	memcpy(s->payload, bytes, s->len);
	o->ctx[i].place = p;
	mark(o, m, &said, fails);
}

/* At a context that may have been started since. */
static void
look(struct open_port *o, unsigned int i)
{
	const struct double_context *c = &o->seal->o.ctx[i];
	struct open_context *x = &o->ctx[i];

	if (x->generation == c->generation)
		return;
	*x = (struct open_context){ .generation = c->generation };
	x->place.at = c->seq;
	open_place_begin(&x->place, c->rec_no);
}

static void
process_segment(struct open_port *o, unsigned int i, struct rte_mbuf *m, const struct segment *s)
{
	struct open_context *x = &o->ctx[i];

	look(o, i);
	if (x->lost)
		return;
	if (!x->blind && s->seq == x->place.at)
		open_segment(o, i, m, s);
	else if (!x->blind)
		pass_by(o, i, s);
	if (x->blind && scans(o))
		scan(o, i, m, s);
	x->looked = true;
	x->last_end = s->seq + s->len;
}

static void
process(struct open_port *o, struct rte_mbuf *m)
{
	struct segment s;

	m->ol_flags &= ~(RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED |
			 o->seal->port->tls.rx_resync_flag);
	/* In place is all that it can do: what is not the host's alone counts as not seen. */
	if (m->nb_segs != 1 || !RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
	    !read_segment(m, &s) || s.len == 0)
		return;
	for (unsigned int i = 0; i < DOUBLE_CONTEXTS; i++) {
		const struct double_context *c = &o->seal->o.ctx[i];

		if (!c->used || c->deleting || !c->started || c->flow.dir != RTLS_RX ||
		    !is_of(&c->flow, &s))
			continue;
		process_segment(o, i, m, &s);
		return;
	}
}

static uint16_t
rx_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = the->below(port, queue, pkts, n);

	ask_by_events(the);
	for (uint16_t i = 0; i < got; i++)
		process(the, pkts[i]);
	return got;
}

void
open_port_open(struct open_port *o, struct seal_port *s)
{
	memset(o, 0, sizeof(*o));
	o->seal = s;
	o->method = RTLS_TLS_RX_IN_ORDER;
	o->below = s->port->rx_burst;
	s->port->rx_burst = rx_burst;
	the = o;
}

void
open_port_returns(struct open_port *o, enum rtls_tls_rx_method method)
{
	struct offload_device *d = &o->seal->port->tls;

	o->method = (uint8_t)method;
	d->caps.rx_method = o->method;
	d->rx_resync_off = rtls_tls_rx_resync_offset(&d->rx_resync_flag);
	CU_ASSERT_FATAL(d->rx_resync_off > 0);
	o->told_below = o->seal->o.ops.rx_resync;
	o->seal->o.ops.rx_resync = rx_resync;
}

void
open_port_close(struct open_port *o)
{
	o->seal->port->rx_burst = o->below;
	if (o->told_below != NULL)
		o->seal->o.ops.rx_resync = o->told_below;
	the = NULL;
}
