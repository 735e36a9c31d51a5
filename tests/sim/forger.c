/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>
#include <string.h>

#include "sim/forger_priv.h"
#include "sim/frame.h"

enum {
	HOLD_US = 5000000, /* when no strike comes of it */
	LATE_US = 3000,
	NOISE = 64,
};

/* --- one segment ----------------------------------------------------------------- */

void
forger_sends(struct forger *f, int dir, enum fault fault, uint64_t off, const void *payload,
	     uint32_t len)
{
	struct forge x = {
		.seq = sealer_stats_get(f->sealer, dir).isn + 1 + (uint32_t)off,
		.ack = f->lanes[dir].ack,
		.flags = FRAME_ACK | FRAME_PSH,
		.payload = payload,
		.len = len,
	};
	uint8_t out[FORGE_FRAME_MAX];

	switch (fault) {
	case WRONG_ACK:
		x.ack += 0x10000000;
		break;
	case OLD_TIMESTAMP:
		x.ts_shift = -1000000;
		break;
	case NO_ACK:
		x.flags = FRAME_PSH;
		break;
	case WITH_SYN:
		x.flags = FRAME_SYN | FRAME_ACK;
		break;
	case RST_NEARBY:
		x.flags = FRAME_RST | FRAME_ACK;
		/* Beyond what the receiver expects: there it would be a good one. */
		x.seq += (uint32_t)(f->lanes[dir].passed - off) + 1 + forger_below(f, 1000);
		break;
	case BAD_SUM:
		x.bad_sum = true;
		break;
	case FAULTS:
	case FAULTLESS:
		break;
	}
	/* Where the receiver has no buffer it is lost. */
	if (cable_inject(f->cable, dir, out, forge_frame(&x, f->lanes[dir].genuine, out)) == 0)
		f->stats.forged++;
}

void
forger_sends_header(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t end)
{
	uint32_t body = (uint32_t)(end - off - FORGER_HEADER);
	uint8_t hdr[FORGER_HEADER] = { 23, 3, 3, (uint8_t)(body >> 8), (uint8_t)body };

	forger_sends(f, dir, fault, off, hdr, sizeof(hdr));
}

void
forger_sends_bytes(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t from,
		   uint64_t len)
{
	const struct stream *s = sealer_stream(f->sealer, dir);

	for (uint64_t done = 0, n; done < len; done += n) {
		n = len - done < FORGER_PIECE ? len - done : FORGER_PIECE;
		forger_sends(f, dir, fault, off + done, s->wire + from + done, (uint32_t)n);
	}
}

/* Some segment near to what is expected; TCP refuses it, or not. */
static void
forge_any(struct forger *f, int dir)
{
	uint64_t end = f->lanes[dir].passed,
		 back = forger_below(f, (uint32_t)(end < 2000 ? end : 2000) + 1);
	enum fault fault = forger_below(f, 100) < f->conf.spoil_pct ?
				   FAULTLESS :
				   (enum fault)forger_below(f, FAULTS);
	uint64_t known = sealer_stream(f->sealer, dir)->len;
	uint8_t noise[NOISE];

	for (uint32_t i = 0; i < NOISE; i++)
		noise[i] = (uint8_t)forger_below(f, 256);
	switch (forger_below(f, 6)) {
	case 0:
		forger_sends_header(f, dir, fault, end,
				    end + FORGER_OVER + forger_below(f, FORGER_PLACE));
		break;
	case 1:
		forger_sends_header(f, dir, fault, end + forger_below(f, 600),
				    end + 600 + FORGER_OVER);
		break;
	case 2:
		forger_sends(f, dir, fault, end + forger_below(f, 100), noise,
			     1 + forger_below(f, NOISE));
		break;
	case 3: /* old data with other bytes */
		forger_sends(f, dir, fault == FAULTLESS && back < NOISE ? WRONG_ACK : fault,
			     end - back, noise, 1 + forger_below(f, NOISE));
		break;
	case 4: /* genuine bytes that are shifted */
		back = forger_below(f, (uint32_t)(known < FORGER_PIECE ? known : FORGER_PIECE) + 1);
		forger_sends_bytes(f, dir, fault, end + forger_below(f, 50), known - back, back);
		break;
	case 5: /* genuine ones that are not */
		forger_sends_bytes(f, dir, fault, end - back, end - back, back);
		break;
	}
}

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
		forge_any(f, dir);
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
