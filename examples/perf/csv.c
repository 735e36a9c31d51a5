/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

/* Behind the settings: what may stand in a column without quotes. */
static bool
is_figure(const char *key, const json_t *value)
{
	for (const char *const *setting = figures_settings; *setting != NULL; setting++)
		if (strcmp(key, *setting) == 0)
			return false;
	return json_is_number(value) || json_is_null(value);
}

static void
print_run(const json_t *run, const json_t *first)
{
	char text[FIGURES_KEY_MAX];
	const char *key;
	json_t *value;

	for (const char *const *setting = figures_settings; *setting != NULL; setting++) {
		figures_text(run, *setting, text, sizeof(text));
		printf("%s%s", setting == figures_settings ? "" : ",", text);
	}
	json_object_foreach((json_t *)(uintptr_t)first, key, value)
		if (is_figure(key, value)) {
			figures_text(run, key, text, sizeof(text));
			printf(",%s", text);
		}
	putchar('\n');
}

void
csv_print(const json_t *runs)
{
	json_t *first = json_array_get(runs, 0), *value, *run;
	const char *key;
	size_t i;

	for (const char *const *setting = figures_settings; *setting != NULL; setting++)
		printf("%s%s", setting == figures_settings ? "" : ",", *setting);
	json_object_foreach(first, key, value)
		if (is_figure(key, value))
			printf(",%s", key);
	putchar('\n');
	json_array_foreach((json_t *)(uintptr_t)runs, i, run)
		print_run(run, first);
}

static json_t *
read_value(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	return text[0] != '\0' && *end == '\0' ? json_real(v) : json_string(text);
}

/* Settings are compared as text: they stay as they are. */
static bool
is_setting(const char *key)
{
	return !is_figure(key, json_null());
}

void
csv_read(char *head, char *line, json_t *runs)
{
	json_t *run = json_object();
	char *key, *text;

	while ((key = strsep(&head, ",")) != NULL && (text = strsep(&line, ",")) != NULL)
		if (text[0] != '\0')
			json_object_set_new(run, key,
					    is_setting(key) ? json_string(text) : read_value(text));
	json_array_append_new(runs, run);
}
