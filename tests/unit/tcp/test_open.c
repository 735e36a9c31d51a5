/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/isn.h"

static const uint8_t secret[16] = { 9, 8, 7, 6, 5 };

static struct net_tuple
tuple_of(uint16_t remote_port)
{
	struct net_tuple t;

	memset(&t, 0, sizeof(t));
	t.local = net_addr_v4(0x0a000001);
	t.remote = net_addr_v4(0x0a000002);
	t.local_port = 443;
	t.remote_port = remote_port;
	return t;
}

/* RFC 6528: a 4 us clock for one tuple; another tuple or key tells nothing of it. */
static void
test_isn(void)
{
	struct net_tuple a = tuple_of(1000);
	uint8_t other[16] = { 1 };
	uint32_t isn = tcp_isn(secret, &a, FX_T0);
	uint32_t bits = 0;

	for (uint64_t us = 0; us < 4000; us++)
		CU_ASSERT_EQUAL(tcp_isn(secret, &a, FX_T0 + us) - isn, us / 4);
	CU_ASSERT_NOT_EQUAL(tcp_isn(other, &a, FX_T0), isn);
	for (uint16_t port = 1; port <= 1000; port++) {
		struct net_tuple x = tuple_of(port);
		struct net_tuple y = tuple_of((uint16_t)(port + 1));
		uint32_t diff = tcp_isn(secret, &x, FX_T0) ^ tcp_isn(secret, &y, FX_T0);

		while (diff != 0) {
			bits += diff & 1;
			diff >>= 1;
		}
	}
	/* Half of 32000 bits differ, within 5 standard deviations (89 each). */
	CU_ASSERT(bits > 16000 - 450 && bits < 16000 + 450);
}

static void
test_ts_offset(void)
{
	struct net_tuple a = tuple_of(1000);
	struct net_tuple b = tuple_of(1001);

	CU_ASSERT_EQUAL(tcp_ts_offset(secret, &a), tcp_ts_offset(secret, &a));
	CU_ASSERT_NOT_EQUAL(tcp_ts_offset(secret, &a), tcp_ts_offset(secret, &b));
	CU_ASSERT_NOT_EQUAL(tcp_ts_offset(secret, &a), tcp_isn(secret, &a, 0));
}

static bool
listen_to(struct tcp_syn *s, const struct tcp_seg *syn)
{
	struct tcp_params *p = fx_params();

	p->sack = true;
	return tcp_syn_input(s, p, syn, 5000, 33, 1400, 100000, FX_T0);
}

/* RFC 9293 3.10.7.2 and attack row 2: only a SYN is one. */
static void
test_only_syn_opens(void)
{
	for (uint32_t flags = 0; flags < 256; flags++) {
		struct tcp_seg seg = fx_syn();
		struct tcp_syn s;
		bool want = (flags & TCP_SYN) && !(flags & (TCP_ACK | TCP_RST | TCP_FIN));

		seg.flags = (uint8_t)flags;
		CU_ASSERT_EQUAL(listen_to(&s, &seg), want);
	}
}

static void
test_syn_ack(void)
{
	struct tcp_seg seg = fx_syn();
	struct tcp_syn s;
	struct tcp_seg out;

	CU_ASSERT_TRUE_FATAL(listen_to(&s, &seg));
	tcp_syn_ack(&s, FX_T0 + 3000, &out);
	CU_ASSERT_EQUAL(out.flags, TCP_SYN | TCP_ACK);
	CU_ASSERT_EQUAL(out.seq, 5000);
	CU_ASSERT_EQUAL(out.ack, 0); /* UINT32_MAX + 1 */
	CU_ASSERT_EQUAL(out.wnd, 65535);
	CU_ASSERT_EQUAL(out.mss, 1400);
	CU_ASSERT_TRUE(out.has_wscale);
	CU_ASSERT_EQUAL(out.wscale, 7);
	CU_ASSERT_TRUE(out.has_ts);
	CU_ASSERT_EQUAL(out.ts_val, (uint32_t)(FX_T0 / 1000) + 3 + 33);
	CU_ASSERT_EQUAL(out.ts_ecr, 12345);
	CU_ASSERT_TRUE(out.sack_permitted);
	CU_ASSERT_EQUAL(out.src_port, 443);
	CU_ASSERT_EQUAL(out.dst_port, 40000);

	/* What the peer did not offer is not answered (RFC 7323 2.2, 3.2, RFC 2018 2); MSS always (MUST-14). */
	seg.has_ts = false;
	seg.sack_permitted = false;
	seg.has_wscale = false;
	CU_ASSERT_TRUE_FATAL(listen_to(&s, &seg));
	tcp_syn_ack(&s, FX_T0, &out);
	CU_ASSERT_FALSE(out.has_ts);
	CU_ASSERT_FALSE(out.has_wscale);
	CU_ASSERT_FALSE(out.sack_permitted);
	CU_ASSERT_EQUAL(out.mss, 1400);
	tcp_syn_challenge(&s, FX_T0, &out);
	CU_ASSERT_EQUAL(out.flags, TCP_ACK);
	CU_ASSERT_EQUAL(out.seq, 5001);
	CU_ASSERT_EQUAL(out.ack, 0);
	CU_ASSERT_EQUAL(out.mss, 0);
}

struct step_row {
	const char *what;
	uint8_t flags;
	int32_t seq; /* relative to irs + 1 */
	int32_t ack; /* relative to iss + 1 */
	int32_t ts;  /* relative to ts_recent; INT32_MAX: none */
	uint32_t len;
	enum tcp_syn_verdict want;
};

static const struct step_row step_rows[] = {
	{ "the ACK", TCP_ACK, 0, 0, 0, 0, TCP_SYN_COMPLETE },
	{ "with data", TCP_ACK | TCP_PSH, 0, 0, 1, 500, TCP_SYN_COMPLETE },
	{ "with FIN", TCP_ACK | TCP_FIN, 0, 0, 1, 0, TCP_SYN_COMPLETE },
	{ "data overtook the ACK", TCP_ACK, 1400, 0, 1, 1400, TCP_SYN_COMPLETE },
	{ "beyond the window", TCP_ACK, 65536, 0, 0, 10, TCP_SYN_CHALLENGE },
	{ "before the window", TCP_ACK, -1, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "acknowledges nothing", TCP_ACK, 0, -1, 0, 0, TCP_SYN_RESET },
	{ "acknowledges too much", TCP_ACK, 0, 1, 0, 0, TCP_SYN_RESET },
	{ "no ACK", TCP_PSH, 0, 0, 0, 10, TCP_SYN_IGNORE },
	{ "null", 0, 0, 0, 0, 0, TCP_SYN_IGNORE },
	{ "FIN alone", TCP_FIN, 0, 0, 0, 0, TCP_SYN_IGNORE },
	{ "older timestamp", TCP_ACK, 0, 0, -1, 0, TCP_SYN_CHALLENGE },
	{ "no timestamp", TCP_ACK, 0, 0, INT32_MAX, 0, TCP_SYN_IGNORE },
	{ "the SYN again", TCP_SYN, -1, 0, 0, 0, TCP_SYN_AGAIN },
	{ "another SYN", TCP_SYN, 77, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "SYN with FIN", TCP_SYN | TCP_FIN, -1, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "SYN with ACK", TCP_SYN | TCP_ACK, -1, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "RST", TCP_RST, 0, 0, INT32_MAX, 0, TCP_SYN_DROPPED },
	{ "RST with ACK", TCP_RST | TCP_ACK, 0, 0, 0, 0, TCP_SYN_DROPPED },
	{ "RST inside the window", TCP_RST, 1, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "RST in its last byte", TCP_RST, 65534, 0, 0, 0, TCP_SYN_CHALLENGE },
	{ "RST at its edge", TCP_RST, 65535, 0, 0, 0, TCP_SYN_IGNORE },
	{ "RST elsewhere", TCP_RST, 70000, 0, 0, 0, TCP_SYN_IGNORE },
	{ "RST before", TCP_RST, -1, 0, 0, 0, TCP_SYN_IGNORE },
};

static void
test_step(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(step_rows); i++) {
		const struct step_row *row = &step_rows[i];
		struct tcp_seg seg = fx_syn();
		struct tcp_syn s;

		CU_ASSERT_TRUE_FATAL(listen_to(&s, &seg));
		seg = (struct tcp_seg){
			.flags = row->flags,
			.seq = s.irs + 1 + (uint32_t)row->seq,
			.ack = s.iss + 1 + (uint32_t)row->ack,
			.payload_len = row->len,
			.has_ts = row->ts != INT32_MAX,
			.ts_val = s.ts_recent + (uint32_t)row->ts,
			.wnd = 100,
		};
		CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0 + 10), row->want);
		/* Nor is a SYN-ACK that is asked for again. */
		if (row->want == TCP_SYN_AGAIN) {
			CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0 + 100009),
					TCP_SYN_IGNORE);
			CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0 + 100010),
					TCP_SYN_AGAIN);
		}
		/* A challenge is not repeated at once. */
		if (row->want == TCP_SYN_CHALLENGE) {
			CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0 + 1000),
					TCP_SYN_IGNORE);
			CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0 + 500010),
					TCP_SYN_CHALLENGE);
		}
	}
}

struct mss_row {
	uint16_t theirs, ours; /* theirs 0: no option */
	bool ts;
	uint32_t snd, rcv;
};

/* RFC 9293 3.7.1, RFC 6691, and the floor of row 21. */
static const struct mss_row mss_rows[] = {
	{ 1460, 1460, false, 1460, 1460 },  { 1460, 1460, true, 1448, 1448 },
	{ 1400, 1460, true, 1388, 1448 },   { 8960, 1460, true, 1448, 1448 },
	{ 0, 1460, false, 536, 1460 },      { 0, 1460, true, 524, 1448 },
	{ 1, 1460, false, 216, 1460 },      { 48, 1460, true, 204, 1448 },
	{ 215, 1460, false, 216, 1460 },    { 217, 1460, false, 217, 1460 },
	{ 65535, 8960, false, 8960, 8960 },
};

static void
test_mss(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(mss_rows); i++) {
		const struct mss_row *row = &mss_rows[i];
		struct tcp_seg seg = fx_syn();
		struct tcp_syn s;
		struct tcp_conn c;
		struct tcp_out o;

		seg.mss = row->theirs;
		seg.has_ts = row->ts;
		CU_ASSERT_TRUE(tcp_syn_input(&s, fx_params(), &seg, 1, 2, row->ours, 9999, FX_T0));
		seg.flags = TCP_ACK;
		tcp_opts_default(&c.opts);
		tcp_conn_accept(&c, fx_params(), &s, &seg, 9999, FX_T0);
		CU_ASSERT_EQUAL(c.mss, row->snd);
		CU_ASSERT_EQUAL(c.rcv_mss, row->rcv);

		/* The same by an active open. */
		tcp_conn_connect(&c, fx_params(), 1, 2, 3, 4, row->ours, 9999, FX_T0);
		fx_send(&c, FX_T0, &o);
		CU_ASSERT_EQUAL(o.seg.mss, row->ours);
		seg.flags = TCP_SYN | TCP_ACK;
		seg.ack = 4;
		fx_take(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(c.mss, row->snd);
		CU_ASSERT_EQUAL(c.rcv_mss, row->rcv);
	}
}

/* Options count when both sides have them: every combination, both roles. */
static void
test_negotiation(void)
{
	for (int bits = 0; bits < 32; bits++) {
		bool their_sack = bits & 8;
		bool our_sack = bits & 16;
		bool their_ts = bits & 1;
		bool their_scale = bits & 2;
		bool our_ts = bits & 4;
		struct tcp_params *p = fx_params();
		struct tcp_seg seg = fx_syn();
		struct tcp_syn s;
		struct tcp_conn c;
		struct tcp_out o;

		p->timestamps = our_ts;
		p->sack = our_sack;
		seg.has_ts = their_ts;
		seg.sack_permitted = their_sack;
		seg.has_wscale = their_scale;
		CU_ASSERT_TRUE(tcp_syn_input(&s, p, &seg, 1, 2, 1460, 100000, FX_T0));
		seg.flags = TCP_ACK;
		seg.seq = s.irs + 1;
		seg.ack = 2;
		tcp_opts_default(&c.opts);
		tcp_conn_accept(&c, p, &s, &seg, 100000, FX_T0 + 1000);
		CU_ASSERT_EQUAL(c.ts_on, their_ts && our_ts);
		CU_ASSERT_EQUAL(c.sack_on, their_sack && our_sack);
		CU_ASSERT_EQUAL(c.snd_wscale, their_scale ? 9 : 0);
		CU_ASSERT_EQUAL(c.rcv_wscale, their_scale ? 7 : 0);
		CU_ASSERT_EQUAL(c.snd_wnd, (uint64_t)64240 << (their_scale ? 9 : 0));
		CU_ASSERT_EQUAL(c.rcv_adv, 65535);
		CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));

		tcp_conn_connect(&c, p, 1, 2, 3, 4, 1460, 100000, FX_T0);
		fx_send(&c, FX_T0, &o);
		CU_ASSERT_EQUAL(o.seg.has_ts, our_ts);
		CU_ASSERT_EQUAL(o.seg.sack_permitted, our_sack);
		seg.flags = TCP_SYN | TCP_ACK;
		seg.seq = UINT32_MAX;
		seg.ack = 4;
		fx_take(&c, &seg, FX_T0 + 80000);
		CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
		CU_ASSERT_EQUAL(c.ts_on, their_ts && our_ts);
		CU_ASSERT_EQUAL(c.sack_on, their_sack && our_sack);
		CU_ASSERT_EQUAL(c.snd_wscale, their_scale ? 9 : 0);
		CU_ASSERT_EQUAL(c.rcv_wscale, their_scale ? 7 : 0);
		CU_ASSERT_EQUAL(c.snd_wnd, 64240); /* unscaled on a SYN */
		CU_ASSERT_EQUAL(c.rtt.srtt_us, 80000);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 80000, &o));
		CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
		CU_ASSERT_EQUAL(o.seg.seq, 4);
		CU_ASSERT_EQUAL(o.seg.ack, 0);
		CU_ASSERT_EQUAL(o.seg.ts_ecr, their_ts && our_ts ? 12345 : 0);
		CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	}
}

/* The ACK that completes may carry data and FIN: tcp_input takes them from the same segment. */
static void
test_data_with_ack(void)
{
	struct tcp_seg seg = fx_syn();
	struct tcp_syn s;
	struct tcp_conn c;
	struct tcp_verdict v;

	CU_ASSERT_TRUE_FATAL(listen_to(&s, &seg));
	seg.flags = TCP_ACK | TCP_FIN;
	seg.seq = s.irs + 1;
	seg.ack = s.iss + 1;
	seg.payload_len = 600;
	CU_ASSERT_EQUAL(tcp_syn_step(&s, fx_params(), &seg, FX_T0), TCP_SYN_COMPLETE);
	tcp_opts_default(&c.opts);
	tcp_conn_accept(&c, fx_params(), &s, &seg, 100000, FX_T0);
	v = fx_take(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(v.keep, 600);
	CU_ASSERT_EQUAL(v.stream_off, 0);
	CU_ASSERT_TRUE(v.events & TCP_EV_PEER_FIN);
	CU_ASSERT_EQUAL(c.state, TCP_CLOSE_WAIT);
}

/* RFC 6298 5.7 behind a SYN-ACK that was sent again; RFC 5681 3.1 where that was more than once (RFC 6928 2). */
static void
test_syn_ack_resent(void)
{
	struct tcp_seg seg = fx_syn();
	struct tcp_syn s;
	struct tcp_conn c;

	seg.has_ts = false;
	CU_ASSERT_TRUE_FATAL(listen_to(&s, &seg));
	seg.flags = TCP_ACK;
	tcp_opts_default(&c.opts);
	for (s.resent = 1; s.resent < 4; s.resent++) {
		tcp_conn_accept(&c, fx_params(), &s, &seg, 100000, FX_T0 + 1500000);
		CU_ASSERT_EQUAL(c.cc.cwnd, s.resent == 1 ? tcp_cc_initial_window(c.mss) : c.mss);
		CU_ASSERT_EQUAL(tcp_rtt_rto(&c.rtt, c.params), 3000000);
	}
}

/* Our third segment was lost: the peer's SYN-ACK again draws an ACK. */
static void
test_syn_ack_again(void)
{
	struct tcp_seg seg = { .flags = TCP_SYN | TCP_ACK, .seq = 5, .wnd = 60000, .mss = 1000 };
	struct tcp_conn c;
	struct tcp_out o;

	fx_state(&c, TCP_SYN_SENT, NULL);
	fx_send(&c, FX_T0, &o);
	seg.ack = c.iss + 1;
	fx_take(&c, &seg, FX_T0 + 1000);
	fx_send(&c, FX_T0, &o);
	fx_take(&c, &seg, FX_T0 + 1001000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1001000, &o));
	CU_ASSERT_EQUAL(o.seg.flags, TCP_ACK);
	CU_ASSERT_EQUAL(o.seg.ack, 6);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "initial sequence number", test_isn },
		{ "timestamp offset", test_ts_offset },
		{ "only a SYN opens", test_only_syn_opens },
		{ "SYN-ACK", test_syn_ack },
		{ "SYN-RECEIVED", test_step },
		{ "MSS", test_mss },
		{ "options are agreed on", test_negotiation },
		{ "data with the ACK", test_data_with_ack },
		{ "SYN-ACK sent again", test_syn_ack_resent },
		{ "SYN-ACK received again", test_syn_ack_again },
	};

	return harness_run("tcp/open", cases, HARNESS_COUNT(cases));
}
