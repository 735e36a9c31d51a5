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
		.run = w->place.runs,
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
	if (!text)
		return;
	/* Behind follow() the place is another one. */
	if (marked)
		check_opened(w, m, bytes, f, &s, off);
	follow(w, marked, errors(w) != w->errors, &s, off);
}
