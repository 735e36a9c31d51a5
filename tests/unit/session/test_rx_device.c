/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that a device opened before: as a whole, in part, with the wrong key, or
 * not at all. The device is OpenSSL: its cipher text xor its key stream.
 */
#include "session/rx.h"

#include <stdio.h>

#include "unit/session/shared.h"

enum { WIRE_MAX = 1 << 18 };

static struct {
	struct session_rx rx;
	struct recvq q;
	struct flaky flaky;
	struct peer peer;
	uint8_t wire[WIRE_MAX];
	uint8_t opened[WIRE_MAX]; /* the same by a device that opens all of it */
	uint32_t len;
	uint32_t fed;
	uint64_t sent; /* data bytes in it, of the pattern */
	uint64_t got;
} t;

static void
set_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);

	CU_ASSERT_EQUAL_FATAL(session_rx_set_keys(&t.rx, &shared, &keys), 0);
}

static void
begin(uint64_t rec_no)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	recvq_init(&t.q, 0, &recvq_shared);
	session_rx_init(&t.rx, &t.q);
	t.peer = peer_key(0, rec_no);
	set_key(0, rec_no);
	CU_ASSERT_EQUAL_FATAL(session_rx_may_offload(&t.rx), 0);
	session_rx_device_starts(&t.rx, 0);
}

static void
finish(void)
{
	session_rx_fini(&t.rx);
	recvq_fini(&t.q);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* What a device that has this key and number makes of the record at wire. */
static void
device_opens(const struct peer *key, uint64_t rec_no, const uint8_t *wire, uint8_t *out)
{
	uint32_t body_len = (uint32_t)wire[3] << 8 | wire[4];
	uint8_t nonce[12], no[8], tag[16];

	memcpy(out, wire, 5 + body_len);
	peer_be64(no, rec_no);
	memcpy(nonce, key->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= no[i];
	/* Counter mode: sealing what is sealed opens it. */
	peer_gcm(key, 1, nonce, wire, 5, wire + 5, (int)body_len - 16, out + 5, tag);
}

/* The next record, as the peer sends it and as a device with key n and number rec_no opens it. */
static void
put(uint8_t type, const void *plain, uint32_t len, uint32_t pad, unsigned int n, uint64_t rec_no)
{
	struct peer key = peer_key(n, 0);
	uint32_t wire_len;

	CU_ASSERT_FATAL(t.len + PEER_WIRE_MAX <= WIRE_MAX);
	wire_len = peer_seal(&t.peer, type, plain, len, pad, t.wire + t.len);
	device_opens(&key, rec_no, t.wire + t.len, t.opened + t.len);
	t.len += wire_len;
}

static void
put_data(uint32_t len, uint32_t pad)
{
	static uint8_t plain[16384];

	pattern_fill(plain, t.sent, len);
	t.sent += len;
	put(23, plain, len, pad, 0, t.peer.rec_no);
}

/* The next len bytes arrive, opened or as on the wire; in buffers of seg_len bytes. */
static void
feed(uint32_t len, bool opened, uint32_t seg_len)
{
	const uint8_t *from = opened ? t.opened : t.wire;
	struct rte_mbuf *m = rx_packet(from + t.fed, len, seg_len);

	if (opened)
		m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
	CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, t.fed, m), 0);
	t.fed += len;
	session_rx_input(&t.rx);
}

/* Reads data into a buffer of len bytes. */
static ssize_t
recv_data(uint32_t len)
{
	static uint8_t buf[40000];
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };
	ssize_t n = session_rx_recv(&t.rx, &msg, 0, false, true);

	if (n > 0) {
		CU_ASSERT_FATAL(pattern_is(buf, t.got, (size_t)n));
		t.got += (uint64_t)n;
	}
	return n;
}

static void
expect_counts(uint64_t records, uint64_t device, uint64_t mixed)
{
	CU_ASSERT_EQUAL(t.rx.tls->count.records, records);
	CU_ASSERT_EQUAL(t.rx.tls->count.device_records, device);
	CU_ASSERT_EQUAL(t.rx.tls->count.mixed_records, mixed);
}

/* Every choice of opened segments, read into one buffer and into small ones. */
static void
test_every_mix(void)
{
	static const uint32_t sizes[] = { 1, 20, 700, 3000 };
	enum { SEGS = 6 };

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
				expect_counts(1, mask == (1 << SEGS) - 1,
					      mask != 0 && mask != (1 << SEGS) - 1);
				/* What the device touched is sealed again, then opened. */
				CU_ASSERT_EQUAL(t.flaky.jobs, mask == 0 ? 1 : 2);
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
		uint32_t mixed = 0, seg, n = 0, ends[400];
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
			mixed += n > 0 && n < ends[i] - start;
		}
		while (recv_data(1 + harness_below(&rng, 2000)) > 0)
			;
		CU_ASSERT_EQUAL_FATAL(t.got, t.sent);
		expect_counts(records, opened, mixed);
		finish();
	}
}

/* Opened without being verified: FAILED stands beside the mark. */
static void
test_unverified(void)
{
	struct rte_mbuf *m;

	for (int bad = 0; bad < 2; bad++) {
		begin(0);
		put_data(500, 0);
		if (bad)
			t.opened[300] ^= 1;
		m = rx_packet(t.opened, t.len, 2000);
		m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
		CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, 0, m), 0);
		session_rx_input(&t.rx);
		CU_ASSERT_EQUAL(recv_data(1000), bad ? -EBADMSG : 500);
		expect_counts(!bad, 0, !bad);
		finish();
	}
}

/* A record that was changed on the way is found out, whatever part of it was opened, or all. */
static void
test_tampered(void)
{
	for (unsigned int mask = 0; mask < 8; mask++)
		for (uint32_t at = 5; at < 321; at += 7) {
			begin(0);
			put_data(300, 0);
			CU_ASSERT_EQUAL_FATAL(t.len, 322);
			t.wire[at] ^= 0x10;
			t.opened[at] ^= 0x10;
			feed(100, mask & 1, 2000);
			feed(100, mask & 2, 2000);
			feed(122, mask & 4, 2000);
			CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
			CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
			expect_counts(0, 0, 0);
			finish();
		}
}

enum { MISJUDGED = 700 };

/* A device that is wrong about the place: byte at of the stream opened as byte at + shift. */
static void
misjudge(int64_t number, int64_t shift)
{
	static uint8_t zeros[MISJUDGED + 1], stream[MISJUDGED + 1];
	struct peer key = peer_key(0, 0);
	uint8_t nonce[12], no[8], tag[16];

	peer_be64(no, (uint64_t)(40 + number));
	memcpy(nonce, key.iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= no[i];
	peer_gcm(&key, 1, nonce, zeros, 5, zeros, sizeof(zeros), stream, tag);
	for (uint32_t at = 0; at < t.len; at++) {
		int64_t in_body = (int64_t)at - 5 + shift;

		t.opened[at] = t.wire[at];
		if (in_body >= 0 && in_body <= MISJUDGED)
			t.opened[at] ^= stream[in_body];
	}
}

/*
 * Whoever moves the device moves what it makes of the bytes, not what is read. It says that all
 * is verified.
 */
static void
test_misjudged(void)
{
	ssize_t n;

	for (int64_t number = -2; number <= 2; number++)
		for (int64_t shift = -40; shift <= 40; shift++) {
			begin(40);
			put_data(MISJUDGED, 0);
			misjudge(number, shift);
			feed(t.len, true, 2000);
			n = recv_data(1000);
			CU_ASSERT(number == 0 && shift == 0 ? n == MISJUDGED :
							      n < 0 && n != -EAGAIN);
			CU_ASSERT_EQUAL(t.rx.tls->count.records, number == 0 && shift == 0);
			finish();
		}
}

/* Bytes of somebody's choice behind a mark: a record from elsewhere, a record that is left out. */
static void
test_forged(void)
{
	struct peer other = peer_key(9, 40);

	for (int kind = 0; kind < 3; kind++) {
		begin(40);
		put_data(300, 0);
		if (kind == 0) /* as the device would show it */
			memset(t.opened + 5, 'x', 300);
		if (kind == 1) /* number 41 in the place of 40 */
			put_data(300, 0);
		if (kind == 2) { /* of another key */
			t.len = 0;
			t.peer = other;
			put(23, "forged", 6, 0, 9, 40);
		}
		if (kind == 1)
			memmove(t.opened, t.opened + 322, 322);
		t.len = kind == 2 ? t.len : 322;
		feed(t.len, true, 2000);
		CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
		CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_BAD_MAC);
		CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, 1);
		expect_counts(0, 0, 0);
		finish();
	}
}

/* The device starts with the second record, inside of a packet that it marks. */
static void
test_start_inside(void)
{
	for (uint32_t cut = 1; cut < 322; cut += 3) {
		begin(0);
		put_data(300, 0);
		put_data(300, 0);
		t.rx.tls->epochs.now->rx.marks.start_off = UINT64_MAX;
		session_rx_device_starts(&t.rx, 322);
		memcpy(t.opened, t.wire, 322);
		feed(cut, cut % 2 == 0, 2000);
		feed(t.len - cut, true, 2000);
		CU_ASSERT_EQUAL(recv_data(1000), 600);
		expect_counts(2, 1, 0);
		finish();
	}
}

/* Marks mean nothing where no device was told the keys: bytes are as on the wire. */
static void
test_no_device(void)
{
	begin(0);
	session_rx_fini(&t.rx);
	session_rx_init(&t.rx, &t.q);
	set_key(0, 0);
	put_data(500, 0);
	memcpy(t.opened, t.wire, t.len);
	feed(t.len, true, 2000);
	CU_ASSERT_EQUAL(recv_data(1000), 500);
	expect_counts(1, 0, 0);
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
		bool touched, missed,
			wrong; /* bytes that a context opened, did not, had no key for */
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

/* Bytes [off, end) as the context makes them, with its key and its count of records. */
static void
context_opens(uint32_t off, uint32_t end)
{
	struct peer key = peer_key(s.ctx, 0);
	static uint8_t opened[PEER_WIRE_MAX];
	uint32_t from, to;

	for (uint32_t i = 0; i < s.records; i++) {
		struct record *r = &s.rec[i];

		from = RTE_MAX(off, r->off);
		to = RTE_MIN(end, r->off + r->len);
		if (from >= to)
			continue;
		if (r->off < s.start_off) {
			memcpy(t.opened + from, t.wire + from, to - from);
			r->missed = true;
			continue;
		}
		device_opens(&key, s.first_no[s.ctx] + i - s.first[s.ctx], t.wire + r->off, opened);
		memcpy(t.opened + from, opened + (from - r->off), to - from);
		r->touched = true;
		r->wrong |= r->key != s.ctx;
	}
}

static void
arrive(uint32_t off, uint32_t end, bool marked)
{
	struct rte_mbuf *m;

	if (off == end)
		return;
	if (marked)
		context_opens(off, end);
	for (uint32_t i = 0; !marked && i < s.records; i++)
		s.rec[i].missed |= s.rec[i].off < end && s.rec[i].off + s.rec[i].len > off;
	m = rx_packet((marked ? t.opened : t.wire) + off, end - off, 2000);
	if (marked)
		m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
	CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, off, m), 0);
	session_rx_input(&t.rx);
}

/* Where the next record starts, by the framer alone: a KeyUpdate may wait unopened. */
static bool
context_starts(void)
{
	const struct session_epoch *e = t.rx.tls->epochs.now;
	uint64_t off, index, read_off = t.q.ready.off;

	if (!framer_boundary(&t.rx.tls->framer, t.q.ready.end_off, &off, &index))
		return false;
	/* Two of one key, at most, are remembered. */
	if (e->rx.marks.start_off < e->rx.marks.end_off && e->rx.marks.end_off > read_off &&
	    e->rx.before.start_off < e->rx.before.end_off && e->rx.before.end_off > read_off)
		return false;
	CU_ASSERT_EQUAL_FATAL(session_rx_may_offload(&t.rx), 0);
	session_rx_device_starts(&t.rx, off);
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
	uint64_t opened = 0, mixed = 0;

	CU_ASSERT_EQUAL_FATAL(t.got, t.sent);
	for (uint32_t i = 0; i < s.records; i++) {
		const struct record *r = &s.rec[i];

		opened += r->touched && !r->missed && !r->wrong;
		mixed += r->touched && (r->missed || r->wrong);
	}
	expect_counts(s.records, opened, mixed);
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
	uint64_t rng = harness_seed();

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
		finish();
	}
}

/* Four old keys whose marks wait in the queue: a fifth must wait, and changes nothing. */
static void
test_too_many_keys(void)
{
	for (unsigned int idle = 0; idle <= 4; idle++) {
		uint32_t at;

		begin_keys();
		context_ends();
		for (int i = 0; i < 5; i++)
			peer_sends(true, 0, 5);
		at = t.len;
		for (int i = 0; i < 5; i++)
			peer_sends(false, 100, 0);
		arrive(0, at, false);
		for (unsigned int key = 0; key < 5; key++, at += 122) {
			CU_ASSERT_EQUAL(s.installed, key);
			CU_ASSERT(context_starts());
			/* The one that opened nothing is not in the way; 0: all did. */
			arrive(at, at + 122, idle == 0 || key != idle - 1);
			context_ends();
			CU_ASSERT_EQUAL(program_reads(1000), key < 4 || idle > 0 ? 0 : -EAGAIN);
		}
		if (idle == 0) {
			CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PAUSED);
			CU_ASSERT_EQUAL(program_reads(1000), -EAGAIN);
			CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 5);
			CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 6);
		} else {
			CU_ASSERT_EQUAL(program_reads(1000), 500);
			expect_all_read();
		}
		finish();
	}
}

/* An old key goes with the last byte that its context has opened, in order or not; not before. */
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
		/* None of the three has marks here. */
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
	for (int row = 0; row < 4; row++) {
		int jobs = row % 2;

		begin(0);
		put_data(500, 0);
		feed(100, true, 2000);
		feed(t.len - 100, row >= 2, 2000);
		t.flaky.good_jobs = jobs; /* restoring, opening */
		CU_ASSERT_EQUAL(recv_data(1000), -EBADMSG);
		expect_counts(0, 0, 0);
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
		{ "opened and not verified", test_unverified },
		{ "a tampered record is found out", test_tampered },
		{ "a device at the wrong place", test_misjudged },
		{ "what nobody sealed", test_forged },
		{ "a start inside of a packet", test_start_inside },
		{ "marks without a device", test_no_device },
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
