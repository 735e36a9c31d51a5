/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which records come of which calls. */
#include "support/each_suite.h"
#include "unit/session/tx_bench.h"
#include "unit/session/tx_script.h"

static void
test_records(void)
{
	static const struct {
		uint16_t cap;
		const char *script;
		const char *records;
	} rows[] = {
		{ 16384, "1", "23:1" },
		{ 16384, "16384", "23:16384" },
		{ 16384, "16385", "23:16384 23:1" },
		{ 16384, "40000", "23:16384 23:16384 23:7232" },
		{ 16384, "100 200", "23:100 23:200" },
		{ 16384, "0", "" },
		{ 16384, "0+", "" },
		{ 16384, "f", "" },
		{ 16384, "100+ 200", "23:300" },
		{ 16384, "100+ 200+ 300+ 400", "23:1000" },
		{ 16384, "100+ 0", "23:100" },
		{ 16384, "100+ 0+ f", "23:100" },
		{ 16384, "100+ f 200", "23:100 23:200" },
		/* a small buffer is outgrown: by one, by much, by MORE, over the cap */
		{ 16384, "10+ 213", "23:223" },
		{ 16384, "10+ 214", "23:224" },
		{ 16384, "10+ 2000", "23:2010" },
		{ 16384, "10+ 2100", "23:2110" },
		{ 16384, "10+ 214+ 1", "23:225" },
		{ 16384, "10+ 16374", "23:16384" },
		{ 16384, "10+ 16375", "23:16384 23:1" },
		{ 16384, "1+ 20000+ 20000", "23:16384 23:16384 23:7233" },
		{ 16384, "16384+ f", "23:16384" },
		{ 16384, "16384+ 1+ 1", "23:16384 23:2" },
		{ 64, "200", "23:64 23:64 23:64 23:8" },
		{ 64, "63+ 1+ 1+ 64", "23:64 23:64 23:1" },
		{ 1000, "999+ 2", "23:1000 23:1" },
		/* control records close what is open and stand alone */
		{ 16384, "100+ c4 50", "23:100 22:4 23:50" },
		{ 16384, "c16384", "22:16384" },
		{ 64, "c1000 100", "22:1000 23:64 23:36" }, /* the cap is for data */
		{ 16384, "c1 c1 c2", "22:1 22:1 22:2" },
		/* buffers that were filled elsewhere */
		{ 16384, "b16384 b100", "23:16384 23:100" },
		{ 16384, "b100 b200", "23:100 23:200" },
		/* and follow in the open record, as any bytes */
		{ 16384, "300+ b5000", "23:5300" },
		{ 16384, "10+ b213", "23:223" },
		{ 16384, "10+ b214", "23:224" },
		{ 16384, "10+ b214+ 1", "23:225" },
		{ 16384, "10+ b2000+ b20", "23:2030" },
		{ 16384, "300+ b5000+ b5000+ b10", "23:10310" },
		{ 16384, "300+ b16084", "23:16384" },
		{ 16384, "300+ b16084+ 1", "23:16384 23:1" },
		{ 16384, "300+ b16384", "23:16384 23:300" },
		{ 16384, "300+ b16384+ b16384+ 7", "23:16384 23:16384 23:307" },
		{ 16384, "b16384 300+ b0", "23:16384 23:300" },
		{ 64, "60+ b64+ b64", "23:64 23:64 23:60" },
		{ 16384, "b100+ 50", "23:150" },
		{ 16384, "b100+ 5000", "23:5100" },
		{ 16384, "b100+ c2", "23:100 22:2" },
		{ 16384, "300+ b0", "23:300" },
		{ 16384, "b16384+ 1", "23:16384 23:1" },
		/* a key change closes the open record */
		{ 16384, "100+ k 50", "23:100 23:50" },
		{ 16384, "100+ c5 k k 50+ k f", "23:100 22:5 23:50" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		if (peer_suite.tls12 && strchr(rows[i].script, 'k') != NULL)
			continue;
		begin_keyed(SNDBUF);
		t.tx.pad.cap = rows[i].cap;
		play(rows[i].script);
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
		check_log(rows[i].records);
		CU_ASSERT_EQUAL(t.tx.tls->count.records, t.logged);
		finish();
	}
}

/* RTLS_MSG_RECORD: exactly these bytes, none too, in one record. */
static void
test_exact_records(void)
{
	uint8_t bytes[16384];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };

	begin_keyed(SNDBUF);
	play("r0 r1 r16384 r0 r0 100 r0 100+ r50 5+ c3 r7");
	check_log("23:0 23:1 23:16384 23:0 23:0 23:100 23:0 23:100 23:50 23:5 22:3 23:7");
	finish();
	begin_keyed(SNDBUF);
	t.tx.pad.cap = 1000;
	play("r1000 1001 r0");
	check_log("23:1000 23:1000 23:1 23:0");
	/* Nothing is sent of one that is too long, and what is open stays open. */
	CU_ASSERT_EQUAL(send_data(7, true), 7);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, &iov, 1, 1001), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, &iov, 1, 999), -EINVAL);
	CU_ASSERT_EQUAL(send_data(8, false), 8);
	/* Of other types, too, those may be empty that the RFCs allow. */
	CU_ASSERT_EQUAL(send_control(100, 0), 0);
	CU_ASSERT_EQUAL(send_control(24, 0), 0);
	for (uint8_t type = 20; type <= 22; type++)
		CU_ASSERT_EQUAL(send_control(type, 0), -EINVAL);
	check_log("23:1000 23:1000 23:1 23:0 23:15 100:0 24:0");
	finish();
	begin(SNDBUF);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, NULL, 0, 0), -EINVAL);
	finish();
}

/* All or nothing, by the rules of data; what is open is closed, so that it does not hold the room. */
static void
test_exact_without_room(void)
{
	struct starved s[3];
	uint32_t n = 0;

	begin_keyed(17408);
	CU_ASSERT_EQUAL(send_data(10000, true), 10000);
	CU_ASSERT_EQUAL(send_record(10), -EAGAIN);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_record(0), -EAGAIN);
	acknowledge();
	CU_ASSERT_EQUAL(send_record(10), 0);
	check_log("23:10000 23:10");
	for (int i = 0; i < 3; i++)
		starve(&s[i], pools.record[i], 0);
	CU_ASSERT_EQUAL(send_record(10), -ENOMEM);
	CU_ASSERT_EQUAL(send_record(0), -ENOMEM);
	for (int i = 0; i < 3; i++)
		starve_end(&s[i]);
	/* The numbers that are left to control records are not data's. */
	t.tx.tls->epochs.now->tx.rec_no = UINT64_MAX - SESSION_TX_RESERVE - 2;
	t.peer[0].rec_no = UINT64_MAX - SESSION_TX_RESERVE - 2;
	while (n < 10 && send_record(1) == 0)
		n++;
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(send_record(0), -EKEYEXPIRED);
	acknowledge();
	finish();
}

/* Pieces in any cut, empty ones among them. */
static void
test_gathers(void)
{
	uint8_t bytes[1000];
	struct iovec iov[] = {
		{ NULL, 0 }, { bytes, 1 },         { bytes + 1, 0 }, { bytes + 1, 300 },
		{ NULL, 0 }, { bytes + 301, 699 }, { bytes, 0 },
	};

	begin_keyed(SNDBUF);
	t.tx.pad.cap = 256;
	pattern_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, HARNESS_COUNT(iov), false), 1000);
	t.accepted = 1000;
	check_log("23:256 23:256 23:256 23:232");
	memset(bytes, 21 ^ 3, sizeof(bytes));
	iov[3].iov_len = 2;
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, iov, 5, 3), 0);
	check_log("23:256 23:256 23:256 23:232 21:3");
	CU_ASSERT_EQUAL(session_tx_data(&t.tx, NULL, 0, false), 0);
	finish();
}

enum { TAKEN_MAX = 100000 };

/* The stream of one call of len bytes in random pieces, or of many calls of a few bytes. */
static uint32_t
stream_of(const uint8_t *bytes, uint32_t len, bool one_call, uint64_t *seed, uint8_t *wire)
{
	struct iovec iov[32];
	unsigned int cnt = 0;
	uint32_t at = 0, n;

	begin_keyed(SNDBUF);
	while (at < len) {
		n = one_call ? (uint32_t)(harness_rand(seed) % 30000) : 1000;
		n = cnt + 1 == HARNESS_COUNT(iov) ? len - at : RTE_MIN(n, len - at);
		iov[cnt++] = (struct iovec){ (void *)(uintptr_t)(bytes + at), n };
		at += n;
		if (one_call)
			continue;
		CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, 1, at < len), n);
		cnt = 0;
	}
	if (one_call)
		CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, cnt, false), len);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	n = 0;
	for (struct txmap_rec *rec = txmap_find(&t.q.map, 0); rec != NULL; rec = rec->next) {
		memcpy(wire + n, rte_pktmbuf_mtod(sendq_mbuf(rec), void *), rec->len);
		n += rec->len;
	}
	t.accepted = len;
	finish();
	return n;
}

/* Sealed on the way from the caller's memory, or copied first: the same bytes; and his stay. */
static void
test_from_callers_memory(void)
{
	static uint8_t bytes[TAKEN_MAX], direct[TAKEN_MAX + 4096], copied[TAKEN_MAX + 4096];
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 3000 : 200;

	pattern_fill(bytes, 0, sizeof(bytes));
	for (int i = 0; i < rounds; i++) {
		uint32_t max = (uint32_t[]){ 3000, 16385, 40000, TAKEN_MAX }[i % 4];
		uint32_t len = 1 + (uint32_t)(harness_rand(&seed) % max);
		uint32_t n = stream_of(bytes, len, true, &seed, direct);

		CU_ASSERT_EQUAL_FATAL(stream_of(bytes, len, false, &seed, copied), n);
		CU_ASSERT_EQUAL(memcmp(direct, copied, n), 0);
		CU_ASSERT(pattern_is(bytes, 0, len));
	}
}

static void
test_raw(void)
{
	begin(SNDBUF);
	for (int i = 0; i < 240; i++)
		CU_ASSERT_EQUAL(send_data(1, i & 1), 1);
	/* One small buffer, without a descriptor per byte. */
	CU_ASSERT_EQUAL(t.q.room_used, 256);
	transmit(1);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	CU_ASSERT_EQUAL(t.q.room_used, 256 + 2048);
	acknowledge();
	CU_ASSERT_EQUAL(t.q.room_used, 0);
	CU_ASSERT_EQUAL(send_data(50000, true), 50000);
	CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EINVAL);
	/* Keys: from here on records, and a segment of their own. */
	CU_ASSERT_EQUAL(set_key(0, 0), 0);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(t.q.map.tail->fence);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(!t.q.map.tail->fence);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	CU_ASSERT_EQUAL(t.log[t.logged - 1].type, 23);
	CU_ASSERT_EQUAL(t.log[t.logged - 2].type, 23);
	CU_ASSERT_EQUAL(t.log[t.logged - 3].type, 0);
	finish();
	/* Loaded buffers without keys. */
	begin(SNDBUF);
	play("100 b5000 b20+ 100");
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 5220);
	finish();
}

static void
test_control_refused(void)
{
	struct iovec iov = { .iov_base = t.control, .iov_len = 10 };

	begin_keyed(SNDBUF);
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	CU_ASSERT_EQUAL(send_control(21, 0), -EINVAL);
	CU_ASSERT_EQUAL(send_control(21, 16385), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, &iov, 1, 9), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, &iov, 1, 11), -EINVAL);
	/* A refusal leaves the open record open. */
	CU_ASSERT_EQUAL(send_data(50, false), 50);
	check_log("23:150");
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "which records come of which calls", test_records, EACH_SUITE },
		{ "records of exactly these bytes", test_exact_records, EACH_SUITE },
		{ "and where there is no room for them", test_exact_without_room, EACH_SUITE },
		{ "pieces are gathered in any cut", test_gathers, EACH_SUITE },
		{ "sealed from the caller's memory", test_from_callers_memory, EACH_SUITE },
		{ "raw bytes before keys", test_raw, EACH_SUITE },
		{ "control records that are refused", test_control_refused, EACH_SUITE },
	};

	return shared_start("session-tx-records") ?
		       each_suite_run("session/tx_records", cases, HARNESS_COUNT(cases)) :
		       1;
}
