/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "baseline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/say.h"
#include "csv.h"
#include "figures.h"

static void
take_line(char *line, char **head, json_t *runs)
{
	json_t *run;
	char *names;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '{') {
		run = json_loads(line, 0, NULL);
		if (json_is_object(run))
			json_array_append(runs, run);
		json_decref(run);
	} else if (strncmp(line, "command,", 8) == 0) {
		free(*head);
		*head = strdup(line);
	} else if (*head != NULL && line[0] != '\0') {
		names = strdup(*head);
		if (names != NULL)
			csv_read(names, line, runs);
		free(names);
	}
}

json_t *
baseline_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, *head = NULL;
	json_t *runs = json_array();
	size_t room = 0;

	if (f == NULL) {
		say("%s: %s", path, strerror(errno));
		json_decref(runs);
		return NULL;
	}
	while (getline(&line, &room, f) > 0)
		take_line(line, &head, runs);
	free(line);
	free(head);
	fclose(f);
	if (json_array_size(runs) > 0)
		return runs;
	say("%s has no run that --json or --csv has written", path);
	json_decref(runs);
	return NULL;
}

static void
compare(const json_t *was, const json_t *is, const char *key)
{
	double before = figures_value(was, key, ""), now = figures_value(is, key, "");
	bool apart = figures_value(is, key, "_q1") > figures_value(was, key, "_q3") ||
		     figures_value(is, key, "_q3") < figures_value(was, key, "_q1");

	printf("  %-34s %10.4g %10.4g %+9.1f %%  %s\n", key, before, now, (now / before - 1) * 100,
	       apart ? "moved" : "within the spread");
}

static const json_t *
find_alike(const json_t *before, const json_t *run)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)before, i, one)
		if (figures_alike(one, run))
			return one;
	return NULL;
}

void
baseline_compare(const json_t *before, const json_t *run)
{
	const json_t *was = find_alike(before, run);
	const char *key;
	json_t *value;

	if (was == NULL) {
		printf("\n  the baseline has no run of these settings\n");
		return;
	}
	printf("\n  %-34s %10s %10s\n", "since the baseline", "before", "now");
	json_object_foreach((json_t *)(uintptr_t)run, key, value)
		if (figures_value(run, key, "_q3") > 0 && figures_value(was, key, "_q3") > 0)
			compare(was, run, key);
}
