/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Receiving as programs for the kernels' TLS do it. doc/ktls.md names what each is for. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

enum { MAX = 16384 };

/* --- buffers ------------------------------------------------------------------- */

/* As much as there is room for, of records as they come. */
static void
test_sizes(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 4096, 0), -EAGAIN);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, MAX, 0), MAX);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, MAX, 0), MAX);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
		/* One send, several receives. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 2 * MAX, 0), 2 * MAX);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, MAX, 0), MAX);
		CU_ASSERT_EQUAL(ktls_recv(&b, MAX, MAX, 0), MAX);
		/* Several sends, one receive. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_send(&b, 10, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 20, 0), 20);
		/* In parts that do not fit the record. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 15, 0), 15);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 10, 10, 0), 5);
		/* Nor two records. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_send(&b, 10, 5, 0), 5);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 1, 0), 1);
		CU_ASSERT_EQUAL(ktls_recv(&b, 1, 6, 0), 6);
		CU_ASSERT_EQUAL(ktls_recv(&b, 7, 10, 0), 8);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), -EAGAIN);
	}
}

/* Into many pieces. */
static void
test_pieces(void)
{
	enum { PIECES = 1024, LEN = MAX / PIECES };
	struct iovec iov[PIECES];
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_msg m = { .iov = iov, .iovlen = PIECES };

		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, MAX, 0), MAX);
		memset(b.got, 0, MAX);
		/* The pieces lie in another order than their number. */
		for (unsigned int i = 0; i < PIECES; i++)
			iov[i] = (struct iovec){ .iov_base = b.got + (PIECES - 1 - i) * LEN,
						 .iov_len = LEN };
		pair_settle(&b.pair);
		CU_ASSERT_EQUAL(rtls_recvmsg(b.far, &m, 0), MAX);
		for (unsigned int i = 0; i < PIECES; i++)
			CU_ASSERT_EQUAL(memcmp(iov[i].iov_base, b.bytes + i * LEN, LEN), 0);
		CU_ASSERT(m.type == RTLS_TYPE_DATA && (m.flags & RTLS_MSG_EOR) != 0);
		CU_ASSERT_EQUAL(m.version, 0x0303);
		CU_ASSERT_EQUAL(m.wire_len, record_peer_wire_len(&b.peer, MAX));
	}
}

/* A buffer that is none is refused before anything is taken; the kernel gives a short count. */
static void
test_bad_buffers(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct iovec iov[2] = { { .iov_base = b.got, .iov_len = 12 }, { .iov_len = 1 } };
		struct rtls_msg m = { .iov = iov, .iovlen = 2 };

		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_send(&b, 10, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 1, 0), 1);
		CU_ASSERT_EQUAL(rtls_recvmsg(b.far, &m, 0), -EINVAL);
		CU_ASSERT_EQUAL(rtls_recv(b.far, NULL, 1, 0), -EINVAL);
		CU_ASSERT_EQUAL(ktls_recv(&b, 1, 100, 0), 19);
	}
}

/* --- PEEK ---------------------------------------------------------------------- */

static void
test_peek(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, RTLS_MSG_PEEK), -EAGAIN);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 15, 0), 15);
		for (int i = 0; i < 100; i++)
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, RTLS_MSG_PEEK), 15);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, 0), 15);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, RTLS_MSG_PEEK), -EAGAIN);
	}
}

/* Over several records, which a read then takes in parts of its own. */
static void
test_peek_records(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 14, 0), 14);
		CU_ASSERT_EQUAL(ktls_send(&b, 14, 11, 0), 11);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 14, RTLS_MSG_PEEK), 14);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 64, RTLS_MSG_PEEK), 25);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 25, 0), 25);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 14, RTLS_MSG_MORE), 14);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 64, RTLS_MSG_PEEK), -EAGAIN);
		CU_ASSERT_EQUAL(ktls_send(&b, 14, 11, 0), 11);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 25, RTLS_MSG_PEEK), 25);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 25);
		for (uint32_t off = 0; off < MAX; off += MAX / 4)
			CU_ASSERT_EQUAL(ktls_send(&b, off, MAX / 4, 0), MAX / 4);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, MAX / 8 * 5, RTLS_MSG_PEEK), MAX / 8 * 5);
		for (uint32_t off = 0; off < MAX; off += MAX / 2)
			CU_ASSERT_EQUAL(ktls_recv(&b, off, MAX / 2, 0), MAX / 2);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 1, 0), -EAGAIN);
	}
}

/* --- control records ----------------------------------------------------------- */

/* Kept until somebody takes it with its type. */
static void
test_control(void)
{
	struct ktls_bench b;
	uint8_t type;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, 10, 0), 10);
		for (int i = 0; i < 3; i++) {
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), -EIO);
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, RTLS_MSG_PEEK), -EIO);
			CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 10, RTLS_MSG_PEEK), 10);
			CU_ASSERT_EQUAL(type, KTLS_TYPE);
		}
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(type, KTLS_TYPE);
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 10, 0), -EAGAIN);
		CU_ASSERT_EQUAL(type, 0);
	}
}

/* Two of one type stay two, looked at before or not. */
static void
test_no_merge(void)
{
	struct ktls_bench b;
	uint8_t type;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, 5, 0), 5);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 5, 5, 0), 5);
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 15, RTLS_MSG_PEEK), 5);
			CU_ASSERT_EQUAL(type, KTLS_TYPE);
		}
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 15, 0), 5);
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 5, 15, 0), 5);
		CU_ASSERT_EQUAL(type, KTLS_TYPE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, 0), -EAGAIN);
	}
}

/* Data ends at a control record, for reading and for looking. */
static void
test_data_control_data(void)
{
	struct ktls_bench b;
	uint8_t type;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 5, 0), 5);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 5, 5, 0), 5);
		CU_ASSERT_EQUAL(ktls_send(&b, 10, 5, 0), 5);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, RTLS_MSG_PEEK), 5);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, 0), 5);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, 0), -EIO);
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 5, 15, 0), 5);
		CU_ASSERT_EQUAL(type, KTLS_TYPE);
		CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 10, 15, 0), 5);
		CU_ASSERT_EQUAL(type, RTLS_TYPE_DATA);
	}
}

/* A control record that is longer than the buffer comes in parts. */
static void
test_long_control(void)
{
	struct ktls_bench b;
	uint8_t type;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, MAX, 0), MAX);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 5, 0), 5);
		for (uint32_t off = 0; off < MAX; off += MAX / 4) {
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), -EIO);
			CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, off, MAX / 4, 0), MAX / 4);
			CU_ASSERT_EQUAL(type, KTLS_TYPE);
		}
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 5);
	}
}

/* --- readiness ----------------------------------------------------------------- */

/* Readable is what has a complete record, or a rest of one. */
static void
test_readable(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(rtls_sock_watch(b.far, RTLS_READABLE, NULL), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 20, 0), 20);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 15, 0), 15);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 15, 15, 0), 5);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 20, RTLS_MSG_MORE), 20);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 0, 0), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 20, 0), 20);
	}
}

/* A part of a record wakes nobody up; each length of part. */
static void
test_partial(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		uint8_t wire[512];
		uint32_t len;

		ktls_keys_far(&b);
		CU_ASSERT_EQUAL(rtls_sock_watch(b.far, RTLS_READABLE, NULL), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		len = record_peer_seal(&b.peer, RTLS_TYPE_DATA, b.bytes, 128, 0, wire);
		for (uint32_t at = 0; at < len; at++) {
			CU_ASSERT_EQUAL(ktls_bits(&b), 0);
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 200, 0), -EAGAIN);
			ktls_wire(&b, wire + at, 1);
		}
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 200, 0), 128);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
	}
}

/* --- the record's header ------------------------------------------------------- */

/* Record by record with room for each, as FreeBSD's program reads: type, version, length. */
static void
test_headers(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct iovec iov = { .iov_base = b.got, .iov_len = KTLS_CAP };
		struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
		uint32_t off = 0, left;

		ktls_keys_far(&b);
		/* TLS 1.3 has padding, which is not the program's. */
		for (left = 65536; left > 0;) {
			uint32_t pad = ktls_is_tls13(&b) ? 15 : 0;
			uint32_t len = left < MAX - pad ? left : MAX - pad;

			ktls_record(&b, RTLS_TYPE_DATA, off, len, pad);
			pair_settle(&b.pair);
			CU_ASSERT_EQUAL(rtls_recvmsg(b.far, &m, 0), len);
			CU_ASSERT_EQUAL(memcmp(b.got, b.bytes + off, len), 0);
			CU_ASSERT_EQUAL(m.type, RTLS_TYPE_DATA);
			CU_ASSERT_EQUAL(m.version, 0x0303);
			CU_ASSERT_EQUAL(m.wire_len, record_peer_wire_len(&b.peer, len) + pad);
			CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
			off += len;
			left -= len;
		}
		ktls_record(&b, RTLS_TYPE_ALERT, 0, 2, 0);
		pair_settle(&b.pair);
		CU_ASSERT_EQUAL(rtls_recvmsg(b.far, &m, 0), 2);
		CU_ASSERT_EQUAL(m.type, RTLS_TYPE_ALERT);
		CU_ASSERT_EQUAL(m.version, 0x0303);
		CU_ASSERT_EQUAL(m.wire_len, record_peer_wire_len(&b.peer, 2));
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "buffers of all sizes", test_sizes },
		{ "buffers in pieces", test_pieces },
		{ "buffers that are none", test_bad_buffers },
		{ "PEEK", test_peek },
		{ "PEEK over records", test_peek_records },
		{ "control records", test_control },
		{ "control records are not merged", test_no_merge },
		{ "data, control, data", test_data_control_data },
		{ "a control record in parts", test_long_control },
		{ "readable", test_readable },
		{ "not readable for a part of a record", test_partial },
		{ "what is told of a record", test_headers },
	};

	if (eal_start("test-ktls-recv") != 0)
		return 1;
	return harness_run("eal/ktls_recv", cases, HARNESS_COUNT(cases));
}
