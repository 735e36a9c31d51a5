/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "board_model.h"

#include <string.h>

#include "board_broken.h"

#define WRONG_UNLESS(m, cond) ((cond) || (m)->wrong != NULL ? (void)0 : (void)((m)->wrong = #cond))

/* What an event may have done to a byte instead of what it should. */
enum event {
	EVENT_EXACT,
	EVENT_SENT,    /* rounded: more is in flight */
	EVENT_SACKED,  /* ignored: it is as it was */
	EVENT_LOSE,    /* rounded: more is lost */
	EVENT_OVERDUE, /* sent later, for the board: less is lost */
};

struct before {
	uint32_t ignored, rounded, spare;
};

void
board_model_init(struct board_model *m, struct tcp_board *b, uint32_t cap, uint64_t off,
		 uint32_t now_us)
{
	memset(m, 0, sizeof(*m));
	m->board = b;
	m->una = m->max = m->fack = off;
	m->now_us = now_us;
	tcp_board_init(b, cap, off);
}

uint32_t
board_model_room(const struct board_model *m)
{
	return BOARD_MODEL_LEN - (uint32_t)(m->max - m->una);
}

struct board_model_byte *
board_model_byte(struct board_model *m, uint64_t off)
{
	return &m->at[off % BOARD_MODEL_LEN];
}

/* A byte is not in the state that it should be in: may that be? Then the model follows. */
static bool
may_differ(const struct board_model *m, enum event event, const struct before *old,
	   struct board_model_byte *want, const struct tcp_span *got)
{
	bool rounded = m->board->rounded != old->rounded;

	switch (event) {
	case EVENT_SENT:
		/* It counts as sent now. A split takes two spans, and new data one. */
		want->sent_us = m->now_us;
		want->rexmit = want->unknown = true;
		return rounded && got->state == TCP_SPAN_SENT && old->spare < 3;
	case EVENT_LOSE:
		return rounded && want->state == TCP_SPAN_SENT && got->state == TCP_SPAN_LOST &&
		       old->spare < 2;
	case EVENT_SACKED:
		return m->board->ignored != old->ignored && want->state == TCP_SPAN_SACKED &&
		       got->state == m->was[want - m->at].state &&
		       old->spare < 2 + m->board->spans.cap / 8u + 1;
	case EVENT_OVERDUE:
		return want->state == TCP_SPAN_LOST && got->state == TCP_SPAN_SENT;
	case EVENT_EXACT:
		break;
	}
	return false;
}

/* What it says of the time of one byte, and whether it was sent again. */
static void
compare_times(struct board_model *m, struct board_model_byte *want, const struct tcp_span *got)
{
	int32_t early = (int32_t)(want->sent_us - tcp_span_first_sent(got));
	int32_t late = (int32_t)(got->sent_us - want->sent_us);

	if (got->rexmit && !want->rexmit) {
		WRONG_UNLESS(m, m->short_once);
		want->rexmit = true;
	}
	if (got->spread_us == TCP_SPREAD_UNKNOWN && !want->unknown) {
		WRONG_UNLESS(m, m->short_once);
		want->unknown = true;
	}
	WRONG_UNLESS(m, want->rexmit == got->rexmit);
	WRONG_UNLESS(m, want->unknown == (got->spread_us == TCP_SPREAD_UNKNOWN));
	if (got->state == TCP_SPAN_SENT)
		WRONG_UNLESS(m, late >= 0);
	if (!want->unknown) {
		WRONG_UNLESS(m, early >= 0 && late >= 0);
		WRONG_UNLESS(m, got->spread_us <= m->blur_us);
	}
}

static struct before
before(struct board_model *m)
{
	const struct tcp_board *b = m->board;
	uint32_t spare = tcp_spans_spare(&b->spans);

	m->short_once |= b->spans.all.n + 3u >= b->spans.cap / 2u;
	return (struct before){ b->ignored, b->rounded, spare };
}

/* Most bytes are: nothing is to be said of them. */
static bool
is_same(const struct board_model_byte *want, const struct tcp_span *got)
{
	return want->state == got->state &&
	       (got->state == TCP_SPAN_SACKED ||
		(want->sent_us == got->sent_us && want->rexmit == got->rexmit &&
		 got->spread_us == (want->unknown ? TCP_SPREAD_UNKNOWN : 0)));
}

static void
compare(struct board_model *m, enum event event, const struct before *old)
{
	const struct tcp_spans *s = &m->board->spans;
	const char *broken = board_broken(m->board);
	uint32_t count[TCP_SPAN_LOST + 1] = { 0 };

	if (m->wrong == NULL)
		m->wrong = broken;
	WRONG_UNLESS(m, s->una == m->una && s->max == m->max);
	if (m->wrong != NULL)
		return;
	for (uint32_t i = 0; i < s->all.n; i++) {
		const struct tcp_span *got = tcp_span_at(s, i);

		for (uint64_t off = got->start; off < tcp_span_end(s, i); off++) {
			struct board_model_byte *want = board_model_byte(m, off);

			if (is_same(want, got)) {
				count[want->state]++;
				continue;
			}
			if (want->state != got->state) {
				WRONG_UNLESS(m, may_differ(m, event, old, want, got));
				want->state = got->state;
			}
			count[want->state]++;
			if (want->state != TCP_SPAN_SACKED)
				compare_times(m, want, got);
		}
	}
	WRONG_UNLESS(m, tcp_board_pipe(m->board) == count[TCP_SPAN_SENT]);
	WRONG_UNLESS(m, s->sacked == count[TCP_SPAN_SACKED]);
	WRONG_UNLESS(m, s->lost == count[TCP_SPAN_LOST]);
	m->short_once |= tcp_board_is_short(m->board);
}

static struct tcp_snapshot
snapshot_of(uint32_t now_us)
{
	return (struct tcp_snapshot){ now_us * 3, now_us * 5, now_us * 7 };
}

void
board_model_sent(struct board_model *m, uint64_t off, uint32_t len, uint32_t rtt_us)
{
	struct tcp_sending s = { m->now_us, rtt_us, snapshot_of(m->now_us), m->now_us & 1 };
	struct before old = before(m);
	uint64_t end = off + len;
	uint32_t cap = m->board->spans.cap;
	uint32_t blur = rtt_us / (cap / 2u < 128 ? cap / 2u : 128);

	m->blur_us = blur > m->blur_us ? blur : m->blur_us;
	for (uint64_t k = off < m->una ? m->una : off; k < end; k++) {
		struct board_model_byte *byte = board_model_byte(m, k);

		if (k < m->max && byte->state == TCP_SPAN_SACKED)
			continue;
		*byte = (struct board_model_byte){ m->now_us, TCP_SPAN_SENT, k < m->max, false };
	}
	m->max = end > m->max ? end : m->max;
	tcp_board_sent(m->board, off, len, &s);
	compare(m, EVENT_SENT, &old);
}

static void
want_newest(struct board_model *m, struct tcp_newest *n, const struct board_model_byte *byte,
	    uint64_t off)
{
	int32_t later = (int32_t)(byte->sent_us - n->sent_us);

	if (n->known && (later < 0 || (later == 0 && off + 1 <= n->end)))
		return;
	n->known = true;
	n->sent_us = byte->sent_us;
	n->end = off + 1;
	n->snapshot = snapshot_of(byte->sent_us);
	n->app_limited = byte->sent_us & 1;
	(void)m;
}

/* A byte is there, and was not known to be. */
static void
want_delivered(struct board_model *m, uint64_t off)
{
	const struct board_model_byte *byte = board_model_byte(m, off);
	struct tcp_delivered *d = &m->want;

	d->bytes++;
	m->fack = off + 1 > m->fack ? off + 1 : m->fack;
	if (!byte->rexmit && off < d->fack && off < d->reordered)
		d->reordered = off;
	d->spurious += !byte->rexmit && byte->state == TCP_SPAN_LOST;
	if (byte->unknown)
		return;
	want_newest(m, byte->rexmit ? &d->again : &d->once, byte, off);
	if (!byte->rexmit && (!d->timed || (int32_t)(byte->sent_us - d->oldest_us) < 0)) {
		d->timed = true;
		d->oldest_us = byte->sent_us;
	}
}

void
board_model_heard(struct board_model *m)
{
	m->want = (struct tcp_delivered){ .fack = m->fack, .reordered = UINT64_MAX };
	tcp_board_heard(m->board, &m->got);
	WRONG_UNLESS(m, m->got.fack == m->fack);
}

void
board_model_ack(struct board_model *m, uint64_t una)
{
	struct before old = before(m);

	for (; m->una < una && m->una < m->max; m->una++) {
		if (board_model_byte(m, m->una)->state == TCP_SPAN_SACKED)
			continue;
		want_delivered(m, m->una);
		m->want.acked++;
	}
	if (una > m->max)
		m->una = m->max = una;
	m->fack = m->una > m->fack ? m->una : m->fack;
	tcp_board_ack(m->board, una, &m->got);
	compare(m, EVENT_EXACT, &old);
}

void
board_model_sack(struct board_model *m, uint64_t start, uint64_t end)
{
	struct before old = before(m);
	struct board_model_byte was[BOARD_MODEL_LEN];
	bool valid = end <= m->max;

	start = start < m->una ? m->una : start;
	for (uint64_t k = start; valid && k < end; k++) {
		was[k % BOARD_MODEL_LEN] = *board_model_byte(m, k);
		board_model_byte(m, k)->state = TCP_SPAN_SACKED;
	}
	m->was = was;
	tcp_board_sack(m->board, start, end, &m->got);
	compare(m, EVENT_SACKED, &old);
	for (uint64_t k = start; valid && k < end; k++) {
		struct board_model_byte *byte = board_model_byte(m, k);

		if (byte->state != TCP_SPAN_SACKED || was[k % BOARD_MODEL_LEN].state == byte->state)
			continue;
		*byte = was[k % BOARD_MODEL_LEN];
		want_delivered(m, k);
		byte->state = TCP_SPAN_SACKED;
	}
}

static void
compare_newest(struct board_model *m, const struct tcp_newest *want, const struct tcp_newest *got)
{
	int32_t early = (int32_t)(want->sent_us - got->sent_us);

	WRONG_UNLESS(m, want->known == got->known);
	if (!want->known)
		return;
	WRONG_UNLESS(m, early >= 0 && (uint32_t)early <= m->blur_us);
	if (m->blur_us > 0)
		return;
	WRONG_UNLESS(m, want->end == got->end);
	WRONG_UNLESS(m, memcmp(&want->snapshot, &got->snapshot, sizeof(want->snapshot)) == 0);
	WRONG_UNLESS(m, want->app_limited == got->app_limited);
}

void
board_model_heard_all(struct board_model *m)
{
	const struct tcp_delivered *want = &m->want, *got = &m->got;
	int32_t early = (int32_t)(want->oldest_us - got->oldest_us);

	WRONG_UNLESS(m, want->bytes == got->bytes);
	WRONG_UNLESS(m, want->acked == got->acked);
	WRONG_UNLESS(m, want->spurious == got->spurious);
	WRONG_UNLESS(m, want->reordered == got->reordered);
	WRONG_UNLESS(m, want->timed == got->timed);
	if (want->timed)
		WRONG_UNLESS(m, early >= 0 && (uint32_t)early <= m->blur_us);
	compare_newest(m, &want->once, &got->once);
	compare_newest(m, &want->again, &got->again);
}

/* Was it sent long enough ago? */
static bool
is_due(const struct board_model *m, uint32_t sent_us, uint32_t wait_us)
{
	uint32_t waited = m->now_us - sent_us;

	return (int32_t)waited >= 0 && waited >= wait_us;
}

/* May it be lost? In the order of the stream when both were sent at one time, or may have been. */
static bool
may_be_lost(const struct board_model *m, uint64_t off, uint32_t sent_us, uint32_t rack_us,
	    uint64_t rack_end, uint32_t wait_us)
{
	int32_t younger = (int32_t)(sent_us - rack_us);

	if (younger < 0)
		return is_due(m, sent_us, wait_us);
	return (uint32_t)younger <= m->blur_us && off + 1 < rack_end &&
	       is_due(m, sent_us - (uint32_t)younger, wait_us);
}

void
board_model_overdue(struct board_model *m, uint32_t rack_us, uint64_t rack_end, uint32_t wait_us)
{
	const struct tcp_spans *s = &m->board->spans;
	uint32_t lost = m->board->spans.lost;
	struct before old = before(m);
	struct tcp_overdue o;

	for (uint64_t k = m->una; k < m->max; k++) {
		struct board_model_byte *byte = board_model_byte(m, k);

		if (byte->state == TCP_SPAN_SENT &&
		    may_be_lost(m, k, byte->sent_us, rack_us, rack_end, wait_us))
			byte->state = TCP_SPAN_LOST;
	}
	o = tcp_board_overdue(m->board, rack_us, rack_end, wait_us, m->now_us);
	compare(m, EVENT_OVERDUE, &old);
	WRONG_UNLESS(m, o.lost == m->board->spans.lost - lost);
	/* What remains is not due by the board's own time, and the next that is waits so long. */
	for (uint32_t i = 0; i < s->all.n; i++) {
		const struct tcp_span *span = tcp_span_at(s, i);

		if (span->state != TCP_SPAN_SENT || (int32_t)(span->sent_us - rack_us) >= 0)
			continue;
		WRONG_UNLESS(m, !is_due(m, span->sent_us, wait_us));
		WRONG_UNLESS(m, o.wait_us <= wait_us - (m->now_us - span->sent_us));
	}
	WRONG_UNLESS(m, o.wait_us == UINT32_MAX || o.wait_us <= wait_us);
}

void
board_model_lose(struct board_model *m, uint64_t start, uint64_t end)
{
	struct before old = before(m);
	uint32_t lost = m->board->spans.lost;

	for (uint64_t k = start < m->una ? m->una : start; k < end && k < m->max; k++)
		if (board_model_byte(m, k)->state == TCP_SPAN_SENT)
			board_model_byte(m, k)->state = TCP_SPAN_LOST;
	lost = tcp_board_lose(m->board, start, end) - (m->board->spans.lost - lost);
	compare(m, EVENT_LOSE, &old);
	WRONG_UNLESS(m, lost == 0);
}

void
board_model_lose_all(struct board_model *m)
{
	struct before old = before(m);

	for (uint64_t k = m->una; k < m->max; k++)
		if (board_model_byte(m, k)->state == TCP_SPAN_SENT)
			board_model_byte(m, k)->state = TCP_SPAN_LOST;
	tcp_board_lose_all(m->board);
	compare(m, EVENT_EXACT, &old);
}

void
board_model_forget_sacked(struct board_model *m)
{
	struct before old = before(m);

	for (uint64_t k = m->una; k < m->max; k++)
		if (board_model_byte(m, k)->state == TCP_SPAN_SACKED)
			*board_model_byte(m, k) = (struct board_model_byte){ .state = TCP_SPAN_LOST,
									     .rexmit = true,
									     .unknown = true };
	m->fack = m->una;
	tcp_board_forget_sacked(m->board);
	compare(m, EVENT_EXACT, &old);
}

void
board_model_unlose(struct board_model *m)
{
	struct before old = before(m);

	for (uint64_t k = m->una; k < m->max; k++)
		if (board_model_byte(m, k)->state == TCP_SPAN_LOST)
			*board_model_byte(m, k) = (struct board_model_byte){ m->now_us,
									     TCP_SPAN_SENT, true,
									     true };
	tcp_board_unlose(m->board, m->now_us);
	compare(m, EVENT_EXACT, &old);
}

void
board_model_move(struct board_model *m, struct tcp_board *to, uint32_t cap)
{
	struct before old = before(m);

	tcp_board_copy(to, cap, m->board);
	m->board = to;
	compare(m, EVENT_EXACT, &old);
}

struct tcp_range
board_model_next_lost(struct board_model *m, uint64_t from, uint32_t len)
{
	struct tcp_range got = tcp_board_next_lost(m->board, from, len);
	uint64_t start = from < m->una ? m->una : from;
	uint64_t end;

	while (start < m->max && board_model_byte(m, start)->state != TCP_SPAN_LOST)
		start++;
	for (end = start; end < m->max && end - start < len; end++)
		if (board_model_byte(m, end)->state != TCP_SPAN_LOST)
			break;
	if (start >= m->max)
		WRONG_UNLESS(m, tcp_range_empty(got));
	else
		WRONG_UNLESS(m, got.start == start && got.end == end);
	return got;
}

struct tcp_range
board_model_tail(struct board_model *m, uint32_t len)
{
	struct tcp_range got = tcp_board_tail(m->board, len);
	uint64_t end = m->max;
	uint64_t start;

	while (end > m->una && board_model_byte(m, end - 1)->state == TCP_SPAN_SACKED)
		end--;
	for (start = end; start > m->una && end - start < len; start--)
		if (board_model_byte(m, start - 1)->state == TCP_SPAN_SACKED)
			break;
	if (end == m->una)
		WRONG_UNLESS(m, tcp_range_empty(got));
	else
		WRONG_UNLESS(m, got.start == start && got.end == end);
	return got;
}
