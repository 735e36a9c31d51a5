/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "telemetry/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/answer.h"

/* Nothing unprintable, and no list or quote, in which rte_kvargs would look for commas. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < '!' || *text > '~' || strchr("\"'\\[]", *text) != NULL)
			return false;
	return true;
}

/* Cuts the next piece off; NULL: there is none. */
static char *
cut(char **rest)
{
	char *piece = *rest, *comma;

	if (piece == NULL)
		return NULL;
	comma = strchr(piece, ',');
	if (comma != NULL)
		*comma = '\0';
	*rest = comma != NULL ? comma + 1 : NULL;
	return piece;
}

static bool
read_pairs(struct params *p, const struct params_want *want, const char *text,
	   struct rte_tel_data *d)
{
	static const char *const none[] = { NULL };
	const char *const *keys = want->keys != NULL ? want->keys : none;

	if (strchr(text, '=') == NULL) {
		answer_error(d, "too many parameters: this command takes %s", want->usage);
		return false;
	}
	p->pairs = rte_kvargs_parse(text, keys);
	if (p->pairs == NULL) {
		answer_error(d, "'%.40s' is not of key=value with a known key: %s", text,
			     want->usage);
		return false;
	}
	for (uint32_t i = 0; i < p->pairs->count; i++) {
		const struct rte_kvargs_pair *a = &p->pairs->pairs[i];

		if (a->value == NULL || a->value[0] == '\0')
			answer_error(d, "the key %s has no value", a->key);
		else if (rte_kvargs_count(p->pairs, a->key) > 1)
			answer_error(d, "the key %s is given twice", a->key);
		else
			continue;
		params_free(p);
		return false;
	}
	return true;
}

bool
params_read(struct params *p, const struct params_want *want, const char *text,
	    struct rte_tel_data *d)
{
	size_t len = text != NULL ? strlen(text) : 0;
	char *rest = len > 0 ? p->text : NULL;

	memset(p->pos, 0, sizeof(p->pos));
	p->pairs = NULL;
	if (len >= sizeof(p->text)) {
		answer_error(d, "the parameters are too long");
		return false;
	}
	memcpy(p->text, text != NULL ? text : "", len + 1);
	if (!is_plain(p->text)) {
		answer_error(
			d, "a character in the parameters is none of these: A-Z a-z 0-9 . : = ...");
		return false;
	}
	for (uint32_t i = 0; i < want->nb_pos; i++) {
		p->pos[i] = cut(&rest);
		if (p->pos[i] == NULL || p->pos[i][0] == '\0' || strchr(p->pos[i], '=') != NULL) {
			answer_error(d, "a parameter is missing: this command takes %s",
				     want->usage);
			return false;
		}
	}
	return rest == NULL || read_pairs(p, want, rest, d);
}

void
params_free(struct params *p)
{
	rte_kvargs_free(p->pairs);
	p->pairs = NULL;
}

const char *
params_get(const struct params *p, const char *key)
{
	return p->pairs != NULL ? rte_kvargs_get(p->pairs, key) : NULL;
}

bool
params_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	/* strtoull() takes signs and spaces. */
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= max;
}

bool
params_stack(const struct params *p, uint32_t *stack, struct rte_tel_data *d)
{
	if (registry_find(p->pos[0], stack) == 0)
		return true;
	answer_error(d, "there is no stack '%.40s'", p->pos[0]);
	return false;
}
