/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/scripts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/orders.h"
#include "scripts/play.h"

enum {
	FILES_MAX = 1000,
	PATH_SIZE = 1024,
};

static const char SUFFIX[] = ".script";

struct files {
	char *path[FILES_MAX];
	uint32_t n;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add(struct files *f, const char *path)
{
	if (f->n == FILES_MAX || (f->path[f->n++] = strdup(path)) == NULL)
		abort();
}

/* All scripts in a folder, and in those in it. False: it is none. */
static bool
collect(struct files *f, const char *path)
{
	DIR *dir = opendir(path);
	char inner[PATH_SIZE];
	struct dirent *e;
	size_t len;

	if (dir == NULL)
		return false;
	while ((e = readdir(dir)) != NULL) {
		len = strlen(e->d_name);
		snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && strchr(e->d_name, '.') == NULL)
			collect(f, inner);
		else if (len > sizeof(SUFFIX) &&
			 strcmp(e->d_name + len - (sizeof(SUFFIX) - 1), SUFFIX) == 0)
			add(f, inner);
	}
	closedir(dir);
	return true;
}

/* Plays the cases; returns how many were not as they should be. */
static uint32_t
play_file(const struct script *s, const struct end_ops *ops, const char *only)
{
	char error[SCRIPT_ERROR_MAX];
	uint32_t bad = 0;

	for (uint32_t i = 0; i < s->nb_cases; i++) {
		if (only != NULL && strcmp(only, s->cases[i].name) != 0)
			continue;
		if (play(s, &s->cases[i], ops, error))
			continue;
		printf("# %s%s%s\n", error, s->cases[i].name[0] != '\0' ? " Case: " : "",
		       s->cases[i].name);
		bad++;
	}
	return bad;
}

static bool
run_file(const char *path, const struct end_ops *ops, uint32_t number)
{
	const char *only = strchr(path, ':');
	char error[SCRIPT_ERROR_MAX], file[PATH_SIZE];
	struct script s;
	bool ok;

	snprintf(file, sizeof(file), "%.*s", only != NULL ? (int)(only - path) : (int)strlen(path),
		 path);
	if (script_load(file, &s, error) != 0) {
		printf("# %s\nnot ok %u - %s\n", error, number, path);
		return false;
	}
	if (!(s.conf.on & ops->on)) {
		printf("ok %u - %s # SKIP not on %s\n", number, path, ops->name);
		script_free(&s);
		return true;
	}
	ok = play_file(&s, ops, only != NULL ? only + 1 : NULL) == 0;
	printf("%sok %u - %s: %u cases\n", ok ? "" : "not ", number, path, s.nb_cases);
	script_free(&s);
	return ok;
}

int
scripts_main(const struct end_ops *ops, int argc, char **argv)
{
	static struct files files;
	uint32_t bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "orders") == 0)
		return orders_main(ops);
	for (int i = 1; i < argc; i++)
		if (!collect(&files, argv[i]))
			add(&files, argv[i]);
	qsort(files.path, files.n, sizeof(files.path[0]), by_name);
	if (files.n == 0) {
		printf("Bail out! no scripts\n");
		return EXIT_FAILURE;
	}
	printf("1..%u\n", files.n);
	for (uint32_t i = 0; i < files.n; i++) {
		bad += !run_file(files.path[i], ops, i + 1);
		free(files.path[i]);
	}
	return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
