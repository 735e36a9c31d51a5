/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
words_wrong(struct words *w, const char *fmt, ...)
{
	int n = snprintf(w->error, SCRIPT_ERROR_MAX, "%s:%" PRIu32 ": ", w->file, w->line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->error + n, SCRIPT_ERROR_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

bool
words_take(struct words *w, const char *text, const char **next)
{
	size_t len = strcspn(text, "\n");
	char *save = NULL;

	*next = text[len] == '\n' ? text + len + 1 : text + len;
	w->line++;
	w->n = w->at = 0;
	if (len >= sizeof(w->text))
		return words_wrong(w, "the line is longer than %d bytes.", WORDS_LINE_MAX - 1);
	memcpy(w->text, text, len);
	w->text[len] = '\0';
	w->text[strcspn(w->text, "#")] = '\0';
	for (const char *word = strtok_r(w->text, " \t", &save); word != NULL;
	     word = strtok_r(NULL, " \t", &save)) {
		if (w->n == WORDS_MAX)
			return words_wrong(w, "the line has more than %d words.", WORDS_MAX);
		w->word[w->n++] = word;
	}
	return true;
}

const char *
words_next(struct words *w)
{
	return w->at < w->n ? w->word[w->at++] : NULL;
}

bool
words_are(struct words *w, const char *word)
{
	if (w->at == w->n || strcmp(w->word[w->at], word) != 0)
		return false;
	w->at++;
	return true;
}

bool
words_is_number(const char *text, const char *end, int64_t *out)
{
	bool negative = *text == '-';
	int64_t v = 0;

	text += negative;
	if (text == end || end - text > 10)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (*text - '0');
	}
	*out = negative ? -v : v;
	return true;
}

bool
words_is_seconds(const char *text, const char *end, uint64_t *out)
{
	const char *dot = memchr(text, '.', (size_t)(end - text));
	int64_t whole, part = 0;

	if (!words_is_number(text, dot != NULL ? dot : end, &whole) || whole < 0)
		return false;
	if (dot != NULL) {
		if (end - dot - 1 > 6 || !words_is_number(dot + 1, end, &part) || part < 0)
			return false;
		for (long digits = end - dot - 1; digits < 6; digits++)
			part *= 10;
	}
	*out = (uint64_t)whole * 1000000 + (uint64_t)part;
	return true;
}

bool
words_number(struct words *w, const char *what, int64_t min, int64_t max, int64_t *out)
{
	const char *word = words_next(w);

	if (word == NULL)
		return words_wrong(w, "'%s' has no number behind it.", what);
	if (!words_is_number(word, word + strlen(word), out))
		return words_wrong(w, "'%s' has '%s' behind it, which is not a number.", what,
				   word);
	if (*out < min || *out > max)
		return words_wrong(w, "'%s' is %s, which is not from %" PRId64 " to %" PRId64 ".",
				   what, word, min, max);
	return true;
}

bool
words_seconds(struct words *w, const char *what, uint64_t max_us, uint64_t *out)
{
	const char *word = words_next(w);

	if (word == NULL)
		return words_wrong(w, "'%s' has no time behind it.", what);
	if (!words_is_seconds(word, word + strlen(word), out))
		return words_wrong(w, "'%s' has '%s' behind it, which are no seconds.", what, word);
	if (*out > max_us)
		return words_wrong(w, "'%s' is %s s, which is more than %" PRIu64 " s.", what, word,
				   max_us / 1000000);
	return true;
}

bool
words_one_of(struct words *w, const char *what, const char *const *list, uint32_t n, uint32_t *out)
{
	const char *word = words_next(w);

	if (word == NULL)
		return words_wrong(w, "'%s' has nothing behind it.", what);
	for (*out = 0; *out < n; (*out)++)
		if (strcmp(list[*out], word) == 0)
			return true;
	return words_wrong(w, "'%s' does not know '%s'.", what, word);
}

bool
words_end(struct words *w)
{
	return w->at == w->n || words_wrong(w, "'%s' is too much in this line.", w->word[w->at]);
}
