/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the network is like: names with values, and commas between them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"
#include "say.h"

enum {
	NS_PER_S = 1000000000,
	SEED_MAX = 999999999,
	PPM_PER_CENT = 10000,
	RTT_MAX_MS = 2000,
	DIGITS = 4, /* behind the point */
};

uint64_t
option_draw_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec) % SEED_MAX + 1;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number with up to four digits behind its point, in units of the last one; and what is behind it, or NULL. */
static const char *
read_decimal(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	int digits = DIGITS;

	if (!is_digit(*text))
		return NULL;
	for (; is_digit(*text) && n <= max; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	if (text[0] == '.' && is_digit(text[1]))
		for (text++; is_digit(*text) && digits > 0; text++, digits--)
			n = n * 10 + (uint64_t)(*text - '0');
	for (; digits > 0; digits--)
		n *= 10;
	*out = n;
	return n <= max * PPM_PER_CENT && !is_digit(*text) ? text : NULL;
}

/* Behind name=, or NULL. */
static const char *
value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

static const char *
read_share(const char *text, uint32_t *ppm)
{
	uint64_t n;

	text = read_decimal(text, 100, &n);
	if (text != NULL)
		*ppm = (uint32_t)n;
	return text;
}

static const char *
read_rtt(const char *text, struct option_path *path)
{
	uint64_t n;

	text = read_decimal(text, RTT_MAX_MS, &n);
	if (text != NULL)
		path->delay_us = (uint32_t)(n * 1000 / PPM_PER_CENT / 2);
	return text;
}

static const char *
read_seed(const char *text, struct option_path *path)
{
	char *end;

	if (!is_digit(*text))
		return NULL;
	errno = 0;
	path->seed = strtoull(text, &end, 10);
	return errno == 0 && path->seed != 0 ? end : NULL;
}

/* One name and its value; what is behind it, NULL: it is wrong. */
static const char *
read_one(const char *text, struct option_path *path)
{
	const char *value;

	if ((value = value_of(text, "loss")) != NULL)
		return read_share(value, &path->loss_ppm);
	if ((value = value_of(text, "reorder")) != NULL)
		return read_share(value, &path->reorder_ppm);
	if ((value = value_of(text, "duplicate")) != NULL)
		return read_share(value, &path->duplicate_ppm);
	if ((value = value_of(text, "rtt")) != NULL)
		return read_rtt(value, path);
	if ((value = value_of(text, "seed")) != NULL)
		return read_seed(value, path);
	return NULL;
}

bool
option_path(const struct option_row *row, const char *text, void *out)
{
	struct option_path *path = out;
	const char *at = text;

	*path = (struct option_path){ .seed = 0 };
	while ((at = read_one(at, path)) != NULL && *at == ',')
		at++;
	if (at != NULL && *at == '\0') {
		if (path->seed == 0)
			path->seed = option_draw_seed();
		return true;
	}
	say("--%s takes loss=P, reorder=P and duplicate=P up to 100, rtt=MS up to %d and seed=N, with "
	    "commas between them, such as loss=1,rtt=20, not '%s'",
	    row->name, RTT_MAX_MS, text);
	return false;
}

void
option_path_say(const struct option_path *path)
{
	const uint32_t ppm[] = { path->loss_ppm, path->reorder_ppm, path->duplicate_ppm };
	char share[3][16];

	for (int i = 0; i < 3; i++)
		snprintf(share[i], sizeof(share[i]), "%u.%04u", ppm[i] / PPM_PER_CENT,
			 ppm[i] % PPM_PER_CENT);
	say("--path loss=%s,reorder=%s,duplicate=%s,rtt=%u.%03u,seed=%" PRIu64
	    " repeats this network",
	    share[0], share[1], share[2], path->delay_us / 500, path->delay_us % 500 * 2,
	    path->seed);
}
