/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sendfile() as programs for the kernels' TLS call it. doc/ktls.md names what each is for. */
#include "eal/files.h"

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

/* One call's worth, as often as it takes until the file is there. */
static uint32_t
send_some(struct ktls_bench *b, struct rtls_file *f, uint64_t off, uint32_t len, int flags)
{
	ssize_t n;

	for (int tries = 0; tries < 100000; tries++) {
		n = rtls_sendfile(b->near, f, off, len, flags);
		if (n > 0) {
			CU_ASSERT_FATAL(n <= len);
			return (uint32_t)n;
		}
		CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
		file_wait(&b->pair);
	}
	CU_FAIL_FATAL("the file is read");
	return 0;
}

/* The far end takes what is there from off on; returns where it is then. */
static uint64_t
take(struct ktls_bench *b, uint64_t off)
{
	ssize_t n;

	pair_settle(&b->pair);
	while ((n = rtls_recv(b->far, b->got, KTLS_CAP, 0)) > 0) {
		CU_ASSERT_FATAL(pair_matches(b->got, off, (size_t)n));
		off += (uint64_t)n;
	}
	CU_ASSERT_EQUAL(n, -EAGAIN);
	return off;
}

static struct rtls_file *
file_of(struct ktls_bench *b, uint64_t size)
{
	struct rtls_file *f = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_file_open(b->pair.stack[0], file_make(size), NULL, &f), 0);
	return f;
}

/* All of a file, behind a send of the program's; far more than the send buffer holds. */
static void
test_whole(void)
{
	enum { SIZE = 700001 };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_file *f = file_of(&b, SIZE);
		uint64_t sent = 0, got = 0;

		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
		while (sent < SIZE) {
			sent += send_some(&b, f, sent, (uint32_t)(SIZE - sent), 0);
			got = take(&b, got);
		}
		CU_ASSERT_EQUAL(rtls_sendfile(b.near, f, sent, 1, 0), 0);
		pair_pass(&b.pair, 500000);
		CU_ASSERT_EQUAL(take(&b, got), SIZE);
		rtls_file_put(f);
	}
}

static const struct {
	uint32_t chunk, more;
} chunks[] = { { 4096, 4096 },  { 4096, 0 },    { 4096, 1 },     { 4096, 2048 },  { 8192, 2048 },
	       { 4096, 8192 },  { 8192, 4096 }, { 12288, 1024 }, { 12288, 2000 }, { 15360, 100 },
	       { 15360, 300 },  { 1, 40 },      { 2048, 4096 },  { 2048, 8192 },  { 1024, 12288 },
	       { 2000, 12288 }, { 100, 15360 }, { 300, 15360 } };

/* In chunks that do not divide the file; each call without MORE ends a record. */
static void
test_chunks(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (size_t i = 0; i < HARNESS_COUNT(chunks); i++) {
			uint32_t size = chunks[i].chunk + chunks[i].more, n;
			struct rtls_file *f = file_of(&b, size);

			for (uint32_t off = 0; off < size; off += n) {
				n = send_some(&b, f, off, chunks[i].chunk, 0);
				CU_ASSERT_EQUAL(n, size - off < chunks[i].chunk ? size - off :
										  chunks[i].chunk);
				ktls_expect_record(&b, RTLS_TYPE_DATA, off, n);
			}
			ktls_expect_none(&b);
			rtls_file_put(f);
		}
	}
}

/* With MORE they are one record, which the last call ends. */
static void
test_more(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_file *f = file_of(&b, 20000);
		uint32_t off = 0;

		ktls_keys_near(&b);
		for (; off < 16000; off += 1000)
			CU_ASSERT_EQUAL(send_some(&b, f, off, 1000, RTLS_MSG_MORE), 1000);
		ktls_expect_none(&b);
		/* The reader may not be there yet with all of a call, which then ends early. */
		while (off < 19999)
			off += send_some(&b, f, off, 19999 - off, RTLS_MSG_MORE);
		CU_ASSERT_EQUAL(send_some(&b, f, 19999, 1, 0), 1);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 16384);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 16384, 3616);
		ktls_expect_none(&b);
		rtls_file_put(f);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a whole file", test_whole },
		{ "in chunks", test_chunks },
		{ "in chunks, with MORE", test_more },
	};

	if (eal_start("test-ktls-file") != 0)
		return 1;
	return harness_run("eal/ktls_file", cases, HARNESS_COUNT(cases));
}
