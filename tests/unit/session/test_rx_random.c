/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A random stream, anyhow cut, anyhow read. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

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
		{ "random streams, cut and read at random", test_random, EACH_SUITE },
	};

	return shared_start("session-rx-random") ?
		       each_suite_run("session/rx_random", cases, HARNESS_COUNT(cases)) :
		       1;
}
