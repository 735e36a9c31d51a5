/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Of the records that a device opened some are verified here once more: which ones, and what comes of a
 * device that says what is not so of one, with and without.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "session/audit.h"
#include "support/each_suite.h"
#include "unit/session/device_stream.h"

enum { PLAIN = 700, READ_MAX = 40000 };

static uint8_t got[READ_MAX];

/* As recv_data(), whatever the bytes are. */
static ssize_t
read_any(uint32_t len, int flags, bool data_only)
{
	struct iovec iov = { .iov_base = got, .iov_len = len };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };

	memset(got, 0, sizeof(got));
	return session_rx_recv(&t.rx, &msg, flags, false, data_only);
}

static void
begin_audit(uint32_t rate)
{
	begin(40);
	t.rx.audit_rate = rate;
	memset(&shared.rx_device_total, 0, sizeof(shared.rx_device_total));
}

/* All that was put, in packets of so many bytes, opened. */
static void
feed_opened(uint32_t len)
{
	while (t.fed < t.len)
		feed(RTE_MIN(len, t.len - t.fed), true, 1 + len / 2);
}

static uint64_t
audited(void)
{
	CU_ASSERT_EQUAL(shared.rx_device_total.found[RX_FOUND_AUDITED],
			t.rx.tls->device->count.found[RX_FOUND_AUDITED]);
	return t.rx.tls->device->count.found[RX_FOUND_AUDITED];
}

static uint64_t
failed(void)
{
	CU_ASSERT_EQUAL(shared.rx_device_total.audits_failed,
			t.rx.tls->device->count.audits_failed);
	return t.rx.tls->device->count.audits_failed;
}

/* --- which ones ----------------------------------------------------------------- */

/* One of rate of so many, within six times the deviation; the same again; others by another key or IV. */
static void
test_which(void)
{
	static const uint32_t rates[] = { 2, 16, 256, 1000 };
	enum { RECORDS = 200000 };
	uint64_t rng = harness_seed();
	uint8_t key[2][AUDIT_KEY_LEN];
	struct session_epoch e[2] = { { .suite = record_suite_row(0) },
				      { .suite = record_suite_row(0) } };

	for (size_t i = 0; i < AUDIT_KEY_LEN; i++) {
		key[0][i] = (uint8_t)harness_rand(&rng);
		key[1][i] = (uint8_t)(key[0][i] + (i == 7));
	}
	e[1].iv[0] = 1;
	for (size_t i = 0; i < HARNESS_COUNT(rates); i++) {
		uint64_t n = 0, both = 0, mean = RECORDS / rates[i], off;

		for (uint64_t no = UINT64_MAX - RECORDS; no < UINT64_MAX; no++) {
			bool due = audit_is_due(key[0], rates[i], &e[0], no);

			CU_ASSERT_EQUAL(audit_is_due(key[0], rates[i], &e[0], no), due);
			n += due;
			both += due && (audit_is_due(key[1], rates[i], &e[0], no) ||
					audit_is_due(key[0], rates[i], &e[1], no));
		}
		off = n > mean ? n - mean : mean - n;
		CU_ASSERT(off * off <= 36 * (mean + 1));
		/* Of those the others pick as many as of any. */
		mean = 2 * n / rates[i];
		CU_ASSERT(both <= mean + 1 || (both - mean) * (both - mean) <= 36 * (mean + 1));
	}
}

static void
test_all_or_none(void)
{
	const uint8_t key[AUDIT_KEY_LEN] = { 1 };
	const struct session_epoch e = { .suite = record_suite_row(0) };
	uint64_t n = 0;

	for (uint64_t no = 0; no < 1000; no++) {
		CU_ASSERT(!audit_is_due(key, 0, &e, no));
		CU_ASSERT(audit_is_due(key, 1, &e, no));
		n += audit_is_due(key, UINT32_MAX, &e, no);
	}
	CU_ASSERT(n <= 1);
}

/* --- a device that is right ----------------------------------------------------- */

/* Cut in any way, read in any pieces: it is read, and audited once. */
static void
test_honest(void)
{
	enum { RECORDS = 12 };
	uint64_t rng = harness_seed();

	for (uint32_t seg = 100; seg <= 2000; seg += 380)
		for (uint32_t read = 50; read <= 20000; read *= 20) {
			begin_audit(1);
			for (uint32_t i = 0; i < RECORDS; i++)
				put_data(1 + harness_below(&rng, 3000),
					 harness_below(&rng, 3) * 100);
			feed_opened(seg);
			while (recv_data(read) > 0)
				;
			CU_ASSERT_EQUAL(t.got, t.sent);
			expect_counts(RECORDS, RECORDS, 0);
			CU_ASSERT_EQUAL(audited(), RECORDS);
			CU_ASSERT_EQUAL(failed(), 0);
			CU_ASSERT_EQUAL(t.flaky.jobs, RECORDS);
			CU_ASSERT_EQUAL(t.rx.tls->count.put_back, RECORDS);
			finish();
		}
}

/* Those that are due, and no others; what the device has not opened is nobody's to audit. */
static void
test_some(void)
{
	enum { RECORDS = 200, RATE = 4 };
	uint64_t due = 0, opened = 0;

	begin_audit(RATE);
	for (uint64_t i = 0; i < RECORDS; i++) {
		bool opens = i % 3 != 0;

		put_data(30, 0);
		feed(t.len - t.fed, opens, 2000);
		opened += opens;
		due += opens && audit_is_due(shared.audit_key, RATE, t.rx.tls->epochs.now, 40 + i);
		CU_ASSERT_EQUAL(recv_data(100), 30);
	}
	expect_counts(RECORDS, opened, 0);
	CU_ASSERT_EQUAL(audited(), due);
	CU_ASSERT_EQUAL(t.flaky.jobs, RECORDS - opened + due);
	finish();
}

/* Looked at, with a buffer that is too small, for another type: nothing is done twice. */
static void
test_once(void)
{
	static const uint8_t alert[] = { 1, 90 };
	uint8_t ctl[8];
	struct iovec iov = { .iov_base = ctl, .iov_len = sizeof(ctl) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };

	begin_audit(1);
	put_data(PLAIN, 0);
	put(21, alert, sizeof(alert), 0, 0, t.peer.rec_no);
	feed_opened(500);
	CU_ASSERT_EQUAL(read_any(PLAIN, RTLS_MSG_PEEK, true), PLAIN);
	CU_ASSERT_EQUAL(recv_data(10), 10);
	CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN - 10);
	CU_ASSERT_EQUAL(recv_data(PLAIN), -EIO);
	CU_ASSERT_EQUAL(recv_data(PLAIN), -EIO);
	CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, false), 2);
	CU_ASSERT_EQUAL(memcmp(ctl, alert, 2), 0);
	CU_ASSERT_EQUAL(audited(), 2);
	CU_ASSERT_EQUAL(t.rx.tls->count.put_back, 2);
	finish();
}

/* No record buffer: it waits, and is audited all the same. */
static void
test_no_buffer(void)
{
	struct rte_mbuf *all[FIXTURE_SMALL + FIXTURE_MEDIUM + FIXTURE_LARGE];
	uint32_t n = 0;

	begin_audit(1);
	put_data(PLAIN, 0);
	feed_opened(500);
	while (n < RTE_DIM(all) && (all[n] = buf_rx_record_alloc(&pools, PLAIN)) != NULL)
		n++;
	CU_ASSERT_EQUAL(read_any(10, 0, true), -ENOMEM);
	CU_ASSERT_EQUAL(read_any(10, 0, true), -ENOMEM);
	rte_pktmbuf_free_bulk(all, n);
	CU_ASSERT_EQUAL(recv_data(10), 10);
	CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN - 10);
	expect_counts(1, 1, 0);
	CU_ASSERT_EQUAL(audited(), 1);
	CU_ASSERT_EQUAL(t.rx.tls->count.put_back, 1);
	finish();
}

/* The provider fails: the connection ends, and it is not the device's doing. */
static void
test_provider(void)
{
	begin_audit(1);
	put_data(PLAIN, 0);
	feed_opened(500);
	t.flaky.good_jobs = 0;
	t.flaky.failure = -EIO;
	CU_ASSERT_EQUAL(read_any(PLAIN, 0, true), -EBADMSG);
	CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_MAC);
	CU_ASSERT_EQUAL(failed(), 0);
	finish();
}

/* --- a device that is not ------------------------------------------------------- */

static uint8_t *
opened_body(uint32_t i)
{
	return t.opened + t.rec[i].off + peer_prefix(&t.peer);
}

static uint32_t
body_len(uint32_t i)
{
	return t.rec[i + 1].off - t.rec[i].off - peer_prefix(&t.peer) - 16;
}

static void
lie_first_bit(void)
{
	opened_body(1)[0] ^= 1;
}

static void
lie_middle_bit(void)
{
	opened_body(1)[PLAIN / 2] ^= 0x40;
}

static void
lie_last_bit(void)
{
	opened_body(1)[PLAIN - 1] ^= 0x80;
}

static void
lie_other_text(void)
{
	memcpy(opened_body(1), opened_body(0), body_len(1));
}

/* By the nonce of another record, and named as what it is. */
static void
lie_number(void)
{
	static uint8_t wire[PEER_WIRE_MAX];
	struct peer key = peer_key(0, 0);

	memcpy(wire, t.wire + t.rec[1].off, t.rec[2].off - t.rec[1].off);
	if (peer_prefix(&key) == 13)
		wire[12]++;
	device_opens(&key, t.rec[1].rec_no + 1, wire, t.opened + t.rec[1].off);
	if (peer_prefix(&key) == 13)
		t.opened[t.rec[1].off + 12]--;
}

/* Changed on the way, opened, and passed as authentic. */
static void
lie_forged_text(void)
{
	t.wire[t.rec[1].off + peer_prefix(&t.peer) + 9] ^= 2;
	opened_body(1)[9] ^= 2;
}

/* The tag alone, and with it nothing that is read. */
static void
lie_forged_tag(void)
{
	t.wire[t.rec[2].off - 1] ^= 1;
	t.opened[t.rec[2].off - 1] ^= 1;
}

/* Sent twice on the way: genuine, opened as what it was, and named as the one that is due. */
static void
lie_replayed(void)
{
	memcpy(t.wire + t.rec[1].off, t.wire, t.rec[1].off);
	memcpy(t.opened + t.rec[1].off, t.opened, t.rec[1].off);
}

static const struct {
	const char *what;
	void (*tell)(void);
	bool reads_right; /* without an audit nobody can tell by the plaintext */
} lies[] = {
	{ "the first bit", lie_first_bit, false },
	{ "one in the middle", lie_middle_bit, false },
	{ "the last one", lie_last_bit, false },
	{ "another record's text", lie_other_text, false },
	{ "another number", lie_number, false },
	{ "forged text", lie_forged_text, false },
	{ "a forged tag", lie_forged_tag, true },
	{ "replayed", lie_replayed, false },
};

/* Three records of one length, and the lie about the second one. */
static void
put_lie(size_t i)
{
	for (int k = 0; k < 3; k++)
		put_data(PLAIN, 0);
	lies[i].tell();
}

/* Nobody looks: it is read, or ends for what it looks like to be. */
static void
test_unseen(void)
{
	ssize_t n;

	for (size_t i = 0; i < HARNESS_COUNT(lies); i++) {
		begin_audit(0);
		put_lie(i);
		feed_opened(500);
		CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN);
		n = read_any(PLAIN, 0, true);
		/* Another number makes of the inner type anything. */
		if (lies[i].tell != lie_number || t.peer.tls12) {
			CU_ASSERT_EQUAL(n, PLAIN);
			CU_ASSERT_EQUAL(pattern_is(got, PLAIN, PLAIN), lies[i].reads_right);
			expect_counts(2, 2, 0);
		} else {
			CU_ASSERT(n != PLAIN || !pattern_is(got, PLAIN, PLAIN));
		}
		CU_ASSERT_NOT_EQUAL(t.rx.end_reason, RTLS_REASON_DEVICE);
		CU_ASSERT_EQUAL(audited() + failed(), 0);
		finish();
	}
}

/* It ends in front of the first byte of that record, whoever asks for it, and how. */
static void
ends_there(uint32_t len, int flags, bool data_only)
{
	static const uint8_t nothing[READ_MAX];

	for (int k = 0; k < 2; k++) {
		CU_ASSERT_EQUAL(read_any(len, flags, data_only), -EBADMSG);
		CU_ASSERT_EQUAL(memcmp(got, nothing, sizeof(got)), 0);
	}
	CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_DEVICE);
	CU_ASSERT_EQUAL(t.rx.end_alert, 20);
	CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, 1);
	expect_counts(1, 1, 0);
	CU_ASSERT_EQUAL(audited(), 1);
	CU_ASSERT_EQUAL(failed(), 1);
}

static void
test_found(void)
{
	static const struct {
		uint32_t len;
		int flags;
		bool data_only;
	} reads[] = { { PLAIN, 0, true },
		      { READ_MAX, 0, false },
		      { 10, 0, true },
		      { PLAIN, RTLS_MSG_PEEK, true } };

	for (size_t i = 0; i < HARNESS_COUNT(lies); i++)
		for (size_t r = 0; r < HARNESS_COUNT(reads); r++) {
			begin_audit(1);
			put_lie(i);
			feed_opened(500);
			CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN);
			ends_there(reads[r].len, reads[r].flags, reads[r].data_only);
			finish();
		}
}

/* Who only looks for a control record leaves it to who reads. */
static void
test_ahead(void)
{
	begin_audit(1);
	put_lie(1);
	feed_opened(500);
	CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
	CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN);
	ends_there(PLAIN, 0, true);
	finish();
}

/* The next key is set over a record that is put back already: it is not put back once more. */
static void
test_next_key(void)
{
	begin_audit(1);
	put_lie(1);
	feed_opened(500);
	CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN);
	CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
	CU_ASSERT_EQUAL(t.rx.tls->count.put_back, 2);
	set_key(1, 0);
	CU_ASSERT_EQUAL(t.rx.tls->count.put_back, 3); /* the third one */
	CU_ASSERT_EQUAL(read_any(PLAIN, 0, true), -EBADMSG);
	CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_MAC);
	CU_ASSERT_EQUAL(failed(), 0);
	finish();
}

/*
 * Each record is a lie, and one of 16 is audited: how many are read before one is found has a geometric
 * distribution. None but once in 10^9 is above the first bound; the mean of all is within six deviations.
 */
static void
test_expected(void)
{
	enum { RATE = 16, CONNECTIONS = 200, READ_AT_MOST = 321, AT_ONCE = 32 };
	uint64_t rng = harness_seed(), read_all = 0;
	double mean;

	for (int k = 0; k < CONNECTIONS; k++) {
		uint64_t n = 0;

		begin_audit(RATE);
		for (size_t i = 0; i < AUDIT_KEY_LEN; i++)
			shared.audit_key[i] = (uint8_t)harness_rand(&rng);
		for (uint32_t i = 0; i < READ_AT_MOST + 1; i++) {
			put_data(16, 0);
			opened_body(i)[3] ^= 1;
		}
		while (t.rx.state == SESSION_RX_RECORDS && n <= READ_AT_MOST) {
			if (t.fed < t.len)
				feed(RTE_MIN(600u, t.len - t.fed), true, 2000);
			while (read_any(16, 0, true) == 16)
				n++;
		}
		CU_ASSERT(n <= READ_AT_MOST);
		CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_DEVICE);
		CU_ASSERT_EQUAL(failed(), 1);
		CU_ASSERT_EQUAL(audited(), 0);
		read_all += n;
		finish();
	}
	mean = (double)read_all / CONNECTIONS;
	printf("# one of %d audited: %.2f read before the first is found, %d are to be expected\n",
	       RATE, mean, RATE - 1);
	/* Its deviation is sqrt(15 * 16) for one, and 1.095 for the mean. */
	CU_ASSERT(mean > RATE - 1 - 6 * 1.1 && mean < RATE - 1 + 6 * 1.1);
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "which ones", test_which, EACH_SUITE_ONCE },
		{ "all or none", test_all_or_none, EACH_SUITE_ONCE },
		{ "a device that is right", test_honest, EACH_SUITE },
		{ "some", test_some, EACH_SUITE },
		{ "once", test_once, EACH_SUITE },
		{ "no buffer", test_no_buffer, EACH_SUITE },
		{ "the provider fails", test_provider, EACH_SUITE },
		{ "a lie that nobody sees", test_unseen, EACH_SUITE },
		{ "a lie that is found", test_found, EACH_SUITE },
		{ "a lie that is found ahead", test_ahead, EACH_SUITE_13 },
		{ "the next key", test_next_key, EACH_SUITE_13 },
		{ "within the expected count", test_expected, EACH_SUITE_ONCE },
	};

	if (!shared_start("session-audit"))
		return EXIT_FAILURE;
	return each_suite_run("session/audit", cases, HARNESS_COUNT(cases));
}
