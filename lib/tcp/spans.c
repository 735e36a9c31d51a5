/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/spans.h"

#include <string.h>

uint32_t
tcp_spans_up_to(const struct tcp_spans *b, const struct tcp_span_index *ix, uint64_t off)
{
	const uint16_t *slots = tcp_span_slots(b, ix);
	uint32_t lo = 0;
	uint32_t hi = ix->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (tcp_span_of(b, slots[mid])->start <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The shorter side moves. There is room for twice as many as there are, so it is made seldom. */
static void
index_insert_slow(struct tcp_spans *b, struct tcp_span_index *ix, uint32_t at, uint16_t id)
{
	bool low = at < ix->n / 2u;
	uint16_t *slots = tcp_span_slots(b, ix);

	if (low ? ix->first == 0 : ix->first + ix->n == 2 * b->cap) {
		ix->first = (uint16_t)((2 * b->cap - ix->n) / 2);
		memmove(tcp_span_slots(b, ix), slots, ix->n * sizeof(*slots));
		slots = tcp_span_slots(b, ix);
	}
	if (low) {
		memmove(slots - 1, slots, at * sizeof(*slots));
		ix->first--;
		slots--;
	} else {
		memmove(slots + at + 1, slots + at, (ix->n - at) * sizeof(*slots));
	}
	slots[at] = id;
	ix->n++;
}

/* Most come behind all others. */
static inline void
index_insert(struct tcp_spans *b, struct tcp_span_index *ix, uint32_t at, uint16_t id)
{
	if (at < ix->n || ix->first + ix->n == 2 * b->cap)
		index_insert_slow(b, ix, at, id);
	else
		tcp_span_slots(b, ix)[ix->n++] = id;
}

static void
index_remove(struct tcp_spans *b, struct tcp_span_index *ix, uint32_t at)
{
	uint16_t *slots = tcp_span_slots(b, ix);

	ix->n--;
	if (at == ix->n)
		return;
	if (at < ix->n / 2u) {
		memmove(slots + 1, slots, at * sizeof(*slots));
		ix->first++;
	} else {
		memmove(slots + at, slots + at + 1, (ix->n - at) * sizeof(*slots));
	}
}

static void
time_insert(struct tcp_spans *b, uint16_t id, uint16_t older)
{
	struct tcp_span *s = tcp_span_of(b, id);

	s->older = older;
	s->younger = older == TCP_SPAN_NONE ? b->oldest : tcp_span_of(b, older)->younger;
	*(older == TCP_SPAN_NONE ? &b->oldest : &tcp_span_of(b, older)->younger) = id;
	*(s->younger == TCP_SPAN_NONE ? &b->youngest : &tcp_span_of(b, s->younger)->older) = id;
}

static void
time_remove(struct tcp_spans *b, uint16_t id)
{
	const struct tcp_span *s = tcp_span_of(b, id);

	*(s->older == TCP_SPAN_NONE ? &b->oldest : &tcp_span_of(b, s->older)->younger) = s->younger;
	*(s->younger == TCP_SPAN_NONE ? &b->youngest :
					&tcp_span_of(b, s->younger)->older) = s->older;
}

/* It is where those of its state are; `older` is for one that is SENT. */
static void
span_enter(struct tcp_spans *b, uint16_t id, uint16_t older)
{
	const struct tcp_span *s = tcp_span_of(b, id);

	if (s->state == TCP_SPAN_SENT)
		time_insert(b, id, older);
	else if (s->state == TCP_SPAN_LOST)
		index_insert(b, &b->losses, tcp_spans_up_to(b, &b->losses, s->start), id);
}

static void
span_leave(struct tcp_spans *b, uint16_t id)
{
	const struct tcp_span *s = tcp_span_of(b, id);

	if (s->state == TCP_SPAN_SENT)
		time_remove(b, id);
	else if (s->state == TCP_SPAN_LOST)
		index_remove(b, &b->losses, tcp_spans_up_to(b, &b->losses, s->start) - 1);
}

static void
span_insert(struct tcp_spans *b, uint32_t pos, const struct tcp_span *as, uint64_t start,
	    uint16_t older)
{
	uint16_t id = b->free;

	if (id == TCP_SPAN_NONE)
		id = b->fresh++;
	else
		b->free = tcp_span_of(b, id)->younger;
	*tcp_span_of(b, id) = *as;
	tcp_span_of(b, id)->start = start;
	index_insert(b, &b->all, pos, id);
	span_enter(b, id, older);
}

static void
span_remove(struct tcp_spans *b, uint32_t pos)
{
	uint16_t id = tcp_span_id(b, pos);

	span_leave(b, id);
	index_remove(b, &b->all, pos);
	tcp_span_of(b, id)->younger = b->free;
	b->free = id;
}

static void
count(struct tcp_spans *b, uint8_t state, uint32_t bytes)
{
	if (state == TCP_SPAN_SACKED)
		b->sacked += bytes;
	else if (state == TCP_SPAN_LOST)
		b->lost += bytes;
}

/* May both be one span? Those that are SENT, when the first is not sent much earlier. */
static bool
alike(const struct tcp_spans *b, const struct tcp_span *s, const struct tcp_span *as, uint32_t blur)
{
	if (s->state != as->state)
		return false;
	switch (s->state) {
	case TCP_SPAN_SENT:
		return s->rexmit == as->rexmit && s->spread_us != TCP_SPREAD_UNKNOWN &&
		       as->spread_us != TCP_SPREAD_UNKNOWN &&
		       as->sent_us - tcp_span_first_sent(s) <= blur;
	case TCP_SPAN_LOST:
		return tcp_spans_short(b) ||
		       (s->rexmit == as->rexmit && s->sent_us == as->sent_us &&
			s->spread_us == as->spread_us);
	}
	return true;
}

/* One span of both: `as`, which was not sent before s, and s. */
static struct tcp_span
joined(const struct tcp_span *s, const struct tcp_span *as)
{
	struct tcp_span both = *as;
	bool known = s->spread_us != TCP_SPREAD_UNKNOWN && as->spread_us != TCP_SPREAD_UNKNOWN;
	uint32_t spread = as->sent_us - tcp_span_first_sent(s);

	both.rexmit |= s->rexmit;
	if (s->sent_us == as->sent_us && s->spread_us == as->spread_us)
		return both;
	if (s->state != TCP_SPAN_SENT || !known || spread >= TCP_SPREAD_UNKNOWN)
		both.spread_us = TCP_SPREAD_UNKNOWN;
	else if (spread > as->spread_us)
		both.spread_us = (uint16_t)spread;
	return both;
}

static void
span_join(struct tcp_spans *b, uint16_t id, const struct tcp_span *as)
{
	struct tcp_span *s = tcp_span_of(b, id);
	struct tcp_span both;

	if (s->state == TCP_SPAN_SACKED)
		return;
	both = joined(s, as);
	if (s->state == TCP_SPAN_SENT)
		time_remove(b, id);
	both.start = s->start;
	*s = both;
	if (s->state == TCP_SPAN_SENT)
		time_insert(b, id, b->youngest);
}

/* All of the span at pos becomes `as`. */
static void
become_whole(struct tcp_spans *b, uint32_t pos, const struct tcp_span *as, bool left, bool right)
{
	uint64_t start = tcp_span_at(b, pos)->start;
	uint16_t id = tcp_span_id(b, pos);
	struct tcp_span both = *as;

	if (left && right) {
		both = joined(tcp_span_at(b, pos + 1), as);
		span_remove(b, pos + 1);
	}
	if (left) {
		span_remove(b, pos);
		span_join(b, tcp_span_id(b, pos - 1), &both);
	} else if (right) {
		span_remove(b, pos);
		tcp_span_at(b, pos)->start = start;
		span_join(b, tcp_span_id(b, pos), as);
	} else {
		span_leave(b, id);
		*tcp_span_of(b, id) = *as;
		tcp_span_of(b, id)->start = start;
		span_enter(b, id, b->youngest);
	}
}

bool
tcp_span_become(struct tcp_spans *b, uint32_t pos, struct tcp_range r, const struct tcp_span *as,
		uint32_t blur, uint32_t most)
{
	struct tcp_span *s = tcp_span_at(b, pos);
	uint64_t end = tcp_span_end(b, pos);
	bool head = r.start == s->start;
	bool tail = r.end == end;
	bool left = head && pos > 0 && alike(b, tcp_span_at(b, pos - 1), as, blur);
	bool right = tail && pos + 1u < b->all.n && alike(b, tcp_span_at(b, pos + 1), as, blur);

	if ((!head && !right) + (!tail && !left) > (int)most)
		return false;
	count(b, s->state, -(uint32_t)(r.end - r.start));
	count(b, as->state, (uint32_t)(r.end - r.start));
	if (head && tail) {
		become_whole(b, pos, as, left, right);
	} else if (head) {
		s->start = r.end;
		if (left)
			span_join(b, tcp_span_id(b, pos - 1), as);
		else
			span_insert(b, pos, as, r.start, b->youngest);
	} else if (right) {
		tcp_span_at(b, pos + 1)->start = r.start;
		span_join(b, tcp_span_id(b, pos + 1), as);
	} else {
		if (!tail)
			span_insert(b, pos + 1, s, r.end, tcp_span_id(b, pos));
		span_insert(b, pos + 1, as, r.start, b->youngest);
	}
	return true;
}

bool
tcp_spans_append(struct tcp_spans *b, uint64_t end, const struct tcp_span *as, uint32_t blur)
{
	uint32_t n = b->all.n;

	if (n > 0 && alike(b, tcp_span_at(b, n - 1), as, blur))
		span_join(b, tcp_span_id(b, n - 1), as);
	else if (tcp_spans_spare(b) > 0)
		span_insert(b, n, as, b->max, b->youngest);
	else
		return false;
	count(b, as->state, (uint32_t)(end - b->max));
	b->max = end;
	return true;
}

void
tcp_spans_drop(struct tcp_spans *b, uint64_t una)
{
	struct tcp_span *s = tcp_span_at(b, 0);

	count(b, s->state, -(uint32_t)(una - b->una));
	b->una = una;
	if (una == tcp_span_end(b, 0))
		span_remove(b, 0);
	else
		s->start = una;
}

void
tcp_spans_init(struct tcp_spans *b, uint32_t cap, uint64_t off)
{
	*b = (struct tcp_spans){
		.una = off,
		.max = off,
		.cap = (uint16_t)cap,
		.free = TCP_SPAN_NONE,
		.oldest = TCP_SPAN_NONE,
		.youngest = TCP_SPAN_NONE,
		.losses = { .base = (uint16_t)(2 * cap) },
	};
}

static void
index_copy(struct tcp_spans *to, struct tcp_span_index *ix, const struct tcp_spans *from,
	   const struct tcp_span_index *old)
{
	ix->n = old->n;
	memcpy(tcp_span_slots(to, ix), tcp_span_slots(from, old), old->n * sizeof(uint16_t));
}

void
tcp_spans_copy(struct tcp_spans *to, uint32_t cap, const struct tcp_spans *from)
{
	*to = *from;
	to->cap = (uint16_t)cap;
	to->all = (struct tcp_span_index){ .n = 0 };
	to->losses = (struct tcp_span_index){ .base = (uint16_t)(2 * cap) };
	memcpy(tcp_span_of(to, 0), tcp_span_of(from, 0), from->fresh * sizeof(struct tcp_span));
	index_copy(to, &to->all, from, &from->all);
	index_copy(to, &to->losses, from, &from->losses);
}
