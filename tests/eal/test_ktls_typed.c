/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records of exactly these bytes, and what is told of each that comes: FreeBSD's TLS_SET_RECORD_TYPE and
 * TLS_GET_RECORD, and the kernels' records of no bytes. doc/ktls.md names what each is for.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

enum { MAX = 16384 };

static ssize_t
send_record(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len)
{
	return ktls_send_typed(b, type, off, len, RTLS_MSG_RECORD);
}

/* --- sending ------------------------------------------------------------------- */

/* Data of a fixed length is a record of its own, whatever is open. */
static void
test_data(void)
{
	static const uint32_t lens[] = { 1, 2, 64, 1400, MAX - 1, MAX };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_MORE), 10);
			CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 10, lens[i]), lens[i]);
			ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 10);
			ktls_expect_record(&b, RTLS_TYPE_DATA, 10, lens[i]);
			ktls_expect_none(&b);
		}
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, MAX + 1), -EMSGSIZE);
		CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_MAX_PAYLOAD, 128), 0);
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, 129), -EMSGSIZE);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, 128), 128);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 128);
	}
}

/* Of no bytes, which Linux never sends and FreeBSD in TLS 1.0 only; not where TLS forbids it. */
static void
test_empty(void)
{
	static const uint8_t forbidden[] = { 20, RTLS_TYPE_ALERT, RTLS_TYPE_HANDSHAKE };
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 0, 0), 0);
		ktls_expect_none(&b);
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, 0), 0);
		CU_ASSERT_EQUAL(send_record(&b, KTLS_TYPE, 0, 0), 0);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, KTLS_TYPE, 0, 0, 0), -EINVAL);
		for (size_t i = 0; i < sizeof(forbidden); i++)
			CU_ASSERT_EQUAL(send_record(&b, forbidden[i], 0, 0), -EINVAL);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 0);
		ktls_expect_record(&b, KTLS_TYPE, 0, 0);
		ktls_expect_none(&b);
	}
}

/* What is no record is refused: without keys, without a type, with MORE. */
static void
test_refused(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, 10), -EINVAL);
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(send_record(&b, 0, 0, 10), -EINVAL);
		CU_ASSERT_EQUAL(
			ktls_send_typed(&b, RTLS_TYPE_DATA, 0, 10, RTLS_MSG_RECORD | RTLS_MSG_MORE),
			-EINVAL);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, RTLS_MSG_RECORD), -EINVAL);
		ktls_expect_none(&b);
	}
}

/* All or nothing, also where a plain send would take a part. */
static void
test_whole(void)
{
	const struct pair_conf conf = { .stack[KTLS_NEAR].sndbuf = 20000 };
	struct ktls_bench b;

	for (ktls_first(&b, &conf); ktls_more(&b); ktls_next(&b)) {
		uint32_t sent = 0;
		ssize_t n = 0;

		ktls_keys(&b);
		while (sent < KTLS_CAP && n >= 0) {
			n = send_record(&b, RTLS_TYPE_DATA, sent, MAX / 2);
			CU_ASSERT_FATAL(n == MAX / 2 || n == -EAGAIN);
			sent += n > 0 ? MAX / 2 : 0;
		}
		CU_ASSERT_EQUAL(n, -EAGAIN);
		pair_pass(&b.pair, 500000);
		CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, sent, 100), 100);
		ktls_expect(&b, 0, sent + 100);
	}
}

/* Zeros up to a multiple in TLS 1.3, which the peer does not see; none in TLS 1.2. */
static void
test_padding(void)
{
	static const struct {
		uint32_t to, len, padded;
	} rows[] = {
		{ 64, 1, 64 },     { 64, 63, 64 },      { 64, 64, 64 }, { 64, 65, 128 },
		{ 1000, 0, 1000 }, { 16384, 5, 16384 }, { 3, 10, 12 },  { 1000, 16300, 16384 }
	};
	static uint8_t wire[RECORD_PEER_WIRE_MAX], plain[RECORD_PEER_WIRE_MAX];
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			uint32_t on_wire = ktls_is_tls13(&b) ? rows[i].padded : rows[i].len;
			uint32_t want = record_peer_wire_len(&b.peer, on_wire), got = 0;
			uint8_t type = 0;
			ssize_t n;

			CU_ASSERT_EQUAL(rtls_sock_set(b.near, RTLS_OPT_PAD_TO, rows[i].to), 0);
			CU_ASSERT_EQUAL(send_record(&b, RTLS_TYPE_DATA, 0, rows[i].len),
					rows[i].len);
			pair_settle(&b.pair);
			n = rtls_recv(b.far, wire, sizeof(wire), 0);
			CU_ASSERT_EQUAL_FATAL(n, want);
			n = record_peer_open(&b.peer, wire, want, &type, plain, &got);
			CU_ASSERT_EQUAL_FATAL(n, want);
			CU_ASSERT(type == RTLS_TYPE_DATA && got == rows[i].len);
			CU_ASSERT_EQUAL(memcmp(plain, b.bytes, got), 0);
		}
	}
}

/* --- receiving ----------------------------------------------------------------- */

/* One call, with room for nb records; returns what it returned. */
static ssize_t
receive(struct ktls_bench *b, struct rtls_msg *m, struct rtls_record *records, unsigned int nb,
	uint32_t room)
{
	static struct iovec iov;

	iov = (struct iovec){ .iov_base = b->got, .iov_len = room };
	*m = (struct rtls_msg){ .iov = &iov, .iovlen = 1, .records = records, .records_max = nb };
	pair_settle(&b->pair);
	return rtls_recvmsg(b->far, m, 0);
}

static void
check_record(const struct ktls_bench *b, const struct rtls_record *r, uint8_t type, uint32_t len)
{
	CU_ASSERT_EQUAL(r->type, type);
	CU_ASSERT_EQUAL(r->version, 0x0303);
	CU_ASSERT_EQUAL(r->len, len);
	CU_ASSERT_EQUAL(r->wire_len, record_peer_wire_len(&b->peer, len));
	CU_ASSERT_EQUAL(r->flags, RTLS_MSG_EOR);
}

/* Each record of several in one call, empty ones among them. */
static void
test_each(void)
{
	static const uint32_t lens[] = { 64, 0, 1, 1000, 0, 0, 16384, 5 };
	enum { NB = HARNESS_COUNT(lens) };
	struct rtls_record r[NB + 1];
	struct ktls_bench b;
	struct rtls_msg m;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		uint32_t total = 0;

		ktls_keys_far(&b);
		for (int i = 0; i < NB; i++) {
			ktls_record(&b, RTLS_TYPE_DATA, total, lens[i], 0);
			total += lens[i];
		}
		CU_ASSERT_EQUAL(receive(&b, &m, r, NB + 1, KTLS_CAP), total);
		CU_ASSERT_EQUAL(memcmp(b.got, b.bytes, total), 0);
		CU_ASSERT_EQUAL_FATAL(m.nb_records, NB);
		for (int i = 0; i < NB; i++)
			check_record(&b, &r[i], RTLS_TYPE_DATA, lens[i]);
		CU_ASSERT(m.type == RTLS_TYPE_DATA && (m.flags & RTLS_MSG_EOR) != 0);
		CU_ASSERT_EQUAL(receive(&b, &m, r, NB + 1, KTLS_CAP), -EAGAIN);
		CU_ASSERT_EQUAL(m.nb_records, 0);
	}
}

/* With room for one of them, one a call, as FreeBSD does it. */
static void
test_one_by_one(void)
{
	static const struct {
		uint8_t type;
		uint32_t len;
	} rows[] = { { 23, 64 },       { 23, 16384 }, { KTLS_TYPE, 7 }, { KTLS_TYPE, 7 },
		     { KTLS_TYPE, 0 }, { 23, 1 },     { 23, 2 },        { 21, 2 } };
	struct ktls_bench b;
	struct rtls_record r;
	struct rtls_msg m;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_far(&b);
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
			ktls_record(&b, rows[i].type, i, rows[i].len, 0);
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			CU_ASSERT_EQUAL(receive(&b, &m, &r, 1, KTLS_CAP), rows[i].len);
			CU_ASSERT_EQUAL(memcmp(b.got, b.bytes + i, rows[i].len), 0);
			CU_ASSERT_EQUAL_FATAL(m.nb_records, 1);
			check_record(&b, &r, rows[i].type, rows[i].len);
			CU_ASSERT_EQUAL(m.type, rows[i].type);
		}
		CU_ASSERT_EQUAL(receive(&b, &m, &r, 1, KTLS_CAP), -EAGAIN);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "data of an exact length", test_data },
		{ "records of no bytes", test_empty },
		{ "what is no record", test_refused },
		{ "all or nothing", test_whole },
		{ "padding", test_padding },
		{ "each record of several", test_each },
		{ "one by one", test_one_by_one },
	};

	if (eal_start("test-ktls-typed") != 0)
		return 1;
	return harness_run("eal/ktls_typed", cases, HARNESS_COUNT(cases));
}
