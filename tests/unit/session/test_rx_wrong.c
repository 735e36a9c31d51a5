/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a peer sends that is wrong, or is the end: nothing behind it is read. */
#include "session/tx.h"
#include "session/tx_keys.h"
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

enum bad {
	BAD_VERSION_13,
	BAD_VERSION_30,
	BAD_TYPE_20,
	BAD_TYPE_21,
	BAD_TYPE_22,
	BAD_TYPE_0,
	BAD_NOT_TLS,
	BAD_SHORT_0,
	BAD_SHORT_16,
	BAD_LONG,
	BAD_LONG_MAX,
	BAD_INNER_LONG,
	BAD_TAG,
	BAD_CIPHER,
	BAD_HEADER_LEN,
	BAD_NUMBER,
	BAD_KEY,
	BAD_NO_TYPE,
	BAD_NO_TYPE_LONG,
	BAD_INNER_CCS,
	BAD_PROVIDER,
	BAD_PROVIDER_RUDE,
	BAD_TRUNCATED,
	BAD_TRUNCATED_HEADER,
	BAD_KINDS,
};

static const struct {
	int error;
	uint8_t reason;
	uint8_t alert;
	uint8_t decrypt_errors;
} bad_rows[BAD_KINDS] = {
	[BAD_VERSION_13] = { -EINVAL, RTLS_REASON_BAD_VERSION, 50, 0 },
	[BAD_VERSION_30] = { -EINVAL, RTLS_REASON_BAD_VERSION, 50, 0 },
	[BAD_TYPE_20] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10, 0 },
	[BAD_TYPE_21] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10, 0 },
	[BAD_TYPE_22] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10, 0 },
	[BAD_TYPE_0] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10, 0 },
	[BAD_NOT_TLS] = { -EINVAL, RTLS_REASON_BAD_VERSION, 50, 0 },
	[BAD_SHORT_0] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 50, 0 },
	[BAD_SHORT_16] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 50, 0 },
	[BAD_LONG] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 22, 0 },
	[BAD_LONG_MAX] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 22, 0 },
	[BAD_INNER_LONG] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 22, 0 },
	[BAD_TAG] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_CIPHER] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_HEADER_LEN] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_NUMBER] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_KEY] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_NO_TYPE] = { -EBADMSG, RTLS_REASON_BAD_MAC, 10, 0 },
	[BAD_NO_TYPE_LONG] = { -EBADMSG, RTLS_REASON_BAD_MAC, 10, 0 },
	[BAD_INNER_CCS] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10, 0 },
	[BAD_PROVIDER] = { -EBADMSG, RTLS_REASON_BAD_MAC, 80, 1 },
	[BAD_PROVIDER_RUDE] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20, 1 },
	[BAD_TRUNCATED] = { -EMSGSIZE, RTLS_REASON_TRUNCATED, 0, 0 },
	[BAD_TRUNCATED_HEADER] = { -EMSGSIZE, RTLS_REASON_TRUNCATED, 0, 0 },
};

/* What these make of a record's header, from at on; of others it stays. */
static const struct {
	uint32_t at, len;
	const char *bytes;
} bad_headers[BAD_KINDS] = {
	[BAD_VERSION_13] = { 2, 1, "\4" },
	[BAD_VERSION_30] = { 1, 1, "\2" },
	[BAD_TYPE_20] = { 0, 1, "\x14" },
	[BAD_TYPE_21] = { 0, 1, "\x15" },
	[BAD_TYPE_22] = { 0, 1, "\x16" },
	[BAD_TYPE_0] = { 0, 1, "\0" },
	[BAD_NOT_TLS] = { 0, 12, "HTTP/1.1 400" },
	[BAD_SHORT_0] = { 3, 2, "\0\0" },
	[BAD_SHORT_16] = { 3, 2, "\0\x10" },
	[BAD_LONG] = { 3, 2, "\x41\1" }, /* 16384 + 257 */
	[BAD_LONG_MAX] = { 3, 2, "\xff\xff" },
};

/* In place of the last record one of zeros, of which none is the type's. */
static void
put_zeros(uint32_t start, uint32_t len)
{
	static const uint8_t zeros[16385 + 1];

	t.len = start;
	t.peer.rec_no--;
	t.len += peer_seal_inner(&t.peer, zeros, len, t.wire + start);
}

static void
put_bad(enum bad kind)
{
	uint32_t start = t.len;
	uint8_t *hdr = t.wire + t.len, plain[300];

	memset(plain, 0x5a, sizeof(plain));
	if (kind == BAD_NUMBER)
		t.peer.rec_no++;
	if (kind == BAD_KEY)
		t.peer = peer_key(7, t.peer.rec_no);
	put_record(kind == BAD_INNER_CCS ? 20 : 23, plain, sizeof(plain), 0);
	if (bad_headers[kind].len > 0)
		memcpy(hdr + bad_headers[kind].at, bad_headers[kind].bytes, bad_headers[kind].len);
	if (kind == BAD_INNER_LONG)
		put_zeros(start, 16384 + 2);
	if (kind == BAD_NO_TYPE)
		put_zeros(start, 1);
	if (kind == BAD_NO_TYPE_LONG)
		put_zeros(start, 300);
	if (kind == BAD_TAG)
		t.wire[t.len - 1] ^= 1;
	if (kind == BAD_CIPHER)
		hdr[5] ^= 0x80;
	if (kind == BAD_HEADER_LEN)
		hdr[4]--; /* one byte less: another record, another tag */
	if (kind == BAD_TRUNCATED)
		t.len--;
	if (kind == BAD_TRUNCATED_HEADER)
		t.len = start + 3;
	t.fin = t.fin || kind == BAD_TRUNCATED || kind == BAD_TRUNCATED_HEADER;
}

/* Room for the whole record: opened in place of the program's bytes. Less: in a buffer of ours. */
static void
check_bad(enum bad kind, unsigned int good, size_t size)
{
	uint32_t left = 0;
	ssize_t n;

	begin_keyed();
	for (unsigned int i = 0; i < good; i++)
		put_data(50);
	t.flaky.good_jobs = kind == BAD_PROVIDER || kind == BAD_PROVIDER_RUDE ? (int)good : -1;
	t.flaky.failure = kind == BAD_PROVIDER ? -EIO : -EBADMSG;
	t.flaky.rude = kind == BAD_PROVIDER_RUDE;
	put_bad(kind);
	if (kind < BAD_TRUNCATED)
		put_data(50); /* what follows is not looked at */
	feed_all();
	CU_ASSERT(readable());
	/* Good bytes first. */
	while (t.got < 50 * good) {
		n = recv_data(size);
		CU_ASSERT_FATAL(n > 0);
		for (size_t i = (size_t)n; i < size; i++)
			left += room[16 + i] != 0 && room[16 + i] != GUARD;
	}
	CU_ASSERT_EQUAL(t.got, 50 * good);
	CU_ASSERT_EQUAL(recv_data(size), bad_rows[kind].error);
	for (size_t i = 0; i < size; i++)
		left += room[16 + i] != 0 && room[16 + i] != GUARD;
	CU_ASSERT_EQUAL(left, 0);
	expect_end(bad_rows[kind].error);
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_FAILED);
	CU_ASSERT_EQUAL(t.rx.end_reason, bad_rows[kind].reason);
	CU_ASSERT_EQUAL(t.rx.end_alert, bad_rows[kind].alert);
	CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, bad_rows[kind].decrypt_errors);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, good);
	CU_ASSERT_EQUAL(set_key(1, 0), -EINVAL);
	/* More of it is dropped, so that the connection can still be closed. */
	t.fin = false;
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recvq_len(&t.q), 0);
	CU_ASSERT_EQUAL(t.q.room_used, 0);
	expect_end(bad_rows[kind].error);
	finish();
}

static void
test_bad_records(void)
{
	for (int kind = 0; kind < BAD_KINDS; kind++)
		for (unsigned int good = 0; good <= 2; good++) {
			check_bad((enum bad)kind, good, 4000);
			check_bad((enum bad)kind, good, 40);
		}
}

/* Nothing of the sending side is shared: the alert goes out. */
static void
test_alert_after_failure(void)
{
	static uint8_t wire[2000], plain[PEER_WIRE_MAX];
	struct peer p = peer_key(5, 0);
	struct rtls_keys keys = peer_keys(&p);
	uint8_t alert[2] = { 2, 0 }, type;
	struct iovec iov = { alert, 2 };
	struct session_tx tx;
	struct sendq q;
	uint32_t len;

	begin_keyed();
	sendq_init(&q, 0);
	session_tx_init(&tx, &shared, &q, 100000);
	CU_ASSERT_EQUAL(session_tx_set_keys(&tx, &keys), 0);
	put_bad(BAD_TAG);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
	alert[1] = t.rx.end_alert;
	CU_ASSERT_EQUAL(session_tx_control(&tx, 21, &iov, 1, 2), 0);
	CU_ASSERT_FATAL(q.map.head->len <= sizeof(wire));
	memcpy(wire, rte_pktmbuf_mtod(sendq_mbuf(q.map.head), void *), q.map.head->len);
	CU_ASSERT_EQUAL(peer_open(&p, wire, q.map.head->len, &type, plain, &len),
			(int)peer_around(&p) + 2);
	CU_ASSERT_EQUAL(type, 21);
	CU_ASSERT_EQUAL(memcmp(plain, "\x02\x14", 2), 0);
	session_tx_fini(&tx);
	sendq_fini(&q);
	finish();
}

static void
test_last_number(void)
{
	begin();
	t.peer = peer_key(0, UINT64_MAX - 1);
	CU_ASSERT_EQUAL(set_key(0, UINT64_MAX - 1), 0);
	put_data(10);
	put_data(10);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(100), 10);
	expect_end(-EBADMSG);
	finish();
}

static void
test_ends(void)
{
	/* FIN on a boundary. */
	begin_keyed();
	put_data(100);
	feed_all();
	t.fin = true;
	CU_ASSERT_EQUAL(recv_data(60), 60);
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_data(60), 40);
	CU_ASSERT(readable());
	expect_end(0);
	CU_ASSERT(!t.rx.close_notify);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
	finish();

	/* close_notify, and bytes behind it, which are dropped whenever they come. */
	begin_keyed();
	put_data(100);
	put_close_notify();
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(1, 0, 1, 21, false);
	CU_ASSERT(!t.rx.close_notify);
	expect_msg(10, 0, 1, 21, true);
	CU_ASSERT(t.rx.close_notify);
	CU_ASSERT(readable());
	expect_end(0);
	put_data(100);
	put_bad(BAD_TAG);
	feed_all();
	CU_ASSERT_EQUAL(recvq_len(&t.q), 0);
	t.fin = true;
	expect_end(0);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 2);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
	finish();

	/* Alerts that are not it. */
	begin_keyed();
	put_record(21, (const uint8_t[]){ 2, 20 }, 2, 0);
	put_record(21, (const uint8_t[]){ 0 }, 1, 0);
	put_record(21, (const uint8_t[]){ 1, 0, 0 }, 3, 0);
	put_record(22, (const uint8_t[]){ 4, 0, 0, 0 }, 4, 0);
	feed_all();
	for (int i = 0; i < 4; i++) {
		expect_msg(10, 0, (const ssize_t[]){ 2, 1, 3, 4 }[i], i < 3 ? 21 : 22, true);
		CU_ASSERT(!t.rx.close_notify);
	}
	CU_ASSERT_EQUAL(recv_data(10), -EAGAIN);
	finish();
}

/* A header that is none is known before the records in front of it are read, and told behind them. */
static void
test_broken_behind_good(void)
{
	uint64_t rec_no;

	for (uint32_t good = 0; good <= 2 * FRAMER_RING; good++)
		for (int peek = 0; peek <= 1; peek++) {
			begin_keyed();
			for (uint32_t i = 0; i < good; i++)
				put_data(10 + i);
			CU_ASSERT_EQUAL(boundary(&rec_no), true);
			memcpy(t.wire + t.len, "GET / HTTP/1.1\r\n", 16);
			t.len += 16;
			feed_all();
			CU_ASSERT(!boundary(&rec_no));
			CU_ASSERT(readable());
			CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
			for (uint32_t i = 0; i < good; i++) {
				if (peek)
					expect_msg(10 + i, RTLS_MSG_PEEK, 10 + i, 23, true);
				CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
				CU_ASSERT_EQUAL(recv_data(10 + i), 10 + i);
				CU_ASSERT(readable());
			}
			expect_end(-EINVAL);
			CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_VERSION);
			finish();
		}
}

/* RFC 8446 5.4, RFC 5246 6.2.1. */
static void
test_empty_refused(void)
{
	for (uint8_t type = 20; type <= 24; type++) {
		begin_keyed();
		put_data(10);
		put_record(type, "", 0, 0);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(100), 10);
		if (type == 23) {
			CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
		} else if (type == 24) {
			expect_msg(100, 0, 0, 24, true);
		} else {
			CU_ASSERT_EQUAL(recv_data(100), -EINVAL);
			expect_end(-EINVAL);
			CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_VERSION);
			CU_ASSERT_EQUAL(t.rx.end_alert, 10);
		}
		finish();
	}
}

/* RFC 8449 4: content and padding of any record, up to what the peer was told, and one byte more. */
static void
test_record_limit(void)
{
	static const struct {
		uint32_t limit, len, pad;
		uint8_t type;
		bool good;
	} rows[] = {
		{ 63, 63, 0, 23, true },       { 63, 64, 0, 23, false },
		{ 511, 511, 0, 22, true },     { 511, 512, 0, 22, false },
		{ 511, 500, 11, 23, true },    { 511, 500, 12, 23, false },
		{ 511, 1, 511, 99, false },    { 511, 0, 511, 23, true },
		{ 16384, 16384, 0, 23, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t plain[16384] = { 4 };
		struct rtls_msg msg;

		if (rows[i].pad > 0 && peer_suite.tls12)
			continue;
		begin_keyed();
		t.rx.limit = (uint16_t)rows[i].limit;
		put_data(rows[i].limit);
		put_record(rows[i].type, plain, rows[i].len, rows[i].pad);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(rows[i].limit), rows[i].limit);
		if (rows[i].good) {
			CU_ASSERT_EQUAL(recv_with(20000, 0, false, &msg),
					rows[i].len > 0 ? (ssize_t)rows[i].len : -EAGAIN);
		} else {
			expect_end(-EMSGSIZE);
			CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_LENGTH);
			CU_ASSERT_EQUAL(t.rx.end_alert, 22);
		}
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "every kind of bad record", test_bad_records, EACH_SUITE_13 },
		{ "an alert can be sent after a failure", test_alert_after_failure, EACH_SUITE },
		{ "record numbers do not wrap", test_last_number, EACH_SUITE },
		{ "end of file and close_notify", test_ends, EACH_SUITE },
		{ "a broken header behind good records", test_broken_behind_good, EACH_SUITE },
		{ "records that may not be empty", test_empty_refused, EACH_SUITE },
		{ "records above what the peer was told", test_record_limit, EACH_SUITE },
	};

	return shared_start("session-rx-wrong") ?
		       each_suite_run("session/rx_wrong", cases, HARNESS_COUNT(cases)) :
		       1;
}
