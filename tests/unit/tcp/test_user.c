/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

static void
test_send_ready(void)
{
	struct tcp_conn c;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 1000);
	tcp_send_ready(&c, 500); /* never moves left */
	CU_ASSERT_EQUAL(c.snd_end, 1000);
	tcp_shutdown(&c);
	tcp_send_ready(&c, 2000);
	CU_ASSERT_EQUAL(c.snd_end, 1000);
	CU_ASSERT_EQUAL(tcp_fin_off(&c), 1000);
}

static void
test_shutdown(void)
{
	static const struct {
		enum tcp_state from, to;
	} rows[] = {
		{ TCP_SYN_SENT, TCP_SYN_SENT },      { TCP_SYN_RECEIVED, TCP_SYN_RECEIVED },
		{ TCP_ESTABLISHED, TCP_FIN_WAIT_1 }, { TCP_FIN_WAIT_1, TCP_FIN_WAIT_1 },
		{ TCP_FIN_WAIT_2, TCP_FIN_WAIT_2 },  { TCP_CLOSE_WAIT, TCP_LAST_ACK },
		{ TCP_CLOSING, TCP_CLOSING },        { TCP_LAST_ACK, TCP_LAST_ACK },
		{ TCP_TIME_WAIT, TCP_TIME_WAIT },    { TCP_CLOSED, TCP_CLOSED },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_conn c;
		struct tcp_out o;
		bool fin;

		fx_state(&c, rows[i].from, NULL);
		tcp_shutdown(&c);
		CU_ASSERT_EQUAL(c.state, rows[i].to);
		tcp_shutdown(&c);
		CU_ASSERT_EQUAL(c.state, rows[i].to);
		fin = fx_send_all(&c, FX_T0, 9, &o) > 0 && o.fin;
		CU_ASSERT_EQUAL(fin,
				rows[i].from == TCP_ESTABLISHED || rows[i].from == TCP_CLOSE_WAIT);
	}
}

/* Closed before the handshake was done: data and FIN go out behind it. */
static void
test_shutdown_in_syn_sent(void)
{
	struct tcp_seg seg = { .flags = TCP_SYN | TCP_ACK, .seq = 5, .wnd = 60000, .mss = 1000 };
	struct tcp_conn c;
	struct tcp_out o;

	fx_state(&c, TCP_SYN_SENT, NULL);
	fx_send(&c, FX_T0, &o);
	tcp_send_ready(&c, 100);
	tcp_shutdown(&c);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	seg.ack = c.iss + 1;
	fx_take(&c, &seg, FX_T0 + 1000);
	CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_1);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1000, &o));
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_TRUE(o.fin);
}

/* RFC 9293 3.10.5: a RST with seq = snd_nxt, from the states that have somebody to tell. */
static void
test_abort(void)
{
	static const struct {
		enum tcp_state state;
		bool reset;
	} rows[] = {
		{ TCP_SYN_SENT, false },  { TCP_SYN_RECEIVED, true }, { TCP_ESTABLISHED, true },
		{ TCP_FIN_WAIT_1, true }, { TCP_FIN_WAIT_2, true },   { TCP_CLOSE_WAIT, true },
		{ TCP_CLOSING, false },   { TCP_LAST_ACK, false },    { TCP_TIME_WAIT, false },
		{ TCP_CLOSED, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct fx_conf conf = { .iss = 1000, .irs = 2000 };
		struct tcp_conn c;
		struct tcp_seg rst;
		enum tcp_end before;

		fx_state(&c, rows[i].state, &conf);
		before = (enum tcp_end)c.end;
		CU_ASSERT_EQUAL(tcp_abort(&c, FX_T0, &rst), rows[i].reset);
		CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
		CU_ASSERT_EQUAL(c.end, rows[i].state == TCP_CLOSED ? before : TCP_END_ABORTED);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
		if (!rows[i].reset)
			continue;
		CU_ASSERT_EQUAL(rst.flags, TCP_RST | TCP_ACK);
		CU_ASSERT_EQUAL(rst.seq, 1001 + (uint32_t)c.sent.nxt);
		CU_ASSERT_EQUAL(rst.ack, 2001 + (uint32_t)tcp_ack_off(&c));
		CU_ASSERT_EQUAL(rst.src_port, FX_LOCAL_PORT);
		CU_ASSERT_EQUAL(rst.payload_len, 0);
	}
}

/* The peer of an aborted connection takes the RST at its word: seq is what it expects. */
static void
test_abort_is_believed(void)
{
	struct fx_conf conf = { .iss = 100, .irs = 200 };
	struct fx_conf mirror = { .iss = 200, .irs = 100 };
	struct tcp_conn a;
	struct tcp_conn b;
	struct tcp_out o;
	struct tcp_seg rst;

	fx_established(&a, &conf);
	fx_established(&b, &mirror);
	tcp_send_ready(&a, 3000);
	while (fx_send(&a, FX_T0, &o))
		fx_take(&b, &o.seg, FX_T0);
	CU_ASSERT_EQUAL(b.rcv_nxt, 3000);
	CU_ASSERT_TRUE(tcp_abort(&a, FX_T0, &rst));
	fx_take(&b, &rst, FX_T0);
	CU_ASSERT_EQUAL(b.state, TCP_CLOSED);
	CU_ASSERT_EQUAL(b.end, TCP_END_RESET);
}

/* LAST-ACK begins with the call: while data is still owed, an abort is heard. */
static void
test_abort_with_data_owed(void)
{
	struct tcp_conn c;
	struct tcp_seg rst;

	fx_state(&c, TCP_CLOSE_WAIT, NULL);
	tcp_send_ready(&c, 50000);
	tcp_shutdown(&c);
	CU_ASSERT_EQUAL(c.state, TCP_LAST_ACK);
	CU_ASSERT_TRUE(tcp_abort(&c, FX_T0, &rst));
}

/* --- an orphan (RFC 2525 2.17) ----------------------------------------------------- */

/* n bytes of its own are sent and not acknowledged, nor is the FIN behind them. */
static void
orphan_with(struct tcp_conn *c, uint32_t n)
{
	struct tcp_out o;

	fx_established(c, NULL);
	tcp_send_ready(c, n);
	tcp_orphan(c, FX_T0);
	CU_ASSERT_EQUAL(c->state, TCP_FIN_WAIT_1);
	fx_send_all(c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(c->snd_max, n + 1);
}

/* The RST is one that the peer believes: it has all that is in front of it. */
static void
expect_reset(const struct tcp_conn *c, const struct tcp_verdict *v)
{
	CU_ASSERT_TRUE(v->reply_reset);
	CU_ASSERT_EQUAL(v->events & TCP_EV_CLOSED, TCP_EV_CLOSED);
	CU_ASSERT_EQUAL(v->reset.flags & TCP_RST, TCP_RST);
	CU_ASSERT_EQUAL(v->reset.seq, tcp_seq_of(c, c->snd_max));
	CU_ASSERT_EQUAL(c->state, TCP_CLOSED);
	CU_ASSERT_EQUAL(c->end, TCP_END_ABORTED);
	CU_ASSERT_EQUAL(tcp_deadline(c), TCP_NEVER);
}

/* Nothing of ours is on the way: a new byte draws the RST at once, alone or in front of FIN. */
static void
test_data_behind_close(void)
{
	static const struct {
		int64_t off;
		uint32_t len;
		uint8_t flags;
		bool reset;
	} rows[] = {
		{ 0, 1, 0, true },         { 0, 1000, 0, true },
		{ 500, 100, 0, true }, /* behind a gap */
		{ 0, 100, TCP_FIN, true }, { -5, 6, 0, true },
		{ -1, 0, 0, false }, /* a keep-alive */
		{ -1, 1, 0, false }, /* what it sent before */
		{ -500, 500, 0, false },   { 0, 0, 0, false },
		{ 0, 0, TCP_FIN, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_seg seg;
		struct tcp_verdict v;
		struct tcp_conn c;

		orphan_with(&c, 0);
		fx_ack(&c, 1, FX_WND, FX_T0);
		CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_2);
		seg = (struct tcp_seg){ .seq = tcp_rcv_seq_of(&c, (uint64_t)rows[i].off),
					.ack = tcp_seq_of(&c, 1),
					.flags = TCP_ACK | rows[i].flags,
					.wnd = FX_WND,
					.payload_len = rows[i].len };
		v = fx_take(&c, &seg, FX_T0 + 1000);
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_EQUAL(v.reply_reset, rows[i].reset);
		if (rows[i].reset)
			expect_reset(&c, &v);
		else
			CU_ASSERT_EQUAL(c.state,
					rows[i].flags & TCP_FIN ? TCP_TIME_WAIT : TCP_FIN_WAIT_2);
	}
}

/* Ours first: what comes meanwhile is taken and thrown away, and the RST waits for the FIN's ACK. */
static void
test_ours_first(void)
{
	struct tcp_verdict v;
	struct tcp_conn c;
	struct tcp_out o;

	orphan_with(&c, 3000);
	for (int64_t off = 0; off < 100000; off += 2000) {
		v = fx_data(&c, off, 2000, FX_T0);
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_FALSE(v.reply_reset);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
		CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + (uint32_t)off + 2000);
	}
	v = fx_ack(&c, 2000, FX_WND, FX_T0);
	CU_ASSERT_FALSE(v.reply_reset);
	v = fx_ack(&c, 3000, FX_WND, FX_T0);
	CU_ASSERT_FALSE(v.reply_reset);
	CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_1);
	v = fx_ack(&c, 3001, FX_WND, FX_T0);
	expect_reset(&c, &v);
}

/* The window moves along so far only: a peer that never stops sending does not hold it. */
static void
test_drain_is_bounded(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t edge;

	orphan_with(&c, 3000);
	for (int i = 0; i < 2000; i++) {
		fx_data(&c, (int64_t)c.rcv_nxt, 2000, FX_T0);
		fx_send_all(&c, FX_T0, 99, &o);
	}
	edge = c.rcv_adv;
	CU_ASSERT(c.rcv_nxt >= TCP_DRAIN_MAX);
	CU_ASSERT(edge <= TCP_DRAIN_MAX + 70000);
	fx_data(&c, (int64_t)c.rcv_nxt, 2000, FX_T0);
	fx_send_all(&c, FX_T0, 99, &o);
	CU_ASSERT_EQUAL(c.rcv_adv, edge);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
	/* However often it acknowledges a little: */
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 119999999) & TCP_EV_CLOSED, 0);
	fx_ack(&c, 1, FX_WND, FX_T0 + 119999999);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 120000000) & TCP_EV_CLOSED, TCP_EV_CLOSED);
}

/* Bytes lay unread when it was closed. */
static void
test_unread(void)
{
	struct tcp_verdict v;
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	fx_data(&c, 0, 100, FX_T0);
	tcp_send_ready(&c, 24);
	tcp_unread(&c, FX_T0);
	tcp_orphan(&c, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 24);
	CU_ASSERT_TRUE(o.fin);
	v = fx_ack(&c, 24, FX_WND, FX_T0);
	CU_ASSERT_FALSE(v.reply_reset);
	v = fx_ack(&c, 25, FX_WND, FX_T0);
	expect_reset(&c, &v);

	/* The peer has said FIN: nobody is there to be told. */
	fx_state(&c, TCP_CLOSE_WAIT, NULL);
	tcp_send_ready(&c, c.snd_end + 24);
	tcp_unread(&c, FX_T0);
	tcp_orphan(&c, FX_T0);
	fx_send_all(&c, FX_T0, 9, &o);
	v = fx_ack(&c, c.snd_max, FX_WND, FX_T0);
	CU_ASSERT_FALSE(v.reply_reset);
	CU_ASSERT_EQUAL(c.end, TCP_END_NORMAL);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "send_ready", test_send_ready },
		{ "shutdown in each state", test_shutdown },
		{ "shutdown in SYN-SENT", test_shutdown_in_syn_sent },
		{ "abort in each state", test_abort },
		{ "an abort is believed", test_abort_is_believed },
		{ "abort while data is owed", test_abort_with_data_owed },
		{ "data behind the close", test_data_behind_close },
		{ "what was accepted goes first", test_ours_first },
		{ "what is thrown away has a bound", test_drain_is_bounded },
		{ "bytes unread at the close", test_unread },
	};

	return harness_run("tcp/user", cases, HARNESS_COUNT(cases));
}
