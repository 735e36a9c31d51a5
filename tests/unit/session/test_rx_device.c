/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that a device opened before: as a whole, in part, with the wrong key, or
 * not at all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "unit/session/device_stream.h"

/* Of a record that is fed in so many segments: how many stretches of inner bytes are opened? */
static uint64_t
stretches(unsigned int mask, unsigned int segs)
{
	uint32_t seg = t.len / segs, end;
	bool before = false;
	uint64_t n = 0;

	for (unsigned int i = 0; i < segs; i++) {
		end = i == segs - 1 ? t.len : (i + 1) * seg;
		if (end <= 5 || i * seg >= t.len - 16)
			continue;
		n += (mask >> i & 1) && !before;
		before = mask >> i & 1;
	}
	return n;
}

/* Every choice of opened segments, read into one buffer and into small ones. */
static void
test_every_mix(void)
{
	static const uint32_t sizes[] = { 1, 20, 700, 3000 };
	enum { SEGS = 6, ALL = (1 << SEGS) - 1 };
	bool touched;

	for (size_t s = 0; s < HARNESS_COUNT(sizes); s++)
		for (unsigned int mask = 0; mask < 1 << SEGS; mask++)
			for (uint32_t read = 100; read <= 20000; read *= 200) {
				begin(40);
				put_data(sizes[s], 0);
				for (unsigned int i = 0; i < SEGS; i++)
					feed(i == SEGS - 1 ? t.len - t.fed : t.len / SEGS,
					     mask >> i & 1, 2000);
				while (t.got < t.sent)
					CU_ASSERT_FATAL(recv_data(read) > 0);
				CU_ASSERT_EQUAL(recv_data(read), -EAGAIN);
				/* A part of the header is as it was. */
				touched = mask != 0 && (mask != 1 || t.len / SEGS >= 5);
				expect_counts(1, mask == ALL, touched && mask != ALL);
				/* Either the device has opened it, or the library does. */
				CU_ASSERT_EQUAL(t.flaky.jobs, mask == ALL ? 0 : 1);
				CU_ASSERT_EQUAL(t.rx.tls->count.put_back,
						mask == ALL ? 0 : stretches(mask, SEGS));
				finish();
			}
}

/* Segments over record boundaries, in buffers of all sizes, padding and empty records. */
static void
test_streams(void)
{
	uint64_t rng = harness_seed();

	for (int round = 0; round < 300; round++) {
		uint32_t records = 1 + harness_below(&rng, 8), seg;
		bool all = harness_below(&rng, 4) == 0;

		begin(harness_rand(&rng) >> 1);
		for (uint32_t i = 0; i < records; i++)
			put_data(harness_below(&rng, harness_below(&rng, 2) ? 4000 : 40),
				 harness_below(&rng, 3) ? 0 : harness_below(&rng, 50));
		while (t.fed < t.len) {
			seg = 1 + harness_below(&rng, harness_below(&rng, 2) ? 1448 : 30);
			feed(RTE_MIN(seg, t.len - t.fed), all || harness_below(&rng, 2),
			     seg / 8 + 1 + harness_below(&rng, 1500));
			if (harness_below(&rng, 3) == 0)
				recv_data(1 + harness_below(&rng, 5000));
		}
		while (recv_data(1 + harness_below(&rng, 20000)) > 0)
			;
		CU_ASSERT_EQUAL_FATAL(t.got, t.sent);
		CU_ASSERT_EQUAL(t.rx.tls->count.records, records);
		if (all)
			CU_ASSERT_EQUAL(t.rx.tls->count.device_records, records);
		CU_ASSERT_EQUAL(t.rx.tls->count.wire_bytes, t.len);
		finish();
	}
}

/* Small records, more than are framed ahead of who reads; marks wait where they are. */
static void
test_many_small(void)
{
	uint64_t rng = harness_seed();

	for (int round = 0; round < 40; round++) {
		uint32_t records = 3 * FRAMER_RING + harness_below(&rng, 200), opened = 0;
		uint32_t seg, n = 0, ends[400];
		static bool marked[WIRE_MAX];

		begin(harness_rand(&rng) >> 1);
		for (uint32_t i = 0; i < records; i++) {
			put_data(1 + harness_below(&rng, 30), 0);
			ends[i] = t.len;
		}
		while (t.fed < t.len) {
			bool open = harness_below(&rng, 3) > 0;

			seg = RTE_MIN(1 + harness_below(&rng, 900), t.len - t.fed);
			memset(marked + t.fed, open, seg);
			feed(seg, open, 2000);
			if (harness_below(&rng, 4) == 0)
				recv_data(1 + harness_below(&rng, 200));
		}
		for (uint32_t i = 0; i < records; i++) {
			uint32_t start = i == 0 ? 0 : ends[i - 1];

			for (n = 0, seg = start; seg < ends[i]; seg++)
				n += marked[seg];
			opened += n == ends[i] - start;
		}
		while (recv_data(1 + harness_below(&rng, 2000)) > 0)
			;
		CU_ASSERT_EQUAL_FATAL(t.got, t.sent);
		/* Of those behind the ring of the framer what finds no room is put back at once. */
		CU_ASSERT_EQUAL(t.rx.tls->count.records, records);
		CU_ASSERT(t.rx.tls->count.device_records <= opened);
		CU_ASSERT(t.rx.tls->count.device_records > opened / 4);
		finish();
	}
}

/*
 * A peer that cuts its record into bytes, behind a device whose every packet is a run of its own, or all of
 * one: putting it back costs one stretch for each packet, or one in all, and never more bytes than there are.
 */
static void
test_bytes(void)
{
	enum { PLAIN = 5000 };

	for (int runs = 0; runs < 2; runs++) {
		begin(7);
		put_data(PLAIN, 0);
		while (t.fed < t.len - 1) {
			t.run = (uint16_t)(t.run + runs);
			feed(1, true, 2000);
		}
		feed(1, false, 2000); /* the tag's last byte is not for the device to say */
		CU_ASSERT_EQUAL(recv_data(PLAIN), PLAIN);
		CU_ASSERT_EQUAL(t.rx.tls->count.device_records, 0);
		CU_ASSERT_EQUAL(t.rx.tls->count.put_back, runs ? PLAIN + 1 : 1);
		finish();
	}
}

/* Opened without being verified: FAILED stands beside the mark. */
static void
test_unverified(void)
{
	struct rtls_tls_rx_mark mark;

	for (int bad = 0; bad < 2; bad++) {
		begin(0);
		put_data(500, 0);
		if (bad)
			t.opened[300] ^= 1;
		mark = mark_of(0, t.len);
		arrive_marked(0, t.len, 2000, &mark, true);
		CU_ASSERT_EQUAL(recv_data(1000), bad ? -EBADMSG : 500);
		/* It has said that it did not verify it. */
		CU_ASSERT_EQUAL(t.rx.end_reason, bad ? RTLS_REASON_BAD_MAC : RTLS_REASON_NONE);
		expect_counts(!bad, 0, !bad);
		finish();
	}
}

/* A record that was changed on the way is found out, whatever part of it was opened, or all. */
static void
test_tampered(void)
{
	struct rtls_tls_rx_mark last;

	for (unsigned int mask = 0; mask < 8; mask++)
		for (uint32_t at = 5; at < 321; at += 7) {
			begin(0);
			put_data(300, 0);
			CU_ASSERT_EQUAL_FATAL(t.len, 322);
			t.wire[at] ^= 0x10;
			t.opened[at] ^= 0x10;
			feed(100, mask & 1, 2000);
			feed(100, mask & 2, 2000);
			last = mark_of(200, 322);
			arrive_marked(200, 322, 2000, mask & 4 ? &last : NULL, true);
			CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
			CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
			CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_MAC);
			expect_counts(0, 0, 0);
			finish();
		}
}

enum { MISJUDGED = 700 };

/* A device that is wrong about the place: byte at of the stream opened as byte at + shift. */
static void
misjudge(int64_t number, int64_t shift)
{
	static uint8_t zeros[MISJUDGED + 41], stream[MISJUDGED + 41];
	struct peer key = peer_key(0, 0);
	uint8_t nonce[12], tag[16];

	peer_nonce(&key, (uint64_t)(40 + number), zeros, nonce);
	peer_aead(&key, 1, nonce, zeros, 5, zeros, sizeof(zeros), stream, tag);
	for (uint32_t at = 0; at < t.len; at++) {
		int64_t in_body = (int64_t)at - 5 + shift;

		t.opened[at] = t.wire[at];
		if (in_body >= 0 && at < t.len - 16)
			t.opened[at] ^= stream[in_body];
	}
}

/*
 * Whoever moves the device moves what it makes of the bytes, not what is read: it says truly where it
 * was, and that it verified nothing.
 */
static void
test_misjudged(void)
{
	struct rtls_tls_rx_mark mark;

	for (int64_t number = -2; number <= 2; number++)
		/* Not inside of a header, which these bytes do not end. */
		for (int64_t shift = 0; shift <= 40; shift += shift == 0 ? 5 : 1) {
			begin(40);
			put_data(MISJUDGED, 0);
			misjudge(number, shift);
			mark = mark_of(0, t.len);
			mark.rec_no += (uint32_t)number;
			mark.rec_off = (uint16_t)shift;
			mark.rec_len = (uint16_t)(t.len + shift);
			arrive_marked(0, t.len, 2000, &mark, true);
			CU_ASSERT_EQUAL(recv_data(1000), MISJUDGED);
			expect_counts(1, 0, 1);
			finish();
		}
}

/* A record that is left out: the device has verified the one behind it, as what it is. */
static void
test_left_out(void)
{
	for (int k = 1; k <= 3; k++) {
		begin(40);
		for (int i = 0; i <= k; i++)
			put_data(300, 0);
		t.rec[0].rec_no += (uint64_t)k;
		memmove(t.opened, t.opened + k * 322, 322);
		feed(322, true, 2000);
		CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
		CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_MAC);
		CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, 1);
		expect_counts(0, 0, 0);
		finish();
	}
}

/* What waited is known without its bytes: a connection that nobody reads any more takes the rest. */
static void
test_passed(void)
{
	struct rtls_tls_rx_mark mark;

	begin(0);
	put_data(3000, 0);
	mark = mark_of(1000, 2000);
	arrive_marked(1000, 2000, 2000, &mark, false);
	CU_ASSERT(rx_marks_any(t.rx.tls));
	rx_marks_held_dropped(t.rx.tls);
	CU_ASSERT_EQUAL(recvq_pass(&t.q, 0, 1000, 2000), 0);
	session_rx_marks_end(&t.rx, t.rx.tls->epochs.now);
	CU_ASSERT(!rx_marks_any(t.rx.tls));
	finish();
}

/* New keys behind close_notify, where records were framed that nobody reads. */
static void
test_closed(void)
{
	static const uint8_t close_notify[] = { 1, 0 };
	uint8_t ctl[16];
	struct iovec iov = { .iov_base = ctl, .iov_len = sizeof(ctl) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };

	begin(0);
	put(21, close_notify, sizeof(close_notify), 0, 0, 0);
	put_data(500, 0);
	feed(t.len, true, 2000);
	CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, false), 2);
	CU_ASSERT_EQUAL(recv_data(1000), 0);
	set_key(1, 0);
	CU_ASSERT_EQUAL(recv_data(1000), 0);
	finish();
}

/* Marks of a context that is not known are not for the session. */
static void
test_unknown(void)
{
	struct rtls_tls_rx_mark mark = { .generation = GENERATION };

	begin_software(0);
	CU_ASSERT(!rx_marks_known(t.rx.tls, &mark));
	CU_ASSERT_EQUAL(session_rx_may_offload(&t.rx), 0);
	CU_ASSERT(!rx_marks_known(t.rx.tls, &mark));
	session_rx_device_starts(&t.rx, GENERATION, 0);
	CU_ASSERT(rx_marks_known(t.rx.tls, &mark));
	for (int other = 0; other < 1 << 16; other++) {
		mark.generation = (uint16_t)other;
		CU_ASSERT_EQUAL(rx_marks_known(t.rx.tls, &mark), other == GENERATION);
	}
	/* Behind the last of them its number may be another context's. */
	mark.generation = GENERATION;
	session_rx_marks_end(&t.rx, t.rx.tls->epochs.now);
	CU_ASSERT(!rx_marks_known(t.rx.tls, &mark));
	finish();
}

static void
test_boundary(void)
{
	static const struct {
		uint32_t fed; /* bytes of three records of 100, 50 and 10 bytes on the wire */
		int64_t off;  /* where a device may start; -1: not known */
		uint64_t rec_no;
	} rows[] = {
		{ 0, 0, 8 },      { 1, -1, 0 },    { 4, -1, 0 },     { 5, 122, 9 },
		{ 121, 122, 9 },  { 122, 122, 9 }, { 124, -1, 0 },   { 127, 194, 10 },
		{ 194, 194, 10 }, { 198, -1, 0 },  { 199, 226, 11 }, { 226, 226, 11 },
	};
	uint64_t off, rec_no;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		bool known;

		begin(8);
		put_data(100, 0);
		put_data(50, 0);
		put_data(10, 0);
		if (rows[i].fed > 0)
			feed(rows[i].fed, false, 2000);
		/* A record that is not opened may be a KeyUpdate. */
		if (rows[i].fed >= 122)
			CU_ASSERT(!session_rx_boundary(&t.rx, &off, &rec_no));
		recv_data(1000);
		known = session_rx_boundary(&t.rx, &off, &rec_no);
		CU_ASSERT_EQUAL(known, rows[i].off >= 0);
		if (known) {
			CU_ASSERT_EQUAL(off, (uint64_t)rows[i].off);
			CU_ASSERT_EQUAL(rec_no, rows[i].rec_no);
		}
		finish();
	}
	/* Behind a header that is none there are no boundaries. */
	begin(8);
	put_data(100, 0);
	put_data(100, 0);
	t.wire[122] = 99;
	feed(t.len, false, 2000);
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	CU_ASSERT(!session_rx_boundary(&t.rx, &off, &rec_no));
	finish();
	/* Nor is known what follows a record as long as a KeyUpdate, or a control record not read. */
	for (int whole = 0; whole < 2; whole++) {
		begin(8);
		put(22, "\x18\0\0\1", 5, 0, 8, 0);
		feed(whole ? t.len : t.len - 1, false, 2000);
		CU_ASSERT_EQUAL(recv_data(100), whole ? -EIO : -EAGAIN);
		CU_ASSERT(!session_rx_boundary(&t.rx, &off, &rec_no));
		finish();
	}
}

static void
test_provider_fails(void)
{
	for (int row = 0; row < 2; row++) {
		begin(0);
		put_data(500, 0);
		feed(100, true, 2000);
		feed(t.len - 100, row > 0, 2000);
		t.flaky.good_jobs = 0;
		/* What the device has opened needs none. */
		CU_ASSERT_EQUAL(recv_data(1000), row > 0 ? 500 : -EBADMSG);
		expect_counts(row > 0, row > 0, 0);
		finish();
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "every choice of opened segments", test_every_mix },
		{ "random streams, opened in part", test_streams },
		{ "more records than are framed ahead", test_many_small },
		{ "byte by byte", test_bytes },
		{ "opened and not verified", test_unverified },
		{ "a tampered record is found out", test_tampered },
		{ "a device at the wrong place", test_misjudged },
		{ "a record that is left out", test_left_out },
		{ "marks of nobody", test_unknown },
		{ "what waited, and is passed", test_passed },
		{ "keys behind close_notify", test_closed },
		{ "where a device may start", test_boundary },
		{ "a provider that fails", test_provider_fails },
	};

	return shared_start("session-rx-device") ?
		       harness_run("session/rx_device", cases, HARNESS_COUNT(cases)) :
		       1;
}
