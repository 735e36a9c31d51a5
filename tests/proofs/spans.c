/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/spans.c */
/* flags: --unwind 7 --conversion-check */
#include "proof.h"
#include "tcp/spans.h"

enum { CAP = 3 };

static struct {
	struct tcp_spans s;
	struct tcp_span span[CAP];
	uint16_t slots[4 * CAP];
} m;

/* The index of all: in its place, ascending, each span once; spans tile [una, max). */
static bool
tiles(const struct tcp_spans *s)
{
	bool ok = s->una <= s->max && s->max - s->una < UINT32_MAX && s->cap == CAP &&
		  s->all.base == 0 && s->all.n <= CAP && s->all.first + s->all.n <= 2 * CAP &&
		  s->fresh <= CAP && (s->all.n == 0) == (s->una == s->max);

	if (!ok)
		return false;
	for (uint32_t i = 0; i < CAP; i++)
		ok &= i >= s->all.n || m.slots[s->all.first + i] < s->fresh;
	if (!ok)
		return false;
	ok &= s->all.n == 0 || m.span[m.slots[s->all.first]].start == s->una;
	for (uint32_t i = 0; i < CAP; i++) {
		if (i >= s->all.n)
			break;
		ok &= m.span[m.slots[s->all.first + i]].start <
		      (i + 1 < s->all.n ? m.span[m.slots[s->all.first + i + 1]].start : s->max);
		ok &= m.span[m.slots[s->all.first + i]].state <= TCP_SPAN_LOST;
	}
	return ok;
}

/* The state of a byte in flight; any other value: of none. */
static uint8_t
state_of(uint64_t off)
{
	uint8_t state = UINT8_MAX;

	for (uint32_t i = 0; i < CAP; i++)
		if (i < m.s.all.n && m.span[m.slots[m.s.all.first + i]].start <= off)
			state = m.span[m.slots[m.s.all.first + i]].state;
	return off < m.s.max ? state : UINT8_MAX;
}

static void
any_spans(void)
{
	m.s.una = nondet_u64();
	m.s.max = nondet_u64();
	m.s.sacked = nondet_u32();
	m.s.lost = nondet_u32();
	m.s.cap = CAP;
	m.s.fresh = nondet_u16();
	m.s.free = nondet_u16();
	m.s.oldest = nondet_u16();
	m.s.youngest = nondet_u16();
	m.s.all = (struct tcp_span_index){ 0, nondet_u16(), nondet_u16() };
	m.s.losses = (struct tcp_span_index){ 2 * CAP, nondet_u16(), nondet_u16() };
	for (uint32_t i = 0; i < CAP; i++) {
		m.span[i].start = nondet_u64();
		m.span[i].state = nondet_u8();
	}
	for (uint32_t i = 0; i < 2 * CAP; i++)
		m.slots[i] = nondet_u16();
	ASSUME(tiles(&m.s));
}

/* The search finds the span that holds a byte. */
void
prove_up_to(void)
{
	uint64_t off = nondet_u64();
	uint32_t pos;

	any_spans();
	ASSUME(off >= m.s.una && off < m.s.max);
	pos = tcp_span_pos(&m.s, off);
	PROVE(pos < m.s.all.n);
	PROVE(tcp_span_at(&m.s, pos)->start <= off && off < tcp_span_end(&m.s, pos));
	PROVE(tcp_span_at(&m.s, pos)->state == state_of(off));
}
