/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What comes in one burst is joined to runs. Nobody can tell: end 1 is told the same as if each
 * packet had come alone. Its budget of receive memory is set by hand.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	CONNS = 3,
	PORT = 5000, /* the first of end 0 */
	MSS = 1448,
	FIRST = 3000, /* bytes that came before, from end 0's program */
	FRAMES = 600,
	STREAM = 1 << 20, /* of a connection: its part of the pattern */
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
};

struct bench {
	struct pair p;
	struct rtls_sock *socks[CONNS][2];
	struct forged last[CONNS]; /* of end 0 */
	uint32_t acks[CONNS];      /* of end 1 */
	uint64_t segments;         /* of these, before the test begins */
	bool deaf;                 /* nothing of end 1 arrives */
};

/* What one packet is: of which connection, where in its stream, how long. */
struct packet {
	uint8_t conn;
	uint8_t flags;
	bool broken; /* its checksum is wrong */
	int16_t ack; /* so much beside what is right */
	int32_t off;
	uint16_t len;
};

static void
on_frame(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	struct bench *b = arg;
	uint32_t conn = get16(frame + 34 + 2 * dir) - PORT;

	(void)now_us;
	if (frame[12] != 8 || frame[13] != 0 || frame[23] != 6 || conn >= CONNS)
		return;
	if (dir == 1) {
		b->acks[conn]++;
		return;
	}
	memcpy(b->last[conn].bytes, frame, len);
	b->last[conn].len = len;
}

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct bench *b = arg;

	(void)frame;
	(void)len;
	(void)now_us;
	(void)delay_us;
	return dir == 1 && b->deaf ? CABLE_DROP : CABLE_PASS;
}

static void
start(struct bench *b)
{
	struct pair_conf conf = { .backlog = CONNS, .tap = on_frame, .filter = filter, .arg = b };
	uint8_t first[FIRST];

	memset(b, 0, sizeof(*b));
	for (int i = 0; i < 2; i++) {
		memset(conf.stack[i].secret, 1 + i, sizeof(conf.stack[i].secret));
		conf.stack[i].rcvbuf = 4 * STREAM;
	}
	pair_init(&b->p, &conf);
	for (uint16_t i = 0; i < CONNS; i++)
		pair_connect(&b->p, PORT + i, b->socks[i]);
	pair_pass(&b->p, 1000000);
	/* An ACK tells all of the window, which a SYN-ACK cannot. */
	for (uint8_t i = 0; i < CONNS; i++) {
		pair_fill(first, (uint64_t)i * STREAM, sizeof(first));
		pair_send(&b->p, b->socks[i][0], first, sizeof(first));
		pair_expect(&b->p, b->socks[i][1], first, sizeof(first));
		pair_pass(&b->p, 1000000);
	}
	b->deaf = true;
	b->segments = pair_stat(&b->p, 1, "RxSegments");
	CU_ASSERT_EQUAL(b->segments, 3 * CONNS);
	memset(b->acks, 0, sizeof(b->acks));
}

static void
finish(struct bench *b)
{
	for (int i = 0; i < CONNS; i++)
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_abort(b->socks[i][end]), 0);
	pair_fini(&b->p);
}

/* It waits at end 1's port. */
static void
put(struct bench *b, const struct packet *s)
{
	uint8_t *payload;
	struct forged f;

	forged_like(&f, &b->last[s->conn], s->flags, s->off, s->ack, s->len);
	payload = f.bytes + f.len - s->len;
	pair_fill(payload, (uint64_t)s->conn * STREAM + (uint64_t)s->off, s->len);
	forged_finish(&f, f.len);
	if (s->broken)
		f.bytes[FORGED_ETHER + FORGED_IP + 17] ^= 1;
	CU_ASSERT_EQUAL_FATAL(cable_inject(b->p.cable, 0, f.bytes, f.len), 0);
}

/* End 1 alone takes what is there; no time passes. */
static void
take(struct bench *b)
{
	cable_set_time(b->p.cable, b->p.now_us);
	while (rtls_stack_poll(b->p.stack[1], b->p.now_us) != 0)
		;
}

static void
put_data(struct bench *b, uint8_t conn, uint32_t from, uint32_t n, uint16_t len)
{
	for (uint32_t i = from; i < from + n; i++)
		put(b, &(struct packet){
			       .conn = conn, .flags = ACK, .off = (int32_t)(i * len), .len = len });
}

static uint64_t
segments_of(struct rtls_sock *k)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	CU_ASSERT_EQUAL(rtls_sock_stats(k, &stats), 0);
	return stats.rx_segments;
}

/* Reads all that is there, which is the pattern up to len; returns how it ended. */
static ssize_t
expect(struct bench *b, uint8_t conn, uint32_t len)
{
	static uint8_t in[65536];
	uint32_t got = 0;
	ssize_t n;

	while ((n = rtls_recv(b->socks[conn][1], in, sizeof(in), 0)) > 0) {
		CU_ASSERT_TRUE(pair_matches(in, (uint64_t)conn * STREAM + got, (size_t)n));
		got += (uint32_t)n;
	}
	CU_ASSERT_EQUAL(got, len);
	return n;
}

/* Packets of three connections come in turn: each has its bytes, and one ACK. */
static void
test_in_turn(void)
{
	static struct bench b;

	start(&b);
	for (uint32_t i = 0; i < 20; i++)
		for (uint8_t conn = 0; conn < CONNS; conn++)
			put_data(&b, conn, i, 1, MSS);
	take(&b);
	CU_ASSERT_EQUAL(pair_stat(&b.p, 1, "RxSegments"), b.segments + 20 * CONNS);
	for (uint8_t conn = 0; conn < CONNS; conn++) {
		CU_ASSERT_EQUAL(segments_of(b.socks[conn][1]), 3 + 20);
		CU_ASSERT_EQUAL(b.acks[conn], 1);
		CU_ASSERT_EQUAL(b.socks[conn][1]->rx_run, 0);
		CU_ASSERT_EQUAL(expect(&b, conn, 20 * MSS), -EAGAIN);
	}
	finish(&b);
}

/* One is lost: each packet behind the gap asks for it by an ACK of its own. */
static void
test_gap(void)
{
	static struct bench b;

	start(&b);
	put_data(&b, 0, 0, 10, MSS);
	put_data(&b, 0, 11, 7, MSS);
	put_data(&b, 1, 0, 3, MSS);
	take(&b);
	/* Those in order have theirs, too, unless a duplicate says the same. */
	CU_ASSERT(b.acks[0] == 7 || b.acks[0] == 8);
	CU_ASSERT_EQUAL(b.acks[1], 1);
	put_data(&b, 0, 10, 1, MSS);
	take(&b);
	CU_ASSERT_EQUAL(expect(&b, 0, 18 * MSS), -EAGAIN);
	CU_ASSERT_EQUAL(expect(&b, 1, 3 * MSS), -EAGAIN);
	finish(&b);
}

/* A RST ends a connection in the midst of a burst; what came in front of it is there. */
static void
test_reset(void)
{
	static struct bench b;

	start(&b);
	put_data(&b, 0, 0, 5, MSS);
	put_data(&b, 1, 0, 5, MSS);
	put(&b, &(struct packet){ .conn = 0, .flags = RST | ACK, .off = 5 * MSS });
	put_data(&b, 0, 5, 5, MSS);
	put_data(&b, 1, 5, 5, MSS);
	put(&b, &(struct packet){ .conn = 2, .flags = ACK, .len = MSS });
	put(&b, &(struct packet){ .conn = 2, .flags = ACK | FIN, .off = MSS, .len = 10 });
	put(&b, &(struct packet){ .conn = 2, .flags = ACK, .off = MSS + 10, .len = 10 });
	take(&b);
	CU_ASSERT_EQUAL(expect(&b, 0, 5 * MSS), -ECONNRESET);
	CU_ASSERT_EQUAL(expect(&b, 1, 10 * MSS), -EAGAIN);
	CU_ASSERT_EQUAL(expect(&b, 2, MSS + 10), 0);
	CU_ASSERT_EQUAL(pair_stat(&b.p, 1, "RxNoConnection"), 5);
	finish(&b);
}

/* A program closed a socket that has bytes unread: the first packet ends it, others are nobody's. */
static void
test_orphan(void)
{
	static struct bench b;

	start(&b);
	CU_ASSERT_EQUAL(rtls_close(b.socks[0][1]), 0);
	put_data(&b, 0, 0, 10, MSS);
	put_data(&b, 1, 0, 10, MSS);
	take(&b);
	CU_ASSERT_EQUAL(expect(&b, 1, 10 * MSS), -EAGAIN);
	b.deaf = false;
	CU_ASSERT_EQUAL(rtls_abort(b.socks[0][0]), 0);
	for (int i = 1; i < CONNS; i++)
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_abort(b.socks[i][end]), 0);
	pair_fini(&b.p);
}

/* A run that is refused is refused packet by packet. */
static void
test_refused(void)
{
	static struct bench b;

	start(&b);
	for (int32_t i = 0; i < 10; i++)
		put(&b, &(struct packet){
				.conn = 0, .flags = ACK, .off = i * MSS, .ack = 9999, .len = MSS });
	put_data(&b, 0, 0, 4, MSS);
	take(&b);
	CU_ASSERT_EQUAL(pair_stat(&b.p, 1, "RxBadAck"), 10);
	CU_ASSERT_EQUAL(pair_stat(&b.p, 1, "RxSegments"), b.segments + 14);
	CU_ASSERT_EQUAL(expect(&b, 0, 4 * MSS), -EAGAIN);
	finish(&b);
}

/* Packets of one byte pin a buffer for many, not one each, and that is what is charged. */
static void
test_tiny(void)
{
	static struct bench b;
	const struct rtls_sock *k;
	uint32_t one;

	start(&b);
	k = b.socks[0][1];
	put_data(&b, 0, 0, 1, 1);
	take(&b);
	one = k->recvq.room_used;
	CU_ASSERT_NOT_EQUAL(one, 0);
	for (uint32_t i = 1; i < FRAMES; i += 60) {
		put_data(&b, 0, i, 60, 1);
		put_data(&b, 1, i - 1, 60, 1);
		take(&b);
		CU_ASSERT_EQUAL(k->recvq.room_used, one);
		CU_ASSERT_EQUAL(b.p.stack[1]->rx_room_used, 2 * one);
	}
	CU_ASSERT_EQUAL(k->count.rx_segments, 3 + 1 + FRAMES);
	CU_ASSERT_EQUAL(expect(&b, 0, 1 + FRAMES), -EAGAIN);
	CU_ASSERT_EQUAL(b.p.stack[1]->rx_room_used, one);
	finish(&b);
}

/* --- the same as one by one ----------------------------------------------------- */

/* Mostly data in order, of a connection for a while; the rest is what networks and liars make. */
static void
draw(uint64_t *rng, struct packet packets[FRAMES])
{
	struct packet *s, lost[CONNS] = { 0 };
	int32_t next[CONNS] = { 0 };
	uint8_t conn = 0;

	for (s = packets; s < packets + FRAMES; s++) {
		if (harness_below(rng, 3) == 0)
			conn = (uint8_t)harness_below(rng, CONNS);
		*s = (struct packet){ .conn = conn, .flags = ACK, .off = next[conn] };
		s->len = (uint16_t)(harness_below(rng, 4) == 0 ? 1 + harness_below(rng, 100) : 700);
		if (harness_below(rng, 4) == 0)
			s->flags |= PSH;
		if (lost[conn].len != 0 && harness_below(rng, 5) == 0) {
			*s = lost[conn];
			lost[conn].len = 0;
			continue;
		}
		switch (harness_below(rng, 40)) {
		case 0: /* comes later, unless another one is missing: then never */
			lost[conn] = *s;
			s->off += s->len;
			break;
		case 1: /* some come again, together with new ones */
			s->off -= RTE_MIN(s->off, (int32_t)harness_below(rng, 2000));
			break;
		case 2:
			s->broken = true;
			continue;
		case 3:
			s->ack = (int16_t)harness_below(rng, 3000);
			continue;
		case 4:
			s->len = 0;
			break;
		case 5:
			s->flags = RST;
			s->off += 1 + (int32_t)harness_below(rng, 1000);
			s->len = 0;
			continue;
		case 6:
			s->flags = SYN;
			continue;
		case 7: /* far away */
			s->off += 8 * STREAM;
			continue;
		case 8:
			if (s - packets > FRAMES * 9 / 10)
				s->flags |= FIN;
			break;
		default:
			break;
		}
		next[conn] = RTE_MAX(next[conn], s->off + s->len);
	}
}

/* Everything that end 1 counts but packets sent, and what its sockets hold. */
static void
look(struct bench *b, char *out, size_t size)
{
	static const char *const names[] = {
		"RxPackets",
		"RxBadChecksum",
		"RxSegments",
		"RxBadReset",
		"RxBadSyn",
		"RxOutOfWindow",
		"RxBadAck",
		"RxDuplicate",
		"RxTooManyGaps",
		"RxBytes",
		"PressureHeldDropped",
		"PressureDataDropped",
		"RxNoConnection",
		"RxRoomInUse",
	};
	const struct rtls_sock *k;
	size_t n = 0;

	for (size_t i = 0; i < HARNESS_COUNT(names); i++)
		n += (size_t)snprintf(out + n, size - n, "%s %llu ", names[i],
				      (unsigned long long)pair_stat(&b->p, 1, names[i]));
	for (int i = 0; i < CONNS; i++) {
		k = b->socks[i][1];
		n += (size_t)snprintf(out + n, size - n,
				      "[nxt %llu seg %u held %u room %u segments %llu bytes %llu]",
				      (unsigned long long)k->tcp.rcv_nxt, k->tcp.rcv_seg,
				      recvq_room_held(&k->recvq), k->recvq.room_used,
				      (unsigned long long)k->count.rx_segments,
				      (unsigned long long)k->count.rx_bytes);
	}
}

/* Plays it, in bursts or one by one; afterwards is in out. */
static void
play(const struct packet packets[FRAMES], uint64_t budget, uint64_t rng, bool bursts, char *out,
     size_t size)
{
	static struct bench b;
	uint32_t left = 0;

	start(&b);
	if (budget != 0)
		b.p.stack[1]->rx_room_max = budget;
	for (uint32_t i = 0; i < FRAMES; i++) {
		put(&b, &packets[i]);
		if (bursts && left-- > 0)
			continue;
		left = harness_below(&rng, 100);
		take(&b);
	}
	take(&b);
	look(&b, out, size);
	for (uint8_t conn = 0; conn < CONNS; conn++)
		expect(&b, conn, (uint32_t)b.socks[conn][1]->tcp.rcv_nxt - FIRST);
	finish(&b);
}

static void
same_as_one_by_one(uint64_t budget)
{
	static struct packet packets[FRAMES];
	uint64_t rng = harness_seed();
	char all[2000], each[2000];

	for (int i = 0; i < 20; i++) {
		draw(&rng, packets);
		play(packets, budget, rng, true, all, sizeof(all));
		play(packets, budget, rng, false, each, sizeof(each));
		if (strcmp(all, each) != 0)
			printf("# bursts:     %s\n# one by one: %s\n", all, each);
		CU_ASSERT_STRING_EQUAL_FATAL(all, each);
	}
}

static void
test_same(void)
{
	same_as_one_by_one(0);
}

/* The budget is exhausted in the midst of a burst: not a buffer more is held. */
static void
test_same_under_pressure(void)
{
	same_as_one_by_one(300000);
	same_as_one_by_one(100000);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "connections in turn", test_in_turn },
		{ "a gap", test_gap },
		{ "a reset and a FIN", test_reset },
		{ "an orphan", test_orphan },
		{ "a run that is refused", test_refused },
		{ "packets of one byte", test_tiny },
		{ "the same as one by one", test_same },
		{ "the same under pressure", test_same_under_pressure },
	};

	if (eal_start("burst") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/burst", cases, HARNESS_COUNT(cases));
}
