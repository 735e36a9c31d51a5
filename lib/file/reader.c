/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_ring.h>
#include <rte_thread.h>

#include "buf/pools.h"
#include "file/reader.h"

struct reader {
	struct rte_ring *asked;  /* lcore to thread */
	struct rte_ring *filled; /* thread to lcore */
	struct reader_chunk *chunks;
	struct reader_chunk *free;
	uint32_t under_way;
	bool unwoken; /* chunks were asked for since the thread was last woken */
	sem_t wake;
	atomic_bool sleeps; /* about to wait for wake, or waiting; whoever takes it back posts */
	atomic_bool stop;
	bool runs;
	rte_thread_t thread;
};

static void
chunk_fill(struct reader_chunk *c)
{
	uint8_t *dst = rte_pktmbuf_mtod(c->m, uint8_t *);
	ssize_t n;

	c->got = 0;
	while (c->got < c->len) {
		n = pread(c->file->fd, dst + c->got, c->len - c->got, (off_t)(c->off + c->got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			c->failed = true;
		if (n <= 0)
			return;
		c->got += (uint32_t)n;
	}
}

static bool
is_told(struct reader *r)
{
	return !rte_ring_empty(r->asked) || atomic_load_explicit(&r->stop, memory_order_acquire);
}

/* Until there is something to do. */
static void
sleep_idle(struct reader *r)
{
	atomic_store(&r->sleeps, true);
	/* Pairs with the one in wake(): either we see what was told, or it sees that we sleep. */
	atomic_thread_fence(memory_order_seq_cst);
	if (is_told(r) && atomic_exchange(&r->sleeps, false))
		return;
	while (sem_wait(&r->wake) != 0)
		; /* EINTR is all that can happen */
}

static void
wake(struct reader *r)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&r->sleeps, memory_order_relaxed) &&
	    atomic_exchange(&r->sleeps, false))
		sem_post(&r->wake);
}

static uint32_t
reader_main(void *arg)
{
	struct reader *r = arg;
	void *c;

	while (!atomic_load_explicit(&r->stop, memory_order_acquire)) {
		if (rte_ring_sc_dequeue(r->asked, &c) != 0) {
			sleep_idle(r);
			continue;
		}
		chunk_fill(c);
		/* Both rings hold all chunks there are: this cannot fail. */
		rte_ring_sp_enqueue(r->filled, c);
	}
	return 0;
}

static int
reader_rings(struct reader *r, uint32_t max_chunks, const char *name, int socket_id)
{
	char ring_name[RTE_RING_NAMESIZE];
	uint32_t slots = rte_align32pow2(max_chunks + 1);
	unsigned int flags = RING_F_SP_ENQ | RING_F_SC_DEQ;

	snprintf(ring_name, sizeof(ring_name), "%s_ask", name);
	r->asked = rte_ring_create(ring_name, slots, socket_id, flags);
	snprintf(ring_name, sizeof(ring_name), "%s_got", name);
	r->filled = rte_ring_create(ring_name, slots, socket_id, flags);
	return r->asked == NULL || r->filled == NULL ? -ENOMEM : 0;
}

static void
reader_free(struct reader *r)
{
	rte_ring_free(r->asked);
	rte_ring_free(r->filled);
	rte_free(r->chunks);
	sem_destroy(&r->wake);
	rte_free(r);
}

int
reader_create(uint32_t max_chunks, const char *name, int socket_id, struct reader **out)
{
	struct reader *r;
	uint32_t i;

	r = rte_zmalloc_socket(NULL, sizeof(*r), RTE_CACHE_LINE_SIZE, socket_id);
	if (r == NULL)
		return -ENOMEM;
	sem_init(&r->wake, 0, 0);
	r->chunks = rte_zmalloc_socket(NULL, max_chunks * sizeof(*r->chunks), 0, socket_id);
	if (r->chunks == NULL || reader_rings(r, max_chunks, name, socket_id) != 0) {
		reader_free(r);
		return -ENOMEM;
	}
	for (i = 0; i < max_chunks; i++) {
		r->chunks[i].next = r->free;
		r->free = &r->chunks[i];
	}
	*out = r;
	return 0;
}

int
reader_start(struct reader *r)
{
	/* A control thread runs beside the lcores where there is a CPU to spare. */
	if (!r->runs)
		r->runs = rte_thread_create_control(&r->thread, "rtls-read", reader_main, r) == 0;
	return r->runs ? 0 : -EAGAIN;
}

static void
chunk_free(struct reader *r, struct reader_chunk *c)
{
	reader_file_unref(c->file);
	/* File bytes that no record took. */
	if (c->m != NULL) {
		c->m->data_len = (uint16_t)c->got;
		buf_record_discard(c->m);
	}
	c->m = NULL;
	c->file = NULL;
	c->owner = NULL;
	c->next = r->free;
	r->free = c;
}

int
reader_destroy(struct reader *r)
{
	if (r == NULL)
		return 0;
	while (reader_next_filled(r) != NULL)
		;
	if (r->under_way != 0)
		return -EAGAIN;
	if (r->runs) {
		atomic_store_explicit(&r->stop, true, memory_order_release);
		wake(r);
		rte_thread_join(r->thread, NULL);
	}
	reader_free(r);
	return 0;
}

/* A lane is short: its end is looked for where one is needed. */
static struct reader_chunk *
lane_last(const struct reader_lane *lane)
{
	struct reader_chunk *c = lane->first;

	while (c != NULL && c->next != NULL)
		c = c->next;
	return c;
}

uint64_t
reader_lane_end(const struct reader_lane *lane)
{
	const struct reader_chunk *c = lane_last(lane);

	return c->off + c->len;
}

static void
append(struct reader_lane *lane, struct reader_chunk *c)
{
	struct reader_chunk *last = lane_last(lane);

	c->next = NULL;
	if (last == NULL)
		lane->first = c;
	else
		last->next = c;
	lane->count++;
	lane->room += c->room;
}

/* Takes the head chunk out. */
static struct reader_chunk *
take_first(struct reader_lane *lane)
{
	struct reader_chunk *c = lane->first;

	lane->first = c->next;
	lane->count--;
	lane->room -= c->room;
	return c;
}

int
reader_ask(struct reader *r, struct rtls_sock *owner, struct reader_lane *lane,
	   struct reader_file *file, uint64_t off, uint32_t len, struct rte_mbuf *m)
{
	struct reader_chunk *c = r->free;

	if (c == NULL || lane->count == READER_LANE_MAX)
		return -ENOBUFS;
	r->free = c->next;
	c->file = file;
	c->owner = owner;
	c->m = m;
	c->off = off;
	c->len = len;
	c->room = m->buf_len;
	c->failed = false;
	c->filled = false;
	file->refs++;
	r->under_way++;
	append(lane, c);
	rte_ring_sp_enqueue(r->asked, c);
	r->unwoken = true;
	return 0;
}

bool
reader_unwoken(const struct reader *r)
{
	return r->unwoken;
}

bool
reader_busy(const struct reader *r)
{
	return r->under_way != 0;
}

struct rtls_sock *
reader_next_filled(struct reader *r)
{
	struct reader_chunk *c;
	void *p;

	if (r->unwoken)
		wake(r);
	r->unwoken = false;
	while (rte_ring_sc_dequeue(r->filled, &p) == 0) {
		c = p;
		r->under_way--;
		c->filled = true;
		if (c->owner != NULL)
			return c->owner;
		chunk_free(r, c);
	}
	return NULL;
}

void
reader_lane_pop(struct reader *r, struct reader_lane *lane)
{
	chunk_free(r, take_first(lane));
}

void
reader_lane_reset(struct reader *r, struct reader_lane *lane)
{
	struct reader_chunk *c;

	while (lane->first != NULL) {
		c = take_first(lane);
		if (c->filled)
			chunk_free(r, c);
		else
			c->owner = NULL;
	}
}

void
reader_file_unref(struct reader_file *f)
{
	if (--f->refs > 0)
		return;
	close(f->fd);
	free(f);
}
