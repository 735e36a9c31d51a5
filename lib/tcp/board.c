/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/board.h"

enum {
	/* What is sent within this part of an RTT shares a span: RACK waits for a quarter of one. */
	BLUR_PARTS = 128,
};

/* Sendings so close together share a span; the closer, the more spans are left. */
static uint32_t
blur_of(const struct tcp_board *b, uint32_t rtt_us)
{
	uint32_t us = rtt_us / BLUR_PARTS;
	uint32_t least = tcp_board_is_short(b) ? rtt_us / b->spans.cap * 2 : 0;

	us = us < least ? least : us;
	return us < TCP_SPREAD_UNKNOWN ? us : TCP_SPREAD_UNKNOWN - 1;
}

/* What was sent before is sent again: [start, end) in [una, max). */
static void
sent_again(struct tcp_board *b, uint64_t start, uint64_t end, const struct tcp_span *as,
	   uint32_t blur)
{
	while (start < end) {
		uint32_t pos = tcp_span_pos(&b->spans, start);
		uint64_t stop = tcp_span_end(&b->spans, pos) < end ? tcp_span_end(&b->spans, pos) :
								     end;
		struct tcp_range whole = { tcp_span_at(&b->spans, pos)->start,
					   tcp_span_end(&b->spans, pos) };
		struct tcp_span rounded = *as;

		rounded.spread_us = TCP_SPREAD_UNKNOWN;
		if (tcp_span_at(&b->spans, pos)->state != TCP_SPAN_SACKED &&
		    !tcp_span_become(&b->spans, pos, (struct tcp_range){ start, stop }, as, blur,
				     tcp_spans_spare(&b->spans))) {
			tcp_span_become(&b->spans, pos, whole, &rounded, blur, 0);
			b->rounded++;
		}
		start = stop;
	}
}

/* New data, up to end. */
static void
sent_new(struct tcp_board *b, uint64_t end, const struct tcp_span *as, uint32_t blur)
{
	struct tcp_span rounded = *as;
	uint32_t last = b->spans.all.n - 1u;

	if (tcp_spans_append(&b->spans, end, as, blur))
		return;
	/* Whatever the last one was, it is in flight, with this: found to be lost later. */
	rounded.rexmit = true;
	rounded.spread_us = TCP_SPREAD_UNKNOWN;
	tcp_span_become(&b->spans, last,
			(struct tcp_range){ tcp_span_at(&b->spans, last)->start, b->spans.max },
			&rounded, 0, 0);
	b->spans.max = end;
	b->rounded++;
}

/* New data that the last span takes: what most sendings are. */
static bool
sent_on(struct tcp_spans *b, uint32_t len, const struct tcp_sending *s, uint32_t blur)
{
	struct tcp_span *last;
	uint32_t spread;

	if (b->youngest == TCP_SPAN_NONE || tcp_span_id(b, b->all.n - 1u) != b->youngest)
		return false;
	last = tcp_span_of(b, b->youngest);
	spread = s->now_us - tcp_span_first_sent(last);
	if (last->rexmit || last->spread_us == TCP_SPREAD_UNKNOWN || spread > blur)
		return false;
	last->snapshot = s->snapshot;
	last->sent_us = s->now_us;
	last->spread_us = (uint16_t)spread;
	last->app_limited = s->app_limited;
	b->max += len;
	return true;
}

void
tcp_board_sent(struct tcp_board *b, uint64_t off, uint32_t len, const struct tcp_sending *s)
{
	uint32_t blur = blur_of(b, s->rtt_us);
	uint64_t end = off + len;
	struct tcp_span as;

	if (off == b->spans.max && sent_on(&b->spans, len, s, blur))
		return;
	as = (struct tcp_span){
		.snapshot = s->snapshot,
		.sent_us = s->now_us,
		.state = TCP_SPAN_SENT,
		.rexmit = off < b->spans.max,
		.app_limited = s->app_limited,
	};
	if (as.rexmit) {
		sent_again(b, off > b->spans.una ? off : b->spans.una,
			   end < b->spans.max ? end : b->spans.max, &as, blur);
		as.rexmit = false;
	}
	if (end > b->spans.max)
		sent_new(b, end, &as, blur);
}

void
tcp_board_init(struct tcp_board *b, uint32_t cap, uint64_t off)
{
	*b = (struct tcp_board){ .fack = off };
	tcp_spans_init(&b->spans, cap, off);
}

void
tcp_board_copy(struct tcp_board *to, uint32_t cap, const struct tcp_board *from)
{
	*to = (struct tcp_board){ from->fack, from->ignored, from->rounded, { 0 } };
	tcp_spans_copy(&to->spans, cap, &from->spans);
}

void
tcp_board_heard(const struct tcp_board *b, struct tcp_delivered *d)
{
	*d = (struct tcp_delivered){ .fack = b->fack, .reordered = UINT64_MAX };
}

/* Of what was delivered, the transmission that was sent last, and when it is the same, the higher. */
static void
note_newest(struct tcp_newest *n, const struct tcp_span *s, uint64_t end)
{
	uint32_t sent_us = tcp_span_first_sent(s);
	int32_t later = (int32_t)(sent_us - n->sent_us);

	if (n->known && (later < 0 || (later == 0 && end <= n->end)))
		return;
	*n = (struct tcp_newest){
		.end = end,
		.sent_us = sent_us,
		.known = true,
		.app_limited = s->app_limited,
		.snapshot = s->snapshot,
	};
}

/* r, a part of s, is there, and was not known to be. */
static void
note_delivered(struct tcp_board *b, struct tcp_delivered *d, const struct tcp_span *s,
	       struct tcp_range r)
{
	uint32_t bytes = (uint32_t)(r.end - r.start);
	uint32_t first_us = tcp_span_first_sent(s);

	d->bytes += bytes;
	if (r.end > b->fack)
		b->fack = r.end;
	if (!s->rexmit && r.start < d->fack && r.start < d->reordered)
		d->reordered = r.start;
	if (!s->rexmit && s->state == TCP_SPAN_LOST)
		d->spurious += bytes;
	if (s->spread_us == TCP_SPREAD_UNKNOWN)
		return;
	note_newest(s->rexmit ? &d->again : &d->once, s, r.end);
	if (!s->rexmit && (!d->timed || (int32_t)(first_us - d->oldest_us) < 0)) {
		d->timed = true;
		d->oldest_us = first_us;
	}
}

void
tcp_board_ack(struct tcp_board *b, uint64_t una, struct tcp_delivered *d)
{
	while (b->spans.una < una && b->spans.una < b->spans.max) {
		struct tcp_span *s = tcp_span_at(&b->spans, 0);
		uint64_t end = tcp_span_end(&b->spans, 0);
		struct tcp_range r = { b->spans.una, end < una ? end : una };

		if (s->state != TCP_SPAN_SACKED) {
			note_delivered(b, d, s, r);
			d->acked += (uint32_t)(r.end - r.start);
		}
		tcp_spans_drop(&b->spans, r.end);
	}
	if (b->spans.max < una)
		b->spans.una = b->spans.max = una;
	if (b->fack < b->spans.una)
		b->fack = b->spans.una;
}

/* r, of the span at pos, is SACKED: noted, or ignored. */
static void
sack_piece(struct tcp_board *b, uint32_t pos, struct tcp_range r, struct tcp_delivered *d)
{
	static const struct tcp_span sacked = { .state = TCP_SPAN_SACKED };
	/* Some spans are kept for what is sent: a peer's blocks do not take them. */
	uint32_t kept = b->spans.cap / 8u + 1;
	uint32_t spare = tcp_spans_spare(&b->spans);
	struct tcp_span was = *tcp_span_at(&b->spans, pos);

	if (tcp_span_become(&b->spans, pos, r, &sacked, 0, spare > kept ? spare - kept : 0))
		note_delivered(b, d, &was, r);
	else
		b->ignored++;
}

void
tcp_board_sack(struct tcp_board *b, uint64_t start, uint64_t end, struct tcp_delivered *d)
{
	uint32_t pos;

	if (end > b->spans.max)
		return;
	start = start < b->spans.una ? b->spans.una : start;
	if (start >= end)
		return;
	pos = tcp_span_pos(&b->spans, start);
	for (;;) {
		uint64_t stop = tcp_span_end(&b->spans, pos);
		struct tcp_range r = { start, stop < end ? stop : end };
		bool sacked = tcp_span_at(&b->spans, pos)->state == TCP_SPAN_SACKED;

		if (!sacked)
			sack_piece(b, pos, r, d);
		if (stop >= end)
			return;
		start = stop;
		/* A span that is SACKED is followed by one that is not. */
		pos = sacked ? pos + 1 : tcp_span_pos(&b->spans, start);
	}
}

/* The span is LOST, all of it. */
static uint32_t
span_lost(struct tcp_board *b, uint32_t pos)
{
	struct tcp_span as = *tcp_span_at(&b->spans, pos);
	struct tcp_range r = { as.start, tcp_span_end(&b->spans, pos) };

	as.state = TCP_SPAN_LOST;
	tcp_span_become(&b->spans, pos, r, &as, 0, 0);
	return (uint32_t)(r.end - r.start);
}

/* In one span what is lower was sent first, as in one burst. */
static bool
is_same_burst(const struct tcp_span *s, uint32_t rack_us)
{
	return s->spread_us == TCP_SPREAD_UNKNOWN ? s->sent_us == rack_us :
						    tcp_span_first_sent(s) == rack_us;
}

struct tcp_overdue
tcp_board_overdue(struct tcp_board *b, uint32_t rack_us, uint64_t rack_end, uint32_t wait_us,
		  uint32_t now_us)
{
	struct tcp_overdue o = { .wait_us = UINT32_MAX };

	while (b->spans.oldest != TCP_SPAN_NONE) {
		const struct tcp_span *s = tcp_span_of(&b->spans, b->spans.oldest);
		bool older = (int32_t)(s->sent_us - rack_us) < 0;
		uint32_t waited = now_us - (older ? s->sent_us : rack_us);

		if (!older &&
		    (s->start >= rack_end || !is_same_burst(s, rack_us) ||
		     tcp_span_end(&b->spans, tcp_span_pos(&b->spans, s->start)) >= rack_end))
			break;
		if (waited < wait_us || (int32_t)waited < 0) {
			o.wait_us = (int32_t)waited < 0 ? wait_us : wait_us - waited;
			break;
		}
		o.lost += span_lost(b, tcp_span_pos(&b->spans, s->start));
	}
	return o;
}

uint32_t
tcp_board_lose(struct tcp_board *b, uint64_t start, uint64_t end)
{
	uint32_t lost = b->spans.lost;

	start = start < b->spans.una ? b->spans.una : start;
	end = end < b->spans.max ? end : b->spans.max;
	while (start < end) {
		uint32_t pos = tcp_span_pos(&b->spans, start);
		struct tcp_span as = *tcp_span_at(&b->spans, pos);
		struct tcp_range whole = { as.start, tcp_span_end(&b->spans, pos) };
		struct tcp_range r = { start, whole.end < end ? whole.end : end };

		if (as.state == TCP_SPAN_SENT) {
			as.state = TCP_SPAN_LOST;
			if (!tcp_span_become(&b->spans, pos, r, &as, 0,
					     tcp_spans_spare(&b->spans))) {
				tcp_span_become(&b->spans, pos, whole, &as, 0, 0);
				b->rounded++;
			}
		}
		start = r.end;
	}
	return b->spans.lost - lost;
}

/* All in state `from` is `to`; what is alike then is one span. */
static void
turn_all(struct tcp_board *b, uint8_t from, struct tcp_span to)
{
	uint32_t pos = 0;

	while (pos < b->spans.all.n) {
		struct tcp_span as = *tcp_span_at(&b->spans, pos);
		struct tcp_range r = { as.start, tcp_span_end(&b->spans, pos) };

		if (as.state == from)
			tcp_span_become(&b->spans, pos, r, &to, 0, 0);
		pos = tcp_span_pos(&b->spans, r.start) + 1;
	}
}

void
tcp_board_lose_all(struct tcp_board *b)
{
	while (b->spans.oldest != TCP_SPAN_NONE) {
		uint64_t start = tcp_span_of(&b->spans, b->spans.oldest)->start;

		span_lost(b, tcp_span_pos(&b->spans, start));
	}
}

void
tcp_board_forget_sacked(struct tcp_board *b)
{
	static const struct tcp_span lost = {
		.spread_us = TCP_SPREAD_UNKNOWN,
		.state = TCP_SPAN_LOST,
		.rexmit = true,
	};

	turn_all(b, TCP_SPAN_SACKED, lost);
	b->fack = b->spans.una;
}

void
tcp_board_unlose(struct tcp_board *b, uint32_t now_us)
{
	struct tcp_span sent = {
		.sent_us = now_us,
		.spread_us = TCP_SPREAD_UNKNOWN,
		.state = TCP_SPAN_SENT,
		.rexmit = true,
	};

	turn_all(b, TCP_SPAN_LOST, sent);
}

struct tcp_range
tcp_board_find_lost(const struct tcp_board *b, uint64_t from, uint32_t len)
{
	const uint16_t *slots = tcp_span_slots(&b->spans, &b->spans.losses);
	uint32_t i = tcp_spans_up_to(&b->spans, &b->spans.losses, from);
	struct tcp_range r = { from, from };
	uint32_t pos;

	if (i > 0 && tcp_span_end(&b->spans,
				  tcp_span_pos(&b->spans,
					       tcp_span_of(&b->spans, slots[i - 1])->start)) > from)
		r.start = from;
	else if (i < b->spans.losses.n)
		r.start = tcp_span_of(&b->spans, slots[i])->start;
	else
		return r;
	for (pos = tcp_span_pos(&b->spans, r.start); pos < b->spans.all.n; pos++) {
		if (tcp_span_at(&b->spans, pos)->state != TCP_SPAN_LOST)
			break;
		r.end = tcp_span_end(&b->spans, pos);
		if (r.end - r.start >= len)
			return (struct tcp_range){ r.start, r.start + len };
	}
	return r;
}

struct tcp_range
tcp_board_tail(const struct tcp_board *b, uint32_t len)
{
	struct tcp_range r = { b->spans.una, b->spans.una };
	uint32_t pos = b->spans.all.n;

	if (pos > 0 && tcp_span_at(&b->spans, pos - 1)->state == TCP_SPAN_SACKED)
		pos--;
	if (pos == 0)
		return r;
	r.end = tcp_span_end(&b->spans, pos - 1);
	do {
		pos--;
		r.start = tcp_span_at(&b->spans, pos)->start;
	} while (r.end - r.start < len && pos > 0 &&
		 tcp_span_at(&b->spans, pos - 1)->state != TCP_SPAN_SACKED);
	if (r.end - r.start > len)
		r.start = r.end - len;
	return r;
}

bool
tcp_board_reneged(const struct tcp_board *b)
{
	return b->spans.all.n > 0 && tcp_span_at(&b->spans, 0)->state == TCP_SPAN_SACKED;
}
