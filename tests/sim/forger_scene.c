/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/forger_scene.h"

#include <string.h>

#include "sim/oracle.h"

void
scene_look(struct scene *s)
{
	const struct stream *st = scene_stream(s);
	uint64_t off = 0;

	s->n = 0;
	for (uint64_t i = 0; i < st->nb_records && s->n < SCENE_RECORDS;
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

void
scene_lets_by(const struct scene *s, uint64_t end)
{
	struct lane *l = &s->f->lanes[s->dir];

	if (end <= l->passed)
		return;
	forger_sends_bytes(s->f, s->dir, FAULTLESS, l->passed, l->passed, end - l->passed);
	l->passed = end;
}

bool
scene_leads(const struct scene *s, uint64_t off, uint32_t k, uint64_t end)
{
	uint64_t last = off + (uint64_t)scene_over(s) * (k - 1);

	if (last + scene_over(s) > end || end - last - FORGER_HEADER > FORGER_BODY_MAX)
		return false;
	for (; off < last; off += scene_over(s))
		scene_misleads_header(s, off, off + scene_over(s));
	scene_misleads_header(s, last, end);
	return true;
}

void
scene_evil(const struct scene *s, uint64_t rec_no, uint32_t off, bool header, uint8_t *out,
	   uint32_t len)
{
	const uint8_t head[FORGER_HEADER] = { 23, 3, 3, (uint8_t)((len - FORGER_HEADER) >> 8),
					      (uint8_t)(len - FORGER_HEADER) };

	memset(out, 'E', len);
	if (header)
		memcpy(out, head, sizeof(head));
	if (len > FORGER_TAG)
		out[len - FORGER_TAG - 1] = JOURNAL_DATA;
	oracle_xor(scene_stream(s), scene_record(s, 0)->epoch, rec_no, off, out, len);
}
