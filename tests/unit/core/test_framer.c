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
	bool wrong;
};

static void
receiver_init(struct receiver *r, uint64_t origin)
{
	memset(r, 0, sizeof(*r));
	r->origin = origin;
	framer_init(&r->f, suite(), origin);
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
	r->wrong |= r->f.head.type != 23 || r->f.head.version != 0x0303;
	r->wrong |= r->f.head.body_len != body_len;
	r->wrong |= framer_wire_len(&r->f) != 5 + body_len;
	r->next_start += 5 + body_len;
	r->wrong |= r->next_start > end;
	framer_next(&r->f);
}

/* The stream arrives up to end; everything that is complete is taken. */
static void
receive(struct receiver *r, uint32_t end)
{
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
		if (state == FRAMER_COMPLETE)
			take_record(r, end);
		else if (state == FRAMER_BROKEN || state == FRAMER_WANT_HEADER)
			break;
	}
	/* A complete record must not be left in the stream, nor a record cut short be taken. */
	if (r->records < stream.records)
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

	framer_next(&f);
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
		framer_next(&f);
		CU_ASSERT_EQUAL(framer_input(&f, 100, rows[i].hdr), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(f.error, rows[i].error);
		CU_ASSERT_EQUAL(f.start_off, 72);
		/* For good. */
		CU_ASSERT(framer_idle(&f, UINT64_C(1) << 62));
		CU_ASSERT_EQUAL(framer_input(&f, 200, good), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(framer_input(&f, 300, NULL), FRAMER_BROKEN);
		CU_ASSERT_EQUAL(f.error, rows[i].error);
		CU_ASSERT_EQUAL(f.start_off, 72);
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
	};

	return harness_run("core/framer", cases, HARNESS_COUNT(cases));
}
