/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program reads, however the records came, and whatever the sizes of its buffers. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

static void
test_plain(void)
{
	struct rtls_msg msg;
	uint64_t off, rec_no;

	begin();
	CU_ASSERT(!readable());
	CU_ASSERT(!session_rx_boundary(&t.rx, &off, &rec_no));
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), -EAGAIN);
	pattern_fill(t.wire, 0, 5000);
	t.len = 5000;
	feed_all();
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_with(3000, RTLS_MSG_PEEK, true, &msg), 3000);
	CU_ASSERT(pattern_is(room + 16, 0, 3000));
	CU_ASSERT_EQUAL(recv_with(3000, 0, false, &msg), 3000);
	CU_ASSERT(pattern_is(room + 16, 0, 3000));
	CU_ASSERT_EQUAL(msg.type, 0);
	CU_ASSERT_EQUAL(msg.version, 0);
	CU_ASSERT_EQUAL(msg.flags, 0);
	CU_ASSERT_EQUAL(msg.wire_len, 0);
	CU_ASSERT_EQUAL(recv_with(0, 0, false, &msg), 0);
	{
		/* Into pieces. */
		uint8_t a[700], b[100000];
		struct iovec iov[] = { { a, 0 }, { a, sizeof(a) }, { NULL, 0 }, { b, sizeof(b) } };

		msg.iov = iov;
		msg.iovlen = 4;
		CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, true), 2000);
		CU_ASSERT(pattern_is(a, 3000, 700));
		CU_ASSERT(pattern_is(b, 3700, 1300));
	}
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), -EAGAIN);
	t.fin = true;
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), 0);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
	finish();
}

/* Keys apply at the read position: what came before them in the same segment is plain. */
static void
test_keys_in_mid_stream(void)
{
	struct rtls_msg msg;

	begin();
	memcpy(t.wire, "hello", 5);
	t.len = 5;
	t.peer = peer_key(0, 9);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recv_with(5, 0, true, &msg), 5);
	CU_ASSERT_EQUAL(memcmp(room + 16, "hello", 5), 0);
	CU_ASSERT_EQUAL(set_key(0, 9), 0);
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 10);
	finish();
}

static void
test_set_keys(void)
{
	struct peer p = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&p);

	begin();
	keys.version = 0x0302;
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -EINVAL);
	keys.version = 0x0304;
	keys.cipher = 1;
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -EINVAL);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PLAIN);
	CU_ASSERT_PTR_NULL(session_rx_epoch(&t.rx));
	finish();

	begin_keyed();
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 1);
	put_data(100);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(60), 60);
	/* 40 bytes of the old key's are not read yet. */
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	keys.cipher = 56; /* the kernel's, and not carried */
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -ENOTSUP);
	CU_ASSERT_EQUAL(recv_data(40), 40);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(1, 0), -ENOMEM);
	t.flaky.no_keys = false;
	/* The old key works after all of these. */
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	/* A program that runs the handshake itself changes keys without a KeyUpdate. */
	t.peer = peer_key(1, 0);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(set_key(1, 0), 0);
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 2);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	finish();
}

/* Another key needs another handshake, which TLS 1.2 has within the connection alone. */
static void
test_only_key(void)
{
	begin_keyed();
	for (unsigned int n = 0; n < 2; n++) {
		CU_ASSERT_EQUAL(set_key(n, 0), -EBUSY);
		CU_ASSERT_EQUAL(set_key(n, 1000), -EBUSY);
	}
	put_data(100);
	put_record(20, "\1", 1, 0);
	put_record(22, "finished", 8, 0);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(200), 100);
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(100, 0, 1, 20, true);
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(100, 0, 8, 22, true);
	/* What has another key anyhow is no record of this one. */
	t.peer = peer_key(1, 0);
	put_data(10);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(200), -EBADMSG);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	finish();
}

/* Three records, cut anywhere: nothing before the last byte of a record, all of it after. */
static void
test_every_cut(void)
{
	uint32_t end[3];

	begin_keyed();
	for (int i = 0; i < 3; i++) {
		put_data(30 + (uint32_t)i);
		end[i] = t.len;
	}
	for (uint32_t a = 1; a < t.len; a++) {
		uint32_t len = t.len, avail = 0;

		/* The same stream again for a receiver of its own. */
		finish();
		begin_keyed();
		for (int i = 0; i < 3; i++)
			put_data(30 + (uint32_t)i);
		CU_ASSERT_EQUAL(t.len, len);
		feed(a, 2000);
		for (int i = 0; i < 3; i++)
			avail += a >= end[i] ? 30 + (uint32_t)i : 0;
		CU_ASSERT_EQUAL(readable(), avail > 0);
		CU_ASSERT_EQUAL(recv_data(1000), avail > 0 ? (ssize_t)avail : -EAGAIN);
		CU_ASSERT(!readable());
		CU_ASSERT_EQUAL(recv_data(1000), -EAGAIN);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(1000), 93 - (ssize_t)avail);
		CU_ASSERT_EQUAL(t.rx.tls->count.records, 3);
		CU_ASSERT_EQUAL(t.rx.tls->count.record_bytes, 93);
	}
	finish();
}

static void
test_two_cuts(void)
{
	begin_keyed();
	put_data(20);
	put_control(21, 7);
	for (uint32_t a = 1; a < t.len; a++)
		for (uint32_t b = a + 1; b < t.len; b++) {
			finish();
			begin_keyed();
			put_data(20);
			put_control(21, 7);
			/* The middle, the end, the beginning. */
			feed_at(a, b - a, 2000);
			feed_at(b, t.len - b, 2000);
			CU_ASSERT(!readable());
			CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
			feed_at(0, a, 2000);
			CU_ASSERT_EQUAL(recv_data(100), 20);
			expect_msg(100, 0, 7, 21, true);
		}
	finish();
}

/*
 * Records in 1-byte segments: compacted, and where that is not allowed, because
 * somebody else holds the buffers, gathered.
 */
static void
test_tiny_segments(void)
{
	for (int held = 0; held <= 1; held++)
		for (uint32_t len = 1; len <= 900; len = len * 3 + 11) {
			begin_keyed();
			put_data(len);
			put_control(21, 2);
			while (t.fed < t.len) {
				struct rte_mbuf *m = rx_packet(t.wire + t.fed, 1, 1);

				if (held) {
					rte_mbuf_refcnt_update(m, 1);
					CU_ASSERT_FATAL(t.nb_borrowed < BORROWED_MAX);
					t.borrowed[t.nb_borrowed++] = m;
				}
				CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, t.fed++, m), 0);
				session_rx_input(&t.rx);
			}
			CU_ASSERT_EQUAL(recv_data(1000), len);
			expect_msg(10, 0, 2, 21, true);
			finish();
		}
	/* The largest record there is. */
	begin_keyed();
	put_data(16384);
	feed(t.len - 1, 1);
	CU_ASSERT(!readable());
	CU_ASSERT(fixture_in_use() < 12);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(20000), 16384);
	finish();
}

/* Sizes of receive buffers against records of 1, 100 and 5000 bytes. */
static void
test_buffer_sizes(void)
{
	static const size_t sizes[] = { 1, 2, 7, 99, 100, 101, 102, 4999, 5101, 5102, 10000 };
	static const uint32_t records[] = { 1, 100, 5000 };

	for (size_t i = 0; i < HARNESS_COUNT(sizes); i++)
		for (uint32_t seg = 50; seg <= 1450; seg += 700) {
			uint64_t end = 0;

			begin_keyed();
			for (size_t k = 0; k < 3; k++)
				put_data(records[k]);
			feed(t.len, seg);
			while (t.got < t.sent) {
				size_t want = RTE_MIN(sizes[i], (size_t)(t.sent - t.got));
				bool eor = false;

				end = 0;
				for (size_t k = 0; k < 3; k++) {
					end += records[k];
					eor |= t.got + want == end;
				}
				expect_msg(sizes[i], 0, (ssize_t)want, 23, eor);
			}
			CU_ASSERT_EQUAL(recv_data(1), -EAGAIN);
			finish();
		}
}

/* Into pieces: few go directly, too many through a buffer. */
static void
test_scatters(void)
{
	static const unsigned int counts[] = { 1, 2, 3, 10, 63, 64, 65, 66, 100, 200 };

	for (size_t i = 0; i < HARNESS_COUNT(counts); i++) {
		unsigned int n = counts[i];
		struct iovec iov[200];
		struct rtls_msg msg = { .iov = iov, .iovlen = n };
		size_t left = 3000, at = 0;

		begin_keyed();
		put_data(1500);
		put_data_padded(1400, 100); /* the padding falls into the program's buffers */
		feed_all();
		memset(room, GUARD, 4000);
		for (unsigned int k = 0; k < n; k++) {
			iov[k].iov_base = room + at + 1;
			iov[k].iov_len = k + 1 == n ? left : k % 5 == 3 ? 0 : left / (n - k);
			left -= iov[k].iov_len;
			at += iov[k].iov_len + 1;
		}
		CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, true), 2900);
		for (unsigned int k = 0; k < n && t.got < 2900; k++) {
			size_t len = RTE_MIN(iov[k].iov_len, (size_t)(2900 - t.got));

			CU_ASSERT_EQUAL(((uint8_t *)iov[k].iov_base)[-1], GUARD);
			CU_ASSERT(pattern_is(iov[k].iov_base, t.got, len));
			t.got += len;
		}
		CU_ASSERT_EQUAL(msg.flags, RTLS_MSG_EOR);
		CU_ASSERT_EQUAL(msg.wire_len, 5 + 1400 + 1 + 100 + 16);
		finish();
	}
}

static void
test_peek(void)
{
	begin_keyed();
	put_data(100);
	put_data(200);
	put_control(21, 2);
	feed_all();
	for (int i = 0; i < 3; i++) {
		expect_msg(40, RTLS_MSG_PEEK, 40, 23, false);
		expect_msg(100, RTLS_MSG_PEEK, 100, 23, true);
		expect_msg(101, RTLS_MSG_PEEK, 101, 23, false);
		expect_msg(1000, RTLS_MSG_PEEK, 300, 23, true);
	}
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 3);
	CU_ASSERT_EQUAL(recv_data(30), 30);
	expect_msg(1000, RTLS_MSG_PEEK, 270, 23, true);
	CU_ASSERT_EQUAL(recv_data(80), 80);
	expect_msg(1000, RTLS_MSG_PEEK, 190, 23, true);
	CU_ASSERT_EQUAL(recv_data(1000), 190);
	expect_msg(1000, RTLS_MSG_PEEK, 2, 21, true);
	expect_msg(1, RTLS_MSG_PEEK, 1, 21, false);
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(1000, 0, 2, 21, true);
	expect_msg(1000, RTLS_MSG_PEEK, -EAGAIN, 0, false);
	finish();
	/* As much as the buffers hold; what was looked at stays in front. */
	begin_keyed();
	for (int i = 0; i < 40; i++)
		put_data(5000);
	feed_all();
	expect_msg(200000, RTLS_MSG_PEEK, 200000, 23, true);
	CU_ASSERT_EQUAL(t.rx.tls->list.room, 40 * BUF_LARGE_ROOM);
	CU_ASSERT_EQUAL(recv_data(12000), 12000);
	expect_msg(200000, RTLS_MSG_PEEK, 188000, 23, true);
	CU_ASSERT_EQUAL(recv_data(200000), 188000);
	CU_ASSERT_EQUAL(t.rx.tls->list.room, 0);
	finish();
}

static void
test_empty_and_padded(void)
{
	static const uint32_t pads[] = { 1, 2, 15, 16, 255, 1000, 16000 };

	begin_keyed();
	for (int i = 0; i < 3; i++)
		put_data(0);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
	put_data(0);
	put_data(11);
	put_data_padded(0, 100);
	put_data(0);
	feed_all();
	expect_msg(1000, 0, 11, 23, true);
	CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
	put_data(0);
	feed_all();
	expect_msg(1000, RTLS_MSG_PEEK, -EAGAIN, 0, false);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 8);
	for (size_t i = 0; i < HARNESS_COUNT(pads); i++) {
		put_data_padded(200, pads[i]);
		put_record(22, "\4\0\0\0\4\0\0\0", 8, pads[i]);
		put_data_padded(1, pads[i]);
		feed_all();
		/* Directly, in parts, and with the padding beyond the buffer. */
		CU_ASSERT_EQUAL(recv_data(i & 1 ? 200 : 300), 200);
		expect_msg(8, 0, 8, 22, true);
		CU_ASSERT_EQUAL(recv_data(i & 2 ? 1 : 20000), 1);
	}
	/* Content that ends in zeros is content. */
	put_record(22, "\4\0\0\0", 4, 9);
	feed_all();
	expect_msg(100, 0, 4, 22, true);
	finish();
}

/* Which types mean something is for who reads to say; without a type it is no record. */
static void
test_other_types(void)
{
	static const uint8_t types[] = { 1, 19, 24, 25, 64, 99, 128, 255 };

	begin_keyed();
	for (size_t i = 0; i < HARNESS_COUNT(types); i++) {
		put_record(types[i], "abc", 3, (uint32_t)i);
		put_data(10);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(100), -EIO);
		expect_msg(2, 0, 2, types[i], false);
		expect_msg(100, 0, 1, types[i], true);
		CU_ASSERT_EQUAL(recv_data(100), 10);
	}
	finish();
}

/*
 * More records than are framed ahead, and what ends them: all come out, in their order. Where the
 * next one starts is known again when it is framed.
 */
static void
test_many_small(void)
{
	enum { RECORDS = 12000, KINDS = 4 };
	uint64_t rec_no;
	ssize_t n;

	for (int kind = 0; kind < KINDS; kind++) {
		if (kind == 1 && peer_suite.tls12)
			continue;
		begin_keyed();
		while (t.len < 1 << 18)
			put_data(1);
		CU_ASSERT(t.peer.rec_no > 8000 && t.peer.rec_no < RECORDS);
		if (kind == 1)
			put_key_update();
		if (kind == 2)
			put_close_notify();
		if (kind == 3) {
			memcpy(t.wire + t.len, "GET / HTTP/1.1\r\n", 16);
			t.len += 16;
		}
		feed_all();
		CU_ASSERT(!boundary(&rec_no));
		for (size_t size = 1; t.got < t.sent; size = size * 3 % 1001) {
			CU_ASSERT(readable());
			size = RTE_MIN(size, t.sent - t.got);
			n = recv_data(size);
			CU_ASSERT_EQUAL_FATAL(n, (ssize_t)size);
			CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), t.got);
			CU_ASSERT_EQUAL(t.rx.tls->framer.head_off, t.q.ready.off);
			CU_ASSERT_EQUAL(session_rx_head_need(&t.rx),
					t.got == t.sent && kind == 0 ?
						RECORD_HDR_LEN + t.rx.tls->suite->body_max :
						0);
		}
		/* What is not opened may be a KeyUpdate. */
		CU_ASSERT_EQUAL(boundary(&rec_no), kind == 0);
		if (kind == 0)
			CU_ASSERT_EQUAL(rec_no, t.peer.rec_no);
		CU_ASSERT_EQUAL(readable(), kind > 0);
		if (kind == 0)
			CU_ASSERT_EQUAL(recv_data(10), -EAGAIN);
		if (kind == 1)
			expect_msg(10, 0, 5, 22, true);
		if (kind == 2)
			expect_msg(10, 0, 2, 21, true);
		if (kind == 3)
			expect_end(-EINVAL);
		finish();
	}
}

/* Every three cuts of a stream, of which anything is read between them: a header in two buffers, the
 * edge in a buffer that goes on to be filled, or of which the front was read. */
static void
test_read_between_cuts(void)
{
	static const uint32_t segs[] = { 1, 2, 1400 };

	for (uint32_t seg = 0; seg < HARNESS_COUNT(segs); seg++)
		for (uint32_t a = 0; a <= 100; a++)
			for (uint32_t b = a; b <= 100; b += seg == 2 ? 1 : 7) {
				uint64_t rec_no = 99;

				begin_keyed();
				put_data(1);
				put_data(4);
				put_data(3);
				CU_ASSERT_EQUAL_FATAL(t.len, 8 + 3 * peer_around(&t.peer));
				feed(RTE_MIN(a, t.len), segs[seg]);
				while ((a + b) % 2 && recv_data(1 + a % 3) > 0)
					;
				feed(RTE_MIN(b, t.len), segs[seg]);
				while (b % 3 && recv_data(1 + a % 2) > 0)
					;
				feed(t.len, segs[seg]);
				while (t.got < t.sent)
					CU_ASSERT_FATAL(recv_data(1 + b % 4) > 0);
				CU_ASSERT(boundary(&rec_no));
				CU_ASSERT_EQUAL(rec_no, 3);
				CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 3);
				finish();
			}
}

static void
test_tls12_layout(void)
{
	struct rtls_msg msg;

	begin_keyed();
	put_data(100);
	put_data(16384);
	put_control(22, 50);
	put_data(0);
	put_close_notify();
	put_control(22, 50);
	feed_all();
	CU_ASSERT(!session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(20000, 0, true, &msg), 16484);
	CU_ASSERT(pattern_is(room + 16, 0, 16484));
	CU_ASSERT_EQUAL(msg.version, 0x0303);
	/* The header shows the type before anything is opened. */
	CU_ASSERT(session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 50);
	CU_ASSERT_EQUAL(msg.type, 22);
	CU_ASSERT_EQUAL(msg.wire_len, peer_around(&t.peer) + 50);
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 2);
	CU_ASSERT_EQUAL(msg.type, 21);
	/* Nothing is known behind close_notify. */
	CU_ASSERT(!session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 0);
	CU_ASSERT_EQUAL(msg.type, 0);
	finish();
}

enum { EVENTS_MAX = 400 };

struct event {
	uint8_t type;
	uint32_t len;
};

/* A stream, and how far it was read. */
struct play {
	struct event events[EVENTS_MAX];
	unsigned int nb_events, next, keys;
	uint32_t part; /* of the next event, delivered in earlier calls */
};

/* The first event from next on that a receive tells about: of empty data none does. */
static void
skip_empty(struct play *p)
{
	while (p->next < p->nb_events && p->events[p->next].type == 23 &&
	       p->events[p->next].len == 0)
		p->next++;
}

/* What TCP would keep of a segment: the bytes that are not here yet. */
static void
arrive(uint64_t *seed, bool *here, uint32_t window)
{
	uint64_t r = harness_rand(seed);
	uint32_t base = (uint32_t)t.q.ready.end_off, at, len = 0;
	uint32_t max = (uint32_t[]){ 1, 20, 536, 1448 }[r & 3];

	at = base + ((r & 0x30) != 0 ? 0 : (uint32_t)((r >> 8) % (window + 1)));
	while (at < t.len && here[at])
		at++;
	while (len < max && at + len < t.len && !here[at + len])
		len++;
	if (len == 0 || fixture_in_use() > 900)
		return;
	{
		struct rte_mbuf *m = rx_packet(t.wire + at, len, max / 8 + 1 + (r >> 30) % 1400);

		if (recvq_insert(&t.q, at, m) == 0)
			memset(here + at, true, len);
		else
			rte_pktmbuf_free(m);
	}
	session_rx_input(&t.rx);
}

/* No floods: after a few records without data one has some. */
static void
put_events(struct play *p, uint64_t *seed)
{
	unsigned int keys = 1;
	uint64_t sent = 0, r;
	uint32_t len;
	int dull = 0;

	while (t.len < 60000 && p->nb_events < EVENTS_MAX) {
		struct event *e = &p->events[p->nb_events++];

		r = harness_rand(seed);
		len = (uint32_t)((r >> 20) % ((uint32_t[]){ 4, 100, 2000, 16385 }[r >> 8 & 3]));
		dull = t.sent > sent ? 0 : dull + 1;
		sent = t.sent;
		r |= t.peer.tls12 && (r & 15) == 2 ? 1 : 0; /* no KeyUpdates there */
		switch (dull > 3 ? 15 : r & 15) {
		case 0:
			*e = (struct event){ 21, RTE_MIN(len + 3, 16384u) };
			put_control(21, e->len);
			break;
		case 1:
			*e = (struct event){ 22, RTE_MAX(len & ~3u, 4u) };
			put_control(22, e->len);
			break;
		case 2:
			*e = (struct event){ 24, 5 };
			put_key_update();
			t.peer = peer_key(keys++ % 8, 0);
			break;
		default:
			*e = (struct event){ 23, dull > 3 ? RTE_MAX(len, 1u) : len };
			put_data_padded(e->len, RTE_MIN((uint32_t)(r >> 50) % 100, 16384 - e->len));
			break;
		}
	}
}

/* n bytes of the next event, a control record, came into a buffer of this size. */
static void
took_control(struct play *p, const struct rtls_msg *msg, size_t size, bool peek, ssize_t n)
{
	const struct event *e = &p->events[p->next];
	uint32_t left = e->len - p->part;

	CU_ASSERT_EQUAL_FATAL(n, (ssize_t)RTE_MIN(size, (size_t)left));
	CU_ASSERT_EQUAL(msg->type, e->type == 24 ? 22 : e->type);
	CU_ASSERT_EQUAL(msg->flags, n == (ssize_t)left ? RTLS_MSG_EOR : 0);
	p->part += peek ? 0 : (uint32_t)n;
	if (peek || p->part < e->len)
		return;
	if (e->type == 24)
		CU_ASSERT_EQUAL_FATAL(set_key(p->keys++ % 8, 0), 0);
	p->part = 0;
	p->next++;
	skip_empty(p);
}

/* n bytes of data, of one record or of some. */
static void
took_data(struct play *p, const struct rtls_msg *msg, bool peek, ssize_t n)
{
	uint32_t part = p->part, left = (uint32_t)n;

	CU_ASSERT_FATAL(n > 0);
	CU_ASSERT_EQUAL(msg->type, 23);
	CU_ASSERT_FATAL(pattern_is(room + 16, t.got, (size_t)n));
	for (unsigned int k = p->next; left > 0; k++, part = 0) {
		uint32_t step = RTE_MIN(left, p->events[k].len - part);
		bool whole = part + step == p->events[k].len;

		CU_ASSERT_EQUAL_FATAL(p->events[k].type, 23);
		left -= step;
		if (left == 0)
			CU_ASSERT_EQUAL(msg->flags, whole ? RTLS_MSG_EOR : 0);
		if (peek)
			continue;
		p->part = whole ? 0 : part + step;
		p->next = whole ? k + 1 : k;
	}
	t.got += peek ? 0 : (uint64_t)n;
	skip_empty(p);
}

/* Some segments come, and one call reads. */
static void
read_some(struct play *p, uint64_t *seed, bool *here)
{
	struct rtls_msg msg;
	bool peek, data_only;
	size_t size;
	ssize_t n;
	uint64_t r;

	for (r = harness_rand(seed) % 8; r > 0; r--)
		arrive(seed, here, 20000);
	r = harness_rand(seed);
	size = 1 + (r >> 20) % ((uint32_t[]){ 3, 100, 3000, 60000 }[r >> 8 & 3]);
	peek = (r & 3) == 0;
	data_only = (r & 12) == 0;
	n = recv_with(size, peek ? RTLS_MSG_PEEK : 0, data_only, &msg);
	if (n == -EAGAIN) {
		CU_ASSERT(!readable() || framer_head(&t.rx.tls->framer) != NULL);
	} else if (p->events[p->next].type == 23) {
		took_data(p, &msg, peek, n);
	} else if (data_only) {
		CU_ASSERT_EQUAL_FATAL(n, -EIO);
	} else {
		took_control(p, &msg, size, peek, n);
	}
}

static void
test_random(void)
{
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 300 : 40;
	static bool here[WIRE_MAX + 1];

	for (int round = 0; round < rounds; round++) {
		static struct play p;
		uint32_t idle = 0;

		begin_keyed();
		memset(here, 0, sizeof(here));
		memset(&p, 0, sizeof(p));
		p.keys = 1;
		put_events(&p, &seed);
		skip_empty(&p);
		while (p.next < p.nb_events) {
			CU_ASSERT_FATAL(idle++ < 200000);
			read_some(&p, &seed, here);
		}
		CU_ASSERT_EQUAL(t.got, t.sent);
		while (recvq_len(&t.q) + t.q.ready.off < t.len)
			arrive(&seed, here, 0);
		expect_end(-EAGAIN); /* only empty records can be left */
		t.fin = true;
		expect_end(0);
		finish();
		if (CU_get_number_of_failures() > 100)
			break;
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "plain bytes before keys", test_plain, EACH_SUITE_ONCE },
		{ "keys apply at the read position", test_keys_in_mid_stream, EACH_SUITE },
		{ "keys installed, changed and refused", test_set_keys, EACH_SUITE_13 },
		{ "no second key", test_only_key, EACH_SUITE_12 },
		{ "records cut at every place", test_every_cut, EACH_SUITE },
		{ "records cut at every two places, out of order", test_two_cuts, EACH_SUITE },
		{ "records in tiny segments", test_tiny_segments, EACH_SUITE },
		{ "receive buffers of all sizes", test_buffer_sizes, EACH_SUITE },
		{ "receive buffers in pieces", test_scatters, EACH_SUITE_13 },
		{ "peek", test_peek, EACH_SUITE },
		{ "empty and padded records", test_empty_and_padded, EACH_SUITE },
		{ "content types of any value", test_other_types, EACH_SUITE },
		{ "more records than are framed ahead", test_many_small, EACH_SUITE },
		{ "reading between cuts", test_read_between_cuts, EACH_SUITE },
		{ "TLS 1.2 records by the same code", test_tls12_layout, EACH_SUITE_12 },
		{ "random streams, cut and read at random", test_random, EACH_SUITE },
	};

	return shared_start("session-rx") ?
		       each_suite_run("session/rx", cases, HARNESS_COUNT(cases)) :
		       1;
}
