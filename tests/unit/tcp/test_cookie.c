/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/cookie.h"

enum {
	OUR_MSS = 1460,
	ROOM = 100000,
	TS_OFFSET = 777,
	STEP = TCP_COOKIE_STEP_US,
};

/* The middle of a step. */
#define NOW (UINT64_C(1000) * STEP + STEP / 2)

static const uint8_t key[TCP_COOKIE_KEY_LEN] = "sixteen bytes...";

static const struct net_tuple tuple = {
	.local_port = 443,
	.remote_port = 40000,
};

/* A cookie that was sent, and the ACK that brings it back. */
struct sent {
	struct tcp_cookies k;
	struct tcp_syn syn;
	struct tcp_seg syn_ack;
	struct tcp_seg ack;
};

/* As an honest peer answers it. */
static struct tcp_seg
ack_of(const struct tcp_seg *syn, const struct tcp_seg *syn_ack)
{
	return (struct tcp_seg){
		.flags = TCP_ACK,
		.seq = syn->seq + 1,
		.ack = syn_ack->seq + 1,
		.src_port = syn->src_port,
		.dst_port = syn->dst_port,
		.wnd = 500,
		.has_ts = syn_ack->has_ts,
		.ts_val = syn->ts_val + 50,
		.ts_ecr = syn_ack->ts_val,
	};
}

static void
make(struct sent *s, const struct tcp_seg *syn, uint64_t now_us)
{
	tcp_cookie_init(&s->k, key);
	CU_ASSERT_TRUE_FATAL(
		tcp_syn_input(&s->syn, fx_params(), syn, 5000, TS_OFFSET, OUR_MSS, ROOM, now_us));
	tcp_cookie_make(&s->k, &tuple, &s->syn, now_us, &s->syn_ack);
	s->ack = ack_of(syn, &s->syn_ack);
}

static bool
open_with(const struct sent *s, const struct tcp_seg *ack, uint64_t now_us, struct tcp_syn *out)
{
	return tcp_cookie_open(&s->k, fx_params(), &tuple, ack, TS_OFFSET, OUR_MSS, ROOM, now_us,
			       out);
}

static bool
is_good(const struct sent *s, const struct tcp_seg *ack, uint64_t now_us)
{
	struct tcp_syn out;

	return open_with(s, ack, now_us, &out);
}

/* Whatever a SYN offers comes back: all window scales, SACK, timestamps, each with and without. */
static void
test_round_trip(void)
{
	for (int bits = 0; bits < 8 * 16; bits++) {
		struct tcp_seg syn = fx_syn();
		struct tcp_syn got;
		struct sent s;
		bool ts = bits & 16, sack = bits & 32, scale = bits & 64;

		syn.has_ts = ts;
		syn.sack_permitted = sack;
		syn.has_wscale = scale && bits % 16 <= TCP_WSCALE_MAX;
		syn.wscale = syn.has_wscale ? (uint8_t)(bits % 16) : 0;
		make(&s, &syn, NOW);
		CU_ASSERT_TRUE_FATAL(open_with(&s, &s.ack, NOW + 30000, &got));
		CU_ASSERT_EQUAL(got.iss, s.syn_ack.seq);
		CU_ASSERT_EQUAL(got.irs, syn.seq);
		CU_ASSERT_EQUAL(got.ts_on, ts);
		CU_ASSERT_EQUAL(got.sack_on, ts && sack);
		CU_ASSERT_EQUAL(got.wscale_on, ts && syn.has_wscale);
		CU_ASSERT_EQUAL(got.snd_wscale, ts && syn.has_wscale ? syn.wscale : 0);
		CU_ASSERT_EQUAL(got.rcv_wscale, ts && syn.has_wscale ? 7 : 0);
		CU_ASSERT_EQUAL(got.peer_mss, 1460);
		CU_ASSERT_EQUAL(got.our_mss, OUR_MSS);
		CU_ASSERT_EQUAL(got.rcv_wnd, s.syn_ack.wnd);
		CU_ASSERT_EQUAL(got.local_port, 443);
		CU_ASSERT_EQUAL(got.remote_port, 40000);
		CU_ASSERT_EQUAL(got.ts_recent, ts ? s.ack.ts_val : 0);
		/* What the SYN-ACK says is what comes back. */
		CU_ASSERT_EQUAL(s.syn_ack.flags, TCP_SYN | TCP_ACK);
		CU_ASSERT_EQUAL(s.syn_ack.ack, syn.seq + 1);
		CU_ASSERT_EQUAL(s.syn_ack.has_ts, got.ts_on);
		CU_ASSERT_EQUAL(s.syn_ack.has_wscale, got.wscale_on);
		CU_ASSERT_EQUAL(s.syn_ack.sack_permitted, got.sack_on);
	}
}

/* The connection that comes of it: options agreed, its round trip not known, no cwnd of a lost SYN. */
static void
test_accept(void)
{
	struct tcp_seg syn = fx_syn();
	struct tcp_conn c, plain;
	struct tcp_syn got, kept;
	struct sent s;

	make(&s, &syn, NOW);
	CU_ASSERT_TRUE_FATAL(open_with(&s, &s.ack, NOW + 30000, &got));
	tcp_opts_default(&c.opts);
	tcp_conn_accept(&c, fx_params(), &got, &s.ack, ROOM, NOW + 30000);
	tcp_ranges_init(fx_held(&c));
	CU_ASSERT_EQUAL(fx_take(&c, &s.ack, NOW + 30000).drop, TCP_DROP_NONE);
	CU_ASSERT_EQUAL(c.state, TCP_ESTABLISHED);
	CU_ASSERT_PTR_NULL(tcp_check_quiet(&c));
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 0);

	tcp_syn_input(&kept, fx_params(), &syn, s.syn_ack.seq, TS_OFFSET, OUR_MSS, ROOM, NOW);
	tcp_opts_default(&plain.opts);
	tcp_conn_accept(&plain, fx_params(), &kept, &s.ack, ROOM, NOW + 30000);
	tcp_ranges_init(fx_held(&plain));
	fx_take(&plain, &s.ack, NOW + 30000);
	CU_ASSERT_EQUAL(c.mss, plain.mss);
	CU_ASSERT_EQUAL(c.cc.cwnd, plain.cc.cwnd);
	CU_ASSERT_EQUAL(c.snd_wnd, plain.snd_wnd);
	CU_ASSERT_EQUAL(c.ts_on, plain.ts_on);
	CU_ASSERT_EQUAL(c.sack_on, plain.sack_on);
	CU_ASSERT_EQUAL(c.ts_recent, plain.ts_recent);
	CU_ASSERT_EQUAL(c.iss, plain.iss);
	/* PAWS: what is sent next is not older than the SYN-ACK seemed. */
	CU_ASSERT((int32_t)(tcp_ts_now(c.ts_offset, NOW) - s.syn_ack.ts_val) >= 0);
	CU_ASSERT((int32_t)(tcp_ts_now(c.ts_offset, NOW) - s.syn_ack.ts_val) < 64);
}

/* An MSS is rounded down, never up; below the floor it is the floor. */
static void
test_mss(void)
{
	for (uint32_t mss = 1; mss <= UINT16_MAX; mss++) {
		struct tcp_seg syn = fx_syn();
		struct tcp_syn got;
		struct sent s;

		syn.mss = (uint16_t)mss;
		make(&s, &syn, NOW);
		CU_ASSERT_TRUE_FATAL(open_with(&s, &s.ack, NOW, &got));
		CU_ASSERT(got.peer_mss <= mss || got.peer_mss == fx_params()->mss_floor);
		CU_ASSERT(5U * got.peer_mss / 2 >= mss || mss > 2 * 1460);
		if (mss == 536 || mss == 1220 || mss == 1440 || mss == 1460 || mss == 8960)
			CU_ASSERT_EQUAL(got.peer_mss, mss);
	}
}

/* Good for one step at least and for two at most, and none when none was sent. */
static void
test_age(void)
{
	struct tcp_seg syn = fx_syn();
	struct sent s;

	make(&s, &syn, NOW);
	CU_ASSERT_TRUE(is_good(&s, &s.ack, NOW));
	CU_ASSERT_TRUE(is_good(&s, &s.ack, NOW + STEP));
	CU_ASSERT_TRUE(is_good(&s, &s.ack, NOW + STEP + STEP / 2 - 1));
	CU_ASSERT_FALSE(is_good(&s, &s.ack, NOW + STEP + STEP / 2));
	/* Others that are sent later do not keep it alive. */
	tcp_cookie_make(&s.k, &tuple, &s.syn, NOW + 10 * (uint64_t)STEP, &s.syn_ack);
	for (uint64_t step = 2; step < 12; step++)
		CU_ASSERT_FALSE(is_good(&s, &s.ack, NOW + step * STEP));
	tcp_cookie_init(&s.k, key);
	CU_ASSERT_FALSE(tcp_cookie_any(&s.k, NOW));
	CU_ASSERT_FALSE(is_good(&s, &s.ack, NOW));
}

/* Each bit of what an ACK brings back counts, and of whom it comes from. */
static void
test_forged(void)
{
	struct tcp_seg syn = fx_syn(), ack;
	struct net_tuple other;
	struct tcp_syn out;
	struct sent s;

	make(&s, &syn, NOW);
	for (int bit = 0; bit < 32; bit++) {
		ack = s.ack;
		ack.ack = ((ack.ack - 1) ^ UINT32_C(1) << bit) + 1;
		CU_ASSERT_FALSE(is_good(&s, &ack, NOW + 1000));
		ack = s.ack;
		ack.seq ^= UINT32_C(1) << bit;
		CU_ASSERT_FALSE(is_good(&s, &ack, NOW + 1000));
		ack = s.ack;
		ack.ts_ecr ^= UINT32_C(1) << bit;
		/* Another time, but one at which we may have said the same. */
		if (bit < 6 || bit >= 18)
			CU_ASSERT_FALSE(is_good(&s, &ack, NOW + 1000));
	}
	ack = s.ack;
	ack.has_ts = false;
	CU_ASSERT_FALSE(is_good(&s, &ack, NOW));
	for (size_t i = 0; i < sizeof(other); i++) {
		other = tuple;
		((uint8_t *)&other)[i] ^= 1;
		CU_ASSERT_FALSE(tcp_cookie_open(&s.k, fx_params(), &other, &s.ack, TS_OFFSET,
						OUR_MSS, ROOM, NOW, &out));
	}
	s.k.key[15] ^= 1;
	CU_ASSERT_FALSE(is_good(&s, &s.ack, NOW));
	s.k.key[15] ^= 1;
	CU_ASSERT_TRUE(is_good(&s, &s.ack, NOW));
}

/* With data and with FIN it is an ACK; with SYN and RST, or without ACK, not. */
static void
test_flags(void)
{
	struct tcp_seg syn = fx_syn(), ack;
	struct sent s;

	make(&s, &syn, NOW);
	for (uint32_t flags = 0; flags < 256; flags++) {
		ack = s.ack;
		ack.flags = (uint8_t)flags;
		ack.payload_len = 100;
		CU_ASSERT_EQUAL(is_good(&s, &ack, NOW),
				(flags & TCP_ACK) && !(flags & (TCP_SYN | TCP_RST)));
	}
	/* Its second segment alone is none: where the first began is not known. */
	ack = s.ack;
	ack.seq += 1400;
	CU_ASSERT_FALSE(is_good(&s, &ack, NOW));
}

/* Guesses: one in 2^28 is right, so none of these, which are always the same ones. */
static void
test_guesses(void)
{
	struct tcp_seg syn = fx_syn(), ack;
	uint64_t rng = 1;
	uint32_t good = 0;
	struct sent s;

	syn.has_ts = false;
	make(&s, &syn, NOW);
	ack = s.ack;
	for (int n = 0; n < 200000; n++) {
		ack.ack = (uint32_t)harness_rand(&rng);
		ack.seq = (uint32_t)harness_rand(&rng);
		good += is_good(&s, &ack, NOW);
	}
	CU_ASSERT_EQUAL(good, 0);
}

/* Neither the tuple nor the time shows in the numbers: of many no two are the same. */
static void
test_numbers_differ(void)
{
	enum { N = 500 };
	uint32_t iss[N];
	struct sent s;

	for (int i = 0; i < N; i++) {
		struct tcp_seg syn = fx_syn();

		syn.seq = (uint32_t)i;
		make(&s, &syn, NOW + (uint64_t)(i % 2) * STEP);
		iss[i] = s.syn_ack.seq;
		for (int k = 0; k < i; k++)
			CU_ASSERT_NOT_EQUAL(iss[k], iss[i]);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a SYN offers comes back", test_round_trip },
		{ "the connection that comes of it", test_accept },
		{ "MSS", test_mss },
		{ "age", test_age },
		{ "forged", test_forged },
		{ "flags", test_flags },
		{ "guesses", test_guesses },
		{ "numbers differ", test_numbers_differ },
	};

	return harness_run("tcp/cookie", cases, HARNESS_COUNT(cases));
}
