/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The grid of paths, each cell against what it gave when the snapshot was taken. A cell that gives something else is
 * printed, as lines of a diff; one that gives less by half, those of one loss together by 10 %, or all of them by 3 %, is
a fault: of one flow with 30 % lost, most is luck.
 *
 * RECORDTLS_RENEW=1 takes the snapshot anew; with RECORDTLS_FULL=1 the one of the whole grid. RECORDTLS_CELL=TEXT plays
 * the cells that have it in their names; RECORDTLS_SEED=N another luck, compared with nothing.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/grid.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	CELLS_MAX = 600,
	SEED = 1, /* of the snapshot */
	LINE = 160,
	/* Of what the snapshot has: a cell, and geometric means. */
	LEAST_PCT = 50,
	LEAST_ROW_PCT = 90, /* all cells of one loss */
	LEAST_ALL_PCT = 97,
};

static const uint32_t losses[] = { 0, 1000, 10000, GRID_BURSTS, 30000, 100000, 300000 };
static const uint32_t rtts[] = { 1, 10, 50, 200, 500 };

/* Bytes of a cell's flow, in KiB, by losses: what is long enough to be more than its start. */
static const uint32_t kib_few[] = { 8000, 4000, 2000, 2000, 2000, 1000, 300 };
static const uint32_t kib_full[] = { 80000, 30000, 12000, 12000, 5000, 2000, 600 };

static struct grid_cell cells[CELLS_MAX];
static size_t nb_cells;

static uint64_t
bytes_of(size_t loss, bool full)
{
	return (uint64_t)(full ? kib_full : kib_few)[loss] * 1024;
}

static void
add_cell(size_t loss, size_t rtt, enum grid_kind kind, enum grid_queue queue, unsigned int flows)
{
	if (nb_cells == CELLS_MAX)
		abort();
	cells[nb_cells++] = (struct grid_cell){
		.loss_ppm = losses[loss],
		.rtt_ms = rtts[rtt],
		.kind = kind,
		.queue = queue,
		.flows = flows,
		.bytes = bytes_of(loss, harness_full()),
	};
}

/* Short: each loss at each distance once, the rest of it in turn. */
static void
draw_cells(void)
{
	for (size_t l = 0; l < HARNESS_COUNT(losses); l++)
		for (size_t r = 0; r < HARNESS_COUNT(rtts); r++)
			for (int k = 0; k < GRID_KINDS; k++)
				for (int q = 0; q < GRID_QUEUES; q++)
					if (harness_full() || (q == (int)(l + r + (size_t)k) % 3 &&
							       ((size_t)k + l + r) % 2 == 0))
						add_cell(l, r, (enum grid_kind)k,
							 (enum grid_queue)q, 1);
	for (size_t r = 0; r < HARNESS_COUNT(rtts); r++)
		for (int q = 0; q < GRID_QUEUES; q++)
			if (harness_full() || q == GRID_BDP)
				add_cell(0, r, GRID_PLAIN, (enum grid_queue)q, 2);
}

/* --- the snapshot -------------------------------------------------------------- */

static const char *
snapshot_path(void)
{
	return harness_full() ? GRID_FOLDER "/grid_full.txt" : GRID_FOLDER "/grid_short.txt";
}

static void
cell_line(const struct grid_cell *cell, const struct grid_result *r, char line[LINE])
{
	char name[GRID_NAME];
	int n;

	grid_name(cell, name);
	n = snprintf(line, LINE, "%-32s %6" PRIu64 " kbit/s  again %2" PRIu64 ".%02" PRIu64 " %%",
		     name, r->kbit_per_s, r->again * 100 / r->segments,
		     r->again * 10000 / r->segments % 100);
	if (cell->flows > 1)
		snprintf(line + n, LINE - (size_t)n, "  jain 0.%03" PRIu64,
			 r->jain_permille < 1000 ? r->jain_permille : 999);
}

/* The line of the snapshot that begins with the same name; false: it has none. */
static bool
snapshot_line(const char *line, char found[LINE])
{
	size_t len = strcspn(line, " ") + 1;
	FILE *f = fopen(snapshot_path(), "r");
	bool is = false;

	while (f != NULL && !is && fgets(found, LINE, f) != NULL)
		is = strncmp(found, line, len) == 0;
	if (f != NULL)
		fclose(f);
	found[strcspn(found, "\n")] = '\0';
	return is;
}

/* NULL: it stays. */
static FILE *
renewed_snapshot(void)
{
	FILE *f = getenv("RECORDTLS_RENEW") != NULL ? fopen(snapshot_path(), "w") : NULL;

	CU_ASSERT(f != NULL || getenv("RECORDTLS_RENEW") == NULL);
	return f;
}

static uint64_t
rate_of(const char *line)
{
	return strtoull(line + strcspn(line, " "), NULL, 10);
}

/* The logarithm of what it gives now by what it gave. */
static double
compare(const char *line)
{
	char was[LINE];
	double by;

	if (!snapshot_line(line, was)) {
		printf("# + %s\n", line);
		CU_FAIL("the snapshot has no such cell");
		return 0;
	}
	by = (double)rate_of(line) / (double)rate_of(was);
	if (strcmp(was, line) != 0)
		printf("# - %s\n# + %s   x %.2f\n", was, line, by);
	CU_ASSERT(by * 100 >= LEAST_PCT);
	return log(by);
}

/* --- cases ---------------------------------------------------------------------- */

static void
judge(const struct grid_cell *cell, const struct grid_result *r, const char *line)
{
	if (r->error[0] != '\0')
		printf("# %s: %s\n", line, r->error);
	CU_ASSERT_STRING_EQUAL(r->error, "");
	CU_ASSERT(r->segments >= cell->bytes * cell->flows / 1460);
	CU_ASSERT(r->again < r->segments);
	if (getenv("RECORDTLS_CELL") != NULL)
		printf("# %s, %" PRIu64 " time-outs\n", line, r->timeouts);
}

/* Cells of one loss, or all. */
struct row {
	uint64_t played;
	double logs; /* of what each gives by what it gave */
};

static void
add_to(struct row *row, double by)
{
	row->played++;
	row->logs += by;
}

static double
mean_of(const struct row *row)
{
	return row->played == 0 ? 1 : exp(row->logs / (double)row->played);
}

static void
judge_rows(const struct row *rows, const struct row *all)
{
	for (size_t l = 0; l < HARNESS_COUNT(losses); l++) {
		printf("# loss %u ppm: by the snapshot x %.3f\n", losses[l], mean_of(&rows[l]));
		CU_ASSERT(mean_of(&rows[l]) * 100 >= LEAST_ROW_PCT);
	}
	CU_ASSERT(mean_of(all) * 100 >= LEAST_ALL_PCT);
}

static size_t
row_of(const struct grid_cell *cell)
{
	size_t l = 0;

	while (cell->loss_ppm != losses[l])
		l++;
	return l;
}

static bool
is_asked(const struct grid_cell *cell)
{
	const char *only = getenv("RECORDTLS_CELL");
	char name[GRID_NAME];

	grid_name(cell, name);
	return only == NULL || strstr(name, only) != NULL;
}

static void
play_all(uint64_t seed, bool compared)
{
	FILE *renewed = compared ? renewed_snapshot() : NULL;
	struct row rows[HARNESS_COUNT(losses)] = { 0 }, all = { 0 };
	uint64_t bytes = 0, us = 0;

	for (size_t i = 0; i < nb_cells; i++) {
		struct grid_result r;
		char line[LINE];
		double by = 0;

		if (!is_asked(&cells[i]))
			continue;
		grid_play(&cells[i], seed, &r);
		r.segments += r.segments == 0;
		cell_line(&cells[i], &r, line);
		judge(&cells[i], &r, line);
		if (renewed != NULL)
			fprintf(renewed, "%s\n", line);
		else if (compared)
			by = compare(line);
		add_to(&rows[row_of(&cells[i])], by);
		add_to(&all, by);
		bytes += cells[i].bytes * cells[i].flows;
		us += r.us;
	}
	if (renewed != NULL)
		fclose(renewed);
	printf("# %" PRIu64 " cells, %" PRIu64 " MB in %" PRIu64
	       " s of virtual time, by the snapshot x %.3f\n",
	       all.played, bytes / 1000000, us / 1000000, mean_of(&all));
	if (compared)
		judge_rows(rows, &all);
}

static void
test_grid(void)
{
	play_all(SEED, true);
}

static void
play_shorter(uint64_t seed)
{
	for (size_t i = 0; i < nb_cells; i++)
		for (size_t l = 0; l < HARNESS_COUNT(losses); l++)
			if (cells[i].loss_ppm == losses[l])
				cells[i].bytes = bytes_of(l, false);
	play_all(seed, false);
}

/* Other dice: every byte comes, whatever they are. */
static void
test_other_luck(void)
{
	if (harness_full() || getenv("RECORDTLS_SEED") != NULL)
		play_shorter(harness_seed());
	else
		CU_PASS("in full");
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each cell, and what it gave", test_grid },
		{ "each cell by other dice", test_other_luck },
	};

	if (eal_start("sim-grid") != 0)
		return EXIT_FAILURE;
	draw_cells();
	return harness_run("sim/grid", cases, HARNESS_COUNT(cases));
}
