/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "plot.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/say.h"
#include "figures.h"
#include "resync_plot.h"

extern char **environ;

/* The process reads what is written to *out. 0 or an errno. */
static int
start(pid_t *child, FILE **out)
{
	char *const argv[] = { (char *)(uintptr_t)"gnuplot", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], rc;

	if (pipe(fds) != 0)
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	rc = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[0]);
	if (rc == 0)
		*out = fdopen(fds[1], "w");
	else
		close(fds[1]);
	return rc;
}

/* In gnuplot's single quotes. */
static void
quote(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text != '\0'; text++)
		fprintf(out, *text == '\'' ? "''" : "%c", *text);
	fputc('\'', out);
}

static void
write_data(FILE *out, const struct options *o, const char *const *columns, const json_t *runs)
{
	char text[FIGURES_KEY_MAX];
	json_t *run;
	size_t i;

	fputs("$runs << EOD\n", out);
	json_array_foreach((json_t *)(uintptr_t)runs, i, run) {
		fputs(o->sweep.values[i], out);
		for (const char *const *key = columns; *key != NULL; key++) {
			figures_text(run, *key, text, sizeof(text));
			fprintf(out, " %s", text[0] != '\0' ? text : "NaN");
		}
		fputc('\n', out);
	}
	fputs("EOD\n", out);
}

static void
write_output(FILE *out, const struct options *o, const char *terminal)
{
	fprintf(out, "set terminal svg %s\nset output ", terminal);
	quote(out, o->plot);
	fputc('\n', out);
}

/* A figure above the other: they have units of their own. */
static void
write_figures(FILE *out, const struct options *o, const json_t *runs)
{
	char terminal[32];
	int nb = 0, at = 2;

	for (const char *const *key = figures_shown[o->command]; *key != NULL; key++)
		nb++;
	snprintf(terminal, sizeof(terminal), "size 720,%d", 240 * nb);
	write_output(out, o, terminal);
	write_data(out, o, figures_shown[o->command], runs);
	fprintf(out, "set multiplot layout %d,1\nset logscale x 2\nset grid\nunset key\n", nb);
	fprintf(out, "set xlabel '%s'\nset yrange [0:*]\n", o->sweep.what);
	for (const char *const *key = figures_shown[o->command]; *key != NULL; key++)
		fprintf(out, "set title '%s' noenhanced\nplot $runs using 1:%d with linespoints\n",
			*key, at++);
	fputs("unset multiplot\n", out);
}

static void
write_script(FILE *out, const struct options *o, const json_t *runs)
{
	if (o->command != OPTIONS_RESYNC) {
		write_figures(out, o, runs);
		return;
	}
	write_output(out, o,
		     "size 720,820 font 'Helvetica,Arial,sans-serif,12' background '#ffffff'");
	write_data(out, o, resync_plot_columns, runs);
	resync_plot_write(out, o, runs);
}

/* gnuplot ends lines with blanks, which a picture kept beside sources should not have. */
static void
trim(const char *path)
{
	char *all = NULL, *line = NULL, *rest;
	size_t size = 0, room = 0;
	FILE *f = fopen(path, "r"), *copy = open_memstream(&all, &size);

	while (f != NULL && copy != NULL && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rest = line + strlen(line);
		while (rest > line && rest[-1] == ' ')
			*--rest = '\0';
		fprintf(copy, "%s\n", line);
	}
	free(line);
	if (copy != NULL)
		fclose(copy);
	if (f != NULL && all != NULL)
		f = freopen(path, "w", f);
	if (f != NULL && all != NULL)
		fwrite(all, 1, size, f);
	if (f != NULL)
		fclose(f);
	free(all);
}

bool
plot_can(const struct options *o)
{
	bool there = access(o->plot, F_OK) == 0;
	FILE *f = fopen(o->plot, "a");

	if (f == NULL) {
		say("--plot cannot write %s: %s", o->plot, strerror(errno));
		return false;
	}
	fclose(f);
	if (!there)
		unlink(o->plot);
	return true;
}

bool
plot_draw(const struct options *o, const json_t *runs)
{
	int status = 0, rc;
	FILE *out = NULL;
	pid_t child;

	signal(SIGPIPE, SIG_IGN);
	rc = start(&child, &out);
	if (rc != 0 || out == NULL) {
		say("--plot draws with gnuplot, which is not installed: %s", strerror(rc));
		return false;
	}
	write_script(out, o, runs);
	fclose(out);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		trim(o->plot);
		return true;
	}
	say("gnuplot cannot draw %s", o->plot);
	return false;
}
