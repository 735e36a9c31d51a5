/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/nic_watch.h"

#include <string.h>

#include "fuzz/finding.h"

static uint64_t
errors(const struct nic_watch *w)
{
	return nic_counter_get(&w->nic->counters, NIC_CNT_RX_ERR);
}

void
nic_watch_before(struct nic_watch *w)
{
	w->errors = errors(w);
	w->starved = rte_mempool_avail_count(w->nic->rx_pool) == 0;
}

/* Are these the stream's bytes at off, of records of the context's key? */
static bool
is_sealed(const struct nic_watch *w, int64_t off, const struct wire_seg *s)
{
	return off >= 0 && off + s->payload_len <= w->place.limit &&
	       memcmp(w->place.sealed->wire + off, s->payload, s->payload_len) == 0;
}

/* The mark of a packet whose bytes are the stream's at off, taken as such. */
static bool
mark_is_right(const struct nic_watch *w, const struct rtls_tls_rx_mark *mark, int64_t off,
	      uint32_t len)
{
	const struct sealed_rec *r = w->place.sealed->recs;
	struct rtls_tls_rx_mark right;

	while (off >= (int64_t)r->off + r->len)
		r++;
	right = (struct rtls_tls_rx_mark){
		.generation = w->generation,
		.run = (uint16_t)(w->place.runs + (off > w->place.pos)),
		.rec_no = (uint32_t)r->rec_no,
		.rec_off = (uint16_t)(off - r->off),
		.rec_len = (uint16_t)(off + len >= r->off + SEALED_HDR ? r->len : 0),
	};
	return memcmp(mark, &right, sizeof(right)) == 0;
}

static void
check_opened(const struct nic_watch *w, struct rte_mbuf *m, const uint8_t *bytes,
	     const struct tap_frame *f, const struct wire_seg *s, int64_t off)
{
	const struct rtls_tls_rx_mark *mark = nic_rx_mark(&w->nic->security, m);
	uint32_t head = (uint32_t)(s->payload - f->bytes);

	if (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED)
		fuzz_finding("a packet both opened and not");
	if (m->pkt_len != head + s->payload_len || memcmp(bytes, f->bytes, head) != 0)
		fuzz_finding("an opened packet with other headers, or of another length");
	if (mark->generation != w->generation)
		fuzz_finding("a mark that is another context's");
	if (w->place.foreign || !is_sealed(w, off, s))
		return;
	if (memcmp(bytes + head, w->place.sealed->opened + off, s->payload_len) != 0)
		fuzz_finding("an opened packet whose bytes are not the stream's");
	if (!mark_is_right(w, mark, off, s->payload_len))
		fuzz_finding("a mark that says something else");
}

/* What the device made of the packet must be what its place says. */
static void
follow(struct nic_watch *w, bool marked, bool erred, const struct wire_seg *s, int64_t off)
{
	bool sealed = is_sealed(w, off, s);
	int64_t to;
	enum nic_takes takes = nic_place_take(&w->place, off, s->payload_len, &to);

	if (w->place.foreign)
		return;
	if (marked && takes != NIC_TAKES_ALL)
		fuzz_finding("a packet is opened that is not the expected one");
	if (takes == NIC_TAKES_NOTHING || erred) {
		if (sealed && erred)
			fuzz_finding("bytes of the stream are not authentic");
		return;
	}
	if (sealed && takes == NIC_TAKES_ALL && !marked && !w->starved)
		fuzz_finding("the expected packet is not opened");
	if (!sealed)
		w->place.foreign = true;
	w->place.runs += off > w->place.pos;
	w->place.pos = to;
}

/* A packet that asks is as it came; the header that it asks about ends in it, and is one. */
static void
check_asked(struct nic_watch *w, struct rte_mbuf *m, const struct wire_seg *s)
{
	uint32_t asked, at;

	w->asked = (m->ol_flags & w->nic->security.rx_resync_flag) != 0;
	if (!w->asked)
		return;
	asked = *RTE_MBUF_DYNFIELD(m, w->nic->security.rx_resync_off, uint32_t *);
	w->asked_seq = asked;
	at = asked - s->seq;
	if (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD)
		fuzz_finding("a packet that is opened asks");
	if (at + SEALED_HDR - 1 >= s->payload_len)
		fuzz_finding("a header that is asked about does not end in the packet");
	if (at < s->payload_len &&
	    (s->payload[at] != 23 || s->payload[at + 1] != 3 || s->payload[at + 2] != 3))
		fuzz_finding("no header is asked about");
}

/* The record that begins in front of a place of the stream, or there. */
static const struct sealed_rec *
record_of(const struct sealed *sealed, int64_t off)
{
	const struct sealed_rec *r = sealed->recs;

	while (r + 1 < sealed->recs + sealed->nb_recs && r[1].off <= off)
		r++;
	return r;
}

/* Is that in its record, or behind the last one of its key? */
static bool
is_of_stream(const struct sealed *sealed, int64_t pos, const struct rx_place *p)
{
	const struct sealed_rec *r = record_of(sealed, pos), *before = record_of(sealed, pos - 1);

	if (pos == (int64_t)before->off + before->len && p->rec_no == before->rec_no + 1)
		return p->off == 0;
	return pos - r->off == p->off && p->rec_no == r->rec_no;
}

void
nic_watch_resync(struct nic_watch *w, uint32_t ctx, uint32_t rec)
{
	const struct nic_rx *rx = &w->nic->contexts.tab[ctx].rx;
	const struct sealed_rec *told = &w->place.sealed->recs[rec];
	struct rx_place p = rx_track_place(&rx->track);
	int64_t pos = (int32_t)(rx->track.expected - w->isn);

	if (rx->run == w->place.runs)
		return; /* it is where it was */
	/* A hint is taken as it is, whatever came before. */
	if (w->misled && (pos != told->off || p.off != 0 || p.rec_no != told->rec_no))
		w->place.foreign = true;
	else if (!is_of_stream(w->place.sealed, pos, &p))
		fuzz_finding("a place that was told leads to none of the stream");
	else
		w->misled = w->place.foreign = false;
	w->place.pos = pos;
	w->place.runs = rx->run;
}

/* A device looks at no MAC: whom a frame is for was the port's question. */
static bool
read_frame(const struct tap_frame *f, struct wire_seg *s)
{
	static uint8_t bytes[WIRE_FRAME_MAX];
	bool good;

	memcpy(bytes, f->bytes, f->len);
	memset(bytes, 2, 12);
	good = wire_read(bytes, f->len, s);
	if (good)
		s->payload = f->bytes + (s->payload - bytes);
	return good;
}

void
nic_watch_packet(struct nic_watch *w, struct rte_mbuf *m, const struct tap_frame *f)
{
	bool marked = (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0;
	uint8_t room[WIRE_FRAME_MAX];
	const uint8_t *bytes = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	struct wire_seg s;
	bool read = read_frame(f, &s);
	bool text = read && s.src_port == w->peer_port && s.dst_port == w->host_port &&
		    (s.flags & (WIRE_ACK | WIRE_SYN | WIRE_RST)) == WIRE_ACK && s.payload_len > 0;
	int64_t off = read ? (int32_t)(s.seq - w->isn) : 0;

	if (!marked && (m->pkt_len != f->len || memcmp(bytes, f->bytes, f->len) != 0))
		fuzz_finding("a packet without a mark is not what came");
	if (marked && (!text || !w->place.started))
		fuzz_finding("a packet is opened that no context is for, or that is broken");
	w->asked = false;
	if (!text)
		return;
	w->misled |= !is_sealed(w, off, &s);
	check_asked(w, m, &s);
	/* Behind follow() the place is another one. */
	if (marked)
		check_opened(w, m, bytes, f, &s, off);
	follow(w, marked, errors(w) != w->errors, &s, off);
}
