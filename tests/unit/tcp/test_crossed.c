/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Simultaneous open (RFC 9293 3.5): SYN-RECEIVED of an active open, and what a SYN-ACK brings. */
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/query.h"

enum { ISS = 7000, IRS = 0xffffffff, OUR_MSS = 1400 };

/* SYN-SENT, its SYN is out. */
static void
connect_to(struct tcp_conn *c, struct tcp_params *p)
{
	struct tcp_out o;

	memset(c, 0, sizeof(*c));
	tcp_opts_default(&c->opts);
	tcp_conn_connect(c, p, FX_LOCAL_PORT, FX_REMOTE_PORT, ISS, 77, OUR_MSS, FX_ROOM, FX_T0);
	tcp_ranges_init(fx_held(c));
	CU_ASSERT_TRUE(fx_send(c, FX_T0, &o));
	CU_ASSERT_FALSE(fx_send(c, FX_T0, &o));
}

static struct tcp_seg
peer_syn(uint8_t flags)
{
	return (struct tcp_seg){
		.flags = flags,
		.seq = IRS,
		.ack = flags & TCP_ACK ? ISS + 1 : 0,
		.src_port = FX_REMOTE_PORT,
		.dst_port = FX_LOCAL_PORT,
		.wnd = 64240,
		.mss = 1000,
		.has_ts = true,
		.ts_val = 4000,
		.has_wscale = true,
		.wscale = 9,
	};
}

/* SYN-RECEIVED, its SYN-ACK is out. */
static void
cross(struct tcp_conn *c)
{
	struct tcp_seg syn = peer_syn(TCP_SYN);
	struct tcp_out o;

	connect_to(c, fx_params());
	fx_take(c, &syn, FX_T0 + 1000);
	CU_ASSERT_EQUAL(c->state, TCP_SYN_RECEIVED);
	CU_ASSERT_TRUE(fx_send(c, FX_T0 + 1000, &o));
	CU_ASSERT_PTR_NULL(tcp_check_quiet(c));
}

/* Every combination of options: the SYN-ACK says what both SYNs did, and no more. */
static void
test_syn_ack(void)
{
	for (int bits = 0; bits < 64; bits++) {
		bool their_ts = bits & 1, their_scale = bits & 2, our_ts = bits & 4;
		bool no_shift = bits & 8, their_sack = bits & 16, our_sack = bits & 32;
		struct tcp_params *p = fx_params();
		struct tcp_seg syn = peer_syn(TCP_SYN);
		struct tcp_conn c;
		struct tcp_out o;

		p->timestamps = our_ts;
		p->wscale = no_shift ? 0 : 7;
		p->sack = our_sack;
		syn.sack_permitted = their_sack;
		syn.has_ts = their_ts;
		syn.has_wscale = their_scale;
		connect_to(&c, p);
		CU_ASSERT_EQUAL(fx_take(&c, &syn, FX_T0 + 1000).events, TCP_EV_SEND);
		CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0 + 1000, &o));
		CU_ASSERT_EQUAL(o.seg.flags, TCP_SYN | TCP_ACK);
		CU_ASSERT_EQUAL(o.seg.seq, ISS);
		CU_ASSERT_EQUAL(o.seg.ack, 0); /* IRS + 1 */
		CU_ASSERT_EQUAL(o.seg.wnd, FX_ROOM);
		CU_ASSERT_EQUAL(o.seg.mss, OUR_MSS);
		CU_ASSERT_EQUAL(o.seg.has_ts, their_ts && our_ts);
		CU_ASSERT_EQUAL(o.seg.ts_ecr, their_ts && our_ts ? 4000 : 0);
		CU_ASSERT_EQUAL(o.seg.sack_permitted, their_sack && our_sack);
		CU_ASSERT_EQUAL(o.seg.has_wscale, their_scale);
		CU_ASSERT_EQUAL(o.seg.wscale, their_scale && !no_shift ? 7 : 0);
		CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 1000, &o));
	}
}

enum outcome {
	STAYS,
	ANSWERS, /* with an ACK */
	AGAIN,   /* with the SYN-ACK */
	RESETS,
	REFUSED,
	OPENS,
};

static const struct {
	const char *what;
	uint8_t flags;
	int32_t seq; /* relative to IRS + 1 */
	int32_t ack; /* relative to ISS + 1 */
	int32_t ts;  /* relative to the SYN's; INT32_MAX: none */
	enum outcome want;
} event_rows[] = {
	{ "ACK", TCP_ACK, 0, 0, 0, OPENS },
	{ "ACK of nothing", TCP_ACK, 0, -1, 0, RESETS },
	{ "ACK of too much", TCP_ACK, 0, 1, 0, RESETS },
	{ "ACK at the edge", TCP_ACK, FX_ROOM, 0, 0, OPENS },
	{ "ACK beyond", TCP_ACK, FX_ROOM + 1, 0, 0, ANSWERS },
	{ "ACK before", TCP_ACK, -1, 0, 0, ANSWERS },
	{ "ACK without timestamp", TCP_ACK, 0, 0, INT32_MAX, STAYS },
	{ "ACK with an old timestamp", TCP_ACK, 0, 0, -1, ANSWERS },
	{ "SYN-ACK", TCP_SYN | TCP_ACK, -1, 0, 0, OPENS },
	{ "SYN-ACK of nothing", TCP_SYN | TCP_ACK, -1, -1, 0, ANSWERS },
	{ "SYN-ACK of too much", TCP_SYN | TCP_ACK, -1, 1, 0, ANSWERS },
	{ "SYN-ACK with another number", TCP_SYN | TCP_ACK, 5000, 0, 0, OPENS },
	{ "SYN again", TCP_SYN, -1, 0, 0, AGAIN },
	{ "SYN with another number", TCP_SYN, 5000, 0, 0, ANSWERS },
	{ "SYN FIN", TCP_SYN | TCP_FIN, -1, 0, 0, ANSWERS },
	{ "SYN RST", TCP_SYN | TCP_RST | TCP_ACK, -1, 0, 0, STAYS },
	{ "RST", TCP_RST, 0, 0, INT32_MAX, REFUSED },
	{ "RST ACK", TCP_RST | TCP_ACK, 0, 0, 0, REFUSED },
	{ "RST inside", TCP_RST, 1, 0, 0, ANSWERS },
	{ "RST at the edge", TCP_RST, FX_ROOM, 0, 0, STAYS },
	{ "RST before", TCP_RST, -1, 0, 0, STAYS },
	{ "RST ACK inside", TCP_RST | TCP_ACK, 1, 0, INT32_MAX, ANSWERS },
	{ "null", 0, 0, 0, 0, STAYS },
	{ "FIN", TCP_FIN, 0, 0, 0, STAYS },
};

/* RFC 9293 3.10.7.4 and RFC 5961, in SYN-RECEIVED. */
static void
test_events(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(event_rows); i++) {
		enum outcome want = event_rows[i].want;
		struct tcp_seg seg = peer_syn(event_rows[i].flags);
		struct tcp_verdict v;
		struct tcp_conn c;
		struct tcp_out o;

		cross(&c);
		seg.seq = IRS + 1 + (uint32_t)event_rows[i].seq;
		seg.ack = ISS + 1 + (uint32_t)event_rows[i].ack;
		seg.has_ts = event_rows[i].ts != INT32_MAX;
		seg.ts_val += seg.has_ts ? (uint32_t)event_rows[i].ts : 0;
		v = fx_input(&c, &seg, FX_T0 + 2000);
		CU_ASSERT_EQUAL(c.state, want == OPENS   ? TCP_ESTABLISHED :
					 want == REFUSED ? TCP_CLOSED :
							   TCP_SYN_RECEIVED);
		CU_ASSERT_EQUAL(c.end, want == REFUSED ? TCP_END_REFUSED : TCP_END_NONE);
		CU_ASSERT_EQUAL(!!(v.events & TCP_EV_CONNECTED), want == OPENS);
		CU_ASSERT_EQUAL(!!(v.events & TCP_EV_CLOSED), want == REFUSED);
		CU_ASSERT_EQUAL(v.reply_reset, want == RESETS);
		CU_ASSERT_EQUAL(tcp_owes(&c, TCP_OWED_SYN), want == AGAIN);
		if (want != OPENS && want != REFUSED)
			CU_ASSERT_EQUAL(fx_send(&c, FX_T0 + 2000, &o),
					want == ANSWERS || want == AGAIN);
		if (want == ANSWERS) {
			CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
			CU_ASSERT_EQUAL(o.seg.seq, ISS + 1);
			CU_ASSERT_EQUAL(o.seg.ack, 0);
			/* Junk is not answered twice in a while. */
			CU_ASSERT_EQUAL(fx_input(&c, &seg, FX_T0 + 3000).events, 0);
		}
		if (want == AGAIN) {
			CU_ASSERT_EQUAL(o.seg.flags, TCP_SYN | TCP_ACK);
			CU_ASSERT_EQUAL(fx_input(&c, &seg, FX_T0 + 3000).events, 0);
		}
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* The window of the ACK that opens is scaled, that of a SYN-ACK is not; nothing but the SYN is timed. */
static void
test_opened(void)
{
	for (int syn = 0; syn < 2; syn++) {
		struct tcp_seg seg = peer_syn(syn ? TCP_SYN | TCP_ACK : TCP_ACK);
		struct tcp_conn c;
		struct tcp_out o;

		cross(&c);
		seg.seq += syn ? 0 : 1;
		seg.wnd = 100;
		fx_take(&c, &seg, FX_T0 + 50000);
		CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
		CU_ASSERT_EQUAL(c.snd_wnd, syn ? 100 : 100 << 9);
		CU_ASSERT_EQUAL(c.mss, 1000 - TCP_TS_OPT_LEN);
		CU_ASSERT_EQUAL(c.rcv_mss, OUR_MSS - TCP_TS_OPT_LEN);
		CU_ASSERT_EQUAL(c.rcv_wscale, 7);
		CU_ASSERT_EQUAL(c.rtt.srtt_us, 50000);
		/* A SYN-ACK is acknowledged, an ACK is not. */
		CU_ASSERT_EQUAL(fx_send(&c, FX_T0 + 50000, &o), syn);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
		/* The other end's SYN-ACK comes behind its ACK. */
		seg = peer_syn(TCP_SYN | TCP_ACK);
		fx_take(&c, &seg, FX_T0 + 200000);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 200000, &o));
		CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
		CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	}
}

/* Somebody's SYN, and then the SYN-ACK of whom we called: who knows our number is believed. */
static void
test_forged_syn(void)
{
	struct tcp_seg seg = { .flags = TCP_SYN, .seq = 99, .mss = 300, .wnd = 1 };
	struct tcp_conn c;
	struct tcp_out o;

	connect_to(&c, fx_params());
	fx_take(&c, &seg, FX_T0 + 500);
	fx_send(&c, FX_T0 + 500, &o);
	CU_ASSERT_EQUAL(o.seg.ack, 100);
	seg = peer_syn(TCP_SYN | TCP_ACK);
	CU_ASSERT_TRUE(fx_take(&c, &seg, FX_T0 + 1000).events & TCP_EV_CONNECTED);
	CU_ASSERT_EQUAL(c.irs, IRS);
	CU_ASSERT_TRUE(c.ts_on);
	CU_ASSERT_EQUAL(c.ts_recent, 4000);
	CU_ASSERT_EQUAL(c.snd_wscale, 9);
	CU_ASSERT_EQUAL(c.rcv_wscale, 7);
	CU_ASSERT_EQUAL(c.mss, 1000 - TCP_TS_OPT_LEN);
	CU_ASSERT_EQUAL(c.snd_wnd, 64240);
}

/* SYN-ACKs at 1, 3, 7 ... s behind the first; given up when a SYN would be. */
static void
test_repeats(void)
{
	uint64_t at_us = FX_T0 + 1000, wait_us = 1000000;
	struct tcp_conn c;
	struct tcp_out o;
	int n = 0;

	cross(&c);
	for (; tcp_timer(&c, tcp_deadline(&c)) == TCP_EV_SEND; n++) {
		at_us += wait_us;
		wait_us = 2 * wait_us < 60000000 ? 2 * wait_us : 60000000;
		CU_ASSERT_TRUE_FATAL(fx_send(&c, at_us, &o));
		CU_ASSERT_EQUAL(o.seg.flags, TCP_SYN | TCP_ACK);
		CU_ASSERT_TRUE(o.rexmit);
		CU_ASSERT_EQUAL(tcp_deadline(&c), at_us + wait_us < FX_T0 + 180000000 ?
							  at_us + wait_us :
							  FX_T0 + 180000000);
	}
	CU_ASSERT_EQUAL(n, 7);
	CU_ASSERT_EQUAL(c.end, TCP_END_TIMEOUT);
}

/* Shut down before: what there is goes out, then FIN. */
static void
test_shutdown(void)
{
	struct tcp_seg ack = peer_syn(TCP_ACK);
	struct tcp_conn c;
	struct tcp_out o;

	cross(&c);
	tcp_send_ready(&c, 100);
	tcp_shutdown(&c);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 1000, &o));
	ack.seq++;
	fx_take(&c, &ack, FX_T0 + 2000);
	CU_ASSERT_EQUAL(c.state, TCP_FIN_WAIT_1);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 2000, &o));
	CU_ASSERT_EQUAL(o.len, 100);
	CU_ASSERT_TRUE(o.fin);
}

/* --- two ends, both of which connect ------------------------------------------- */

enum { LOSSES = 9, WIRE = 64 };

struct wire {
	struct tcp_seg seg[2][WIRE]; /* to each end, under way */
	uint32_t n[2];
	uint32_t sent; /* segments, of both */
};

static void
send_all(struct tcp_conn *ends, struct wire *w, uint32_t lost, uint64_t now_us)
{
	struct tcp_out o;

	for (int from = 0; from < 2; from++)
		while (fx_send(&ends[from], now_us, &o))
			if ((w->sent++ >= LOSSES || (lost >> (w->sent - 1) & 1) == 0) &&
			    w->n[!from] < WIRE)
				w->seg[!from][w->n[!from]++] = o.seg;
}

static void
receive_all(struct tcp_conn *ends, struct wire *w, uint64_t now_us)
{
	for (int to = 0; to < 2; to++) {
		for (uint32_t i = 0; i < w->n[to]; i++)
			CU_ASSERT_FALSE(fx_input(&ends[to], &w->seg[to][i], now_us).reply_reset);
		w->n[to] = 0;
		CU_ASSERT_PTR_NULL(tcp_check(&ends[to]));
	}
}

static uint64_t
next_us(const struct tcp_conn *ends, const struct wire *w, uint64_t now_us)
{
	uint64_t at = tcp_deadline(&ends[0]);

	if (w->n[0] + w->n[1] > 0)
		return now_us + 10000;
	return tcp_deadline(&ends[1]) < at ? tcp_deadline(&ends[1]) : at;
}

/* Which of the first segments are lost, all ways: both ends open, and what they say arrives. */
static void
test_each_loss(void)
{
	for (uint32_t lost = 0; lost < 1u << LOSSES; lost++) {
		uint64_t now_us = FX_T0;
		struct wire w = { .sent = 0 };
		struct tcp_conn ends[2];

		for (int i = 0; i < 2; i++) {
			memset(&ends[i], 0, sizeof(ends[i]));
			tcp_opts_default(&ends[i].opts);
			tcp_conn_connect(&ends[i], fx_params(), (uint16_t)(1000 + i),
					 (uint16_t)(1001 - i), UINT32_MAX - (uint32_t)i, 5, 1400,
					 FX_ROOM, now_us);
			tcp_ranges_init(fx_held(&ends[i]));
			tcp_send_ready(&ends[i], 100);
		}
		for (int turn = 0; turn < 200 && now_us != TCP_NEVER; turn++) {
			send_all(ends, &w, lost, now_us);
			now_us = next_us(ends, &w, now_us);
			if (now_us == TCP_NEVER)
				break;
			receive_all(ends, &w, now_us);
			for (int i = 0; i < 2; i++)
				tcp_timer(&ends[i], now_us);
		}
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(ends[i].state, TCP_ESTABLISHED);
			CU_ASSERT_EQUAL(ends[i].rcv_nxt, 100);
			CU_ASSERT_EQUAL(ends[i].snd_una, 100);
			CU_ASSERT_PTR_NULL(tcp_check_quiet(&ends[i]));
		}
	}
}

/* --- text that comes with a SYN -------------------------------------------------- */

/* A SYN-ACK's text and FIN are taken as any segment's, up to the window that the SYN told. */
static void
test_text(void)
{
	static const struct {
		uint8_t flags;
		uint32_t len, keep;
		enum tcp_state state;
	} rows[] = {
		{ TCP_PSH, 500, 500, TCP_ESTABLISHED },
		{ TCP_FIN, 500, 500, TCP_CLOSE_WAIT },
		{ TCP_FIN, 0, 0, TCP_CLOSE_WAIT },
		{ 0, FX_ROOM, FX_ROOM, TCP_ESTABLISHED },
		{ 0, FX_ROOM + 1, FX_ROOM, TCP_ESTABLISHED },
		{ TCP_FIN, FX_ROOM + 1, FX_ROOM, TCP_ESTABLISHED },
	};

	for (int crossed = 0; crossed < 2; crossed++)
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			struct tcp_seg seg = peer_syn(TCP_SYN | TCP_ACK | rows[i].flags);
			bool fin = rows[i].state == TCP_CLOSE_WAIT;
			struct tcp_verdict v;
			struct tcp_conn c;
			struct tcp_out o;

			if (crossed)
				cross(&c);
			else
				connect_to(&c, fx_params());
			seg.payload_len = rows[i].len;
			v = fx_take(&c, &seg, FX_T0 + 1000);
			CU_ASSERT_TRUE(v.events & TCP_EV_CONNECTED);
			CU_ASSERT_EQUAL(!!(v.events & TCP_EV_DELIVER), rows[i].len > 0);
			CU_ASSERT_EQUAL(!!(v.events & TCP_EV_PEER_FIN), fin);
			CU_ASSERT_EQUAL(v.keep, rows[i].keep);
			CU_ASSERT_EQUAL(v.skip, 0);
			CU_ASSERT_EQUAL(v.stream_off, 0);
			CU_ASSERT_EQUAL(c.state, rows[i].state);
			CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1000, &o));
			CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
			CU_ASSERT_EQUAL(o.seg.ack, rows[i].keep + (fin ? 1 : 0)); /* IRS + 1: 0 */
			CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
		}
}

/* A bare SYN's is not: it is not acknowledged, so it comes again. */
static void
test_text_of_a_syn(void)
{
	struct tcp_seg syn = peer_syn(TCP_SYN);
	struct tcp_verdict v;
	struct tcp_conn c;
	struct tcp_out o;

	connect_to(&c, fx_params());
	syn.payload_len = 500;
	v = fx_take(&c, &syn, FX_T0 + 1000);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(v.took, 0);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1000, &o));
	CU_ASSERT_EQUAL(o.seg.ack, 0);
	/* Nor is what a refused SYN-ACK brings. */
	syn = peer_syn(TCP_SYN | TCP_ACK);
	syn.payload_len = 500;
	syn.ack++;
	connect_to(&c, fx_params());
	v = fx_take(&c, &syn, FX_T0 + 1000);
	CU_ASSERT_TRUE(v.reply_reset);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(c.state, TCP_SYN_SENT);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the SYN-ACK of crossed SYNs", test_syn_ack },
		{ "SYN-RECEIVED, event by event", test_events },
		{ "opened by an ACK, by a SYN-ACK", test_opened },
		{ "a SYN that somebody made up", test_forged_syn },
		{ "the SYN-ACK again, and R2", test_repeats },
		{ "shutdown in SYN-RECEIVED", test_shutdown },
		{ "both ends connect, each loss", test_each_loss },
		{ "text with a SYN-ACK", test_text },
		{ "text with a SYN", test_text_of_a_syn },
	};

	return harness_run("tcp/crossed", cases, HARNESS_COUNT(cases));
}
