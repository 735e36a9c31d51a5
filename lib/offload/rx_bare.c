/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What hardware that only marks packets must have done. After a marked packet it stands behind that
 * one. Of a packet that passes as it came nobody knows whether it followed that or undid it. So there
 * are several places: where the headers lead of all that has passed since the last mark; there, without
 * the last packet that passed; and those where it is stuck, if it undoes what it could have marked, a packet
 * that begins with the byte that it expects. What it follows and cannot mark, as it has the bytes in front
 * or they are missing, may fail where a record ends, and will then each time: so each such packet makes one
 * place more. Without room the second one is forgotten: the first is where nothing has gone right since.
 */
#include <recordtls/offload.h>

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/mark_walk.h"

struct place {
	struct mark_walk walk;
	uint32_t seq; /* of the byte that it stands in front of */
};

static const uint32_t RUN_MAX = UINT32_C(1) << 31;

enum { BARE_AHEAD, BARE_BACK, BARE_STUCK, BARE_PLACES = 7 };

struct bare {
	const struct record_suite *suite;
	struct place places[BARE_PLACES];
	uint32_t next_run; /* above UINT16_MAX: there is none */
	uint32_t run_len;  /* bytes of it, so that no sequence number comes twice in it */
	uint32_t sure;     /* behind the last mark */
	uint16_t generation;
	uint16_t run;
	uint8_t end;  /* of the places that there are */
	bool started; /* and no packet was marked since */
};

static_assert(sizeof(struct bare) <= sizeof(struct rtls_tls_rx_bare), "it has room");

static void
load(const struct rtls_tls_rx_bare *b, struct bare *v)
{
	memcpy(v, b->state, sizeof(*v));
}

static void
store(struct rtls_tls_rx_bare *b, const struct bare *v)
{
	memcpy(b->state, v, sizeof(*v));
}

static bool
is_known(const struct place *p)
{
	return p->walk.state != MARK_WALK_BROKEN;
}

static void
be_at(struct bare *v, const struct place *p)
{
	v->sure = p->seq;
	v->end = BARE_STUCK + 1;
	for (int i = 0; i < v->end; i++)
		v->places[i] = *p;
}

static void
forget(struct bare *v)
{
	v->end = BARE_STUCK + 1;
	for (int i = 0; i < v->end; i++)
		v->places[i].walk.state = MARK_WALK_BROKEN;
}

int
rtls_tls_rx_bare_init(struct rtls_tls_rx_bare *b, uint16_t version, uint16_t cipher,
		      uint32_t generation)
{
	struct bare v = { .suite = record_suite_find(version, cipher),
			  .generation = (uint16_t)generation };

	if (v.suite == NULL)
		return -ENOTSUP;
	if (v.generation == 0)
		return -EINVAL;
	forget(&v);
	store(b, &v);
	return 0;
}

void
rtls_tls_rx_bare_start(struct rtls_tls_rx_bare *b, uint32_t seq, uint64_t rec_no)
{
	struct place p = { .seq = seq };
	struct bare v;

	load(b, &v);
	mark_walk_at_record(&p.walk, (uint32_t)rec_no);
	be_at(&v, &p);
	v.started = true;
	store(b, &v);
}

static struct rtls_tls_rx_mark
mark_of(const struct bare *v, const struct mark_walk *w)
{
	return (struct rtls_tls_rx_mark){
		.generation = v->generation,
		.rec_no = w->rec_no,
		.rec_off = w->off,
	};
}

/* Length and nonce of the record that w stands in, if its header is complete. */
static void
tell_length(struct rtls_tls_rx_mark *m, const struct mark_walk *w, const struct record_suite *s)
{
	m->rec_len = w->len;
	if (w->len != 0)
		memcpy(m->explicit_nonce, mark_walk_explicit_nonce(w), s->explicit_nonce_len);
}

/*
 * To the byte with sequence seq, if that lies in the record at hand, as far as it is known, or right
 * behind it. False: it may have moved to nowhere.
 */
static bool
stand_at(const struct bare *v, struct place *p, uint32_t seq)
{
	int64_t off = (int64_t)p->walk.off + (int32_t)(seq - p->seq);
	struct rtls_tls_rx_mark m = mark_of(v, &p->walk);

	if (!is_known(p) || off < 0)
		return false;
	if (seq == p->seq)
		return true;
	tell_length(&m, &p->walk, v->suite);
	p->seq = seq;
	if (m.rec_len != 0 && off == m.rec_len) {
		mark_walk_at_record(&p->walk, m.rec_no + 1);
		return true;
	}
	if (off > (m.rec_len != 0 ? m.rec_len : p->walk.off))
		return false;
	m.rec_off = (uint16_t)off;
	return mark_walk_at(&p->walk, v->suite, &m, m.rec_len) == 0;
}

/* Steps over bytes. mark, of the first one: its record's length, once that is known. */
static void
walk(const struct bare *v, struct place *p, const uint8_t *in, uint32_t len,
     struct rtls_tls_rx_mark *mark)
{
	struct mark_stretch st;

	for (; len > 0 && is_known(p); in += st.len, len -= st.len) {
		if (mark->rec_len == 0 && p->walk.rec_no == mark->rec_no)
			tell_length(mark, &p->walk, v->suite);
		st = mark_walk_step(&p->walk, v->suite, in, len);
		p->seq += st.len;
	}
	if (is_known(p) && mark->rec_len == 0 && p->walk.rec_no == mark->rec_no)
		tell_length(mark, &p->walk, v->suite);
}

enum step {
	STEP_NONE,   /* it has no use for the packet */
	STEP_MARKS,  /* it would mark it */
	STEP_TRIES,  /* it follows it, or fails */
	STEP_PASSES, /* it follows it */
};

/*
 * From *p over a packet that passed as it came, to its end. The hardware may follow its headers, and where
 * bytes are missing in front of it, go on with the next record, whose start is known.
 */
static enum step
step(const struct bare *v, struct place *p, uint32_t seq, const uint8_t *payload, uint32_t len)
{
	struct rtls_tls_rx_mark mark;
	uint32_t skip = p->seq - seq;

	if ((int32_t)skip < 0)
		skip += p->walk.len != 0 ? p->walk.len - p->walk.off : 0;
	if (skip >= len || (int32_t)skip < 0 || !stand_at(v, p, seq + skip))
		return STEP_NONE;
	mark = mark_of(v, &p->walk);
	walk(v, p, payload + skip, len - skip, &mark);
	if (!is_known(p))
		return STEP_NONE;
	if (skip == 0)
		return STEP_MARKS;
	return p->walk.rec_no != mark.rec_no ? STEP_TRIES : STEP_PASSES;
}

/* Who is at a can stand wherever he could from b: in the same record, whose length is known. */
static bool
is_as_good(const struct place *a, const struct place *b)
{
	return a->walk.len != 0 && a->walk.rec_no == b->walk.rec_no &&
	       a->seq - a->walk.off == b->seq - b->walk.off;
}

static void
may_be_at(struct bare *v, const struct place *p)
{
	for (int i = BARE_STUCK; i < v->end; i++)
		if (is_as_good(&v->places[i], p))
			return;
	if (v->end == BARE_PLACES) {
		v->end--;
		memmove(&v->places[BARE_STUCK + 1], &v->places[BARE_STUCK + 2],
			(size_t)(v->end - BARE_STUCK - 1) * sizeof(*p));
	}
	v->places[v->end++] = *p;
}

static void
follow(struct bare *v, uint32_t seq, const uint8_t *payload, uint32_t len)
{
	struct place p;

	for (int i = v->end - 1; i >= BARE_STUCK; i--) {
		enum step how;

		p = v->places[i];
		how = step(v, &p, seq, payload, len);
		if (how == STEP_PASSES)
			v->places[i] = p;
		else if (how == STEP_TRIES)
			may_be_at(v, &p);
	}
	p = v->places[BARE_AHEAD];
	if (step(v, &p, seq, payload, len) == STEP_NONE)
		return;
	v->places[BARE_BACK] = v->places[BARE_AHEAD];
	v->places[BARE_AHEAD] = p;
}

/* In one of the places, the likelier ones first. */
static bool
find(const struct bare *v, struct place *p, uint32_t seq)
{
	*p = v->places[BARE_AHEAD];
	if (stand_at(v, p, seq))
		return true;
	*p = v->places[BARE_BACK];
	if (stand_at(v, p, seq))
		return true;
	for (int i = v->end - 1; i >= BARE_STUCK; i--) {
		*p = v->places[i];
		if (stand_at(v, p, seq))
			return true;
	}
	return false;
}

static int
mark_packet(struct bare *v, uint32_t seq, const uint8_t *payload, uint32_t len,
	    struct rtls_tls_rx_mark *out)
{
	struct place p = v->places[BARE_STUCK];
	bool begins = v->started || seq != v->sure || v->run_len > RUN_MAX || !stand_at(v, &p, seq);

	if (begins && !find(v, &p, seq))
		return -ENOENT;
	if (begins && v->next_run > UINT16_MAX)
		return -EOVERFLOW;
	*out = mark_of(v, &p.walk);
	walk(v, &p, payload, len, out);
	be_at(v, &p);
	/* Of a record whose header is none nothing is known. */
	if (!is_known(&p) && out->rec_len == 0)
		return -ENOENT;
	if (begins) {
		v->run = (uint16_t)v->next_run++;
		v->run_len = 0;
	}
	v->run_len += len;
	v->started = false;
	out->run = v->run;
	return 0;
}

int
rtls_tls_rx_bare_packet(struct rtls_tls_rx_bare *b, uint32_t seq, const uint8_t *payload,
			uint32_t len, bool marked, struct rtls_tls_rx_mark *out)
{
	struct bare v;
	int rc = 0;

	load(b, &v);
	if (marked)
		rc = mark_packet(&v, seq, payload, len, out);
	else
		follow(&v, seq, payload, len);
	store(b, &v);
	return rc;
}
