/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Sending as programs for the kernels' TLS do it. doc/ktls.md names what each is for. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

enum { MAX = 16384 };

/* --- one call, one record ------------------------------------------------------ */

/* Short, the longest, and what is longer: the peer opens records of the right sizes and numbers. */
static void
test_records(void)
{
	static const uint32_t lens[] = { 1, 10, 13, 64, 1400, MAX };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
			CU_ASSERT_EQUAL(ktls_send(&b, 0, lens[i], 0), lens[i]);
			ktls_expect_record(&b, RTLS_TYPE_DATA, 0, lens[i]);
			ktls_expect_none(&b);
		}
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 65536, 0), 65536);
		for (uint32_t off = 0; off < 65536; off += MAX)
			ktls_expect_record(&b, RTLS_TYPE_DATA, off, MAX);
		ktls_expect_none(&b);
	}
}

/* Of many pieces: the same record as of one. */
static void
test_pieces(void)
{
	enum { PIECES = 1024 };
	static const struct {
		unsigned int nb, len;
	} rows[] = { { 1, 13 },  { 2, 13 },  { 5, 22 },  { 16, 13 },
		     { 17, 13 }, { 18, 13 }, { 64, 13 }, { PIECES, 16 } };
	struct iovec iov[PIECES];
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			struct rtls_msg m = { .iov = iov, .iovlen = rows[i].nb };
			uint32_t total = rows[i].nb * rows[i].len;

			for (unsigned int k = 0; k < rows[i].nb; k++)
				iov[k] = (struct iovec){ .iov_base = b.bytes + k * rows[i].len,
							 .iov_len = rows[i].len };
			CU_ASSERT_EQUAL(rtls_sendmsg(b.near, &m, 0), total);
			ktls_expect_record(&b, RTLS_TYPE_DATA, 0, total);
		}
	}
}

/* Many full records on end, with back-pressure in between. */
static void
test_many(void)
{
	enum { RECORDS = 128 };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		unsigned int sent = 0, got = 0;

		ktls_keys(&b);
		while (got < RECORDS) {
			ssize_t n = 0;

			/* What is accepted of a record is all of it, or a short count to go on from. */
			while (sent < RECORDS && n >= 0) {
				n = ktls_send(&b, 0, MAX, 0);
				CU_ASSERT_FATAL(n == MAX || n == -EAGAIN || n == -ENOMEM);
				sent += n == MAX;
			}
			pair_settle(&b.pair);
			while (rtls_recv(b.far, b.got, MAX, 0) == MAX) {
				CU_ASSERT_EQUAL_FATAL(memcmp(b.got, b.bytes, MAX), 0);
				got++;
			}
			pair_pass(&b.pair, 1000);
		}
		CU_ASSERT_EQUAL(sent, got);
	}
}

/* --- MORE, EOR ----------------------------------------------------------------- */

static void
test_more(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_MORE), 10);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 10, 10, 0), 10);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 20);
		/* Its full size closes it, and what is beyond it is open again. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, MAX + 5, RTLS_MSG_MORE), MAX + 5);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, MAX);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 0, 0), 0);
		ktls_expect_record(&b, RTLS_TYPE_DATA, MAX, 5);
	}
}

/* One byte at a time into one record, often. */
static void
test_more_bytes(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (uint32_t i = 0; i < 300; i++)
			CU_ASSERT_EQUAL(ktls_send(&b, i, 1, RTLS_MSG_MORE), 1);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 300, 256, 0), 256);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 556);
		ktls_expect_none(&b);
	}
}

/* A control record is no part of the open one, which goes first. */
static void
test_more_then_control(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, 10, RTLS_MSG_MORE), -EINVAL);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_MORE), 10);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 10, 20, RTLS_MSG_MORE), -EINVAL);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 10, 20, 0), 20);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 10);
		ktls_expect_record(&b, KTLS_TYPE, 10, 20);
		ktls_expect_none(&b);
	}
}

/* Not in kTLS' manner: shutdown and close send what was accepted, MORE or not. */
static void
test_more_then_end(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		bool closes = (b.row & 1) != 0;

		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_MORE), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), -EAGAIN);
		CU_ASSERT_EQUAL(closes ? rtls_close(b.near) : rtls_shutdown(b.near, RTLS_SHUT_WR),
				0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 0);
		CU_ASSERT_EQUAL(pair_info(b.far).eof, RTLS_EOF_BARE);
		if (closes)
			b.near = NULL;
	}
}

/* Every call without MORE ends a record; EOR says so to a receiver only. */
static void
test_flags(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (int i = 0; i < 31; i++) {
			if (1 << i == RTLS_MSG_MORE)
				continue;
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 1 << i), -EINVAL);
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_MORE | 1 << i), -EINVAL);
		}
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 10);
	}
}

/* --- control records ----------------------------------------------------------- */

/* Of each length and type, as one record, alone. */
static void
test_control(void)
{
	static const uint8_t types[] = { 20, 21, 22, 24, 0x21, KTLS_TYPE, 255 };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (uint32_t len = 1; len <= 16; len++) {
			CU_ASSERT_EQUAL(ktls_send_typed(&b, RTLS_TYPE_ALERT, 0, len, 0), len);
			ktls_expect_record(&b, RTLS_TYPE_ALERT, 0, len);
		}
		for (size_t i = 0; i < sizeof(types); i++) {
			CU_ASSERT_EQUAL(ktls_send_typed(&b, types[i], 5, 32, 0), 32);
			ktls_expect_record(&b, types[i], 5, 32);
		}
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, MAX, 0), MAX);
		ktls_expect_record(&b, KTLS_TYPE, 0, MAX);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, MAX + 1, 0), -EMSGSIZE);
		ktls_expect_none(&b);
	}
}

/* --- the cap of a record's payload --------------------------------------------- */

static void
test_max_payload(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		uint64_t v = 0;

		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, 128), 0);
		CU_ASSERT_EQUAL(rtls_sock_get(b.near, RTLS_OPT_MAX_PAYLOAD, &v), 0);
		CU_ASSERT_EQUAL(v, 128);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 1000, 0), 1000);
		for (uint32_t off = 0; off < 1000; off += 128)
			ktls_expect_record(&b, RTLS_TYPE_DATA, off, off < 896 ? 128 : 104);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, MAX + 1), -EINVAL);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, 0), -EINVAL);
		CU_ASSERT_EQUAL(rtls_sock_get(b.near, RTLS_OPT_MAX_PAYLOAD, &v), 0);
		CU_ASSERT_EQUAL(v, 128);
	}
}

static void
test_max_payload_open(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, 512), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 256, RTLS_MSG_MORE), 256);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, 128), -EBUSY);
		CU_ASSERT_EQUAL(ktls_send(&b, 256, 768, 0), 768);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 512);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 512, 512);
		ktls_expect_none(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "records by the length of a call", test_records },
		{ "records of many pieces", test_pieces },
		{ "full records on end", test_many },
		{ "MORE", test_more },
		{ "MORE, byte by byte", test_more_bytes },
		{ "MORE, then a control record", test_more_then_control },
		{ "MORE, then an end", test_more_then_end },
		{ "flags", test_flags },
		{ "control records", test_control },
		{ "the cap of the payload", test_max_payload },
		{ "the cap while a record is open", test_max_payload_open },
	};

	if (eal_start("test-ktls-send") != 0)
		return 1;
	return harness_run("eal/ktls_send", cases, HARNESS_COUNT(cases));
}
