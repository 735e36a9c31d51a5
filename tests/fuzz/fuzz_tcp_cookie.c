/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * SYN cookies: what a SYN offered comes back with its ACK as long as the cookie is good, and nothing else
 * opens a connection: not another tuple, number, time or option, not a SYN or RST, not the cookie of
 * another key.
 *
 * The model has no MAC. It knows what was given and what was changed, and so what must open and what
 * must not. What must not has a chance of one in 2^28 all the same, which a fuzzer finds in minutes. So whatever
 * opens against the model is made anew under another key, changed in the same way: what opens there, too,
 * is no chance (one in 2^56).
 *
 * Input: the key and what all have in common; then steps: a SYN, an ACK as an honest peer sends it, one
 * that is changed in some way, time.
 */

#include <string.h>

#include "fuzz/fuzz.h"
#include "tcp/cookie.h"

enum {
	GIVEN = 8,
	STEPS_MAX = 200,
	STEP_US = 64000000, /* RFC 4987 leaves it to us: tcp/cookie.h */
	LIFE_MS = 2 * STEP_US / 1000,
	OPT_BITS = 0x3f, /* of a timestamp, which are taken for options */
};

/* A SYN, when it came, and what its SYN-ACK made of it. */
struct given {
	struct net_tuple tuple;
	struct tcp_seg syn;
	struct tcp_seg syn_ack;
	struct tcp_syn made;
	uint32_t ts_offset;
	uint64_t at_us;
	bool is;
};

/* What becomes of an honest ACK; all 0: nothing, and it is an ACK. */
struct change {
	uint8_t tuple_at, tuple_xor;
	uint8_t key_at, key_xor;
	uint32_t number_xor, seq_add, echo_xor;
	uint8_t flags_xor;
	bool ts_xor;
};

static struct world {
	struct tcp_params params;
	struct tcp_cookies jar;
	struct given given[GIVEN];
	uint64_t now_us;
	uint32_t room;
	uint16_t our_mss;
} w;

static struct net_tuple
draw_tuple(struct fuzz_in *in)
{
	struct net_tuple t;

	memset(&t, 0, sizeof(t));
	t.local = net_addr_v4(0x0a000001);
	t.remote = net_addr_v4(0x0a000100 + fuzz_u8(in));
	t.local_port = 443;
	t.remote_port = fuzz_u16(in);
	return t;
}

static struct tcp_seg
draw_syn(struct fuzz_in *in, const struct net_tuple *t)
{
	uint8_t how = fuzz_u8(in);
	struct tcp_seg syn = {
		.flags = TCP_SYN,
		.seq = fuzz_u32(in),
		.src_port = t->remote_port,
		.dst_port = t->local_port,
		.mss = fuzz_u16(in),
		.has_wscale = how & 1,
		.sack_permitted = how & 2,
		.has_ts = how & 4,
		.wnd = 1000,
	};

	if (syn.has_wscale)
		syn.wscale = (uint8_t)((how >> 4) % (TCP_WSCALE_MAX + 1));
	if (syn.has_ts)
		syn.ts_val = fuzz_u32(in);
	return syn;
}

/* Fills made and syn_ack of what is given otherwise. */
static void
make(struct tcp_cookies *jar, struct given *g)
{
	FUZZ_CHECK(tcp_syn_input(&g->made, &w.params, &g->syn, 5, g->ts_offset, w.our_mss, w.room,
				 g->at_us));
	tcp_cookie_make(jar, &g->tuple, &g->made, g->at_us, &g->syn_ack);
}

/* RFC 7323 2.2 and 3.2, RFC 2018 2: only what was offered is agreed on; and here only with timestamps. */
static void
check_made(const struct given *g)
{
	const struct tcp_seg *syn = &g->syn, *sa = &g->syn_ack;
	uint32_t now_ts = (uint32_t)(g->at_us / 1000) + g->ts_offset;
	uint32_t offered = syn->mss != 0 ? syn->mss : 536;
	bool ts = syn->has_ts && w.params.timestamps;

	FUZZ_CHECK(sa->flags == (TCP_SYN | TCP_ACK) && sa->ack == syn->seq + 1);
	FUZZ_CHECK(sa->has_ts == ts);
	FUZZ_CHECK(sa->has_wscale == (ts && syn->has_wscale));
	FUZZ_CHECK(sa->sack_permitted == (ts && syn->sack_permitted && w.params.sack));
	FUZZ_CHECK(!ts || (sa->ts_ecr == syn->ts_val && now_ts - sa->ts_val <= OPT_BITS));
	FUZZ_CHECK(sa->mss == w.our_mss);
	/* Never more than it takes, but for the floor, and not much less. */
	FUZZ_CHECK(g->made.peer_mss <= offered || g->made.peer_mss == w.params.mss_floor);
	FUZZ_CHECK(5 * g->made.peer_mss / 2 >= offered || offered > 2 * 1460);
}

static void
give(struct fuzz_in *in)
{
	struct given *g = &w.given[fuzz_below(in, GIVEN)];

	memset(g, 0, sizeof(*g));
	g->tuple = draw_tuple(in);
	g->syn = draw_syn(in, &g->tuple);
	g->ts_offset = fuzz_u32(in);
	g->at_us = w.now_us;
	g->is = true;
	make(&w.jar, g);
	check_made(g);
}

/* Does it open? The ACK of an honest peer, changed. */
static bool
opens(const struct tcp_cookies *jar, const struct given *g, const struct change *c,
      struct tcp_syn *out)
{
	struct tcp_cookies other = *jar;
	struct net_tuple tuple = g->tuple;
	struct tcp_seg ack = {
		.flags = TCP_ACK ^ c->flags_xor,
		.seq = g->syn.seq + 1 + c->seq_add,
		.ack = (g->syn_ack.seq ^ c->number_xor) + 1,
		.src_port = g->syn.src_port,
		.dst_port = g->syn.dst_port,
		.wnd = 500,
		.has_ts = g->syn_ack.has_ts != c->ts_xor,
		.ts_val = g->syn.ts_val + 1,
		.ts_ecr = g->syn_ack.ts_val ^ c->echo_xor,
	};

	((uint8_t *)&tuple)[c->tuple_at] ^= c->tuple_xor;
	other.key[c->key_at] ^= c->key_xor;
	return tcp_cookie_open(&other, &w.params, &tuple, &ack, g->ts_offset, w.our_mss, w.room,
			       w.now_us, out);
}

enum must { MUST, MUST_NOT, MAY };

/* Of the echo of a timestamp: the bits that are options, and a time at which the cookie was good. */
static enum must
echo_must(const struct given *g, const struct change *c)
{
	uint32_t now_ts = (uint32_t)(w.now_us / 1000) + g->ts_offset;
	uint32_t age_ms = now_ts - (g->syn_ack.ts_val ^ c->echo_xor);

	if ((c->echo_xor & OPT_BITS) != 0 || age_ms > LIFE_MS + OPT_BITS + 1)
		return MUST_NOT;
	return age_ms <= LIFE_MS ? MUST : MAY;
}

static enum must
must_open(const struct given *g, const struct change *c)
{
	uint8_t flags = TCP_ACK ^ c->flags_xor;
	bool ts = (g->syn_ack.has_ts != c->ts_xor) && w.params.timestamps;

	if (c->tuple_xor != 0 || c->key_xor != 0 || c->number_xor != 0 || c->seq_add != 0 ||
	    (flags & (TCP_ACK | TCP_SYN | TCP_RST)) != TCP_ACK || ts != g->syn_ack.has_ts ||
	    w.now_us / STEP_US - g->at_us / STEP_US > 1)
		return MUST_NOT;
	return ts ? echo_must(g, c) : MUST;
}

static void
check_opened(const struct given *g, const struct tcp_syn *got)
{
	const struct tcp_syn *made = &g->made;

	FUZZ_CHECK(got->iss == g->syn_ack.seq && got->irs == g->syn.seq);
	FUZZ_CHECK(got->peer_mss == made->peer_mss && got->our_mss == w.our_mss);
	FUZZ_CHECK(got->rcv_wnd == g->syn_ack.wnd);
	FUZZ_CHECK(got->local_port == g->tuple.local_port);
	FUZZ_CHECK(got->remote_port == g->tuple.remote_port);
	FUZZ_CHECK(got->ts_on == g->syn_ack.has_ts && got->ts_offset == g->ts_offset);
	FUZZ_CHECK(got->ts_recent == (got->ts_on ? g->syn.ts_val + 1 : 0));
	FUZZ_CHECK(got->wscale_on == g->syn_ack.has_wscale);
	FUZZ_CHECK(got->snd_wscale == (got->wscale_on ? g->syn.wscale : 0));
	FUZZ_CHECK(got->rcv_wscale == (got->wscale_on ? g->syn_ack.wscale : 0));
	FUZZ_CHECK(got->sack_on == g->syn_ack.sack_permitted);
	FUZZ_CHECK(got->unmeasured && got->resent == 0);
}

/* The same SYN under another key, and its ACK changed in the same way. */
static bool
opens_again(const struct given *was, const struct change *c)
{
	struct tcp_cookies jar = w.jar;
	struct given g = *was;
	struct tcp_syn out;

	for (int i = 0; i < TCP_COOKIE_KEY_LEN; i++)
		jar.key[i] ^= (uint8_t)(0x35 + i);
	make(&jar, &g);
	/* What is good at all does not depend on this one. */
	jar.good_until_us = w.jar.good_until_us;
	return opens(&jar, &g, c, &out);
}

static void
try(const struct given *g, const struct change *c)
{
	enum must must = must_open(g, c);
	struct tcp_syn got;

	if (!opens(&w.jar, g, c, &got)) {
		FUZZ_CHECK(must != MUST);
		return;
	}
	FUZZ_CHECK(must != MUST_NOT || !opens_again(g, c));
	if (must == MUST)
		check_opened(g, &got);
}

static void
change_one(struct fuzz_in *in, struct change *c)
{
	uint8_t how = fuzz_u8(in);

	switch (fuzz_below(in, 9)) {
	case 0:
		c->tuple_at = how % sizeof(struct net_tuple);
		c->tuple_xor = fuzz_u8(in);
		break;
	case 1:
		c->key_at = how % TCP_COOKIE_KEY_LEN;
		c->key_xor = fuzz_u8(in);
		break;
	case 2:
		c->number_xor ^= UINT32_C(1) << how % 32;
		break;
	case 3:
		c->number_xor ^= fuzz_u32(in);
		break;
	case 4:
		c->seq_add += how & 1 ? UINT32_C(1) << how % 32 : fuzz_u32(in);
		break;
	case 5:
		c->echo_xor ^= UINT32_C(1) << how % 32;
		break;
	case 6:
		c->echo_xor ^= fuzz_u32(in);
		break;
	case 7:
		c->flags_xor ^= how;
		break;
	case 8:
		c->ts_xor = !c->ts_xor;
		break;
	}
}

static void
ack(struct fuzz_in *in, bool honest)
{
	const struct given *g = &w.given[fuzz_below(in, GIVEN)];
	struct change c = { .flags_xor = 0 };

	if (!g->is)
		return;
	for (uint32_t n = honest ? 0 : 1 + fuzz_below(in, 3); n > 0; n--)
		change_one(in, &c);
	try(g, &c);
}

/* A while, whole steps of 64 s, or up to the edge of one. */
static void
pass(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);

	switch (how % 4) {
	case 0:
		w.now_us += fuzz_u32(in) % STEP_US;
		break;
	case 1:
		w.now_us += (uint64_t)STEP_US * (how >> 4);
		break;
	case 2:
		w.now_us += STEP_US - 1 - w.now_us % STEP_US;
		break;
	case 3:
		w.now_us += STEP_US - w.now_us % STEP_US;
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t key[TCP_COOKIE_KEY_LEN], how;

	memset(&w, 0, sizeof(w));
	memset(key, 7, sizeof(key));
	fuzz_copy(&in, key, 4);
	how = fuzz_u8(&in);
	tcp_params_default(&w.params);
	w.params.timestamps = (how & 7) != 7;
	w.params.sack = (how & 0x38) != 0x38;
	w.our_mss = 1460;
	w.room = fuzz_u16(&in) * 8u;
	w.now_us = (uint64_t)fuzz_u32(&in) * 1000;
	tcp_cookie_init(&w.jar, key);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++)
		switch (fuzz_u8(&in) % 8) {
		case 0:
		case 1:
			give(&in);
			break;
		case 2:
		case 3:
			ack(&in, true);
			break;
		case 4:
		case 5:
		case 6:
			ack(&in, false);
			break;
		case 7:
			pass(&in);
			break;
		}
	return 0;
}
