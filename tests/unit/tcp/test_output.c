/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

static void
test_nothing(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	fx_state(&c, TCP_CLOSED, NULL);
	tcp_owe(&c, TCP_OWED_ACK);
	CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &o));
}

/* Everything on a segment, where sequence numbers wrap. */
static void
test_fields(void)
{
	struct fx_conf conf = { .iss = UINT32_MAX - 500,
				.irs = UINT32_MAX - 50,
				.ts = true,
				.wscale = true,
				.room = 128000 };
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, &conf);
	fx_data(&c, 0, 100, FX_T0);
	tcp_rcv_room(&c, 128000);
	tcp_send_ready(&c, 1500);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.seg.src_port, FX_LOCAL_PORT);
	CU_ASSERT_EQUAL(o.seg.dst_port, FX_REMOTE_PORT);
	CU_ASSERT_EQUAL(o.seg.seq, UINT32_MAX - 499);
	CU_ASSERT_EQUAL(o.seg.ack, 50);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
	CU_ASSERT_EQUAL(o.seg.payload_len, 1000);
	CU_ASSERT_EQUAL(o.seg.wnd, 128000 / 128);
	CU_ASSERT_TRUE(o.seg.has_ts);
	CU_ASSERT_EQUAL(o.seg.ts_val, (uint32_t)(FX_T0 / 1000) + 77);
	CU_ASSERT_EQUAL(o.seg.ts_ecr, 5000);
	CU_ASSERT_EQUAL(o.seg.mss, 0);
	CU_ASSERT_FALSE(o.seg.has_wscale);
	CU_ASSERT_FALSE(o.rexmit);
	/* PSH where the data ends (RFC 9293 MUST-60). */
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 5000, &o));
	CU_ASSERT_EQUAL(o.seg.seq, 500);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK | TCP_PSH);
	CU_ASSERT_EQUAL(o.len, 500);
	CU_ASSERT_EQUAL(o.seg.ts_val, (uint32_t)(FX_T0 / 1000) + 82);
}

/* tcp_plan moves nothing: asked again it says the same. */
static void
test_plan_is_stable(void)
{
	struct tcp_conn c;
	struct tcp_conn before;
	struct tcp_out a;
	struct tcp_out b;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 3000);
	before = c;
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &a));
	CU_ASSERT_TRUE(tcp_plan(&c, FX_T0, &b));
	CU_ASSERT_EQUAL(memcmp(&a, &b, offsetof(struct tcp_out, seg.sacks)), 0);
	CU_ASSERT_EQUAL(memcmp(&c, &before, sizeof(c)), 0);
}

static void
test_trim(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t off = 0;
	uint32_t n = 0;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 3000);
	tcp_shutdown(&c);
	while (tcp_plan(&c, FX_T0, &o)) {
		bool whole = o.len <= 7;

		CU_ASSERT_EQUAL(o.off, off);
		tcp_plan_trim(&o, 7);
		CU_ASSERT_EQUAL(o.seg.payload_len, o.len);
		CU_ASSERT_EQUAL(!!(o.seg.flags & TCP_FIN), whole);
		CU_ASSERT_EQUAL(!!(o.seg.flags & TCP_PSH), whole);
		CU_ASSERT_EQUAL(o.fin, whole);
		tcp_plan_take(&c, &o);
		tcp_sent(&c, &o, FX_T0);
		off += o.len;
		n++;
	}
	CU_ASSERT_EQUAL(off, 3000);
	CU_ASSERT_EQUAL(n, 429);
	CU_ASSERT_EQUAL(c.snd_max, 3001);
	/* No cut at the length itself. */
	o.len = 10;
	o.fin = true;
	tcp_plan_trim(&o, 10);
	CU_ASSERT_TRUE(o.fin);
}

/* The port takes k of n: the rest is planned again, nothing is lost, no timer runs for it. */
static void
test_refused(void)
{
	for (uint32_t k = 0; k <= 5; k++) {
		struct tcp_conn c;
		struct tcp_out batch[8];
		struct tcp_out o;
		uint32_t n = 0;

		fx_established(&c, NULL);
		fx_data(&c, 0, 2000, FX_T0);
		tcp_send_ready(&c, 4500);
		while (tcp_plan(&c, FX_T0, &batch[n])) {
			tcp_plan_take(&c, &batch[n]);
			n++;
		}
		CU_ASSERT_EQUAL_FATAL(n, 5);
		for (uint32_t i = 0; i < k; i++)
			tcp_sent(&c, &batch[i], FX_T0);
		tcp_plan_drop(&c);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
		CU_ASSERT_EQUAL(c.snd_max, k == 5 ? 4500 : k * 1000);
		CU_ASSERT_EQUAL(c.rtx_at == TCP_NEVER, k == 0);
		CU_ASSERT_EQUAL(tcp_owes(&c, TCP_OWED_ACK), k == 0);
		CU_ASSERT_EQUAL(c.rcv_unacked, k == 0 ? 2000 : 0);
		for (uint32_t i = k; i < 5; i++) {
			CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0 + 1000, &o));
			CU_ASSERT_EQUAL(o.off, batch[i].off);
			CU_ASSERT_EQUAL(o.len, batch[i].len);
			CU_ASSERT_FALSE(o.rexmit);
		}
		CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	}
}

/* Each kind of segment, refused once: SYN, pure ACK, duplicate ACK, FIN, probe. */
static void
test_refused_kinds(void)
{
	enum kind { SYN, PURE, DUP, FIN, PROBE, KINDS };

	for (int kind = 0; kind < KINDS; kind++) {
		struct tcp_conn c;
		struct tcp_out a;
		struct tcp_out b;

		fx_established(&c, NULL);
		switch ((enum kind)kind) {
		case SYN:
			fx_state(&c, TCP_SYN_SENT, NULL);
			break;
		case PURE:
			fx_data(&c, 0, 2000, FX_T0);
			break;
		case DUP:
			fx_data(&c, 500, 100, FX_T0);
			break;
		case FIN:
			tcp_shutdown(&c);
			break;
		case PROBE:
			fx_ack(&c, 0, 0, FX_T0);
			tcp_send_ready(&c, 10);
			CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &a));
			tcp_timer(&c, tcp_deadline(&c));
			break;
		case KINDS:
			break;
		}
		CU_ASSERT_TRUE_FATAL(tcp_plan(&c, FX_T0, &a));
		tcp_plan_take(&c, &a);
		CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &b));
		tcp_plan_drop(&c);
		CU_ASSERT_TRUE_FATAL(tcp_plan(&c, FX_T0, &b));
		CU_ASSERT_EQUAL(memcmp(&a, &b, offsetof(struct tcp_out, seg.sacks)), 0);
		CU_ASSERT_EQUAL(a.syn, kind == SYN);
		CU_ASSERT_EQUAL(a.dup_ack, kind == DUP);
		CU_ASSERT_EQUAL(a.fin, kind == FIN);
		CU_ASSERT_EQUAL(a.probe, kind == PROBE);
		tcp_plan_take(&c, &b);
		tcp_sent(&c, &b, FX_T0);
		CU_ASSERT_FALSE(tcp_plan(&c, FX_T0, &b));
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	}
}

struct sws_row {
	const char *what;
	uint16_t wnd; /* of the peer; 50000 was the largest, or max_wnd */
	uint16_t max_wnd;
	uint32_t ready;
	uint32_t sent; /* bytes at once */
	uint32_t last; /* length of the last segment */
};

/* RFC 9293 3.8.6.2.1 without Nagle; MSS 1000. */
static const struct sws_row sws_rows[] = {
	{ "all there is", 50000, 50000, 1, 1, 1 },
	{ "all there is, twice", 50000, 50000, 1001, 1001, 1 },
	{ "full segments only", 2500, 50000, 5000, 2000, 1000 },
	{ "the rest fits", 2500, 50000, 2500, 2500, 500 },
	{ "less than a segment", 999, 50000, 5000, 0, 0 },
	{ "less than a segment, and all there is", 999, 50000, 999, 999, 999 },
	{ "half of the largest window", 500, 1000, 5000, 500, 500 },
	{ "less than that", 499, 1000, 5000, 0, 0 },
	{ "closed", 0, 50000, 1, 0, 0 },
	{ "cwnd", 50000, 50000, 30000, 10000, 1000 },
};

static void
test_silly_window(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(sws_rows); i++) {
		const struct sws_row *row = &sws_rows[i];
		struct fx_conf conf = { .wnd = row->max_wnd };
		struct tcp_conn c;
		struct tcp_out o = { .len = 0 };

		fx_established(&c, &conf);
		fx_ack(&c, 0, row->wnd, FX_T0);
		tcp_send_ready(&c, row->ready);
		fx_send_all(&c, FX_T0, 99, &o);
		CU_ASSERT_EQUAL(c.sent.nxt, row->sent);
		CU_ASSERT_EQUAL(o.len, row->last);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	}
}

/* cwnd opens by odd amounts: no segment is cut for that while others are in flight. */
static void
test_no_small_segments_by_cwnd(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 40000);
	fx_send_all(&c, FX_T0, 99, &o);
	c.cc.cwnd = 10700;
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	fx_ack(&c, 300, FX_WND, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 1000);
}

/* A pure ACK only when nothing else carries it; duplicates travel alone and first. */
static void
test_acks(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	fx_data(&c, 0, 2000, FX_T0);
	tcp_send_ready(&c, 100);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));

	for (int i = 0; i < 5; i++)
		fx_data(&c, 3000 + 1000 * i, 1000, FX_T0);
	tcp_send_ready(&c, 200);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
		CU_ASSERT_TRUE(o.dup_ack);
		CU_ASSERT_EQUAL(o.len, 0);
		CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + 2000);
		/* Another window would make it a window update (RFC 5681 2). */
		CU_ASSERT_EQUAL(o.adv_off, c.rcv_adv);
	}
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
}

/* FIN rides on the last bytes, or alone; the window does not hold it, data does. */
static void
test_fin(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 1500);
	tcp_shutdown(&c);
	tcp_send_ready(&c, 5000); /* behind the FIN: ignored */
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_FALSE(o.fin);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.fin);
	CU_ASSERT_EQUAL(o.len, 500);
	CU_ASSERT_EQUAL(c.snd_max, 1501);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_shutdown(&c);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.fin);
	CU_ASSERT_EQUAL(o.seg.seq, c.iss + 1);

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 1);
	tcp_shutdown(&c);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_NOT_EQUAL(tcp_deadline(&c), TCP_NEVER);
}

/* RFC 5681 4.1: nothing sent for an RTO, so cwnd starts from IW again. */
static void
test_idle_restart(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	c.cc.cwnd = 40000;
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0 + 150000, 99, &o); /* the RTO is 250 ms */
	CU_ASSERT_EQUAL(c.cc.cwnd, 40000);
	fx_ack(&c, 1000, FX_WND, FX_T0 + 200000);
	tcp_send_ready(&c, 50000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 1000000, 99, &o), 10);
	CU_ASSERT_EQUAL(c.cc.cwnd, 10000);
	/* With something in flight it is not idle. */
	c.cc.cwnd = 40000;
	fx_ack(&c, 2000, FX_WND, FX_T0 + 1000001);
	CU_ASSERT_EQUAL(c.cc.cwnd, 41000); /* slow start: one for the ACK */
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 9000000, 99, &o), 41 - 9);
}

/* RFC 9438 5.8: a pause is none of the cubic's time, once, however often what follows it is planned. */
static void
test_idle_is_told_once(void)
{
	struct tcp_conn c;
	struct tcp_opts opts;
	struct tcp_out o;

	tcp_opts_default(&opts);
	fx_established(&c, &(struct fx_conf){ .opts = &opts });
	tcp_send_ready(&c, 1000);
	fx_send_all(&c, FX_T0, 9, &o);
	fx_ack(&c, 1000, 0, FX_T0 + 50000);
	c.cc.epoch = 1;
	c.cc.epoch_ms = FX_T0 / 1000;
	tcp_send_ready(&c, 5000);
	/* The window is closed, so nothing goes. */
	for (int i = 0; i < 5; i++)
		CU_ASSERT_FALSE(tcp_plan(&c, FX_T0 + 10050000, &o));
	CU_ASSERT_EQUAL(c.cc.epoch_ms, FX_T0 / 1000 + 10000);
	CU_ASSERT_FALSE(tcp_plan(&c, FX_T0 + 20050000, &o));
	CU_ASSERT_EQUAL(c.cc.epoch_ms, FX_T0 / 1000 + 20000);
}

/* The window taken back below what is in flight: nothing new; a bare ACK stays inside. */
static void
test_window_shrinks(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 30000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 10);
	fx_ack(&c, 2000, 3000, FX_T0);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	fx_data(&c, 0, 2000, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(o.len, 0);
	CU_ASSERT_EQUAL(o.seg.seq, c.iss + 1 + 5000);
	/* What goes out again keeps to it as well. */
	tcp_timer(&c, c.rtx_at);
	c.cc.cwnd = 20000;
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 3);
	CU_ASSERT_EQUAL(o.off + o.len, 5000);
	CU_ASSERT_EQUAL(c.sent.nxt, 10000);
	CU_ASSERT_EQUAL(c.snd_max, 10000);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

/* A sent probe leaves snd_nxt where it is; the opened window sends its byte again. */
static void
test_probe(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 5000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	tcp_timer(&c, tcp_deadline(&c));
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.probe);
	CU_ASSERT_EQUAL(o.len, 1);
	CU_ASSERT_EQUAL(o.off, 0);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_EQUAL(c.sent.nxt, 0);
	CU_ASSERT_EQUAL(c.snd_max, 1);
	/* Refused by the peer, then the window opens. */
	fx_ack(&c, 0, 0, FX_T0);
	fx_ack(&c, 0, 3000, FX_T0);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 9, &o), 3);
	CU_ASSERT_EQUAL(c.sent.nxt, 3000);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));

	/* Taken by the peer, the window stays closed: the next byte waits for its probe. */
	fx_established(&c, NULL);
	fx_ack(&c, 0, 0, FX_T0);
	tcp_send_ready(&c, 5000);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	tcp_timer(&c, tcp_deadline(&c));
	fx_send(&c, FX_T0, &o);
	fx_ack(&c, 1, 0, FX_T0);
	CU_ASSERT_EQUAL(c.snd_una, 1);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

/* The SYN of an active open, RFC 9293 3.7.1 and RFC 7323: every option, window unscaled. */
static void
test_syn(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	tcp_opts_default(&c.opts);
	tcp_conn_connect(&c, fx_params(), 1000, 2000, 42, 7, 1460, 1000000, FX_T0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_TRUE(o.syn);
	CU_ASSERT_EQUAL(o.seg.flags, TCP_SYN);
	CU_ASSERT_EQUAL(o.seg.seq, 42);
	CU_ASSERT_EQUAL(o.seg.ack, 0);
	CU_ASSERT_EQUAL(o.seg.wnd, 65535);
	CU_ASSERT_EQUAL(o.seg.mss, 1460);
	CU_ASSERT_TRUE(o.seg.has_wscale);
	CU_ASSERT_EQUAL(o.seg.wscale, 7);
	CU_ASSERT_TRUE(o.seg.has_ts);
	CU_ASSERT_EQUAL(o.seg.ts_val, (uint32_t)(FX_T0 / 1000) + 7);
	CU_ASSERT_EQUAL(o.seg.ts_ecr, 0);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0, &o));
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "nothing to send", test_nothing },
		{ "the fields of a segment", test_fields },
		{ "planning moves nothing", test_plan_is_stable },
		{ "trimmed to 7 bytes", test_trim },
		{ "the port takes some", test_refused },
		{ "the port refuses each kind", test_refused_kinds },
		{ "silly windows", test_silly_window },
		{ "cwnd makes no small segments", test_no_small_segments_by_cwnd },
		{ "pure and duplicate ACKs", test_acks },
		{ "FIN", test_fin },
		{ "restart after idle", test_idle_restart },
		{ "idle, told once", test_idle_is_told_once },
		{ "a peer that shrinks its window", test_window_shrinks },
		{ "window probe", test_probe },
		{ "SYN", test_syn },
	};

	return harness_run("tcp/output", cases, HARNESS_COUNT(cases));
}
