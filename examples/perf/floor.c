/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "floor.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "inside/hold.h"

enum {
	BURST = 32,
	HEADERS = 14 + 20 + 32, /* Ethernet, IPv4, TCP with timestamps */
	RECORDS_MIN = 16,       /* of 16 KiB: the caches hold them */
	RECORD_ROOM = 16384 + RTE_PKTMBUF_HEADROOM,
	RECORD_BYTES = 16384,
	POOL = 2 * HOLD_MAX,
	POOL_CACHE = RTE_MEMPOOL_CACHE_MAX_SIZE,
};

struct floor {
	uint32_t mss;
	uint32_t in_flight;
	struct rte_mempool *headers, *indirect, *records, *packets;
	struct rte_ring *there, *back;
	uint32_t nb_records; /* of what is in flight */
	struct rte_mbuf **record;
	uint32_t at;      /* the next segment lies there, counted in segments */
	uint8_t *program; /* as many bytes as the fewest records have */
	uint8_t header[HEADERS];
	volatile uint64_t read; /* what the headers held: the reads are not left out */
};

/* What is freed last is allocated first. */
static struct rte_mempool *
make_pool(const char *name, unsigned int n, uint16_t room)
{
	return rte_pktmbuf_pool_create_by_ops(name, n, POOL_CACHE, 0, room, SOCKET_ID_ANY, "stack");
}

static struct rte_ring *
make_ring(const char *name)
{
	return rte_ring_create(name, POOL, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

struct floor *
floor_create(uint32_t mss, uint32_t in_flight)
{
	struct floor *f = calloc(1, sizeof(*f));
	uint16_t room = (uint16_t)(RTE_PKTMBUF_HEADROOM + HEADERS + mss);

	if (f == NULL)
		return NULL;
	f->mss = mss;
	f->in_flight = RTE_MAX(in_flight, (uint32_t)BURST);
	f->nb_records = RTE_MAX((uint32_t)RECORDS_MIN, f->in_flight * mss / RECORD_BYTES + 1);
	f->record = calloc(f->nb_records, sizeof(struct rte_mbuf *));
	f->program = calloc(RECORDS_MIN, RECORD_BYTES);
	f->headers = make_pool("floor_headers", POOL, RTE_PKTMBUF_HEADROOM + 128);
	f->indirect = make_pool("floor_indirect", POOL, 0);
	f->packets = make_pool("floor_packets", POOL, room);
	f->records = rte_pktmbuf_pool_create("floor_records", f->nb_records, 0, 0, RECORD_ROOM,
					     SOCKET_ID_ANY);
	f->there = make_ring("floor_there");
	f->back = make_ring("floor_back");
	if (f->record != NULL && f->program != NULL && f->headers != NULL && f->indirect != NULL &&
	    f->packets != NULL && f->records != NULL && f->there != NULL && f->back != NULL &&
	    rte_pktmbuf_alloc_bulk(f->records, f->record, f->nb_records) == 0)
		return f;
	floor_destroy(f);
	return NULL;
}

/* Where the next segment's payload is, in a record and in the program's memory. */
static uint32_t
next_payload(struct floor *f, struct rte_mbuf **record)
{
	uint32_t each = RECORD_BYTES / f->mss, at = f->at++ % (f->nb_records * each);

	*record = f->record[at / each];
	return at % each * f->mss;
}

/* A burst is built and handed on. False: no memory. */
static bool
send_burst(struct floor *f)
{
	struct rte_mbuf *heads[BURST], *bodies[BURST], *record;

	if (rte_pktmbuf_alloc_bulk(f->headers, heads, BURST) != 0 ||
	    rte_pktmbuf_alloc_bulk(f->indirect, bodies, BURST) != 0)
		return false;
	for (int i = 0; i < BURST; i++) {
		uint32_t off = next_payload(f, &record);

		rte_pktmbuf_attach(bodies[i], record);
		bodies[i]->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM + off);
		bodies[i]->data_len = (uint16_t)f->mss;
		memcpy(rte_pktmbuf_mtod(heads[i], uint8_t *), f->header, HEADERS);
		heads[i]->data_len = HEADERS;
		heads[i]->pkt_len = HEADERS + f->mss;
		heads[i]->nb_segs = 2;
		heads[i]->next = bodies[i];
	}
	return rte_ring_enqueue_bulk(f->there, (void **)heads, BURST, NULL) == BURST;
}

static void
free_back(struct floor *f)
{
	struct rte_mbuf *m[BURST];
	unsigned int n = rte_ring_dequeue_burst(f->back, (void **)m, BURST, NULL);

	rte_pktmbuf_free_bulk(m, n);
}

/* The other side: what is too many in flight comes back. */
static void
carry(struct floor *f, uint32_t in_flight)
{
	void *m[BURST];

	while (rte_ring_count(f->there) > in_flight) {
		unsigned int n = rte_ring_dequeue_burst(f->there, m, BURST, NULL);

		rte_ring_enqueue_bulk(f->back, m, n, NULL);
	}
}

static uint64_t
run_tx(struct floor *f, uint32_t n)
{
	uint64_t cycles = 0, before;
	bool ok = true;

	for (uint32_t i = 0; i < n && ok; i += BURST) {
		before = rte_rdtsc();
		free_back(f);
		ok = send_burst(f);
		cycles += rte_rdtsc() - before;
		carry(f, f->in_flight - BURST);
	}
	carry(f, 0);
	while (rte_ring_count(f->back) > 0) {
		before = rte_rdtsc();
		free_back(f);
		cycles += rte_rdtsc() - before;
	}
	return ok ? cycles : 0;
}

/* The other side writes packets, as a NIC does. */
static void
write_packets(struct floor *f, struct rte_mbuf **m)
{
	struct rte_mbuf *record;

	for (int i = 0; i < BURST; i++) {
		uint8_t *p = rte_pktmbuf_mtod(m[i], uint8_t *);
		uint32_t off = next_payload(f, &record);

		memcpy(p, f->header, HEADERS);
		memcpy(p + HEADERS, rte_pktmbuf_mtod_offset(record, uint8_t *, off), f->mss);
		m[i]->pkt_len = m[i]->data_len = (uint16_t)(HEADERS + f->mss);
	}
	rte_ring_enqueue_bulk(f->there, (void **)m, BURST, NULL);
}

static uint64_t
read_headers(struct rte_mbuf *const *m)
{
	uint64_t all = 0, word;

	for (int i = 0; i < BURST; i++)
		for (int at = 0; at + (int)sizeof(word) <= HEADERS; at += (int)sizeof(word)) {
			memcpy(&word, rte_pktmbuf_mtod_offset(m[i], uint8_t *, at), sizeof(word));
			all += word + m[i]->pkt_len;
		}
	return all;
}

static void
copy_out(struct floor *f, struct rte_mbuf *const *m)
{
	for (int i = 0; i < BURST; i++) {
		uint32_t at = (f->at - BURST + (uint32_t)i) % (RECORDS_MIN * RECORD_BYTES / f->mss);

		memcpy(f->program + (size_t)at * f->mss,
		       rte_pktmbuf_mtod_offset(m[i], uint8_t *, HEADERS), f->mss);
	}
}

static uint64_t
run_rx(struct floor *f, uint32_t n, uint64_t *copy)
{
	struct rte_mbuf *m[BURST];
	uint64_t cycles = 0, before, copied;

	for (uint32_t i = 0; i < n; i += BURST) {
		before = rte_rdtsc();
		if (rte_pktmbuf_alloc_bulk(f->packets, m, BURST) != 0)
			return 0;
		cycles += rte_rdtsc() - before;
		write_packets(f, m);
		before = rte_rdtsc();
		rte_ring_dequeue_bulk(f->there, (void **)m, BURST, NULL);
		f->read += read_headers(m);
		copied = rte_rdtsc();
		copy_out(f, m);
		*copy += rte_rdtsc() - copied;
		cycles += copied - before;
		before = rte_rdtsc();
		rte_pktmbuf_free_bulk(m, BURST);
		cycles += rte_rdtsc() - before;
	}
	return cycles;
}

static uint64_t
copy_in(struct floor *f, uint32_t n)
{
	uint64_t before = rte_rdtsc();
	struct rte_mbuf *record;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = next_payload(f, &record);

		memcpy(rte_pktmbuf_mtod_offset(record, uint8_t *, off),
		       f->program + (size_t)(f->at % RECORDS_MIN) * RECORD_BYTES + off, f->mss);
	}
	return rte_rdtsc() - before;
}

uint64_t
floor_run(struct floor *f, enum host_dir dir, uint32_t n, uint64_t *copy)
{
	*copy = 0;
	n = RTE_ALIGN_CEIL(n, (uint32_t)BURST);
	if (dir == HOST_RX)
		return run_rx(f, n, copy);
	*copy = copy_in(f, n);
	return run_tx(f, n);
}

void
floor_destroy(struct floor *f)
{
	if (f == NULL)
		return;
	if (f->record != NULL && f->record[0] != NULL)
		rte_pktmbuf_free_bulk(f->record, f->nb_records);
	free(f->record);
	rte_ring_free(f->there);
	rte_ring_free(f->back);
	rte_mempool_free(f->headers);
	rte_mempool_free(f->indirect);
	rte_mempool_free(f->packets);
	rte_mempool_free(f->records);
	free(f->program);
	free(f);
}
