/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_asks.h"

#include "sim/oracle_piece.h"

enum { HINT_FIRST = 2, HINT_MAX = 128 };

static void
tell(struct oracle_asks *a, struct oracle_call *c)
{
	c->untouched = a->untouched;
	c->touched = a->touched;
	a->calls = oracle_grown(a->calls, a->nb_calls, &a->cap_calls, sizeof(*a->calls));
	a->calls[a->nb_calls++] = *c;
	if (a->alone)
		(void)oracle_asks_said(a, c, &(struct oracle_hears){ 0 });
}

/* The back-off: 2, 4, 8 ... 128, 256, 384 ... */
static void
next_hint(struct oracle_asks *a, uint64_t untouched)
{
	while (a->hint_at <= untouched)
		a->hint_at += a->hint_at < HINT_MAX ? a->hint_at : HINT_MAX;
}

/* Who was answered is not told the same in other words. */
void
oracle_asks_answer(struct oracle_asks *a, int64_t off, uint64_t rec_no)
{
	struct oracle_call c = { .off = off, .rec_no = rec_no, .may_miss = a->newer };

	if (!c.may_miss)
		next_hint(a, a->untouched);
	a->state = ORACLE_ASKS_IDLE;
	a->stats->answered++;
	tell(a, &c);
}

enum oracle_told
oracle_asks_said(struct oracle_asks *a, const struct oracle_call *c, const struct oracle_hears *how)
{
	enum oracle_told told = oracle_nic_told(a->nic, c->off, c->rec_no, how);

	if (c->may_miss && c->touched == a->touched)
		next_hint(a, c->untouched);
	a->stats->told[told]++;
	return told;
}

void
oracle_asks_cancel(struct oracle_asks *a)
{
	if (a->state != ORACLE_ASKS_IDLE)
		a->stats->cancelled++;
	a->state = ORACLE_ASKS_IDLE;
}

void
oracle_asks_request(struct oracle_asks *a, int64_t off)
{
	a->stats->asked++;
	if (a->state != ORACLE_ASKS_IDLE)
		a->stats->replaced++;
	a->state = ORACLE_ASKS_ASKED;
	a->asked = off;
}

void
oracle_asks_start(struct oracle_asks *a, const struct oracle_question *q)
{
	a->stats->asked++;
	if (a->state != ORACLE_ASKS_IDLE)
		a->stats->replaced++;
	a->state = ORACLE_ASKS_LOGS;
	a->from = q->from;
	a->to = q->to;
	a->nb_log = 0;
	a->overflown = false;
}

void
oracle_asks_end(struct oracle_asks *a, int64_t off, int64_t parsed, bool known)
{
	if (a->state != ORACLE_ASKS_LOGS)
		return;
	for (uint32_t i = 0; i < a->nb_log && !a->overflown; i++)
		if (a->log[i].off == off) {
			if (!known) {
				oracle_asks_cancel(a);
				return;
			}
			oracle_asks_answer(a, off, a->log[i].rec_no);
			return;
		}
	if (a->overflown || off < parsed) {
		oracle_asks_cancel(a);
		return;
	}
	a->state = ORACLE_ASKS_ASKED;
	a->asked = off;
}

void
oracle_asks_header(struct oracle_asks *a, int64_t off, uint64_t rec_no, bool known)
{
	if (a->state == ORACLE_ASKS_ASKED && off >= a->asked) {
		/* Behind what may be a KeyUpdate nobody knows. */
		if (off == a->asked && known) {
			oracle_asks_answer(a, off, rec_no);
		} else {
			oracle_asks_cancel(a);
		}
	} else if (a->state == ORACLE_ASKS_LOGS && off >= a->from && off < a->to) {
		a->overflown = a->overflown || a->nb_log == ORACLE_LOG_MAX;
		if (!a->overflown) {
			a->log[a->nb_log].off = off;
			a->log[a->nb_log++].rec_no = rec_no;
		}
	}
}

void
oracle_asks_record(struct oracle_asks *a, bool named, bool counts)
{
	if (named) {
		a->untouched = 0;
		a->hint_at = HINT_FIRST;
		a->touched++;
	} else if (counts) {
		a->untouched++;
	}
}

void
oracle_asks_hint(struct oracle_asks *a, int64_t off, uint64_t rec_no)
{
	next_hint(a, a->untouched);
	if (a->state == ORACLE_ASKS_ASKED)
		oracle_asks_cancel(a);
	tell(a, &(struct oracle_call){ .off = off, .rec_no = rec_no, .hint = true });
}

void
oracle_asks_init(struct oracle_asks *a, struct oracle_nic *nic, bool alone,
		 struct resync_oracle_stats *stats)
{
	*a = (struct oracle_asks){
		.nic = nic, .alone = alone, .stats = stats, .hint_at = HINT_FIRST
	};
}
