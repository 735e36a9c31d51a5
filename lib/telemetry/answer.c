/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "telemetry/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <recordtls/stats.h>

/* rte_telemetry does not make JSON of the rest, and reads beside a table for bytes above 127. */
static void
plain(char out[RTE_TEL_MAX_STRING_LEN], const char *text)
{
	size_t i;

	for (i = 0; i < RTE_TEL_MAX_STRING_LEN - 1 && text[i] != '\0'; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '_';
	out[i] = '\0';
}

int
answer_error(struct rte_tel_data *d, const char *format, ...)
{
	char text[RTE_TEL_MAX_STRING_LEN];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	rte_tel_data_start_dict(d);
	answer_text(d, "error", text);
	return 0;
}

int
answer_unvisited(struct rte_tel_data *d, uint32_t stack, int rc)
{
	switch (rc) {
	case -ENOENT:
		return answer_error(d, "there is no stack %u", stack);
	case -ETIMEDOUT:
		return answer_error(d, "stack %u was not polled for a second", stack);
	case -EBUSY:
		return answer_error(d, "stack %u is busy with other commands", stack);
	case -ESHUTDOWN:
		return answer_error(d, "stack %u has just been destroyed", stack);
	default:
		return answer_error(d, "stack %u cannot be looked at (%d)", stack, rc);
	}
}

struct rte_tel_data *
answer_dict(void)
{
	struct rte_tel_data *d = rte_tel_data_alloc();

	if (d != NULL)
		rte_tel_data_start_dict(d);
	return d;
}

void
answer_put(struct rte_tel_data *d, const char *name, struct rte_tel_data *dict)
{
	if (dict != NULL && rte_tel_data_add_dict_container(d, name, dict, 0) != 0)
		rte_tel_data_free(dict);
}

void
answer_text(struct rte_tel_data *d, const char *name, const char *text)
{
	char out[RTE_TEL_MAX_STRING_LEN];

	if (text == NULL)
		return;
	plain(out, text);
	rte_tel_data_add_dict_string(d, name, out);
}

void
answer_item(struct rte_tel_data *array, const char *text)
{
	char out[RTE_TEL_MAX_STRING_LEN];

	plain(out, text);
	rte_tel_data_add_array_string(array, out);
}

void
answer_stats(struct rte_tel_data *d, const struct rtls_stat_desc *tab, const uint64_t *values,
	     int n)
{
	for (int i = 0; i < n; i++)
		rte_tel_data_add_dict_uint(d, tab[i].name, values[i]);
}

void
answer_meanings(struct rte_tel_data *d, const struct rtls_stat_desc *tab, int n)
{
	struct rte_tel_data *of[] = {
		[RTLS_STAT_COUNTER] = answer_dict(),
		[RTLS_STAT_LEVEL] = answer_dict(),
	};

	for (int i = 0; i < n; i++)
		if (of[tab[i].kind] != NULL)
			answer_text(of[tab[i].kind], tab[i].name, tab[i].meaning);
	answer_put(d, "counters", of[RTLS_STAT_COUNTER]);
	answer_put(d, "levels", of[RTLS_STAT_LEVEL]);
}

void
answer_addr(struct rte_tel_data *d, const char *name, const struct rtls_addr *a)
{
	char text[RTLS_ADDR_TEXT];

	rtls_addr_format(a, text, sizeof(text));
	rte_tel_data_add_dict_string(d, name, text);
}
