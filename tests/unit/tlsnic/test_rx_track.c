/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx_track.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/harness.h"

/* A body of 50 bytes: 34 that are sealed, 16 of the tag; with the header 55. */
static const uint8_t hdr[RECORD_HDR_LEN] = { 23, 3, 3, 0, 50 };

static void
track_start(struct rx_track *t, uint32_t seq)
{
	rx_track_init(t, record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128));
	rx_track_start(t, seq, 7);
}

/* Steps over n bytes of the record above, from its byte at on. */
static void
pass(struct rx_track *t, uint32_t at, uint32_t n)
{
	uint8_t bytes[55] = { 0 };

	memcpy(bytes, hdr, sizeof(hdr));
	while (n > 0) {
		struct rx_stretch s = rx_track_step(t, bytes + at, n);

		CU_ASSERT_FATAL(s.len > 0 && s.len <= n);
		CU_ASSERT_EQUAL(s.error, 0);
		at += s.len;
		n -= s.len;
	}
}

/* A record in one piece, then every state cut in two. */
static void
test_steps(void)
{
	static const struct {
		uint32_t at, len; /* bytes offered: of the record, from at on */
		enum rx_track_state kind;
		uint32_t off, stretch;
		bool ends;
		enum rx_track_state next;
	} rows[] = {
		{ 0, 55, RX_TRACK_HEADER, 0, 5, true, RX_TRACK_BODY },
		{ 5, 50, RX_TRACK_BODY, 0, 34, true, RX_TRACK_TAG },
		{ 39, 16, RX_TRACK_TAG, 0, 16, true, RX_TRACK_HEADER },
		{ 0, 1, RX_TRACK_HEADER, 0, 1, false, RX_TRACK_HEADER },
		{ 1, 3, RX_TRACK_HEADER, 0, 3, false, RX_TRACK_HEADER },
		{ 4, 1, RX_TRACK_HEADER, 0, 1, true, RX_TRACK_BODY },
		{ 5, 33, RX_TRACK_BODY, 0, 33, false, RX_TRACK_BODY },
		{ 38, 2, RX_TRACK_BODY, 0, 1, true, RX_TRACK_TAG },
		{ 39, 1, RX_TRACK_TAG, 0, 1, false, RX_TRACK_TAG },
		{ 40, 14, RX_TRACK_TAG, 1, 14, false, RX_TRACK_TAG },
		{ 54, 1, RX_TRACK_TAG, 15, 1, true, RX_TRACK_HEADER },
	};
	uint8_t bytes[55] = { 0 };
	uint32_t expected = UINT32_MAX - 60;
	struct rx_track t;

	memcpy(bytes, hdr, sizeof(hdr));
	track_start(&t, expected);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rx_stretch s = rx_track_step(&t, bytes + rows[i].at, rows[i].len);

		CU_ASSERT_EQUAL(s.kind, rows[i].kind);
		CU_ASSERT_EQUAL(s.off, rows[i].off);
		CU_ASSERT_EQUAL(s.len, rows[i].stretch);
		CU_ASSERT_EQUAL(s.ends, rows[i].ends);
		CU_ASSERT_EQUAL(s.error, 0);
		CU_ASSERT_EQUAL(t.state, rows[i].next);
		expected += s.len;
		CU_ASSERT_EQUAL(t.expected, expected);
		if (s.kind == RX_TRACK_HEADER && s.ends)
			CU_ASSERT_EQUAL(memcmp(t.hdr, hdr, sizeof(hdr)), 0);
	}
	CU_ASSERT_EQUAL(t.rec_no, 9);
}

static void
test_headers(void)
{
	static const struct {
		uint8_t hdr[RECORD_HDR_LEN];
		int error;
	} rows[] = {
		{ { 23, 3, 3, 0, 17 }, 0 },
		{ { 23, 3, 3, 0x41, 0x00 }, 0 },
		{ { 23, 3, 3, 0, 16 }, -EMSGSIZE },
		{ { 23, 3, 3, 0, 0 }, -EMSGSIZE },
		{ { 23, 3, 3, 0x41, 0x01 }, -EMSGSIZE },
		{ { 23, 3, 3, 0xff, 0xff }, -EMSGSIZE },
		{ { 22, 3, 3, 0, 17 }, -EINVAL },
		{ { 20, 3, 3, 0, 1 }, -EINVAL },
		{ { 24, 3, 3, 0, 17 }, -EINVAL },
		{ { 23, 3, 1, 0, 17 }, -EINVAL },
		{ { 23, 3, 4, 0, 17 }, -EINVAL },
		{ { 'G', 'E', 'T', ' ', '/' }, -EINVAL },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (uint32_t cut = 0; cut < RECORD_HDR_LEN; cut++) {
			struct rx_track t, before;
			struct rx_stretch s;

			track_start(&t, 1000);
			if (cut > 0) {
				s = rx_track_step(&t, rows[i].hdr, cut);
				CU_ASSERT(!s.ends && s.error == 0);
			}
			before = t;
			s = rx_track_step(&t, rows[i].hdr + cut, RECORD_HDR_LEN - cut);
			CU_ASSERT_EQUAL(s.error, rows[i].error);
			CU_ASSERT(s.ends);
			if (s.error == 0)
				continue;
			/* The copy is the way back: the right header may still come. */
			t = before;
			pass(&t, cut, cut == 0 ? 55 : 0);
		}
}

/* The device expects byte at of a record that starts at 0; a packet comes. */
static const struct take_row {
	const char *name;
	uint32_t at, seq, len;
	enum rx_track_take take;
	uint32_t skip, expected;
	enum rx_track_state state;
	uint32_t rec_no;
} take_rows[] = {
	{ "no payload", 20, 20, 0, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "no payload, far ahead", 20, 90000, 0, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "the expected one", 20, 20, 1, RX_TAKE_ALL, 0, 20, RX_TRACK_BODY, 7 },
	{ "longer than any record", 20, 20, 65000, RX_TAKE_ALL, 0, 20, RX_TRACK_BODY, 7 },
	{ "duplicate", 20, 10, 10, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "below the start", 0, UINT32_MAX - 9, 10, RX_TAKE_NONE, 0, 0, RX_TRACK_HEADER, 7 },
	{ "far below", 20, 20 - 0x7fffffffu, 10, RX_TAKE_FAR, 0, 20, RX_TRACK_BODY, 7 },
	{ "overlap", 20, 19, 2, RX_TAKE_TAIL, 1, 20, RX_TRACK_BODY, 7 },
	{ "over the start", 0, UINT32_MAX, 2, RX_TAKE_TAIL, 1, 0, RX_TRACK_HEADER, 7 },
	{ "gap, inside the record", 20, 30, 10, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap, one byte short", 20, 30, 24, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap, to the end", 20, 30, 25, RX_TAKE_JUMP, 25, 55, RX_TRACK_HEADER, 8 },
	{ "gap, over the end", 20, 30, 26, RX_TAKE_JUMP, 25, 55, RX_TRACK_HEADER, 8 },
	{ "gap up to the end", 20, 55, 1, RX_TAKE_JUMP, 0, 55, RX_TRACK_HEADER, 8 },
	{ "gap over the end", 20, 56, 100, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap from the header's end", 5, 6, 100, RX_TAKE_JUMP, 49, 55, RX_TRACK_HEADER, 8 },
	{ "gap in the tag", 40, 41, 14, RX_TAKE_JUMP, 14, 55, RX_TRACK_HEADER, 8 },
	{ "gap before the last byte", 54, 55, 9, RX_TAKE_JUMP, 0, 55, RX_TRACK_HEADER, 8 },
	{ "gap of the header", 0, 5, 100, RX_TAKE_NONE, 0, 0, RX_TRACK_HEADER, 7 },
	{ "gap in the header", 4, 5, 100, RX_TAKE_NONE, 0, 4, RX_TRACK_HEADER, 7 },
	{ "gap over the end, far", 20, 16664, 1, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap over the end, too far", 20, 16665, 1, RX_TAKE_FAR, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap of the header, far", 0, 1, 16644, RX_TAKE_NONE, 0, 0, RX_TRACK_HEADER, 7 },
	{ "gap of the header, too far", 0, 1, 16645, RX_TAKE_FAR, 0, 0, RX_TRACK_HEADER, 7 },
	{ "a window behind", 20, 20 - (1u << 30), 10, RX_TAKE_NONE, 0, 20, RX_TRACK_BODY, 7 },
	{ "too far behind", 20, 19 - (1u << 30), 10, RX_TAKE_FAR, 0, 20, RX_TRACK_BODY, 7 },
	{ "gap, far over the end", 20, 30, 65000, RX_TAKE_JUMP, 25, 55, RX_TRACK_HEADER, 8 },
};

static void
take(const struct take_row *r, uint32_t origin)
{
	struct rx_track t;
	uint32_t skip;

	track_start(&t, origin);
	pass(&t, 0, r->at);
	CU_ASSERT_EQUAL(rx_track_take(&t, origin + r->seq, r->len, &skip), r->take);
	CU_ASSERT_EQUAL(skip, r->skip);
	CU_ASSERT_EQUAL(t.expected, origin + r->expected);
	CU_ASSERT_EQUAL(t.state, r->state);
	CU_ASSERT_EQUAL(t.rec_no, r->rec_no);
}

static void
test_takes(void)
{
	static const uint32_t origins[] = { 0, 1000, 0x7fffffe0, 0x80000000, UINT32_MAX };

	for (size_t i = 0; i < HARNESS_COUNT(take_rows); i++) {
		unsigned int failures = CU_get_number_of_failures();

		for (size_t o = 0; o < HARNESS_COUNT(origins); o++)
			take(&take_rows[i], origins[o]);
		/* Wherever 2^32 lies in the record. */
		for (uint32_t o = 0; o <= 60; o++)
			take(&take_rows[i], 0u - o);
		if (CU_get_number_of_failures() != failures)
			printf("# %s\n", take_rows[i].name);
	}
}

static void
test_ends_by(void)
{
	struct rx_track t;

	track_start(&t, UINT32_MAX - 9);
	CU_ASSERT_FALSE(rx_track_ends_by(&t, UINT32_MAX - 9, 1000)); /* not known */
	pass(&t, 0, 5);
	for (uint32_t at = 5; at < 55; at++) {
		CU_ASSERT_FALSE(rx_track_ends_by(&t, t.expected, 54 - at));
		CU_ASSERT(rx_track_ends_by(&t, t.expected, 55 - at));
		CU_ASSERT(rx_track_ends_by(&t, t.expected, 1000));
		pass(&t, at, 1);
	}
	CU_ASSERT_FALSE(rx_track_ends_by(&t, t.expected, 1000));
}

/* At each byte of the record, and where it is told of; a copy of the header's bytes is left. */
static void
test_place(void)
{
	struct rx_track t;

	track_start(&t, UINT32_MAX - 30);
	for (uint32_t at = 0; at < 55; at++) {
		struct rx_place p = rx_track_place(&t);

		CU_ASSERT_EQUAL(p.rec_no, 7);
		CU_ASSERT_EQUAL(p.off, at);
		CU_ASSERT_EQUAL(p.len, at < 5 ? 0 : 55);
		pass(&t, at, 1);
	}
	CU_ASSERT_EQUAL(rx_track_place(&t).rec_no, 8);
	CU_ASSERT_EQUAL(rx_track_place(&t).off, 0);
	CU_ASSERT_EQUAL(rx_track_place(&t).len, 0);
}

/* Before the start and after the loss no packet is anything to the device. */
static void
test_idle_and_lost(void)
{
	static const uint32_t seqs[] = { 0, 1, 20, 55, 16645, 90000, 0x80000000, UINT32_MAX };
	struct rx_track idle, lost;
	uint32_t skip;

	rx_track_init(&idle, record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128));
	track_start(&lost, 0);
	rx_track_lose(&lost);
	for (size_t i = 0; i < HARNESS_COUNT(seqs); i++) {
		CU_ASSERT_EQUAL(rx_track_take(&idle, seqs[i], 30000, &skip), RX_TAKE_NONE);
		CU_ASSERT_EQUAL(rx_track_take(&lost, seqs[i], 30000, &skip), RX_TAKE_NONE);
		CU_ASSERT_FALSE(rx_track_ends_by(&idle, seqs[i], 30000));
		CU_ASSERT_FALSE(rx_track_ends_by(&lost, seqs[i], 30000));
	}
	CU_ASSERT_EQUAL(idle.state, RX_TRACK_IDLE);
	CU_ASSERT_EQUAL(lost.state, RX_TRACK_LOST);
	rx_track_start(&lost, 300, 9);
	CU_ASSERT_EQUAL(rx_track_take(&lost, 300, 1, &skip), RX_TAKE_ALL);
}

/* Nothing is taken, bytes at the very place included; packets without any count as none. */
static void
test_gone(void)
{
	const uint32_t mib = 1 << 20, origin = 0u - 100;
	struct rx_track t;
	uint32_t skip;

	for (uint32_t step = 0; step < 2; step++) {
		track_start(&t, origin);
		pass(&t, 0, 20);
		for (uint32_t i = 0; i < 1023; i++)
			CU_ASSERT_EQUAL(rx_track_take(&t, origin + 100 + i * mib, mib, &skip),
					RX_TAKE_FAR);
		/* A byte of the stream, and it begins anew. */
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 20, 1, &skip), RX_TAKE_ALL);
		pass(&t, 20, step);
		for (uint32_t i = 0; i < 1024 - 1023 * (1 - step); i++)
			CU_ASSERT_EQUAL(rx_track_take(&t, origin - mib, mib, &skip), RX_TAKE_NONE);
		CU_ASSERT_EQUAL(t.state, RX_TRACK_BODY);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 20 + step, 0, &skip), RX_TAKE_NONE);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 20 + step, 1, &skip), RX_TAKE_ALL);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 19, 1, &skip), RX_TAKE_NONE);
		CU_ASSERT_EQUAL(t.state, RX_TRACK_GONE);
		CU_ASSERT_FALSE(rx_track_has_place(&t));
		CU_ASSERT_FALSE(rx_track_ends_by(&t, origin + 20 + step, 100));
		for (uint64_t seq = 0; seq < UINT64_C(1) << 32; seq += 1 << 28) {
			CU_ASSERT_EQUAL(
				rx_track_take(&t, origin + 20 + step + (uint32_t)seq, 1, &skip),
				RX_TAKE_FAR);
			CU_ASSERT_EQUAL(
				rx_track_take(&t, origin + 20 + step + (uint32_t)seq, 0, &skip),
				RX_TAKE_NONE);
		}
		/* It is led back to where it was, and stays there. */
		rx_track_start(&t, origin + 20 + step, 9);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin, 1, &skip), RX_TAKE_NONE);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 20 + step, 1, &skip), RX_TAKE_ALL);
		rx_track_lose(&t);
		CU_ASSERT_EQUAL(rx_track_take(&t, origin + 20 + step, 1, &skip), RX_TAKE_NONE);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "steps through a record", test_steps },
		{ "headers, however cut", test_headers },
		{ "what a packet is to the device", test_takes },
		{ "does the record end", test_ends_by },
		{ "where in a record", test_place },
		{ "idle and lost", test_idle_and_lost },
		{ "a window went by", test_gone },
	};

	return harness_run("tlsnic/rx_track", cases, HARNESS_COUNT(cases));
}
