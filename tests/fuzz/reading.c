/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/reading.h"

#include <errno.h>
#include <string.h>

/* The record that is to be read next. */
enum head {
	HEAD_WAITS, /* not complete */
	HEAD_GOOD,  /* complete, and byte by byte the sealed one, of the key in force */
	HEAD_BAD,   /* complete, but not that */
	HEAD_ODD,   /* its header is another one: complete or not, nobody may read it */
};

void
reading_reset(struct reading *d, const struct sealed *sealed)
{
	*d = (struct reading){ .sealed = sealed, .key = -1 };
}

/* Stream offset of the record that is to be read next. */
static uint64_t
head_off(const struct reading *d)
{
	if (d->rec == d->sealed->nb_recs)
		return d->base + d->sealed->len;
	return d->base + d->sealed->recs[d->rec].off;
}

void
reading_keys(struct reading *d, int key)
{
	if (!d->tls)
		d->base = d->off;
	d->tls = true;
	d->key = key;
	d->rec_no = 0;
	d->paused = false;
}

static enum head
judge(const struct reading *d, const struct receiver *r)
{
	const struct sealed_rec *rec = &d->sealed->recs[d->rec];
	uint64_t off = head_off(d);
	uint64_t have = r->nxt > off ? r->nxt - off : 0;

	if (have < SEALED_HDR)
		return HEAD_WAITS;
	if (d->rec == d->sealed->nb_recs ||
	    memcmp(r->val + off, d->sealed->wire + rec->off, SEALED_HDR) != 0)
		return HEAD_ODD;
	if (have < rec->len)
		return HEAD_WAITS;
	if (d->key != rec->key || d->rec_no != rec->rec_no ||
	    memcmp(r->val + off, d->sealed->wire + rec->off, rec->len) != 0)
		return HEAD_BAD;
	return HEAD_GOOD;
}

static void
next_record(struct reading *d)
{
	const struct sealed_rec *rec = &d->sealed->recs[d->rec++];

	d->part = 0;
	d->rec_no++;
	d->paused = rec->key_update;
	d->ended = rec->last;
}

/* Empty data records are passed over in silence. */
static enum head
head(struct reading *d, const struct receiver *r)
{
	enum head h;

	while ((h = judge(d, r)) == HEAD_GOOD && d->sealed->recs[d->rec].type == SEALED_DATA &&
	       d->sealed->recs[d->rec].plain_len == 0)
		next_record(d);
	return h;
}

/* n bytes came out: all of good records, and of one type. */
static const char *
take(struct reading *d, const struct receiver *r, const struct reading_call *c)
{
	const struct reading before = *d;
	uint32_t done = 0, n, left = (uint32_t)c->n;
	uint8_t type = 0;

	while (left > 0) {
		const struct sealed_rec *rec = &d->sealed->recs[d->rec];

		if (d->paused || d->ended || head(d, r) != HEAD_GOOD)
			return "bytes that nobody sealed, or not there";
		rec = &d->sealed->recs[d->rec];
		if (type != 0 && (rec->type != type || type != SEALED_DATA))
			return "records of two types in one call";
		type = rec->type;
		if (c->type != 0 ? c->type != type : type != SEALED_DATA)
			return "a record of another type";
		n = rec->plain_len - d->part < left ? rec->plain_len - d->part : left;
		if (memcmp(c->buf + done, d->sealed->plain + rec->plain_off + d->part, n) != 0)
			return "other bytes than were sealed";
		d->part += n;
		done += n;
		left -= n;
		if (d->part == rec->plain_len)
			next_record(d);
	}
	/* There was room for more: what is empty is passed over at once. */
	if ((size_t)c->n < c->len && type == SEALED_DATA && !d->paused && !d->ended)
		head(d, r);
	if (c->peek)
		*d = before;
	return NULL;
}

static const char *
check_records(struct reading *d, const struct receiver *r, const struct reading_call *c)
{
	enum head h;

	if (c->n > 0)
		return take(d, r, c);
	if (c->n == -ENOMEM || c->len == 0)
		return NULL;
	if (d->ended)
		return c->n == -EAGAIN ? "no end behind close_notify or an error" : NULL;
	if (d->paused)
		return c->n == -EKEYEXPIRED ? NULL : "it goes on behind a key update";
	h = head(d, r);
	switch (c->n) {
	case 0:
		return (r->fin && head_off(d) == r->nxt) || c->closed ? NULL : "an end too early";
	case -EAGAIN:
		return h == HEAD_GOOD ? "a good record is not given" :
		       h == HEAD_BAD  ? "a bad record is not noticed" :
		       r->fin         ? "no end behind FIN" :
					NULL;
	case -EIO:
		return h == HEAD_GOOD && c->type == 0 ? NULL : "no control record is there";
	case -EBADMSG:
	case -EINVAL:
	case -EMSGSIZE:
		d->ended = true;
		if (h == HEAD_GOOD && !d->spoilt)
			return "a good record is refused";
		return h == HEAD_WAITS && !r->fin && r->nxt < head_off(d) + SEALED_HDR ?
			       "an error where no record is" :
			       NULL;
	default:
		return NULL;
	}
}

static const char *
check_plain(struct reading *d, const struct receiver *r, const struct reading_call *c)
{
	uint64_t have = r->nxt - d->off;

	if (c->n > 0) {
		if ((uint64_t)c->n > have)
			return "bytes that are not there";
		if ((size_t)c->n < c->len && (uint64_t)c->n < have)
			return "fewer bytes than there are";
		if (memcmp(c->buf, r->val + d->off, (size_t)c->n) != 0)
			return "other bytes than came first";
		d->off += c->peek ? 0 : (uint64_t)c->n;
		return NULL;
	}
	if (c->len == 0)
		return NULL;
	if (have > 0)
		return "bytes that are there are not given";
	if (c->n == 0)
		return r->fin || c->closed ? NULL : "an end too early";
	return c->n == -EAGAIN && r->fin ? "no end behind FIN" : NULL;
}

const char *
reading_check(struct reading *d, const struct receiver *r, const struct reading_call *c)
{
	if (c->n > 0 && (size_t)c->n > c->len)
		return "more bytes than asked for";
	return d->tls ? check_records(d, r, c) : check_plain(d, r, c);
}
