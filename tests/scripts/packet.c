/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/packet.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t
packet_options_len(const struct packet *p)
{
	uint32_t len = 0;

	len += p->has & PACKET_HAS_MSS ? 4 : 0;
	len += p->has & PACKET_HAS_WSCALE ? 4 : 0;
	len += p->has & PACKET_HAS_SACKOK ? 4 : 0;
	len += p->has & PACKET_HAS_TS ? 12 : 0;
	len += p->has & PACKET_HAS_SACK ? 4 + 8u * p->nb_sack : 0;
	return len + p->raw_len;
}

static void
say(char out[PACKET_TEXT_MAX], const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, PACKET_TEXT_MAX - len, fmt, ap);
	va_end(ap);
}

const char *
packet_flags_text(uint8_t flags, char out[PACKET_TEXT_MAX])
{
	static const struct {
		uint8_t bit;
		const char *word;
	} words[] = {
		{ PACKET_SYN, "SYN" }, { PACKET_FIN, "FIN" }, { PACKET_RST, "RST" },
		{ PACKET_PSH, "PSH" }, { PACKET_URG, "URG" }, { PACKET_ECE, "ECE" },
		{ PACKET_CWR, "CWR" }, { PACKET_ACK, "ACK" },
	};

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & words[i].bit)
			say(out, "%s%s", out[0] != '\0' ? "+" : "", words[i].word);
	if (flags == 0)
		say(out, "none");
	return out;
}

const char *
packet_text(const struct packet *p, char out[PACKET_TEXT_MAX])
{
	packet_flags_text(p->flags, out);
	if (p->has & PACKET_HAS_SEQ)
		say(out, " seq %" PRId32, (int32_t)p->seq);
	if (p->len > 0)
		say(out, " len %" PRIu32, p->len);
	if (p->has & PACKET_HAS_ACK)
		say(out, " ack %" PRId32, (int32_t)p->ack);
	if (p->has & PACKET_HAS_WIN)
		say(out, " win %u", p->win);
	if (p->has & PACKET_HAS_URGENT)
		say(out, " urgent %u", p->urgent);
	if (p->has & PACKET_HAS_MSS)
		say(out, " mss %u", p->mss);
	if (p->has & PACKET_HAS_WSCALE)
		say(out, " wscale %u", p->wscale);
	if (p->has & PACKET_HAS_SACKOK)
		say(out, " sackok");
	if (p->has & PACKET_HAS_TS)
		say(out, " ts %" PRIu32 "/%" PRIu32, p->ts_val, p->ts_ecr);
	if (p->has & PACKET_HAS_SACK) {
		say(out, " sack");
		for (uint32_t i = 0; i < p->nb_sack; i++)
			say(out, "%s%" PRIu32 "-%" PRIu32, i == 0 ? " " : ",", p->sack[i].start,
			    p->sack[i].end);
	}
	return out;
}
