/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/join.h"
#include "tcp/user.h"

enum { LEN = 1000 };

static const struct fx_conf with_ts = { .irs = UINT32_MAX - 1500, .ts = true };

/* The n-th segment of LEN bytes behind what is in order. */
static struct tcp_seg
nth(const struct tcp_conn *c, uint32_t n)
{
	return fx_seg(c, TCP_ACK, (int64_t)(c->rcv_nxt + (uint64_t)n * LEN), (int64_t)c->snd_una,
		      LEN);
}

static bool
begins(const struct tcp_conn *c, const struct tcp_seg *seg)
{
	return tcp_join_begins(c, fx_held(c), seg);
}

static void
test_begins(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, &with_ts);
	seg = nth(&c, 0);
	CU_ASSERT_TRUE(begins(&c, &seg));
	seg.flags |= TCP_PSH;
	CU_ASSERT_TRUE(begins(&c, &seg));
	seg.payload_len = 1;
	CU_ASSERT_TRUE(begins(&c, &seg));
	/* An ACK of something, and another window: they count once, with the first. */
	seg.wnd--;
	CU_ASSERT_TRUE(begins(&c, &seg));
	/* Up to the edge of what the peer may send, and not beyond. */
	seg.payload_len = (uint32_t)(c.rcv_adv - c.rcv_nxt);
	CU_ASSERT_TRUE(begins(&c, &seg));
	seg.payload_len++;
	CU_ASSERT_FALSE(begins(&c, &seg));
}

static void
test_no_data_begins_nothing(void)
{
	static const uint8_t flags[] = { 0,
					 TCP_PSH,
					 TCP_ACK | TCP_FIN,
					 TCP_ACK | TCP_SYN,
					 TCP_ACK | TCP_RST,
					 TCP_ACK | TCP_URG,
					 TCP_ACK | TCP_ECE,
					 TCP_ACK | TCP_CWR,
					 TCP_SYN,
					 TCP_RST };
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, &with_ts);
	for (size_t i = 0; i < HARNESS_COUNT(flags); i++) {
		seg = nth(&c, 0);
		seg.flags = flags[i];
		CU_ASSERT_FALSE(begins(&c, &seg));
	}
	seg = nth(&c, 0);
	seg.payload_len = 0;
	CU_ASSERT_FALSE(begins(&c, &seg));
	/* Blocks of SACK are to be looked at one by one. */
	seg = nth(&c, 0);
	seg.nb_sacks = 1;
	CU_ASSERT_FALSE(begins(&c, &seg));
}

static void
test_out_of_order_begins_nothing(void)
{
	struct tcp_seg seg, ahead;
	struct tcp_conn c;

	fx_established(&c, &with_ts);
	seg = nth(&c, 0);
	seg.seq++;
	CU_ASSERT_FALSE(begins(&c, &seg));
	seg.seq -= 2;
	CU_ASSERT_FALSE(begins(&c, &seg));
	/* Something waits: each is told of by an ACK of its own. */
	ahead = nth(&c, 2);
	fx_take(&c, &ahead, FX_T0);
	seg = nth(&c, 0);
	CU_ASSERT_FALSE(begins(&c, &seg));
	fx_take(&c, &seg, FX_T0);
	seg = nth(&c, 0);
	CU_ASSERT_FALSE(begins(&c, &seg));
	fx_take(&c, &seg, FX_T0);
	/* The gap is closed. */
	CU_ASSERT_EQUAL(c.rcv_nxt, 3 * LEN);
	seg = nth(&c, 0);
	CU_ASSERT_TRUE(begins(&c, &seg));
}

static void
test_states(void)
{
	static const enum tcp_state others[] = { TCP_SYN_SENT,   TCP_SYN_RECEIVED, TCP_FIN_WAIT_1,
						 TCP_FIN_WAIT_2, TCP_CLOSE_WAIT,   TCP_CLOSING,
						 TCP_LAST_ACK,   TCP_TIME_WAIT,    TCP_CLOSED };
	struct tcp_seg seg;
	struct tcp_conn c;

	for (size_t i = 0; i < HARNESS_COUNT(others); i++) {
		fx_state(&c, others[i], &with_ts);
		seg = nth(&c, 0);
		CU_ASSERT_FALSE(begins(&c, &seg));
	}
	/* A FIN that came ahead of what is missing. */
	fx_established(&c, &with_ts);
	seg = fx_seg(&c, TCP_ACK | TCP_FIN, (int64_t)c.rcv_nxt + LEN, (int64_t)c.snd_una, 0);
	fx_take(&c, &seg, FX_T0);
	seg = nth(&c, 0);
	CU_ASSERT_FALSE(begins(&c, &seg));
	/* Nobody reads it. */
	fx_established(&c, &with_ts);
	tcp_orphan(&c, FX_T0);
	seg = nth(&c, 0);
	CU_ASSERT_FALSE(begins(&c, &seg));
}

static void
test_continues(void)
{
	struct tcp_seg joined, seg;
	struct tcp_conn c;

	fx_established(&c, &with_ts);
	joined = nth(&c, 0);
	/* Over the wrap of sequence numbers. */
	for (uint32_t i = 1; i < 20; i++) {
		seg = nth(&c, i);
		seg.flags |= i % 3 == 0 ? TCP_PSH : 0;
		CU_ASSERT_TRUE(tcp_join_continues(&c, &joined, &seg));
		tcp_join(&joined, &seg);
		CU_ASSERT_EQUAL(joined.payload_len, (i + 1) * LEN);
		CU_ASSERT_EQUAL(tcp_seg_longest(&joined), LEN);
		/* It came already. */
		CU_ASSERT_FALSE(tcp_join_continues(&c, &joined, &seg));
	}
	CU_ASSERT_EQUAL(joined.flags, TCP_ACK | TCP_PSH);
	CU_ASSERT_EQUAL(joined.seq, tcp_rcv_seq_of(&c, 0));
	seg = nth(&c, 20);
	seg.payload_len = 1;
	CU_ASSERT_TRUE(tcp_join_continues(&c, &joined, &seg));
	tcp_join(&joined, &seg);
	CU_ASSERT_EQUAL(tcp_seg_longest(&joined), LEN);
	CU_ASSERT_EQUAL(tcp_seg_longest(&seg), 1);
	/* A longer one behind shorter ones. */
	seg.seq++;
	seg.payload_len = 1200;
	CU_ASSERT_TRUE(tcp_join_continues(&c, &joined, &seg));
	tcp_join(&joined, &seg);
	CU_ASSERT_EQUAL(tcp_seg_longest(&joined), 1200);
}

/* One field differs from what would be joined. */
static void
test_differs(void)
{
	struct tcp_seg joined, seg;
	struct tcp_conn c;

	fx_established(&c, &with_ts);
	joined = nth(&c, 0);
	for (int i = 0; i < 14; i++) {
		seg = nth(&c, 1);
		CU_ASSERT_TRUE(tcp_join_continues(&c, &joined, &seg));
		switch (i) {
		case 0:
			seg.seq++;
			break;
		case 1:
			seg.seq--;
			break;
		case 2:
			seg.seq -= LEN;
			break;
		case 3:
			seg.ack++;
			break;
		case 4:
			seg.ack--;
			break;
		case 5:
			seg.wnd++;
			break;
		case 6:
			seg.ts_val++;
			break;
		case 7:
			seg.ts_val--;
			break;
		case 8:
			seg.ts_ecr++;
			break;
		case 9:
			seg.has_ts = false;
			break;
		case 10:
			seg.hdr_len = (uint8_t)(seg.hdr_len + 4);
			break;
		case 11:
			seg.flags |= TCP_FIN;
			break;
		case 12:
			seg.flags &= (uint8_t)~TCP_ACK;
			break;
		default:
			seg.payload_len = 0;
			break;
		}
		CU_ASSERT_FALSE(tcp_join_continues(&c, &joined, &seg));
	}
	for (uint8_t flag = 1; flag != 0; flag = (uint8_t)(flag << 1)) {
		seg = nth(&c, 1);
		seg.flags |= flag;
		CU_ASSERT_EQUAL(tcp_join_continues(&c, &joined, &seg),
				flag == TCP_ACK || flag == TCP_PSH);
	}
}

static void
test_edge(void)
{
	struct tcp_seg joined, seg;
	struct tcp_conn c;
	uint32_t window;

	fx_established(&c, &with_ts);
	window = (uint32_t)(c.rcv_adv - c.rcv_nxt);
	joined = nth(&c, 0);
	joined.payload_len = window - LEN;
	seg = nth(&c, 0);
	seg.seq += joined.payload_len;
	CU_ASSERT_TRUE(tcp_join_continues(&c, &joined, &seg));
	seg.payload_len++;
	CU_ASSERT_FALSE(tcp_join_continues(&c, &joined, &seg));
	/* A length that would wrap. */
	seg.payload_len = UINT32_MAX;
	CU_ASSERT_FALSE(tcp_join_continues(&c, &joined, &seg));
}

/* The connection is then as if all had come one by one. */
static void
test_as_one_by_one(void)
{
	uint64_t rng = harness_seed();
	struct tcp_seg joined, seg;
	struct tcp_verdict v = { 0 }, all;
	struct tcp_conn a, b;
	struct tcp_out o, p;
	uint64_t now = FX_T0;
	uint32_t n, i;

	fx_established(&a, &with_ts);
	b = a;
	for (int round = 0; round < 2000; round++) {
		n = 1 + harness_below(&rng, 8);
		now += harness_below(&rng, 300000);
		for (i = 0; i < n; i++) {
			seg = nth(&a, 0);
			seg.payload_len = 1 + harness_below(&rng, LEN);
			seg.ts_val = a.ts_recent + (uint32_t)round % 2;
			if (i == 0)
				joined = seg;
			else
				tcp_join(&joined, &seg);
			v = tcp_input(&a, NULL, &seg, now);
			CU_ASSERT_EQUAL(v.keep, seg.payload_len);
		}
		all = tcp_input(&b, NULL, &joined, now);
		CU_ASSERT_EQUAL_FATAL(all.keep, joined.payload_len);
		CU_ASSERT_EQUAL(all.skip, 0);
		CU_ASSERT_EQUAL(all.drop, TCP_DROP_NONE);
		CU_ASSERT_EQUAL(all.stream_off + all.keep, v.stream_off + v.keep);
		CU_ASSERT_EQUAL(a.rcv_nxt, b.rcv_nxt);
		CU_ASSERT_EQUAL(a.rcv_seg, b.rcv_seg);
		CU_ASSERT_EQUAL(a.rcv_unacked, b.rcv_unacked);
		CU_ASSERT_EQUAL(a.ts_recent, b.ts_recent);
		CU_ASSERT_EQUAL(a.sent.owed, b.sent.owed);
		CU_ASSERT_EQUAL(a.sent.dups, b.sent.dups);
		tcp_rcv_room(&a, FX_ROOM);
		tcp_rcv_room(&b, FX_ROOM);
		while (fx_send(&a, now, &o)) {
			CU_ASSERT_TRUE_FATAL(fx_send(&b, now, &p));
			CU_ASSERT_EQUAL(o.seg.ack, p.seg.ack);
			CU_ASSERT_EQUAL(o.seg.ts_ecr, p.seg.ts_ecr);
		}
		CU_ASSERT_FALSE(fx_send(&b, now, &p));
		/* The timer that an ACK made idle aside. */
		CU_ASSERT_EQUAL(a.delack_at, b.delack_at);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "data in order begins", test_begins },
		{ "what is no data does not", test_no_data_begins_nothing },
		{ "nor what is out of order", test_out_of_order_begins_nothing },
		{ "nor in another state", test_states },
		{ "what continues is joined", test_continues },
		{ "what differs is not", test_differs },
		{ "nor what leaves the window", test_edge },
		{ "as one by one", test_as_one_by_one },
	};

	return harness_run("tcp/join", cases, HARNESS_COUNT(cases));
}
