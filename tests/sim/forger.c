/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>
#include <string.h>

#include "sim/forger_priv.h"
#include "sim/frame.h"

enum {
	HOLD_US = 5000000, /* when no strike comes of it */
	LATE_US = 3000,
};

/* --- frames ---------------------------------------------------------------------- */

static bool
is_held(struct forger *f, int dir, uint64_t now_us)
{
	struct lane *l = &f->lanes[dir];

	if (!l->holds) {
		if (l->passed == 0 || l->strikes == 0 || forger_below(f, 100) >= f->conf.hold_pct)
			return false;
		l->holds = true;
		l->held_us = now_us;
	}
	if (forger_strikes(f, dir)) {
		l->strikes--;
		l->holds = false;
	} else if (now_us - l->held_us > HOLD_US) {
		l->holds = false;
	}
	return true;
}

static enum cable_verdict
data_frame(struct forger *f, int dir, const struct frame *fr, uint64_t now_us, uint64_t *delay_us)
{
	struct lane *l = &f->lanes[dir];
	uint64_t end = fr->seq - sealer_stats_get(f->sealer, dir).isn - 1 + fr->payload_len;

	if (is_held(f, dir, now_us))
		return CABLE_DROP;
	if (forger_below(f, 100) < f->conf.forge_pct)
		forger_makes_noise(f, dir);
	l->passed = end > l->passed ? end : l->passed;
	if (forger_below(f, 100) >= f->conf.late_pct)
		return CABLE_PASS;
	*delay_us = forger_below(f, LATE_US);
	return CABLE_DELAY;
}

enum cable_verdict
forger_frame(struct forger *f, struct cable *c, int dir, const uint8_t *bytes, uint32_t len,
	     uint64_t now_us, uint64_t *delay_us)
{
	struct lane *l = &f->lanes[dir], *other = &f->lanes[1 - dir];
	struct frame fr;
	uint64_t acked;

	if (frame_parse(bytes, len, &fr) != NULL || !fr.is_tcp ||
	    (fr.flags & (FRAME_SYN | FRAME_RST)) != 0)
		return CABLE_PASS;
	f->cable = c;
	memcpy(l->genuine, bytes, len);
	l->ack = fr.ack;
	acked = fr.ack - sealer_stats_get(f->sealer, 1 - dir).isn - 1;
	other->acked = acked > other->acked ? acked : other->acked;
	if (fr.payload_len == 0)
		return l->holds && (fr.flags & FRAME_FIN) != 0 ? CABLE_DROP : CABLE_PASS;
	return data_frame(f, dir, &fr, now_us, delay_us);
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
