/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Strikes: each is a row of the table at the end, and a function that plays it. All of them begin
 * with whole records that are held back, from the byte on that the receiver expects.
 */
#include <assert.h>
#include <string.h>

#include "sim/forger_priv.h"
#include "sim/oracle.h"

enum {
	RECORDS = 12, /* that a strike looks at */
	TRIES = 8,
	LEAPS = 40,
	TINY = 7,     /* bytes of a tiny segment */
	TINIES = 150, /* of them, at most */
};

/* Who stands where when he strikes. */
struct scene {
	struct forger *f;
	int dir;
	enum fault fault; /* of what the device alone is to take */
	uint32_t n;       /* whole records that are held back */
	uint64_t first;   /* the index of the first one */
	uint64_t start[RECORDS + 1];
};

static const struct stream *
stream_of(const struct scene *s)
{
	return sealer_stream(s->f->sealer, s->dir);
}

static const struct stream_record *
record_of(const struct scene *s, uint32_t i)
{
	return &stream_of(s)->records[s->first + i];
}

static uint32_t
front(const struct scene *s)
{
	return forger_front(s->f);
}

static uint32_t
over(const struct scene *s)
{
	return forger_over(s->f);
}

/*
 * The number that decides the key stream where the device stands k records behind the first: its own
 * count, or what the header says that he gave it.
 */
static uint64_t
number_at(const struct scene *s, uint32_t k)
{
	return record_of(s, 0)->rec_no + (s->f->suite->explicit_len != 0 ? 0 : k);
}

/* At and behind what went by. */
static void
scene_look(struct scene *s)
{
	const struct stream *st = stream_of(s);
	uint64_t off = 0;

	s->n = 0;
	for (uint64_t i = 0; i < st->nb_records && s->n < RECORDS;
	     off += st->records[i++].wire_len) {
		if (off < s->f->lanes[s->dir].passed)
			continue;
		if (s->n == 0)
			s->first = i;
		s->start[s->n++] = off;
	}
	s->start[s->n] = off;
	if (s->n > 0)
		memcpy(s->f->lanes[s->dir].explicit_nonce, st->wire + s->start[0] + FORGER_HEADER,
		       s->f->suite->explicit_len);
}

static uint32_t
below(const struct scene *s, uint32_t n)
{
	return forger_below(s->f, n);
}

static uint64_t
between(const struct scene *s, uint64_t low, uint64_t high)
{
	return low + below(s, (uint32_t)(high - low + 1));
}

/* --- what he sends ------------------------------------------------------------------- */

/* Only the device takes it. */
static void
mislead(const struct scene *s, uint64_t off, const void *bytes, uint32_t len)
{
	forger_sends(s->f, s->dir, s->fault, off, bytes, len);
}

static void
mislead_header(const struct scene *s, uint64_t off, uint64_t end)
{
	forger_sends_header(s->f, s->dir, s->fault, off, end);
}

/* Everybody takes it. */
static void
deliver(const struct scene *s, uint64_t off, const void *bytes, uint64_t len)
{
	forger_sends(s->f, s->dir, FAULTLESS, off, bytes, (uint32_t)len);
}

static void
let_by(const struct scene *s, uint64_t end)
{
	struct lane *l = &s->f->lanes[s->dir];

	if (end <= l->passed)
		return;
	forger_sends_bytes(s->f, s->dir, FAULTLESS, l->passed, l->passed, end - l->passed);
	l->passed = end;
}

/* Has the device follow k records that are none, from the first one that is held back up to end. */
static bool
move_device(const struct scene *s, uint32_t k, uint64_t end)
{
	uint64_t off = s->start[0], last = off + (uint64_t)over(s) * (k - 1);

	if (last + over(s) > end || end - last - FORGER_HEADER > FORGER_BODY_MAX)
		return false;
	for (; off < last; off += over(s))
		mislead_header(s, off, off + over(s));
	mislead_header(s, last, end);
	return true;
}

/*
 * Bytes that the device turns into a record of so many bytes, or into its content alone, where it
 * stands in record number rec_no, off bytes of content behind the header.
 */
static void
make_evil(const struct scene *s, uint64_t rec_no, uint32_t off, bool header, uint8_t *out,
	  uint32_t len)
{
	const uint8_t head[FORGER_HEADER] = { 23, 3, 3, (uint8_t)((len - FORGER_HEADER) >> 8),
					      (uint8_t)(len - FORGER_HEADER) };

	memset(out, 'E', len);
	if (header)
		memcpy(out, head, sizeof(head));
	if (len > FORGER_TAG)
		out[len - FORGER_TAG - 1] = JOURNAL_DATA;
	oracle_xor(stream_of(s), record_of(s, 0)->epoch, rec_no, off, out, len);
}

/* --- rows ------------------------------------------------------------------------------ */

/* The device counts k records while m go by; what comes then is the record that is due to it. */
static bool
miscount(const struct scene *s)
{
	uint32_t m = 1 + below(s, s->n - 2), k = 1 + below(s, m + 2);
	uint64_t t = s->start[m];

	if (k == m || k >= s->n || !move_device(s, k, t))
		return false;
	mislead(s, t - 1, "x", 1);
	let_by(s, t);
	forger_sends_bytes(s->f, s->dir, FAULTLESS, t, s->start[k], s->start[k + 1] - s->start[k]);
	return true;
}

/*
 * The device stands in record number k, some bytes behind its header, when m have gone by; what
 * comes then it turns into a record, as long as the one it stands in, or not.
 */
static bool
inject(const struct scene *s)
{
	uint32_t m = 1 + below(s, s->n - 2), k = 1 + below(s, m + 1), off = below(s, 30);
	uint32_t len = over(s) + 1 + below(s, FORGER_PIECE - over(s));
	uint64_t t = s->start[m], h = t - front(s) - off;
	uint8_t bytes[FORGER_PIECE] = { 0 };

	if (h < s->start[0] || !move_device(s, k, h))
		return false;
	/* Both may claim the same length, and more than comes. */
	forger_make_front(s->f, s->dir, FORGER_PLACE, bytes);
	mislead(s, h, bytes, front(s) + off);
	let_by(s, t);
	make_evil(s, number_at(s, k), off, true, bytes, len);
	deliver(s, t, bytes, len);
	return true;
}

/* A record in its place under its number, of other content: its tag alone is wrong. */
static bool
exchange(const struct scene *s)
{
	uint32_t m = below(s, s->n), len = record_of(s, m)->wire_len;
	uint32_t content = len - front(s) - FORGER_TAG, n;
	uint8_t bytes[FORGER_PIECE];
	uint64_t t = s->start[m];

	if (record_of(s, m)->epoch != record_of(s, 0)->epoch)
		return false;
	n = content < FORGER_PIECE ? content : FORGER_PIECE;
	let_by(s, t + front(s));
	make_evil(s, record_of(s, m)->rec_no, 0, false, bytes, n);
	deliver(s, t + front(s), bytes, n);
	s->f->lanes[s->dir].passed = t + front(s) + n;
	let_by(s, t + len);
	return true;
}

/*
 * The first bytes of a record but one wait behind a gap, where no device looks; what fills it
 * brings another header, which TCP has already.
 */
static bool
fill(const struct scene *s, bool evil)
{
	uint32_t len = record_of(s, 0)->wire_len,
		 body = over(s) - FORGER_HEADER + below(s, FORGER_PLACE);
	uint64_t t = s->start[0], held = t + between(s, front(s), 60);
	uint64_t end = t + (len < FORGER_PIECE ? len : FORGER_PIECE);
	uint8_t bytes[FORGER_PIECE];

	if (held >= end || s->f->lanes[s->dir].passed != t)
		return false;
	memcpy(bytes, stream_of(s)->wire + t, end - t);
	bytes[3] = (uint8_t)(body >> 8);
	bytes[4] = (uint8_t)body;
	if (evil)
		make_evil(s, record_of(s, 0)->rec_no, (uint32_t)(held - t) - front(s), false,
			  bytes + (held - t), (uint32_t)(end - held));
	deliver(s, t + 1, stream_of(s)->wire + t + 1, held - t - 1);
	deliver(s, t, bytes, end - t);
	s->f->lanes[s->dir].passed = end;
	let_by(s, t + len);
	return true;
}

static bool
fill_genuine(const struct scene *s)
{
	return fill(s, false);
}

static bool
fill_evil(const struct scene *s)
{
	return record_of(s, 0)->wire_len > 100 && fill(s, true);
}

/* The second half of a record is opened as the beginning of the next one. */
static bool
halve(const struct scene *s, bool evil)
{
	uint32_t len = record_of(s, 0)->wire_len;
	uint64_t t = s->start[0], mid, end = t + len;
	uint8_t bytes[FORGER_PIECE];

	if (len < 3 * over(s) || s->f->lanes[s->dir].passed != t)
		return false;
	mid = between(s, t + over(s) + front(s), end - FORGER_TAG - 4);
	mislead_header(s, t, mid - front(s));
	mislead_header(s, mid - front(s), mid + FORGER_PLACE);
	let_by(s, mid);
	if (evil) {
		len = end - mid < FORGER_PIECE ? (uint32_t)(end - mid) : FORGER_PIECE;
		make_evil(s, number_at(s, 1), 0, false, bytes, len);
		deliver(s, mid, bytes, len);
		s->f->lanes[s->dir].passed = mid + len;
	}
	let_by(s, end);
	return true;
}

static bool
halve_genuine(const struct scene *s)
{
	return halve(s, false);
}

static bool
halve_evil(const struct scene *s)
{
	return halve(s, true);
}

/* What waits lies inside of what fills: a header, or text where the device has opened. */
static bool
enclose(const struct scene *s, bool evil)
{
	uint64_t t = s->start[0], end = s->start[1] + (evil ? 0 : FORGER_HEADER + 20);
	uint64_t low = evil ? t + front(s) + 1 : s->start[1], high = low + FORGER_HEADER;
	uint8_t bytes[FORGE_FRAME_MAX];

	if (s->f->lanes[s->dir].passed != t || end - t > s->f->conf.seg_max ||
	    end > s->start[s->n] || high + FORGER_TAG >= end)
		return false;
	memcpy(bytes, stream_of(s)->wire + t, end - t);
	if (evil) {
		deliver(s, low, "EEEEE", high - low);
	} else {
		deliver(s, low, bytes + (low - t), high - low);
		bytes[low - t + 3] ^= 1;
	}
	deliver(s, t, bytes, end - t);
	s->f->lanes[s->dir].passed = end;
	return true;
}

static bool
enclose_genuine(const struct scene *s)
{
	return enclose(s, false);
}

static bool
enclose_evil(const struct scene *s)
{
	return enclose(s, true);
}

/* The device has seen it all when it comes. */
static bool
refuse_first(const struct scene *s)
{
	uint64_t t = s->f->lanes[s->dir].passed;
	uint64_t end = s->start[1 + below(s, s->n)] - below(s, 10);

	if (end <= t)
		return false;
	forger_sends_bytes(s->f, s->dir, s->fault, t, t, end - t);
	return true;
}

/* A record is opened and waits; then all comes in one segment that the device has seen. */
static bool
enclose_opened(const struct scene *s)
{
	uint64_t t = s->f->lanes[s->dir].passed, end = s->start[2] + below(s, 20);
	const uint8_t *wire = stream_of(s)->wire;

	if (end > s->start[s->n] || end - t > s->f->conf.seg_max)
		return false;
	mislead(s, t, wire + t, (uint32_t)(s->start[1] - t));
	deliver(s, s->start[1], wire + s->start[1], s->start[2] - s->start[1]);
	deliver(s, t, wire + t, end - t);
	s->f->lanes[s->dir].passed = end;
	return true;
}

/* The device leaps from header to header, far ahead. */
static bool
leap(const struct scene *s)
{
	uint64_t off = s->start[0], end;

	for (uint32_t n = 1 + below(s, LEAPS); n > 0; n--, off = end) {
		end = off + over(s) + below(s, FORGER_BODY_MAX - over(s));
		mislead_header(s, off, end);
	}
	return true;
}

/* Tiny segments, some late, some of them refused before. */
static bool
tear(const struct scene *s)
{
	const uint8_t *wire = stream_of(s)->wire;
	struct lane *l = &s->f->lanes[s->dir];
	uint64_t end = s->start[s->n], late = 0, n;

	for (uint32_t i = 0; i < TINIES && l->passed < end; i++, l->passed += n) {
		n = 1 + below(s, TINY);
		n = n < end - l->passed ? n : end - l->passed;
		if (late == 0 && below(s, 10) == 0) {
			late = n;
			continue;
		}
		if (below(s, 10) == 0)
			mislead(s, l->passed, wire + l->passed, (uint32_t)n);
		deliver(s, l->passed, wire + l->passed, n);
		if (late != 0)
			deliver(s, l->passed - late, wire + l->passed - late, late);
		late = 0;
	}
	return true;
}

/* --- the table ----------------------------------------------------------------------- */

static const struct strike {
	const char *name;
	bool (*play)(const struct scene *s);
	uint32_t records; /* that it needs */
	bool ends;        /* also in software: TCP takes what is no genuine record */
} strikes[] = {
	{ "miscount", miscount, 3, true },
	{ "inject", inject, 3, true },
	{ "exchange", exchange, 1, true },
	{ "fill with evil", fill_evil, 1, true },
	{ "halve with evil", halve_evil, 1, true },
	{ "enclose evil", enclose_evil, 2, true },
	{ "fill", fill_genuine, 1, false },
	{ "halve", halve_genuine, 1, false },
	{ "enclose", enclose_genuine, 2, false },
	{ "enclose opened", enclose_opened, 2, false },
	{ "refuse first", refuse_first, 1, false },
	{ "leap", leap, 1, false },
	{ "tear", tear, 1, false },
};

static_assert(HARNESS_COUNT(strikes) == FORGER_STRIKES, "each is counted");

const char *
forger_strike_name(unsigned int i, bool *ends)
{
	if (i >= HARNESS_COUNT(strikes))
		return NULL;
	*ends = strikes[i].ends;
	return strikes[i].name;
}

bool
forger_strikes(struct forger *f, int dir)
{
	struct scene s = { .f = f, .dir = dir };
	const struct lane *l = &f->lanes[dir];
	uint32_t row;

	if (l->acked != l->passed)
		return false;
	scene_look(&s);
	/* What is held must fit the window, or what fills a gap would be all that comes. */
	if (s.n == 0 || l->edge < s.start[s.n] + FORGER_PIECE)
		return false;
	if (forger_below(f, 2) == 0)
		let_by(&s, s.start[0]);
	for (int i = 0; i < TRIES; i++) {
		s.fault = forger_below(f, 2) == 0 ? WRONG_ACK : OLD_TIMESTAMP;
		row = f->conf.strike < FORGER_STRIKES ? f->conf.strike :
							forger_below(f, FORGER_STRIKES);
		if (s.n >= strikes[row].records && !(strikes[row].ends && f->conf.gentle) &&
		    strikes[row].play(&s)) {
			f->stats.struck[row]++;
			return true;
		}
	}
	return false;
}
