/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Segments in any state: what is taken, answered, reset. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* Where a segment begins, as seen from what we expect next. */
enum position {
	LEFT, /* two before */
	EXPECTED,
	INSIDE, /* one behind */
	LAST,   /* last byte of the window */
	EDGE,   /* first byte beyond the window */
	BEYOND,
	POSITIONS,
};

static int64_t
seq_at(const struct tcp_conn *c, enum position pos)
{
	int64_t nxt = (int64_t)tcp_ack_off(c);
	int64_t edge = (int64_t)c->rcv_adv + (c->peer_fin ? 1 : 0);
	int64_t seq[POSITIONS] = { nxt - 2, nxt, nxt + 1, edge - 1, edge, edge + 1 };

	return seq[pos];
}

/* What RFC 9293 3.10.7.4 and RFC 5961 want of a synchronised state; rows: position. */
enum answer {
	NONE, /* nothing */
	ACK,  /* an ACK, and no more */
	DEAD, /* the connection is reset */
	FINS, /* the FIN is taken: the state moves */
	HELD, /* the FIN is remembered, a duplicate ACK tells of the gap */
};

struct flags_row {
	const char *what;
	uint8_t flags;
	enum answer answer[POSITIONS];
};

static const struct flags_row flags_rows[] = {
	{ "SYN", TCP_SYN, { ACK, ACK, ACK, ACK, ACK, ACK } },
	{ "SYN ACK", TCP_SYN | TCP_ACK, { ACK, ACK, ACK, ACK, ACK, ACK } },
	{ "SYN FIN", TCP_SYN | TCP_FIN, { ACK, ACK, ACK, ACK, ACK, ACK } },
	{ "RST", TCP_RST, { NONE, DEAD, ACK, ACK, NONE, NONE } },
	{ "RST ACK", TCP_RST | TCP_ACK, { NONE, DEAD, ACK, ACK, NONE, NONE } },
	{ "SYN RST", TCP_SYN | TCP_RST, { NONE, DEAD, ACK, ACK, NONE, NONE } },
	{ "ACK", TCP_ACK, { ACK, NONE, NONE, NONE, NONE, ACK } },
	{ "ACK URG PSH", TCP_ACK | TCP_URG | TCP_PSH, { ACK, NONE, NONE, NONE, NONE, ACK } },
	{ "null", 0, { ACK, NONE, NONE, NONE, NONE, ACK } },
	{ "FIN without ACK", TCP_FIN, { ACK, NONE, NONE, NONE, NONE, ACK } },
	{ "FIN ACK", TCP_FIN | TCP_ACK, { ACK, FINS, HELD, HELD, HELD, ACK } },
};

static enum tcp_state
after_fin(enum tcp_state state)
{
	switch (state) {
	case TCP_ESTABLISHED:
		return TCP_CLOSE_WAIT;
	case TCP_FIN_WAIT_1:
		return TCP_CLOSING;
	case TCP_FIN_WAIT_2:
		return TCP_TIME_WAIT;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		break;
	}
	return state;
}

static void
matrix_cell(enum tcp_state state, const struct flags_row *row, enum position pos, bool ts)
{
	/* Sequence numbers wrap inside the window. */
	struct fx_conf conf = { .iss = UINT32_MAX - 3, .irs = UINT32_MAX - 30000, .ts = ts };
	struct tcp_conn c;
	struct tcp_verdict v;
	struct tcp_seg seg;
	enum answer want = row->answer[pos];
	bool had_fin;

	fx_state(&c, state, &conf);
	had_fin = c.peer_fin;
	seg = fx_seg(&c, row->flags, seq_at(&c, pos), (int64_t)c.snd_una, 0);
	v = fx_input(&c, &seg, FX_T0 + 1000000);

	/* RFC 1337: TIME-WAIT is not ended; nor does it answer a RST inside the window. */
	if (state == TCP_TIME_WAIT && (row->flags & TCP_RST))
		want = NONE;
	/* The first FIN fixes the end: later ones are only answered. */
	if (had_fin && (want == FINS || want == HELD))
		want = ACK;

	CU_ASSERT_FALSE(v.reply_reset);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(c.state == TCP_CLOSED, want == DEAD);
	CU_ASSERT_EQUAL(!!(v.events & TCP_EV_CLOSED), want == DEAD);
	CU_ASSERT_EQUAL(fx_owes_ack(&c), want == ACK || want == FINS || want == HELD);
	CU_ASSERT_EQUAL(!!(v.events & TCP_EV_PEER_FIN), want == FINS);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
	CU_ASSERT_EQUAL(c.end, want == DEAD ? TCP_END_RESET : TCP_END_NONE);
	CU_ASSERT_EQUAL(c.state, want == DEAD ? TCP_CLOSED :
				 want == FINS ? after_fin(state) :
						state);
	if (fx_owes_ack(&c) != (want == ACK || want == FINS || want == HELD))
		printf("# state %d, %s, position %d\n", (int)state, row->what, (int)pos);
}

static void
test_matrix(void)
{
	static const enum tcp_state states[] = {
		TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSE_WAIT,
		TCP_CLOSING,     TCP_LAST_ACK,   TCP_TIME_WAIT,
	};

	for (size_t s = 0; s < HARNESS_COUNT(states); s++)
		for (size_t f = 0; f < HARNESS_COUNT(flags_rows); f++)
			for (int pos = LEFT; pos < POSITIONS; pos++) {
				matrix_cell(states[s], &flags_rows[f], (enum position)pos, false);
				matrix_cell(states[s], &flags_rows[f], (enum position)pos, true);
			}
}

/* RFC 9293 3.10.7.3. */
static void
test_syn_sent(void)
{
	enum outcome { STAYS, RESETS, REFUSED, CROSSES, OPENS };
	static const struct {
		uint8_t flags;
		int32_t ack; /* relative to the right one */
		enum outcome want;
	} rows[] = {
		{ TCP_SYN | TCP_ACK, 0, OPENS },
		{ TCP_SYN | TCP_ACK, -1, RESETS },
		{ TCP_SYN | TCP_ACK, 1, RESETS },
		{ TCP_SYN, 0, CROSSES },
		{ TCP_SYN | TCP_FIN, 0, STAYS },
		{ TCP_SYN | TCP_RST, 0, STAYS },
		{ TCP_ACK, 0, STAYS },
		{ TCP_ACK, 1, RESETS },
		{ TCP_FIN | TCP_ACK, 0, STAYS },
		{ TCP_FIN, 0, STAYS },
		{ 0, 0, STAYS },
		{ TCP_RST, 0, STAYS }, /* without an ACK anyone could have sent it */
		{ TCP_RST | TCP_ACK, 0, REFUSED },
		{ TCP_RST | TCP_ACK, 1, STAYS },
		{ TCP_RST | TCP_ACK, -1, STAYS },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_seg seg = { .flags = rows[i].flags,
				       .seq = 9000,
				       .wnd = 1000,
				       .src_port = FX_REMOTE_PORT,
				       .dst_port = FX_LOCAL_PORT };
		struct tcp_conn c;
		struct tcp_out o;
		struct tcp_verdict v;

		fx_state(&c, TCP_SYN_SENT, NULL);
		CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0, &o));
		seg.ack = c.iss + 1 + (uint32_t)rows[i].ack;
		v = fx_input(&c, &seg, FX_T0 + 10000);
		CU_ASSERT_EQUAL(v.reply_reset, rows[i].want == RESETS);
		if (v.reply_reset) {
			CU_ASSERT_EQUAL(v.reset.flags, TCP_RST);
			CU_ASSERT_EQUAL(v.reset.seq, seg.ack);
			CU_ASSERT_EQUAL(v.reset.src_port, FX_LOCAL_PORT);
		}
		CU_ASSERT_EQUAL(c.state, rows[i].want == OPENS   ? TCP_ESTABLISHED :
					 rows[i].want == REFUSED ? TCP_CLOSED :
					 rows[i].want == CROSSES ? TCP_SYN_RECEIVED :
								   TCP_SYN_SENT);
		CU_ASSERT_EQUAL(c.end, rows[i].want == REFUSED ? TCP_END_REFUSED : TCP_END_NONE);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* RFC 9293 3.10.7.1 and 3.5.2. */
static void
test_reset_reply(void)
{
	static const struct {
		uint8_t flags;
		uint32_t len;
		bool reply;
		uint8_t reply_flags;
		uint32_t seq, ack;
	} rows[] = {
		{ TCP_ACK, 0, true, TCP_RST, 700, 0 },
		{ TCP_ACK | TCP_PSH, 100, true, TCP_RST, 700, 0 },
		{ TCP_SYN | TCP_ACK, 0, true, TCP_RST, 700, 0 },
		{ TCP_SYN, 0, true, TCP_RST | TCP_ACK, 0, 0 }, /* 0xffffffff + 1 */
		{ TCP_SYN, 10, true, TCP_RST | TCP_ACK, 0, 10 },
		{ TCP_SYN | TCP_FIN, 0, true, TCP_RST | TCP_ACK, 0, 1 },
		{ 0, 5, true, TCP_RST | TCP_ACK, 0, 4 },
		{ TCP_RST, 0, false, 0, 0, 0 },
		{ TCP_RST | TCP_ACK, 0, false, 0, 0, 0 },
		{ TCP_RST | TCP_SYN, 0, false, 0, 0, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_seg seg = { .flags = rows[i].flags,
				       .payload_len = rows[i].len,
				       .seq = UINT32_MAX,
				       .ack = 700,
				       .src_port = 1,
				       .dst_port = 2 };
		struct tcp_seg out;

		CU_ASSERT_EQUAL(tcp_reset_reply(&seg, &out), rows[i].reply);
		if (!rows[i].reply)
			continue;
		CU_ASSERT_EQUAL(out.flags, rows[i].reply_flags);
		CU_ASSERT_EQUAL(out.seq, rows[i].seq);
		CU_ASSERT_EQUAL(out.ack, rows[i].ack);
		CU_ASSERT_EQUAL(out.src_port, 2);
		CU_ASSERT_EQUAL(out.dst_port, 1);
		CU_ASSERT_FALSE(out.has_ts);
	}
}

static void
test_closed(void)
{
	struct tcp_conn c;
	struct tcp_verdict v;

	fx_state(&c, TCP_CLOSED, NULL);
	v = fx_data(&c, 0, 10, FX_T0);
	CU_ASSERT_TRUE(v.reply_reset);
	CU_ASSERT_EQUAL(v.keep, 0);
	CU_ASSERT_EQUAL(v.events, 0);
}

/* RFC 5961 5.2: una - max_wnd <= ack <= snd_max. */
static void
test_ack_range(void)
{
	static const struct {
		int64_t ack; /* relative to snd_una; 3000 are out */
		bool challenge;
		uint64_t una;
	} rows[] = {
		{ -FX_WND - 1, true, 5000 }, { -FX_WND, false, 5000 },
		{ -1, false, 5000 },         { 0, false, 5000 },
		{ 1, false, 5001 },          { 3000, false, 8000 },
		{ 3001, true, 5000 },        { 1000000000, true, 5000 },
		{ -1000000000, true, 5000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct fx_conf conf = { .iss = UINT32_MAX - 6000 };
		struct tcp_conn c;
		struct tcp_seg seg;
		struct tcp_out o;
		struct tcp_verdict v;

		fx_established(&c, &conf);
		tcp_send_ready(&c, 5000);
		CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 5);
		fx_ack(&c, 5000, FX_WND, FX_T0);
		tcp_send_ready(&c, 8000);
		CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0, 99, &o), 3);
		seg = fx_seg(&c, TCP_ACK, 0, 5000 + rows[i].ack, 100);
		v = fx_input(&c, &seg, FX_T0);
		CU_ASSERT_EQUAL(c.snd_una, rows[i].una);
		/* Data of a segment whose ACK is wild is not taken. */
		CU_ASSERT_EQUAL(v.keep, rows[i].challenge ? 0 : 100);
		CU_ASSERT_EQUAL(tcp_owes(&c, TCP_OWED_ACK), rows[i].challenge);
		CU_ASSERT_EQUAL(!!(v.events & TCP_EV_ACKED), c.snd_una > 5000);
	}
}

/* Header prediction decides as the long way does: the same segments with it ruled out. */
static void
test_prediction(void)
{
	uint64_t rng = harness_seed();

	for (int n = 0; n < 3000; n++) {
		struct fx_conf conf = { .ts = n & 1, .irs = (uint32_t)harness_rand(&rng) };
		struct tcp_conn fast;
		struct tcp_conn slow;

		fx_established(&fast, &conf);
		slow = fast;
		*fx_held(&slow) = *fx_held(&fast);
		for (int k = 0; k < 6; k++) {
			uint64_t r = harness_rand(&rng);
			struct tcp_seg seg = fx_seg(&fast, TCP_ACK | (r & 1 ? TCP_PSH : 0),
						    (int64_t)fast.rcv_nxt, 0,
						    1 + (uint32_t)(r >> 8) % 1500);
			struct tcp_verdict a;
			struct tcp_verdict b;

			seg.ts_val += (uint32_t)(r >> 40) % 3;
			a = fx_take(&fast, &seg, FX_T0 + (uint64_t)k);
			seg.flags |= TCP_ECE; /* no meaning here, and no prediction */
			b = fx_take(&slow, &seg, FX_T0 + (uint64_t)k);
			/* Neither is answered by a reset, which is not set then. */
			CU_ASSERT_FALSE(a.reply_reset);
			CU_ASSERT_EQUAL(memcmp(&a, &b, offsetof(struct tcp_verdict, reset)), 0);
			CU_ASSERT_EQUAL(memcmp(&fast, &slow, sizeof(fast)), 0);
		}
	}
}

/* 5 GB each way by offsets only: the unwrapping passes 2^32 and every sign bit on its way. */
static void
test_wrap(void)
{
	struct fx_conf conf = { .iss = 0x7ffffff0, .irs = 0xfffffff0, .wscale = true, .ts = true };
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now = FX_T0;
	const uint64_t total = UINT64_C(5000000000);

	fx_established(&c, &conf);
	while (c.rcv_nxt < total) {
		uint32_t n = 59000;
		struct tcp_verdict v;

		/* The peer's data, one of ours acknowledged with it. */
		tcp_send_ready(&c, c.snd_end + 30000);
		while (fx_send(&c, now, &o) && o.len > 0)
			;
		now += 1000;
		v = fx_data(&c, (int64_t)c.rcv_nxt, n, now);
		CU_ASSERT_EQUAL_FATAL(v.keep, n);
		CU_ASSERT_EQUAL_FATAL(v.stream_off + n, c.rcv_nxt);
		tcp_rcv_room(&c, FX_ROOM);
		fx_ack(&c, c.snd_max, FX_WND, now);
		CU_ASSERT_EQUAL_FATAL(c.snd_una, c.snd_max);
		fx_send_all(&c, now, 100, &o);
		CU_ASSERT_EQUAL(o.seg.ack, conf.irs + 1 + (uint32_t)c.rcv_nxt);
	}
	CU_ASSERT(c.snd_una > UINT64_C(1) << 31);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
}

/* Nothing that a peer may send breaks an invariant. */
static void
test_random_segments(void)
{
	static const enum tcp_state states[] = {
		TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSE_WAIT,
		TCP_CLOSING,     TCP_LAST_ACK,   TCP_TIME_WAIT,
	};
	uint64_t rng = harness_seed();
	uint32_t runs = harness_full() ? 100000 : 4000;

	for (uint32_t n = 0; n < runs; n++) {
		struct fx_conf conf = { .iss = (uint32_t)harness_rand(&rng), .ts = n & 1 };
		struct tcp_conn c;
		struct tcp_out o;
		uint64_t now = FX_T0;
		const char *broken = NULL;

		fx_state(&c, states[n % HARNESS_COUNT(states)], &conf);
		for (int k = 0; k < 60 && broken == NULL; k++) {
			uint64_t r = harness_rand(&rng);
			int64_t near = (int64_t)(harness_rand(&rng) % 4000) - 2000;
			struct tcp_seg seg = fx_seg(&c, (uint8_t)(r & 0xff & ~TCP_RST), 0, 0, 0);

			now += r >> 50;
			seg.flags |= r & 1 << 9 ? TCP_ACK : 0;
			seg.flags &= (uint8_t)(r & 3 << 10 ? ~TCP_SYN : 0xff);
			seg.payload_len = r & 1 << 12 ? (uint32_t)(r >> 20) % 3000 : 0;
			seg.seq += (uint32_t)(tcp_ack_off(&c) + (uint64_t)near);
			seg.ack += (uint32_t)(c.snd_una + (r >> 32) % 3000 - 500);
			seg.wnd = (uint16_t)(r & 1 << 13 ? r >> 40 : 0);
			seg.ts_val += (uint32_t)(r >> 44) % 8 - 1;
			tcp_send_ready(&c, c.snd_end + (r >> 36) % 2000);
			fx_input(&c, &seg, now);
			broken = tcp_check(&c);
			if (broken == NULL && now >= tcp_deadline(&c))
				tcp_timer(&c, now);
			if (broken == NULL && r & 1 << 14) {
				while (fx_send(&c, now, &o))
					;
				broken = tcp_check_quiet(&c);
			}
		}
		if (broken != NULL)
			printf("# run %u: %s\n", n, broken);
		CU_ASSERT_PTR_NULL(broken);
	}
}

/* Its window is closed, and what the peer says beside data counts (RFC 9293 MUST-66); a RST with data, too. */
static void
test_closed_window(void)
{
	static const struct {
		uint8_t flags;
		int32_t seq; /* relative to what comes next */
		uint32_t len;
		bool acks, ends;
	} rows[] = {
		{ TCP_ACK, 0, 0, true, false },           { TCP_ACK | TCP_URG, 0, 0, true, false },
		{ TCP_ACK, 0, 1, true, false }, /* a window probe */
		{ TCP_ACK | TCP_URG, 0, 1, true, false }, { TCP_ACK, -1, 1, true, false },
		{ TCP_ACK, 1, 1, false, false },          { TCP_RST, 0, 0, false, true },
		{ TCP_RST | TCP_ACK, 0, 0, false, true }, { TCP_RST | TCP_ACK, 0, 50, false, true },
		{ TCP_RST, -1, 0, false, false },         { TCP_RST, 1, 0, false, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct fx_conf conf = { .room = 2000 };
		struct tcp_verdict v;
		struct tcp_conn c;
		struct tcp_seg seg;
		struct tcp_out o;

		fx_established(&c, &conf);
		tcp_send_ready(&c, 500);
		fx_data(&c, 0, 2000, FX_T0);
		tcp_rcv_room(&c, 0);
		fx_send_all(&c, FX_T0, 9, &o);
		CU_ASSERT_EQUAL(c.rcv_nxt, c.rcv_adv);
		CU_ASSERT_EQUAL(c.snd_max, 500);
		seg = fx_seg(&c, rows[i].flags, 2000 + rows[i].seq, 500, rows[i].len);
		v = fx_input(&c, &seg, FX_T0 + 1000);
		CU_ASSERT_EQUAL(c.snd_una, rows[i].acks ? 500 : 0);
		CU_ASSERT_EQUAL(c.state, rows[i].ends ? TCP_CLOSED : TCP_ESTABLISHED);
		CU_ASSERT_EQUAL(c.end, rows[i].ends ? TCP_END_RESET : TCP_END_NONE);
		CU_ASSERT_EQUAL(v.keep, 0);
		CU_ASSERT_EQUAL(c.rcv_nxt, 2000);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "states by flags by position", test_matrix },
		{ "SYN-SENT", test_syn_sent },
		{ "CLOSED", test_closed },
		{ "who gets a RST", test_reset_reply },
		{ "acceptable ACKs", test_ack_range },
		{ "a closed window", test_closed_window },
		{ "header prediction", test_prediction },
		{ "offsets beyond 2^32", test_wrap },
		{ "random segments", test_random_segments },
	};

	return harness_run("tcp/input", cases, HARNESS_COUNT(cases));
}
