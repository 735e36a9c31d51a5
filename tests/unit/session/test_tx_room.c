/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Sending where room, buffers or the provider give out. */
#include "support/each_suite.h"
#include "unit/session/tx_bench.h"

static void
test_send_buffer(void)
{
	struct rte_mbuf *m;
	uint32_t room;

	begin_keyed(40000);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 40000);
	/* Three large buffers: the third begins below the limit. */
	CU_ASSERT_EQUAL(send_data(100000, false), 3 * 16384);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(send_data(1, true), -EAGAIN);
	m = loaded_buffer(10);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	rte_pktmbuf_free(m);
	/* An alert always fits; not any number of them. */
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	for (room = 0; room < 1000 && send_control(21, 2) == 0; room++)
		;
	CU_ASSERT_EQUAL(send_control(21, 2), -EAGAIN);
	CU_ASSERT(t.q.room_used < 40000 + 2 * BUF_LARGE_ROOM);
	/* Acknowledgments of whole records make room. */
	transmit(5);
	sendq_release(&t.q, t.taken_off);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	acknowledge();
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 40000);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
	/* Raw bytes are counted by buffers, too. */
	begin(1000);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 1000 - 256);
	CU_ASSERT(send_data(100000, false) > 0);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

/*
 * A send buffer smaller than one open record: sends go on until the record is
 * closed, or nothing would ever be sent and acknowledged.
 */
static void
check_zero(const uint8_t *bytes, uint32_t from, uint32_t to)
{
	uint32_t n = from;

	while (n < to && bytes[n] == 0)
		n++;
	CU_ASSERT_EQUAL(n, to);
}

/* What an open record takes out of a loaded buffer does not stay in that one, sealed or freed. */
static void
test_joined_is_wiped(void)
{
	const uint8_t *bytes;
	struct rte_mbuf *m;

	begin_keyed(SNDBUF);
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	m = loaded_buffer(1000);
	bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, true), 0);
	t.accepted += 1000;
	check_zero(bytes, 0, 1000);
	/* 1,100 bytes of this one do not fit, and are sealed where they lie. */
	m = loaded_buffer(16384);
	bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 16384;
	check_zero(bytes, 1100 + 1 + 16, 16384);
	check_log("23:16384 23:1100");
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

static void
test_open_record_fills_the_buffer(void)
{
	struct rte_mbuf *m;
	uint64_t calls;

	begin_keyed(1000);
	for (calls = 0; sendq_end(&t.q) == 0; calls++) {
		CU_ASSERT_FATAL(calls < 200);
		CU_ASSERT_FATAL(session_tx_room(&t.tx) > 0);
		CU_ASSERT_EQUAL_FATAL(send_data(100, true), calls == 163 ? 84 : 100);
	}
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_data(100, true), -EAGAIN);
	check_log("23:16384");
	/* The same with a loaded buffer behind it: what fits the record follows in it. */
	CU_ASSERT_EQUAL(send_data(300, true), 300);
	m = loaded_buffer(1000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, true), 0);
	t.accepted += 1000;
	/* What does not: what is open goes, to make room. */
	m = loaded_buffer(16000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	CU_ASSERT_EQUAL(m->data_len, 16000);
	acknowledge();
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 16000;
	check_log("23:16384 23:1300 23:16000");
	finish();
}

static void
test_without_memory(void)
{
	struct starved small, medium, large, control;

	begin_keyed(SNDBUF);
	/* All empty, the reserve too: nothing has changed, with and without an open record. */
	CU_ASSERT_EQUAL(send_data(20, true), 20);
	starve(&small, pools.record[0], 0);
	starve(&medium, pools.record[1], 0);
	starve(&large, pools.record[2], 0);
	starve(&control, pools.control, 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -ENOMEM);
	CU_ASSERT_EQUAL(sendq_end(&t.q), 0);
	/* The open record takes what its buffer holds, and says when it is full. */
	CU_ASSERT_EQUAL(send_data(1000, true), 223 - 20);
	CU_ASSERT_EQUAL(send_data(1000, true), -ENOMEM);
	CU_ASSERT_EQUAL(sendq_end(&t.q), 0);
	starve_end(&medium);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	check_log("23:1223");
	/* A short count closes the record. */
	starve_end(&small);
	starve(&medium, pools.record[1], 0);
	starve_end(&control);
	CU_ASSERT_EQUAL(send_data(60, true), 60);
	starve(&small, pools.record[0], 0);
	CU_ASSERT_EQUAL(send_data(1000, false), 223 - 60);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	check_log("23:1223 23:223");
	starve_end(&small);
	starve_end(&medium);
	starve_end(&large);
	finish();
}

/* Where there is no large buffer a record is as long as the largest that there is. */
static void
test_short_records(void)
{
	struct starved small, medium, large;

	begin_keyed(SNDBUF);
	starve(&large, pools.record[2], 0);
	CU_ASSERT_EQUAL(send_data(5000, false), 5000);
	acknowledge();
	check_log("23:2015 23:2015 23:970");
	/* One that is open and cannot grow is closed. */
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	CU_ASSERT_EQUAL(send_data(3000, false), 3000);
	acknowledge();
	check_log("23:2015 23:2015 23:970 23:2015 23:1085");
	starve(&medium, pools.record[1], 0);
	CU_ASSERT_EQUAL(send_data(300, false), 300);
	acknowledge();
	check_log("23:2015 23:2015 23:970 23:2015 23:1085 23:223 23:77");
	starve(&small, pools.record[0], 0);
	CU_ASSERT_EQUAL(send_data(1, false), -ENOMEM);
	starve_end(&small);
	starve_end(&medium);
	starve_end(&large);
	finish();
}

/* Data never takes the reserve; control records do, and the bytes of a handshake. */
static void
test_reserve(void)
{
	struct starved small, medium, large;
	uint32_t n = rte_mempool_avail_count(pools.control), len;

	for (int step = 0; step < 4; step++) {
		begin(SNDBUF);
		t.tx.handshake = step == 1;
		if (step == 2)
			CU_ASSERT_EQUAL(set_key(0, 0), 0);
		/* What comes so late is no handshake any more. */
		if (step == 3) {
			for (t.tx.handshake = true; sendq_end(&t.q) < SESSION_TX_HANDSHAKE_MAX;)
				CU_ASSERT_EQUAL(send_data(16384, false), 16384);
			sendq_release(&t.q, sendq_end(&t.q));
		}
		starve(&small, pools.record[0], 0);
		starve(&medium, pools.record[1], 0);
		starve(&large, pools.record[2], 0);
		len = step == 1 ? 5000 : 0;
		CU_ASSERT_EQUAL(send_data(5000, false), len != 0 ? (ssize_t)len : -ENOMEM);
		CU_ASSERT_EQUAL(send_control(21, 2), step == 2 ? 0 : -EINVAL);
		if (step == 2)
			CU_ASSERT_EQUAL(send_control(22, 16384), -ENOMEM);
		CU_ASSERT_EQUAL(rte_mempool_avail_count(pools.control), n - (step == 1 ? 3 :
									     step == 2 ? 1 :
											 0));
		starve_end(&small);
		starve_end(&medium);
		starve_end(&large);
		sendq_release(&t.q, sendq_end(&t.q));
		session_tx_fini(&t.tx);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* A store of which a connection has the floor alone. */
static const struct share_store scarce = { .total = 100 * BUF_LARGE_ROOM,
					   .used = 90 * BUF_LARGE_ROOM,
					   .floor = BUF_LARGE_ROOM,
					   .margin = 20 * BUF_LARGE_ROOM,
					   .members = 2,
					   .holders = 2 };

/* Its share stops a connection, not what it holds already, nor a control record. */
static void
test_share(void)
{
	struct share_store st = scarce;
	struct rte_mbuf *m;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), BUF_LARGE_ROOM);
	CU_ASSERT_EQUAL(send_data(40000, false), 16384);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT(!session_tx_may_hold(&t.tx));
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	m = loaded_buffer(1000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 1000;
	acknowledge();
	check_log("23:16384 21:2 23:1000");
	/* What is read ahead counts. */
	t.tx.ahead = BUF_LARGE_ROOM;
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	t.tx.ahead = BUF_LARGE_ROOM - 1;
	CU_ASSERT_EQUAL(send_data(1, false), 1);
	t.tx.ahead = 0;
	/* An open record takes what it can hold. */
	CU_ASSERT_EQUAL(send_data(1000, true), 1000);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	acknowledge();
	st.used = 0;
	CU_ASSERT_EQUAL(send_data(40000, false), 40000);
	acknowledge();
	finish();
}

/* Control records go past data that its share stops, but do not hold what it was denied. */
static void
test_share_of_control(void)
{
	struct share_store st = scarce;
	unsigned int n = 0;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	CU_ASSERT_EQUAL(send_data(16384, false), 16384);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	while (n < 1000 && send_control(21, 1000) == 0)
		n++;
	CU_ASSERT_EQUAL(send_control(21, 1000), -EAGAIN);
	CU_ASSERT(n >= BUF_LARGE_ROOM / BUF_MEDIUM_ROOM);
	CU_ASSERT(session_tx_held(&t.tx) <= 2 * BUF_LARGE_ROOM + BUF_MEDIUM_ROOM);
	acknowledge();
	/* What went past before counts no more. */
	CU_ASSERT_EQUAL(send_control(22, 2), 0);
	CU_ASSERT_EQUAL(send_data(16384, false), 16384);
	CU_ASSERT_EQUAL(send_control(22, 16384), 0);
	CU_ASSERT_EQUAL(send_control(22, 2), -EAGAIN);
	acknowledge();
	finish();
}

/* A record that the program leaves open takes the whole share, and nothing else is held. */
static void
test_share_of_open_record(void)
{
	struct share_store st = scarce;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	for (unsigned int round = 0; round < 3; round++) {
		CU_ASSERT_EQUAL(send_data(100, true), 100);
		CU_ASSERT_EQUAL(send_data(16000, true), 16000);
		CU_ASSERT(!session_tx_may_hold(&t.tx));
		CU_ASSERT_EQUAL(send_control(22, 16384), 0); /* closes it */
		CU_ASSERT_EQUAL(send_control(21, 2), -EAGAIN);
		acknowledge();
	}
	finish();
}

/* However many large buffers there are: what is accepted is what comes out. */
static void
test_short_counts(void)
{
	for (unsigned int left = 0; left <= 5; left++)
		for (int more = 0; more <= 1; more++) {
			struct starved small, medium, s;
			ssize_t n;

			begin_keyed(SNDBUF);
			starve(&medium, pools.record[1], 0);
			starve(&small, pools.record[0], 0);
			starve(&s, pools.record[2], left);
			n = send_data(5 * 16384, more);
			CU_ASSERT_EQUAL(n, left == 0 ? -ENOMEM : (ssize_t)left * 16384);
			CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
			acknowledge();
			CU_ASSERT_EQUAL(t.seen, t.accepted);
			starve_end(&s);
			starve_end(&medium);
			starve_end(&small);
			CU_ASSERT_EQUAL(send_data(100, false), 100);
			acknowledge();
			CU_ASSERT_EQUAL(t.seen, t.accepted);
			finish();
		}
}

/* After a failure nothing is sent any more: not the record, not another, not in clear. */
static void
test_provider_fails(void)
{
	static const struct {
		const char *what;
		int good_jobs;
		int rc;
		uint64_t seen;
	} rows[] = {
		{ "data", 0, -EIO, 0 }, /* the bytes are taken, the next call tells */
		{ "data", 1, -EIO, 100 },
		{ "long data", 0, -EIO, 0 },
		{ "long data", 2, -EIO, 32768 },
		{ "control", 0, -EIO, 0 },
		{ "control with data open", 0, -EIO, 0 },
		{ "control with data open", 1, -EIO, 100 },
		{ "buffer", 0, 0, 0 },
		{ "key", 0, -EIO, 0 },
		{ "flush", 0, -EIO, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rte_mbuf *m;
		uint64_t end_off;
		int rc = 0;

		if (peer_suite.tls12 && strcmp(rows[i].what, "key") == 0)
			continue;
		begin_keyed(SNDBUF);
		t.flaky.good_jobs = rows[i].good_jobs;
		if (strcmp(rows[i].what, "data") == 0) {
			CU_ASSERT_EQUAL(send_data(100, false), 100);
			CU_ASSERT_EQUAL(send_data(50, false), rows[i].good_jobs > 0 ? 50 : -EIO);
			rc = (int)send_data(50, false);
		} else if (strcmp(rows[i].what, "long data") == 0) {
			/* What was sealed was taken, and the rest was not. */
			rc = (int)send_data(50000, false);
			CU_ASSERT_EQUAL(rc, rows[i].good_jobs > 0 ? 32768 : -EIO);
			rc = (int)send_data(50000, false);
		} else if (strcmp(rows[i].what, "control") == 0) {
			rc = send_control(21, 2);
		} else if (strcmp(rows[i].what, "buffer") == 0) {
			m = loaded_buffer(100);
			rc = session_tx_buffer(&t.tx, m, false);
		} else {
			CU_ASSERT_EQUAL(send_data(100, true), 100);
			if (strcmp(rows[i].what, "key") == 0)
				rc = set_key(1, 0);
			else if (strcmp(rows[i].what, "flush") == 0)
				rc = session_tx_flush(&t.tx);
			else
				rc = send_control(21, 2);
		}
		CU_ASSERT_EQUAL(rc, rows[i].rc);
		end_off = sendq_end(&t.q);
		/* Well again or not: the number is spent. */
		t.flaky.good_jobs = -1;
		CU_ASSERT_EQUAL(send_data(10, false), -EIO);
		CU_ASSERT_EQUAL(send_data(10, true), -EIO);
		CU_ASSERT_EQUAL(send_data(0, false), -EIO);
		CU_ASSERT_EQUAL(send_control(21, 2), -EIO);
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), -EIO);
		CU_ASSERT_EQUAL(set_key(1, 0), peer_suite.tls12 ? -EBUSY : -EIO);
		m = loaded_buffer(10);
		CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EIO);
		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(sendq_end(&t.q), end_off);
		acknowledge();
		CU_ASSERT_EQUAL(t.seen, rows[i].seen);
		finish();
	}
}

/* No plaintext in freed memory: not of the record open at the end, not of one that moved. */
static void
test_wipes(void)
{
	const uint8_t *first, *second;
	const struct tx_tls *tls;
	uint32_t same = 0;

	begin_keyed(SNDBUF);
	tls = t.tx.tls;
	CU_ASSERT_EQUAL(send_data(60, true), 60);
	first = rte_pktmbuf_mtod(session_tx_open(&t.tx), const uint8_t *);
	CU_ASSERT(pattern_is(first, 0, 60));
	CU_ASSERT_EQUAL(send_data(1000, true), 1000);
	second = rte_pktmbuf_mtod(session_tx_open(&t.tx), const uint8_t *);
	CU_ASSERT(first != second);
	CU_ASSERT(pattern_is(second, 0, 1060));
	session_tx_fini(&t.tx);
	sendq_fini(&t.q);
	for (uint32_t i = 0; i < 223; i++)
		same += first[i] != 0;
	for (uint32_t i = 0; i < 1060; i++)
		same += second[i] != 0;
	CU_ASSERT_EQUAL(same, 0);
	/* All that it had from its keys on. */
	for (size_t i = 0; i < sizeof(*tls); i++)
		CU_ASSERT_EQUAL(((const uint8_t *)tls)[i], 0);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "the send buffer counts room", test_send_buffer, EACH_SUITE },
		{ "joined bytes are wiped", test_joined_is_wiped, EACH_SUITE },
		{ "an open record larger than the send buffer", test_open_record_fills_the_buffer,
		  EACH_SUITE },
		{ "empty pools change nothing", test_without_memory, EACH_SUITE },
		{ "short records", test_short_records, EACH_SUITE },
		{ "the reserve of control records", test_reserve, EACH_SUITE },
		{ "a share", test_share, EACH_SUITE },
		{ "a share, and control records", test_share_of_control, EACH_SUITE },
		{ "a share that the open record fills", test_share_of_open_record, EACH_SUITE },
		{ "short counts are exact", test_short_counts, EACH_SUITE },
		{ "a provider that fails ends sending", test_provider_fails, EACH_SUITE },
		{ "freed buffers hold no plaintext", test_wipes, EACH_SUITE },
	};

	return shared_start("session-tx-room") ?
		       each_suite_run("session/tx_room", cases, HARNESS_COUNT(cases)) :
		       1;
}
