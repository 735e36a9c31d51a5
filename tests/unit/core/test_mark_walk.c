/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A walk by marks against a stream of which each byte is known: what kind it is, of which record, and
 * where in it. Whatever way the stream is cut, all that a device transformed is found, and nothing else.
 */
#include "core/mark_walk.h"

#include <errno.h>
#include <stdio.h>

#include "unit/core/mark_stream.h"

enum { GENERATION = 1, RUN = 1 };

static struct mark_stream t;
static uint64_t rng;

/* Nonces behind the header or none; with an inner type or without, so that there are empty bodies. */
static const struct record_suite *
suite(unsigned int i)
{
	switch (i % 3) {
	case 0:
		return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	case 1:
		return suite_tls12_gcm();
	default:
		return suite_tls12_chacha();
	}
}

static void
draw_stream(const struct record_suite *s, bool random)
{
	static const uint64_t numbers[] = { 0, 1, UINT32_MAX - 2, (UINT64_C(7) << 32) - 1 };
	uint32_t least = s->inner_type_len, n = 2 + harness_below(&rng, 10);

	mark_stream_init(&t, s, numbers[harness_below(&rng, HARNESS_COUNT(numbers))]);
	t.random = random;
	while (t.records < n)
		mark_stream_add(&t,
				harness_below(&rng, 6) == 0 ?
					least + harness_below(&rng, RECORD_PLAIN_MAX) :
					least + harness_below(&rng, 40),
				&rng);
}

static struct rtls_tls_rx_mark
report(uint32_t off, uint32_t end)
{
	return mark_stream_report(&t, off, end, GENERATION, RUN);
}

/* Is the next byte what the stream has at off? */
static bool
stands_at(const struct mark_walk *w, uint32_t off)
{
	uint32_t i = off == t.len ? t.records : mark_stream_at(&t, off);

	return w->rec_no == (uint32_t)(t.rec_no + i) && w->off == off - t.start[i] &&
	       w->state != MARK_WALK_BROKEN;
}

/* Over [off, end), as it lies in buffers of up to piece bytes. */
static bool
walk_is_right(struct mark_walk *w, uint32_t off, uint32_t end, uint32_t piece)
{
	struct mark_stretch st;
	uint32_t n, done;
	bool right = true;

	for (; off < end; off += n) {
		n = 1 + harness_below(&rng, piece);
		n = n < end - off ? n : end - off;
		for (done = 0; done < n; done += st.len) {
			st = mark_walk_step(w, t.suite, t.bytes + off + done, n - done);
			right &= st.len <= n - done && mark_stream_has(&t, w, &st, off + done);
			if (st.len == 0)
				return false;
		}
	}
	return right && stands_at(w, end);
}

/* --- what is so ------------------------------------------------------------------- */

/* Packets of a run: each continues the one before it, and each can be walked alone. */
static unsigned int
wrong_in_packets(uint32_t packet_max, uint32_t piece)
{
	struct mark_walk run, alone;
	unsigned int wrong = 0;
	uint32_t off, len;

	mark_walk_at_record(&run, (uint32_t)t.rec_no);
	for (off = 0; off < t.len; off += len) {
		struct rtls_tls_rx_mark m;

		len = 1 + harness_below(&rng, packet_max);
		len = len < t.len - off ? len : t.len - off;
		m = report(off, off + len);
		wrong += !mark_walk_continues(&run, t.suite, &m, len) ||
			 !walk_is_right(&run, off, off + len, piece);
		wrong += mark_walk_at(&alone, t.suite, &m, len) != 0 ||
			 !walk_is_right(&alone, off, off + len, piece);
	}
	return wrong;
}

static void
test_random(void)
{
	unsigned int rounds = harness_full() ? 20000 : 600, wrong = 0;

	rng = harness_seed();
	for (unsigned int i = 0; i < rounds; i++) {
		draw_stream(suite(i), false);
		wrong += wrong_in_packets(i % 7 == 0 ? 1 : 1u << harness_below(&rng, 15),
					  1u << harness_below(&rng, 15));
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Every packet of a few small records: begins and ends inside headers, nonces and tags, among others. */
static void
test_every_packet(void)
{
	unsigned int wrong = 0;

	rng = harness_seed();
	for (unsigned int i = 0; i < 3; i++) {
		const struct record_suite *s = suite(i);

		mark_stream_init(&t, s, UINT32_MAX);
		for (uint32_t n = 0; n < 4; n++)
			mark_stream_add(&t, s->inner_type_len + (n % 2) * 9, &rng);
		for (uint32_t off = 0; off < t.len; off++)
			for (uint32_t end = off + 1; end <= t.len; end++) {
				struct rtls_tls_rx_mark m = report(off, end);
				struct mark_walk w;

				wrong += mark_walk_at(&w, s, &m, end - off) != 0 ||
					 !walk_is_right(&w, off, end, 64);
			}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Marks are only looked at where packets begin; between, the headers that come by say it all. */
static void
test_one_mark(void)
{
	unsigned int wrong = 0;

	rng = harness_seed();
	for (unsigned int i = 0; i < 300; i++) {
		struct mark_walk w, copy;
		uint32_t off, mid;
		struct rtls_tls_rx_mark m;

		draw_stream(suite(i), false);
		off = harness_below(&rng, t.len - t.prefix);
		mid = off + t.prefix + harness_below(&rng, t.len - off - t.prefix);
		m = report(off, mid);
		wrong += mark_walk_at(&w, t.suite, &m, mid - off) != 0;
		wrong += !walk_is_right(&w, off, mid, 4096);
		/* A copy is the way back. */
		copy = w;
		wrong += !walk_is_right(&w, mid, t.len, 4096);
		wrong += !walk_is_right(&copy, mid, t.len, 5);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_rec_no(void)
{
	static const struct {
		uint64_t near;
		uint32_t low;
		uint64_t want;
	} rows[] = {
		{ 0, 0, 0 },
		{ 0, 5, 5 },
		{ 5, 0, 0 },
		{ UINT32_MAX, 0, UINT64_C(1) << 32 },
		{ UINT64_C(1) << 32, UINT32_MAX, UINT32_MAX },
		{ (UINT64_C(3) << 32) + 7, 7, (UINT64_C(3) << 32) + 7 },
		{ (UINT64_C(3) << 32) + 7, 6 + (UINT32_C(1) << 31),
		  (UINT64_C(3) << 32) + 6 + (UINT32_C(1) << 31) },
		{ (UINT64_C(3) << 32) + 7, 8 + (UINT32_C(1) << 31),
		  (UINT64_C(2) << 32) + 8 + (UINT32_C(1) << 31) },
		{ UINT64_MAX, UINT32_MAX, UINT64_MAX },
		{ UINT64_MAX - 9, UINT32_MAX - 10, UINT64_MAX - 10 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(mark_rec_no(rows[i].near, rows[i].low), rows[i].want);
}

/* --- what is not -------------------------------------------------------------------- */

/* A field of a report, with another value. */
static void
falsify(struct rtls_tls_rx_mark *m, unsigned int field, uint32_t by)
{
	switch (field) {
	case 0:
		m->rec_no += by;
		break;
	case 1:
		m->rec_off = (uint16_t)(m->rec_off + by);
		break;
	case 2:
		m->rec_len = (uint16_t)(m->rec_len + by);
		break;
	default:
		m->explicit_nonce[by % sizeof(m->explicit_nonce)] ^= (uint8_t)(1 + by % 255);
		break;
	}
}

/* Walks, whatever comes of it. */
static void
walk(struct mark_walk *w, uint32_t off, uint32_t end)
{
	while (off < end)
		off += mark_walk_step(w, t.suite, t.bytes + off, end - off).len;
}

/* What is said of [off, mid) is m, and of [mid, end) next. Does anything say that it cannot be? */
static bool
is_noticed(uint32_t off, uint32_t mid, uint32_t end, const struct rtls_tls_rx_mark *m,
	   const struct rtls_tls_rx_mark *next)
{
	struct mark_walk w;

	if (mark_walk_at(&w, t.suite, m, mid - off) != 0)
		return w.state == MARK_WALK_BROKEN;
	walk(&w, off, mid);
	if (!mark_walk_continues(&w, t.suite, next, end - mid))
		return true;
	walk(&w, mid, end);
	return w.state == MARK_WALK_BROKEN;
}

/*
 * Can it be shown? Not where the bytes that it is about went by before the first of the two packets, and
 * no other mark tells the same.
 */
static bool
can_be_shown(unsigned int field, uint32_t by, bool first, uint32_t off, uint32_t mid)
{
	uint32_t rec = mark_stream_at(&t, off), start = t.start[rec];
	bool other = first ? mark_stream_at(&t, mid) == rec : mid - start >= t.prefix;

	switch (field) {
	case 2:
		return first || other || off <= start + 3;
	case 3:
		return other || off <= start + 5 + by % 8;
	default:
		return true;
	}
}

/* By one field the report of a packet is wrong: its bytes show it, or the mark of the next one does. */
static void
test_false(void)
{
	unsigned int rounds = harness_full() ? 200000 : 10000, missed = 0, refused = 0;

	rng = harness_seed();
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int fields = i % 3 == 1 ? 4 : 3, field = harness_below(&rng, fields);
		uint32_t off, mid, end, by = 1 + harness_below(&rng, 300), rec;
		struct rtls_tls_rx_mark m, next;
		bool first = harness_below(&rng, 2) == 0;

		/* Headers in bodies might be those of another truth. */
		draw_stream(suite(i), true);
		off = harness_below(&rng, t.len - 2);
		mid = off + 1 + harness_below(&rng, t.len - off - 1);
		end = mid + 1 + harness_below(&rng, t.len - mid);
		end = end < t.len ? end : t.len;
		if (mid == end)
			continue;
		rec = mark_stream_at(&t, off);
		if (harness_below(&rng, 2) == 0)
			by = 0 - by;
		m = report(off, mid);
		next = report(mid, end);
		/* A nonce is one where there is a length. */
		if (field == 3 && (first ? m.rec_len : next.rec_len) == 0)
			continue;
		if (!can_be_shown(field, by, first, off, mid))
			continue;
		falsify(first ? &m : &next, field, by);
		refused++;
		if (is_noticed(off, mid, end, &m, &next))
			continue;
		printf("# missed: round %u, field %u by %d of %s, [%u %u %u) of record %u at %u\n",
		       i, field, (int)by, first ? "the first" : "the next", off, mid, end, rec,
		       t.start[rec]);
		missed++;
	}
	CU_ASSERT_EQUAL(missed, 0);
	CU_ASSERT(refused > rounds / 2);
}

/* What no device can say of any packet; the walk stands still for good. */
static void
test_impossible(void)
{
	static const struct {
		uint32_t len; /* of the packet */
		uint16_t off, rec_len;
	} rows[] = {
		{ 1, 5, 0 },
		{ 1, 4, 0 },
		{ 5, 0, 0 },
		{ 4, 0, 100 },
		{ 1, 3, 100 },
		{ 100, 0, 5 },
		{ 100, 0, 21 },
		{ 100, 0, 1 },
		{ 10, 22, 22 },
		{ 10, 23, 22 },
		{ 10, 0, 5 + 16384 + 257 },
		{ 10, UINT16_MAX, UINT16_MAX },
		{ 10, UINT16_MAX, 0 },
		{ UINT32_MAX, UINT16_MAX, 22 },
	};
	const struct record_suite *s = suite(0);
	struct mark_walk w;

	rng = 1;
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rtls_tls_rx_mark m = { .rec_no = 3,
					      .rec_off = rows[i].off,
					      .rec_len = rows[i].rec_len };
		struct mark_stretch st;

		CU_ASSERT_EQUAL(mark_walk_at(&w, s, &m, rows[i].len), -EINVAL);
		CU_ASSERT_EQUAL(w.state, MARK_WALK_BROKEN);
		st = mark_walk_step(&w, s, t.bytes, 50);
		CU_ASSERT(st.len == 50 && !st.body);
		CU_ASSERT_EQUAL(w.state, MARK_WALK_BROKEN);
		/* Nor does anything follow it. */
		m = (struct rtls_tls_rx_mark){ .rec_no = w.rec_no, .rec_len = 100 };
		CU_ASSERT(!mark_walk_continues(&w, s, &m, 100));
		mark_walk_at_record(&w, 3);
		CU_ASSERT_EQUAL(w.state, MARK_WALK_PREFIX);
		m.rec_off = rows[i].off;
		m.rec_len = rows[i].rec_len;
		CU_ASSERT(!mark_walk_continues(&w, s, &m, rows[i].len));
	}
	/* The least, and the most. */
	for (uint32_t len = 22; len <= 5 + 16384 + 256; len += 16384 + 256 - 17) {
		struct rtls_tls_rx_mark m = { .rec_len = (uint16_t)len };

		CU_ASSERT_EQUAL(mark_walk_at(&w, s, &m, 5), 0);
		m.rec_off = (uint16_t)(len - 1);
		CU_ASSERT_EQUAL(mark_walk_at(&w, s, &m, 1), 0);
		CU_ASSERT_EQUAL(w.state, MARK_WALK_TAG);
	}
}

/* The front of a prefix came by another way, and its rest without a mark: nobody knows the length. */
static void
test_no_length(void)
{
	rng = harness_seed();
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t off = 1; off < 5u + suite(i)->explicit_nonce_len; off++) {
			struct rtls_tls_rx_mark m;
			struct mark_walk w;

			mark_stream_init(&t, suite(i), 9);
			mark_stream_add(&t, 50, &rng);
			if (off + 1 == t.prefix)
				continue;
			m = report(off, off + 1);
			CU_ASSERT_EQUAL(mark_walk_at(&w, t.suite, &m, 1), 0);
			walk(&w, off, t.prefix - 1);
			CU_ASSERT_EQUAL(w.state, MARK_WALK_PREFIX);
			walk(&w, t.prefix - 1, t.len);
			CU_ASSERT_EQUAL(w.state, MARK_WALK_BROKEN);
		}
}

/* Bytes that are no header where a record has to begin: nothing behind them is taken for a body. */
static void
test_no_header(void)
{
	unsigned int wrong = 0;

	rng = harness_seed();
	for (unsigned int i = 0; i < 3; i++)
		for (uint32_t at = 0; at < 5; at++) {
			const struct record_suite *s = suite(i);
			struct rtls_tls_rx_mark m;
			struct mark_stretch st;
			struct mark_walk w;

			mark_stream_init(&t, s, 9);
			for (uint32_t n = 0; n < 3; n++)
				mark_stream_add(&t, 50, &rng);
			m = report(0, t.len);
			/* The type, which in TLS 1.2 may be any but 0; the version; the length. */
			t.bytes[t.start[1] + at] = at == 0 ? 0 : 0xff;
			if (at == 4)
				memset(t.bytes + t.start[1] + 3, 0, 2);
			mark_walk_at(&w, s, &m, t.len);
			walk(&w, 0, t.start[1]);
			wrong += w.state != MARK_WALK_PREFIX || w.off != 0;
			for (uint32_t off = t.start[1]; off < t.len; off += st.len) {
				st = mark_walk_step(&w, s, t.bytes + off, t.len - off);
				wrong += st.body;
			}
			wrong += w.state != MARK_WALK_BROKEN;
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "random records in random packets", test_random },
		{ "every packet of small records", test_every_packet },
		{ "one mark, and the headers behind it", test_one_mark },
		{ "the number that is meant", test_rec_no },
		{ "a report that is false in one field", test_false },
		{ "a report that no device can make", test_impossible },
		{ "a length that nobody tells", test_no_length },
		{ "what is no header", test_no_header },
	};

	return harness_run("core/mark_walk", cases, HARNESS_COUNT(cases));
}
