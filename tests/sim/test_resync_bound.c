/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The bound that recordtls-perf resync prints: by hand, and against the resync oracle. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tls.h>

#include "perf/resync_bound.h"
#include "sim/resync_oracle.h"
#include "support/harness.h"

enum {
	HDR = 5,
	SEG = 100,
	LEN = 250, /* of each record, by hand: the third one begins with a packet */
	RECORDS_MAX = 1200,
	RUNS = 40,
	RTT = 40,
	LATE_MAX = 4096,
};

static enum resync_bound_class classes[RECORDS_MAX];
static uint64_t nb_classes;

static void
take_class(void *arg, uint64_t n, enum resync_bound_class class)
{
	(void)arg;
	if (n == nb_classes && n < RECORDS_MAX)
		classes[nb_classes++] = class;
}

static struct resync_bound *
make(uint32_t seq)
{
	struct resync_bound *b = resync_bound_create(seq);

	if (b == NULL)
		abort();
	nb_classes = 0;
	resync_bound_tell(b, take_class, NULL);
	return b;
}

/* --- by hand --------------------------------------------------------------------- */

static void
fill_by_hand(uint8_t *out, uint32_t off, uint32_t len)
{
	static const uint8_t header[HDR] = { 23, 3, 3, 0, LEN - HDR };

	for (uint32_t i = 0; i < len; i++)
		out[i] = (off + i) % LEN < HDR ? header[(off + i) % LEN] : 0xee;
}

/* Packets by their number in the stream, 0 to 9, or "a+b" for one that has both; what became of the records: o, i, t. */
static void
play(const char *order, const char *became)
{
	static const uint32_t seqs[] = { 1, 0xffffff00, 0x7fffffff };
	uint8_t bytes[2 * SEG];

	for (size_t s = 0; s < HARNESS_COUNT(seqs); s++) {
		struct resync_bound *b = make(seqs[s]);
		char said[RECORDS_MAX] = { 0 };

		for (const char *c = order; *c != '\0'; c++) {
			uint32_t off = (uint32_t)(*c - '0') * SEG, len = SEG;

			if (c[1] == '+') {
				len = 2 * SEG;
				c += 2;
			}
			fill_by_hand(bytes, off, len);
			CU_ASSERT_TRUE(resync_bound_packet(b, seqs[s] + off, bytes, len));
		}
		for (uint64_t i = 0; i < nb_classes; i++)
			said[i] = "tio"[classes[i]];
		CU_ASSERT_STRING_EQUAL(said, became);
		CU_ASSERT_EQUAL(resync_bound_counts(b).records, nb_classes);
		resync_bound_destroy(b);
	}
}

static void
test_by_hand(void)
{
	play("0123456789", "oooo");
	/* A body's packet comes late: the next record begins in one whose front nobody could open. */
	play("0234516789", "tioo");
	play("0213456789", "tioo");
	/* The tail of record 0 and the header of record 1: who kept its place opens the first. */
	play("0134526789", "otoo");
	play("0124356789", "otoo");
	/* The first packet of a record that begins with it. */
	play("0123467895", "ooti");
	/* Late, and in order, while another place goes on: a device has as many as it likes. */
	play("0567891234", "oooo");
	/* Late by two: the second of them follows the first. */
	play("0345126789", "otoo");
	/* In the other order. */
	play("0345216789", "ttoo");
	/* Twice: nothing that is not there. */
	play("00112233445566778899", "oooo");
	play("0120123456789", "oooo");
	/* Cut another way: of the packet that has old bytes nobody can mark a part. */
	play("010+1234", "oo");
	play("01+23456789", "oooo");
	play("011+23456789", "ttoo");
	/* Nothing in front of the gap is told twice. */
	play("13", "");
	play("9876543210", "tttt");
}

/* --- against the oracle ------------------------------------------------------------ */

/* A stream of records, and what its network does. */
struct scene {
	uint64_t luck;
	uint32_t seg;
	uint32_t longest;               /* record */
	uint32_t loss, reorder, repeat; /* per 1,000 packets */
	int64_t begins[RECORDS_MAX + 1];
	uint8_t *stream;
};

static enum oracle_begins
begins_at(void *arg, int64_t off, uint64_t *rec_no)
{
	const struct scene *s = arg;

	for (uint64_t n = 0; n <= RECORDS_MAX; n++)
		if (s->begins[n] == off) {
			*rec_no = n;
			return ORACLE_BEGINS;
		}
	return ORACLE_BEGINS_NONE;
}

static void
draw(struct scene *s, uint64_t seed)
{
	static const uint32_t segs[] = { 536, 1448, 8960 };
	int64_t at = 0, end;

	*s = (struct scene){ .luck = seed };
	s->seg = segs[harness_below(&s->luck, HARNESS_COUNT(segs))];
	s->longest = 64 + harness_below(&s->luck, 16384);
	s->loss = harness_below(&s->luck, 2) * harness_below(&s->luck, 40);
	s->reorder = harness_below(&s->luck, 2) * harness_below(&s->luck, 60);
	s->repeat = harness_below(&s->luck, 3) == 0 ? harness_below(&s->luck, 20) : 0;
	for (int n = 0; n < RECORDS_MAX; n++) {
		s->begins[n] = at;
		at += HDR + 64 + harness_below(&s->luck, s->longest);
	}
	s->begins[RECORDS_MAX] = at;
	s->stream = malloc((size_t)at);
	if (s->stream == NULL)
		abort();
	for (int64_t i = 0; i < at; i++)
		s->stream[i] = (uint8_t)harness_rand(&s->luck);
	for (int n = 0; n < RECORDS_MAX; n++) {
		at = s->begins[n];
		end = s->begins[n + 1] - HDR;
		memcpy(s->stream + at, (uint8_t[]){ 23, 3, 3 }, 3);
		s->stream[at + 3] = (uint8_t)((end - at) >> 8);
		s->stream[at + 4] = (uint8_t)(end - at);
	}
}

/* The packets of a run, in the order in which they come: by when, then by number. */
struct late {
	int64_t at;
	int64_t off;
};

static int
by_time(const void *a, const void *b)
{
	const struct late *x = a, *y = b;

	return x->at != y->at ? (x->at > y->at) - (x->at < y->at) :
				(x->off > y->off) - (x->off < y->off);
}

static struct late *
order(struct scene *s, size_t *nb)
{
	int64_t end = s->begins[RECORDS_MAX], turn = 0;
	struct late *l = calloc((size_t)(end / s->seg + 1) * 2, sizeof(*l));

	if (l == NULL)
		abort();
	*nb = 0;
	for (int64_t off = 0; off < end; off += s->seg, turn += 2) {
		int64_t at = turn;

		if (harness_below(&s->luck, 1000) < s->loss)
			at += 2 * RTT + 1;
		if (harness_below(&s->luck, 1000) < s->reorder)
			at += 1 + 2 * (int64_t)(1 + harness_below(&s->luck, 8));
		l[(*nb)++] = (struct late){ at, off };
		if (harness_below(&s->luck, 1000) < s->repeat)
			l[(*nb)++] = (struct late){ at + (int64_t)harness_below(&s->luck, 2 * RTT),
						    off };
	}
	qsort(l, *nb, sizeof(*l), by_time);
	return l;
}

struct shares {
	uint64_t opened, openable, intact, all;
};

static void
compare(struct scene *s, const struct late *l, size_t nb, enum oracle_method method, bool at_once,
	struct shares *sum)
{
	const struct resync_oracle_conf conf = { .suite = &suites[0],
						 .method = method,
						 .polls = 1,
						 .truth = begins_at,
						 .arg = s,
						 .at_once = at_once,
						 .alone = true };
	struct resync_oracle *o = resync_oracle_create(&conf);
	struct resync_bound *b = make(1);
	enum oracle_class class;
	uint64_t read = 0, wrong = 0;

	resync_oracle_packet(o, &(struct oracle_segment){ .syn = true },
			     &(struct oracle_mishap){ 0 });
	resync_oracle_keys(o, 0, 0);
	resync_oracle_start(o, 1, 0, 0);
	for (size_t i = 0; i < nb; i++) {
		int64_t left = s->begins[RECORDS_MAX] - l[i].off;
		struct oracle_segment seg = { .seq = (uint32_t)l[i].off + 1,
					      .bytes = s->stream + l[i].off,
					      .len = left < s->seg ? (uint32_t)left : s->seg };

		resync_oracle_packet(o, &seg, &(struct oracle_mishap){ 0 });
		resync_oracle_events(o, 0);
		resync_oracle_burst(o, true);
		for (; read < resync_oracle_nb_records(o); read++)
			resync_oracle_read(o);
		CU_ASSERT_TRUE(resync_bound_packet(b, seg.seq, seg.bytes, seg.len));
	}
	CU_ASSERT_EQUAL(resync_oracle_stats_get(o).refused, 0);
	CU_ASSERT_EQUAL(nb_classes, RECORDS_MAX);
	for (uint64_t n = 0; n < nb_classes; n++) {
		CU_ASSERT_TRUE(resync_oracle_class(o, n, &class));
		wrong += class == ORACLE_OPENED && classes[n] != RESYNC_BOUND_OPENABLE;
		sum->opened += class == ORACLE_OPENED;
		sum->openable += classes[n] == RESYNC_BOUND_OPENABLE;
		sum->intact += classes[n] != RESYNC_BOUND_TOUCHED;
	}
	sum->all += nb_classes;
	CU_ASSERT_EQUAL(wrong, 0);
	resync_oracle_destroy(o);
	resync_bound_destroy(b);
}

static const struct {
	enum oracle_method method;
	bool at_once;
	const char *name;
} players[] = {
	{ ORACLE_BY_NOTHING, false, "nothing" },      { ORACLE_BY_SCAN, false, "scan" },
	{ ORACLE_BY_SCAN_DELAYED, false, "delayed" }, { ORACLE_BY_STACK, false, "stack" },
	{ ORACLE_BY_SCAN, true, "answered at once" },
};

static void
test_never_too_low(void)
{
	uint64_t seed = harness_seed();
	struct shares sum[HARNESS_COUNT(players)] = { 0 };

	for (uint64_t i = 0; i < RUNS; i++) {
		struct scene s;
		struct late *l;
		size_t nb;

		draw(&s, seed + i);
		l = order(&s, &nb);
		for (size_t p = 0; p < HARNESS_COUNT(players); p++)
			compare(&s, l, nb, players[p].method, players[p].at_once, &sum[p]);
		free(l);
		free(s.stream);
	}
	for (size_t p = 0; p < HARNESS_COUNT(players); p++)
		printf("# %s: opened %" PRIu64 ", openable %" PRIu64 ", intact %" PRIu64
		       " of %" PRIu64 "\n",
		       players[p].name, sum[p].opened, sum[p].openable, sum[p].intact, sum[p].all);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "by hand", test_by_hand },
		{ "no record that the oracle has opened is beyond the bound", test_never_too_low },
	};

	return harness_run("perf/resync_bound", cases, HARNESS_COUNT(cases));
}
