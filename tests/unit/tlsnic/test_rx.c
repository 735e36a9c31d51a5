/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Packets in order, however they are cut. */

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "receiver.h"
#include "support/harness.h"
#include "support/suites.h"

static struct stream stream;

static void
short_stream(uint64_t rng, uint32_t prefix)
{
	stream_begin_of(&stream, suites_any(rng), rng, prefix, UINT32_MAX);
	stream_add(&stream, 0, 0);
	stream_add(&stream, 1, 0);
	stream_add(&stream, 20, 3);
}

/* Two cuts anywhere, at the same place and at the ends too; 2^32 is somewhere in the stream. */
static void
all_cuts(uint64_t rng)
{
	unsigned int wrong = 0;

	short_stream(rng, 0);
	for (uint32_t a = 0; a <= stream.len; a++)
		for (uint32_t b = a; b <= stream.len; b++) {
			struct receiver r;

			receiver_init(&r, &stream, 0u - (a + 2 * b) % stream.len);
			wrong += receiver_refuses(&r, 0, a, stream.len);
			wrong += receiver_refuses(&r, a, b, stream.len);
			wrong += receiver_refuses(&r, b, stream.len, stream.len);
			receiver_fini(&r);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_all_cuts(void)
{
	uint64_t rng = harness_seed();

	for (unsigned int i = 0; i < suites_count(); i++)
		all_cuts(rng + i);
}

static void
test_fixed_sizes(void)
{
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (uint32_t size = 1; size <= 100; size++)
		for (uint32_t wrap = 0; wrap <= 100; wrap++) {
			struct receiver r;

			short_stream(harness_rand(&rng), 0);
			receiver_init(&r, &stream, 0u - wrap);
			wrong += receiver_refuses(&r, 0, stream.len, size);
			receiver_fini(&r);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_random_sizes(void)
{
	static const uint32_t most[] = { 1, 4, 16, 100, 1448, 9000, 65535 };
	unsigned int rounds = harness_full() ? 2000 : 70;
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t max = most[i % HARNESS_COUNT(most)], to;
		struct receiver r;

		stream_begin_of(&stream, suites_any(i), harness_rand(&rng), 0, harness_rand(&rng));
		stream_add(&stream, 1, 0);
		stream_add(&stream, 16384, 0);
		stream_add(&stream, 16384, 255 - RECORD_TAG_LEN); /* the longest that there is */
		stream_fill(&stream, harness_below(&rng, 200000));
		receiver_init(&r, &stream, (uint32_t)harness_rand(&rng));
		for (uint32_t from = 0; from < stream.len; from = to) {
			to = from + 1 + harness_below(&rng, max);
			to = to < stream.len ? to : stream.len;
			wrong += receiver_packet(&r, from, to) != NIC_RX_OPENED;
		}
		receiver_fini(&r);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* The start lies in a packet: it passes as it came, and the next one is opened. */
static void
test_start_inside(void)
{
	unsigned int wrong = 0;

	short_stream(harness_seed(), 10);
	for (uint32_t a = 1; a <= 10; a++)
		for (uint32_t b = a + 1; b <= stream.len; b++) {
			struct receiver r;

			receiver_init(&r, &stream, 0u - b);
			wrong += receiver_packet(&r, 0, a) != NIC_RX_UNTOUCHED;
			wrong += receiver_packet(&r, a, b) !=
				 (a < 10 ? NIC_RX_UNTOUCHED : NIC_RX_OPENED);
			/* A packet that ends where the records start leaves nothing out. */
			wrong += receiver_refuses(&r, b > 10 ? b : 10, stream.len, 7);
			receiver_fini(&r);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_no_payload(void)
{
	struct receiver r;

	short_stream(harness_seed(), 0);
	receiver_init(&r, &stream, 0);
	for (uint32_t at = 0; at < stream.len; at++) {
		CU_ASSERT_EQUAL(receiver_packet(&r, at, at), NIC_RX_UNTOUCHED);
		CU_ASSERT_EQUAL(receiver_packet(&r, stream.len, stream.len), NIC_RX_UNTOUCHED);
		CU_ASSERT_EQUAL(receiver_packet(&r, at, at + 1), NIC_RX_OPENED);
	}
	receiver_fini(&r);
}

/* However far the stream has gone on, the place is kept. Nothing is opened before the start. */
static void
test_far_and_idle(void)
{
	struct receiver r;
	struct rtls_tls_rx_mark mark;
	struct nic_rx idle;
	uint8_t *out;

	stream_begin(&stream, harness_seed(), 0, 0);
	stream_add(&stream, 16384, 0);
	stream_add(&stream, 16384, 0);
	receiver_init(&r, &stream, 0u - 20000);
	CU_ASSERT_EQUAL(receiver_packet(&r, 1000, 16645), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 16645, 16646), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 16646, 16647), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, stream.len), NIC_RX_OPENED);
	receiver_fini(&r);

	out = malloc(stream.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(nic_rx_init(&idle, stream_suite(), stream.key, stream.iv, 0), 0);
	CU_ASSERT_EQUAL(nic_rx_packet(&idle, 0, stream.wire, stream.len, out, &mark),
			NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(nic_rx_packet(&idle, 50000, stream.wire, stream.len, out, &mark),
			NIC_RX_UNTOUCHED);
	nic_rx_start(&idle, 50000, 0);
	CU_ASSERT_EQUAL(nic_rx_packet(&idle, 50000, stream.wire, stream.len, out, &mark),
			NIC_RX_OPENED);
	CU_ASSERT_EQUAL(memcmp(out, stream.opened, stream.len), 0);
	nic_rx_fini(&idle);
	free(out);
}

static void
test_wiped(void)
{
	static const struct nic_rx zeros;
	struct receiver r;

	short_stream(harness_seed(), 0);
	receiver_init(&r, &stream, 0);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 0, stream.len - 1, 9), 0);
	receiver_fini(&r);
	CU_ASSERT_EQUAL(memcmp(&r.rx, &zeros, sizeof(zeros)), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "two cuts anywhere", test_all_cuts },
		{ "packets of all short sizes", test_fixed_sizes },
		{ "records of all lengths, random packets", test_random_sizes },
		{ "the start inside of a packet", test_start_inside },
		{ "packets without payload", test_no_payload },
		{ "out of reach, and not started", test_far_and_idle },
		{ "wiped at the end", test_wiped },
	};

	return harness_run("tlsnic/rx", cases, HARNESS_COUNT(cases));
}
