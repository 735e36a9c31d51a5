/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/cookie.h"

#include "core/bytes.h"
#include "net/siphash.h"

enum {
	MAC_BITS = 28,
	MAC_MASK = (1 << MAC_BITS) - 1,
	MSS_MASK = 7,
	STEP_SHIFT = 31,
	OPT_MASK = 0x3f, /* what a timestamp's low bits are taken for */
	OPT_SACK = 0x10,
	OPT_WSCALE_MASK = 0x0f,
	OPT_NO_WSCALE = 0x0f,
	NO_TS = 0xff, /* in the MAC: a SYN without timestamps had no such bits */
};

/* What hosts offer, and the least that counts here (tcp_params.mss_floor). */
static const uint16_t mss_of[MSS_MASK + 1] = { 216, 536, 1024, 1220, 1360, 1440, 1460, 8960 };

static uint32_t
mss_index(uint16_t mss)
{
	uint32_t i = MSS_MASK;

	while (i > 0 && mss_of[i] > mss)
		i--;
	return i;
}

void
tcp_cookie_init(struct tcp_cookies *k, const uint8_t key[TCP_COOKIE_KEY_LEN])
{
	memcpy(k->key, key, sizeof(k->key));
	k->good_until_us = 0;
}

static uint32_t
number_of(const struct tcp_cookies *k, const struct net_tuple *tuple, uint32_t irs, uint64_t step,
	  uint32_t mss, uint8_t options)
{
	uint8_t said[sizeof(*tuple) + 4 + 8 + 2];
	uint8_t *p = said + sizeof(*tuple);

	memcpy(said, tuple, sizeof(*tuple));
	put_be32(p, irs);
	put_be32(p + 4, (uint32_t)(step >> 32));
	put_be32(p + 8, (uint32_t)step);
	p[12] = (uint8_t)mss;
	p[13] = options;
	return (uint32_t)(step & 1) << STEP_SHIFT | mss << MAC_BITS |
	       ((uint32_t)siphash24(k->key, said, sizeof(said)) & MAC_MASK);
}

/* The latest timestamp up to now that ends in these bits: later ones of ours are not below it. */
static uint32_t
ts_with(uint32_t now, uint8_t options)
{
	uint32_t ts = (now & ~(uint32_t)OPT_MASK) | options;

	return (int32_t)(ts - now) > 0 ? ts - (OPT_MASK + 1) : ts;
}

void
tcp_cookie_make(struct tcp_cookies *k, const struct net_tuple *tuple, struct tcp_syn *s,
		uint64_t now_us, struct tcp_seg *syn_ack)
{
	uint64_t step = now_us / TCP_COOKIE_STEP_US;
	uint32_t mss = mss_index(s->peer_mss);
	uint8_t options = NO_TS;

	if (s->ts_on) {
		options = s->wscale_on ? s->snd_wscale : OPT_NO_WSCALE;
		options |= s->sack_on ? OPT_SACK : 0;
	} else {
		s->wscale_on = false;
		s->snd_wscale = 0;
		s->rcv_wscale = 0;
		s->sack_on = false;
	}
	s->peer_mss = mss_of[mss];
	s->iss = number_of(k, tuple, s->irs, step, mss, options);
	s->unmeasured = true;
	k->good_until_us = (step + 2) * TCP_COOKIE_STEP_US;
	tcp_syn_ack(s, now_us, syn_ack);
	if (s->ts_on)
		syn_ack->ts_val = ts_with(syn_ack->ts_val, options);
}

/* The step that the number's bit means: this one or the one before. */
static uint64_t
step_of(uint32_t iss, uint64_t now_us)
{
	uint64_t step = now_us / TCP_COOKIE_STEP_US;

	return (step & 1) == iss >> STEP_SHIFT ? step : step - 1;
}

/* An echo of what we said within the time that a cookie is good for. */
static bool
is_recent_echo(uint32_t echo, uint32_t ts_offset, uint64_t now_us)
{
	return tcp_ts_now(ts_offset, now_us) - echo <= 2 * (TCP_COOKIE_STEP_US / 1000) + OPT_MASK;
}

bool
tcp_cookie_open(const struct tcp_cookies *k, const struct tcp_params *p,
		const struct net_tuple *tuple, const struct tcp_seg *ack, uint32_t ts_offset,
		uint16_t our_mss, uint32_t rcv_room, uint64_t now_us, struct tcp_syn *s)
{
	uint32_t iss = ack->ack - 1, irs = ack->seq - 1;
	uint32_t mss = iss >> MAC_BITS & MSS_MASK;
	bool ts_on = ack->has_ts && p->timestamps;
	uint8_t options = ts_on ? ack->ts_ecr & OPT_MASK : NO_TS;
	uint8_t wscale = options & OPT_WSCALE_MASK;
	bool wscale_on = ts_on && wscale != OPT_NO_WSCALE;

	if ((ack->flags & (TCP_ACK | TCP_SYN | TCP_RST)) != TCP_ACK || !tcp_cookie_any(k, now_us))
		return false;
	if (iss != number_of(k, tuple, irs, step_of(iss, now_us), mss, options) ||
	    (ts_on && !is_recent_echo(ack->ts_ecr, ts_offset, now_us)))
		return false;
	*s = (struct tcp_syn){
		.sent_at_us = now_us,
		.iss = iss,
		.irs = irs,
		.ts_offset = ts_offset,
		.ts_recent = ts_on ? ack->ts_val : 0,
		.peer_mss = mss_of[mss],
		.our_mss = our_mss,
		.rcv_wnd = rcv_room < TCP_WND_MAX ? (uint16_t)rcv_room : TCP_WND_MAX,
		.local_port = ack->dst_port,
		.remote_port = ack->src_port,
		.snd_wscale = wscale_on ? wscale : 0,
		.rcv_wscale = wscale_on ? p->wscale : 0,
		.ts_on = ts_on,
		.wscale_on = wscale_on,
		.sack_on = ts_on && (options & OPT_SACK) != 0,
		.unmeasured = true,
	};
	return true;
}
