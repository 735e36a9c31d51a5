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

/*
 * Behind a KeyUpdate the device goes on with the old key and its own numbers: what it makes of
 * these records is undone with that key, and opened with the next one.
 */
static void
test_key_change(void)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	static uint8_t plain[2000];
	uint8_t ctl[16];
	struct iovec iov = { .iov_base = ctl, .iov_len = sizeof(ctl) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };

	for (unsigned int mask = 0; mask < 1 << 6; mask++) {
		begin(1000);
		put_data(100, 0);
		put(22, update, sizeof(update), 0, 0, 1001);
		t.peer = peer_key(1, 7);
		for (uint32_t i = 0; i < 2; i++) {
			pattern_fill(plain, t.sent, 900);
			t.sent += 900;
			put(23, plain, 900, 0, 0, 1002 + i);
		}
		feed(60, true, 2000);
		feed(122 + 27 - 60, true, 2000);
		for (unsigned int i = 0; i < 6; i++)
			feed(i == 5 ? t.len - t.fed : 300, mask >> i & 1, 2000);
		CU_ASSERT_EQUAL(recv_data(1000), 100);
		CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, false), 5);
		CU_ASSERT_EQUAL(recv_data(1000), -EKEYEXPIRED);
		expect_counts(2, 2, 0);
		set_key(1, 7);
		CU_ASSERT_EQUAL(recv_data(2000), 1800);
		CU_ASSERT_EQUAL(t.rx.tls->count.records, 4);
		CU_ASSERT_EQUAL(t.rx.tls->count.device_records, 2);
		finish();
	}
}

/* --- contexts of several keys, one after the other -------------------------------- */

enum { KEYS = 12, RECORDS = 300 };

/* The stream of a peer that changes its key, and a device with one context at a time. */
static struct {
	struct record {
		uint32_t off, len;
		unsigned int key; /* which opens it */
		bool key_update;
		uint32_t opened; /* bytes that a context opened, one behind the other in one run */
		uint32_t opened_run; /* generation and run */
	} rec[RECORDS];
	uint32_t records;
	uint64_t first_no[KEYS]; /* of the key's first record, */
	uint64_t first[KEYS];    /* and its index */
	unsigned int keys;       /* that the peer has used */
	unsigned int installed;  /* the newest of ours */
	uint32_t read;           /* records */
	bool started;
	uint32_t start_off; /* there, maybe inside of a packet that it marks */
	unsigned int ctx;   /* the key that the context has */
	uint32_t next_off;  /* what it opened ends there */
} s;

static uint64_t
any_number(uint64_t *rng)
{
	/* TLS 1.3 begins with 0; a context may be near the end. */
	return harness_below(rng, 2) ? 0 : harness_rand(rng) | UINT64_C(1) << 63;
}

/* The next record of the peer: a KeyUpdate, or data. */
static void
peer_sends(bool key_update, uint32_t len, uint64_t first_no)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct record *r = &s.rec[s.records++];
	uint8_t plain[4000];

	CU_ASSERT_FATAL(t.len + PEER_WIRE_MAX <= WIRE_MAX && len <= sizeof(plain));
	*r = (struct record){ .off = t.len, .key = s.keys - 1, .key_update = key_update };
	pattern_fill(plain, t.sent, len);
	if (key_update)
		r->len = peer_seal(&t.peer, 22, update, sizeof(update), 0, t.wire + t.len);
	else
		r->len = peer_seal(&t.peer, 23, plain, len, 0, t.wire + t.len);
	t.sent += key_update ? 0 : len;
	t.len += r->len;
	if (!key_update)
		return;
	s.first_no[s.keys] = first_no;
	s.first[s.keys] = s.records;
	t.peer = peer_key(s.keys++, first_no);
}

static void
begin_keys(void)
{
	begin(3);
	memset(&s, 0, sizeof(s));
	s.keys = 1;
	s.first_no[0] = 3;
	s.started = true;
}

static uint64_t
number_to_context(uint32_t i)
{
	return s.first_no[s.ctx] + i - s.first[s.ctx];
}

/* Bytes [off, end) as the context makes them, with its key and its count of records. False: not verified. */
static bool
context_opens(uint32_t off, uint32_t end)
{
	struct peer key = peer_key(s.ctx, 0);
	static uint8_t opened[PEER_WIRE_MAX];
	bool good = true;
	uint32_t from, to;

	for (uint32_t i = 0; i < s.records; i++) {
		struct record *r = &s.rec[i];

		from = RTE_MAX(off, r->off);
		to = RTE_MIN(end, r->off + r->len);
		if (from >= to)
			continue;
		device_opens(&key, number_to_context(i), t.wire + r->off, opened);
		memcpy(t.opened + from, opened + (from - r->off), to - from);
		good &= r->key == s.ctx;
	}
	return good;
}

/* It counts bytes of records that it may vouch for. */
static void
context_vouches(uint32_t off, uint32_t end)
{
	uint32_t run = (uint32_t)t.generation << 16 | t.run, from, to;

	for (uint32_t i = 0; i < s.records; i++) {
		struct record *r = &s.rec[i];

		from = RTE_MAX(off, r->off);
		to = RTE_MIN(end, r->off + r->len);
		if (from >= to)
			continue;
		if (from == r->off || r->opened_run != run)
			r->opened = 0;
		r->opened_run = run;
		r->opened += to - from;
	}
}

static struct rtls_tls_rx_mark
context_says(uint32_t off, uint32_t end)
{
	uint32_t i = 0;

	while (s.rec[i].off + s.rec[i].len <= off)
		i++;
	return (struct rtls_tls_rx_mark){
		.generation = t.generation,
		.run = t.run,
		.rec_no = (uint32_t)number_to_context(i),
		.rec_off = (uint16_t)(off - s.rec[i].off),
		.rec_len = end < s.rec[i].off + 5 ? 0 : (uint16_t)s.rec[i].len,
	};
}

/* A packet in which its start lies goes up as it came. */
static void
arrive(uint32_t off, uint32_t end, bool marked)
{
	struct rtls_tls_rx_mark mark;
	bool good;

	if (off == end)
		return;
	if (!marked || off < s.start_off) {
		arrive_marked(off, end, 2000, NULL, false);
		return;
	}
	if (off != s.next_off)
		t.run++;
	s.next_off = end;
	good = context_opens(off, end);
	if (good)
		context_vouches(off, end);
	mark = context_says(off, end);
	arrive_marked(off, end, 2000, &mark, !good);
}

/* Where the next record starts, by the framer alone: a KeyUpdate may wait unopened. */
static bool
context_starts(void)
{
	uint64_t off, index;

	if (!framer_boundary(&t.rx.tls->framer, t.q.ready.end_off, &off, &index))
		return false;
	CU_ASSERT_EQUAL_FATAL(session_rx_may_offload(&t.rx), 0);
	session_rx_device_starts(&t.rx, ++t.generation, t.rx.tls->epochs.now->rx.base + index);
	t.run = 1;
	s.next_off = (uint32_t)off;
	s.started = true;
	s.start_off = (uint32_t)off;
	s.ctx = s.installed;
	return true;
}

static void
context_ends(void)
{
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(&t.rx.tls->epochs, &i)) != NULL;)
		if (e->key != NULL && e->no == s.ctx + 1)
			session_rx_marks_end(&t.rx, e);
	s.started = false;
}

/* Reads at most so many bytes; installs the key that a KeyUpdate asks for. */
static int
program_reads(uint32_t len)
{
	uint8_t ctl[16];
	struct iovec iov = { .iov_base = ctl, .iov_len = sizeof(ctl) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };
	struct rtls_keys keys;
	struct peer p;
	ssize_t n = recv_data(len);

	if (n == -EIO) {
		CU_ASSERT_EQUAL_FATAL(session_rx_recv(&t.rx, &msg, 0, false, false), 5);
		CU_ASSERT_EQUAL_FATAL(msg.type, 22);
		n = -EKEYEXPIRED;
	}
	if (n != -EKEYEXPIRED)
		return (int)n;
	p = peer_key(s.installed + 1, s.first_no[s.installed + 1]);
	keys = peer_keys(&p);
	n = session_rx_set_keys(&t.rx, &shared, &keys);
	if (n == 0)
		s.installed++;
	return (int)n;
}

static unsigned int
epochs_in_use(void)
{
	unsigned int n = 0;

	for (uint32_t i = 0; epochs_next(&t.rx.tls->epochs, &i) != NULL;)
		n++;
	return n;
}

static void
expect_all_read(void)
{
	uint64_t opened = 0;

	CU_ASSERT_EQUAL_FATAL(t.got, t.sent);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, s.records);
	for (uint32_t i = 0; i < s.records; i++)
		opened += s.rec[i].opened >= s.rec[i].len;
	/* What a context had begun when it ended, and what finds no room, is put back. */
	CU_ASSERT(t.rx.tls->count.device_records <= opened);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx),
			s.first_no[s.installed] + s.records - s.first[s.installed]);
}

/*
 * At random: keys change, a context goes on with its old one, ends, another one starts, with the same
 * key or the next, also where a KeyUpdate waits; packets come in the wrong order; the program is
 * fast or slow. Each record is read as it was sent.
 */
static void
test_contexts(void)
{
	unsigned int rounds = harness_full() ? 5000 : 400;
	static struct record before[RECORDS];
	uint64_t rng = harness_seed(), opened = 0, records = 0;

	for (unsigned int round = 0; round < rounds; round++) {
		uint32_t slow = 1 + harness_below(&rng, 12), mid, end, n;
		uint32_t often = 3 + harness_below(&rng, 30);
		bool held_back;

		begin_keys();
		for (n = 10 + harness_below(&rng, 100); n > 0; n--)
			peer_sends(s.keys < KEYS && harness_below(&rng, often) == 0,
				   harness_below(&rng, harness_below(&rng, 2) ? 2000 : 50),
				   any_number(&rng));
		while (t.fed < t.len) {
			mid = t.fed + 1 + harness_below(&rng, RTE_MIN(t.len - t.fed, 1400u));
			end = mid;
			held_back = harness_below(&rng, 5) == 0;
			if (held_back)
				end += harness_below(&rng, RTE_MIN(t.len - mid + 1, 1400u));
			memcpy(before, s.rec, sizeof(before));
			arrive(mid, end, s.started && harness_below(&rng, 10));
			if (harness_below(&rng, 6) == 0) {
				/* It comes again. */
				recvq_drop_held(&t.q);
				rx_marks_held_dropped(t.rx.tls);
				memcpy(s.rec, before, sizeof(before));
				end = mid;
			}
			/* All that it opened is here, in order or not. */
			if (s.started && harness_below(&rng, 8) == 0)
				context_ends();
			arrive(t.fed, mid, s.started && harness_below(&rng, 10));
			t.fed = end;
			if (s.started && s.ctx != s.installed && harness_below(&rng, 3) == 0)
				context_ends();
			/* A program that is so slow would find no room for another key. */
			if (!s.started && epochs_in_use() < EPOCHS_MAX - 1 &&
			    harness_below(&rng, 3) == 0)
				context_starts();
			while (harness_below(&rng, slow) == 0 &&
			       program_reads(1 + harness_below(&rng, 3000)) >= 0)
				;
		}
		if (s.started)
			context_ends();
		while (program_reads(20000) >= 0)
			;
		expect_all_read();
		CU_ASSERT(epochs_in_use() <= EPOCHS_MAX);
		opened += t.rx.tls->count.device_records;
		records += s.records;
		finish();
	}
	printf("# %" PRIu64 " of %" PRIu64 " records opened by the device\n", opened, records);
	CU_ASSERT(opened > records / 20);
}

/* Four old keys of which marks may still come: a fifth must wait, and changes nothing. */
static void
test_too_many_keys(void)
{
	begin_keys();
	context_ends();
	for (int i = 0; i < 5; i++)
		peer_sends(true, 0, 5);
	arrive(0, t.len, false);
	for (unsigned int key = 0; key < 4; key++) {
		CU_ASSERT_EQUAL(s.installed, key);
		CU_ASSERT(context_starts());
		CU_ASSERT_EQUAL(program_reads(1000), 0);
	}
	CU_ASSERT(context_starts());
	CU_ASSERT_EQUAL(program_reads(1000), -EAGAIN);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PAUSED);
	CU_ASSERT_EQUAL(program_reads(1000), -EAGAIN);
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 5);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 6);
	s.ctx = 1;
	context_ends();
	CU_ASSERT_EQUAL(program_reads(1000), 0);
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 6);
	finish();
}

/* An old key goes when no more marks of its context can come: what it opened is put back by then. */
static void
test_old_key_goes(void)
{
	for (int held = 0; held <= 1; held++) {
		begin_keys();
		peer_sends(false, 100, 0);
		peer_sends(true, 0, 0);
		peer_sends(false, 500, 0);
		peer_sends(false, 500, 0);
		peer_sends(true, 0, 0);
		peer_sends(false, 100, 0);
		arrive(0, 300, true);
		if (held) /* up to a part of the second */
			arrive(400, 800, true);
		CU_ASSERT_EQUAL(program_reads(1000), 100);
		CU_ASSERT_EQUAL(program_reads(1000), 0);
		CU_ASSERT_EQUAL(epochs_in_use(), 2);
		/* Its context is there still, and may go on. */
		arrive(300, held ? 400 : 700, false);
		CU_ASSERT_EQUAL(program_reads(500), 500);
		CU_ASSERT_EQUAL(epochs_in_use(), 2);
		context_ends();
		arrive(held ? 800 : 700, t.len, false);
		CU_ASSERT_EQUAL(program_reads(400), 400);
		CU_ASSERT_EQUAL(program_reads(400), 100);
		CU_ASSERT_EQUAL(program_reads(400), 0);
		CU_ASSERT_EQUAL(epochs_in_use(), 1);
		CU_ASSERT_EQUAL(t.rx.tls->epochs.now->no, 3);
		CU_ASSERT_EQUAL(program_reads(400), 100);
		expect_all_read();
		finish();
	}
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
		{ "a key changes under the device", test_key_change },
		{ "contexts of several keys, at random", test_contexts },
		{ "four old keys with marks, and a fifth", test_too_many_keys },
		{ "when an old key goes", test_old_key_goes },
		{ "where a device may start", test_boundary },
		{ "a provider that fails", test_provider_fails },
	};

	return shared_start("session-rx-device") ?
		       harness_run("session/rx_device", cases, HARNESS_COUNT(cases)) :
		       1;
}
