/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "board_broken.h"

static const char *
times_broken(const struct tcp_spans *s)
{
	uint16_t older = TCP_SPAN_NONE;
	uint32_t n = 0, sent = 0;

	for (uint32_t i = 0; i < s->all.n; i++)
		sent += tcp_span_at(s, i)->state == TCP_SPAN_SENT;
	for (uint16_t id = s->oldest; id != TCP_SPAN_NONE; id = tcp_span_of(s, id)->younger) {
		const struct tcp_span *span = tcp_span_of(s, id);

		if (id >= s->fresh || span->state != TCP_SPAN_SENT || span->older != older)
			return "the list in order of time has a span that is not SENT";
		if (older != TCP_SPAN_NONE &&
		    (int32_t)(span->sent_us - tcp_span_of(s, older)->sent_us) < 0)
			return "the list in order of time is not in order";
		if (++n > sent)
			return "the list in order of time is too long";
		older = id;
	}
	return n == sent && older == s->youngest ? NULL : "a SENT span is not in the list";
}

const char *
board_broken(const struct tcp_board *b)
{
	const struct tcp_spans *s = &b->spans;
	uint32_t sacked = 0, lost = 0, losses = 0, freed = 0;

	if (s->una > s->max || b->fack < s->una || b->fack > s->max)
		return "una <= fack <= max";
	if (s->all.n > s->cap || s->fresh > s->cap || s->all.first + s->all.n > 2 * s->cap ||
	    s->losses.first + s->losses.n > 2 * s->cap)
		return "more spans than there are";
	if ((s->all.n == 0) != (s->una == s->max) ||
	    (s->all.n > 0 && tcp_span_at(s, 0)->start != s->una))
		return "the first span begins at una";
	for (uint32_t i = 0; i < s->all.n; i++) {
		const struct tcp_span *span = tcp_span_at(s, i);
		uint64_t end = tcp_span_end(s, i);

		if (tcp_span_id(s, i) >= s->fresh || span->start >= end)
			return "spans ascend, none is empty";
		if (span->state == TCP_SPAN_SACKED) {
			sacked += (uint32_t)(end - span->start);
			if (i > 0 && tcp_span_at(s, i - 1)->state == TCP_SPAN_SACKED)
				return "two SACKED spans side by side";
		} else if (span->state == TCP_SPAN_LOST) {
			lost += (uint32_t)(end - span->start);
			if (losses >= s->losses.n ||
			    tcp_span_slots(s, &s->losses)[losses] != tcp_span_id(s, i))
				return "the index of what is lost is not what is lost";
			losses++;
		}
	}
	if (losses != s->losses.n || sacked != s->sacked || lost != s->lost)
		return "sacked and lost are what the spans say";
	for (uint16_t id = s->free; id != TCP_SPAN_NONE; id = tcp_span_of(s, id)->younger)
		if (id >= s->fresh || ++freed > s->cap)
			return "the list of free spans";
	if (freed + s->all.n != s->fresh)
		return "a span is neither free nor in use";
	return times_broken(s);
}
