/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/recvq.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "buf/chain.h"

struct rte_mempool *
recvq_held_pool(const char *name, uint32_t n, int socket_id)
{
	return rte_mempool_create(name, n, sizeof(struct recvq_held), 0, 0, NULL, NULL, NULL, NULL,
				  socket_id, RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
}

void
recvq_init(struct recvq *q, uint64_t start_off, const struct recvq_shared *shared)
{
	memset(q, 0, sizeof(*q));
	q->shared = shared;
	q->ready.off = start_off;
	q->ready.end_off = start_off;
}

/* The run that a chain, not empty, makes at off. */
static struct recvq_run
run_of(struct rte_mbuf *m, uint64_t off)
{
	struct recvq_run r = { .first = m, .off = off, .end_off = off };

	for (; m != NULL; m = m->next) {
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

/* It uses less than a quarter of its buffers. */
static bool
is_small(const struct recvq_run *r)
{
	return run_len(r) < r->room / 4;
}

static void
seg_free(const struct recvq *q, struct rte_mbuf *m)
{
	chain_free_seg(m, q->shared->wipe && q->plaintext);
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
	struct rte_mempool *tails = q->shared->tails;
	struct rte_mbuf *m;

	if (tails == NULL || (r->first == r->last && chain_writable(r->first)) ||
	    run_len(r) * 2 + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(tails) ||
	    rte_mempool_avail_count(tails) <= tails->size / 4)
		return;
	m = rte_pktmbuf_alloc(tails);
	if (m == NULL)
		return;
	move_behind(q, m, r);
	r->first = m;
	r->last = m;
	r->room = m->buf_len;
}

/*
 * Joins what starts where the run ends. A small piece moves into the run's last
 * buffer when nobody else can see that one: its tail room is then ours alone.
 */
static void
run_append(const struct recvq *q, struct recvq_run *run, struct recvq_run *more)
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
		if (chain_writable(tail) && run_len(more) <= rte_pktmbuf_tailroom(tail)) {
			move_behind(q, tail, more);
			return;
		}
		make_ours(q, more);
	}
	tail->next = more->first;
	run->last = more->last;
	run->room += more->room;
}

/* What waits, to add to it; NULL: the pool is empty. */
static struct recvq_held *
held_of(struct recvq *q)
{
	void *held;

	if (q->held == NULL && rte_mempool_get(q->shared->held, &held) == 0) {
		q->held = held;
		tcp_ranges_init(&q->held->at);
		q->held->room = 0;
	}
	return q->held;
}

static void
give_back_empty(struct recvq *q)
{
	if (q->held == NULL || !tcp_ranges_empty(&q->held->at))
		return;
	rte_mempool_put(q->shared->held, q->held);
	q->held = NULL;
}

/* The run at i, by value. */
static struct recvq_run
held_run(const struct recvq_held *h, uint32_t i)
{
	return (struct recvq_run){ .first = h->bytes[i].first,
				   .last = h->bytes[i].last,
				   .off = h->at.r[i].start,
				   .end_off = h->at.r[i].end,
				   .room = h->bytes[i].room };
}

static struct recvq_bytes
bytes_of(const struct recvq_run *r)
{
	return (struct recvq_bytes){ .first = r->first, .last = r->last, .room = r->room };
}

/* Takes what is beside n ranges from i on, which the ranges hold no more, out of the row of so many. */
static void
bytes_remove(struct recvq_held *h, uint32_t i, uint32_t n, uint32_t of)
{
	memmove(&h->bytes[i], &h->bytes[i + n], (of - i - n) * sizeof(h->bytes[0]));
}

/* Takes the first run out. */
static struct recvq_run
held_shift(struct recvq *q)
{
	struct recvq_held *h = q->held;
	struct recvq_run first = held_run(h, 0);

	bytes_remove(h, 0, 1, h->at.n);
	tcp_ranges_remove(&h->at, 0, 1);
	h->room -= first.room;
	give_back_empty(q);
	return first;
}

static void
insert_ready(struct recvq *q, struct recvq_run *r)
{
	uint32_t before = q->ready.room, joined = 0;
	struct recvq_run next;

	run_append(q, &q->ready, r);
	while (q->held != NULL && q->held->at.r[0].start == q->ready.end_off) {
		next = held_shift(q);
		joined += next.room;
		run_append(q, &q->ready, &next);
	}
	q->room_used += q->ready.room - before - joined;
}

/*
 * What r touched is one run now: that in front of it, if its range begins before r, and that behind
 * it. Where buffers are joined bytes may move from one into another, so room is counted anew.
 */
static struct recvq_bytes
joined_bytes(const struct recvq *q, const struct recvq_held *h, const struct tcp_ranges_change *at,
	     struct recvq_run *r)
{
	bool joins_before = h->at.r[at->i].start < r->off;
	struct recvq_run run = *r, behind = { 0 };

	if (at->joined > (joins_before ? 1 : 0)) {
		behind = (struct recvq_run){ .off = r->end_off, .end_off = h->at.r[at->i].end };
		behind.first = h->bytes[at->i + at->joined - 1].first;
		behind.last = h->bytes[at->i + at->joined - 1].last;
		behind.room = h->bytes[at->i + at->joined - 1].room;
	}
	if (joins_before) {
		run = held_run(h, at->i);
		run_append(q, &run, r);
	} else if (is_small(r)) {
		make_ours(q, &run);
	}
	if (behind.first != NULL)
		run_append(q, &run, &behind);
	return bytes_of(&run);
}

static int
insert_held(struct recvq *q, struct recvq_run *r)
{
	struct recvq_held *h = held_of(q);
	struct tcp_ranges_change at;
	struct recvq_bytes bytes;
	uint32_t before = 0, i;

	if (h == NULL)
		return -ENOMEM;
	if (tcp_ranges_add(&h->at, tcp_range_of(r->off, r->end_off), &at) != 0)
		return -ENOSPC;
	for (i = at.i; i < at.i + at.joined; i++)
		before += h->bytes[i].room;
	bytes = joined_bytes(q, h, &at, r);
	if (at.joined == 0)
		memmove(&h->bytes[at.i + 1], &h->bytes[at.i],
			(h->at.n - 1 - at.i) * sizeof(h->bytes[0]));
	else
		bytes_remove(h, at.i + 1, at.joined - 1, h->at.n + at.joined - 1);
	h->bytes[at.i] = bytes;
	h->room += bytes.room - before;
	q->room_used += bytes.room - before;
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
		seg_free(q, m);
		m = next;
	}
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

	if (off == q->ready.end_off) {
		insert_ready(q, &r);
		return 0;
	}
	return insert_held(q, &r);
}

static void
held_free(struct recvq *q, uint32_t i)
{
	struct recvq_held *h = q->held;
	struct recvq_run r = held_run(h, i);

	q->room_used -= r.room;
	h->room -= r.room;
	run_free(q, &r);
	bytes_remove(h, i, 1, h->at.n);
	tcp_ranges_remove(&h->at, i, 1);
	give_back_empty(q);
}

/* The first run that lies inside [off, end_off), in *i. */
static bool
find_enclosed(const struct recvq *q, uint64_t off, uint64_t end_off, uint32_t *i)
{
	const struct tcp_ranges *at = recvq_ranges(q);

	for (*i = 0; at != NULL && *i < at->n; (*i)++) {
		if (at->r[*i].start > off && at->r[*i].end < end_off)
			return true;
	}
	return false;
}

bool
recvq_encloses(const struct recvq *q, uint64_t off, uint32_t len)
{
	uint32_t i;

	return find_enclosed(q, off, off + len, &i);
}

int
recvq_insert(struct recvq *q, uint64_t off, struct rte_mbuf *m)
{
	uint64_t end_off = off + m->pkt_len;
	struct tcp_range run;
	struct rte_mbuf *behind;
	uint32_t i;

	/*
	 * Around a run that is held already: its bytes came first and stay (RFC 9293
	 * 3.10.7.4 leaves the choice; one rule keeps a peer from showing two contents).
	 */
	while (find_enclosed(q, off, end_off, &i)) {
		run = q->held->at.r[i];
		/* A pool of indirect mbufs (net_ring hands them up) would be emptied to no end. */
		behind = rte_pktmbuf_data_room_size(m->pool) <= RTE_PKTMBUF_HEADROOM ?
				 NULL :
				 rte_pktmbuf_copy(m, m->pool, (uint32_t)(run.end - off),
						  (uint32_t)(end_off - run.end));
		if (behind == NULL) {
			/* No buffer to split it with: the new bytes stand for the old ones. */
			held_free(q, i);
			continue;
		}
		/* Touches the run, so that it never makes one more. */
		insert_disjoint(q, off,
				chain_cut(m, 0, (uint32_t)(run.start - off), q->shared->wipe));
		m = behind;
		off = run.end;
	}
	/* What is left of a split packet touches a run, too: only a whole one is refused. */
	return insert_disjoint(q, off, m);
}

/* Of all that waits; the ranges stay. */
static void
bytes_free(struct recvq *q)
{
	struct recvq_held *h = q->held;
	struct recvq_run r;
	uint32_t i;

	if (recvq_room_held(q) == 0)
		return;
	for (i = 0; i < h->at.n; i++) {
		r = held_run(h, i);
		run_free(q, &r);
		h->bytes[i] = (struct recvq_bytes){ 0 };
	}
	q->room_used -= h->room;
	h->room = 0;
}

/* A range without bytes, where no range has some. */
static int
pass_held(struct recvq *q, struct tcp_range r)
{
	struct recvq_held *h = held_of(q);
	struct tcp_ranges_change at;

	if (h == NULL)
		return -ENOMEM;
	if (tcp_ranges_add(&h->at, r, &at) != 0)
		return -ENOSPC;
	h->bytes[h->at.n - 1] = (struct recvq_bytes){ 0 };
	return 0;
}

int
recvq_pass(struct recvq *q, uint64_t off, uint32_t len, uint64_t nxt)
{
	bytes_free(q);
	if (off > nxt)
		return pass_held(q, tcp_range_of(off, off + len));
	while (q->held != NULL && q->held->at.r[0].start <= nxt) {
		tcp_ranges_remove(&q->held->at, 0, 1);
		give_back_empty(q);
	}
	return 0;
}

uint32_t
recvq_drop_held(struct recvq *q)
{
	uint32_t room = recvq_room_held(q);

	bytes_free(q);
	if (q->held != NULL)
		tcp_ranges_init(&q->held->at);
	give_back_empty(q);
	return room;
}

void
recvq_discard(struct recvq *q)
{
	uint64_t end_off = q->ready.end_off;
	struct recvq_held *held = q->held;

	bytes_free(q);
	run_free(q, &q->ready);
	recvq_init(q, end_off, q->shared);
	q->held = held;
}

void
recvq_fini(struct recvq *q)
{
	recvq_discard(q);
	recvq_drop_held(q);
}
