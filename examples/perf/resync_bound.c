/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "resync_bound.h"

#include <stdlib.h>
#include <string.h>

enum {
	HDR_LEN = 5, /* type, version, length: RFC 8446 5.1 */
};

/* Bytes that one packet was the first to bring. Offsets count from the first record. */
struct piece {
	int64_t off;
	int64_t end;
	uint64_t came;  /* number of the packet, from 1 on */
	uint64_t again; /* of the first one that brought some of it once more; 0: none */
	bool whole;     /* all of that packet */
	uint8_t *bytes; /* of a piece that is kept: its own */
};

/* What the piece in front of the edge says of the one behind it. */
struct front {
	int64_t off;
	uint64_t came;
	uint64_t again;
	bool in_step; /* a device could be, at its first byte */
	bool header;  /* one begins in it */
};

/* The record at the edge. */
struct record {
	int64_t off;
	int64_t end; /* 0: its header is not complete */
	uint32_t have;
	uint8_t hdr[HDR_LEN];
	bool openable;
	bool intact;
};

struct resync_bound {
	uint32_t seq;
	int64_t newest; /* end of the furthest byte: sequences are placed by it */
	int64_t edge;   /* all in front of it came */
	struct front front;
	struct record record;
	struct piece *held; /* behind a gap, in order */
	size_t nb_held, cap_held;
	struct resync_bound_counts counts;
	resync_bound_fn tell;
	void *arg;
};

/* --- in the order of the stream ---------------------------------------------------- */

static void
begin_record(struct resync_bound *b, int64_t off)
{
	b->record = (struct record){ .off = off, .openable = true, .intact = true };
}

static void
end_record(struct resync_bound *b)
{
	const struct record *r = &b->record;
	enum resync_bound_class class = r->openable ? RESYNC_BOUND_OPENABLE :
					r->intact   ? RESYNC_BOUND_INTACT :
						      RESYNC_BOUND_TOUCHED;

	if (b->tell != NULL)
		b->tell(b->arg, b->counts.records, class);
	b->counts.records++;
	b->counts.intact += r->intact;
	b->counts.openable += r->openable;
	begin_record(b, r->end);
}

/* Bytes of the record at the edge: so many of len that are there. */
static uint32_t
grow_record(struct record *r, int64_t at, const uint8_t *bytes, uint32_t len)
{
	uint32_t n = len;

	if (r->end != 0)
		return r->end - at < len ? (uint32_t)(r->end - at) : len;
	if (n > HDR_LEN - r->have)
		n = HDR_LEN - r->have;
	memcpy(r->hdr + r->have, bytes, n);
	r->have += n;
	if (r->have == HDR_LEN)
		r->end = r->off + HDR_LEN + ((int64_t)r->hdr[3] << 8 | r->hdr[4]);
	return n;
}

/* The piece at the edge, with bytes that are its own or the caller's. */
static void
pass(struct resync_bound *b, const struct piece *p, const uint8_t *bytes)
{
	const struct front *f = &b->front;
	bool redone = f->again != 0 && f->again < p->came;
	bool follows = f->came <= p->came || redone;
	bool in_step = b->record.off == p->off || redone || (follows && (f->in_step || f->header));
	bool header = false;

	for (int64_t at = p->off; at < p->end;) {
		struct record *r = &b->record;

		header = header || r->off == at;
		r->openable = r->openable && in_step && p->whole;
		r->intact = r->intact && p->whole && (r->off >= p->off || follows);
		at += grow_record(r, at, bytes + (at - p->off), (uint32_t)(p->end - at));
		if (at == r->end)
			end_record(b);
	}
	b->edge = p->end;
	b->front = (struct front){ .off = p->off,
				   .came = p->came,
				   .again = p->again,
				   .in_step = in_step,
				   .header = header };
}

/* --- gaps ---------------------------------------------------------------------------- */

/* The first one that ends behind off. */
static size_t
held_from(const struct resync_bound *b, int64_t off)
{
	size_t i = 0;

	while (i < b->nb_held && b->held[i].end <= off)
		i++;
	return i;
}

static bool
keep(struct resync_bound *b, size_t i, struct piece p, const uint8_t *bytes)
{
	size_t cap = b->cap_held == 0 ? 64 : 2 * b->cap_held;
	struct piece *more;

	if (b->nb_held == b->cap_held) {
		more = realloc(b->held, cap * sizeof(*more));
		if (more == NULL)
			return false;
		b->held = more;
		b->cap_held = cap;
	}
	p.bytes = malloc((size_t)(p.end - p.off));
	if (p.bytes == NULL)
		return false;
	memcpy(p.bytes, bytes, (size_t)(p.end - p.off));
	memmove(&b->held[i + 1], &b->held[i], (b->nb_held - i) * sizeof(p));
	b->held[i] = p;
	b->nb_held++;
	return true;
}

/* What was held is in order now. */
static void
join(struct resync_bound *b)
{
	size_t n = 0;

	while (n < b->nb_held && b->held[n].off == b->edge) {
		pass(b, &b->held[n], b->held[n].bytes);
		free(b->held[n++].bytes);
	}
	b->nb_held -= n;
	if (n > 0)
		memmove(b->held, b->held + n, b->nb_held * sizeof(b->held[0]));
}

/* What came before and comes once more. */
static void
come_again(struct resync_bound *b, int64_t off, int64_t end, uint64_t came)
{
	struct front *f = &b->front;

	if (off < b->edge && end > f->off && f->again == 0)
		f->again = came;
	for (size_t i = held_from(b, off); i < b->nb_held && b->held[i].off < end; i++)
		if (b->held[i].again == 0)
			b->held[i].again = came;
}

static int64_t
place_of(const struct resync_bound *b, uint32_t seq)
{
	return b->newest + (int32_t)(seq - (b->seq + (uint32_t)b->newest));
}

/* Takes the bytes of p, but those that somebody has brought before. False: no memory. */
static bool
take(struct resync_bound *b, struct piece p, const uint8_t *bytes)
{
	int64_t from = p.off, end = p.end;
	bool fresh = false;

	for (; p.off < end; p.off = p.end) {
		size_t i = held_from(b, p.off);
		const struct piece *next = i < b->nb_held ? &b->held[i] : NULL;

		if (next != NULL && next->off <= p.off) {
			p.end = next->end;
			continue;
		}
		fresh = true;
		p.end = next != NULL && next->off < end ? next->off : end;
		if (p.off != b->edge) {
			if (!keep(b, i, p, bytes + (p.off - from)))
				return false;
			continue;
		}
		pass(b, &p, bytes + (p.off - from));
		join(b);
		p.end = b->edge;
	}
	b->counts.repeated += !fresh;
	return true;
}

bool
resync_bound_packet(struct resync_bound *b, uint32_t seq, const uint8_t *bytes, uint32_t len)
{
	int64_t off = place_of(b, seq), end = off + len, from = off < b->edge ? b->edge : off;
	struct piece p = { .off = from, .end = end };
	size_t i = held_from(b, off);

	/* Nothing, or in front of the first record. */
	if (len == 0 || end <= 0)
		return true;
	p.came = ++b->counts.packets;
	p.whole = off == from && (i == b->nb_held || b->held[i].off >= end);
	b->counts.ahead += off > b->edge;
	if (!p.whole)
		come_again(b, off, end, p.came);
	if (end > b->newest)
		b->newest = end;
	return take(b, p, bytes + (from - off));
}

/* --- life ---------------------------------------------------------------------------- */

struct resync_bound *
resync_bound_create(uint32_t seq)
{
	struct resync_bound *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->seq = seq;
	begin_record(b, 0);
	return b;
}

void
resync_bound_tell(struct resync_bound *b, resync_bound_fn fn, void *arg)
{
	b->tell = fn;
	b->arg = arg;
}

struct resync_bound_counts
resync_bound_counts(const struct resync_bound *b)
{
	return b->counts;
}

void
resync_bound_destroy(struct resync_bound *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->nb_held; i++)
		free(b->held[i].bytes);
	free(b->held);
	free(b);
}
