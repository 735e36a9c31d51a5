/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
match_learn(struct match_base *b, const struct packet *sent)
{
	if (!b->has_iss && (sent->flags & PACKET_SYN)) {
		b->has_iss = true;
		b->iss = b->top = sent->seq;
	}
	if (!b->has_ts && (sent->has & PACKET_HAS_TS)) {
		b->has_ts = true;
		b->ts = sent->ts_val;
	}
}

static uint32_t
behind(const struct packet *p)
{
	return p->seq + p->len + (p->flags & PACKET_SYN ? 1 : 0) + (p->flags & PACKET_FIN ? 1 : 0);
}

bool
match_reborn(struct match_base *b, const struct packet *sent)
{
	if ((int32_t)(sent->seq - b->top) < 0)
		return false;
	b->iss = sent->seq;
	b->top = behind(sent);
	return true;
}

void
match_passed(struct match_base *b, const struct packet *sent)
{
	if (b->has_iss && (int32_t)(behind(sent) - b->top) > 0)
		b->top = behind(sent);
}

void
match_relative(const struct match_base *b, struct packet *sent)
{
	sent->seq -= b->iss;
	if (sent->has & PACKET_HAS_ACK)
		sent->ack -= b->irs;
	if (sent->has & PACKET_HAS_TS)
		sent->ts_val -= b->ts;
	for (uint32_t i = 0; i < sent->nb_sack; i++) {
		sent->sack[i].start -= b->irs;
		sent->sack[i].end -= b->irs;
	}
}

void
match_absolute(const struct match_base *b, struct packet *in)
{
	in->seq += b->irs;
	if (in->has & PACKET_HAS_ACK)
		in->ack += b->iss;
	if (in->has & PACKET_HAS_TS)
		in->ts_ecr += b->ts;
	for (uint32_t i = 0; i < in->nb_sack; i++) {
		in->sack[i].start += b->iss;
		in->sack[i].end += b->iss;
	}
}

static bool
same_number(const char *what, int64_t want, int64_t sent, char why[MATCH_TEXT_MAX])
{
	if (want == sent)
		return true;
	snprintf(why, MATCH_TEXT_MAX, "%s should be %" PRId64, what, want);
	return false;
}

static bool
same_flags(const struct packet *want, const struct packet *sent, char why[MATCH_TEXT_MAX])
{
	/* RFC 9293 3.9.1: when a segment has it is the sender's matter. */
	uint8_t flags = want->flags & PACKET_PSH ? sent->flags : sent->flags & (uint8_t)~PACKET_PSH;
	char text[PACKET_TEXT_MAX];

	if (want->flags == flags)
		return true;
	snprintf(why, MATCH_TEXT_MAX, "its flags should be %s",
		 packet_flags_text(want->flags, text));
	return false;
}

static bool
same_sack(const struct packet *want, const struct packet *sent, char why[MATCH_TEXT_MAX])
{
	for (uint32_t i = 0; i < want->nb_sack; i++)
		if (i >= sent->nb_sack || want->sack[i].start != sent->sack[i].start ||
		    want->sack[i].end != sent->sack[i].end) {
			snprintf(why, MATCH_TEXT_MAX,
				 "its block %" PRIu32 " should be %" PRIu32 "-%" PRIu32, i + 1,
				 want->sack[i].start, want->sack[i].end);
			return false;
		}
	return same_number("the number of its blocks", want->nb_sack, sent->nb_sack, why);
}

static bool
same_ts(const struct packet *want, const struct packet *sent, uint32_t late_us,
	char why[MATCH_TEXT_MAX])
{
	/* The clock of timestamps ticks once a millisecond. */
	uint32_t late_ms = (late_us + 999) / 1000;

	if (sent->ts_val - want->ts_val <= late_ms)
		return same_number("its timestamp's echo", want->ts_ecr, sent->ts_ecr, why);
	return same_number("its timestamp", want->ts_val, sent->ts_val, why);
}

static const struct {
	uint32_t bit;
	const char *name;
} options[] = {
	{ PACKET_HAS_MSS, "the option mss" },       { PACKET_HAS_WSCALE, "the option wscale" },
	{ PACKET_HAS_SACKOK, "the option sackok" }, { PACKET_HAS_TS, "the option ts" },
	{ PACKET_HAS_SACK, "the option sack" },
};

/* What is wanted must be there, and no option of a SYN else. */
static bool
has_options(const struct packet *want, const struct packet *sent, char why[MATCH_TEXT_MAX])
{
	for (uint32_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (want->has & ~sent->has & options[i].bit) {
			snprintf(why, MATCH_TEXT_MAX, "%s is missing", options[i].name);
			return false;
		}
		if (want->only && (sent->has & ~want->has & options[i].bit)) {
			snprintf(why, MATCH_TEXT_MAX, "%s is too much", options[i].name);
			return false;
		}
	}
	if ((sent->has & PACKET_HAS_SACK) && !(want->has & PACKET_HAS_SACK)) {
		snprintf(why, MATCH_TEXT_MAX, "it should have no blocks");
		return false;
	}
	return true;
}

bool
match(const struct packet *want, const struct packet *sent, uint32_t late_us,
      char why[MATCH_TEXT_MAX])
{
	if (!same_flags(want, sent, why) ||
	    !same_number("seq", (int32_t)want->seq, (int32_t)sent->seq, why) ||
	    !same_number("len", want->len, sent->len, why) || !has_options(want, sent, why))
		return false;
	if ((want->has & PACKET_HAS_ACK) &&
	    !same_number("ack", (int32_t)want->ack, (int32_t)sent->ack, why))
		return false;
	if ((want->has & PACKET_HAS_WIN) && !same_number("win", want->win, sent->win, why))
		return false;
	if ((want->has & PACKET_HAS_MSS) && !same_number("mss", want->mss, sent->mss, why))
		return false;
	if ((want->has & PACKET_HAS_WSCALE) &&
	    !same_number("wscale", want->wscale, sent->wscale, why))
		return false;
	if ((want->has & PACKET_HAS_TS) && !same_ts(want, sent, late_us, why))
		return false;
	return !(want->has & PACKET_HAS_SACK) || same_sack(want, sent, why);
}
