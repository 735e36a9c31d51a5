/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/mark_walk.c lib/core/record.c */
/* flags: --unwind 15 */

/*
 * What a driver says of a packet, whatever it is, and the packet's bytes, whatever they are: the walk never
 * stands still, never steps beyond them, and calls nothing a body that is a prefix or a tag.
 */
#include "core/mark_walk.h"
#include "proof.h"

/* A row of a suite, with an explicit nonce or without. */
static struct record_suite
any_suite(void)
{
	struct record_suite s = { 0 };
	bool nonce = nondet_bool();

	s.version = nonce ? 0x0303 : 0x0304;
	s.explicit_nonce_len = nonce ? 8 : 0;
	s.inner_type_len = nonce ? 0 : 1;
	s.body_min = (uint16_t)(s.explicit_nonce_len + s.inner_type_len + RECORD_TAG_LEN);
	s.body_max = RECORD_PLAIN_MAX + (nonce ? RECORD_EXPAND_MAX_12 : RECORD_EXPAND_MAX_13);
	return s;
}

static bool
is_length(uint32_t rec_len, const struct record_suite *s)
{
	return rec_len >= RECORD_HDR_LEN + (uint32_t)s->body_min &&
	       rec_len <= RECORD_HDR_LEN + (uint32_t)s->body_max;
}

/* Where a walk may be. */
static bool
is_sound(const struct mark_walk *w, const struct record_suite *s)
{
	uint32_t prefix = record_prefix_len(s);

	switch ((enum mark_walk_state)w->state) {
	case MARK_WALK_PREFIX:
		return w->off < prefix && w->len == 0 && w->from <= w->off &&
		       (w->claimed_len == 0 || is_length(w->claimed_len, s));
	case MARK_WALK_BODY:
		return w->len >= prefix + RECORD_TAG_LEN && w->off >= prefix &&
		       w->off < w->len - RECORD_TAG_LEN;
	case MARK_WALK_TAG:
		return w->len >= prefix + RECORD_TAG_LEN && w->off >= w->len - RECORD_TAG_LEN &&
		       w->off < w->len;
	case MARK_WALK_BROKEN:
		return true;
	}
	return false;
}

void
prove_at(void)
{
	struct record_suite s = any_suite();
	struct rtls_tls_rx_mark m;
	uint32_t len = nondet_u32();
	struct mark_walk w;

	ASSUME(len > 0 && len <= UINT16_MAX);
	(void)mark_walk_at(&w, &s, &m, len);
	PROVE(is_sound(&w, &s));
}

void
prove_step(void)
{
	struct record_suite s = any_suite();
	uint8_t in[MARK_PREFIX_MAX];
	uint32_t len = nondet_u32();
	struct mark_walk w, before;
	struct mark_stretch st;

	ASSUME(is_sound(&w, &s) && len > 0 && (w.state != MARK_WALK_PREFIX || len <= sizeof(in)));
	before = w;
	st = mark_walk_step(&w, &s, in, len);
	PROVE(st.len > 0 && st.len <= len);
	PROVE(is_sound(&w, &s));
	PROVE(st.body == (before.state == MARK_WALK_BODY));
	if (st.body)
		PROVE(st.body_off == before.off - record_prefix_len(&s) &&
		      before.off + st.len <= (uint32_t)before.len - RECORD_TAG_LEN &&
		      w.rec_no == before.rec_no);
}

void
prove_continues(void)
{
	struct record_suite s = any_suite();
	struct rtls_tls_rx_mark m;
	uint32_t len = nondet_u32();
	struct mark_walk w;

	ASSUME(is_sound(&w, &s) && len > 0 && len <= UINT16_MAX);
	if (mark_walk_continues(&w, &s, &m, len))
		PROVE(m.rec_no == w.rec_no && m.rec_off == w.off && w.state != MARK_WALK_BROKEN);
	PROVE(is_sound(&w, &s));
}

void
prove_passes(void)
{
	struct record_suite s = any_suite();
	struct rtls_tls_rx_mark m;
	uint32_t len = nondet_u32();
	struct mark_walk w, before;

	ASSUME(is_sound(&w, &s) && len > 0 && len <= UINT16_MAX);
	before = w;
	if (mark_walk_passes(&w, &s, &m, len))
		PROVE(before.state == MARK_WALK_BODY && w.off == before.off + len);
	PROVE(is_sound(&w, &s));
}
