/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/timewait.h"

enum { WAIT_US = 60000000 };

static const uint8_t key[16] = { 2, 7, 1, 8 };

static struct net_tuple
tuple_of(uint32_t n)
{
	struct net_tuple t;

	memset(&t, 0, sizeof(t));
	t.local = net_addr_v4(0x0a000001);
	t.remote = net_addr_v4(0x0a010000 + (n >> 16));
	t.local_port = FX_LOCAL_PORT;
	t.remote_port = (uint16_t)n;
	return t;
}

static struct tcp_timewait *
make(uint32_t capacity)
{
	size_t size = tcp_timewait_size(capacity);
	struct tcp_timewait *tw = tcp_timewait_init(malloc(size), size, capacity, key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(tw);
	return tw;
}

/* A connection with iss 1000 and irs 2000 has ended: 1002 and 2002 come next. */
static struct tcp_timewait_entry *
add(struct tcp_timewait *tw, uint32_t n, bool ts, uint64_t now_us)
{
	struct fx_conf conf = { .iss = 1000, .irs = 2000, .ts = ts };
	struct net_tuple t = tuple_of(n);
	struct tcp_conn c;
	bool recycled;

	fx_state(&c, TCP_TIME_WAIT, &conf);
	return tcp_timewait_add(tw, &t, &c, now_us, &recycled);
}

static void
test_record(void)
{
	struct tcp_timewait *tw = make(4);
	struct tcp_timewait_entry *e = add(tw, 5, true, FX_T0);
	struct net_tuple t = tuple_of(5);
	struct net_tuple other = tuple_of(6);
	struct tcp_seg ack;

	CU_ASSERT_PTR_EQUAL(tcp_timewait_find(tw, &t), e);
	CU_ASSERT_PTR_NULL(tcp_timewait_find(tw, &other));
	tcp_timewait_ack(e, FX_T0 + 2000, &ack);
	CU_ASSERT_EQUAL(ack.flags, TCP_ACK);
	CU_ASSERT_EQUAL(ack.seq, 1002);
	CU_ASSERT_EQUAL(ack.ack, 2002);
	CU_ASSERT_EQUAL(ack.src_port, FX_LOCAL_PORT);
	CU_ASSERT_EQUAL(ack.dst_port, 5);
	CU_ASSERT_TRUE(ack.has_ts);
	CU_ASSERT_EQUAL(ack.ts_ecr, 5000);
	CU_ASSERT_EQUAL(ack.ts_val, (uint32_t)(FX_T0 / 1000) + 2 + 77);
	CU_ASSERT(sizeof(*e) <= 96);
	free(tw);
}

static void
test_expiry(void)
{
	struct tcp_timewait *tw = make(10);

	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), UINT64_MAX);
	for (uint32_t n = 0; n < 10; n++)
		add(tw, n, false, FX_T0 + n * 1000);
	CU_ASSERT_EQUAL(tcp_timewait_count(tw), 10);
	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), FX_T0 + WAIT_US);
	CU_ASSERT_EQUAL(tcp_timewait_expire(tw, FX_T0 + WAIT_US - 1, 100), 0);
	CU_ASSERT_EQUAL(tcp_timewait_expire(tw, FX_T0 + WAIT_US + 4500, 100), 5);
	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), FX_T0 + WAIT_US + 5000);
	/* A jump of the clock: no more at once than the caller has time for. */
	CU_ASSERT_EQUAL(tcp_timewait_expire(tw, UINT64_MAX, 0), 0);
	CU_ASSERT_EQUAL(tcp_timewait_expire(tw, UINT64_MAX, 3), 3);
	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), FX_T0 + WAIT_US + 8000);
	CU_ASSERT_EQUAL(tcp_timewait_expire(tw, UINT64_MAX, 3), 2);
	CU_ASSERT_EQUAL(tcp_timewait_count(tw), 0);
	free(tw);
}

/* Attack row 21: full, so the oldest goes, and no memory is asked for. */
static void
test_recycled(void)
{
	struct tcp_timewait *tw = make(16);
	struct fx_conf conf = { .iss = 1 };
	struct tcp_conn c;

	fx_state(&c, TCP_TIME_WAIT, &conf);
	for (uint32_t n = 0; n < 5000; n++) {
		struct net_tuple t = tuple_of(n);
		bool recycled;

		tcp_timewait_add(tw, &t, &c, n, &recycled);
		CU_ASSERT_EQUAL(recycled, n >= 16);
		t = tuple_of(n - 15);
		CU_ASSERT(n < 16 || tcp_timewait_find(tw, &t) != NULL);
		t = tuple_of(n - 16);
		CU_ASSERT(n < 16 || tcp_timewait_find(tw, &t) == NULL);
	}
	CU_ASSERT_EQUAL(tcp_timewait_count(tw), 16);
	free(tw);
}

/* The same tuple ends twice: one record, the newer. */
static void
test_same_tuple(void)
{
	struct tcp_timewait *tw = make(4);

	add(tw, 1, false, FX_T0);
	add(tw, 1, false, FX_T0 + 1000);
	CU_ASSERT_EQUAL(tcp_timewait_count(tw), 1);
	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), FX_T0 + 1000 + WAIT_US);
	free(tw);
}

static void
test_memory(void)
{
	uint8_t small[32];

	CU_ASSERT_PTR_NULL(tcp_timewait_init(small, sizeof(small), 4, key));
	CU_ASSERT(tcp_timewait_size(0) >= sizeof(struct tcp_timewait_entry));
}

struct input_row {
	const char *what;
	uint8_t flags;
	int32_t seq; /* relative to what comes next */
	uint32_t len;
	int32_t ts; /* relative to ts_recent; INT32_MAX: no option */
	enum tcp_timewait_verdict want;
	bool restarts;
};

#define NO_TS INT32_MAX

/* With timestamps: RFC 6191, RFC 1337, RFC 9293 3.6.1 and 3.10.7.4. */
static const struct input_row rows[] = {
	{ "RST", TCP_RST, 0, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "RST ACK", TCP_RST | TCP_ACK, 0, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "SYN RST", TCP_RST | TCP_SYN, 5, 0, 5, TCP_TIMEWAIT_DROP, false },
	{ "the FIN again", TCP_FIN | TCP_ACK, -1, 0, 0, TCP_TIMEWAIT_ACK, true },
	{ "the FIN again, with its data", TCP_FIN | TCP_ACK, -101, 100, 0, TCP_TIMEWAIT_ACK, true },
	{ "as much as it may hold", TCP_FIN | TCP_ACK, -60001, 60000, 0, TCP_TIMEWAIT_ACK, true },
	{ "more than that", TCP_FIN | TCP_ACK, -60002, 60001, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "another FIN", TCP_FIN | TCP_ACK, 5, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "a FIN before", TCP_FIN | TCP_ACK, -101, 99, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "the data again", TCP_ACK, -101, 100, 0, TCP_TIMEWAIT_ACK, false },
	{ "the first of it", TCP_ACK, -60001, 1, 0, TCP_TIMEWAIT_ACK, false },
	{ "data as never was", TCP_ACK, -60002, 1, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "data where the FIN was", TCP_ACK, -100, 100, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "data behind the FIN", TCP_ACK, 0, 1, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "data far away", TCP_ACK, INT32_MIN, 100, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "bare ACK", TCP_ACK, 0, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "bare ACK, in the window", TCP_ACK, 59000, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "bare ACK, at its edge", TCP_ACK, 60000, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "bare ACK elsewhere", TCP_ACK, 70000, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "bare ACK, older timestamp", TCP_ACK, 0, 0, -1, TCP_TIMEWAIT_CHALLENGE, false },
	{ "bare ACK, no timestamp", TCP_ACK, 0, 0, NO_TS, TCP_TIMEWAIT_DROP, false },
	{ "keep-alive", TCP_ACK, -1, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "null", 0, 0, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "null elsewhere", 0, -1, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "the FIN again, without ACK", TCP_FIN, -1, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "another FIN, without ACK", TCP_FIN, 5, 0, 0, TCP_TIMEWAIT_DROP, false },
	{ "SYN, newer timestamp", TCP_SYN, -5000, 0, 1, TCP_TIMEWAIT_REUSE, false },
	{ "SYN, same timestamp, newer seq", TCP_SYN, 0, 0, 0, TCP_TIMEWAIT_REUSE, false },
	{ "SYN, same timestamp, older seq", TCP_SYN, -1, 0, 0, TCP_TIMEWAIT_CHALLENGE, false },
	{ "SYN, older timestamp", TCP_SYN, 5000, 0, -1, TCP_TIMEWAIT_CHALLENGE, false },
	{ "SYN, no timestamp, newer seq", TCP_SYN, 1, 0, NO_TS, TCP_TIMEWAIT_REUSE, false },
	{ "SYN, no timestamp, older seq", TCP_SYN, -1, 0, NO_TS, TCP_TIMEWAIT_CHALLENGE, false },
	{ "SYN ACK", TCP_SYN | TCP_ACK, 5, 0, 5, TCP_TIMEWAIT_CHALLENGE, false },
	{ "SYN FIN", TCP_SYN | TCP_FIN, 5, 0, 5, TCP_TIMEWAIT_CHALLENGE, false },
};

static void
test_input(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_timewait *tw = make(4);
		struct tcp_timewait_entry *e = add(tw, 1, true, FX_T0);
		struct net_tuple t = tuple_of(1);
		struct tcp_seg seg = {
			.flags = rows[i].flags,
			.seq = 2002 + (uint32_t)rows[i].seq,
			.ack = 1002,
			.payload_len = rows[i].len,
			.has_ts = rows[i].ts != NO_TS,
			.ts_val = 5000 + (uint32_t)rows[i].ts,
		};
		uint32_t iss = 0;
		uint64_t now = FX_T0 + 10000000;

		CU_ASSERT_EQUAL(tcp_timewait_input(tw, e, &seg, WAIT_US, now, &iss), rows[i].want);
		CU_ASSERT_EQUAL(tcp_timewait_find(tw, &t) == NULL,
				rows[i].want == TCP_TIMEWAIT_REUSE);
		if (rows[i].want == TCP_TIMEWAIT_REUSE) {
			/* RFC 9293 3.6.1: beyond all that the old one sent. */
			CU_ASSERT((int32_t)(iss - 1002) > 0);
		} else {
			CU_ASSERT_EQUAL(tcp_timewait_deadline(tw),
					(rows[i].restarts ? now : FX_T0) + WAIT_US);
		}
		free(tw);
	}
}

/* The FIN again and again: an answer in 100 ms, and for the peer's next try always one. */
static void
test_fin_flood(void)
{
	struct tcp_timewait *tw = make(4);
	struct tcp_timewait_entry *e = add(tw, 1, false, FX_T0);
	struct tcp_seg fin = { .flags = TCP_FIN | TCP_ACK, .seq = 2001 };
	struct tcp_seg data = { .flags = TCP_ACK, .seq = 1990, .payload_len = 5 };
	uint32_t acks = 0;
	uint32_t iss;

	for (uint64_t us = 0; us < 1000000; us += 250)
		acks += tcp_timewait_input(tw, e, us % 500 ? &data : &fin, WAIT_US, FX_T0 + us,
					   &iss) == TCP_TIMEWAIT_ACK;
	CU_ASSERT_EQUAL(acks, 10);
	CU_ASSERT_EQUAL(tcp_timewait_input(tw, e, &fin, WAIT_US, FX_T0 + 1000000, &iss),
			TCP_TIMEWAIT_ACK);
	/* Each of them, answered or not, started the wait again. */
	tcp_timewait_input(tw, e, &fin, WAIT_US, FX_T0 + 1000500, &iss);
	CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), FX_T0 + 1000500 + WAIT_US);
	free(tw);
}

/*
 * The old connection had no timestamps: of a SYN without them the sequence number tells, also where
 * it wraps. One that brings them is told from all that is old (RFC 6191 2).
 */
static void
test_syn_without_ts(void)
{
	static const struct {
		uint32_t rcv_nxt, seq;
		bool reuse;
	} syns[] = {
		{ 100, 100, true },          { 100, 99, false },
		{ 100, 0x80000063, true },   { 100, 0x80000065, false },
		{ UINT32_MAX - 1, 5, true }, { 5, UINT32_MAX - 1, false },
	};

	for (size_t i = 0; i < 2 * HARNESS_COUNT(syns); i++) {
		struct tcp_timewait *tw = make(1);
		struct tcp_timewait_entry *e = add(tw, 1, false, FX_T0);
		bool ts = i % 2 != 0;
		struct tcp_seg seg = { .flags = TCP_SYN, .seq = syns[i / 2].seq, .has_ts = ts };
		uint32_t iss;

		e->rcv_nxt = syns[i / 2].rcv_nxt;
		CU_ASSERT_EQUAL(tcp_timewait_input(tw, e, &seg, WAIT_US, FX_T0, &iss),
				ts || syns[i / 2].reuse ? TCP_TIMEWAIT_REUSE :
							  TCP_TIMEWAIT_CHALLENGE);
		free(tw);
	}
}

/* We open it again: with timestamps, and when the peer's slowest clock has moved since its last FIN. */
static void
test_opened_here(void)
{
	struct tcp_seg fin = { .flags = TCP_FIN | TCP_ACK, .seq = 2001, .has_ts = true };
	struct tcp_timewait *tw = make(4);
	struct tcp_timewait_entry *e = add(tw, 1, true, FX_T0);
	struct net_tuple t = tuple_of(1);
	uint32_t iss;

	CU_ASSERT_FALSE(tcp_timewait_may_open(e, WAIT_US, FX_T0));
	CU_ASSERT_FALSE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + 999999));
	CU_ASSERT_TRUE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + 1000000));
	CU_ASSERT_TRUE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + WAIT_US + 5));
	/* The FIN came again: that was the peer's clock then. */
	fin.ts_val = e->ts_recent;
	tcp_timewait_input(tw, e, &fin, WAIT_US, FX_T0 + 5000000, &iss);
	CU_ASSERT_FALSE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + 5999999));
	CU_ASSERT_TRUE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + 6000000));
	CU_ASSERT_PTR_EQUAL(tcp_timewait_find(tw, &t), e);
	/* RFC 9293 3.6.1: beyond all that the old one sent, also where that wraps. */
	e->snd_nxt = UINT32_MAX - 3;
	iss = tcp_timewait_open(tw, e);
	CU_ASSERT(iss + 4 > 65535 && iss < 1 << 20);
	CU_ASSERT_PTR_NULL(tcp_timewait_find(tw, &t));
	CU_ASSERT_EQUAL(tcp_timewait_count(tw), 0);
	/* Nothing tells old segments from new ones. */
	e = add(tw, 2, false, FX_T0);
	for (uint64_t s = 0; s <= 60; s++)
		CU_ASSERT_FALSE(tcp_timewait_may_open(e, WAIT_US, FX_T0 + s * 1000000));
	free(tw);
}

/* Random adds, ends and restarts against an array in order of age. */
static void
test_random(void)
{
	enum { CAP = 8, PORTS = 20 };
	struct tcp_timewait *tw = make(CAP);
	struct fx_conf conf = { .irs = 2000 };
	struct tcp_conn c;
	uint32_t model[CAP];
	uint64_t at[CAP];
	uint64_t told[CAP]; /* when a FIN was answered last */
	uint32_t n = 0;
	uint64_t rng = harness_seed();
	uint64_t now = FX_T0;

	fx_state(&c, TCP_TIME_WAIT, &conf);
	for (int round = 0; round < 20000; round++) {
		uint32_t port = (uint32_t)(harness_rand(&rng) % PORTS);
		struct net_tuple t = tuple_of(port);
		struct tcp_timewait_entry *e = tcp_timewait_find(tw, &t);
		uint32_t k = 0;
		uint32_t gone = 0;
		uint64_t told_us = 0;

		while (k < n && model[k] != port)
			k++;
		CU_ASSERT_EQUAL_FATAL(e != NULL, k < n);
		if (e == NULL || harness_rand(&rng) % 2) {
			bool recycled;

			tcp_timewait_add(tw, &t, &c, now, &recycled);
			CU_ASSERT_EQUAL(recycled, k == n && n == CAP);
			if (k == n && n == CAP)
				k = 0;
		} else {
			struct tcp_seg fin = { .flags = TCP_FIN | TCP_ACK, .seq = 2001 };
			uint32_t iss;

			bool again = now >= told[k] + TCP_AGAIN_US;

			CU_ASSERT_EQUAL(tcp_timewait_input(tw, e, &fin, WAIT_US, now, &iss),
					again ? TCP_TIMEWAIT_ACK : TCP_TIMEWAIT_DROP);
			told_us = again ? now : told[k];
		}
		if (k < n) {
			memmove(&model[k], &model[k + 1], (n - k - 1) * sizeof(model[0]));
			memmove(&at[k], &at[k + 1], (n - k - 1) * sizeof(at[0]));
			memmove(&told[k], &told[k + 1], (n - k - 1) * sizeof(told[0]));
			n--;
		}
		model[n] = port;
		told[n] = told_us;
		at[n++] = now + WAIT_US;
		/* Now and then the FIN comes again at once. */
		now += harness_rand(&rng) % (harness_rand(&rng) % 4 == 0 ? 200000 : 20000000);
		while (gone < n && at[gone] <= now)
			gone++;
		CU_ASSERT_EQUAL_FATAL(tcp_timewait_expire(tw, now, UINT32_MAX), gone);
		memmove(model, model + gone, (n - gone) * sizeof(model[0]));
		memmove(at, at + gone, (n - gone) * sizeof(at[0]));
		memmove(told, told + gone, (n - gone) * sizeof(told[0]));
		n -= gone;
		CU_ASSERT_EQUAL_FATAL(tcp_timewait_count(tw), n);
		CU_ASSERT_EQUAL(tcp_timewait_deadline(tw), n > 0 ? at[0] : UINT64_MAX);
	}
	free(tw);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a record", test_record },
		{ "expiry", test_expiry },
		{ "the oldest is recycled", test_recycled },
		{ "the same tuple again", test_same_tuple },
		{ "memory", test_memory },
		{ "segments", test_input },
		{ "the FIN in a flood", test_fin_flood },
		{ "SYN without timestamps", test_syn_without_ts },
		{ "opened here", test_opened_here },
		{ "random operations against an array", test_random },
	};

	return harness_run("tcp/timewait", cases, HARNESS_COUNT(cases));
}
