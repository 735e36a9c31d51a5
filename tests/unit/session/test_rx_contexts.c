/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A peer that changes its key, and a device that opens records: one context at a time, and old keys. */
#include <stdio.h>

#include "unit/session/device_stream.h"

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

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a key changes under the device", test_key_change },
		{ "contexts of several keys, at random", test_contexts },
		{ "four old keys with marks, and a fifth", test_too_many_keys },
		{ "when an old key goes", test_old_key_goes },
	};

	return shared_start("session-rx-contexts") ?
		       harness_run("session/rx_contexts", cases, HARNESS_COUNT(cases)) :
		       1;
}
