/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/harness.h"
#include "support/suites.h"

enum { LEN = 4000 };

/* A stream without a header anywhere, but where one is put. */
static uint8_t stream[LEN];
static struct rx_scan scan;

static const uint32_t origins[] = {
	0, 1000, 0x7fffff00, 0x80000000, UINT32_MAX - 2000, UINT32_MAX
};
static uint32_t origin;

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static void
begin(void)
{
	for (uint32_t i = 0; i < LEN; i++)
		stream[i] = (uint8_t)(100 + i % 100);
	rx_scan_init(&scan, tls13());
}

/* A record begins at off; len: of all of it. */
static void
put_record(uint32_t off, uint32_t len)
{
	const uint8_t hdr[] = { 23, 3, 3, (uint8_t)((len - 5) / 256), (uint8_t)((len - 5) % 256) };

	memcpy(stream + off, hdr, sizeof(hdr));
}

/* [from, to) comes, in memory that ends with it. */
static enum rx_scan_asks
packet(uint32_t from, uint32_t to)
{
	uint8_t *bytes = malloc(to - from);
	enum rx_scan_asks asks;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	memcpy(bytes, stream + from, to - from);
	asks = rx_scan_packet(&scan, origin + from, bytes, to - from);
	free(bytes);
	return asks;
}

static bool
follows(uint32_t asked, uint64_t ahead, uint32_t next)
{
	return rx_scan_asks_about(&scan, origin + asked) && rx_scan_ahead(&scan) == ahead &&
	       scan.next == origin + next;
}

/* Three records, and the first one's header cut into three pieces in every way, as is the third's. */
static void
cut_headers(void)
{
	for (uint32_t a = 0; a <= 5; a++)
		for (uint32_t b = a; b <= 5; b++) {
			begin();
			put_record(500, 700);
			put_record(1200, 100);
			put_record(1300, 1000);
			if (a != 0)
				CU_ASSERT_EQUAL(packet(100, 500 + a),
						a == 5 ? RX_SCAN_ASKS : RX_SCAN_SAME);
			if (b != a)
				CU_ASSERT_EQUAL(packet(500 + a, 500 + b),
						b == 5 ? RX_SCAN_ASKS : RX_SCAN_SAME);
			CU_ASSERT_EQUAL(packet(500 + b, 1300 + a),
					b < 5 ? RX_SCAN_ASKS : RX_SCAN_SAME);
			CU_ASSERT(follows(500, a < 5 ? 2 : 3, a < 5 ? 1300 : 2300));
			CU_ASSERT_EQUAL(scan.got, a % 5);
			if (b != a)
				CU_ASSERT_EQUAL(packet(1300 + a, 1300 + b), RX_SCAN_SAME);
			CU_ASSERT_EQUAL(packet(1300 + b, 2300), RX_SCAN_SAME);
			CU_ASSERT(follows(500, 3, 2300));
			CU_ASSERT_EQUAL(scan.got, 0);
		}
}

static void
test_cut_headers(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(origins); i++) {
		origin = origins[i];
		cut_headers();
	}
	/* Wherever 2^32 lies. */
	for (uint32_t at = 490; at < 510; at++) {
		origin = 0u - at;
		cut_headers();
	}
	origin = 0;
}

/* Bytes of a header whose packet is followed by another one than the next are nothing. */
static void
test_cut_and_gone(void)
{
	static const uint32_t then[] = { 501, 503, 504, 700 };

	for (size_t i = 0; i < HARNESS_COUNT(then); i++) {
		begin();
		put_record(500, 100);
		put_record(600, 3000);
		CU_ASSERT_EQUAL(packet(400, 502), RX_SCAN_SAME);
		CU_ASSERT_EQUAL(scan.got, 2);
		CU_ASSERT_EQUAL(packet(then[i], 1000), then[i] < 600 ? RX_SCAN_ASKS : RX_SCAN_SAME);
		CU_ASSERT(then[i] > 600 || follows(600, 1, 3600));
	}
}

/* What looks nearly like a header, whole or in two pieces; and one that begins in what looks like one. */
static void
test_false_headers(void)
{
	static const struct {
		uint8_t bytes[8];
		uint16_t version;
		int at; /* of the header in them; -1: none */
	} rows[] = {
		{ { 23, 3, 3, 0, 17 }, RTLS_TLS_1_3, 0 },
		{ { 23, 3, 3, 0, 16 }, RTLS_TLS_1_3, -1 },
		{ { 23, 3, 3, 0x41, 0 }, RTLS_TLS_1_3, 0 },
		{ { 23, 3, 3, 0x41, 1 }, RTLS_TLS_1_3, -1 },
		{ { 23, 3, 3, 0x42, 0 }, RTLS_TLS_1_3, -1 },
		{ { 23, 3, 1, 0, 99 }, RTLS_TLS_1_3, -1 },
		{ { 23, 3, 4, 0, 99 }, RTLS_TLS_1_3, -1 },
		{ { 22, 3, 3, 0, 99 }, RTLS_TLS_1_3, -1 },
		{ { 23, 23, 3, 3, 0, 99 }, RTLS_TLS_1_3, 1 },
		{ { 23, 3, 23, 3, 3, 0, 99 }, RTLS_TLS_1_3, 2 },
		{ { 23, 3, 3, 23, 3, 3, 0, 99 }, RTLS_TLS_1_3, 0 },
		{ { 23, 3, 3, 99, 23, 3, 3, 99 }, RTLS_TLS_1_3, -1 },
		{ { 22, 3, 3, 0, 99 }, RTLS_TLS_1_2, 0 },
		{ { 21, 3, 3, 0, 24 }, RTLS_TLS_1_2, 0 },
		{ { 21, 3, 3, 0, 23 }, RTLS_TLS_1_2, -1 },
		{ { 23, 3, 3, 0x40, 24 }, RTLS_TLS_1_2, 0 },
		{ { 23, 3, 3, 0x40, 25 }, RTLS_TLS_1_2, -1 },
		{ { 0, 3, 3, 0, 99 }, RTLS_TLS_1_2, -1 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (uint32_t cut = 1; cut <= 8; cut++) {
			enum rx_scan_asks asks = RX_SCAN_SAME;
			int at = rows[i].at;

			begin();
			if (rows[i].version == RTLS_TLS_1_2)
				rx_scan_init(&scan, suite_tls12_gcm());
			memcpy(stream + 300, rows[i].bytes, 8);
			if (packet(200, 300 + cut) == RX_SCAN_ASKS ||
			    packet(300 + cut, 320) == RX_SCAN_ASKS)
				asks = RX_SCAN_ASKS;
			CU_ASSERT_EQUAL(asks, at < 0 ? RX_SCAN_SAME : RX_SCAN_ASKS);
			CU_ASSERT(at < 0 || rx_scan_asks_about(&scan, 300 + (uint32_t)at));
		}
}

/* No header where the next one must be: on from there, with the same packet, and each is tried once. */
static void
test_breaks(void)
{
	begin();
	put_record(100, 500); /* none is at 600 */
	put_record(350, 400); /* inside of it; and at 750 there is */
	put_record(750, 3000);
	CU_ASSERT_EQUAL(packet(0, 1000), RX_SCAN_ASKS);
	CU_ASSERT(follows(350, 2, 3750));

	/* The same in two packets: the second one is the first in which it can be known. */
	begin();
	put_record(100, 500);
	put_record(350, 400);
	put_record(750, 3000);
	CU_ASSERT_EQUAL(packet(0, 400), RX_SCAN_ASKS);
	CU_ASSERT(follows(100, 1, 600));
	CU_ASSERT_EQUAL(packet(400, 800), RX_SCAN_ASKS);
	CU_ASSERT(follows(750, 1, 3750));

	/* And there is no other. */
	begin();
	put_record(100, 500);
	put_record(300, 300);
	CU_ASSERT_EQUAL(packet(0, 400), RX_SCAN_ASKS);
	CU_ASSERT_EQUAL(packet(400, 603), RX_SCAN_SAME);
	CU_ASSERT_EQUAL(packet(603, 800), RX_SCAN_DROPS);
	CU_ASSERT_EQUAL(scan.state, RX_SCAN_SEARCHING);

	/* A header that is cut turns out not to be one. */
	begin();
	put_record(100, 500);
	put_record(600, 100);
	stream[604] = 3;
	put_record(620, 1000);
	CU_ASSERT_EQUAL(packet(0, 604), RX_SCAN_ASKS);
	CU_ASSERT_EQUAL(packet(604, 700), RX_SCAN_ASKS);
	CU_ASSERT(follows(620, 1, 1620));
}

static void
test_gaps(void)
{
	static const struct {
		uint32_t from, to;
		enum rx_scan_asks asks;
	} rows[] = {
		/* Behind [0, 400), with headers at 100, 600 and 800. */
		{ 500, 590, RX_SCAN_SAME },  { 500, 700, RX_SCAN_SAME }, { 600, 610, RX_SCAN_SAME },
		{ 601, 790, RX_SCAN_DROPS }, { 604, 900, RX_SCAN_ASKS }, { 790, 900, RX_SCAN_ASKS },
		{ 801, 900, RX_SCAN_DROPS }, { 0, 400, RX_SCAN_SAME },   { 0, 600, RX_SCAN_SAME },
		{ 50, 120, RX_SCAN_SAME },
	};

	for (size_t o = 0; o < HARNESS_COUNT(origins); o++)
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			origin = origins[o];
			begin();
			put_record(100, 500);
			put_record(600, 200);
			put_record(800, 2000);
			CU_ASSERT_EQUAL(packet(0, 400), RX_SCAN_ASKS);
			CU_ASSERT_EQUAL(packet(rows[i].from, rows[i].to), rows[i].asks);
			if (rows[i].asks == RX_SCAN_SAME)
				CU_ASSERT(rx_scan_asks_about(&scan, origin + 100));
			if (rows[i].asks == RX_SCAN_ASKS)
				CU_ASSERT(follows(800, 1, 2800));
		}
	origin = 0;
}

/* len bytes without a header, so many in front of the stream's first one. */
static enum rx_scan_asks
far_packet(uint32_t in_front, uint32_t len)
{
	uint8_t *bytes = calloc(len, 1);
	enum rx_scan_asks asks;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	asks = rx_scan_packet(&scan, origin - in_front, bytes, len);
	free(bytes);
	return asks;
}

/* The stream goes by what is followed: more than a record (16645 bytes), in a row, far in front of it. */
static void
test_gone_by(void)
{
	/* What comes in between: nothing; in front of the header that is waited for, near it; up to within it; that header. */
	static const struct {
		uint32_t from, to;
		bool anew;
	} rows[] = {
		{ 0, 0, false },
		{ 1000, 1600, true },
		{ 2000, 2102, true },
		{ 2000, 2105, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin();
		put_record(100, 2000);
		put_record(2100, 100);
		CU_ASSERT_EQUAL(packet(0, 400), RX_SCAN_ASKS);
		CU_ASSERT_EQUAL(far_packet(60000, 16645), RX_SCAN_SAME);
		if (rows[i].to != 0)
			CU_ASSERT_EQUAL(packet(rows[i].from, rows[i].to), RX_SCAN_SAME);
		CU_ASSERT_EQUAL(far_packet(60000 - 16645, 1),
				rows[i].anew ? RX_SCAN_SAME : RX_SCAN_DROPS);
		if (!rows[i].anew)
			continue;
		CU_ASSERT_EQUAL(far_packet(60000 - 16646, 16644), RX_SCAN_SAME);
		CU_ASSERT_EQUAL(far_packet(60000 - 2 * 16645, 1), RX_SCAN_DROPS);
	}
}

/* A question that nobody answers is put again, about a header further on, and less and less often. */
static void
test_patience(void)
{
	uint32_t asked = 0, at = 0, want = RX_SCAN_PATIENCE;

	begin();
	for (uint32_t i = 0; i < LEN / 22; i++)
		put_record(i * 22, 22);
	CU_ASSERT_EQUAL(packet(0, 22), RX_SCAN_ASKS);
	/* It is being put: whatever comes. */
	for (at = 1; at < 50; at++)
		CU_ASSERT_EQUAL(packet(at * 22, at * 22 + 22), RX_SCAN_SAME);
	CU_ASSERT(follows(0, 50, 50 * 22));
	rx_scan_put(&scan);
	for (uint32_t n = 0; n < 2; n++, want *= 2) {
		for (uint32_t i = 1; i < want; i++, at++)
			CU_ASSERT_EQUAL(packet(at * 22, at * 22 + 22), RX_SCAN_SAME);
		CU_ASSERT(rx_scan_asks_about(&scan, asked));
		asked = at * 22;
		CU_ASSERT_EQUAL(packet(asked, asked + 22), RX_SCAN_ASKS);
		CU_ASSERT(follows(asked, 1, asked + 22));
		rx_scan_put(&scan);
		at++;
	}
	/* It ends: a new one has the first patience again. */
	rx_scan_end(&scan);
	CU_ASSERT_EQUAL(packet(at * 22, at * 22 + 22), RX_SCAN_ASKS);
	CU_ASSERT_EQUAL(scan.left, RX_SCAN_PATIENCE);
}

/* RFC 8446 5.2, written apart from core/record. */
static bool
legal(uint32_t off)
{
	uint32_t len = stream[off + 3] * 256u + stream[off + 4];

	return stream[off] == 23 && stream[off + 1] == 3 && stream[off + 2] == 3 && len >= 17 &&
	       len <= 16640;
}

/* What it says of itself is true: where it asks, how many are behind it, that none has gone by. */
static bool
is_true(uint32_t end)
{
	uint32_t at = scan.asked - origin;

	if (scan.state == RX_SCAN_SEARCHING)
		return scan.got == 0 || (scan.next + scan.got == origin + end && scan.got < 5 &&
					 stream[scan.next - origin] == 23);
	for (uint64_t n = 0; n <= scan.counted; n++) {
		if (at + 5 > end || !legal(at))
			return false;
		at += 5 + stream[at + 3] * 256u + stream[at + 4];
	}
	return scan.next == origin + at && (at >= end ? scan.got == 0 : at + scan.got == end) &&
	       memcmp(scan.hdr, stream + (scan.got != 0 ? at : 0), scan.got) == 0;
}

/* A payload full of what looks like headers, in packets of any size, with some lost. */
static void
test_full_of_headers(void)
{
	static const uint8_t bait[] = { 23, 3, 3, 0, 17, 3, 3, 0, 1, 40, 23 };
	unsigned int rounds = harness_full() ? 200000 : 5000, wrong = 0, told = 0, broken = 0;
	uint64_t rng = harness_seed();

	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t most = 1 + harness_below(&rng, 300);

		origin = (uint32_t)harness_rand(&rng);
		begin();
		for (uint32_t k = 0; k < LEN; k++)
			stream[k] = bait[harness_below(&rng, sizeof(bait))];
		for (uint32_t k = harness_below(&rng, 30); k > 0; k--)
			put_record(harness_below(&rng, LEN - 5), 22 + harness_below(&rng, 500));
		for (uint32_t from = 0, to; from < LEN; from = to) {
			enum rx_scan_asks asks;

			to = from + 1 + harness_below(&rng, most);
			to = to < LEN ? to : LEN;
			if (harness_below(&rng, 10) == 0)
				continue;
			asks = packet(from, to);
			wrong += !is_true(to);
			if (asks == RX_SCAN_ASKS) {
				uint32_t end = scan.asked - origin + 5;

				wrong += end <= from || end > to;
				told++;
				if (harness_below(&rng, 2) == 0)
					rx_scan_put(&scan);
			}
			broken += asks == RX_SCAN_DROPS;
		}
	}
	printf("# asked %u, dropped %u\n", told, broken);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(told > rounds && broken > rounds / 10);
	origin = 0;
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "headers, however cut", test_cut_headers },
		{ "a cut header whose rest does not come", test_cut_and_gone },
		{ "what is nearly a header", test_false_headers },
		{ "no header where one must be", test_breaks },
		{ "gaps, and what comes late", test_gaps },
		{ "the stream goes by", test_gone_by },
		{ "nobody answers", test_patience },
		{ "a payload full of headers", test_full_of_headers },
	};

	return harness_run("tlsnic/rx_scan", cases, HARNESS_COUNT(cases));
}
