/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/read_packet.h"
#include "scripts/read_set.h"
#include "scripts/words.h"

enum {
	FILE_MAX = 1 << 20,
	EVENTS_STEP = 64,
};

static const uint64_t AFTER_MAX_US = UINT64_C(100000) * 1000000;

const char *const script_call_words[SCRIPT_ABORT + 1] = { "listen", "connect",  "accept", "send",
							  "read",   "shutdown", "close",  "abort" };
const char *const script_state_words[SCRIPT_STATES] = {
	"CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT",
};

struct parse {
	struct words w;
	struct script *out;
	bool has_source;
	bool has_on;
};

/* --- what stands in front of the events --------------------------------------- */

static bool
read_from(struct parse *p)
{
	if (p->w.n < 3)
		return words_wrong(&p->w, "'from' wants a document and its section.");
	p->has_source = true;
	return true;
}

static bool
read_on(struct parse *p)
{
	static const char *const words[] = { "pure", "stack" };
	uint32_t i;

	if (p->has_on)
		return words_wrong(&p->w, "'on' is there twice.");
	if (!words_one_of(&p->w, "on", words, 2, &i))
		return false;
	p->has_on = true;
	p->out->conf.on = 1u << i;
	return words_end(&p->w);
}

static bool
read_setting(struct parse *p)
{
	return read_set(&p->w, &p->out->conf);
}

/* --- events ------------------------------------------------------------------- */

/* +S, or of what is sent +S..S. */
static bool
read_time(struct words *w, struct script_event *e)
{
	const char *word = w->word[0] + 1, *end = word + strlen(word), *dots = strstr(word, "..");

	w->at = 1;
	if (!words_is_seconds(word, dots != NULL ? dots : end, &e->after_us) ||
	    (dots != NULL && !words_is_seconds(dots + 2, end, &e->until_us)))
		return words_wrong(w, "'%s' is no time.", w->word[0]);
	if (dots == NULL)
		e->until_us = e->after_us;
	if (e->until_us > AFTER_MAX_US || e->after_us > AFTER_MAX_US)
		return words_wrong(w, "'%s' is too long.", w->word[0]);
	if (e->until_us < e->after_us)
		return words_wrong(w, "'%s' ends before it begins.", w->word[0]);
	return true;
}

static const struct {
	const char *word;
	int64_t value;
} errors[] = {
	{ "EADDRINUSE", -EADDRINUSE },
	{ "EAGAIN", -EAGAIN },
	{ "EPIPE", -EPIPE },
	{ "ECONNRESET", -ECONNRESET },
	{ "ECONNREFUSED", -ECONNREFUSED },
	{ "ETIMEDOUT", -ETIMEDOUT },
	{ "ENOTCONN", -ENOTCONN },
	{ "EHOSTUNREACH", -EHOSTUNREACH },
	{ "ECONNABORTED", -ECONNABORTED },
};

/* = N, or = an error's name. */
static bool
read_result(struct words *w, struct script_event *e)
{
	const char *word = w->at < w->n ? w->word[w->at] : "";

	for (uint32_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].word, word) == 0) {
			e->result = errors[i].value;
			w->at++;
			return true;
		}
	return words_number(w, "=", 0, SCRIPT_BYTES_MAX, &e->result);
}

static bool
read_call(struct words *w, struct script_event *e)
{
	uint32_t call;
	int64_t len = 0;

	e->kind = SCRIPT_CALL;
	if (!words_one_of(w, "call", script_call_words, SCRIPT_ABORT + 1, &call))
		return false;
	e->call = (enum script_call)call;
	if (e->call == SCRIPT_SEND || e->call == SCRIPT_READ) {
		if (!words_number(w, script_call_words[call], 1, SCRIPT_BYTES_MAX, &len))
			return false;
		e->arg = (uint32_t)len;
		e->result = len;
	}
	return !words_are(w, "=") || read_result(w, e);
}

static bool
read_icmp(struct words *w, struct script_event *e)
{
	static const char *const words[] = { "host-unreachable", "port-unreachable", "too-big" };
	uint32_t icmp;
	int64_t v = 0;

	e->kind = SCRIPT_ICMP;
	if (!words_one_of(w, "ICMP", words, 3, &icmp))
		return false;
	e->icmp = (enum script_icmp)icmp;
	if (e->icmp == SCRIPT_ICMP_TOO_BIG) {
		if (!words_number(w, words[icmp], 0, UINT16_MAX, &v))
			return false;
		e->mtu = (uint16_t)v;
	}
	if (!words_are(w, "quotes"))
		return words_wrong(w, "an ICMP message says no 'quotes'.");
	if (!words_number(w, "quotes", INT32_MIN, UINT32_MAX, &v))
		return false;
	e->packet.seq = (uint32_t)v;
	return true;
}

static bool
read_rate(struct words *w, struct script_event *e)
{
	int64_t rate = 0;

	e->kind = SCRIPT_RATE;
	if (!words_number(w, "rate", 0, UINT32_MAX, &rate))
		return false;
	e->arg = (uint32_t)rate;
	return true;
}

static bool
read_what(struct words *w, struct script_event *e)
{
	const char *word = words_next(w);
	uint32_t state;

	if (word == NULL)
		return words_wrong(w, "nothing happens at that time.");
	if (strcmp(word, ">") == 0) {
		e->kind = SCRIPT_OUT;
		return read_packet(w, e);
	}
	if (strcmp(word, "<") == 0) {
		e->kind = SCRIPT_IN;
		return words_are(w, "ICMP") ? read_icmp(w, e) : read_packet(w, e);
	}
	if (strcmp(word, "call") == 0)
		return read_call(w, e);
	if (strcmp(word, "rate") == 0)
		return read_rate(w, e);
	e->kind = SCRIPT_QUIET;
	if (strcmp(word, "quiet") == 0)
		return true;
	e->kind = SCRIPT_STATE;
	if (strcmp(word, "state") != 0)
		return words_wrong(w, "'%s' is no event.", word);
	if (!words_one_of(w, "state", script_state_words, SCRIPT_STATES, &state))
		return false;
	e->state = (enum script_state)state;
	return true;
}

static struct script_event *
new_event(struct script *s)
{
	struct script_event *events = s->events;

	if (s->nb_events % EVENTS_STEP == 0) {
		events = realloc(events, (s->nb_events + EVENTS_STEP) * sizeof(*events));
		if (events == NULL)
			abort();
		s->events = events;
	}
	return &events[s->nb_events++];
}

static bool
read_event(struct parse *p)
{
	struct script_event *e = new_event(p->out);
	struct words *w = &p->w;

	*e = (struct script_event){ .line = w->line, .times = 1 };
	if (!p->has_source)
		return words_wrong(w, "no line 'from' says what the values come from.");
	if (!read_time(w, e) || !read_what(w, e) || !words_end(w))
		return false;
	if (e->kind != SCRIPT_OUT && e->after_us != e->until_us)
		return words_wrong(w, "'%s' is a span, which only '>' can have.", w->word[0]);
	if (p->out->nb_cases == 0)
		p->out->nb_common = p->out->nb_events;
	else
		p->out->cases[p->out->nb_cases - 1].n++;
	return true;
}

/* --- cases -------------------------------------------------------------------- */

/* The last case must have something in it. */
static bool
end_case(struct parse *p)
{
	const struct script *s = p->out;
	const struct script_case *last;

	if (s->nb_cases == 0)
		return true;
	last = &s->cases[s->nb_cases - 1];
	if (last->n > 0)
		return true;
	p->w.line = last->line;
	return words_wrong(&p->w, "the case '%s' has no events.", last->name);
}

static bool
read_case(struct parse *p)
{
	struct script *s = p->out;
	struct words *w = &p->w;
	struct script_case c = { .line = w->line, .first = s->nb_events };
	const char *word;
	size_t len = 0;

	if (!end_case(p))
		return false;
	if (w->n == 1)
		return words_wrong(w, "'case' has no name behind it.");
	while ((word = words_next(w)) != NULL) {
		if (len + strlen(word) + 2 > sizeof(c.name))
			return words_wrong(w, "the case's name is longer than %d bytes.",
					   SCRIPT_NAME_MAX - 1);
		len += (size_t)snprintf(c.name + len, sizeof(c.name) - len, "%s%s",
					len > 0 ? " " : "", word);
	}
	for (uint32_t i = 0; i < s->nb_cases; i++)
		if (strcmp(s->cases[i].name, c.name) == 0)
			return words_wrong(w, "the case '%s' is there twice.", c.name);
	if (s->nb_cases == SCRIPT_CASES_MAX)
		return words_wrong(w, "there are more than %d cases.", SCRIPT_CASES_MAX);
	s->cases[s->nb_cases++] = c;
	return true;
}

/* --- a text ------------------------------------------------------------------- */

static bool
read_line(struct parse *p)
{
	struct words *w = &p->w;
	bool (*header)(struct parse *) = NULL;
	const char *word;

	if (w->n == 0)
		return true;
	if (w->word[0][0] == '+')
		return read_event(p);
	word = words_next(w);
	if (strcmp(word, "case") == 0)
		return read_case(p);
	if (strcmp(word, "from") == 0)
		header = read_from;
	else if (strcmp(word, "on") == 0)
		header = read_on;
	else if (strcmp(word, "set") == 0)
		header = read_setting;
	else
		return words_wrong(w, "'%s' begins no line.", word);
	if (p->out->nb_events > 0 || p->out->nb_cases > 0)
		return words_wrong(w, "'%s' stands behind an event or a case.", word);
	return header(p);
}

static bool
read_end(struct parse *p)
{
	struct script *s = p->out;

	if (!end_case(p))
		return false;
	if (s->nb_events == 0)
		return words_wrong(&p->w, "the script has no events.");
	if (s->nb_cases == 0)
		s->cases[s->nb_cases++] = (struct script_case){ .first = s->nb_events };
	return true;
}

int
script_parse(const char *file, const char *text, struct script *out, char error[SCRIPT_ERROR_MAX])
{
	struct parse p = { .w = { .file = file, .error = error }, .out = out };
	bool ok = true;

	*out = (struct script){
		.file = file,
		.conf = { .on = SCRIPT_PURE | SCRIPT_STACK,
			  .mss = 1460,
			  .flight_spans = 1024,
			  .room = 60000,
			  .iss = 1000000,
			  .irs = 2000000,
			  .rto_min_us = 200000,
			  .time_wait_us = 60000000,
			  .user_timeout_us = 120000000,
			  .half_open = SCRIPT_HALF_OPEN_MAX },
	};
	while (ok && *text != '\0')
		ok = words_take(&p.w, text, &text) && read_line(&p);
	if (ok && read_end(&p))
		return 0;
	script_free(out);
	return -EINVAL;
}

int
script_load(const char *file, struct script *out, char error[SCRIPT_ERROR_MAX])
{
	FILE *f = fopen(file, "rb");
	char *text = calloc(1, FILE_MAX + 1);
	size_t len = 0;
	int rc;

	if (text == NULL)
		abort();
	if (f != NULL) {
		len = fread(text, 1, FILE_MAX + 1, f);
		fclose(f);
	}
	if (f == NULL || len > FILE_MAX || memchr(text, '\0', len) != NULL) {
		snprintf(error, SCRIPT_ERROR_MAX, "%s:0: the file %s.", file,
			 f == NULL      ? "cannot be read" :
			 len > FILE_MAX ? "is longer than 1 MiB" :
					  "is no text");
		free(text);
		return -EINVAL;
	}
	rc = script_parse(file, text, out, error);
	free(text);
	return rc;
}

void
script_free(struct script *s)
{
	free(s->events);
	s->events = NULL;
	s->nb_events = 0;
}
