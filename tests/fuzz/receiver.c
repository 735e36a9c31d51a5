/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/receiver.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/finding.h"

void
receiver_reset(struct receiver *r)
{
	uint8_t *val = r->val, *have = r->have;
	uint64_t used = r->top > r->nxt ? r->top : r->nxt;

	if (val == NULL) {
		val = malloc(RECEIVER_STREAM_MAX);
		have = calloc(1, RECEIVER_STREAM_MAX);
		if (val == NULL || have == NULL)
			fuzz_finding("no memory");
	}
	memset(have, 0, used);
	*r = (struct receiver){
		.val = val, .have = have, .fin_off = RECEIVER_NO_OFF, .our_fin = RECEIVER_NO_OFF
	};
}

void
receiver_start(struct receiver *r, uint32_t irs, uint32_t iss, bool ts_on, uint64_t edge)
{
	receiver_reset(r);
	r->on = true;
	r->irs = irs;
	r->iss = iss;
	r->ts_on = ts_on;
	r->edge = edge;
}

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What the next ACK tells: data and FIN in order. */
static int64_t
ack_off(const struct receiver *r)
{
	return (int64_t)r->nxt + (r->fin ? 1 : 0);
}

static void
heard_reset(struct receiver *r, int64_t seq)
{
	if (seq != ack_off(r)) /* RFC 5961 3.2 */
		return;
	r->over = true;
	r->reset = true;
}

static uint32_t
count_runs(const struct receiver *r)
{
	uint32_t n = 0;

	for (uint64_t off = r->nxt; off < r->top; off++)
		n += r->have[off] != 0 && (off == r->nxt || r->have[off - 1] == 0);
	return n;
}

/* Would the bytes touch one that is held, or be in order? Then they are no run more. */
static bool
joins(const struct receiver *r, uint64_t start, uint64_t end)
{
	if (start <= r->nxt)
		return true;
	for (uint64_t off = start - 1; off <= end && off < r->top; off++)
		if (r->have[off] != 0)
			return true;
	return false;
}

static void
heard_text(struct receiver *r, const struct wire_seg *s, int64_t seq)
{
	int64_t start = seq > (int64_t)r->nxt ? seq : (int64_t)r->nxt;
	int64_t end = min64(seq + s->payload_len, (int64_t)r->edge);

	if (r->fin_off != RECEIVER_NO_OFF)
		end = min64(end, (int64_t)r->fin_off);
	if (start >= end)
		return;
	if (end > RECEIVER_STREAM_MAX)
		fuzz_finding("a window of %llu", (unsigned long long)r->edge);
	if (r->top <= r->nxt)
		r->held_segs = 0;
	if (++r->held_segs > RECEIVER_RUNS_MAX && !joins(r, (uint64_t)start, (uint64_t)end) &&
	    count_runs(r) >= RECEIVER_RUNS_MAX)
		return;
	for (int64_t off = start; off < end; off++)
		if (r->have[off] == 0) {
			r->have[off] = 1;
			r->val[off] = s->payload[off - seq];
		}
	if ((uint64_t)end > r->top)
		r->top = (uint64_t)end;
	while (r->nxt < r->top && r->have[r->nxt] != 0)
		r->nxt++;
}

/* The first FIN that can be the end of the stream fixes it. */
static void
heard_fin(struct receiver *r, int64_t off)
{
	if (r->fin || r->fin_off != RECEIVER_NO_OFF)
		return;
	if (off >= (int64_t)r->nxt && off <= (int64_t)r->edge && off >= (int64_t)r->top)
		r->fin_off = (uint64_t)off;
}

/* RFC 9293 3.10.7.4, the window; only for RFC 5961 5.2's oldest acceptable ACK. */
static void
heard_ack(struct receiver *r, const struct wire_seg *s, int64_t seq, int64_t ack)
{
	uint64_t wnd = (uint64_t)s->wnd << r->snd_wscale;

	if (ack < (int64_t)r->snd_una)
		return;
	r->snd_una = (uint64_t)ack;
	if (seq < r->wl1 || (seq == r->wl1 && ack < r->wl2))
		return;
	r->wl1 = seq;
	r->wl2 = ack;
	if (wnd > r->max_wnd)
		r->max_wnd = wnd;
}

static bool
acceptable(const struct receiver *r, const struct wire_seg *s, int64_t seq, int64_t ack)
{
	int64_t len = s->payload_len + ((s->flags & WIRE_FIN) != 0 ? 1 : 0);

	if (r->ts_on && (!s->has_ts || (int32_t)(s->ts_val - r->ts_recent) < 0))
		return false;
	if (seq > (int64_t)r->edge + (r->fin ? 1 : 0) || seq + len < ack_off(r))
		return false;
	return (s->flags & WIRE_ACK) != 0 && ack <= (int64_t)r->snd_max &&
	       ack >= (int64_t)r->snd_una - (int64_t)r->max_wnd;
}

void
receiver_heard(struct receiver *r, const struct wire_seg *s)
{
	int64_t base = ack_off(r);
	int64_t seq = base + (int32_t)(s->seq - (r->irs + 1 + (uint32_t)base));
	int64_t ack = (int64_t)r->snd_una + (int32_t)(s->ack - (r->iss + 1 + (uint32_t)r->snd_una));

	if (!r->on || r->over)
		return;
	if (s->flags & WIRE_RST) {
		heard_reset(r, seq);
		return;
	}
	if ((s->flags & WIRE_SYN) != 0 || !acceptable(r, s, seq, ack))
		return;
	if (r->ts_on && seq <= (int64_t)r->last_ack)
		r->ts_recent = s->ts_val;
	heard_ack(r, s, seq, ack);
	if (!(r->fin && r->snd_una > r->our_fin)) {
		if (s->flags & WIRE_FIN)
			heard_fin(r, seq + s->payload_len);
		heard_text(r, s, seq);
		r->fin = r->fin || r->nxt == r->fin_off;
	}
	r->over = r->fin && r->our_fin != RECEIVER_NO_OFF && r->snd_una > r->our_fin;
}

bool
receiver_agrees(const struct receiver *r, const struct wire_seg *s)
{
	int64_t off = (int64_t)r->nxt + (int32_t)(s->seq - (r->irs + 1 + (uint32_t)r->nxt));

	for (uint32_t i = 0; i < s->payload_len; i++, off++)
		if (off < 0 || off >= (int64_t)r->top || r->have[off] == 0 ||
		    r->val[off] != s->payload[i])
			return false;
	return true;
}

void
receiver_said(struct receiver *r, const struct wire_seg *s)
{
	uint64_t off = r->snd_max +
		       (uint64_t)(int64_t)(int32_t)(s->seq - (r->iss + 1 + (uint32_t)r->snd_max));
	uint64_t end = off + s->payload_len, ack, edge;

	if (!r->on || (s->flags & (WIRE_SYN | WIRE_RST)) != 0)
		return;
	ack = (uint64_t)ack_off(r) +
	      (uint64_t)(int64_t)(int32_t)(s->ack - (r->irs + 1 + (uint32_t)ack_off(r)));
	if (ack > (uint64_t)ack_off(r) && !r->over)
		fuzz_finding("an ACK of bytes that did not come");
	/* A keep-alive, in front of what it has next: whoever it asks hears nothing else of it. */
	if ((int64_t)off < (int64_t)r->snd_una && s->payload_len == 0)
		return;
	if (s->flags & WIRE_FIN)
		r->our_fin = end++;
	if (end > r->snd_max)
		r->snd_max = end;
	if (ack > r->last_ack)
		r->last_ack = ack;
	edge = ack - (r->fin && ack == (uint64_t)ack_off(r) ? 1 : 0) +
	       ((uint64_t)s->wnd << r->rcv_wscale);
	if (edge > r->edge)
		r->edge = edge;
}

void
receiver_drop_held(struct receiver *r)
{
	if (r->top > r->nxt)
		memset(r->have + r->nxt, 0, r->top - r->nxt);
	r->top = r->nxt;
}

const char *
receiver_compare(const struct receiver *r, const uint64_t (*runs)[2], uint32_t n)
{
	uint64_t off = r->nxt;

	for (uint32_t i = 0; i < n; off = runs[i++][1]) {
		if (runs[i][1] > r->top || runs[i][0] <= off)
			return "a run where nothing came";
		for (; off < runs[i][0]; off++)
			if (r->have[off] != 0)
				return "bytes that came are not held";
		for (; off < runs[i][1]; off++)
			if (r->have[off] == 0)
				return "bytes are held that did not come";
	}
	for (; off < r->top; off++)
		if (r->have[off] != 0)
			return "bytes that came are not held";
	return NULL;
}
