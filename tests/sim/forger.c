/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>
#include <string.h>

#include "sim/forger_priv.h"
#include "sim/frame.h"

enum {
	HOLD_US = 1000000, /* when no strike comes of it */
	LATE_US = 3000,
	PIECES = 4,
};

/* --- frames in other pieces ----------------------------------------------------------- */

/* Its bytes in up to so many segments, in order or the last one first. */
static void
cut(struct forger *f, int dir, uint64_t off, const struct frame *fr)
{
	uint32_t at[PIECES + 1] = { 0 }, n = 1;
	bool backwards = forger_below(f, 2) == 0;

	while (n < PIECES && at[n - 1] < fr->payload_len) {
		at[n] = at[n - 1] + 1 + forger_below(f, fr->payload_len - at[n - 1]);
		n++;
	}
	at[n] = fr->payload_len;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = backwards ? n - 1 - i : i;

		if (at[k + 1] > at[k])
			forger_sends(f, dir, FAULTLESS, off + at[k], fr->payload + at[k],
				     at[k + 1] - at[k]);
	}
}

/* It waits for the next one, which it becomes one segment with. */
static bool
join(struct forger *f, int dir, uint64_t off, const struct frame *fr)
{
	struct lane *l = &f->lanes[dir];
	uint64_t end = off + fr->payload_len;

	if (l->joins && off <= l->passed && end > l->join_off && l->join_off < off &&
	    end - l->join_off <= f->conf.seg_max) {
		forger_sends(f, dir, FAULTLESS, l->join_off,
			     sealer_stream(f->sealer, dir)->wire + l->join_off,
			     (uint32_t)(end - l->join_off));
		l->joins = false;
		return true;
	}
	l->joins = !l->joins;
	l->join_off = off;
	return l->joins;
}

/* The frame comes in another way: then it need not come by itself. */
static bool
recut(struct forger *f, int dir, uint64_t off, const struct frame *fr)
{
	struct lane *l = &f->lanes[dir];

	if ((fr->flags & FRAME_FIN) != 0)
		return false;
	f->stats.recut++;
	switch (forger_below(f, 3)) {
	case 0:
		cut(f, dir, off, fr);
		return true;
	case 1:
		return join(f, dir, off, fr);
	case 2:
		if (l->old_len > 0)
			cable_inject(f->cable, dir, l->old, l->old_len);
		break;
	}
	return false;
}

/* --- frames ---------------------------------------------------------------------- */

static void
strike(struct forger *f, int dir)
{
	struct lane *l = &f->lanes[dir];

	if (!forger_strikes(f, dir) || l->next != NULL)
		return;
	l->strikes--;
	/* The next one may follow at once. */
	l->holds = l->strikes > 0 && forger_below(f, 2) == 0;
}

/* The path is clear for now: a strike goes on behind that. */
static bool
is_clear(struct lane *l, uint64_t end, uint64_t now_us)
{
	if (l->next == NULL || l->until == 0)
		return false;
	if (end <= l->until) {
		l->held_us = now_us;
		return true;
	}
	/* It would be too much: up to here it is. */
	if (l->passed < l->until)
		l->until = l->passed;
	return false;
}

/*
 * The frame comes, and behind it something far off: a device that looked at that skips what it is told of
 * places in front, and has to look for its own.
 */
static void
deafen(struct forger *f, int dir, uint64_t off, uint64_t end)
{
	struct lane *l = &f->lanes[dir];

	forger_sends_bytes(f, dir, FAULTLESS, off, off, end - off);
	forger_sends(f, dir, FAR_AHEAD, end, "x", 1);
	l->passed = end > l->passed ? end : l->passed;
}

static bool
is_held(struct forger *f, int dir, uint64_t end, uint64_t now_us)
{
	struct lane *l = &f->lanes[dir];

	if (is_clear(l, end, now_us))
		return false;
	if (!l->holds) {
		if (l->strikes == 0 || !forger_chance(f, f->conf.hold_pct))
			return false;
		l->holds = true;
		l->held_us = now_us;
	}
	strike(f, dir);
	return true;
}

static enum cable_verdict
data_frame(struct forger *f, int dir, const uint8_t *bytes, uint32_t len, const struct frame *fr,
	   uint64_t now_us, uint64_t *delay_us)
{
	struct lane *l = &f->lanes[dir];
	uint64_t off = fr->seq - sealer_stats_get(f->sealer, dir).isn - 1;
	uint64_t end = off + fr->payload_len;

	if (is_clear(l, end, now_us) && l->deafens && (fr->flags & FRAME_FIN) == 0) {
		deafen(f, dir, off, end);
		return CABLE_DROP;
	}
	if (is_held(f, dir, end, now_us))
		return CABLE_DROP;
	forger_floods(f, dir, off, end, now_us);
	if (forger_chance(f, f->conf.forge_pct))
		forger_makes_noise(f, dir);
	l->passed = end > l->passed ? end : l->passed;
	if (forger_chance(f, f->conf.recut_pct) && recut(f, dir, off, fr))
		return CABLE_DROP;
	if (l->old_len == 0 || forger_below(f, 10) == 0) {
		memcpy(l->old, bytes, len);
		l->old_len = len;
	}
	if (!forger_chance(f, f->conf.late_pct))
		return CABLE_PASS;
	*delay_us = forger_below(f, LATE_US);
	return CABLE_DELAY;
}

/* What the receiver says of what goes the other way. */
static void
hear(struct forger *f, int dir, const struct frame *fr)
{
	struct lane *to = &f->lanes[1 - dir];
	uint64_t acked = fr->ack - sealer_stats_get(f->sealer, 1 - dir).isn - 1;
	uint64_t sent = sealer_stream(f->sealer, 1 - dir)->len;
	int wscale = f->lanes[dir].wscale >= 0 && to->wscale >= 0 ? f->lanes[dir].wscale : 0;

	if (acked == sent + 1) /* the FIN's */
		acked = sent;
	if (acked < to->acked || acked > sent)
		return;
	to->acked = acked;
	to->edge = acked + ((uint64_t)fr->wnd << wscale);
	if (acked > to->passed)
		to->passed = acked;
	if (to->holds && forger_below(f, 2) == 0)
		strike(f, 1 - dir);
}

enum cable_verdict
forger_frame(struct forger *f, struct cable *c, int dir, const uint8_t *bytes, uint32_t len,
	     uint64_t now_us, uint64_t *delay_us)
{
	struct lane *l = &f->lanes[dir];
	struct frame fr;

	if (frame_parse(bytes, len, &fr) != NULL || !fr.is_tcp || (fr.flags & FRAME_RST) != 0)
		return CABLE_PASS;
	if ((fr.flags & FRAME_SYN) != 0) {
		l->wscale = fr.wscale;
		f->lanes[1 - dir].edge = fr.wnd;
		return CABLE_PASS;
	}
	f->cable = c;
	memcpy(l->genuine, bytes, len);
	l->ack = fr.ack;
	hear(f, dir, &fr);
	if (l->holds && now_us - l->held_us > HOLD_US) {
		l->holds = false;
		l->next = NULL;
		l->strikes--;
	}
	if (fr.payload_len == 0)
		return l->holds && (fr.flags & FRAME_FIN) != 0 ? CABLE_DROP : CABLE_PASS;
	return data_frame(f, dir, bytes, len, &fr, now_us, delay_us);
}

/* --- life ------------------------------------------------------------------------ */

struct forger *
forger_create(const struct forger_conf *conf, const struct sealer *sealer)
{
	struct forger *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->conf = *conf;
	f->rng = conf->seed;
	f->sealer = sealer;
	f->suite = &suites[sealer_stream(sealer, 0)->conf.suite];
	for (int i = 0; i < 2; i++)
		f->lanes[i].strikes = conf->strikes;
	return f;
}

struct forger_stats
forger_stats_get(const struct forger *f)
{
	return f->stats;
}

void
forger_destroy(struct forger *f)
{
	free(f);
}
