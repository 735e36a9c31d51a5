/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/sack.h"

enum {
	STEPS_MAX = 8,
	BLOCKS = 3,    /* beside timestamps; where a row has fewer the rest is 0 */
	STREAM = 6000, /* of the random test */
};

/* A segment [start, end) that came, and its ACK: ack, and blocks in order. 0: none comes at once. */
struct step {
	uint32_t start;
	uint32_t end;
	uint32_t ack;
	struct tcp_sack blocks[BLOCKS];
};

struct row {
	const char *what;
	uint32_t first; /* where the stream begins: what the numbers in an RFC count from */
	struct step steps[STEPS_MAX];
};

static const struct row rows[] = {
	/* The examples of RFC 2018 5: eight segments of 500 bytes, of which some are lost. */
	{ "the first is lost",
	  5000,
	  {
		  { 5500, 6000, 5000, { { 5500, 6000 } } },
		  { 6000, 6500, 5000, { { 5500, 6500 } } },
		  { 6500, 7000, 5000, { { 5500, 7000 } } },
		  { 7000, 7500, 5000, { { 5500, 7500 } } },
		  { 7500, 8000, 5000, { { 5500, 8000 } } },
		  { 8000, 8500, 5000, { { 5500, 8500 } } },
		  { 8500, 9000, 5000, { { 5500, 9000 } } },
	  } },
	{ "each second one is lost, two come late",
	  5500,
	  {
		  { 6000, 6500, 5500, { { 6000, 6500 } } },
		  { 7000, 7500, 5500, { { 7000, 7500 }, { 6000, 6500 } } },
		  { 8000, 8500, 5500, { { 8000, 8500 }, { 7000, 7500 }, { 6000, 6500 } } },
		  { 6500, 7000, 5500, { { 6000, 7500 }, { 8000, 8500 } } },
		  { 5500, 6000, 7500, { { 8000, 8500 } } },
	  } },
	/* The examples of RFC 2883 4. */
	{ "a segment twice, behind which all is in order",
	  3000,
	  { { 3000, 3500, 0, { { 0 } } },
	    { 3500, 4000, 0, { { 0 } } },
	    { 3000, 3500, 4000, { { 3000, 3500 } } } } },
	{ "a segment twice, and one behind a gap",
	  3500,
	  { { 3500, 4000, 0, { { 0 } } },
	    { 4500, 5000, 4000, { { 4500, 5000 } } },
	    { 3500, 4000, 4000, { { 3500, 4000 }, { 4500, 5000 } } } } },
	{ "a segment twice behind a gap",
	  4000,
	  { { 4500, 5000, 4000, { { 4500, 5000 } } },
	    { 5000, 5500, 4000, { { 4500, 5500 } } },
	    { 5000, 5500, 4000, { { 5000, 5500 }, { 4500, 5500 } } } } },
	{ "a part of a segment twice",
	  500,
	  { { 500, 1000, 0, { { 0 } } },
	    { 2000, 2500, 1000, { { 2000, 2500 } } },
	    { 1000, 1500, 1500, { { 2000, 2500 } } },
	    { 1000, 2000, 2500, { { 1000, 1500 } } } } },
	{ "two parts of a segment twice, behind which all is in order",
	  500,
	  { { 500, 1000, 0, { { 0 } } },
	    { 3000, 3500, 1000, { { 3000, 3500 } } },
	    { 1000, 1500, 1500, { { 3000, 3500 } } },
	    { 2000, 2500, 1500, { { 2000, 2500 }, { 3000, 3500 } } },
	    { 1000, 2500, 2500, { { 1000, 1500 }, { 3000, 3500 } } } } },
	{ "two parts of a segment twice, behind a gap",
	  500,
	  { { 500, 1000, 0, { { 0 } } },
	    { 3500, 4000, 1000, { { 3500, 4000 } } },
	    { 1500, 2000, 1000, { { 1500, 2000 }, { 3500, 4000 } } },
	    { 2500, 3000, 1000, { { 2500, 3000 }, { 1500, 2000 }, { 3500, 4000 } } },
	    { 1500, 3000, 1000, { { 1500, 2000 }, { 1500, 3000 }, { 3500, 4000 } } } } },
	/* What section 4 says, in other places: the first part that came twice, wherever it lies. */
	{ "the middle of a segment twice, behind a gap",
	  1000,
	  { { 2000, 2500, 1000, { { 2000, 2500 } } },
	    { 1500, 3000, 1000, { { 2000, 2500 }, { 1500, 3000 } } } } },
	{ "two parts within a segment twice, behind a gap",
	  1000,
	  { { 2000, 2200, 1000, { { 2000, 2200 } } },
	    { 2400, 2600, 1000, { { 2400, 2600 }, { 2000, 2200 } } },
	    { 1500, 3000, 1000, { { 2000, 2200 }, { 1500, 3000 } } } } },
	{ "what was in order twice, and what waited",
	  1000,
	  { { 1000, 1500, 0, { { 0 } } },
	    { 2000, 2500, 1500, { { 2000, 2500 } } },
	    { 1200, 3000, 3000, { { 1200, 1500 } } } } },
	{ "half of a segment twice: the half that waits",
	  1000,
	  { { 1500, 2000, 1000, { { 1500, 2000 } } },
	    { 2000, 2500, 1000, { { 1500, 2500 } } },
	    { 1000, 2000, 2500, { { 1500, 2000 } } } } },
	{ "half of a segment twice: the half in order",
	  1000,
	  { { 1000, 1500, 0, { { 0 } } },
	    { 2500, 3000, 1500, { { 2500, 3000 } } },
	    { 1000, 2000, 2000, { { 1000, 1500 }, { 2500, 3000 } } } } },
	{ "twice behind a gap with its start",
	  1000,
	  { { 2000, 3000, 1000, { { 2000, 3000 } } },
	    { 2500, 3500, 1000, { { 2500, 3000 }, { 2000, 3500 } } } } },
	{ "what was told twice is told once",
	  1000,
	  { { 2000, 2500, 1000, { { 2000, 2500 } } },
	    { 2000, 2500, 1000, { { 2000, 2500 }, { 2000, 2500 } } },
	    { 3000, 3500, 1000, { { 3000, 3500 }, { 2000, 2500 } } } } },
	{ "more gaps than blocks: the last three",
	  1000,
	  { { 2000, 2100, 1000, { { 2000, 2100 } } },
	    { 3000, 3100, 1000, { { 3000, 3100 }, { 2000, 2100 } } },
	    { 4000, 4100, 1000, { { 4000, 4100 }, { 3000, 3100 }, { 2000, 2100 } } },
	    { 5000, 5100, 1000, { { 5000, 5100 }, { 4000, 4100 }, { 3000, 3100 } } },
	    { 2100, 2200, 1000, { { 2000, 2200 }, { 5000, 5100 }, { 4000, 4100 } } },
	    { 4900, 5000, 1000, { { 4900, 5100 }, { 2000, 2200 }, { 4000, 4100 } } } } },
};

static void
open_at(struct tcp_conn *c, uint32_t first)
{
	const struct fx_conf conf = { .irs = first - 1, .ts = true, .sack = true };

	fx_established(c, &conf);
}

static uint32_t
count_blocks(const struct step *s)
{
	uint32_t n = 0;

	while (n < BLOCKS && s->blocks[n].end != 0)
		n++;
	return n;
}

/* As they come out of a header. */
static struct tcp_seg
on_the_wire(const struct tcp_seg *seg)
{
	uint8_t bytes[TCP_HDR_MAX];
	struct tcp_seg back;

	CU_ASSERT_EQUAL_FATAL(tcp_seg_parse(bytes, tcp_seg_write(seg, bytes), &back), 0);
	return back;
}

static void
check_step(struct tcp_conn *c, const struct row *row, const struct step *s)
{
	uint32_t n = count_blocks(s);
	struct tcp_seg got;
	struct tcp_out o;

	fx_data(c, (int64_t)s->start - row->first, s->end - s->start, FX_T0);
	if (s->ack == 0)
		return;
	CU_ASSERT_TRUE_FATAL(fx_send(c, FX_T0, &o));
	got = on_the_wire(&o.seg);
	CU_ASSERT_EQUAL(got.ack, s->ack);
	CU_ASSERT_EQUAL(got.nb_sacks, n);
	if (got.nb_sacks == n && memcmp(got.sacks, s->blocks, n * sizeof(got.sacks[0])) == 0)
		return;
	printf("# %s, at %u:", row->what, s->start);
	for (uint32_t i = 0; i < got.nb_sacks; i++)
		printf(" %u-%u", got.sacks[i].start, got.sacks[i].end);
	printf("\n");
	CU_FAIL("other blocks");
}

static void
test_rows(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_conn c;
		uint32_t k;

		open_at(&c, rows[i].first);
		for (k = 0; k < STEPS_MAX && rows[i].steps[k].end != 0; k++)
			check_step(&c, &rows[i], &rows[i].steps[k]);
	}
}

/* Not agreed on, with payload, of an orphan, with FIN: none. */
static void
test_none(void)
{
	const struct fx_conf without = { .irs = 5 };
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, &without);
	fx_data(&c, 1000, 100, FX_T0);
	fx_data(&c, 1000, 100, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);

	open_at(&c, 0);
	tcp_send_ready(&c, 100);
	fx_data(&c, 0, 100, FX_T0);
	fx_data(&c, 0, 100, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);

	open_at(&c, 0);
	fx_data(&c, 1000, 100, FX_T0);
	while (fx_send(&c, FX_T0, &o))
		;
	tcp_shutdown(&c);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.fin);
	CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);

	open_at(&c, 0);
	fx_data(&c, 0, 100, FX_T0);
	fx_data(&c, 0, 100, FX_T0);
	tcp_orphan(&c, FX_T0);
	fx_data(&c, 0, 100, FX_T0 + TCP_AGAIN_US);
	while (fx_send(&c, FX_T0 + TCP_AGAIN_US, &o))
		CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);
}

/* Old bytes in front of the stream, and across its beginning: what lies in it. */
static void
test_before_the_stream(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	open_at(&c, 0);
	fx_data(&c, 0, 3000, FX_T0);
	fx_send(&c, FX_T0, &o);
	fx_data(&c, -100, 300, FX_T0);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL_FATAL(o.seg.nb_sacks, 1);
	CU_ASSERT_EQUAL(o.seg.sacks[0].start, 0);
	CU_ASSERT_EQUAL(o.seg.sacks[0].end, 200);
	fx_data(&c, -100, 50, FX_T0 + TCP_AGAIN_US);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0 + TCP_AGAIN_US, &o));
	CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);
}

/* What waited was given up before it could be told: it is not there, and nothing says that it is. */
static void
test_given_up(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	open_at(&c, 0);
	fx_data(&c, 2000, 500, FX_T0);
	fx_data(&c, 2000, 500, FX_T0);
	tcp_ranges_remove(fx_held(&c), 0, 1);
	while (fx_send(&c, FX_T0, &o))
		CU_ASSERT_EQUAL(o.seg.nb_sacks, 0);

	/* In order up to its middle, since. */
	fx_data(&c, 2000, 500, FX_T0);
	fx_data(&c, 2000, 500, FX_T0);
	tcp_ranges_remove(fx_held(&c), 0, 1);
	fx_data(&c, 0, 2200, FX_T0);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.seg.ack, 2200);
	CU_ASSERT_EQUAL_FATAL(o.seg.nb_sacks, 1);
	CU_ASSERT_EQUAL(o.seg.sacks[0].start, 2000);
	CU_ASSERT_EQUAL(o.seg.sacks[0].end, 2200);

	/* A part of it waits still: the whole does not lie in it. */
	fx_data(&c, 3000, 500, FX_T0);
	fx_data(&c, 3000, 500, FX_T0);
	fx_held(&c)->r[0] = tcp_range_of(3000, 3200);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL_FATAL(o.seg.nb_sacks, 1);
	CU_ASSERT_EQUAL(o.seg.sacks[0].start, 3000);
	CU_ASSERT_EQUAL(o.seg.sacks[0].end, 3200);
}

/* What came, a flag per byte. */
struct map {
	uint8_t times[STREAM];
};

static bool
all_came(const struct map *m, uint64_t start, uint64_t end, uint8_t times)
{
	for (uint64_t i = start; i < end; i++)
		if (i >= STREAM || m->times[i] < times)
			return false;
	return true;
}

/* A block as far as it goes: the byte in front of it and the one behind it did not come. */
static bool
is_whole(const struct map *m, uint64_t start, uint64_t end)
{
	return m->times[start - 1] == 0 && (end == STREAM || m->times[end] == 0);
}

static void
check_blocks(const struct tcp_conn *c, const struct map *m, const struct tcp_seg *seg, int64_t last)
{
	uint64_t start, end;
	bool twice;
	uint8_t told_twice = 0;

	for (uint8_t i = 0; i < seg->nb_sacks; i++) {
		start = seg->sacks[i].start - c->irs - 1;
		end = seg->sacks[i].end - c->irs - 1;
		/* RFC 2883 4 (4): behind a gap the second block has it in it, and may be as long. */
		twice = i == 0 && (end <= c->rcv_nxt || !is_whole(m, start, end) ||
				   (seg->nb_sacks > 1 && memcmp(&seg->sacks[0], &seg->sacks[1],
								sizeof(seg->sacks[0])) == 0));
		CU_ASSERT_FATAL(start < end);
		if (twice) {
			told_twice = 1;
			CU_ASSERT_TRUE(all_came(m, start, end, 2));
			continue;
		}
		CU_ASSERT_TRUE(start > c->rcv_nxt && all_came(m, start, end, 1));
		CU_ASSERT_TRUE(is_whole(m, start, end));
		/* RFC 2018 4: the first is the one with the segment that drew the ACK. */
		if (i == 0 && last > (int64_t)c->rcv_nxt)
			CU_ASSERT_TRUE(start <= (uint64_t)last && (uint64_t)last < end);
		for (uint8_t k = told_twice; k < i; k++)
			CU_ASSERT_NOT_EQUAL(seg->sacks[k].start, seg->sacks[i].start);
	}
}

/* Any segments, each answered at once, against what came. */
static void
test_random(void)
{
	uint64_t rng = harness_seed();

	for (int round = 0; round < 300; round++) {
		struct map m = { { 0 } };
		struct tcp_conn c;
		struct tcp_out o;

		open_at(&c, (uint32_t)harness_rand(&rng));
		for (int n = 0; n < 60; n++) {
			uint32_t start = (uint32_t)(harness_rand(&rng) % (STREAM / 50)) * 50;
			uint32_t len = 50 + (uint32_t)(harness_rand(&rng) % 4) * 50;
			struct tcp_verdict v;

			if (start + len > STREAM)
				len = STREAM - start;
			v = fx_data(&c, start, len, FX_T0 + (uint64_t)n * TCP_AGAIN_US);
			if (v.drop == TCP_DROP_GAPS)
				continue;
			for (uint32_t i = start; i < start + len; i++)
				m.times[i] += m.times[i] < 2;
			while (fx_send(&c, FX_T0 + (uint64_t)n * TCP_AGAIN_US, &o)) {
				CU_ASSERT_FALSE(c.rcv_nxt < STREAM && o.dup_ack &&
						o.seg.nb_sacks == 0);
				check_blocks(&c, &m, &o.seg, v.took > 0 ? (int64_t)start : -1);
			}
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "examples of RFC 2018 and 2883", test_rows },
		{ "none", test_none },
		{ "before the stream", test_before_the_stream },
		{ "given up", test_given_up },
		{ "any segments", test_random },
	};

	return harness_run("tcp/sack", cases, HARNESS_COUNT(cases));
}
