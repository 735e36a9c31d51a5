/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/journal.h"

#include <stdlib.h>
#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

enum { PIECE = 512 };

/* splitmix64's output function: a bijection, which journal_leaks() needs. */
static uint64_t
mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The number that mix() makes z of; the factors are the inverses mod 2^64. */
static uint64_t
unmix(uint64_t z)
{
	z = (z ^ (z >> 31) ^ (z >> 62)) * UINT64_C(0x319642b2d24d8ec3);
	z = (z ^ (z >> 27) ^ (z >> 54)) * UINT64_C(0x96de1b173f119089);
	return z ^ (z >> 30) ^ (z >> 60);
}

static uint64_t
word_at(const struct journal *j, uint64_t index)
{
	return mix(j->base + index * GOLDEN);
}

static void *
grow(void *array, size_t nb, size_t *cap, size_t size)
{
	void *bigger;

	if (nb < *cap)
		return array;
	*cap = *cap == 0 ? 64 : *cap * 2;
	bigger = realloc(array, *cap * size);
	if (bigger == NULL)
		abort();
	return bigger;
}

void
journal_init(struct journal *j, uint64_t seed, uint64_t plain_len)
{
	*j = (struct journal){ .base = mix(seed), .plain_len = plain_len };
}

static void
random_bytes(const struct journal *j, uint64_t off, uint8_t *out, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++, off++) {
		if (i == 0 || off % 8 == 0)
			word = word_at(j, off / 8);
		out[i] = (uint8_t)(word >> (off % 8 * 8));
	}
}

/*
 * Control records must make sense to a receiver that looks into them: an alert
 * is a warning other than close_notify, a handshake record is one whole message
 * that is no KeyUpdate.
 */
static void
fill_at(const struct journal *j, uint16_t type, uint64_t item_off, uint64_t item_len, uint64_t pos,
	uint8_t *out, size_t len)
{
	uint8_t head[JOURNAL_KEY_UPDATE_LEN] = { 0 };
	uint64_t nb_head = 0;

	if (type == JOURNAL_DATA && j->text != NULL)
		j->text(j->text_arg, item_off + pos, out, len);
	else
		random_bytes(j, item_off + pos, out, len);
	if (type == JOURNAL_ALERT || type == JOURNAL_CLOSE_NOTIFY) {
		nb_head = 2;
		head[0] = 1;
		if (type == JOURNAL_ALERT)
			head[1] = (uint8_t)(1 + word_at(j, item_off) % 255);
	} else if (type == JOURNAL_HANDSHAKE) {
		nb_head = 4;
		head[0] = 4;
		head[1] = (uint8_t)((item_len - 4) >> 16);
		head[2] = (uint8_t)((item_len - 4) >> 8);
		head[3] = (uint8_t)(item_len - 4);
	} else if (type == JOURNAL_KEY_UPDATE) {
		nb_head = JOURNAL_KEY_UPDATE_LEN;
		head[0] = 24;
		head[3] = 1;
		head[4] = word_at(j, item_off) % 2;
	}
	for (uint64_t i = pos; i < nb_head && i < pos + len; i++)
		out[i - pos] = head[i];
}

void
journal_fill(const struct journal *j, uint16_t type, uint64_t item_len, uint64_t pos, uint8_t *out,
	     size_t len)
{
	fill_at(j, type, j->end_off, item_len, pos, out, len);
}

void
journal_append(struct journal *j, uint16_t type, uint64_t len, bool cut)
{
	struct journal_item *last = j->nb_items > 0 ? &j->items[j->nb_items - 1] : NULL;

	if (len > 0 && last != NULL && last->type == type &&
	    (type == JOURNAL_DATA || type == JOURNAL_PLAIN)) {
		last->len += len;
	} else if (len > 0) {
		j->items = grow(j->items, j->nb_items, &j->cap_items, sizeof(*j->items));
		j->items[j->nb_items++] = (struct journal_item){ .off = j->end_off,
								 .len = len,
								 .type = type };
	}
	j->end_off += len;
	if (cut) {
		j->cuts = grow(j->cuts, j->nb_cuts, &j->cap_cuts, sizeof(*j->cuts));
		j->cuts[j->nb_cuts++] = j->end_off;
	}
}

static bool
is_control(const struct journal_item *it)
{
	return it->type != JOURNAL_DATA && it->type != JOURNAL_PLAIN;
}

/*
 * Behind the last byte of data the cursor still stands in its item, which may grow. What was taken
 * before is passed over.
 */
static struct journal_cursor
settle(const struct journal *j, const struct journal_cursor *at)
{
	struct journal_cursor c = *at;

	for (; c.item < j->nb_items; c.item++, c.pos = 0) {
		if (c.item < c.taken && is_control(&j->items[c.item]))
			c.pos = j->items[c.item].len;
		if (c.pos != j->items[c.item].len || c.item + 1 == j->nb_items)
			break;
	}
	return c;
}

static uint8_t
wire_type(uint16_t type)
{
	if (type == JOURNAL_CLOSE_NOTIFY)
		return JOURNAL_ALERT;
	return type == JOURNAL_KEY_UPDATE ? JOURNAL_HANDSHAKE : (uint8_t)type;
}

int
journal_next_type(const struct journal *j, const struct journal_cursor *at)
{
	struct journal_cursor c = settle(j, at);

	if (c.item >= j->nb_items || c.pos == j->items[c.item].len)
		return -1;
	return wire_type(j->items[c.item].type);
}

uint64_t
journal_off(const struct journal *j, const struct journal_cursor *at)
{
	return at->item < j->nb_items ? j->items[at->item].off + at->pos : j->end_off;
}

static const char *
match_item(const struct journal *j, struct journal_cursor *c, const uint8_t *bytes, size_t len)
{
	const struct journal_item *it = &j->items[c->item];
	uint8_t expected[PIECE];

	for (size_t done = 0, n; done < len; done += n, c->pos += n) {
		n = len - done < PIECE ? len - done : PIECE;
		fill_at(j, it->type, it->off, it->len, c->pos, expected, n);
		if (memcmp(expected, bytes + done, n) != 0)
			return "other bytes than sent";
	}
	return NULL;
}

const char *
journal_match(const struct journal *j, struct journal_cursor *at, uint8_t type,
	      const uint8_t *bytes, size_t len)
{
	struct journal_cursor c = *at;
	const struct journal_item *it;
	const char *wrong = NULL;
	size_t left = len, n;

	/* One item, or the data around control records that were taken. */
	for (; left > 0 && wrong == NULL; left -= n) {
		c = settle(j, &c);
		if (c.item >= j->nb_items)
			return "bytes that were never sent";
		it = &j->items[c.item];
		if (wire_type(it->type) != type)
			return left == len ? "another content type than sent" :
					     "more bytes than sent";
		n = left < it->len - c.pos ? left : it->len - c.pos;
		if (n == 0)
			return "more bytes than sent";
		wrong = match_item(j, &c, bytes + (len - left), n);
	}
	if (wrong == NULL)
		*at = c;
	return wrong;
}

const char *
journal_take(const struct journal *j, struct journal_cursor *at, uint8_t type, const uint8_t *bytes,
	     size_t len, struct journal_cursor *it)
{
	const char *wrong;

	*it = settle(j, at);
	while (it->item < j->nb_items &&
	       (!is_control(&j->items[it->item]) || it->item < it->taken)) {
		it->item++;
		it->pos = 0;
	}
	if (it->item == j->nb_items || it->pos + len != j->items[it->item].len)
		return "a control record of another length than sent";
	wrong = journal_match(j, it, type, bytes, len);
	if (wrong == NULL)
		at->taken = it->item + 1;
	return wrong;
}

int
journal_read(const struct journal *j, uint64_t off, uint8_t *out, size_t len)
{
	const struct journal_item *it;

	for (size_t i = 0; i < j->nb_items; i++) {
		it = &j->items[i];
		if (off < it->off || off - it->off >= it->len)
			continue;
		if (len > it->len - (off - it->off))
			return -1;
		fill_at(j, it->type, it->off, it->len, off - it->off, out, len);
		return it->type;
	}
	return -1;
}

bool
journal_between(const struct journal *j, const struct journal_cursor *at)
{
	return at->item >= j->nb_items || at->pos == 0 || at->pos == j->items[at->item].len;
}

bool
journal_behind_update(const struct journal *j, const struct journal_cursor *at)
{
	return at->item < j->nb_items && j->items[at->item].type == JOURNAL_KEY_UPDATE &&
	       at->pos == j->items[at->item].len;
}

bool
journal_cut_inside(const struct journal *j, uint64_t from_off, uint64_t to_off)
{
	size_t low = 0, high = j->nb_cuts;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (j->cuts[middle] <= from_off)
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->nb_cuts && j->cuts[low] < to_off;
}

bool
journal_leaks(const struct journal *j, const uint8_t *bytes, size_t len)
{
	/* GOLDEN's inverse mod 2^64: from a word's origin back to its index. */
	const uint64_t inverse = UINT64_C(0xf1de83e19937733d);
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++) {
		word = word >> 8 | (uint64_t)bytes[i] << 56;
		if (i >= 7 && (unmix(word) - j->base) * inverse < j->end_off / 8)
			return true;
	}
	return false;
}

void
journal_fini(struct journal *j)
{
	free(j->items);
	free(j->cuts);
	*j = (struct journal){ 0 };
}
