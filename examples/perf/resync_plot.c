/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "resync_plot.h"

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/tls.h>

/* What is swept, as an axis says it. */
static const struct {
	const char *what;
	const char *label;
} axes[] = {
	{ "loss", "segments lost (%)" },
	{ "reorder", "segments that come late (%)" },
	{ "rtt-segments", "segments in a round trip" },
	{ "size", "bytes of plaintext in a record" },
	{ "mss", "bytes in a segment" },
};

const char *const resync_plot_columns[] = { "bound_share",
					    "intact_share",
					    "scan_share",
					    "delayed_share",
					    "stack_share",
					    "scan_cycles_per_byte",
					    "delayed_cycles_per_byte",
					    "stack_cycles_per_byte",
					    "software_cycles_per_byte",
					    NULL };

/* A curve: gnuplot's expression of columns, and what it looks like. */
struct curve {
	const char *key; /* it is there where this one is */
	const char *y;
	const char *style;
	const char *title;
};

#define LINE    "with lines dashtype "
#define MARK    "with linespoints dashtype solid lw 1.6 "

/* The colours are told apart by people who see fewer of them, and the marks without any. */
#define SCAN    MARK "lc rgb '#0072b2' pt 7 ps 0.65"
#define DELAYED MARK "lc rgb '#e69f00' pt 4 ps 1.1"
#define STACK   MARK "lc rgb '#009e73' pt 9 ps 0.8"

static const struct curve shares[] = {
	{ "intact_share", "100*$3", LINE "'.' lw 1.6 lc rgb '#999999'", "touched by no loss" },
	{ "bound_share", "100*$2", LINE "solid lw 1.2 lc rgb '#000000'", "bound" },
	{ "delayed_share", "100*$5", DELAYED, "scan, delayed" },
	{ "scan_share", "100*$4", SCAN, "scan" },
	{ "stack_share", "100*$6", STACK, "stack-driven" },
	{ 0 },
};

static const struct curve distances[] = {
	{ "delayed_share", "100*($2-$5)", DELAYED, "" },
	{ "scan_share", "100*($2-$4)", SCAN, "" },
	{ "stack_share", "100*($2-$6)", STACK, "" },
	{ 0 },
};

static const struct curve costs[] = {
	{ "software_cycles_per_byte", "10", LINE "'-' lw 1.4 lc rgb '#cc79a7'", "software alone" },
	{ "delayed_cycles_per_byte", "8", DELAYED, "" },
	{ "scan_cycles_per_byte", "7", SCAN, "" },
	{ "stack_cycles_per_byte", "9", STACK, "" },
	{ 0 },
};

static const struct {
	const char *label;
	const char *more; /* gnuplot's settings */
	const struct curve *curves;
	double top, bottom; /* of the page */
} panels[] = {
	{ "opened by the NIC\\n(% of the records)",
	  "set yrange [*:100]; set format y '%g'; set key left bottom Left reverse spacing 1.15 samplen 2.2",
	  shares, 0.945, 0.545 },
	{ "below the bound\\n(percentage points)",
	  "set yrange [0:*]; set format y '%.1f'; unset key", distances, 0.515, 0.325 },
	{ "host\\n(cycles per byte)",
	  "set yrange [0:*]; set key right bottom Left reverse spacing 1.15 samplen 2.2", costs,
	  0.295, 0.085 },
};

static const char *
axis(const struct options *o)
{
	for (unsigned int i = 0; i < RTE_DIM(axes); i++)
		if (strcmp(axes[i].what, o->sweep.what) == 0)
			return axes[i].label;
	return o->sweep.what;
}

/* What the runs have in common. */
static void
write_title(FILE *out, const struct options *o)
{
	fprintf(out,
		"set label 1 \"TLS %s, %s: records of %u bytes, segments of %u, %u of them in a round trip",
		o->tls == RTLS_TLS_1_3 ? "1.3" : "1.2", o->suite->name, o->size, o->mss,
		o->rtt_segments);
	if (o->loss != 0)
		fprintf(out, ", %g %% lost", o->loss / 1e4);
	if (o->reorder != 0)
		fprintf(out, ", %g %% late", o->reorder / 1e4);
	fputs("\" at screen 0.5,0.975 center font ',12'\n", out);
}

static bool
has(const json_t *runs, const char *key)
{
	return json_is_number(json_object_get(json_array_get(runs, 0), key));
}

static void
write_panel(FILE *out, unsigned int i, const json_t *runs)
{
	const char *before = "plot ";

	fprintf(out, "set tmargin at screen %g\nset bmargin at screen %g\n", panels[i].top,
		panels[i].bottom);
	fprintf(out, "set label 2 \"(%c)\" at screen 0.012,%g font ',13'\n", 'a' + (int)i,
		panels[i].top + 0.005);
	fprintf(out, "set ylabel \"%s\"\n%s\n", panels[i].label, panels[i].more);
	for (const struct curve *c = panels[i].curves; c->key != NULL; c++) {
		if (!has(runs, c->key))
			continue;
		fprintf(out, "%s$runs using 1:(%s%s) %s title '%s'", before,
			strchr(c->y, '$') != NULL ? "" : "$", c->y, c->style, c->title);
		before = ", \\\n     ";
	}
	fputc('\n', out);
}

void
resync_plot_write(FILE *out, const struct options *o, const json_t *runs)
{
	double first = atof(o->sweep.values[0]), last = atof(o->sweep.values[o->sweep.nb - 1]);

	fputs("set multiplot\nset lmargin at screen 0.125\nset rmargin at screen 0.965\n", out);
	fputs("set border 3 lw 0.8\nset tics nomirror out scale 0.6\n"
	      "set grid lc rgb '#dddddd' lw 0.6 dashtype solid\nset encoding utf8\n",
	      out);
	if (first > 0 && last >= 4 * first)
		fprintf(out, "set logscale x\nset xrange [%g:%g]\n", first / 1.1, last * 1.1);
	else
		fputs("set offsets graph 0.02, graph 0.02, 0, 0\n", out);
	for (unsigned int i = 0; i < RTE_DIM(panels); i++) {
		bool lowest = i + 1 == RTE_DIM(panels);

		if (i == 0)
			write_title(out, o);
		else
			fputs("unset label 1\n", out);
		if (lowest)
			fprintf(out, "set format x '%%g'\nset xlabel '%s'\n", axis(o));
		else
			fputs("set format x ''\n", out);
		write_panel(out, i, runs);
	}
	fputs("unset multiplot\n", out);
}
