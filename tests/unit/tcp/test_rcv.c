/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

enum { STREAM = 5000 };

/* What a caller keeps: who wrote each byte first, 0 for nobody. */
struct keeper {
	uint8_t by[STREAM + 2000];
};

static void
keep(struct keeper *k, const struct tcp_verdict *v, uint8_t who)
{
	for (uint32_t i = 0; i < v->keep; i++)
		if (k->by[v->stream_off + i] == 0)
			k->by[v->stream_off + i] = who;
}

/* All 120 orders of 5 segments; segment 3 carries the FIN when fin is set. */
static void
one_order(const int order[5], bool fin)
{
	struct fx_conf conf = { .irs = UINT32_MAX - 2500 };
	struct keeper k = { { 0 } };
	struct tcp_conn c;
	struct tcp_out o;
	uint32_t fins = 0;
	uint32_t out_of_order = 0;

	fx_established(&c, &conf);
	for (int i = 0; i < 5; i++) {
		uint64_t off = (uint64_t)order[i] * 1000;
		struct tcp_seg seg = fx_seg(&c, TCP_ACK, (int64_t)off, 0, 1000);
		uint64_t old = c.rcv_nxt;
		struct tcp_verdict v;
		uint32_t dups = 0;

		if (fin && order[i] == 4)
			seg.flags |= TCP_FIN;
		v = fx_take(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(v.keep, 1000);
		CU_ASSERT_EQUAL(v.stream_off, off);
		keep(&k, &v, (uint8_t)(order[i] + 1));
		CU_ASSERT_EQUAL(!!(v.events & TCP_EV_DELIVER), off == old);
		fins += !!(v.events & TCP_EV_PEER_FIN);
		for (uint64_t b = old; b < c.rcv_nxt; b++)
			CU_ASSERT_EQUAL(k.by[b], b / 1000 + 1);
		/* A gap is told at once, and alone (RFC 5681 4.2). */
		while (fx_send(&c, FX_T0, &o)) {
			CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + (uint32_t)tcp_ack_off(&c));
			dups += o.dup_ack;
		}
		CU_ASSERT_EQUAL(dups, off == old ? 0 : 1);
		out_of_order += off != old;
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	}
	CU_ASSERT_EQUAL(c.rcv_nxt, STREAM);
	CU_ASSERT_TRUE(tcp_ranges_empty(fx_held(&c)));
	CU_ASSERT_EQUAL(fins, fin ? 1 : 0);
	CU_ASSERT_EQUAL(c.state, fin ? TCP_CLOSE_WAIT : TCP_ESTABLISHED);
	/* Whatever filled the last gap was acknowledged at once. */
	if (out_of_order > 0)
		CU_ASSERT_EQUAL(c.delack_at == TCP_NEVER, fin || c.rcv_unacked == 0);
}

static void
permute(int order[5], int n, void (*fn)(const int order[5]))
{
	if (n == 5) {
		fn(order);
		return;
	}
	for (int i = n; i < 5; i++) {
		int t = order[n];

		order[n] = order[i];
		order[i] = t;
		permute(order, n + 1, fn);
		order[i] = order[n];
		order[n] = t;
	}
}

static void
order_plain(const int order[5])
{
	one_order(order, false);
}

static void
order_fin(const int order[5])
{
	one_order(order, true);
}

static void
test_orders(void)
{
	int order[5] = { 0, 1, 2, 3, 4 };

	permute(order, 0, order_plain);
	permute(order, 0, order_fin);
}

/*
 * Random overlaps: each try writes its own number; the byte that came first
 * stays, in order and out of order. The model is an array of bytes.
 */
static void
test_overlaps(void)
{
	uint64_t rng = harness_seed();

	for (int run = 0; run < 300; run++) {
		struct keeper got = { { 0 } };
		struct keeper want = { { 0 } };
		struct tcp_conn c;
		uint64_t nxt = 0;

		fx_established(&c, NULL);
		for (uint8_t who = 1; who < 200 && nxt < STREAM; who++) {
			uint64_t off = harness_rand(&rng) % STREAM;
			uint32_t len = 1 + (uint32_t)(harness_rand(&rng) % 1500);
			uint64_t end = off + len > STREAM ? STREAM : off + len;
			struct tcp_verdict v = fx_data(&c, (int64_t)off, (uint32_t)(end - off),
						       FX_T0 + who);
			bool refused = v.keep == 0 && fx_held(&c)->n == TCP_RANGES_MAX;

			CU_ASSERT_PTR_NULL_FATAL(tcp_check(&c));
			CU_ASSERT(v.keep == 0 || v.stream_off - v.skip == off);
			keep(&got, &v, who);
			for (uint64_t b = off; b < end && !refused; b++)
				if (want.by[b] == 0)
					want.by[b] = who;
			while (nxt < STREAM && want.by[nxt] != 0)
				nxt++;
			CU_ASSERT_EQUAL_FATAL(c.rcv_nxt, nxt);
		}
		CU_ASSERT_EQUAL(memcmp(&got, &want, sizeof(got)), 0);
	}
}

/* A peer that leaves a hole after every byte: the newest is refused, and asked for again. */
static void
test_too_many_runs(void)
{
	struct tcp_conn c;
	struct tcp_verdict v;

	fx_established(&c, NULL);
	for (uint32_t i = 1; i <= TCP_RANGES_MAX; i++)
		CU_ASSERT_EQUAL(fx_data(&c, 2 * i, 1, FX_T0).keep, 1);
	v = fx_data(&c, 2 * TCP_RANGES_MAX + 2, 1, FX_T0);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(c.sent.dups, TCP_RANGES_MAX + 1);
	/* In order always has room. */
	v = fx_data(&c, 0, 2, FX_T0);
	CU_ASSERT_EQUAL(v.keep, 2);
	CU_ASSERT_EQUAL(c.rcv_nxt, 3);
	CU_ASSERT_EQUAL(fx_data(&c, 2 * TCP_RANGES_MAX + 2, 1, FX_T0).keep, 1);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
	/* Under pressure the owner drops the newest. */
	while (tcp_ranges_end(fx_held(&c)) > 20)
		tcp_ranges_remove(fx_held(&c), fx_held(&c)->n - 1, 1);
	CU_ASSERT_EQUAL(tcp_ranges_end(fx_held(&c)), 19);
	CU_ASSERT_EQUAL(fx_data(&c, 20, 1, FX_T0).keep, 1);
	CU_ASSERT_EQUAL(fx_data(&c, 20, 1, FX_T0).keep, 0);
	tcp_ranges_init(fx_held(&c));
	CU_ASSERT_TRUE(tcp_ranges_empty(fx_held(&c)));
	CU_ASSERT_EQUAL(c.rcv_nxt, 3);
}

struct trim_row {
	int64_t seq;
	uint32_t len;
	uint32_t skip, keep;
	uint64_t off;
	bool dup, now; /* the ACK */
};

/* 1000 bytes are in order, the window ends at 3000, [1500, 1600) is held. */
static const struct trim_row trim_rows[] = {
	{ 1000, 100, 0, 100, 1000, false, true }, /* a gap is open: at once */
	{ 900, 200, 100, 100, 1000, false, true },
	{ 900, 100, 0, 0, 0, false, true }, /* all old */
	{ 0, 1000, 0, 0, 0, false, true },
	{ 0, 1001, 1000, 1, 1000, false, true },
	{ 2500, 1000, 0, 500, 2500, true, false }, /* cut at the right edge */
	{ 3000, 1, 0, 0, 0, false, true },         /* touches it: a window probe */
	{ 1500, 100, 0, 0, 0, true, false },       /* held already */
	{ 1520, 20, 0, 0, 0, true, false },
	{ 1400, 150, 0, 100, 1400, true, false },
	{ 1550, 100, 50, 50, 1600, true, false },
	{ 1400, 300, 0, 300, 1400, true, false }, /* encloses what is held */
	{ 1000, 550, 0, 500, 1000, false, true },
	{ 500, 4000, 500, 2000, 1000, false, true },
};

static void
test_trim(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(trim_rows); i++) {
		const struct trim_row *row = &trim_rows[i];
		struct fx_conf conf = { .room = 3000, .irs = UINT32_MAX - 1500 };
		struct tcp_conn c;
		struct tcp_out o;
		struct tcp_verdict v;

		fx_established(&c, &conf);
		fx_data(&c, 0, 1000, FX_T0);
		fx_data(&c, 1500, 100, FX_T0);
		tcp_owe(&c, TCP_OWED_ACK);
		fx_send_all(&c, FX_T0, 9, &o);
		CU_ASSERT_EQUAL_FATAL(c.rcv_adv, 3000);
		v = fx_data(&c, row->seq, row->len, FX_T0);
		CU_ASSERT_EQUAL(v.keep, row->keep);
		if (row->keep > 0) {
			CU_ASSERT_EQUAL(v.skip, row->skip);
			CU_ASSERT_EQUAL(v.stream_off, row->off);
		}
		CU_ASSERT_EQUAL(c.sent.dups, row->dup ? 1 : 0);
		CU_ASSERT_EQUAL(tcp_owes(&c, TCP_OWED_ACK), row->now);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* One segment at the edge: whatever is kept lies inside what came and inside the window. */
static void
one_at_edge(const struct tcp_conn *open, int64_t end, uint32_t len, uint8_t flags)
{
	struct tcp_conn c = *open;
	int64_t seq = end - (int64_t)len;
	struct tcp_seg seg = fx_seg(&c, TCP_ACK | flags, seq, (int64_t)c.snd_una, len);
	int64_t nxt = (int64_t)c.rcv_nxt;
	bool touches = end + (flags & TCP_FIN ? 1 : 0) >= nxt && seq <= (int64_t)c.rcv_adv;
	bool fin = (flags & TCP_FIN) && touches && end >= nxt && end <= (int64_t)c.rcv_adv;
	struct tcp_verdict v;

	*fx_held(&c) = *fx_held(open);
	v = fx_take(&c, &seg, FX_T0);
	CU_ASSERT_PTR_NULL_FATAL(tcp_check(&c));
	CU_ASSERT_FATAL((uint64_t)v.skip + v.keep <= len);
	CU_ASSERT_FATAL(v.keep == 0 || (int64_t)v.stream_off == seq + (int64_t)v.skip);
	CU_ASSERT_FATAL(v.keep == 0 || v.stream_off >= open->rcv_nxt);
	CU_ASSERT_FATAL(v.keep == 0 || v.stream_off + v.keep <= open->rcv_adv);
	CU_ASSERT_EQUAL(c.rcv_nxt,
			touches && seq <= nxt && end > nxt ? (uint64_t)end : (uint64_t)nxt);
	CU_ASSERT_EQUAL(c.peer_fin_off, fin ? (uint64_t)end : TCP_NO_OFF);
}

/*
 * Every payload length that ends within a few bytes of what comes next, with
 * and without FIN: at the beginning of the stream, where offsets are negative, and behind it.
 */
static void
test_edge(void)
{
	for (uint32_t first = 0; first <= 3000; first += 1000) {
		struct fx_conf conf = { .irs = UINT32_MAX - 1000 };
		struct tcp_conn c;

		fx_established(&c, &conf);
		if (first > 0)
			fx_data(&c, 0, first, FX_T0);
		for (uint32_t len = 0; len <= 1460; len++)
			for (int64_t end = (int64_t)first - 3; end <= (int64_t)first + 3; end++) {
				one_at_edge(&c, end, len, 0);
				one_at_edge(&c, end, len, TCP_FIN);
			}
	}
}

/* The window is closed: probes of both kinds are answered, their ACK counts, nothing is kept. */
static void
test_zero_window(void)
{
	struct fx_conf conf = { .room = 2000 };
	struct tcp_conn c;
	struct tcp_out o;
	struct tcp_seg seg;
	struct tcp_verdict v;

	fx_established(&c, &conf);
	fx_data(&c, 0, 1000, FX_T0);
	fx_data(&c, 1000, 1000, FX_T0);
	tcp_rcv_room(&c, 0);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(o.seg.wnd, 0);

	/* RFC 9293 3.8.6.1: one new byte; it acknowledges data of ours as well. */
	tcp_send_ready(&c, 500);
	fx_send_all(&c, FX_T0, 9, &o);
	seg = fx_seg(&c, TCP_ACK, 2000, 500, 1);
	v = fx_take(&c, &seg, FX_T0 + 1000);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(c.snd_una, 500);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + 2000);

	/* As Linux probes: the byte before, with and without payload. */
	for (uint32_t len = 0; len < 2; len++) {
		seg = fx_seg(&c, TCP_ACK, 1999, 500, len);
		v = fx_take(&c, &seg, FX_T0 + (2 + len) * UINT64_C(1000000));
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
		CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + 2000);
		CU_ASSERT_EQUAL(o.seg.wnd, 0);
	}
	/* A RST is honoured (MUST-66). */
	seg = fx_seg(&c, TCP_RST, 2000, 0, 0);
	fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
}

/* One ACK for two full segments, counted in bytes; else after 40 ms. */
static void
test_delayed_ack(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint32_t acks = 0;

	fx_established(&c, NULL);
	for (int i = 0; i < 20; i++) {
		fx_data(&c, i * 1000, 1000, FX_T0);
		acks += fx_send_all(&c, FX_T0, 9, &o);
	}
	CU_ASSERT_EQUAL(acks, 10);
	/* Small ones: 40 of 50 bytes are less than two full segments. */
	for (int i = 0; i < 39; i++)
		fx_data(&c, 20000 + i * 50, 50, FX_T0 + 100);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 0);
	fx_data(&c, 21950, 50, FX_T0 + 200);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 1);
	/* Several segments merged into one: twice the bytes, at once. */
	fx_data(&c, 22000, 2000, FX_T0 + 300);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 1);

	fx_data(&c, 24000, 10, FX_T0 + 1000);
	fx_data(&c, 24010, 10, FX_T0 + 20000);
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 41000);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 40999), 0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 0);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 41000), TCP_EV_SEND);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 1);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	/* Data of ours takes the ACK along. */
	fx_data(&c, 24020, 10, FX_T0 + 50000);
	tcp_send_ready(&c, 100);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 50000, 9, &o), 1);
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_EQUAL(c.delack_at, TCP_NEVER);
}

struct fin_row {
	const char *what;
	int64_t seq[2];
	uint32_t len[2];
	bool fin[2];
	uint64_t rcv_nxt;
	bool closed;
};

/* FINs that make trouble; 100 bytes are in order, [300, 400) is held. */
static const struct fin_row fin_rows[] = {
	{ "alone", { 100, 0 }, { 0, 0 }, { true, false }, 100, false },
	{ "inside what is held", { 350, 100 }, { 0, 200 }, { true, false }, 400, false },
	{ "below what is held", { 100, 200 }, { 100, 100 }, { true, false }, 400, false },
	{ "at the end of what is held", { 400, 100 }, { 0, 200 }, { true, false }, 400, true },
	{ "twice", { 400, 400 }, { 0, 0 }, { true, true }, 100, false },
	{ "the first fixes the end", { 400, 100 }, { 0, 500 }, { true, true }, 400, true },
	{ "the second is further on", { 400, 500 }, { 0, 100 }, { true, true }, 100, false },
	{ "the second is before", { 500, 100 }, { 0, 250 }, { true, true }, 400, false },
	{ "behind the window", { 2001, 100 }, { 0, 200 }, { true, false }, 400, false },
	{ "old data and the FIN", { 0, 100 }, { 400, 0 }, { true, false }, 400, true },
	{ "old FIN", { 50, 100 }, { 50, 200 }, { true, false }, 400, false },
	{ "impossible: before what is in order",
	  { 10, 100 },
	  { 5, 200 },
	  { true, false },
	  400,
	  false },
};

static void
test_fin(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(fin_rows); i++) {
		const struct fin_row *row = &fin_rows[i];
		struct fx_conf conf = { .room = 2000 };
		struct tcp_conn c;
		bool alone = i == 0;

		fx_established(&c, &conf);
		fx_data(&c, 0, 100, FX_T0);
		if (!alone)
			fx_data(&c, 300, 100, FX_T0);
		for (int k = 0; k < 2; k++) {
			struct tcp_seg seg = fx_seg(&c, TCP_ACK | (row->fin[k] ? TCP_FIN : 0),
						    row->seq[k], 0, row->len[k]);

			if (row->len[k] > 0 || row->fin[k])
				fx_take(&c, &seg, FX_T0);
			CU_ASSERT_PTR_NULL(tcp_check(&c));
		}
		CU_ASSERT_EQUAL(c.rcv_nxt, row->rcv_nxt);
		CU_ASSERT_EQUAL(c.peer_fin, row->closed || alone);
		if (c.rcv_nxt != row->rcv_nxt || c.peer_fin != (row->closed || alone))
			printf("# %s\n", row->what);
	}
}

/* Data behind the FIN, in every state that has seen one: dropped, answered. */
static void
test_data_after_fin(void)
{
	static const enum tcp_state states[] = {
		TCP_CLOSE_WAIT,
		TCP_CLOSING,
		TCP_LAST_ACK,
		TCP_TIME_WAIT,
	};

	for (size_t i = 0; i < HARNESS_COUNT(states); i++) {
		struct tcp_conn c;
		struct tcp_out o;
		struct tcp_verdict v;

		fx_state(&c, states[i], NULL);
		v = fx_data(&c, 1, 100, FX_T0);
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_EQUAL(c.rcv_nxt, 0);
		CU_ASSERT_EQUAL(c.state, states[i]);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
		CU_ASSERT_EQUAL(o.seg.ack, c.irs + 2);
	}
}

/* Urgent data stays in the stream, the pointer has no meaning. */
static void
test_urgent(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, NULL);
	seg = fx_seg(&c, TCP_ACK | TCP_URG, 0, 0, 10);
	CU_ASSERT_EQUAL(fx_take(&c, &seg, FX_T0).keep, 10);
	CU_ASSERT_EQUAL(c.rcv_nxt, 10);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all orders of five segments, with and without FIN", test_orders },
		{ "overlaps: the first byte stays", test_overlaps },
		{ "too many runs", test_too_many_runs },
		{ "trimmed to the window", test_trim },
		{ "all lengths at the left edge", test_edge },
		{ "closed window", test_zero_window },
		{ "delayed ACK", test_delayed_ack },
		{ "FINs that make trouble", test_fin },
		{ "data behind the FIN", test_data_after_fin },
		{ "urgent data", test_urgent },
	};

	return harness_run("tcp/rcv", cases, HARNESS_COUNT(cases));
}
