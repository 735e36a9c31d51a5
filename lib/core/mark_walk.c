/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/mark_walk.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/bytes.h"

static_assert(sizeof(((struct rtls_tls_rx_mark *)0)->explicit_nonce) ==
		      MARK_PREFIX_MAX - RECORD_HDR_LEN,
	      "a mark has room for the longest explicit nonce");

void
mark_walk_at_record(struct mark_walk *w, uint32_t rec_no)
{
	memset(w, 0, sizeof(*w));
	w->rec_no = rec_no;
}

/* Into the state that off lies in; len is known. */
static void
enter(struct mark_walk *w, const struct record_suite *s)
{
	if (w->off < record_prefix_len(s))
		w->state = MARK_WALK_PREFIX;
	else
		w->state = w->off < w->len - RECORD_TAG_LEN ? MARK_WALK_BODY : MARK_WALK_TAG;
}

static bool
len_possible(const struct record_suite *s, uint32_t rec_len)
{
	uint32_t body_len = rec_len - RECORD_HDR_LEN;

	return rec_len > RECORD_HDR_LEN && body_len >= s->body_min && body_len <= s->body_max;
}

static void
claim(struct mark_walk *w, const struct rtls_tls_rx_mark *m)
{
	w->claimed_len = m->rec_len;
	memcpy(w->claimed_nonce, m->explicit_nonce, sizeof(w->claimed_nonce));
}

/* The record's length is told by who has seen all of its prefix, and by nobody else. */
static bool
possible(const struct record_suite *s, const struct rtls_tls_rx_mark *m, uint32_t len)
{
	if (m->rec_off + len < record_prefix_len(s))
		return m->rec_len == 0;
	return len_possible(s, m->rec_len) && m->rec_off < m->rec_len;
}

int
mark_walk_at(struct mark_walk *w, const struct record_suite *s, const struct rtls_tls_rx_mark *m,
	     uint32_t len)
{
	mark_walk_at_record(w, m->rec_no);
	if (!possible(s, m, len)) {
		w->state = MARK_WALK_BROKEN;
		return -EINVAL;
	}
	claim(w, m);
	w->off = m->rec_off;
	if (w->off < record_prefix_len(s)) {
		w->from = (uint8_t)w->off;
		return 0;
	}
	w->len = m->rec_len;
	memcpy(w->prefix + RECORD_HDR_LEN, m->explicit_nonce, s->explicit_nonce_len);
	enter(w, s);
	return 0;
}

static bool
nonce_is(const struct mark_walk *w, const struct record_suite *s, const uint8_t *nonce)
{
	return memcmp(w->prefix + RECORD_HDR_LEN, nonce, s->explicit_nonce_len) == 0;
}

bool
mark_walk_continues(struct mark_walk *w, const struct record_suite *s,
		    const struct rtls_tls_rx_mark *m, uint32_t len)
{
	if (w->state == MARK_WALK_BROKEN || !possible(s, m, len) || m->rec_no != w->rec_no ||
	    m->rec_off != w->off)
		return false;
	if (w->len != 0)
		return m->rec_len == w->len && nonce_is(w, s, m->explicit_nonce);
	claim(w, m);
	return true;
}

/*
 * The front of the prefix came by another way. What it was is known by a device that passed it, and the
 * rest is here.
 */
static int
prefix_claimed(struct mark_walk *w, const struct record_suite *s)
{
	uint8_t prefix[MARK_PREFIX_MAX] = { 0 };

	if (w->claimed_len == 0)
		return -EINVAL;
	put_be16(prefix + 1, RECORD_WIRE_VERSION);
	put_be16(prefix + 3, (uint16_t)(w->claimed_len - RECORD_HDR_LEN));
	memcpy(prefix + RECORD_HDR_LEN, w->claimed_nonce, s->explicit_nonce_len);
	if (memcmp(w->prefix + w->from, prefix + w->from, record_prefix_len(s) - w->from) != 0)
		return -EINVAL;
	w->len = w->claimed_len;
	memcpy(w->prefix, prefix, sizeof(prefix));
	return 0;
}

/* All of the prefix is there: 0, or it is none, or not what a mark says. */
static int
prefix_done(struct mark_walk *w, const struct record_suite *s)
{
	struct record_header h;

	if (w->from > 0)
		return prefix_claimed(w, s);
	h = record_header_read(w->prefix);
	if (record_header_check(s, &h) != 0)
		return -EINVAL;
	w->len = (uint16_t)(RECORD_HDR_LEN + h.body_len);
	if (w->claimed_len != 0 && (w->claimed_len != w->len || !nonce_is(w, s, w->claimed_nonce)))
		return -EINVAL;
	return 0;
}

static struct mark_stretch
step_prefix(struct mark_walk *w, const struct record_suite *s, const uint8_t *in, uint32_t len)
{
	uint32_t left = record_prefix_len(s) - w->off;
	struct mark_stretch st = { .len = len < left ? len : left };

	memcpy(w->prefix + w->off, in, st.len);
	w->off = (uint16_t)(w->off + st.len);
	if (st.len < left)
		return st;
	if (prefix_done(w, s) == 0)
		enter(w, s);
	else
		w->state = MARK_WALK_BROKEN;
	return st;
}

struct mark_stretch
mark_walk_step(struct mark_walk *w, const struct record_suite *s, const uint8_t *in, uint32_t len)
{
	struct mark_stretch st = { .len = len };
	uint32_t left;

	switch ((enum mark_walk_state)w->state) {
	case MARK_WALK_PREFIX:
		return step_prefix(w, s, in, len);
	case MARK_WALK_BODY:
		left = w->len - RECORD_TAG_LEN - w->off;
		st.len = len < left ? len : left;
		st.body = true;
		st.body_off = w->off - record_prefix_len(s);
		break;
	case MARK_WALK_TAG:
		left = w->len - w->off;
		st.len = len < left ? len : left;
		break;
	case MARK_WALK_BROKEN:
		return st;
	}
	w->off = (uint16_t)(w->off + st.len);
	if (w->off == w->len)
		mark_walk_at_record(w, w->rec_no + 1);
	else
		enter(w, s);
	return st;
}
