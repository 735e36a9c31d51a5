/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/recvq.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "buf/chain.h"

void
recvq_init(struct recvq *q, uint64_t start_off)
{
	memset(q, 0, sizeof(*q));
	q->ready.off = start_off;
	q->ready.end_off = start_off;
}

/* The run that a chain, not empty, makes at off. Each of its buffers gets the head's marks. */
static struct recvq_run
run_of(struct rte_mbuf *m, uint64_t off)
{
	struct recvq_run r = { .first = m, .off = off, .end_off = off };
	uint64_t marks = chain_marks(m);

	for (; m != NULL; m = m->next) {
		m->ol_flags = (m->ol_flags & ~CHAIN_MARKS) | marks;
		r.last = m;
		r.end_off += m->data_len;
		r.room += m->buf_len;
	}
	return r;
}

static uint32_t
run_len(const struct recvq_run *r)
{
	return (uint32_t)(r->end_off - r->off);
}

/* It uses less than a quarter of its buffers, and has the same marks everywhere. */
static bool
is_small(const struct recvq_run *r)
{
	const struct rte_mbuf *m;

	if (run_len(r) >= r->room / 4)
		return false;
	for (m = r->first; m != NULL; m = m->next)
		if (chain_marks(m) != chain_marks(r->first))
			return false;
	return true;
}

static void
seg_free(const struct recvq *q, struct rte_mbuf *m)
{
	chain_free_seg(m, q->wipe && q->marked_end_off != 0);
}

/* Moves the bytes of a run behind those of a buffer that is ours alone, and frees its own. */
static void
move_behind(const struct recvq *q, struct rte_mbuf *tail, const struct recvq_run *r)
{
	struct rte_mbuf *m, *next;

	chain_copy_out(r->first, 0, rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len),
		       run_len(r));
	tail->data_len = (uint16_t)(tail->data_len + run_len(r));
	for (m = r->first; m != NULL; m = next) {
		next = m->next;
		seg_free(q, m);
	}
}

/*
 * A small run whose buffers are somebody else's, too, moves into one of ours, where those behind it
 * can join it: else each of them pins all of a sender's buffer, and is charged for it. Not where no
 * second one would fit, nor when it were one of the last: records need them.
 */
static void
make_ours(const struct recvq *q, struct recvq_run *r)
{
	uint64_t marks = chain_marks(r->first);
	struct rte_mbuf *m;

	if (q->tails == NULL || (r->first == r->last && chain_writable(r->first)) ||
	    run_len(r) * 2 + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(q->tails) ||
	    rte_mempool_avail_count(q->tails) <= q->tails->size / 4)
		return;
	m = rte_pktmbuf_alloc(q->tails);
	if (m == NULL)
		return;
	m->ol_flags |= marks;
	move_behind(q, m, r);
	r->first = m;
	r->last = m;
	r->room = m->buf_len;
}

/* May bytes with the marks of m stand behind those of tail? seam NULL: only if they are equal. */
static bool
marks_join(struct rte_mbuf *tail, const struct rte_mbuf *m, struct recvq_seam *seam)
{
	if (chain_marks(tail) == chain_marks(m))
		return true;
	if (seam == NULL || seam->m != NULL)
		return false;
	*seam = (struct recvq_seam){ .m = tail, .len = tail->data_len, .marks = chain_marks(tail) };
	tail->ol_flags = (tail->ol_flags & ~CHAIN_MARKS) | chain_marks(m);
	return true;
}

/*
 * Joins what starts where the run ends. A small piece moves into the run's last
 * buffer when nobody else can see that one: its tail room is then ours alone.
 */
static void
run_append(const struct recvq *q, struct recvq_run *run, struct recvq_run *more,
	   struct recvq_seam *seam)
{
	struct rte_mbuf *tail = run->last;

	run->end_off = more->end_off;
	if (tail == NULL) {
		run->first = more->first;
		run->last = more->last;
		run->room = more->room;
		return;
	}
	if (is_small(more)) {
		if (chain_writable(tail) && run_len(more) <= rte_pktmbuf_tailroom(tail) &&
		    marks_join(tail, more->first, seam)) {
			move_behind(q, tail, more);
			return;
		}
		make_ours(q, more);
	}
	tail->next = more->first;
	run->last = more->last;
	run->room += more->room;
}

static void
held_remove(struct recvq *q, uint32_t i)
{
	q->nb_held--;
	memmove(&q->held[i], &q->held[i + 1], (q->nb_held - i) * sizeof(q->held[0]));
}

/* Room is counted again from the runs that an insertion touched: before is what they had. */
static void
recount(struct recvq *q, uint32_t ready_before, uint32_t held_before, uint32_t held_after)
{
	q->room_held += held_after - held_before;
	q->room_used += q->ready.room - ready_before + held_after - held_before;
}

static void
insert_ready(struct recvq *q, struct recvq_run *r)
{
	uint32_t ready_before = q->ready.room, joined = 0;

	run_append(q, &q->ready, r, &q->seam);
	while (q->nb_held > 0 && q->held[0].off == q->ready.end_off) {
		joined += q->held[0].room;
		run_append(q, &q->ready, &q->held[0], &q->seam);
		held_remove(q, 0);
	}
	recount(q, ready_before, joined, 0);
}

static int
insert_held(struct recvq *q, struct recvq_run *r)
{
	bool joins_before, joins_behind;
	struct recvq_run *run, behind = { 0 };
	uint32_t i, room_before = 0;

	/* i: the first run behind r. New data is mostly the newest: search from the end. */
	for (i = q->nb_held; i > 0 && q->held[i - 1].off > r->off; i--)
		;
	joins_before = i > 0 && q->held[i - 1].end_off == r->off;
	joins_behind = i < q->nb_held && q->held[i].off == r->end_off;
	if (!joins_before && !joins_behind && q->nb_held == RECVQ_RUNS_MAX)
		return -ENOSPC;

	if (joins_behind) {
		behind = q->held[i];
		/* Now: where it joins, its bytes may move into another buffer. */
		room_before = behind.room;
		held_remove(q, i);
	}
	if (joins_before) {
		run = &q->held[i - 1];
		room_before += run->room;
		run_append(q, run, r, NULL);
	} else {
		run = &q->held[i];
		memmove(run + 1, run, (q->nb_held - i) * sizeof(*run));
		q->nb_held++;
		if (is_small(r))
			make_ours(q, r);
		*run = *r;
	}
	if (joins_behind)
		run_append(q, run, &behind, NULL);
	recount(q, q->ready.room, room_before, run->room);
	return 0;
}

void
recvq_consume(struct recvq *q, uint64_t len)
{
	struct recvq_run *r = &q->ready;
	struct rte_mbuf *m = r->first, *next;

	r->off += len;
	while (m != NULL && len >= m->data_len) {
		next = m->next;
		len -= m->data_len;
		r->room -= m->buf_len;
		q->room_used -= m->buf_len;
		if (m == q->seam.m)
			q->seam.m = NULL;
		seg_free(q, m);
		m = next;
	}
	if (m != NULL && m == q->seam.m)
		q->seam.len -= RTE_MIN(q->seam.len, (uint32_t)len);
	r->first = m;
	/* Its buffer is gone, or begins with the read position now. */
	if (q->cursor.off < r->off)
		q->cursor = (struct recvq_cursor){ .m = m, .off = r->off };
	if (m == NULL) {
		r->last = NULL;
		return;
	}
	m->data_off = (uint16_t)(m->data_off + len);
	m->data_len = (uint16_t)(m->data_len - len);
}

/* rte_pktmbuf_free would do, but nb_segs of a run's mbufs is not kept. */
static void
run_free(const struct recvq *q, struct recvq_run *r)
{
	struct rte_mbuf *m, *next;

	for (m = r->first; m != NULL; m = next) {
		next = m->next;
		seg_free(q, m);
	}
	memset(r, 0, sizeof(*r));
}

/* Inserts a chain that overlaps nothing. */
static int
insert_disjoint(struct recvq *q, uint64_t off, struct rte_mbuf *m)
{
	struct recvq_run r = run_of(m, off);

	if (chain_marks(m) != 0)
		q->marked_end_off = RTE_MAX(q->marked_end_off, r.end_off);
	if (off == q->ready.end_off) {
		insert_ready(q, &r);
		return 0;
	}
	return insert_held(q, &r);
}

static void
held_free(struct recvq *q, uint32_t i)
{
	q->room_used -= q->held[i].room;
	q->room_held -= q->held[i].room;
	run_free(q, &q->held[i]);
	held_remove(q, i);
}

/* The first run that lies inside [off, end_off), or nb_held. */
static uint32_t
find_enclosed(const struct recvq *q, uint64_t off, uint64_t end_off)
{
	uint32_t i;

	for (i = 0; i < q->nb_held; i++) {
		if (q->held[i].off > off && q->held[i].end_off < end_off)
			return i;
	}
	return q->nb_held;
}

int
recvq_insert(struct recvq *q, uint64_t off, struct rte_mbuf *m)
{
	uint64_t end_off = off + m->pkt_len, run_end_off;
	struct rte_mbuf *behind;
	uint32_t i, front;

	/*
	 * Around a run that is held already: its bytes came first and stay (RFC 9293
	 * 3.10.7.4 leaves the choice; one rule keeps a peer from showing two contents).
	 */
	while ((i = find_enclosed(q, off, end_off)) < q->nb_held) {
		run_end_off = q->held[i].end_off;
		front = (uint32_t)(q->held[i].off - off);
		/* A pool of indirect mbufs (net_ring hands them up) would be emptied to no end. */
		behind = rte_pktmbuf_data_room_size(m->pool) <= RTE_PKTMBUF_HEADROOM ?
				 NULL :
				 rte_pktmbuf_copy(m, m->pool, (uint32_t)(run_end_off - off),
						  (uint32_t)(end_off - run_end_off));
		if (behind == NULL) {
			/* No buffer to split it with: the new bytes stand for the old ones. */
			held_free(q, i);
			continue;
		}
		/* Touches the run, so that it never makes one more. */
		insert_disjoint(q, off, chain_cut(m, 0, front, q->wipe));
		m = behind;
		off = run_end_off;
	}
	/* What is left of a split packet touches a run, too: only a whole one is refused. */
	return insert_disjoint(q, off, m);
}

uint32_t
recvq_drop_held(struct recvq *q)
{
	uint32_t room = q->room_held, i;

	for (i = 0; i < q->nb_held; i++)
		run_free(q, &q->held[i]);
	q->nb_held = 0;
	q->room_held = 0;
	q->room_used -= room;
	return room;
}

void
recvq_fini(struct recvq *q)
{
	uint64_t end_off = q->ready.end_off;
	struct rte_mempool *tails = q->tails;
	bool wipe = q->wipe;

	recvq_drop_held(q);
	run_free(q, &q->ready);
	recvq_init(q, end_off);
	q->tails = tails;
	q->wipe = wipe;
}
