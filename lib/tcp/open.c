/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/open.h"

#include <string.h>

#include "tcp/ack.h"
#include "tcp/timer.h"

/* RFC 9293 3.7.1: no option means the default, whatever the path could carry. */
static uint16_t
peer_mss(const struct tcp_params *p, const struct tcp_seg *syn)
{
	uint16_t mss = syn->mss != 0 ? syn->mss : TCP_MSS_DEFAULT_V4;

	return mss < p->mss_floor ? p->mss_floor : mss;
}

bool
tcp_syn_input(struct tcp_syn *out, const struct tcp_params *p, const struct tcp_seg *syn,
	      uint32_t iss, uint32_t ts_offset, uint16_t our_mss, uint32_t rcv_room,
	      uint64_t now_us)
{
	if ((syn->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
		return false;
	*out = (struct tcp_syn){
		.sent_at_us = now_us,
		.iss = iss,
		.irs = syn->seq,
		.ts_offset = ts_offset,
		.ts_recent = syn->has_ts && p->timestamps ? syn->ts_val : 0,
		.peer_mss = peer_mss(p, syn),
		.our_mss = our_mss,
		.rcv_wnd = rcv_room < TCP_WND_MAX ? (uint16_t)rcv_room : TCP_WND_MAX,
		.local_port = syn->dst_port,
		.remote_port = syn->src_port,
		/* RFC 7323 2.2: both or none. */
		.wscale_on = syn->has_wscale,
		.snd_wscale = syn->has_wscale ? syn->wscale : 0,
		.rcv_wscale = syn->has_wscale ? p->wscale : 0,
		.ts_on = syn->has_ts && p->timestamps,
		.sack_on = syn->sack_permitted && p->sack,
	};
	return true;
}

static void
syn_seg(const struct tcp_syn *s, uint8_t flags, uint32_t seq, uint64_t now_us, struct tcp_seg *out)
{
	tcp_seg_clear(out);
	out->src_port = s->local_port;
	out->dst_port = s->remote_port;
	out->seq = seq;
	out->ack = s->irs + 1;
	out->flags = flags;
	out->has_ts = s->ts_on;
	out->ts_val = s->ts_on ? tcp_ts_now(s->ts_offset, now_us) : 0;
	out->ts_ecr = s->ts_on ? s->ts_recent : 0;
}

void
tcp_syn_ack(const struct tcp_syn *s, uint64_t now_us, struct tcp_seg *out)
{
	syn_seg(s, TCP_SYN | TCP_ACK, s->iss, now_us, out);
	out->wnd = s->rcv_wnd; /* never scaled on a SYN */
	out->mss = s->our_mss;
	out->has_wscale = s->wscale_on;
	out->wscale = s->rcv_wscale;
	out->sack_permitted = s->sack_on;
}

void
tcp_syn_challenge(const struct tcp_syn *s, uint64_t now_us, struct tcp_seg *out)
{
	syn_seg(s, TCP_ACK, s->iss + 1, now_us, out);
	out->wnd = (uint16_t)(s->rcv_wnd >> s->rcv_wscale);
}

static enum tcp_syn_verdict
challenge(struct tcp_syn *s, const struct tcp_params *p, uint64_t now_us)
{
	if (now_us < s->challenge_next_us)
		return TCP_SYN_IGNORE;
	s->challenge_next_us = now_us + p->challenge_us;
	return TCP_SYN_CHALLENGE;
}

static enum tcp_syn_verdict
again(struct tcp_syn *s, uint64_t now_us)
{
	if (now_us < s->again_next_us)
		return TCP_SYN_IGNORE;
	s->again_next_us = now_us + TCP_AGAIN_US;
	return TCP_SYN_AGAIN;
}

enum tcp_syn_verdict
tcp_syn_step(struct tcp_syn *s, const struct tcp_params *p, const struct tcp_seg *seg,
	     uint64_t now_us)
{
	int64_t rel = (int32_t)(seg->seq - (s->irs + 1));
	bool in_window = rel >= 0 && rel <= s->rcv_wnd;

	if (seg->flags & TCP_RST) { /* RFC 5961 3.2 */
		if (rel == 0)
			return TCP_SYN_DROPPED;
		return in_window && rel < s->rcv_wnd ? challenge(s, p, now_us) : TCP_SYN_IGNORE;
	}
	if (seg->flags & TCP_SYN) { /* RFC 5961 4.2 */
		if (rel == -1 && (seg->flags & (TCP_ACK | TCP_FIN)) == 0)
			return again(s, now_us);
		return challenge(s, p, now_us);
	}
	if (s->ts_on && !seg->has_ts) /* RFC 7323 3.2 */
		return TCP_SYN_IGNORE;
	if (s->ts_on && (int32_t)(seg->ts_val - s->ts_recent) < 0)
		return challenge(s, p, now_us);
	if (!in_window)
		return challenge(s, p, now_us);
	if ((seg->flags & TCP_ACK) == 0)
		return TCP_SYN_IGNORE;
	if (seg->ack != s->iss + 1)
		return TCP_SYN_RESET;
	return TCP_SYN_COMPLETE;
}

static void
conn_init(struct tcp_conn *c, const struct tcp_params *p, uint32_t iss, uint32_t ts_offset,
	  uint32_t rcv_room, uint64_t now_us)
{
	struct tcp_opts opts = c->opts;

	memset(c, 0, sizeof(*c));
	c->params = p;
	c->opts = opts;
	c->iss = iss;
	c->ts_offset = ts_offset;
	c->rcv_lim = rcv_room;
	c->rcv_buf = rcv_room;
	c->peer_fin_off = TCP_NO_OFF;
	c->quiet_since_us = now_us;
	c->last_sent_at_us = now_us;
	c->rtx_at = TCP_NEVER;
	c->delack_at = TCP_NEVER;
	c->linger_at = TCP_NEVER;
	c->keep_at = TCP_NEVER;
	tcp_rtt_init(&c->rtt, p);
}

/* Both SYNs are acknowledged, ours was sent `resent` times more; ts_on and the scales are agreed. */
static void
open_windows(struct tcp_conn *c, uint16_t their_mss, uint16_t our_mss, uint32_t wnd, uint8_t resent,
	     uint64_t now_us)
{
	uint16_t options = c->ts_on ? TCP_TS_OPT_LEN : 0;

	/* RFC 6691: the option does not count options, segments do. */
	c->mss_agreed = (uint16_t)((their_mss < our_mss ? their_mss : our_mss) - options);
	tcp_seg_limit(c);
	c->rcv_mss = (uint16_t)(our_mss - options);
	c->snd_wnd = wnd;
	c->max_wnd = wnd;
	c->ts_recent_at_us = now_us;
	c->quiet_since_us = now_us;
	c->last_sent_at_us = now_us;
	c->heard_us = now_us;
	tcp_keepalive(c, now_us);
	tcp_cc_of(c)->init(&c->cc, c->mss, resent > 1);
}

/* The handshake is the first RTT sample, unless Karn's algorithm forbids it. */
static void
measure(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t sent_at_us, uint64_t now_us)
{
	uint64_t rtt_us;

	if (!c->syn_lost)
		tcp_rtt_sample(&c->rtt, c->params, now_us - sent_at_us);
	else if (c->ts_on && tcp_ack_echo(c, seg, now_us, &rtt_us))
		tcp_rtt_sample(&c->rtt, c->params, rtt_us);
	else
		tcp_rtt_syn_lost(&c->rtt, c->params);
}

void
tcp_conn_accept(struct tcp_conn *c, const struct tcp_params *p, const struct tcp_syn *s,
		const struct tcp_seg *ack, uint32_t rcv_room, uint64_t now_us)
{
	conn_init(c, p, s->iss, s->ts_offset, rcv_room, now_us);
	c->state = TCP_ESTABLISHED;
	c->irs = s->irs;
	c->local_port = s->local_port;
	c->remote_port = s->remote_port;
	c->rcv_adv = s->rcv_wnd;
	c->snd_wscale = s->snd_wscale;
	c->rcv_wscale = s->rcv_wscale;
	c->ts_on = s->ts_on;
	c->sack_on = s->sack_on;
	c->ts_recent = s->ts_recent;
	c->ts_first = s->unmeasured ? ack->ts_ecr : tcp_ts_now(s->ts_offset, s->sent_at_us);
	c->syn_lost = s->resent > 0;
	open_windows(c, s->peer_mss, s->our_mss, (uint32_t)ack->wnd << s->snd_wscale, s->resent,
		     now_us);
	if (!s->unmeasured)
		measure(c, ack, s->sent_at_us, now_us);
}

void
tcp_conn_connect(struct tcp_conn *c, const struct tcp_params *p, uint16_t local_port,
		 uint16_t remote_port, uint32_t iss, uint32_t ts_offset, uint16_t our_mss,
		 uint32_t rcv_room, uint64_t now_us)
{
	conn_init(c, p, iss, ts_offset, rcv_room, now_us);
	c->state = TCP_SYN_SENT;
	c->local_port = local_port;
	c->remote_port = remote_port;
	c->rcv_mss = our_mss;
	c->rcv_wscale = p->wscale;
	c->ts_on = p->timestamps;
	c->sack_on = p->sack;
	c->ts_first = tcp_ts_now(ts_offset, now_us);
	tcp_owe(c, TCP_OWED_SYN);
}

/* The peer's SYN, with or without an ACK: what it does not offer is off (RFC 7323 2.2, 3.2). */
static void
agree(struct tcp_conn *c, const struct tcp_seg *syn)
{
	c->irs = syn->seq;
	c->snd_wscale = syn->has_wscale ? syn->wscale : 0;
	c->rcv_wscale = syn->has_wscale ? c->params->wscale : 0;
	c->ts_on = c->params->timestamps && syn->has_ts;
	c->sack_on = c->params->sack && syn->sack_permitted;
	c->ts_recent = c->ts_on ? syn->ts_val : 0;
	c->mss = peer_mss(c->params, syn); /* as offered, until open_windows */
}

void
tcp_conn_crossed(struct tcp_conn *c, const struct tcp_seg *syn)
{
	agree(c, syn);
	c->state = TCP_SYN_RECEIVED;
	c->unreachable = false;
	c->rtx_at = TCP_NEVER; /* starts again with the SYN-ACK */
	tcp_owe(c, TCP_OWED_SYN);
}

void
tcp_conn_established(struct tcp_conn *c, const struct tcp_seg *ack, uint64_t now_us)
{
	bool syn = (ack->flags & TCP_SYN) != 0;
	uint8_t resent = c->rtt.backoff; /* the measurement ends it */

	/* In SYN-RECEIVED, too: who knows our number is who we talk to, whoever sent the SYN before. */
	if (syn && (c->state == TCP_SYN_SENT || ack->seq != c->irs))
		agree(c, ack);
	c->state = c->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED;
	c->rtx_at = TCP_NEVER;
	tcp_waive(c, TCP_OWED_SYN);
	c->unreachable = false;
	/* RFC 7323 2.2: the window of a SYN is not scaled. */
	measure(c, ack, c->last_sent_at_us, now_us);
	open_windows(c, c->mss, c->rcv_mss, syn ? ack->wnd : (uint32_t)ack->wnd << c->snd_wscale,
		     resent, now_us);
	if (syn)
		tcp_owe(c, TCP_OWED_ACK);
}
