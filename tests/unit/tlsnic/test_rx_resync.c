/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A receive context that is out of step: what it asks, and what it makes of what it is told. */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "receiver.h"
#include "support/harness.h"
#include "support/suites.h"

static struct stream stream;
static struct receiver r;

/* Records of 2,000 bytes on the wire; the device has opened the first one and a bit of the second. */
enum { RECORD = 2000, AT = RECORD + 100 };

static void
begin(uint32_t records, uint32_t origin)
{
	stream_begin(&stream, harness_seed(), 0, 70);
	for (uint32_t i = 0; i < records; i++)
		stream_add(&stream, RECORD - 22, 0);
	receiver_init(&r, &stream, origin);
	r.rx.scans = true;
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, AT), NIC_RX_OPENED);
}

/* Sequence and number of a record. */
static uint32_t
seq_of(uint32_t record)
{
	return r.origin + stream.bounds[record];
}

static enum nic_rx_resync
tell(uint32_t record)
{
	return nic_rx_resync(&r.rx, seq_of(record), stream.first_no + record);
}

/* Out of step: [from, to) is far, and holds or ends the header of a record, which is asked about. */
static void
asks(uint32_t from, uint32_t to, uint32_t record)
{
	CU_ASSERT_EQUAL(receiver_packet(&r, from, to), NIC_RX_ASKS);
	CU_ASSERT_EQUAL(r.rx.scan.asked, seq_of(record));
	rx_scan_put(&r.rx.scan);
}

/* The answer comes behind 0, 1, ... packets of a segment each. In step with the next record. */
static void
test_answers(void)
{
	enum { SEG = 500, ASKED = 12 };

	for (uint32_t n = 0; n < 20; n++) {
		uint32_t from = ASKED * RECORD - SEG / 2, next;

		begin(24, 0u - 20000);
		asks(from, from + SEG, ASKED);
		for (uint32_t i = 0; i < n; i++) {
			from += SEG;
			CU_ASSERT_EQUAL(receiver_packet(&r, from, from + SEG), NIC_RX_UNTOUCHED);
		}
		CU_ASSERT_EQUAL(tell(ASKED), NIC_RX_RESYNC_TAKEN);
		next = (from + SEG + RECORD - 1) / RECORD * RECORD;
		for (from += SEG; from < next; from += SEG)
			CU_ASSERT_EQUAL(receiver_packet(&r, from, from + SEG), NIC_RX_UNTOUCHED);
		CU_ASSERT_EQUAL(receiver_refuses(&r, from, stream.len, SEG), 0);
		CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
		receiver_fini(&r);
	}
}

/*
 * The kernel's second drawing: the header of B is in 2, which is lost, so nobody knows where C begins. 4 is
 * far enough, and has C's header; the answer comes behind it, and D begins in 6.
 */
static void
test_drawing(void)
{
	enum { SEG = 6000 };
	static const struct {
		uint32_t from;
		enum nic_rx_verdict verdict;
	} rows[] = {
		{ 0, NIC_RX_OPENED },          /* 1 */
		{ 2 * SEG, NIC_RX_UNTOUCHED }, /* 3: not far yet */
		{ 3 * SEG, NIC_RX_ASKS },      /* 4 */
		{ SEG, NIC_RX_OPENED },        /* 2 comes late: it is the expected one */
		{ 4 * SEG, NIC_RX_UNTOUCHED }, /* 5: the rest of C */
		{ 5 * SEG, NIC_RX_UNTOUCHED }, /* 6: D begins inside */
		{ 6 * SEG, NIC_RX_OPENED },    /* 7 */
	};

	stream_begin(&stream, harness_seed(), 0, 0);
	stream_add(&stream, 9000, 0);  /* A ends in 2 */
	stream_add(&stream, 10000, 0); /* B ends in 4, as 22 bytes go around each */
	stream_add(&stream, 15000, 0); /* C in 6 */
	stream_add(&stream, 16000, 0);
	receiver_init(&r, &stream, 0u - 20000);
	r.rx.scans = true;
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(receiver_packet(&r, rows[i].from, rows[i].from + SEG),
				rows[i].verdict);
		if (rows[i].verdict == NIC_RX_ASKS)
			CU_ASSERT_EQUAL(r.rx.scan.asked, seq_of(2));
		/* Only now has the host all of what is in front of C. */
		if (rows[i].from == SEG)
			CU_ASSERT_EQUAL(tell(2), NIC_RX_RESYNC_TAKEN);
	}
	receiver_fini(&r);
}

/* Not more than a record beyond the expected byte: what is missing may come late. */
static void
test_not_far(void)
{
	const uint32_t far = 5 + 16384 + 256;

	begin(24, 0u - 100);
	CU_ASSERT_EQUAL(receiver_packet(&r, 2 * RECORD + 1, AT + far), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 2 * RECORD + 1, AT + far + 1), NIC_RX_ASKS);
	receiver_fini(&r);
}

/* A device that is told, or finds another context, asks nothing. */
static void
test_asks_nothing(void)
{
	begin(24, 0);
	r.rx.scans = false;
	for (uint32_t at = 5 * RECORD + 1; at < 20 * RECORD; at += 1000)
		CU_ASSERT_EQUAL(receiver_packet(&r, at, at + 1000), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, AT + 500), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(tell(21), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 21 * RECORD, stream.len, 1448), 0);
	receiver_fini(&r);
}

/* The answer comes when the next header is in part there: its bytes are not asked for again. */
static void
test_answer_in_header(void)
{
	for (uint32_t n = 0; n < suites_count(); n++)
		for (uint32_t got = 0; got <= 13; got++) {
			uint32_t at, next;

			stream_begin_of(&stream, suites_any(n), harness_seed(), 0, 70);
			for (uint32_t i = 0; i < 30; i++)
				stream_add(&stream, 1000, 0);
			receiver_init(&r, &stream, 0u - 21000);
			r.rx.scans = true;
			at = stream.bounds[20];
			next = stream.bounds[21];
			asks(at, next + got, 20);
			CU_ASSERT_EQUAL(tell(20), NIC_RX_RESYNC_TAKEN);
			/* All of the five bytes are there: it has gone by. */
			if (got >= 5) {
				at = stream.bounds[22];
				CU_ASSERT_EQUAL(receiver_packet(&r, next + got, at),
						NIC_RX_UNTOUCHED);
			} else {
				at = next + got;
			}
			CU_ASSERT_EQUAL(receiver_refuses(&r, at, stream.len, 700), 0);
			CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
			receiver_fini(&r);
		}
}

/* Each answer is taken once; what is asked anew is not answered by what comes late. */
static void
test_other_answers(void)
{
	/* Twice. */
	begin(24, 1000);
	asks(12 * RECORD, 12 * RECORD + 500, 12);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 12 * RECORD + 500, 13 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 13 * RECORD, 14 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 14 * RECORD, 15 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);

	/* Late: there is another question, which stands. */
	begin(24, 1000);
	asks(12 * RECORD, 12 * RECORD + 500, 12);
	asks(14 * RECORD - 100, 14 * RECORD + 100, 14);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT(rx_scan_asks_about(&r.rx.scan, seq_of(14)));
	CU_ASSERT_EQUAL(tell(14), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 15 * RECORD, stream.len, 1000), 0);
	receiver_fini(&r);

	/* Wrong: nothing that ends is authentic. It asks anew, and is right then. */
	begin(40, 1000);
	asks(12 * RECORD, 12 * RECORD + 500, 12);
	CU_ASSERT_EQUAL(nic_rx_resync(&r.rx, seq_of(12), 70 + 13), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 13 * RECORD, 14 * RECORD), NIC_RX_ERROR);
	CU_ASSERT_EQUAL(receiver_packet(&r, 14 * RECORD, 15 * RECORD), NIC_RX_UNTOUCHED);
	asks(23 * RECORD, 24 * RECORD, 23);
	CU_ASSERT_EQUAL(tell(23), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 24 * RECORD, stream.len, 1448), 0);
	receiver_fini(&r);

	/* Of the place that it has reached itself, as what was missing came late and in order. */
	begin(24, 1000);
	asks(12 * RECORD, 12 * RECORD + 500, 12);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 14 * RECORD + 200, 1000), 0);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 14 * RECORD + 200, stream.len, 1000), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	receiver_fini(&r);
}

/*
 * What was missing comes late, and ends right in front of the record that is asked about, which has gone by: the
 * device starts behind the records that it followed.
 */
static void
test_answer_at_its_place(void)
{
	begin(40, 1000);
	asks(12 * RECORD, 16 * RECORD + 3, 12);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 12 * RECORD, 1000), 0);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 16 * RECORD + 3, stream.len, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);

	/* A byte of it came, too: it is in it, and stays there. */
	begin(40, 1000);
	asks(12 * RECORD, 16 * RECORD + 3, 12);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 12 * RECORD + 1, 1000), 0);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 12 * RECORD + 1, stream.len, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	receiver_fini(&r);
}

static void
test_hints(void)
{
	/* In step, between two records and within one: nothing changes. */
	begin(24, 0u - 3000);
	CU_ASSERT_EQUAL(tell(2), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, 2 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(tell(2), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 2 * RECORD, 3 * RECORD + 3), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	/* In front of the last packet's end: too late. */
	CU_ASSERT_EQUAL(tell(3), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 3 * RECORD + 3, 3 * RECORD + 500), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);

	/* Out of step, at the last packet's end, and behind it; within the packet it is too late. */
	CU_ASSERT_EQUAL(receiver_packet(&r, 4 * RECORD + 100, 5 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(4), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(tell(5), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 5 * RECORD, 6 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	CU_ASSERT_EQUAL(receiver_packet(&r, 6 * RECORD + 1, 7 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(8), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 7 * RECORD, 8 * RECORD - 1), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 8 * RECORD - 1, 8 * RECORD + 1), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 8 * RECORD + 1, 9 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 2);

	/* It ends a question. */
	asks(20 * RECORD - 10, 20 * RECORD + 100, 20);
	CU_ASSERT_EQUAL(tell(22), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(r.rx.scan.state, RX_SCAN_SEARCHING);
	CU_ASSERT_EQUAL(tell(20), NIC_RX_RESYNC_SKIPPED);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 22 * RECORD, stream.len, 1448), 0);
	receiver_fini(&r);
}

/* In the middle of a record of which bytes are missing: the hint is the better place. */
static void
test_hint_behind_gap(void)
{
	begin(6, 0);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT + 100, AT + 200), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(2), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 2 * RECORD, 3 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);
}

/* One far segment with headers, of whoever likes: the place is what it was. */
static void
test_far_segment(void)
{
	begin(40, 5000);
	CU_ASSERT_EQUAL(receiver_packet(&r, 30 * RECORD, 31 * RECORD), NIC_RX_ASKS);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 20 * RECORD, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	receiver_fini(&r);
}

/*
 * Its header is where one will be, and is followed by one that will not. In step all the time, the device learns
 * nothing from an answer about it.
 */
static void
test_far_header(void)
{
	static const uint8_t forged[] = { 23, 3, 3, 0, 17, 0, 0, 0,  0, 0, 0, 0, 0, 0,   0,
					  0,  0, 0, 0, 0,  0, 0, 23, 3, 3, 7, 0, 0, 0xff };
	struct rtls_tls_rx_mark mark;
	uint8_t out[sizeof(forged)];

	begin(40, 5000);
	CU_ASSERT_EQUAL(nic_rx_packet(&r.rx, seq_of(20), forged, sizeof(forged), out, &mark),
			NIC_RX_ASKS);
	CU_ASSERT_EQUAL(rx_scan_ahead(&r.rx.scan), 2);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 20 * RECORD + 100, 700), 0);
	CU_ASSERT_EQUAL(tell(20), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 20 * RECORD + 100, stream.len, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	receiver_fini(&r);
}

/*
 * A far header of somebody else's is followed. When the stream itself loses one, more than a record of it, in a
 * row, shows that; what is late, and not in a row, does not.
 */
static void
test_passed_by(void)
{
	static const uint8_t forged[] = { 23, 3, 3, 7, 0 };
	struct rtls_tls_rx_mark mark;
	uint8_t out[sizeof(forged)];
	uint32_t at;

	begin(60, 5000);
	CU_ASSERT_EQUAL(
		nic_rx_packet(&r.rx, seq_of(0) + (1 << 20), forged, sizeof(forged), out, &mark),
		NIC_RX_ASKS);
	rx_scan_put(&r.rx.scan);
	for (at = 30 * RECORD; at > 12 * RECORD; at -= 1000)
		CU_ASSERT_EQUAL(receiver_packet(&r, at, at + 1000), NIC_RX_UNTOUCHED);
	for (at = 20 * RECORD; at + 1000 <= 20 * RECORD + 16645; at += 1000)
		CU_ASSERT_EQUAL(receiver_packet(&r, at, at + 1000), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, at, at + 1000), NIC_RX_ASKS);
	CU_ASSERT_EQUAL(r.rx.scan.asked, seq_of(28));
	CU_ASSERT_EQUAL(tell(28), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 29 * RECORD, stream.len, 1448), 0);
	receiver_fini(&r);
}

/* In step by a jump only, nothing of it is verified yet: the answer still is no news. */
static void
test_jumped_there(void)
{
	begin(40, 5000);
	CU_ASSERT_EQUAL(receiver_packet(&r, 20 * RECORD, 20 * RECORD + 300), NIC_RX_ASKS);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 19 * RECORD + 100, 700), 0);
	CU_ASSERT_EQUAL(receiver_packet(&r, 19 * RECORD + 200, 20 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 20 * RECORD, 20 * RECORD + 300), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 19 * RECORD + 100, 19 * RECORD + 200),
			NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(20), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 20 * RECORD + 300, stream.len, 700), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);
}

/* Led ahead by bytes that TCP does not take: the hint leads back. */
static void
test_led_ahead(void)
{
	begin(40, 5000);
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, 30 * RECORD, 1448),
			0); /* of another's, to the host */
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, AT + 1000), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT + 1000, 3 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(3), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 3 * RECORD, 4 * RECORD), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);
}

static void
test_no_run(void)
{
	begin(24, 0);
	r.rx.next_run = UINT16_MAX + 1;
	asks(12 * RECORD, 12 * RECORD + 500, 12);
	CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_NO_RUN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 13 * RECORD, 14 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, 2 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(20), NIC_RX_RESYNC_SKIPPED);
	receiver_fini(&r);
}

/*
 * The stream goes on without it for half GiBs, in packets of 1 MiB in which nothing is searched; what comes
 * then lies so much further on.
 */
static void
go_on(uint32_t halves)
{
	static uint8_t bytes[1 << 20], out[sizeof(bytes)];
	struct rtls_tls_rx_mark mark;

	r.rx.scans = false;
	for (uint32_t i = 0; i < halves << 9; i++)
		CU_ASSERT_EQUAL(nic_rx_packet(&r.rx, seq_of(2) + 1 + (i << 20), bytes,
					      sizeof(bytes), out, &mark),
				NIC_RX_UNTOUCHED);
	r.rx.scans = true;
	r.origin += halves << 29;
}

/* However long it was out of step: it asks, and is answered; it is told; its place itself is told. */
static void
test_long_out_of_step(void)
{
	for (uint32_t halves = 0; halves <= 16; halves++) {
		begin(40, 5000);
		go_on(halves);
		asks(12 * RECORD - 250, 12 * RECORD + 250, 12);
		CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_TAKEN);
		CU_ASSERT_EQUAL(receiver_refuses(&r, 13 * RECORD, stream.len, 1448), 0);
		CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
		receiver_fini(&r);

		begin(40, 5000);
		go_on(halves);
		CU_ASSERT_EQUAL(tell(12), NIC_RX_RESYNC_TAKEN);
		CU_ASSERT_EQUAL(receiver_refuses(&r, 12 * RECORD, stream.len, 1448), 0);
		CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
		receiver_fini(&r);
	}
	/* The stream once around, and its number by chance the one that it has left. */
	begin(40, 5000);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, 2 * RECORD), NIC_RX_OPENED);
	go_on(8);
	CU_ASSERT_EQUAL(receiver_packet(&r, AT, 2 * RECORD), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(tell(2), NIC_RX_RESYNC_TAKEN);
	CU_ASSERT_EQUAL(receiver_refuses(&r, 2 * RECORD, stream.len, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN + 1);
	receiver_fini(&r);
}

/* Less than a window: what is missing may still come. */
static void
test_late_but_not_too_late(void)
{
	begin(40, 5000);
	go_on(1);
	r.origin -= 1 << 29;
	CU_ASSERT_EQUAL(receiver_refuses(&r, AT, stream.len, 1448), 0);
	CU_ASSERT_EQUAL(r.mark.run, RECEIVER_FIRST_RUN);
	receiver_fini(&r);
}

/* In step by records that are not authentic: what was, so long ago, is no reason to skip an answer. */
static void
test_long_not_authentic(void)
{
	for (uint32_t halves = 0; halves < 8; halves++) {
		begin(40, 5000);
		r.rx.keeps = true;
		r.rx.refuses = true;
		/* As if it had opened so much. */
		for (uint32_t i = 0; i < halves; i++) {
			r.rx.known -= 1 << 29;
			CU_ASSERT_EQUAL(receiver_packet(&r, AT + i * RECORD, AT + (i + 1) * RECORD),
					NIC_RX_FAILED);
		}
		asks(28 * RECORD - 250, 28 * RECORD + 250, 28);
		CU_ASSERT_EQUAL(tell(28), NIC_RX_RESYNC_TAKEN);
		CU_ASSERT_EQUAL(r.rx.track.expected, seq_of(29));
		receiver_fini(&r);
	}
}

/* --- any order, any suite, answers at any time -------------------------------------------- */

enum { SEGMENTS_MAX = 1000 };

static struct {
	uint64_t rng;
	uint32_t size;           /* of a segment */
	bool came[SEGMENTS_MAX]; /* that the host has */
	uint32_t in_order,
		latest; /* the host has all of the stream's bytes, or some, up to there */
	uint32_t asked; /* of the stream; what the host still has to answer */
	bool is_asked;
	uint32_t opened, passed, asks, taken, back;
} t;

static uint32_t
end_of(uint32_t segment)
{
	uint32_t end = (segment + 1) * t.size;

	return end < stream.len ? end : stream.len;
}

/* The record that begins there; as many as there are: none does. */
static uint32_t
record_at(uint32_t off)
{
	uint32_t i = 0;

	while (i < stream.records && stream.bounds[i] != off)
		i++;
	return i;
}

static void
host_takes(uint32_t segment)
{
	uint32_t i = t.in_order / t.size;

	t.came[segment] = true;
	t.latest = end_of(segment) > t.latest ? end_of(segment) : t.latest;
	while (t.in_order < stream.len && t.came[i])
		t.in_order = end_of(i++);
}

/* What is asked about is answered when all in front of it is there; or later, or never. */
static void
host_answers(void)
{
	uint32_t record;

	if (!t.is_asked || t.in_order < t.asked + 5 || harness_below(&t.rng, 3) == 0)
		return;
	t.is_asked = false;
	record = record_at(t.asked);
	if (record == stream.records || harness_below(&t.rng, 10) == 0)
		return;
	t.taken += tell(record) == NIC_RX_RESYNC_TAKEN;
}

/* A place that the host has not reached, or has, with nothing missing in front of it; rather seldom. */
static void
host_hints(void)
{
	uint32_t record = 0;

	if (t.latest != t.in_order || harness_below(&t.rng, 40) != 0)
		return;
	while (record < stream.records && stream.bounds[record] < t.in_order)
		record++;
	record -= record != 0 && harness_below(&t.rng, 4) == 0;
	if (record < stream.records)
		t.taken += tell(record) == NIC_RX_RESYNC_TAKEN;
}

static void
device_gets(uint32_t segment)
{
	switch (receiver_packet(&r, segment * t.size, end_of(segment))) {
	case NIC_RX_OPENED:
		t.opened++;
		break;
	case NIC_RX_ASKS:
		t.asked = r.rx.scan.asked - r.origin;
		t.is_asked = true;
		rx_scan_put(&r.rx.scan);
		t.asks++;
		break;
	case NIC_RX_ASKS_NOT:
	case NIC_RX_UNTOUCHED:
		t.passed++;
		break;
	case NIC_RX_FAILED:
	case NIC_RX_NO_RUN:
	case NIC_RX_ERROR:
		CU_FAIL("nobody has forged anything");
		break;
	}
	host_takes(segment);
	host_answers();
	host_hints();
}

/* Losses that are sent again later, swaps and repetitions; then all in order from some place on. */
static void
one_stream(const struct record_suite *suite)
{
	uint32_t segments, late[64], nb_late = 0, last = 0;
	enum nic_rx_verdict v = NIC_RX_UNTOUCHED;

	stream_begin_of(&stream, suite, harness_rand(&t.rng), 0, harness_rand(&t.rng));
	stream_fill(&stream, 200000);
	t.size = 300 + harness_below(&t.rng, 3000);
	segments = (stream.len + t.size - 1) / t.size;
	memset(t.came, 0, sizeof(t.came));
	t.in_order = t.latest = 0;
	t.is_asked = false;
	receiver_init(&r, &stream, (uint32_t)harness_rand(&t.rng));
	r.rx.scans = true;
	for (uint32_t i = 0; i < segments; i++) {
		if (nb_late < 64 && harness_below(&t.rng, 40) == 0)
			late[nb_late++] = i;
		else
			device_gets(i);
		if (nb_late != 0 && harness_below(&t.rng, 30) == 0)
			device_gets(late[--nb_late]);
		if (harness_below(&t.rng, 30) == 0)
			device_gets(harness_below(&t.rng, i + 1));
	}
	while (nb_late != 0)
		device_gets(late[--nb_late]);
	/* It is led back wherever it is: a record that it is told of is opened. */
	for (uint32_t record = 1; record + 1 < stream.records && last == 0; record++)
		last = stream.bounds[record] > stream.len / 2 ? record : 0;
	if (last != 0) {
		rx_scan_end(&r.rx.scan); /* or it may be an answer */
		(void)receiver_packet(&r, 0, stream.bounds[1]);
		CU_ASSERT_EQUAL(tell(last), NIC_RX_RESYNC_TAKEN);
		v = receiver_packet(&r, stream.bounds[last], stream.bounds[last + 1]);
		t.back += v == NIC_RX_OPENED;
		CU_ASSERT_EQUAL(v, NIC_RX_OPENED);
	}
	receiver_fini(&r);
}

static void
test_random(void)
{
	unsigned int rounds = harness_full() ? 2000 : 100;

	memset(&t, 0, sizeof(t));
	t.rng = harness_seed();
	for (unsigned int i = 0; i < rounds; i++)
		one_stream(suites_any(i));
	printf("# opened %u, passed %u; asked %u, taken %u\n", t.opened, t.passed, t.asks, t.taken);
	CU_ASSERT(t.asks > rounds / 4 && t.taken > rounds / 2 && t.opened > t.passed);
	CU_ASSERT(t.back > rounds / 2);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "answers, sooner and later", test_answers },
		{ "the documentation's drawing", test_drawing },
		{ "up to a record ahead nothing is asked", test_not_far },
		{ "who does not scan asks nothing", test_asks_nothing },
		{ "an answer in the middle of a header", test_answer_in_header },
		{ "answers that are late, wrong, double", test_other_answers },
		{ "an answer about where it is", test_answer_at_its_place },
		{ "hints", test_hints },
		{ "a hint behind a gap", test_hint_behind_gap },
		{ "a far segment", test_far_segment },
		{ "a far header of somebody else's", test_far_header },
		{ "a far header, and then a loss", test_passed_by },
		{ "a place that it has jumped to", test_jumped_there },
		{ "led ahead", test_led_ahead },
		{ "no run is left", test_no_run },
		{ "out of step for GiBs", test_long_out_of_step },
		{ "late, within a window", test_late_but_not_too_late },
		{ "GiBs that are not authentic", test_long_not_authentic },
		{ "any order, any suite", test_random },
	};

	return harness_run("tlsnic/rx resync", cases, HARNESS_COUNT(cases));
}
