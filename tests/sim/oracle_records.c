/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_records.h"

#include <stdlib.h>
#include <string.h>

#include <recordtls/tls.h>

enum {
	KEY_UPDATE_LEN = 5,
	RING = 32, /* records that are looked at in front of the program */
};

static uint64_t
number(const struct oracle_records *r)
{
	return r->first_no + r->nb_classes;
}

static void
edge_at(struct oracle_records *r, int64_t off)
{
	r->edge = (struct oracle_edge){ .off = off };
}

/* The record at the edge: may it be a KeyUpdate, behind which numbers begin anew? */
static bool
may_be_key_update(const struct oracle_records *r)
{
	const struct suite *s = r->suite;

	return s->version == RTLS_TLS_1_3 && r->edge.end != 0 &&
	       r->edge.end - r->edge.off <=
		       SUITE_HDR_LEN + KEY_UPDATE_LEN + s->inner_len + SUITE_TAG_LEN;
}

static void
on_record(struct oracle_records *r)
{
	const struct oracle_edge *e = &r->edge;
	bool opened = !e->unmarked && e->stretches == 1 && !e->wrong;
	enum oracle_class class = opened     ? ORACLE_OPENED :
				  e->changed ? ORACLE_MIXED :
					       ORACLE_UNTOUCHED;

	r->classes = oracle_grown(r->classes, r->nb_classes, &r->cap_classes, 1);
	r->classes[r->nb_classes++] = (uint8_t)class;
	r->stats->records[class]++;
	oracle_asks_record(r->asks, e->named, r->started && e->off >= r->start_off);
	r->small |= (uint64_t)may_be_key_update(r) << r->ring;
	r->ring++;
	edge_at(r, e->end);
}

/* So many bytes of one packet are the next ones of the record at the edge. */
static void
grow_edge(struct oracle_records *r, const struct oracle_piece *p)
{
	struct oracle_edge *e = &r->edge;

	e->unmarked = e->unmarked || p->run == 0;
	e->wrong = e->wrong || p->wrong;
	e->stretches += p->run != 0 && e->run != p->run;
	e->run = p->run;
}

/* What is known of a record by now is more than nothing. */
static void
change(struct oracle_edge *e, const struct oracle_piece *p)
{
	e->changed = true;
	e->named = e->named || !p->wrong;
}

/* A marked byte in front of this one, and behind the header, changes nothing. */
static int64_t
counts_from(const struct oracle_records *r)
{
	const struct suite *s = r->suite;

	/* The last byte of an explicit nonce says which one it was opened with. */
	return r->edge.off + suite_front(s) + (s->explicit_len == 0 ? 1 : 0);
}

/* The bytes of a piece, up to where the next record may not be looked at. False: there it stopped. */
static bool
frame_piece(struct oracle_records *r, struct oracle_piece *p)
{
	struct oracle_edge *e = &r->edge;
	int64_t at = p->off < e->off ? e->off : p->off, n;

	for (; at < p->end; at += n) {
		if (e->end != 0 && at == e->end) {
			e->whole = true;
			if (r->ring == RING)
				break;
			on_record(r);
		}
		grow_edge(r, p);
		if (e->end == 0) {
			n = SUITE_HDR_LEN - e->have < p->end - at ? SUITE_HDR_LEN - e->have :
								    p->end - at;
			memcpy(e->hdr + e->have, p->bytes + (at - p->off), (size_t)n);
			e->have += (uint32_t)n;
			if (e->have == SUITE_HDR_LEN) {
				if (!e->unmarked && e->stretches == 1)
					change(e, p);
				e->end = e->off + SUITE_HDR_LEN +
					 ((uint32_t)e->hdr[3] << 8 | e->hdr[4]);
				if (r->started)
					oracle_asks_header(r->asks, e->off, number(r),
							   r->small == 0);
			}
		} else {
			n = e->end < p->end ? e->end - at : p->end - at;
			if (p->run != 0 && at + n >= counts_from(r))
				change(e, p);
		}
	}
	if (at == e->end && e->end != 0) {
		e->whole = true;
		if (r->ring < RING)
			on_record(r);
	}
	if (at == p->end)
		return true;
	memmove(p->bytes, p->bytes + (at - p->off), (size_t)(p->end - at));
	p->off = at;
	return false;
}

/* All that is in order. */
static void
frame(struct oracle_records *r)
{
	size_t n = 0;

	if (!r->keyed)
		return;
	if (r->edge.end != 0 && r->edge.whole && r->ring < RING)
		on_record(r);
	while (n < r->nb_ready && frame_piece(r, &r->ready[n]))
		free(r->ready[n++].bytes);
	oracle_drop_front(r->ready, &r->nb_ready, n);
}

void
oracle_records_take(struct oracle_records *r, const struct oracle_piece *p)
{
	r->ready = oracle_grown(r->ready, r->nb_ready, &r->cap_ready, sizeof(*r->ready));
	r->ready[r->nb_ready++] = *p;
	frame(r);
}

void
oracle_records_keys(struct oracle_records *r, int64_t off, uint64_t rec_no)
{
	size_t n = 0;

	r->keyed = true;
	r->first_no = rec_no;
	edge_at(r, off);
	while (n < r->nb_ready && r->ready[n].end <= off)
		free(r->ready[n++].bytes);
	oracle_drop_front(r->ready, &r->nb_ready, n);
	frame(r);
}

void
oracle_records_read(struct oracle_records *r)
{
	r->ring--;
	r->small >>= 1;
	frame(r);
}

void
oracle_records_forget_marks(struct oracle_records *r)
{
	for (size_t i = 0; i < r->nb_ready; i++)
		oracle_unmark(&r->ready[i]);
	r->edge.unmarked = r->edge.unmarked || r->edge.stretches > 0;
	r->edge.changed = r->edge.named = r->edge.wrong = false;
	r->edge.run = 0;
	r->edge.stretches = 0;
}

int64_t
oracle_records_parsed(const struct oracle_records *r)
{
	return r->edge.off + (r->edge.end != 0);
}

bool
oracle_records_whole(const struct oracle_records *r, int64_t *off, uint64_t *rec_no)
{
	const struct oracle_edge *e = &r->edge;
	bool within = e->end != 0;

	if ((!within && e->have > 0) || e->whole || r->small != 0 || may_be_key_update(r))
		return false;
	*off = within ? e->end : e->off;
	*rec_no = number(r) + within;
	return true;
}

void
oracle_records_fini(struct oracle_records *r)
{
	for (size_t i = 0; i < r->nb_ready; i++)
		free(r->ready[i].bytes);
	free(r->ready);
	free(r->classes);
}
