/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/window.h"

struct tell_row {
	const char *what;
	uint8_t scale;
	uint64_t nxt, adv, lim;
	uint32_t buf;
	bool frozen;
	uint16_t field;
	uint64_t told;
};

/* MSS 1000: the edge moves by at least min(1000, buf / 2). */
static const struct tell_row tell_rows[] = {
	{ "moves by all", 0, 0, 1000, 60000, 60000, false, 60000, 60000 },
	{ "by one MSS", 0, 0, 1000, 2000, 60000, false, 2000, 2000 },
	{ "not by less", 0, 0, 1000, 1999, 60000, false, 1000, 1000 },
	{ "by half of a small buffer", 0, 0, 100, 300, 400, false, 300, 300 },
	{ "not by less than that", 0, 0, 100, 299, 400, false, 100, 100 },
	{ "frozen", 0, 0, 1000, 60000, 60000, true, 1000, 1000 },
	{ "room taken back", 0, 5000, 20000, 6000, 60000, false, 15000, 20000 },
	{ "no room", 0, 5000, 5000, 5000, 60000, false, 0, 5000 },
	{ "closed, a little room", 0, 5000, 5000, 5999, 60000, false, 0, 5000 },
	{ "16 bits are full", 0, 10, 1000, 1000000, 1000000, false, 65535, 65545 },
	{ "scaled", 7, 0, 1000, 128000, 128000, false, 1000, 128000 },
	{ "scaled, full", 14, 7, 7, UINT64_C(5000000000), UINT32_MAX, false, 65535,
	  7 + (UINT64_C(65535) << 14) },
	{ "scaled down to a unit", 7, 0, 0, 128127, 128127, false, 1000, 128000 },
	{ "does not move left: rounded up", 7, 1, 1280, 2000, 60000, false, 10, 1281 },
	{ "unless there is no room for that", 7, 1, 1280, 1280, 60000, false, 9, 1153 },
	{ "beyond 2^32", 0, UINT64_C(1) << 40, UINT64_C(1) << 40, (UINT64_C(1) << 40) + 50000,
	  60000, false, 50000, (UINT64_C(1) << 40) + 50000 },
};

static void
test_tell(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(tell_rows); i++) {
		const struct tell_row *row = &tell_rows[i];
		struct tcp_conn c;
		uint64_t told;

		fx_established(&c, NULL);
		c.rcv_wscale = row->scale;
		c.rcv_nxt = row->nxt;
		c.rcv_adv = row->adv;
		c.rcv_lim = row->lim;
		c.rcv_buf = row->buf;
		CU_ASSERT_EQUAL(tcp_window_tell(&c, row->frozen, &told), row->field);
		CU_ASSERT_EQUAL(told, row->told);
		CU_ASSERT_EQUAL(told, row->nxt + ((uint64_t)row->field << row->scale));
	}
}

/*
 * A reader that takes a byte at a time: no window update below min(MSS, half
 * of the buffer), and not one less than it needs.
 */
static void
test_slow_reader(void)
{
	static const uint32_t bufs[] = { 600, 2000, 5000, 10000, 60000 };

	for (size_t i = 0; i < HARNESS_COUNT(bufs); i++) {
		struct fx_conf conf = { .room = bufs[i] };
		struct tcp_conn c;
		struct tcp_out o;
		uint32_t read = 0;
		uint32_t updates = 0;

		fx_established(&c, &conf);
		while (c.rcv_nxt < bufs[i]) {
			uint32_t n = bufs[i] - (uint32_t)c.rcv_nxt;

			fx_data(&c, (int64_t)c.rcv_nxt, n < 1000 ? n : 1000, FX_T0);
			tcp_rcv_room(&c, bufs[i] - (uint32_t)c.rcv_nxt);
			fx_send_all(&c, FX_T0, 9, &o);
		}
		tcp_owe(&c, TCP_OWED_ACK);
		fx_send_all(&c, FX_T0, 9, &o);
		CU_ASSERT_EQUAL(o.seg.wnd, 0);
		while (read < bufs[i]) {
			uint64_t adv = c.rcv_adv;
			uint32_t least = 1000 < bufs[i] / 2 ? 1000 : bufs[i] / 2;

			tcp_rcv_room(&c, ++read);
			if (!fx_send(&c, FX_T0, &o))
				continue;
			updates++;
			CU_ASSERT(c.rcv_adv - adv >= least);
			CU_ASSERT_EQUAL(c.rcv_adv, bufs[i] + read);
		}
		/* The peer never waits for more than half of the buffer. */
		CU_ASSERT(updates >= 1);
		CU_ASSERT(c.rcv_adv >= bufs[i] + bufs[i] / 2);
	}
}

/* With most of the window open, reading draws no segments: data draws the ACKs. */
static void
test_no_needless_updates(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_owe(&c, TCP_OWED_ACK);
	fx_send_all(&c, FX_T0, 9, &o);
	fx_data(&c, 0, 10000, FX_T0);
	tcp_rcv_room(&c, 50000);
	fx_send_all(&c, FX_T0, 9, &o);
	for (uint32_t read = 1; read <= 10; read++) {
		tcp_rcv_room(&c, 50000 + read * 1000);
		CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	}
	fx_data(&c, 10000, 2000, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(c.rcv_adv, 70000);
}

/* Without scaling the field is full below the room that there is: nothing is left to be told. */
static void
test_field_full(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	c.rcv_wscale = 0;
	tcp_rcv_room(&c, 262144);
	tcp_owe(&c, TCP_OWED_ACK);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(c.rcv_adv, 65535);
	for (int i = 0; i < 5; i++) {
		tcp_rcv_room(&c, 262144);
		CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	}
	/* Bytes that were taken leave room in it. */
	fx_data(&c, 0, 60000, FX_T0);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(c.rcv_adv, 60000 + 65535);
}

struct due_row {
	const char *what;
	uint8_t scale;
	uint64_t adv, lim; /* rcv_nxt is 100000 */
	uint32_t buf;
	bool due;
};

/* MSS 1000. An update tells a new edge: half of what can be told, or 2 MSS of a window that is low. */
static const struct due_row due_rows[] = {
	{ "all that the field can say, told", 0, 165535, 400000, 262144, false },
	{ "half of it", 0, 100000 + 32767, 400000, 262144, true },
	{ "2 MSS, most of the window is left", 0, 163535, 400000, 262144, false },
	{ "less than half, a quarter is left", 0, 100000 + 32768, 400000, 262144, false },
	{ "2 MSS, the window is low", 0, 100000 + 16383, 118383, 262144, true },
	{ "less than that", 0, 100000 + 16383, 118382, 262144, false },
	{ "2 MSS that are less than a unit", 14, 100000 + 16384, 100000 + 32767, 262144, false },
	{ "a unit", 14, 100000 + 16384, 100000 + 32768, 262144, true },
	{ "no room", 7, 100000, 100000, 60000, false },
	{ "room taken back", 7, 120000, 110000, 60000, false },
};

static void
test_due(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(due_rows); i++) {
		const struct due_row *row = &due_rows[i];
		struct tcp_conn c;
		uint64_t told;

		fx_established(&c, NULL);
		c.rcv_wscale = row->scale;
		c.rcv_nxt = 100000;
		c.rcv_adv = row->adv;
		c.rcv_lim = row->lim;
		c.rcv_buf = row->buf;
		CU_ASSERT_EQUAL(tcp_window_update_due(&c), row->due);
		(void)tcp_window_tell(&c, false, &told);
		CU_ASSERT(!row->due || told > row->adv);
	}
}

/*
 * A peer without scaling fills its window, the program reads each segment at once: no segment goes
 * out but the ACKs of data, and empty reads draw none.
 */
static void
test_reader_beyond_the_field(void)
{
	struct fx_conf conf = { .room = 262144 };
	struct tcp_conn c;
	struct tcp_out o;
	uint32_t acks = 0;

	fx_established(&c, &conf);
	c.rcv_wscale = 0;
	for (uint32_t n = 0; n < 100; n++) {
		fx_data(&c, (int64_t)c.rcv_nxt, 1000, FX_T0);
		for (int reads = 0; reads < 10; reads++) {
			tcp_rcv_room(&c, 261144 + 100 * (uint32_t)reads);
			acks += fx_send_all(&c, FX_T0, 9, &o);
		}
	}
	CU_ASSERT_EQUAL(acks, 50);
}

/* Behind the peer's FIN there is nothing to make room for. */
static void
test_after_fin(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_state(&c, TCP_CLOSE_WAIT, NULL);
	tcp_rcv_room(&c, 10000000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is told", test_tell },
		{ "a slow reader", test_slow_reader },
		{ "no needless updates", test_no_needless_updates },
		{ "a field that is full", test_field_full },
		{ "when an update is due", test_due },
		{ "reads of a buffer beyond the field", test_reader_beyond_the_field },
		{ "behind the FIN", test_after_fin },
	};

	return harness_run("tcp/window", cases, HARNESS_COUNT(cases));
}
