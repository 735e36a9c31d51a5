/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a strike finds: whole records that are held back, from the byte on that the receiver expects; and
 * what may be sent of them, and in front of them.
 */
#ifndef RTLS_SIM_FORGER_SCENE_H
#define RTLS_SIM_FORGER_SCENE_H

#include "sim/forger_priv.h"

enum { SCENE_RECORDS = 12 }; /* that a strike looks at */

/* Who stands where when he strikes. */
struct scene {
	struct forger *f;
	int dir;
	enum fault fault; /* of what the device alone is to take */
	uint32_t n;       /* whole records that are held back */
	uint64_t first;   /* the index of the first one */
	uint64_t start[SCENE_RECORDS + 1];
};

static inline const struct stream *
scene_stream(const struct scene *s)
{
	return sealer_stream(s->f->sealer, s->dir);
}

static inline const struct stream_record *
scene_record(const struct scene *s, uint32_t i)
{
	return &scene_stream(s)->records[s->first + i];
}

static inline uint32_t
scene_front(const struct scene *s)
{
	return forger_front(s->f);
}

static inline uint32_t
scene_over(const struct scene *s)
{
	return forger_over(s->f);
}

/*
 * The number that decides the key stream where the device stands k records behind the first: its own
 * count, or what the header says that he gave it.
 */
static inline uint64_t
scene_number(const struct scene *s, uint32_t k)
{
	return scene_record(s, 0)->rec_no + (s->f->suite->explicit_len != 0 ? 0 : k);
}

static inline uint32_t
scene_below(const struct scene *s, uint32_t n)
{
	return forger_below(s->f, n);
}

static inline uint64_t
scene_between(const struct scene *s, uint64_t low, uint64_t high)
{
	return low + scene_below(s, (uint32_t)(high - low + 1));
}

/* Only the device takes it. */
static inline void
scene_misleads(const struct scene *s, uint64_t off, const void *bytes, uint32_t len)
{
	forger_sends(s->f, s->dir, s->fault, off, bytes, len);
}

static inline void
scene_misleads_header(const struct scene *s, uint64_t off, uint64_t end)
{
	forger_sends_header(s->f, s->dir, s->fault, off, end);
}

/* Everybody takes it. */
static inline void
scene_delivers(const struct scene *s, uint64_t off, const void *bytes, uint64_t len)
{
	forger_sends(s->f, s->dir, FAULTLESS, off, bytes, (uint32_t)len);
}

/* At and behind what went by. */
void scene_look(struct scene *s);

void scene_lets_by(const struct scene *s, uint64_t end);

/* Has the device follow k records that are none, from off up to end. False: there is no room for them. */
bool scene_leads(const struct scene *s, uint64_t off, uint32_t k, uint64_t end);

/*
 * Bytes that the device turns into a record of so many bytes, or into its content alone, where it
 * stands in record number rec_no, off bytes of content behind the header.
 */
void scene_evil(const struct scene *s, uint64_t rec_no, uint32_t off, bool header, uint8_t *out,
		uint32_t len);

#endif
