/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/read_packet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	LEN_MAX = 65000,
	TIMES_MAX = 1000,
	OPTIONS_MAX = 40,
	WIN_DEFAULT = 50000,
};

static const int64_t SEQ_MIN = -INT64_C(0x80000000), SEQ_MAX = INT64_C(0xffffffff);

static bool
flag_of(const char *word, size_t len, uint8_t *bit)
{
	static const char *const words[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0) {
			*bit = (uint8_t)(1 << i);
			return true;
		}
	return false;
}

static bool
read_flags(struct words *w, uint8_t *flags)
{
	const char *word = words_next(w);
	size_t len;
	uint8_t bit;

	if (word == NULL)
		return words_wrong(w, "a segment has no flags; write 'none' where it has none.");
	if (strcmp(word, "none") == 0)
		return true;
	for (const char *at = word;; at += len + 1) {
		len = strcspn(at, "+");
		if (!flag_of(at, len, &bit))
			return words_wrong(w, "'%s' is no set of flags.", word);
		if (*flags & bit)
			return words_wrong(w, "'%s' names a flag twice.", word);
		*flags |= bit;
		if (at[len] == '\0')
			return true;
	}
}

static bool
read_ts(struct words *w, struct packet *p)
{
	const char *word = words_next(w), *slash = word != NULL ? strchr(word, '/') : NULL;
	int64_t val, ecr;

	if (slash == NULL || !words_is_number(word, slash, &val) ||
	    !words_is_number(slash + 1, word + strlen(word), &ecr))
		return words_wrong(w, "'ts' wants VALUE/ECHO, two numbers.");
	p->ts_val = (uint32_t)val;
	p->ts_ecr = (uint32_t)ecr;
	return true;
}

static bool
read_block(struct words *w, struct packet *p, const char *from, const char *to)
{
	const char *dash = memchr(from, '-', (size_t)(to - from));
	int64_t start, end;

	if (dash == NULL || !words_is_number(from, dash, &start) ||
	    !words_is_number(dash + 1, to, &end))
		return words_wrong(w,
				   "'sack' wants blocks FIRST-BEHIND, with commas between them.");
	if (p->nb_sack == PACKET_SACK_MAX)
		return words_wrong(w, "'sack' has more than %d blocks.", PACKET_SACK_MAX);
	p->sack[p->nb_sack++] = (struct packet_block){ (uint32_t)start, (uint32_t)end };
	return true;
}

static bool
read_sack(struct words *w, struct packet *p)
{
	const char *word = words_next(w);
	size_t len;

	if (word == NULL)
		return words_wrong(w, "'sack' has no blocks behind it.");
	for (;; word += len + 1) {
		len = strcspn(word, ",");
		if (!read_block(w, p, word, word + len))
			return false;
		if (word[len] == '\0')
			return true;
	}
}

/* Bytes of options in hexadecimal digits, whole words of 32 bits. */
static bool
read_raw(struct words *w, struct packet *p)
{
	const char *word = words_next(w);
	size_t len = word != NULL ? strlen(word) : 0;
	unsigned int byte;

	if (len == 0 || len % 8 != 0 || len > 2 * PACKET_RAW_MAX ||
	    strspn(word, "0123456789abcdef") != len)
		return words_wrong(w, "'raw' wants words of 8 hexadecimal digits, up to 80.");
	for (size_t i = 0; i < len / 2 && sscanf(word + 2 * i, "%2x", &byte) == 1; i++)
		p->raw[p->raw_len++] = (uint8_t)byte;
	return true;
}

enum {
	SEQ,
	LEN,
	ACK,
	WIN,
	URGENT,
	MSS,
	WSCALE,
	SACKOK,
	TS,
	SACK,
	RAW,
	OFFSET,
	TIMES,
	OTHER,
	NEW,
	ONLY,
	FIELDS,
};

static const char *const field_words[FIELDS] = { "seq",    "len",   "ack",    "win",
						 "urgent", "mss",   "wscale", "sackok",
						 "ts",     "sack",  "raw",    "offset",
						 "times",  "other", "new",    "only" };

static bool
read_field(struct words *w, uint32_t field, struct script_event *e)
{
	struct packet *p = &e->packet;
	const char *what = field_words[field];
	int64_t v = 0;
	bool ok = true;

	switch (field) {
	case SEQ:
		ok = words_number(w, what, SEQ_MIN, SEQ_MAX, &v);
		p->seq = (uint32_t)v;
		break;
	case ACK:
		ok = words_number(w, what, SEQ_MIN, SEQ_MAX, &v);
		p->ack = (uint32_t)v;
		break;
	case LEN:
		ok = words_number(w, what, 1, LEN_MAX, &v);
		p->len = (uint32_t)v;
		break;
	case WIN:
		ok = words_number(w, what, 0, UINT16_MAX, &v);
		p->win = (uint16_t)v;
		break;
	case URGENT:
		ok = words_number(w, what, 0, UINT16_MAX, &v);
		p->urgent = (uint16_t)v;
		break;
	case MSS:
		ok = words_number(w, what, 0, UINT16_MAX, &v);
		p->mss = (uint16_t)v;
		break;
	case WSCALE:
		ok = words_number(w, what, 0, UINT8_MAX, &v);
		p->wscale = (uint8_t)v;
		break;
	case TS:
		return read_ts(w, p);
	case SACK:
		return read_sack(w, p);
	case RAW:
		return read_raw(w, p);
	case OFFSET:
		ok = words_number(w, what, 0, 15, &v);
		p->offset = (uint8_t)v;
		break;
	case TIMES:
		ok = words_number(w, what, 2, TIMES_MAX, &v);
		e->times = (uint32_t)v;
		break;
	case OTHER:
		p->other = 1;
		break;
	case NEW:
		p->fresh = 1;
		break;
	case ONLY:
		p->only = 1;
		break;
	default:
		break;
	}
	return ok;
}

static bool
read_fields(struct words *w, struct script_event *e)
{
	uint32_t field, seen = 0;

	while (w->at < w->n) {
		if (!words_one_of(w, "a segment", field_words, FIELDS, &field))
			return false;
		if (seen & 1u << field)
			return words_wrong(w, "'%s' is there twice.", field_words[field]);
		seen |= 1u << field;
		if (!read_field(w, field, e))
			return false;
	}
	/* The fields are in the order of the bits. */
	e->packet.has = seen & ((1u << TIMES) - 1);
	return true;
}

static_assert(1 << SEQ == PACKET_HAS_SEQ && 1 << URGENT == PACKET_HAS_URGENT &&
		      1 << OFFSET == PACKET_HAS_OFFSET,
	      "fields are in the order of the bits");

/* Fields that belong to each other. */
static bool
check(struct words *w, const struct script_event *e)
{
	const struct packet *p = &e->packet;
	bool in = e->kind == SCRIPT_IN,
	     bare_rst = (p->flags & PACKET_RST) && !(p->flags & PACKET_ACK);

	if (!(p->has & PACKET_HAS_SEQ))
		return words_wrong(w, "a segment says no 'seq'.");
	if ((p->flags & PACKET_ACK) && !(p->has & PACKET_HAS_ACK) &&
	    (in || !(p->flags & PACKET_RST)))
		return words_wrong(w, "a segment with the flag ACK says no 'ack'.");
	if (!in && (p->has & PACKET_HAS_ACK) && !(p->flags & PACKET_ACK))
		return words_wrong(w, "'ack' is expected of a segment without the flag ACK.");
	if (!in && bare_rst && p->len > 0)
		return words_wrong(w, "a RST is expected with payload.");
	if (e->times > 1 && p->len == 0 && !in)
		return words_wrong(w, "'times' is for segments with a 'len'.");
	if (!in && (p->has & (PACKET_HAS_RAW | PACKET_HAS_OFFSET)))
		return words_wrong(w, "'raw' and 'offset' are for segments that come in.");
	if (!in && p->other)
		return words_wrong(w, "'other' is for segments that come in.");
	if (p->fresh && (in || !(p->flags & PACKET_SYN)))
		return words_wrong(w, "'new' is for a SYN that goes out.");
	if (in && p->only)
		return words_wrong(w, "'only' is for segments that go out.");
	if (packet_options_len(p) > OPTIONS_MAX)
		return words_wrong(w, "the options are longer than %d bytes.", OPTIONS_MAX);
	return true;
}

bool
read_packet(struct words *w, struct script_event *e)
{
	struct packet *p = &e->packet;

	if (!read_flags(w, &p->flags) || !read_fields(w, e) || !check(w, e))
		return false;
	if (e->kind == SCRIPT_IN && !(p->has & PACKET_HAS_WIN))
		p->win = WIN_DEFAULT;
	return true;
}
