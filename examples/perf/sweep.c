/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "common/say.h"
#include "figures.h"
#include "plot.h"
#include "report.h"

enum {
	FAILED = 1,
};

/* The run's JSON, if it is the last line of what it prints. */
static json_t *
read_run(int fd)
{
	FILE *f = fdopen(fd, "r");
	json_t *run = NULL;
	char *line = NULL;
	size_t room = 0;

	while (f != NULL && getline(&line, &room, f) > 0)
		if (line[0] == '{') {
			json_decref(run);
			run = json_loads(line, 0, NULL);
		}
	free(line);
	if (f != NULL)
		fclose(f);
	return run;
}

static int
run_apart(const struct options *o, int (*run)(const struct options *o, void *arg), void *arg,
	  json_t **out)
{
	int fds[2], status;
	pid_t child;

	if (pipe(fds) != 0 || (child = fork()) < 0) {
		say("no process for a run: %s", strerror(errno));
		return FAILED;
	}
	if (child == 0) {
		close(fds[0]);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[1]);
		status = run(o, arg);
		fflush(stdout);
		_exit(status);
	}
	close(fds[1]);
	*out = read_run(fds[0]);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return FAILED;
	return WEXITSTATUS(status) == 0 && *out == NULL ? FAILED : WEXITSTATUS(status);
}

static void
print_head(const struct options *o)
{
	printf("%s by %s\n\n  %18s", options_command_name(o->command), o->sweep.what,
	       o->sweep.what);
	for (const char *const *key = figures_shown[o->command]; *key != NULL; key++)
		printf(" %24s", *key);
	putchar('\n');
}

static void
print_run(const struct options *o, const char *value, const json_t *run)
{
	char text[FIGURES_KEY_MAX];

	printf("  %18s", value);
	for (const char *const *key = figures_shown[o->command]; *key != NULL; key++) {
		figures_text(run, *key, text, sizeof(text));
		printf(" %24s", text[0] != '\0' ? text : "-");
	}
	putchar('\n');
	fflush(stdout);
}

int
sweep_run(const struct options *o, int (*run)(const struct options *o, void *arg), void *arg)
{
	json_t *runs;
	int rc = 0;

	if (o->plot != NULL && !plot_can(o))
		return FAILED;
	runs = json_array();
	print_head(o);
	fflush(stdout);
	for (unsigned int i = 0; i < o->sweep.nb && rc == 0; i++) {
		struct options one = *o;
		json_t *json = NULL;

		options_swept(&one, i);
		rc = run_apart(&one, run, arg, &json);
		if (rc == 0)
			print_run(o, o->sweep.values[i], json);
		json_array_append_new(runs, json);
	}
	if (rc == 0)
		report_runs(o, runs);
	if (rc == 0 && o->plot != NULL && !plot_draw(o, runs))
		rc = FAILED;
	json_decref(runs);
	return rc;
}
