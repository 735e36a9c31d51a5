/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A line of a script, word by word, and what is wrong with it. */
#ifndef RTLS_SCRIPTS_WORDS_H
#define RTLS_SCRIPTS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "scripts/script.h"

enum {
	WORDS_LINE_MAX = 400,
	WORDS_MAX = 64,
};

struct words {
	const char *file;
	uint32_t line;
	char text[WORDS_LINE_MAX]; /* the line, cut into words */
	const char *word[WORDS_MAX];
	uint32_t n;
	uint32_t at;
	char *error; /* SCRIPT_ERROR_MAX */
};

/* Takes the line at text, without its comment; *next is behind it. False: it is too long. */
bool words_take(struct words *w, const char *text, const char **next);

/* The next word, which is passed; NULL: there is none. */
const char *words_next(struct words *w);

/* Is that the next word? Then it is passed. */
bool words_are(struct words *w, const char *word);

/* The next word must be a number in these bounds. what: of what, for the error. */
bool words_number(struct words *w, const char *what, int64_t min, int64_t max, int64_t *out);

/* Seconds with up to six decimals. */
bool words_seconds(struct words *w, const char *what, uint64_t max_us, uint64_t *out);

/* The next word must be one of n; *out is its index. */
bool words_one_of(struct words *w, const char *what, const char *const *list, uint32_t n,
		  uint32_t *out);

/* Nothing may follow. */
bool words_end(struct words *w);

/* Says what is wrong; false, always. */
bool words_wrong(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A number, all of the text: up to end, which is one of its bytes. */
bool words_is_number(const char *text, const char *end, int64_t *out);

/* Seconds, the same. */
bool words_is_seconds(const char *text, const char *end, uint64_t *out);

#endif
