/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records that a device is to seal: what it is given, and what becomes of them without it. */
#include "session/tx.h"

#include "session/tx_keys.h"
#include "unit/session/shared.h"

static struct {
	struct session_tx tx;
	struct sendq q;
	struct flaky flaky;
	uint64_t sent; /* bytes of the pattern */
} t;

static void
set_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);

	CU_ASSERT_EQUAL_FATAL(session_tx_set_keys(&t.tx, &keys), 0);
}

/* What lib/stack does to the epoch in force. */
static void
to_device(bool on)
{
	t.tx.tls->epochs.now->core.state = on ? EPOCH_NIC : EPOCH_GONE;
	session_tx_fence(&t.tx);
}

static uint32_t
in_clear(void)
{
	const struct session_epoch *e;
	uint32_t n = 0;

	for (uint32_t i = 0; (e = epochs_next(&t.tx.tls->epochs, &i)) != NULL;)
		n += e->core.records;
	return n;
}

static int
attach(uint64_t off, uint32_t len, struct rte_mbuf *m)
{
	struct txmap_rec *rec = txmap_find(&t.q.map, off);

	return attach_one(pools.indirect, rec, off, len, rec->epoch, m);
}

/* Keys n with records from rec_no on, sealed by a device. */
static void
begin(unsigned int n, uint64_t rec_no)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	sendq_init(&t.q, 0);
	session_tx_init(&t.tx, &shared, &t.q, 1 << 20);
	set_key(n, rec_no);
	to_device(true);
}

static void
finish(void)
{
	sendq_fini(&t.q);
	session_tx_fini(&t.tx);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
send_data(uint32_t len, bool more)
{
	static uint8_t bytes[40000];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };

	pattern_fill(bytes, t.sent, len);
	CU_ASSERT_EQUAL_FATAL(session_tx_data(&t.tx, &iov, 1, more), len);
	t.sent += len;
}

static const uint8_t *
bytes_of(struct txmap_rec *rec)
{
	return rte_pktmbuf_mtod(sendq_mbuf(rec), const uint8_t *);
}

/* A record of the pattern's len bytes from off on, as the device is given it. */
static void
expect_in_clear(struct txmap_rec *rec, uint8_t type, uint64_t off, uint32_t len)
{
	static const uint8_t no_tag[16];
	const uint8_t *wire = bytes_of(rec);

	CU_ASSERT_PTR_NOT_NULL(rec->epoch);
	CU_ASSERT_EQUAL_FATAL(rec->len, 5 + len + 1 + 16);
	CU_ASSERT(wire[0] == 23 && wire[1] == 3 && wire[2] == 3);
	CU_ASSERT_EQUAL((uint32_t)wire[3] << 8 | wire[4], len + 1 + 16);
	CU_ASSERT(pattern_is(wire + 5, off, len));
	CU_ASSERT_EQUAL(wire[5 + len], type);
	CU_ASSERT_EQUAL(memcmp(wire + 6 + len, no_tag, 16), 0);
}

/* The same one sealed, by key n. */
static void
expect_sealed(struct txmap_rec *rec, unsigned int n, uint64_t rec_no, uint64_t off, uint32_t len)
{
	static uint8_t plain[16384], wire[PEER_WIRE_MAX];
	struct peer p = peer_key(n, rec_no);

	pattern_fill(plain, off, len);
	CU_ASSERT_PTR_NULL(rec->epoch);
	CU_ASSERT_EQUAL_FATAL(rec->len, peer_seal(&p, 23, plain, len, 0, wire));
	CU_ASSERT_EQUAL(memcmp(bytes_of(rec), wire, rec->len), 0);
}

static void
test_framed(void)
{
	static const uint32_t lens[] = { 1, 2, 200, 222, 223, 224, 1448, 2015, 16383, 16384 };

	begin(0, 5);
	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		uint64_t off = t.sent;

		send_data(lens[i], false);
		expect_in_clear(t.q.map.tail, 23, off, lens[i]);
		CU_ASSERT_EQUAL(t.q.map.tail->rec_no, 5 + i);
		CU_ASSERT_EQUAL(t.q.map.tail->fence, i == 0);
	}
	/* Nothing was computed, and all are counted. */
	CU_ASSERT_EQUAL(t.flaky.jobs, 0);
	CU_ASSERT_EQUAL(t.tx.tls->count.device_records, HARNESS_COUNT(lens));
	CU_ASSERT_EQUAL(t.tx.tls->count.records, HARNESS_COUNT(lens));
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 5 + HARNESS_COUNT(lens));
	finish();
}

static void
test_control(void)
{
	struct iovec iov = { .iov_base = (uint8_t[]){ 1, 0 }, .iov_len = 2 };

	begin(0, 0);
	send_data(10, true);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, &iov, 1, 2), 0);
	expect_in_clear(t.q.map.head, 23, 0, 10);
	CU_ASSERT_EQUAL(t.q.map.tail->rec_no, 1);
	CU_ASSERT_EQUAL(bytes_of(t.q.map.tail)[5 + 2], 21);
	finish();
}

/* Sealed here after all: what OpenSSL makes of the same plaintext, in the same place. */
static void
test_seal_queued(void)
{
	static const uint32_t lens[] = { 1, 222, 223, 2000, 16384 };

	for (size_t which = 0; which < HARNESS_COUNT(lens); which++) {
		uint64_t off = 0;
		struct txmap_rec *rec;
		uint32_t room;

		begin(1, 77);
		for (size_t i = 0; i < HARNESS_COUNT(lens); i++)
			send_data(lens[i], false);
		room = t.q.room_used;
		rec = t.q.map.head;
		for (size_t i = 0; i < which; i++, rec = rec->next)
			off += lens[i];
		CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, rec), 0);
		CU_ASSERT_EQUAL(in_clear(), HARNESS_COUNT(lens) - 1);
		CU_ASSERT_EQUAL(t.q.room_used, room);
		rec = t.q.map.head;
		for (size_t i = 0, at = 0; i < HARNESS_COUNT(lens); i++, rec = rec->next) {
			if (i == which)
				expect_sealed(rec, 1, 77 + i, off, lens[i]);
			else
				expect_in_clear(rec, 23, at, lens[i]);
			at += lens[i];
		}
		finish();
	}
}

/* A packet under way refers to the record in clear: it stays until that is through. */
static void
test_seal_queued_under_way(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools.header);

	begin(0, 0);
	send_data(1000, false);
	CU_ASSERT_EQUAL(attach(0, 1022, m), 0);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), 0);
	CU_ASSERT(pattern_is(rte_pktmbuf_mtod(m->next, const uint8_t *) + 5, 0, 1000));
	expect_sealed(t.q.map.head, 0, 0, 0, 1000);
	rte_pktmbuf_free(m);
	finish();
}

/* Without a buffer a record is sealed that nobody refers to, and another one later. */
static void
test_seal_queued_without_memory(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools.header);
	struct starved s[3];

	begin(0, 0);
	send_data(1000, false);
	send_data(100, false);
	CU_ASSERT_EQUAL(attach(10, 10, m), 0);
	for (int i = 0; i < 3; i++)
		starve(&s[i], pools.record[i], 0);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), -ENOMEM);
	expect_in_clear(t.q.map.head, 23, 0, 1000);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.tail), 0);
	expect_sealed(t.q.map.tail, 0, 1, 1000, 100);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), 0);
	expect_sealed(t.q.map.head, 0, 0, 0, 1000);
	for (int i = 0; i < 3; i++)
		starve_end(&s[i]);
	send_data(10, false);
	finish();
}

/* A record that is lost in the middle of the stream is the end of it. */
static void
test_seal_queued_fails(void)
{
	struct iovec iov = { .iov_base = (uint8_t[]){ 1 }, .iov_len = 1 };

	begin(0, 0);
	send_data(1000, false);
	t.flaky.good_jobs = 0;
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), -EIO);
	t.flaky.good_jobs = -1;
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), -EIO);
	CU_ASSERT_EQUAL(session_tx_data(&t.tx, &iov, 1, false), -EIO);
	CU_ASSERT_PTR_NOT_NULL(t.q.map.head->epoch);
	finish();
}

/* Behind a key change records are sealed here; those before keep their key until they are gone. */
static void
test_key_change(void)
{
	begin(0, 3);
	send_data(100, false);
	send_data(50, true); /* closed by the change, for the device */
	set_key(1, 0);
	t.tx.tls->epochs.of[0]->core.state = EPOCH_GONE; /* nobody steps it here */
	send_data(60, false);
	CU_ASSERT_EQUAL(in_clear(), 2);
	expect_in_clear(t.q.map.head->next, 23, 100, 50);
	expect_sealed(t.q.map.tail, 1, 0, 150, 60);
	CU_ASSERT(t.q.map.tail->fence);
	CU_ASSERT_EQUAL(t.flaky.keys, 2);
	/* A second change in the meantime takes nothing away. */
	set_key(2, 9);
	send_data(70, false);
	expect_sealed(t.q.map.tail, 2, 9, 210, 70);
	CU_ASSERT_EQUAL(t.flaky.keys, 2);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head->next), 0);
	expect_sealed(t.q.map.head->next, 0, 4, 100, 50);

	sendq_release(&t.q, 121);
	set_key(3, 0);
	CU_ASSERT_EQUAL(in_clear(), 1);
	CU_ASSERT_EQUAL(t.flaky.keys, 2);
	sendq_release(&t.q, 122);
	set_key(4, 0);
	CU_ASSERT_EQUAL(in_clear(), 0);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	finish();
}

/* Records in clear of each of five keys: a sixth has to wait for those of the first. */
static void
test_four_drain(void)
{
	struct peer p = peer_key(9, 0);
	struct rtls_keys keys = peer_keys(&p);
	struct txmap_rec *rec;

	begin(0, 0);
	for (unsigned int n = 1; n < EPOCHS_MAX; n++) {
		send_data(100, false);
		set_key(n, 0);
		to_device(true);
	}
	send_data(100, true);
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EAGAIN);
	/* Nothing has changed: the open record is open, and each record has its key. */
	CU_ASSERT_PTR_NOT_NULL(t.tx.tls->open);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, EPOCHS_MAX);
	send_data(0, false);
	rec = t.q.map.head;
	for (unsigned int n = 0; n < EPOCHS_MAX; n++, rec = rec->next) {
		CU_ASSERT_PTR_EQUAL(rec->epoch, &t.tx.tls->epochs.of[n]->core);
		t.tx.tls->epochs.of[n]->core.state = EPOCH_GONE;
	}
	sendq_release(&t.q, 121);
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EAGAIN);
	sendq_release(&t.q, 122);
	to_device(true);
	set_key(5, 0);
	CU_ASSERT_EQUAL(t.flaky.keys, EPOCHS_MAX);
	rec = t.q.map.head;
	for (unsigned int n = 1; n < EPOCHS_MAX; n++) {
		CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, rec), 0);
		expect_sealed(n == 1 ? t.q.map.head : rec, n, 0, 100 * n, 100);
		rec = rec->next;
	}
	finish();
}

/* Others have the epochs that are for all: one key drains, and the next waits, as behind four. */
static void
test_no_epoch(void)
{
	uint8_t update[5] = { RECORD_HS_KEY_UPDATE };
	struct iovec iov = { .iov_base = update, .iov_len = sizeof(update) };
	uint32_t before = shared.epochs.max_beyond;
	struct peer p = peer_key(9, 0);
	struct rtls_keys keys = peer_keys(&p);

	begin(0, 0);
	shared.epochs.max_beyond = 0;
	send_data(100, false);
	set_key(1, 0);
	to_device(true);
	send_data(100, true);
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 22, &iov, 1, sizeof(update)), -EAGAIN);
	CU_ASSERT_PTR_NOT_NULL(t.tx.tls->open);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 2);
	CU_ASSERT_EQUAL(t.flaky.keys, 2);
	/* The first one's record is gone. */
	t.tx.tls->epochs.of[0]->core.state = EPOCH_GONE;
	sendq_release(&t.q, 122);
	set_key(2, 0);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb, EPOCHS_OWN);
	CU_ASSERT_EQUAL(t.flaky.keys, 2);
	shared.epochs.max_beyond = before;
	finish();
}

/* The device is given up in between: one record its, the next ours, and no segment has both. */
static void
test_given_up(void)
{
	begin(0, 0);
	send_data(100, false);
	to_device(false);
	send_data(100, false);
	expect_in_clear(t.q.map.head, 23, 0, 100);
	expect_sealed(t.q.map.tail, 0, 1, 100, 100);
	CU_ASSERT_EQUAL(sendq_cut(t.q.map.head, 0, 1448), 122);
	/* Also where no fence says so: sealed later, by itself. */
	t.q.map.tail->fence = false;
	CU_ASSERT_EQUAL(sendq_cut(t.q.map.head, 0, 1448), 122);
	CU_ASSERT_EQUAL(session_tx_seal_queued(&t.tx, t.q.map.head), 0);
	CU_ASSERT_EQUAL(sendq_cut(t.q.map.head, 0, 1448), 244);
	finish();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "records are framed and left in clear", test_framed },
		{ "so are control records", test_control },
		{ "a queued record sealed here is what OpenSSL makes of it", test_seal_queued },
		{ "a packet under way keeps the record in clear", test_seal_queued_under_way },
		{ "sealing here without memory", test_seal_queued_without_memory },
		{ "a provider that fails ends sending", test_seal_queued_fails },
		{ "the old key stays while its records do", test_key_change },
		{ "a key has to wait while four before it drain", test_four_drain },
		{ "no epoch for the next key", test_no_epoch },
		{ "the device is given up between two records", test_given_up },
	};

	return shared_start("session-tx-device") ?
		       harness_run("session/tx_device", cases, HARNESS_COUNT(cases)) :
		       1;
}
