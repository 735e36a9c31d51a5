/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_tcp.h"

#include <stdlib.h>
#include <string.h>

enum {
	GAPS_MAX = 32,     /* TCP refuses what makes one more */
	STRETCHES_MAX = 8, /* of what was marked; one more counts as not marked */
};

static void
in_order(struct oracle_tcp *t, const struct oracle_piece *p)
{
	t->nxt = p->end;
	oracle_records_take(t->records, p);
}

/* The first one that ends behind off. */
static size_t
held_from(const struct oracle_tcp *t, int64_t off)
{
	size_t i = 0;

	while (i < t->nb_held && t->held[i].end <= off)
		i++;
	return i;
}

static void
insert(struct oracle_tcp *t, size_t i, struct oracle_piece p)
{
	t->held = oracle_grown(t->held, t->nb_held, &t->cap_held, sizeof(*t->held));
	memmove(&t->held[i + 1], &t->held[i], (t->nb_held - i) * sizeof(p));
	t->held[i] = p;
	t->nb_held++;
}

static size_t
gaps(const struct oracle_tcp *t)
{
	size_t n = t->nb_held > 0;

	for (size_t i = 1; i < t->nb_held; i++)
		n += t->held[i].off != t->held[i - 1].end;
	return n;
}

/* Is there room for one more stretch of marked bytes, in front of the i-th that is held? */
static bool
room_for_stretch(const struct oracle_tcp *t, size_t i, const struct oracle_piece *p)
{
	size_t n = t->records->keyed ? t->records->edge.stretches : 0;
	const struct oracle_piece *h = t->held;
	uint32_t before = 0;

	for (size_t k = 0; k < t->nb_held; k++)
		n += h[k].run != 0 &&
		     (k == 0 || h[k - 1].end != h[k].off || h[k - 1].run != h[k].run);
	if (p->off == t->nxt)
		before = t->records->edge.run;
	else if (i > 0 && h[i - 1].end == p->off)
		before = h[i - 1].run;
	return before == p->run || n < STRETCHES_MAX;
}

static void
join(struct oracle_tcp *t)
{
	size_t n = 0;

	while (n < t->nb_held && t->held[n].off == t->nxt)
		in_order(t, &t->held[n++]);
	oracle_drop_front(t->held, &t->nb_held, n);
}

/* Would it stand apart from all that waits? */
static bool
apart(const struct oracle_tcp *t, int64_t off, int64_t end)
{
	for (size_t i = 0; i < t->nb_held; i++)
		if (t->held[i].off <= end && t->held[i].end >= off)
			return false;
	return true;
}

bool
oracle_tcp_paws(struct oracle_tcp *t, const struct oracle_piece *p, bool has_ts, uint32_t ts)
{
	if (!t->has_ts || !has_ts)
		return false;
	if ((int32_t)(ts - t->ts_recent) < 0)
		return true;
	if (p->off <= t->acked && p->end >= t->nxt)
		t->ts_recent = ts;
	return false;
}

/* What lies within a packet, with gaps on both sides, counts as not marked, as that does. */
static void
put_back_within(struct oracle_tcp *t, int64_t off, int64_t end)
{
	struct oracle_piece *h = t->held;

	for (size_t i = 0, n; i < t->nb_held; i = n) {
		for (n = i + 1; n < t->nb_held && h[n].off == h[n - 1].end; n++)
			;
		for (size_t k = i; k < n && h[i].off > off && h[n - 1].end < end; k++)
			oracle_unmark(&h[k]);
	}
}

void
oracle_tcp_input(struct oracle_tcp *t, const struct oracle_piece *p)
{
	int64_t at = p->off > t->nxt ? p->off : t->nxt, until;
	bool whole = at == p->off;
	struct oracle_piece part;
	size_t i;

	if (at >= p->end)
		return;
	if (at > t->nxt && gaps(t) == GAPS_MAX && apart(t, at, p->end)) {
		t->stats->refused++;
		return;
	}
	for (i = 0; i < t->nb_held; i++)
		whole = whole && (t->held[i].end <= p->off || t->held[i].off >= p->end);
	put_back_within(t, at, p->end);
	while (at < p->end) {
		i = held_from(t, at);
		until = i < t->nb_held && t->held[i].off < p->end ? t->held[i].off : p->end;
		if (until > at) {
			part = oracle_part_of(p, at, until, whole);
			if (part.run != 0 && !room_for_stretch(t, i, &part)) {
				oracle_unmark(&part);
				t->stats->undone++;
			}
			if (at == t->nxt)
				in_order(t, &part);
			else
				insert(t, i, part);
		}
		at = until;
		join(t);
		at = at < t->nxt ? t->nxt : at;
		i = held_from(t, at);
		at = i < t->nb_held && t->held[i].off <= at ? t->held[i].end : at;
	}
}

void
oracle_tcp_forget_marks(struct oracle_tcp *t)
{
	for (size_t i = 0; i < t->nb_held; i++)
		oracle_unmark(&t->held[i]);
}

void
oracle_tcp_fini(struct oracle_tcp *t)
{
	for (size_t i = 0; i < t->nb_held; i++)
		free(t->held[i].bytes);
	free(t->held);
}
