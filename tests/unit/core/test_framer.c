/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/framer.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/harness.h"

enum { STREAM_MAX = 1 << 18, RECORDS_MAX = 64 };

/* A stream of records, and where they are. */
static struct {
	uint8_t bytes[STREAM_MAX];
	uint32_t len;
	uint32_t body_len[RECORDS_MAX];
	unsigned int records;
} stream;

static const struct record_suite *
suite(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static void
stream_reset(void)
{
	stream.len = 0;
	stream.records = 0;
}

/* Bodies are made of headers, so that a framer that looks there finds records. */
static void
stream_add(uint32_t body_len)
{
	static const uint8_t bait[] = { 23, 3, 3, 0, 17 };
	uint8_t *p = stream.bytes + stream.len;

	CU_ASSERT_FATAL(stream.records < RECORDS_MAX);
	CU_ASSERT_FATAL(stream.len + 5 + body_len <= STREAM_MAX);
	p[0] = 23;
	p[1] = 3;
	p[2] = 3;
	p[3] = (uint8_t)(body_len / 256);
	p[4] = (uint8_t)(body_len % 256);
	for (uint32_t i = 0; i < body_len; i++)
		p[5 + i] = bait[i % sizeof(bait)];
	stream.body_len[stream.records++] = body_len;
	stream.len += 5 + body_len;
}

/* What a receiver knows: the framer, where its stream starts, records seen so far. */
struct receiver {
	struct framer f;
	uint64_t origin;
	unsigned int records;
	uint32_t next_start; /* of the record that is expected next, from origin */
	bool reads;          /* it consumes what is framed at once */
	unsigned int read;
	uint32_t read_off; /* from origin */
	bool wrong;
};

static void
receiver_init(struct receiver *r, uint64_t origin)
{
	memset(r, 0, sizeof(*r));
	r->origin = origin;
	r->reads = true;
	framer_init(&r->f, suite(), origin);
}

/* Classes are as good as random, and the same for a record whenever it is framed. */
static uint8_t
class_of(unsigned int record)
{
	return (uint8_t)(record * 7 % 5);
}

/* Consumes the record at the head, which must be the one that is expected. */
static void
read_record(struct receiver *r)
{
	const struct framed *head = framer_head(&r->f);
	uint8_t hdr[RECORD_HDR_LEN];

	if (head == NULL || r->read == r->records) {
		r->wrong = true;
		return;
	}
	framed_header(head, hdr);
	r->wrong |= memcmp(hdr, stream.bytes + r->read_off, sizeof(hdr)) != 0;
	r->wrong |= framed_wire_len(head) != 5 + stream.body_len[r->read];
	r->wrong |= head->type != 23 || head->class != class_of(r->read);
	r->wrong |= r->f.head_off != r->origin + r->read_off;
	r->wrong |= framer_head_index(&r->f) != r->read;
	r->read_off += 5 + stream.body_len[r->read++];
	framer_consumed(&r->f);
	r->wrong |= r->f.head_off != r->origin + r->read_off;
	r->wrong |= framer_head_index(&r->f) != r->read;
	r->wrong |= (framer_head(&r->f) == NULL) != (r->read == r->records);
}

static void
take_record(struct receiver *r, uint32_t end)
{
	uint32_t body_len;

	if (r->records == stream.records) {
		r->wrong = true;
		return;
	}
	body_len = stream.body_len[r->records++];
	r->wrong |= r->f.start_off != r->origin + r->next_start;
	r->wrong |= r->f.edge.type != 23 || r->f.edge.version != 0x0303;
	r->wrong |= r->f.edge.body_len != body_len;
	r->wrong |= r->f.index + 1 != r->records;
	r->wrong |= framer_wire_len(&r->f) != 5 + body_len;
	r->next_start += 5 + body_len;
	r->wrong |= r->next_start > end;
	framer_next(&r->f, class_of(r->records - 1));
	if (r->reads)
		read_record(r);
}

/* The stream arrives up to end; everything that is complete is taken, as long as there is room. */
static void
receive(struct receiver *r, uint32_t end)
{
	if (framer_may_go_on(&r->f))
		take_record(r, end);
	while (!framer_idle(&r->f, r->origin + end)) {
		uint32_t start = (uint32_t)(r->f.start_off - r->origin);
		uint8_t hdr[RECORD_HDR_LEN];
		bool there = r->f.state == FRAMER_WANT_HEADER && end - start >= RECORD_HDR_LEN;
		enum framer_state state;

		if (there)
			memcpy(hdr, stream.bytes + start, sizeof(hdr));
		state = framer_input(&r->f, r->origin + end, there ? hdr : NULL);
		memset(hdr, 0xff, sizeof(hdr)); /* it is ours again */
		r->wrong |= state != r->f.state;
		if (framer_may_go_on(&r->f))
			take_record(r, end);
		else if (state == FRAMER_BROKEN || state == FRAMER_WANT_HEADER)
			break;
	}
	/* A complete record must not be left in the stream, nor a record cut short be taken. */
	if (r->records < stream.records && r->f.state != FRAMER_COMPLETE)
		r->wrong |= end >= r->next_start + 5 + stream.body_len[r->records];
}

static const uint64_t origins[] = {
	0,
	1,
	UINT32_MAX - 4,
	UINT32_MAX - 50,
	UINT32_MAX,
	UINT64_C(1) << 32,
	(UINT64_C(1) << 40) + 12345,
	UINT64_MAX - STREAM_MAX - 1,
};

static void
small_stream(void)
{
	stream_reset();
	stream_add(17);
	stream_add(18);
	stream_add(40);
	stream_add(17);
}

static void
test_two_cuts(void)
{
	unsigned int wrong = 0;

	small_stream();
	for (uint32_t a = 0; a <= stream.len; a++)
		for (uint32_t b = a; b <= stream.len; b++) {
			struct receiver r;

			receiver_init(&r, origins[(a + b) % HARNESS_COUNT(origins)]);
			receive(&r, a);
			receive(&r, b);
			receive(&r, stream.len);
			wrong += r.wrong || r.records != stream.records;
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_single_bytes(void)
{
	stream_reset();
	stream_add(17);
	stream_add(16640);
	stream_add(257);
	stream_add(17);
	for (size_t i = 0; i < HARNESS_COUNT(origins); i++) {
		struct receiver r;

		receiver_init(&r, origins[i]);
		for (uint32_t end = 0; end <= stream.len; end++)
			receive(&r, end);
		CU_ASSERT_FALSE(r.wrong);
		CU_ASSERT_EQUAL(r.records, stream.records);
		CU_ASSERT_EQUAL(r.f.state, FRAMER_WANT_HEADER);
		CU_ASSERT_EQUAL(r.f.start_off, origins[i] + stream.len);
	}
}

static void
test_random(void)
{
	unsigned int rounds = harness_full() ? 20000 : 500;
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		struct receiver r;
		uint32_t end = 0;
		uint32_t step = (uint32_t)1 << harness_rand(&rng) % 15;

		stream_reset();
		for (uint64_t n = harness_rand(&rng) % 12; n > 0; n--) {
			uint32_t longest = harness_rand(&rng) % 2 != 0 ? 60 : 16624;

			stream_add(17 + harness_below(&rng, longest));
		}
		receiver_init(&r, harness_rand(&rng) >> 8);
		while (end < stream.len) {
			end += (uint32_t)(harness_rand(&rng) % step) + 1;
			if (end > stream.len)
				end = stream.len;
			receive(&r, end);
		}
		wrong += r.wrong || r.records != stream.records ||
			 r.f.start_off != r.origin + stream.len;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Each step of the diagram, and the exact offset at which it is due. */
static void
test_steps(void)
{
	static const uint8_t hdr[] = { 23, 3, 3, 0, 20 };
	struct framer f;

	framer_init(&f, suite(), 1000);
	CU_ASSERT_EQUAL(f.state, FRAMER_WANT_HEADER);
	CU_ASSERT_EQUAL(f.start_off, 1000);
	CU_ASSERT(framer_idle(&f, 1000));
	CU_ASSERT(framer_idle(&f, 1004));
	CU_ASSERT_FALSE(framer_idle(&f, 1005));
	CU_ASSERT_EQUAL(framer_input(&f, 1004, NULL), FRAMER_WANT_HEADER);
	CU_ASSERT_EQUAL(framer_input(&f, 1005, NULL), FRAMER_WANT_HEADER);

	CU_ASSERT_EQUAL(framer_input(&f, 1005, hdr), FRAMER_WANT_BODY);
	CU_ASSERT_EQUAL(memcmp(f.hdr, hdr, sizeof(hdr)), 0);
	CU_ASSERT_EQUAL(framer_wire_len(&f), 25);
	CU_ASSERT(framer_idle(&f, 1024));
	CU_ASSERT_FALSE(framer_idle(&f, 1025));
	CU_ASSERT_EQUAL(framer_input(&f, 1024, NULL), FRAMER_WANT_BODY);

	CU_ASSERT_EQUAL(framer_input(&f, 1025, NULL), FRAMER_COMPLETE);
	CU_ASSERT_EQUAL(f.start_off, 1000);
	/* Until it is consumed no byte changes anything. */
	CU_ASSERT(framer_idle(&f, 1000000));
	CU_ASSERT_EQUAL(framer_input(&f, 1000000, hdr), FRAMER_COMPLETE);
	CU_ASSERT_EQUAL(framer_wire_len(&f), 25);

	CU_ASSERT(framer_may_go_on(&f));
	framer_next(&f, 0);
	CU_ASSERT_EQUAL(f.state, FRAMER_WANT_HEADER);
	CU_ASSERT_EQUAL(f.start_off, 1025);
	CU_ASSERT(framer_idle(&f, 1029));
	CU_ASSERT_FALSE(framer_idle(&f, 1030));
	/* Header and body in one go. */
	CU_ASSERT_EQUAL(framer_input(&f, 1050, hdr), FRAMER_COMPLETE);
}

/* A header handed in before its bytes are in order is not looked at. */
static void
test_header_too_early(void)
{
	static const uint8_t bad[] = { 'G', 'E', 'T', ' ', '/' };
	struct framer f;

	framer_init(&f, suite(), 7);
	CU_ASSERT_EQUAL(framer_input(&f, 11, bad), FRAMER_WANT_HEADER);
	CU_ASSERT_EQUAL(framer_input(&f, 12, bad), FRAMER_BROKEN);
}

static void
test_refused(void)
{
	static const uint8_t good[] = { 23, 3, 3, 0, 17 };
	static const struct {
		uint8_t hdr[RECORD_HDR_LEN];
		int error;
	} rows[] = {
		{ { 'G', 'E', 'T', ' ', '/' }, -EINVAL },
		{ { 0, 0, 0, 0, 0 }, -EINVAL },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff }, -EINVAL },
		{ { 20, 3, 3, 0, 1 }, -EINVAL },
		{ { 21, 3, 3, 0, 2 }, -EINVAL },
		{ { 22, 3, 3, 0, 17 }, -EINVAL },
		{ { 24, 3, 3, 0, 17 }, -EINVAL },
		{ { 23, 3, 1, 0, 17 }, -EINVAL },
		{ { 23, 3, 4, 0, 17 }, -EINVAL },
		{ { 23, 2, 3, 0, 17 }, -EINVAL },
		{ { 23, 3, 3, 0, 0 }, -EMSGSIZE },
		{ { 23, 3, 3, 0, 16 }, -EMSGSIZE },
		{ { 23, 3, 3, 0x41, 0x01 }, -EMSGSIZE },
		{ { 23, 3, 3, 0xff, 0xff }, -EMSGSIZE },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct framer f;

		framer_init(&f, suite(), 50);
		/* A good record first: it comes out before the bad one is told. */
		CU_ASSERT_EQUAL(framer_input(&f, 100, good), FRAMER_COMPLETE);
		framer_next(&f, 0);
		CU_ASSERT_EQUAL(framer_input(&f, 100, rows[i].hdr), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(f.error, rows[i].error);
		CU_ASSERT_EQUAL(f.start_off, 72);
		/* For good. */
		CU_ASSERT(framer_idle(&f, UINT64_C(1) << 62));
		CU_ASSERT_EQUAL(framer_input(&f, 200, good), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(framer_input(&f, 300, NULL), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(f.error, rows[i].error);
		CU_ASSERT_EQUAL(f.start_off, 72);
		CU_ASSERT_PTR_NOT_NULL(framer_head(&f));
		framer_consumed(&f);
		CU_ASSERT_PTR_NULL(framer_head(&f));
		CU_ASSERT_EQUAL(f.state, FRAMER_BROKEN);
		CU_ASSERT(!framer_may_go_on(&f));
	}
}

/* One wrong header anywhere in a stream stops it exactly there. */
static void
test_refused_in_stream(void)
{
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 500; i++) {
		unsigned int bad_at = (unsigned int)(harness_rand(&rng) % 8), bad_start = 0;
		struct receiver r;

		stream_reset();
		for (unsigned int n = 0; n < 8; n++) {
			if (n == bad_at)
				bad_start = stream.len;
			stream_add(17 + (uint32_t)(harness_rand(&rng) % 100));
		}
		stream.bytes[bad_start + harness_rand(&rng) % 3] ^= 0x20;
		stream.records = bad_at; /* no more than these may come out */
		receiver_init(&r, harness_rand(&rng) >> 8);
		for (uint32_t end = 0; end < stream.len; end += 1 + (uint32_t)(i % 64))
			receive(&r, end);
		receive(&r, stream.len);
		wrong += r.wrong || r.records != bad_at || r.f.state != FRAMER_BROKEN ||
			 r.f.error != -EINVAL || r.f.start_off != r.origin + bad_start;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Does it say where the record behind the edge starts, and which one that is? */
static bool
boundary_is_right(const struct receiver *r, uint32_t end)
{
	uint64_t off = 0, index = 0;
	bool known = framer_boundary(&r->f, r->origin + end, &off, &index);
	uint32_t start = 0;
	unsigned int n = 0;

	if (r->f.count == FRAMER_RING && end > r->next_start)
		return !known || r->f.state == FRAMER_WANT_BODY || r->f.state == FRAMER_WANT_HEADER;
	while (start < end && n < stream.records) {
		/* A part of a header. */
		if (end - start < 5)
			return !known;
		start += 5 + stream.body_len[n++];
	}
	return known && off == r->origin + start && index == n;
}

/* Read at other times than it arrives: the ring runs full, goes round, and loses nothing. */
static void
test_ring(void)
{
	unsigned int rounds = harness_full() ? 5000 : 300, full = 0, wrong = 0;
	uint64_t rng = harness_seed();

	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t end = 0, step = (uint32_t)8 << harness_rand(&rng) % 8;
		unsigned int slow = 2 + harness_below(&rng, 60);
		struct receiver r;

		stream_reset();
		while (stream.records < RECORDS_MAX)
			stream_add(17 + harness_below(&rng, 200));
		receiver_init(&r, harness_rand(&rng) >> 8);
		r.reads = false;
		while (r.read < stream.records && !r.wrong) {
			end += harness_below(&rng, step + 1);
			if (end > stream.len || harness_below(&rng, 200) == 0)
				end = stream.len;
			receive(&r, end);
			r.wrong |= !boundary_is_right(&r, end);
			full += r.f.state == FRAMER_COMPLETE;
			r.wrong |= (r.f.state == FRAMER_COMPLETE) &&
				   (r.records - r.read != FRAMER_RING || !framer_idle(&r.f, end));
			for (uint32_t n = harness_below(&rng, slow); n > 0; n--)
				if (framer_head(&r.f) != NULL)
					read_record(&r);
		}
		wrong += r.wrong || r.records != stream.records || r.f.index != stream.records;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(full > 0);
}

/* At the last place: the edge waits, whole, and goes on with the first that is consumed. */
static void
test_full(void)
{
	static const uint8_t hdr[] = { 23, 3, 3, 0, 20 }, bad[] = { 'G', 'E', 'T', ' ', '/' };
	uint64_t end = UINT64_C(1) << 40, off, index;
	struct framer f;

	framer_init(&f, suite(), 0);
	for (uint64_t i = 0; i < FRAMER_RING; i++) {
		CU_ASSERT_EQUAL(framer_input(&f, end, hdr), FRAMER_COMPLETE);
		CU_ASSERT_FATAL(framer_may_go_on(&f));
		framer_next(&f, 1);
	}
	/* Full, and still nothing behind it. */
	CU_ASSERT(framer_boundary(&f, 25 * FRAMER_RING, &off, &index));
	CU_ASSERT_EQUAL(off, 25 * FRAMER_RING);
	CU_ASSERT_EQUAL(index, FRAMER_RING);
	CU_ASSERT_EQUAL(framer_input(&f, 25 * FRAMER_RING + 6, hdr), FRAMER_WANT_BODY);
	CU_ASSERT(framer_boundary(&f, 25 * FRAMER_RING + 6, &off, &index));
	CU_ASSERT_EQUAL(off, 25 * (FRAMER_RING + 1));
	CU_ASSERT_EQUAL(index, FRAMER_RING + 1);
	CU_ASSERT_EQUAL(framer_input(&f, end, NULL), FRAMER_COMPLETE);
	CU_ASSERT(!framer_may_go_on(&f));
	CU_ASSERT(framer_idle(&f, end));
	CU_ASSERT(!framer_boundary(&f, 25 * (FRAMER_RING + 1), &off, &index));
	CU_ASSERT_EQUAL(framer_input(&f, end, bad), FRAMER_COMPLETE);
	CU_ASSERT_EQUAL(framer_head_index(&f), 0);

	framer_consumed(&f);
	CU_ASSERT_EQUAL(f.head_off, 25);
	CU_ASSERT_EQUAL(framer_head_index(&f), 1);
	CU_ASSERT(framer_may_go_on(&f));
	framer_next(&f, 2);
	CU_ASSERT_EQUAL(framer_input(&f, end, bad), FRAMER_BROKEN);
	CU_ASSERT(!framer_boundary(&f, f.start_off, &off, &index));
	/* The good ones come out, in their order. */
	for (uint64_t i = 1; i <= FRAMER_RING; i++) {
		CU_ASSERT_EQUAL(framer_head_index(&f), i);
		CU_ASSERT_EQUAL_FATAL(framer_head(&f)->class, i == FRAMER_RING ? 2 : 1);
		framer_consumed(&f);
	}
	CU_ASSERT_PTR_NULL(framer_head(&f));
	CU_ASSERT_EQUAL(f.head_off, f.start_off);
}

/* Wherever the ring has got to: each record in it is found, by its place, and none behind the last. */
static void
test_at(void)
{
	uint8_t hdr[] = { 23, 3, 3, 0, 17 };
	unsigned int wrong = 0;

	for (unsigned int first = 0; first <= 2 * FRAMER_RING; first++)
		for (unsigned int count = 0; count <= FRAMER_RING; count++) {
			const struct framed *rec;
			struct framer f;

			framer_init(&f, suite(), 0);
			for (unsigned int i = 0; i < first + count; i++) {
				hdr[4] = (uint8_t)(20 + i); /* told apart by their lengths */
				framer_input(&f, UINT64_MAX - 1, hdr);
				framer_next(&f, (uint8_t)(i % 3));
				if (i < first)
					framer_consumed(&f);
			}
			wrong += framer_at(&f, count) != NULL ||
				 framer_at(&f, FRAMER_RING) != NULL ||
				 framer_at(&f, UINT32_MAX) != NULL;
			wrong += framer_at(&f, 0) != framer_head(&f);
			for (unsigned int i = 0; i < count; i++) {
				rec = framer_at(&f, i);
				wrong += rec == NULL || framed_wire_len(rec) != 25 + first + i ||
					 rec->class != (first + i) % 3;
				/* What was found of every other one is void. */
				if (rec != NULL && i % 2 != 0)
					framer_at(&f, i)->class = 7;
			}
			for (unsigned int i = 0; i < count; i++) {
				wrong += framer_head(&f)->class != (i % 2 ? 7 : (first + i) % 3);
				framer_consumed(&f);
			}
			/* Nothing of it stays for who comes to the same place. */
			framer_input(&f, UINT64_MAX - 1, hdr);
			framer_next(&f, 1);
			wrong += framer_at(&f, 0)->class != 1 || framer_at(&f, 1) != NULL;
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each step at its offset", test_steps },
		{ "a header before its bytes is not looked at", test_header_too_early },
		{ "every pair of cuts", test_two_cuts },
		{ "segments of one byte", test_single_bytes },
		{ "random records in random segments", test_random },
		{ "bad headers break it for good", test_refused },
		{ "a bad header anywhere stops there", test_refused_in_stream },
		{ "the ring, read at other times than it is filled", test_ring },
		{ "a full ring stops at the edge", test_full },
		{ "each by its place in the ring", test_at },
	};

	return harness_run("core/framer", cases, HARNESS_COUNT(cases));
}
