/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/txmap.h"
#include "support/harness.h"

enum {
	START = 5000,
	NODES = 64,
};

static struct txmap map;
static struct txmap_rec nodes[NODES];
static struct epoch device, other;

struct row {
	uint32_t len;
	struct epoch *epoch;
	bool fence;
};

/* A map of these records, numbered from 7 on. */
static void
make(const struct row *rows, size_t n)
{
	device.records = other.records = 0;
	txmap_init(&map, START);
	for (size_t i = 0; i < n; i++) {
		nodes[i] = (struct txmap_rec){
			.rec_no = 7 + i,
			.len = rows[i].len,
			.epoch = rows[i].epoch,
			.fence = rows[i].fence,
		};
		txmap_push(&map, &nodes[i]);
	}
}

static uint32_t
cut(uint32_t off, uint32_t len, unsigned int pieces_max)
{
	return txmap_cut(txmap_find(&map, START + off), START + off, len, pieces_max);
}

static const struct row three[] = {
	{ 100, &device, false },
	{ 1, &device, false },
	{ 300, &device, false },
};

static void
test_find(void)
{
	static const struct {
		uint64_t off;
		uint64_t rec_no;
	} rows[] = {
		/* forwards, over each edge */
		{ 0, 7 },
		{ 99, 7 },
		{ 100, 8 },
		{ 101, 9 },
		{ 400, 9 },
		/* and back: the hint lies behind */
		{ 100, 8 },
		{ 0, 7 },
		{ 400, 9 },
	};

	make(three, HARNESS_COUNT(three));
	CU_ASSERT_EQUAL(map.end_off, START + 401);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct txmap_rec *rec = txmap_find(&map, START + rows[i].off);

		CU_ASSERT_EQUAL(rec->rec_no, rows[i].rec_no);
		CU_ASSERT(rec->stream_off <= START + rows[i].off);
		CU_ASSERT(rec->stream_off + rec->len > START + rows[i].off);
	}
}

static void
test_release(void)
{
	static const struct {
		uint64_t una;
		unsigned int popped;
		uint32_t device_left;
	} rows[] = {
		{ 0, 0, 3 },   { 99, 0, 3 },  { 100, 1, 2 },
		{ 50, 0, 2 }, /* an old acknowledgment */
		{ 400, 1, 1 }, { 401, 1, 0 }, { 401, 0, 0 },
	};

	make(three, HARNESS_COUNT(three));
	/* The hint goes with its record. */
	txmap_find(&map, START);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		unsigned int n = 0;

		txmap_acked(&map, START + rows[i].una);
		while (txmap_pop(&map) != NULL)
			n++;
		CU_ASSERT_EQUAL(n, rows[i].popped);
		CU_ASSERT_EQUAL(device.records, rows[i].device_left);
		if (rows[i].una == 100)
			CU_ASSERT_EQUAL(txmap_find(&map, START + 100)->rec_no, 8);
	}
	CU_ASSERT_PTR_NULL(map.head);
	CU_ASSERT_PTR_NULL(map.tail);
}

static void
test_cut(void)
{
	static const struct row recs[] = {
		{ 100, NULL, false },   { 100, NULL, false },    { 100, &device, true },
		{ 10, &device, false }, { 10, &device, false },  { 10, &device, false },
		{ 100, NULL, false },   { 100, &device, false }, { 100, &other, false },
	};
	static const struct {
		uint32_t off, len, cut;
	} rows[] = {
		{ 0, 1, 1 },        { 0, 100, 100 },    { 50, 100, 100 }, /* over two records */
		{ 0, 1000, 200 },                                         /* to the fence */
		{ 199, 2, 1 },      { 200, 1000, 120 },                   /* three pieces */
		{ 300, 1000, 30 },                      /* to what is sealed already */
		{ 310, 20, 20 },    { 330, 1000, 100 }, /* and from there to what is not */
		{ 430, 1000, 100 },                     /* to another epoch's */
		{ 530, 1000, 100 },                     /* to the end */
		{ 629, 1, 1 },
	};

	make(recs, HARNESS_COUNT(recs));
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(cut(rows[i].off, rows[i].len, 3), rows[i].cut);
	CU_ASSERT_EQUAL(cut(200, 1000, 1), 100);
}

static void
test_grow(void)
{
	make(three, 1);
	txmap_grow(&map, 5);
	CU_ASSERT_EQUAL(map.end_off, START + 105);
	CU_ASSERT_PTR_EQUAL(txmap_find(&map, START + 104), &nodes[0]);
}

/* Each record in turn, with the hint on each. */
static void
test_sealed(void)
{
	for (size_t which = 0; which < 3; which++)
		for (size_t hint = 0; hint < 3; hint++) {
			struct txmap_rec fresh;

			make(three, HARNESS_COUNT(three));
			txmap_find(&map, nodes[hint].stream_off);
			txmap_sealed(&map, &nodes[which], &fresh);
			CU_ASSERT_EQUAL(device.records, 2);
			CU_ASSERT_PTR_NULL(fresh.epoch);
			CU_ASSERT_EQUAL(fresh.rec_no, 7 + which);
			for (size_t i = 0; i < 3; i++)
				CU_ASSERT_PTR_EQUAL(txmap_find(&map, nodes[i].stream_off),
						    i == which ? &fresh : &nodes[i]);
			/* What is pushed then comes behind the last one, whichever that is. */
			nodes[3] = (struct txmap_rec){ .len = 9, .rec_no = 10 };
			txmap_push(&map, &nodes[3]);
			CU_ASSERT_PTR_EQUAL(txmap_find(&map, START + 401), &nodes[3]);
			txmap_acked(&map, START + 410);
			for (size_t i = 0; i < 4; i++)
				CU_ASSERT_EQUAL(txmap_pop(&map)->rec_no, 7 + i);
			CU_ASSERT_EQUAL(device.records, 0);
		}
}

/* A naive model: one entry per stream byte. */
struct model {
	uint8_t rec[NODES * 40]; /* which node has this byte */
	uint32_t end;
	uint32_t una;
};

static uint32_t
model_cut(const struct model *m, uint32_t off, uint32_t len, unsigned int pieces_max)
{
	uint32_t n = 1, last = m->rec[off];
	unsigned int pieces = 1;

	for (; n < len && off + n < m->end; n++) {
		uint32_t rec = m->rec[off + n];

		if (rec == last)
			continue;
		if (nodes[rec].fence || nodes[rec].epoch != nodes[last].epoch ||
		    pieces++ == pieces_max)
			break;
		last = rec;
	}
	return n;
}

static void
test_random(void)
{
	struct epoch *const epochs[] = { NULL, &device, &other };
	uint64_t rng = harness_seed();
	static struct model m;

	for (int round = 0; round < 200; round++) {
		uint32_t pushed = 0, off;

		m.end = m.una = 0;
		txmap_init(&map, START);
		for (int step = 0; step < 300; step++) {
			switch (harness_below(&rng, 3)) {
			case 0:
				if (pushed == NODES)
					break;
				nodes[pushed] = (struct txmap_rec){
					.len = 1 + harness_below(&rng, 39),
					.rec_no = pushed,
					.epoch = epochs[harness_below(&rng, 3)],
					.fence = harness_below(&rng, 8) == 0,
				};
				for (uint32_t i = 0; i < nodes[pushed].len; i++)
					m.rec[m.end++] = (uint8_t)pushed;
				txmap_push(&map, &nodes[pushed++]);
				break;
			case 1:
				m.una += harness_below(&rng, m.end - m.una + 1);
				txmap_acked(&map, START + m.una);
				while (txmap_pop(&map) != NULL)
					;
				break;
			case 2:
				if (m.una == m.end)
					break;
				off = m.una + harness_below(&rng, m.end - m.una);
				CU_ASSERT_EQUAL(txmap_find(&map, START + off)->rec_no, m.rec[off]);
				off = m.una + harness_below(&rng, m.end - m.una);
				CU_ASSERT_EQUAL(cut(off, 60, 3), model_cut(&m, off, 60, 3));
				break;
			}
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a byte is found in its record, forwards and back", test_find },
		{ "whole records go when they are acknowledged", test_release },
		{ "a segment ends at a fence, another epoch, the last piece", test_cut },
		{ "bytes from before the keys may grow", test_grow },
		{ "a record sealed later takes the place of the one in clear", test_sealed },
		{ "random calls agree with a model of bytes", test_random },
	};

	return harness_run("core/txmap", cases, HARNESS_COUNT(cases));
}
