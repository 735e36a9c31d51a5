/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is found of a record, why it was opened here, and whether it says that the device is out of step: not
 * where any byte of it was opened as what it is, whatever became of the rest.
 */
#include <errno.h>
#include <stdio.h>

#include "session/rx_resync.h"
#include "unit/session/device_stream.h"

enum { NO = 100, LEN = 500 };

struct row {
	const char *what;
	int ahead;        /* of the number by which the device opens it */
	bool front, back; /* is opened */
	bool failed;
	enum rx_found found;
	bool out_of_step;
};

static const struct row rows[] = {
	{ "as it was", 0, false, false, false, RX_FOUND_UNTOUCHED, true },
	{ "opened", 0, true, true, false, RX_FOUND_OPENED, false },
	{ "the front", 0, true, false, false, RX_FOUND_MIXED + MARK_WHY_PARTIAL, false },
	{ "the back", 0, false, true, false, RX_FOUND_MIXED + MARK_WHY_PARTIAL, false },
	{ "not verified", 0, true, true, true, RX_FOUND_MIXED + MARK_WHY_FAILED, false },
	{ "as the next one", 1, true, true, false, RX_FOUND_MIXED + MARK_WHY_PLACE, true },
	{ "as the one before", -1, true, true, false, RX_FOUND_MIXED + MARK_WHY_PLACE, true },
	{ "the front as the next one", 1, true, false, false, RX_FOUND_MIXED + MARK_WHY_PARTIAL,
	  true },
	{ "as the next one, not verified", 1, true, true, true, RX_FOUND_MIXED + MARK_WHY_FAILED,
	  true },
};

static void
feed_part(uint32_t len, bool opened, bool failed)
{
	struct rtls_tls_rx_mark mark = mark_of(t.fed, t.fed + len);

	arrive_marked(t.fed, t.fed + len, len, opened ? &mark : NULL, failed);
	t.fed += len;
}

static uint64_t
untouched(void)
{
	return t.rx.tls->device->resync.core.untouched;
}

static void
put_record(int ahead)
{
	static uint8_t plain[LEN];

	pattern_fill(plain, t.sent, LEN);
	t.sent += LEN;
	put(23, plain, LEN, 0, 0, t.peer.rec_no + (uint64_t)(int64_t)ahead);
}

static void
judge(const struct row *r)
{
	uint32_t half = LEN / 2, start;

	begin(NO);
	rx_resync_start(t.rx.tls, 0, 0);
	put_record(0);
	feed_part(t.len, true, false);
	start = t.len;
	put_record(r->ahead);
	feed_part(half, r->front, r->failed);
	t.run += r->front != r->back;
	feed_part(t.len - start - half, r->back, r->failed);
	if (untouched() != r->out_of_step || t.rx.tls->device->resync.out != r->out_of_step)
		printf("# %s\n", r->what);
	CU_ASSERT_EQUAL(untouched(), r->out_of_step);
	CU_ASSERT_EQUAL(t.rx.tls->device->resync.out, r->out_of_step);
	while (recv_data(2 * LEN) > 0)
		;
	CU_ASSERT_EQUAL(t.got, 2 * LEN);
	CU_ASSERT_EQUAL(t.rx.tls->device->count.found[r->found],
			r->found == RX_FOUND_OPENED ? 2u : 1u);
	finish();
}

static void
test_rows(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		judge(&rows[i]);
}

/* What lies in front of the start, or comes when no context is started, says nothing of a device. */
static void
test_not_its(void)
{
	begin(NO);
	put_record(0);
	feed_part(t.len, false, false);
	CU_ASSERT_EQUAL(untouched(), 0);
	rx_resync_start(t.rx.tls, 0, 3 * t.len);
	put_record(0);
	feed_part(t.len - t.fed, false, false);
	put_record(0);
	feed_part(t.len - t.fed, false, false);
	CU_ASSERT_EQUAL(untouched(), 0);
	put_record(0);
	feed_part(t.len - t.fed, false, false);
	CU_ASSERT_EQUAL(untouched(), 1);
	while (recv_data(4 * LEN) > 0)
		;
	CU_ASSERT_EQUAL(t.rx.tls->device->count.found[RX_FOUND_NO_CONTEXT], 1);
	CU_ASSERT_EQUAL(t.rx.tls->device->count.found[RX_FOUND_BEFORE_START], 2);
	CU_ASSERT_EQUAL(t.rx.tls->device->count.found[RX_FOUND_UNTOUCHED], 1);
	finish();
}

static void
feed_records(void)
{
	for (uint32_t i = 0; i < t.records; i++)
		feed_part(t.rec[i + 1].off - t.rec[i].off, false, false);
}

/* The KeyUpdate at the head is read: into the program's buffer, or kept by a receive of data. */
static void
read_key_update(bool direct)
{
	static uint8_t buf[LEN];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };
	ssize_t n = session_rx_recv(&t.rx, &msg, 0, false, !direct);

	if (direct)
		CU_ASSERT_EQUAL(n, 5);
	CU_ASSERT_EQUAL(t.rx.state, direct ? SESSION_RX_PAUSED : SESSION_RX_RECORDS);
	CU_ASSERT_EQUAL(rx_list_control(&t.rx.tls->list) != NULL, !direct);
}

/*
 * The ring is full behind a KeyUpdate, and a header behind it is asked about: that is parsed as the KeyUpdate
 * is read, whether it goes to the program or is kept. Its number is the next key's.
 */
static void
key_update_makes_room(bool direct)
{
	static const uint8_t key_update[5] = { 24, 0, 0, 1, 0 };
	struct resync_event ask = { .type = RESYNC_REQUEST };
	struct resync_action told;

	begin(NO);
	rx_resync_start(t.rx.tls, 0, 0);
	put(22, key_update, sizeof(key_update), 0, 0, t.peer.rec_no);
	for (uint32_t i = 0; i < FRAMER_RING + 4; i++)
		put_record(0);
	feed_records();
	CU_ASSERT_EQUAL(t.rx.tls->framer.count, FRAMER_RING);
	/* The record at the edge was parsed; the one behind it was not. */
	ask.seq = t.rec[FRAMER_RING + 1].off;
	rx_resync_event(t.rx.tls, &ask);
	read_key_update(direct);
	CU_ASSERT(!rx_resync_take(t.rx.tls, &told));
	/* Nor is the hint put off that was due before. */
	CU_ASSERT(resync_due(&t.rx.tls->device->resync.core));
	CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.asked, 1);
	CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.cancelled, 1);
	CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.answered, 0);
	finish();
}

static void
test_key_update_makes_room(void)
{
	key_update_makes_room(false);
	key_update_makes_room(true);
}

/* A short record in front of the one asked about may be a KeyUpdate; that one itself, and those behind it, may. */
static void
test_short_records(void)
{
	static const uint32_t lens[][3] = { { LEN, 5, 5 }, { LEN, LEN, 5 }, { 5, LEN, LEN } };

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		struct resync_event ask = { .type = RESYNC_REQUEST };
		struct resync_action told;
		bool known = lens[i][0] == LEN;

		begin(NO);
		rx_resync_start(t.rx.tls, 0, 0);
		for (size_t n = 0; n < HARNESS_COUNT(lens[i]); n++)
			put_data(lens[i][n], 0);
		ask.seq = t.rec[1].off;
		rx_resync_event(t.rx.tls, &ask);
		feed_records();
		CU_ASSERT_EQUAL(rx_resync_take(t.rx.tls, &told), known);
		if (known) {
			CU_ASSERT_EQUAL(told.seq, ask.seq);
			CU_ASSERT_EQUAL(told.rec_no, NO + 1);
			/* It is answered when it is told. */
			CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.answered, 0);
			rx_resync_told(t.rx.tls, told.what, 0);
		}
		CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.answered, known);
		CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.cancelled, !known);
		finish();
	}
}

/* A hint is due, and stays so behind an answer that could not be given; one that is given puts it off. */
static void
test_hint_not_put_off(void)
{
	for (int known = 0; known < 2; known++) {
		struct resync_event ask = { .type = RESYNC_REQUEST };

		begin(NO);
		rx_resync_start(t.rx.tls, 0, 0);
		put_data(LEN, 0);
		put_data(LEN, 0);
		put_data(known ? LEN : 5, 0);
		put_data(LEN, 0);
		ask.seq = t.rec[3].off;
		rx_resync_event(t.rx.tls, &ask);
		feed_part(t.rec[3].off, false, false);
		CU_ASSERT_EQUAL(untouched(), 3);
		CU_ASSERT(resync_due(&t.rx.tls->device->resync.core));
		/* Its header. */
		feed_part(10, false, false);
		CU_ASSERT_EQUAL(t.rx.tls->device->count.resync.cancelled, !known);
		CU_ASSERT_EQUAL(resync_due(&t.rx.tls->device->resync.core), !known);
		finish();
	}
}

static void
device_says(enum resync_event_type type, uint32_t seq)
{
	rx_resync_event(t.rx.tls, &(struct resync_event){ .type = type, .seq = seq, .len = LEN });
}

/* Nothing more is read under the key in force: a start may be open then, and its end is still to come. */
static void
test_open_start(void)
{
	static const uint8_t key_update[5] = { 24, 0, 0, 1, 0 };
	static const enum resync_event_type ends[] = { RESYNC_END, RESYNC_CANCEL };

	for (size_t i = 0; i < 2 * HARNESS_COUNT(ends); i++) {
		const struct rx_resync_count *c;
		bool failed = i >= HARNESS_COUNT(ends);

		begin(NO);
		rx_resync_start(t.rx.tls, 0, 0);
		c = &t.rx.tls->device->count.resync;
		put(22, key_update, sizeof(key_update), 0, 0, t.peer.rec_no);
		device_says(RESYNC_START, t.len);
		feed_records();
		if (failed)
			session_rx_fail(&t.rx, -EBADMSG, RTLS_REASON_CLOSED, 0);
		else
			read_key_update(true);
		CU_ASSERT_EQUAL(c->cancelled, 1);
		device_says(ends[i % HARNESS_COUNT(ends)], t.len);
		/* It knows nothing of that, and asks on. */
		device_says(RESYNC_START, t.len);
		device_says(ends[i % HARNESS_COUNT(ends)], t.len);
		CU_ASSERT_EQUAL(c->wrong, 0);
		CU_ASSERT_EQUAL(c->asked, c->cancelled);
		CU_ASSERT(!rx_resync_wants(t.rx.tls));
		/* Under the next context its rules are the same again. */
		rx_resync_stop(t.rx.tls);
		rx_resync_start(t.rx.tls, 0, 0);
		device_says(RESYNC_CANCEL, 0);
		CU_ASSERT_EQUAL(c->wrong, 1);
		finish();
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a device did to a record", test_rows },
		{ "records that are none of its", test_not_its },
		{ "a KeyUpdate that makes room for a header asked about",
		  test_key_update_makes_room },
		{ "short records around the one asked about", test_short_records },
		{ "an answer that is not given puts no hint off", test_hint_not_put_off },
		{ "a start that is open when a key's last record was read", test_open_start },
	};

	return shared_start("session-rx-resync") ?
		       harness_run("session/rx_resync", cases, HARNESS_COUNT(cases)) :
		       1;
}
