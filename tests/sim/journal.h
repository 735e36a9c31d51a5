/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What one side of a simulated connection sent: the (type, bytes) sequence that
 * the send calls accepted. No byte is stored: content is a function of the seed
 * and of the position, so that any reader can check any piece.
 *
 * Data of consecutive calls is one item, however it was cut; each control
 * record is an item of its own.
 */
#ifndef RTLS_SIM_JOURNAL_H
#define RTLS_SIM_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JOURNAL_KEY_UPDATE_LEN = 5,
};

/* Types of items. */
enum {
	JOURNAL_PLAIN = 0, /* bytes sent before there were keys */
	JOURNAL_ALERT = 21,
	JOURNAL_HANDSHAKE = 22,
	JOURNAL_DATA = 23,
	JOURNAL_CLOSE_NOTIFY = 256, /* on the wire an alert, with fixed content */
	JOURNAL_KEY_UPDATE = 257,   /* on the wire of the handshake: RFC 8446 4.6.3 */
};

struct journal_item {
	uint64_t off; /* of its first byte, counted over all items */
	uint64_t len;
	uint16_t type;
};

struct journal {
	uint64_t base;      /* of the content */
	uint64_t plain_len; /* bytes that will be sent before there are keys */
	uint64_t end_off;
	struct journal_item *items;
	size_t nb_items;
	size_t cap_items;
	/* What data at an offset is instead of random bytes; NULL: it is these. */
	void (*text)(const void *arg, uint64_t off, uint8_t *out, size_t len);
	const void *text_arg;
	uint64_t *cuts; /* offsets at which a data record must end */
	size_t nb_cuts;
	size_t cap_cuts;
};

/* A reader's place. All 0: the start. */
struct journal_cursor {
	size_t item;
	uint64_t pos; /* in the item */
	size_t taken; /* control records in front of this item were read past the data */
};

void journal_init(struct journal *j, uint64_t seed, uint64_t plain_len);

/* The content of the next item, if it has this type and length, from its byte pos on. */
void journal_fill(const struct journal *j, uint16_t type, uint64_t item_len, uint64_t pos,
		  uint8_t *out, size_t len);

/* So much was accepted. cut: a record must end here. */
void journal_append(struct journal *j, uint16_t type, uint64_t len, bool cut);

/* The type of what comes next at the cursor; -1: nothing was sent behind it yet. */
int journal_next_type(const struct journal *j, const struct journal_cursor *at);

/* Where the cursor stands, counted over all items. */
uint64_t journal_off(const struct journal *j, const struct journal_cursor *at);

/*
 * Are these the next bytes at the cursor, of this wire type? Moves the cursor
 * and returns NULL, or says what is wrong.
 */
const char *journal_match(const struct journal *j, struct journal_cursor *at, uint8_t type,
			  const uint8_t *bytes, size_t len);

/* The bytes at an offset, which are of one item: returns its type. -1: they are not. */
int journal_read(const struct journal *j, uint64_t off, uint8_t *out, size_t len);

/* Does the cursor stand between two items (or at the very end)? */
bool journal_between(const struct journal *j, const struct journal_cursor *at);

/*
 * The first control record at the cursor or behind, whole, was read past the data in front of it: are
 * these its bytes, and its wire type? *it: a cursor behind it. NULL, or what is wrong.
 */
const char *journal_take(const struct journal *j, struct journal_cursor *at, uint8_t type,
			 const uint8_t *bytes, size_t len, struct journal_cursor *it);

/* Does the cursor stand right behind a whole KeyUpdate? */
bool journal_behind_update(const struct journal *j, const struct journal_cursor *at);

/* Must a record end strictly between these offsets? */
bool journal_cut_inside(const struct journal *j, uint64_t from_off, uint64_t to_off);

/*
 * Is any aligned 8-byte word of the content accepted so far among these bytes?
 * 15 bytes of content in a row always hold one; random bytes hold one with a
 * probability of about 2^-49 per byte.
 */
bool journal_leaks(const struct journal *j, const uint8_t *bytes, size_t len);

void journal_fini(struct journal *j);

#endif
