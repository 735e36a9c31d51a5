/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/match.h"
#include "scripts/wire.h"

enum {
	SENT_MAX = 2048,
	STEPS_MAX = 100000,
};

static const uint64_t START_US = UINT64_C(1000000000);

struct sent {
	struct packet packet;
	uint64_t at_us;
	const char *wrong; /* its bytes; NULL: they are right */
};

struct player {
	const struct script *script;
	const struct end_ops *ops;
	void *end;
	uint64_t now_us;
	uint64_t last_us; /* of the last event */
	struct match_base base;
	struct sent *sent; /* what nobody looked at yet: from first up to n */
	uint32_t first;
	uint32_t n;
	uint32_t read_seq; /* of the next byte that is read */
	const struct script_event *at;
	char *error;
};

static bool wrong(const struct player *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool
wrong(const struct player *p, const char *fmt, ...)
{
	int n = snprintf(p->error, SCRIPT_ERROR_MAX, "%s:%" PRIu32 ": ", p->script->file,
			 p->at->line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error + n, SCRIPT_ERROR_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

/* --- what is sent ------------------------------------------------------------- */

static void
on_sent(void *arg, const uint8_t *segment, uint32_t len, uint64_t now_us)
{
	struct player *p = arg;
	const uint8_t *payload = NULL;
	struct sent *s;

	if (p->n == SENT_MAX)
		return;
	s = &p->sent[p->n++];
	s->at_us = now_us;
	s->wrong = wire_read(segment, len, &s->packet, &payload);
	if (s->wrong != NULL)
		return;
	match_learn(&p->base, &s->packet);
	for (uint32_t i = 0; i < s->packet.len && s->wrong == NULL; i++)
		if (payload[i] != packet_byte(s->packet.seq - p->base.iss + i))
			s->wrong = "a byte that is not the stream's";
}

/* As scripts say it. */
static struct packet
seen(const struct player *p, const struct sent *s)
{
	struct packet packet = s->packet;

	match_relative(&p->base, &packet);
	return packet;
}

static bool
unexpected(const struct player *p, const struct sent *s)
{
	struct packet packet = seen(p, s);
	char text[PACKET_TEXT_MAX];

	return wrong(p, "'%s' is sent %.6f s behind the last event, and is not in the script.",
		     packet_text(&packet, text), (double)(s->at_us - p->last_us) / 1e6);
}

static bool
nothing_sent(const struct player *p)
{
	return p->first == p->n || unexpected(p, &p->sent[p->first]);
}

/* --- time --------------------------------------------------------------------- */

static void
run_at(struct player *p, uint64_t now_us)
{
	p->now_us = now_us;
	p->ops->run(p->end, now_us);
}

/* Up to until_us, or until something is sent. */
static bool
pass(struct player *p, uint64_t until_us)
{
	uint64_t next;

	for (uint32_t steps = 0; p->first == p->n; steps++) {
		if (steps == STEPS_MAX)
			return wrong(p, "timers go off without end.");
		next = p->ops->deadline(p->end);
		if (next > until_us)
			break;
		run_at(p, next > p->now_us ? next : p->now_us + 1);
	}
	if (p->first == p->n && until_us > p->now_us)
		run_at(p, until_us);
	return true;
}

/* --- events ------------------------------------------------------------------- */

/* Another connection begins: so do both streams. */
static bool
reborn(struct player *p, const struct packet *want, const struct sent *s)
{
	p->read_seq = want->ack;
	return match_reborn(&p->base, &s->packet);
}

static bool
take(struct player *p, const struct packet *want, uint64_t from_us, uint64_t until_us)
{
	char text[PACKET_TEXT_MAX], why[MATCH_TEXT_MAX];
	struct packet packet;
	struct sent *s;

	if (!pass(p, until_us + p->ops->late_us))
		return false;
	if (p->first == p->n)
		return wrong(p, "nothing is sent; '%s' should be.", packet_text(want, text));
	s = &p->sent[p->first];
	if (s->wrong != NULL)
		return wrong(p, "what is sent has %s.", s->wrong);
	if (want->fresh && !reborn(p, want, s))
		return wrong(p, "what is sent does not begin beyond all that was sent.");
	packet = seen(p, s);
	if (!match(want, &packet, p->ops->late_us, why))
		return wrong(p, "'%s' is sent; %s.", packet_text(&packet, text), why);
	if (s->at_us < from_us || s->at_us > until_us + p->ops->late_us)
		return wrong(p, "'%s' is sent %.6f s behind the last event.",
			     packet_text(&packet, text), (double)(s->at_us - p->last_us) / 1e6);
	match_passed(&p->base, &s->packet);
	p->first++;
	if (p->first == p->n)
		p->first = p->n = 0;
	p->last_us = s->at_us;
	return true;
}

static bool
play_out(struct player *p, const struct script_event *e)
{
	uint64_t from_us = p->last_us + e->after_us, until_us = p->last_us + e->until_us;
	struct packet want = e->packet;

	for (uint32_t i = 0; i < e->times; i++) {
		if (!take(p, &want, from_us, until_us))
			return false;
		want.seq += want.len;
	}
	return true;
}

static void
play_in(struct player *p, const struct script_event *e)
{
	uint8_t *bytes = malloc(WIRE_LEN_MAX);
	struct packet packet = e->packet;
	uint32_t len;

	if (bytes == NULL)
		abort();
	for (uint32_t i = 0; i < e->times; i++) {
		uint32_t stream_seq = e->packet.seq + i * e->packet.len;

		packet = e->packet;
		packet.seq = stream_seq;
		match_absolute(&p->base, &packet);
		len = wire_write(&packet, END_REMOTE_PORT, END_LOCAL_PORT,
				 stream_seq + (packet.flags & PACKET_SYN ? 1 : 0), bytes);
		p->ops->input(p->end, bytes, len, p->now_us);
	}
	free(bytes);
}

static bool
play_call(struct player *p, const struct script_event *e)
{
	uint8_t *bytes = malloc(e->arg + 1);
	int64_t got;
	bool ok = true;

	if (bytes == NULL)
		abort();
	got = p->ops->call(p->end, e->call, e->arg, bytes, p->now_us);
	if (got != e->result)
		ok = wrong(p, "'%s' gives %" PRId64 " (%s).", script_call_words[e->call], got,
			   got < 0 ? strerror((int)-got) : "no error");
	for (int64_t i = 0; e->call == SCRIPT_READ && ok && i < got; i++)
		if (bytes[i] != packet_byte(p->read_seq++))
			ok = wrong(p, "byte %" PRIu32 " of the stream is another one.",
				   p->read_seq - 1);
	free(bytes);
	return ok;
}

static bool
play_state(const struct player *p, const struct script_event *e)
{
	enum script_state state = p->ops->state(p->end);

	return state == e->state || wrong(p, "the state is %s.", script_state_words[state]);
}

static bool
play_rate(const struct player *p, const struct script_event *e)
{
	uint64_t rate = p->ops->rate(p->end);

	return rate == e->arg || wrong(p, "the rate is %" PRIu64 ".", rate);
}

static bool
play_event(struct player *p, const struct script_event *e)
{
	bool ok = true;

	p->at = e;
	if (e->kind == SCRIPT_OUT)
		return play_out(p, e);
	if (!nothing_sent(p) || !pass(p, p->last_us + e->after_us) || !nothing_sent(p))
		return false;
	p->last_us = p->now_us;
	switch (e->kind) {
	case SCRIPT_IN:
		play_in(p, e);
		break;
	case SCRIPT_ICMP:
		p->ops->icmp(p->end, e->icmp, e->mtu, p->base.iss + e->packet.seq, p->now_us);
		break;
	case SCRIPT_CALL:
		ok = play_call(p, e);
		break;
	case SCRIPT_STATE:
		return play_state(p, e);
	case SCRIPT_RATE:
		return play_rate(p, e);
	case SCRIPT_QUIET:
	case SCRIPT_OUT:
		return true;
	}
	run_at(p, p->now_us);
	return ok;
}

static bool
play_events(struct player *p, const struct script_event *e, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!play_event(p, &e[i]))
			return false;
	return true;
}

bool
play(const struct script *s, const struct script_case *c, const struct end_ops *ops,
     char error[SCRIPT_ERROR_MAX])
{
	struct player p = {
		.script = s,
		.ops = ops,
		.now_us = START_US,
		.last_us = START_US,
		.base = { .irs = s->conf.irs },
		.sent = calloc(SENT_MAX, sizeof(struct sent)),
		.read_seq = 1,
		.error = error,
	};
	const char *left;
	bool ok;

	if (p.sent == NULL)
		abort();
	p.end = ops->open(&s->conf, START_US, on_sent, &p);
	ok = play_events(&p, s->events, s->nb_common) &&
	     play_events(&p, s->events + c->first, c->n) && nothing_sent(&p);
	left = ops->close(p.end, p.now_us);
	if (ok && left != NULL)
		ok = wrong(&p, "behind the script %s.", left);
	free(p.sent);
	return ok;
}
