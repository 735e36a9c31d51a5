/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Packets with mistakes in them: errors, after which the context is as it was before. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include <CUnit/CUnit.h>

#include <recordtls/tls.h>

#include "receiver.h"
#include "support/harness.h"
#include "support/suites.h"

static struct stream stream;

/* libcrypto's memory: how often it asked, and how often it still gets some. */
static struct {
	unsigned long asked, left;
} memory = { .left = ULONG_MAX };

static bool
memory_grants(void)
{
	memory.asked++;
	if (memory.left == 0)
		return false;
	memory.left--;
	return true;
}

static void *
memory_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_grants() ? malloc(size) : NULL;
}

static void *
memory_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_grants() ? realloc(p, size) : NULL;
}

static void
memory_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
short_stream_of(const struct record_suite *suite, uint64_t rng)
{
	stream_begin_of(&stream, suite, rng, 0, 3);
	stream_add(&stream, 0, 0);
	stream_add(&stream, 1, 0);
	stream_add(&stream, 20, 3);
}

static void
short_stream(uint64_t rng)
{
	short_stream_of(stream_suite(), rng);
}

/* Can a wrong byte at offset at be told in a packet that ends at to? */
static bool
is_told(uint32_t at, uint32_t to)
{
	uint32_t prefix = stream_form(&stream).prefix;
	unsigned int i = 0;

	while (at >= stream.bounds[i + 1])
		i++;
	/* Version, and type, which in TLS 1.2 is one of several, and authenticated. */
	if (at < stream.bounds[i] + 3 &&
	    (at != stream.bounds[i] || stream.suite->version != RTLS_TLS_1_2))
		return to >= stream.bounds[i] + prefix;
	if (at >= stream.bounds[i] + 3 &&
	    at < stream.bounds[i] + 5) /* another length may be one too */
		return false;
	return to >= stream.bounds[i + 1];
}

/* What is wrong in [from, to), of which the device expects the byte next. */
static unsigned int
check_forgeries(uint32_t from, uint32_t next, uint32_t to)
{
	unsigned int wrong = 0;
	struct receiver r;

	receiver_init(&r, &stream, 0u - next - 2);
	wrong += receiver_refuses(&r, 0, next, stream.len);
	for (uint32_t at = next; at < to; at++)
		if (is_told(at, to))
			wrong += receiver_forged(&r, from, to, at, (uint8_t)(1 << at % 8)) !=
				 NIC_RX_ERROR;
	wrong += receiver_refuses(&r, next, to, stream.len);
	wrong += receiver_refuses(&r, to, stream.len, stream.len);
	receiver_fini(&r);
	return wrong;
}

/*
 * Each packet there can be, with each byte of it wrong: where that can be told in the packet,
 * it is an error, and the right one that comes afterwards is opened as if nothing had been.
 * So it is when the packet starts with bytes that were there before.
 */
static void
test_forged_bytes(void)
{
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	short_stream_of(suites_any(rng), rng);
	printf("# %s\n", stream.suite->name);
	for (uint32_t from = 0; from < stream.len; from++)
		for (uint32_t to = from + 1; to <= stream.len; to++) {
			wrong += check_forgeries(from, from, to);
			if (from + 3 < to)
				wrong += check_forgeries(from, from + 3, to);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* A wrong byte in a packet before the one that ends the record is found out there. */
static void
test_forged_before(void)
{
	struct receiver r;

	stream_begin(&stream, harness_seed(), 0, 0);
	stream_add(&stream, 100, 0); /* 122 bytes */
	stream_add(&stream, 100, 0);
	receiver_init(&r, &stream, 0);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 50), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_forged(&r, 50, 100, 70, 1), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 100, 130), NIC_RX_ERROR);
	CU_ASSERT_EQUAL(receiver_packet(&r, 100, 122), NIC_RX_ERROR);
	/* The record is not to be opened any more, but the next one is. */
	CU_ASSERT_EQUAL(receiver_packet(&r, 101, 130), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 130, stream.len, 10), 0);
	receiver_fini(&r);
}

/* A packet from before the second record on that has all of its header, a bad one. */
static void
test_bad_headers(void)
{
	static const struct {
		uint32_t at;
		uint8_t mask;
	} rows[] = {
		{ 0, 1 },    /* type 22 */
		{ 0, 23 },   /* type 0 */
		{ 1, 1 },    /* version 0x0203 */
		{ 2, 2 },    /* version 0x0301 */
		{ 3, 0x80 }, /* too long */
		{ 4, 18 },   /* 0 bytes: 18 are right */
		{ 4, 2 },    /* 16 bytes: a tag without an inner type */
	};
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (uint32_t before = 0; before <= 22; before++)
			for (uint32_t behind = 0; behind <= 30; behind++) {
				uint32_t start, from, to;
				struct receiver r;

				short_stream(harness_rand(&rng));
				start = stream.bounds[1];
				from = start - before;
				to = start + 5 + behind;
				receiver_init(&r, &stream, 0u - start);
				wrong += receiver_refuses(&r, 0, from, 4);
				wrong += receiver_forged(&r, from, to, start + rows[i].at,
							 rows[i].mask) != NIC_RX_ERROR;
				wrong += receiver_refuses(&r, from, stream.len, 9);
				receiver_fini(&r);
			}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* An error behind a gap: as if the packet had not come, the missing piece is still opened. */
static void
test_error_behind_gap(void)
{
	uint64_t rng = harness_seed();

	for (uint32_t at = 0; at < 40; at++) {
		struct receiver r;

		stream_begin(&stream, harness_rand(&rng), 0, 0);
		stream_add(&stream, 100, 0); /* 122 bytes */
		stream_add(&stream, 18, 0);  /* 40 bytes, up to 162 */
		stream_add(&stream, 50, 0);
		receiver_init(&r, &stream, 0);
		CU_ASSERT_EQUAL(receiver_packet(&r, 0, 60), NIC_RX_OPENED);
		if (at != 3 && at != 4) /* another length, which is no error by itself */
			CU_ASSERT_EQUAL(receiver_forged(&r, 110, 170, 122 + at, 4), NIC_RX_ERROR);
		CU_ASSERT_EQUAL(receiver_refuses(&r, 60, stream.len, 10), 0);
		receiver_fini(&r);
	}
}

static void
test_wrong_key(void)
{
	uint8_t *const bytes[] = { &stream.key[3], &stream.iv[0], &stream.iv[0] };
	struct receiver r;

	for (unsigned int i = 0; i < suites_count(); i++)
		for (size_t k = 0; k < HARNESS_COUNT(bytes); k++) {
			bool right = k == HARNESS_COUNT(bytes) - 1;

			stream_begin_of(&stream, suites_any(i), harness_seed(), 0, 0);
			stream_add(&stream, 100, 0);
			*bytes[k] ^= !right;
			receiver_init(&r, &stream, 0);
			CU_ASSERT_EQUAL(receiver_packet(&r, 0, stream.len),
					right ? NIC_RX_OPENED : NIC_RX_ERROR);
			receiver_fini(&r);
		}
}

static void
wrong_number(const struct record_suite *suite, uint64_t number)
{
	struct receiver r;

	stream_begin_of(&stream, suite, harness_seed(), 0, number);
	stream_add(&stream, 100, 0);
	stream_add(&stream, 100, 0);
	receiver_init(&r, &stream, 0);
	nic_rx_start(&r.rx, 0, number + 1);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, stream.bounds[1]), NIC_RX_ERROR);
	nic_rx_start(&r.rx, 0, number);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, stream.bounds[1]), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, stream.bounds[1], stream.len), NIC_RX_OPENED);
	receiver_fini(&r);
}

static void
test_wrong_number(void)
{
	static const uint64_t numbers[] = {
		0, 1, 255, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63
	};

	for (unsigned int s = 0; s < suites_count(); s++)
		for (size_t i = 0; i < HARNESS_COUNT(numbers); i++)
			wrong_number(suites_any(s), numbers[i]);
}

/* Whichever piece of memory is missing, nothing else is; the sanitizer sees what would leak. */
static void
no_memory_at_init(const struct record_suite *suite)
{
	struct nic_rx rx;
	int rc = -ENOMEM;

	short_stream_of(suite, harness_seed());
	for (unsigned long n = 0; rc != 0 && n < 100; n++) {
		memory.left = n;
		rc = nic_rx_init(&rx, suite, stream.key, stream.iv, 0);
		memory.left = ULONG_MAX;
		CU_ASSERT(rc == 0 ? n > 0 : rc == -ENOMEM);
	}
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	nic_rx_fini(&rx);
}

static void
test_no_memory_at_init(void)
{
	for (unsigned int i = 0; i < suites_count(); i++)
		no_memory_at_init(suites_any(i));
}

/* Only a packet that may have to be undone takes memory; without it the packet is an error. */
static void
no_memory(const struct record_suite *suite)
{
	struct receiver r;

	short_stream_of(suite, harness_seed());
	receiver_init(&r, &stream, 0);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 5), NIC_RX_OPENED);
	memory.left = 0;
	memory.asked = 0;
	CU_ASSERT_EQUAL(receiver_packet(&r, 5, 15), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 16, 17), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(memory.asked, 0);
	CU_ASSERT_EQUAL(receiver_packet(&r, 15, 30), NIC_RX_ERROR);
	CU_ASSERT_EQUAL(receiver_packet(&r, 16, 30), NIC_RX_ERROR);
	CU_ASSERT(memory.asked > 0);
	memory.left = ULONG_MAX;
	CU_ASSERT_EQUAL(receiver_packet(&r, 15, 30), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 30, stream.len, 7), 0);
	receiver_fini(&r);
}

/* Of TLS 1.3, where the first record is that long. */
static void
test_no_memory(void)
{
	for (unsigned int i = 0; i < suites_count(); i++)
		if (suites_any(i)->version == RTLS_TLS_1_3)
			no_memory(suites_any(i));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each byte wrong", test_forged_bytes },
		{ "a wrong byte in an earlier packet", test_forged_before },
		{ "bad headers", test_bad_headers },
		{ "an error behind a gap", test_error_behind_gap },
		{ "another key or IV", test_wrong_key },
		{ "another record number", test_wrong_number },
		{ "no memory at the start", test_no_memory_at_init },
		{ "no memory for the way back", test_no_memory },
	};

	if (CRYPTO_set_mem_functions(memory_malloc, memory_realloc, memory_free) != 1)
		return EXIT_FAILURE;
	return harness_run("tlsnic/rx error", cases, HARNESS_COUNT(cases));
}
