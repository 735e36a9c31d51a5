/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx_marks.h"

#include <rte_common.h>

#include "crypto/keystream.h"
#include "session/shared.h"

enum { PIECES_MAX = 32 };

/* A stretch of one record that is put back, in the pieces that it lies in. */
struct undo {
	struct rx_tls *tls;
	const struct session_epoch *e;
	uint8_t nonce[RECORD_NONCE_LEN];
	uint32_t off; /* of the first piece among the record's inner bytes */
	uint32_t len;
	uint32_t n;
	bool failed; /* bytes of it are neither the one nor the other */
	struct iovec pieces[PIECES_MAX];
};

/* Payload of a packet that is to be gone through, piece by piece. */
struct payload {
	struct rte_mbuf *m;
	uint32_t off;
	uint32_t left;
};

static struct payload
payload_of(const struct rx_marked *p)
{
	return (struct payload){ p->m, p->off, p->len };
}

/* The next piece, of *len bytes; NULL: that was all. */
static uint8_t *
payload_next(struct payload *p, uint32_t *len)
{
	uint8_t *at;

	if (p->left == 0)
		return NULL;
	for (; p->off >= p->m->data_len; p->m = p->m->next)
		p->off -= p->m->data_len;
	at = rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->off);
	*len = RTE_MIN(p->left, p->m->data_len - p->off);
	p->left -= *len;
	p->off += *len;
	return at;
}

static struct session_epoch *
epoch_of(const struct rx_tls *tls, uint16_t generation)
{
	struct session_epoch *e;

	if (tls == NULL || generation == 0)
		return NULL;
	if (tls->epochs.now != NULL && tls->epochs.now->rx.generation == generation)
		return tls->epochs.now;
	for (uint32_t i = 0; (e = epochs_next(&tls->epochs, &i)) != NULL;)
		if (e->rx.generation == generation)
			return e;
	return NULL;
}

bool
rx_marks_known(const struct rx_tls *tls, const struct rtls_tls_rx_mark *mark)
{
	return epoch_of(tls, mark->generation) != NULL;
}

/* --- putting back --------------------------------------------------------------- */

static void
undo_init(struct undo *u, struct rx_tls *tls, const struct session_epoch *e)
{
	u->tls = tls;
	u->e = e;
	u->n = 0;
	u->len = 0;
	u->failed = false;
}

static void
undo_flush(struct undo *u)
{
	struct rx_tls *tls = u->tls;

	if (u->n == 0)
		return;
	/* What is not put back fails to verify: nobody reads it. */
	if (keystream_xor(u->e->undo, u->nonce, u->off, u->pieces, u->n) != 0)
		u->failed = true;
	tls->count.put_back++;
	tls->shared->rx_total.put_back++;
	u->n = 0;
	u->len = 0;
}

/* Inner bytes of a record, by its nonce. */
static void
undo_body(struct undo *u, const uint8_t nonce[RECORD_NONCE_LEN], uint32_t off, uint8_t *at,
	  uint32_t len)
{
	bool goes_on = u->n > 0 && off == u->off + u->len &&
		       memcmp(u->nonce, nonce, RECORD_NONCE_LEN) == 0;

	if (!goes_on || u->n == PIECES_MAX)
		undo_flush(u);
	if (u->n == 0) {
		memcpy(u->nonce, nonce, RECORD_NONCE_LEN);
		u->off = off;
	}
	u->pieces[u->n++] = (struct iovec){ .iov_base = at, .iov_len = len };
	u->len += len;
}

/* Walks over bytes that lie in one piece. */
static void
undo_bytes(struct undo *u, struct mark_walk *w, uint8_t *at, uint32_t len)
{
	const struct record_suite *s = u->e->suite;
	uint8_t nonce[RECORD_NONCE_LEN];
	struct mark_stretch st;
	uint64_t near;

	for (; len > 0; at += st.len, len -= st.len) {
		st = mark_walk_step(w, s, at, len);
		if (!st.body)
			continue;
		near = u->e->rx.base + u->tls->framer.index;
		record_nonce_received(s, u->e->iv, mark_rec_no(near, w->rec_no),
				      mark_walk_explicit_nonce(w), nonce);
		undo_body(u, nonce, st.body_off, at, st.len);
	}
}

/* What the queue holds from off to end_off. */
static void
undo_queued(struct undo *u, struct mark_walk *w, uint64_t off, uint64_t end_off)
{
	uint32_t len;
	uint8_t *at;

	for (; off < end_off; off += len) {
		at = recvq_piece(u->tls->device->q, off, &len);
		len = (uint32_t)RTE_MIN((uint64_t)len, end_off - off);
		undo_bytes(u, w, at, len);
	}
	undo_flush(u);
}

/* Of the span at i, what lies in front of end_off. */
static void
put_back_span(struct rx_tls *tls, uint32_t i, uint64_t end_off)
{
	struct mark_spans *marks = &tls->device->marks;
	struct mark_span *span = &marks->of[i];
	struct undo u;

	end_off = RTE_MIN(end_off, span->end_off);
	undo_init(&u, tls, epoch_of(tls, span->generation));
	if (u.e != NULL)
		undo_queued(&u, &span->at, span->off, end_off);
	mark_spans_put_back(marks, i, end_off);
}

void
rx_marks_put_back(struct rx_tls *tls, uint64_t off, uint64_t end_off)
{
	struct mark_spans *marks;

	if (!rx_marks_any(tls))
		return;
	marks = &tls->device->marks;
	/* From the front on, as the queue is looked at; one of which nothing is left goes. */
	for (uint32_t i = 0, n; i < marks->n && marks->of[i].off < end_off; i += n == marks->n) {
		n = marks->n;
		if (marks->of[i].off >= off)
			put_back_span(tls, i, end_off);
	}
}

void
rx_marks_refuse(struct rx_tls *tls, const struct rx_marked *p)
{
	const struct session_epoch *e = epoch_of(tls, p->mark->generation);
	struct payload rest = payload_of(p);
	struct mark_walk w;
	struct undo u;
	uint8_t *at;
	uint32_t n;

	if (e == NULL)
		return; /* nobody can; it fails to verify */
	mark_walk_at(&w, e->suite, p->mark, p->len);
	undo_init(&u, tls, e);
	while ((at = payload_next(&rest, &n)) != NULL)
		undo_bytes(&u, &w, at, n);
	undo_flush(&u);
	/* Its bytes are not what it says. */
	if (w.state == MARK_WALK_BROKEN)
		tls->device->marks.contradicted = true;
}

/* --- notes ---------------------------------------------------------------------- */

static void
walk_packet(struct mark_spans *marks, const struct record_suite *s, const struct rx_marked *p)
{
	struct payload rest = payload_of(p);
	const uint8_t *at;
	uint32_t n, done;

	while ((at = payload_next(&rest, &n)) != NULL)
		for (done = 0; done < n;)
			done += mark_walk_step(&marks->end, s, at + done, n - done).len;
	mark_spans_walked(marks);
}

bool
rx_marks_take(struct rx_tls *tls, const struct rx_marked *p, uint64_t at)
{
	struct session_epoch *e = epoch_of(tls, p->mark->generation);
	struct mark_spans *marks;

	if (e == NULL)
		return false; /* as there */
	marks = &tls->device->marks;
	if (mark_spans_grow(marks, e->suite, at, p->len, p->mark, p->failed))
		return true;
	e->rx.opened = true;
	tls->device->q->plaintext = true;
	switch (mark_spans_add(marks, e->suite, at, p->len, p->mark, p->failed)) {
	case MARK_SPANS_ADDED:
		walk_packet(marks, e->suite, p);
		return true;
	case MARK_SPANS_NOTHING:
		break;
	case MARK_SPANS_FULL:
		rx_marks_refuse(tls, p);
		break;
	}
	return false;
}

void
rx_marks_undo(struct rx_tls *tls, uint64_t at)
{
	mark_spans_undo(&tls->device->marks, at);
}

void
rx_marks_forget(struct rx_tls *tls)
{
	if (rx_marks_any(tls))
		mark_spans_cut(&tls->device->marks, 0);
}

void
rx_marks_held_dropped(struct rx_tls *tls)
{
	if (rx_marks_any(tls))
		mark_spans_cut(&tls->device->marks, tls->device->q->ready.end_off);
}

/* --- records -------------------------------------------------------------------- */

/* A device says that it has verified the record, which is to be held against it if that is not so. */
static void
note_claim(struct rx_tls *tls, const struct mark_record *r)
{
	const struct mark_span *span = mark_spans_claim(&tls->device->marks, r);
	struct rx_claim *claim = &tls->device->claim;

	/* The first one that is not read yet: where that fails nothing behind it is read. */
	if (span == NULL || (claim->key_no != 0 && claim->index >= framer_head_index(&tls->framer)))
		return;
	*claim = (struct rx_claim){
		.index = tls->framer.index,
		.rec_no = span->at.rec_no,
		.key_no = epoch_of(tls, span->generation)->no,
	};
}

void
rx_marks_header(struct rx_tls *tls)
{
	uint64_t off = tls->framer.start_off;

	if (rx_marks_any(tls) && !mark_spans_begin_record(&tls->device->marks, off, RECORD_HDR_LEN))
		rx_marks_put_back(tls, off, off + RECORD_HDR_LEN);
}

/* Does a device, where it began with a span of the record, stand in it with its number? */
static bool
is_named(const struct mark_spans *marks, const struct mark_record *r)
{
	const struct mark_span *span = marks->of;

	for (; span < marks->of + marks->n && span->off < r->end_off; span++)
		if (span->generation == r->generation && span->at.state != MARK_WALK_BROKEN &&
		    span->at.rec_no == (uint32_t)r->rec_no && span->off - span->at.off == r->off)
			return true;
	return false;
}

enum rx_found
rx_marks_judge(struct rx_tls *tls, bool *named)
{
	struct session_epoch *now = tls->epochs.now;
	const struct framer *f = &tls->framer;
	const struct mark_record r = {
		.off = f->start_off,
		.end_off = f->start_off + framer_wire_len(f),
		.rec_no = now->rx.base + f->index,
		.vouched_no = now->rx.vouched_no,
		.generation = now->rx.generation,
	};
	struct mark_spans *marks;
	enum mark_why why;

	*named = false;
	if (!rx_marks_any(tls))
		return RX_FOUND_UNTOUCHED;
	marks = &tls->device->marks;
	*named = is_named(marks, &r);
	switch (mark_spans_judge(marks, &r)) {
	case MARK_UNTOUCHED:
		break;
	case MARK_OPENED:
		mark_spans_pass(marks, r.end_off);
		now->rx.vouched_no = r.rec_no;
		return RX_FOUND_OPENED;
	case MARK_MIXED:
		why = mark_spans_why(marks, &r);
		note_claim(tls, &r);
		rx_marks_put_back(tls, r.off, r.end_off);
		return (enum rx_found)(RX_FOUND_MIXED + (int)why);
	}
	return RX_FOUND_UNTOUCHED;
}

/* A record that was judged OPENED, by its number. False: libcrypto failed. */
static bool
put_back_record(struct rx_tls *tls, const struct session_epoch *e, uint64_t off,
		const struct framed *rec, uint32_t rec_no)
{
	struct mark_walk w;
	struct undo u;

	undo_init(&u, tls, e);
	mark_walk_at_record(&w, rec_no);
	undo_queued(&u, &w, off, off + framed_wire_len(rec));
	return !u.failed;
}

void
rx_marks_put_back_opened(struct rx_tls *tls, const struct session_epoch *e)
{
	struct framer *f = &tls->framer;
	uint64_t off = f->head_off;
	struct framed *rec;

	for (uint32_t i = 0; (rec = framer_at(f, i)) != NULL; i++, off += framed_wire_len(rec)) {
		if (!rx_found_is_device((enum rx_found)rec->class))
			continue;
		if (rec->class == RX_FOUND_OPENED)
			(void)put_back_record(tls, e, off, rec,
					      (uint32_t)(e->rx.base + framer_head_index(f) + i));
		rec->class = RX_FOUND_MIXED + MARK_WHY_KEY;
	}
}

void
rx_marks_audit(struct rx_tls *tls)
{
	struct session_epoch *now = tls->epochs.now;
	struct framer *f = &tls->framer;
	struct framed *rec = framer_at(f, 0);
	bool done = put_back_record(tls, now, f->head_off, rec,
				    (uint32_t)(now->rx.base + framer_head_index(f)));

	/* What libcrypto did not do is not held against the device. */
	rec->class = done ? RX_FOUND_AUDITED : RX_FOUND_MIXED + MARK_WHY_FAILED;
}

const struct session_epoch *
rx_marks_claim(const struct rx_tls *tls, uint64_t *rec_no)
{
	const struct rx_claim *c;
	const struct session_epoch *e;

	if (tls->device == NULL)
		return NULL;
	c = &tls->device->claim;
	if (c->key_no == 0 || c->index != framer_head_index(&tls->framer))
		return NULL;
	for (uint32_t i = 0; (e = epochs_next(&tls->epochs, &i)) != NULL;) {
		if (e->no == c->key_no) {
			*rec_no = mark_rec_no(e->rx.base + c->index, c->rec_no);
			return e;
		}
	}
	return NULL;
}
