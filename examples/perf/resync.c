/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "resync.h"

#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>

#include "figures.h"
#include "link.h"
#include "report.h"
#include "resync_play.h"

enum {
	TITLE_WIDTH = 34,
};

static const char *const names[RESYNC_WHO] = {
	[RESYNC_SCAN] = "scan",
	[RESYNC_DELAYED] = "delayed",
	[RESYNC_STACK] = "stack",
	[RESYNC_SOFTWARE] = "software",
};

struct resync {
	const struct options *o;
	bool played[RESYNC_WHO];
	struct resync_result result[RESYNC_WHO];
};

/* --- figures of one result ------------------------------------------------------------------ */

static double
part(double n, double of)
{
	return of > 0 ? n / of : 0;
}

static double
opened(const struct resync_result *r)
{
	return part((double)r->opened, (double)r->records);
}

static double
mixed(const struct resync_result *r)
{
	return part((double)r->mixed, (double)r->records);
}

static double
untouched(const struct resync_result *r)
{
	return part((double)r->untouched, (double)r->records);
}

static double
rest(const struct resync_result *r)
{
	return part((double)r->rest, (double)r->records);
}

static double
asked(const struct resync_result *r)
{
	return (double)r->asked;
}

static double
answered(const struct resync_result *r)
{
	return (double)r->answered;
}

static double
cancelled(const struct resync_result *r)
{
	return (double)r->cancelled;
}

static double
told(const struct resync_result *r)
{
	return (double)r->told;
}

static double
out_of_step(const struct resync_result *r)
{
	return part(r->out_of_step_ns, r->took_ns);
}

static double
out_of_step_segments(const struct resync_result *r)
{
	return part(r->out_of_step_ns / r->segment_ns, (double)(r->answered + r->told));
}

static double
cycles(const struct resync_result *r)
{
	return r->cycles.median;
}

/* A line of the table, and a figure of the JSON behind "scan_" and so on. */
static const struct {
	const char *title;
	const char *json;
	double (*of)(const struct resync_result *r);
	int digits;
	bool software; /* has it as well */
} rows[] = {
	{ "opened by the NIC", "share", opened, 4, false },
	{ "mixed: opened in part, then here", "mixed", mixed, 4, false },
	{ "untouched: opened here", "untouched", untouched, 4, false },
	{ "others: opened here", "rest", rest, 4, false },
	{ "the NIC asked", "asked", asked, 0, false },
	{ "  and was answered", "answered", answered, 0, false },
	{ "  and was not", "cancelled", cancelled, 0, false },
	{ "the NIC was told unasked", "told", told, 0, false },
	{ "out of step, of the time", "out_of_step", out_of_step, 4, false },
	{ "  segments each time", "out_of_step_segments", out_of_step_segments, 1, false },
	{ "host, cycles per byte", "cycles_per_byte", cycles, 3, true },
};

/* --- report ----------------------------------------------------------------------------------- */

/* All had the same packets; the first one's. */
static const struct resync_result *
first(const struct resync *r)
{
	for (int who = 0; who < RESYNC_WHO; who++)
		if (r->played[who])
			return &r->result[who];
	return NULL;
}

static void
print_path(const struct resync *r, const struct resync_result *f)
{
	printf("  path       %u segments to a round trip; %g %% lost, %g %% late, by seed %" PRIu64
	       "\n",
	       r->o->rtt_segments, r->o->loss / 1e4, r->o->reorder / 1e4, r->o->seed);
	printf("             %" PRIu64 " segments sent, %" PRIu64 " lost, %" PRIu64
	       " late, %" PRIu64 " sent again; %" PRIu64 " time-outs\n",
	       f->sent, f->lost, f->late, f->sent_again, f->timeouts);
	if (r->o->sender == OPTIONS_SENDER_NIC)
		printf("  sent       %" PRIu64 " records, sealed by a NIC\n", f->sealed);
	printf("  received   %" PRIu64 " bytes in %" PRIu64
	       " records, equal to what was sent; %.2f Gbit/s of the line's 1\n",
	       r->o->bytes, f->records, (double)r->o->bytes * 8 / f->took_ns);
}

static void
print_table(const struct resync *r, const struct resync_result *f)
{
	printf("\n  %-*s", TITLE_WIDTH, "records");
	for (int who = 0; who < RESYNC_WHO; who++)
		printf(" %9s", r->played[who] ? names[who] : "");
	printf("\n");
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		printf("  %-*s", TITLE_WIDTH, rows[i].title);
		for (int who = 0; who < RESYNC_WHO; who++)
			if (!r->played[who] || (who == RESYNC_SOFTWARE && !rows[i].software))
				printf(" %9s", r->played[who] ? "-" : "");
			else
				printf(" %9.*f", rows[i].digits, rows[i].of(&r->result[who]));
		printf("\n");
	}
	printf("  %-*s %9.4f   no NIC that marks whole packets opens more of these\n", TITLE_WIDTH,
	       "bound", part((double)f->bound.openable, (double)f->bound.records));
	printf("  %-*s %9.4f   no loss touched them\n", TITLE_WIDTH, "intact",
	       part((double)f->bound.intact, (double)f->bound.records));
	fflush(stdout);
}

static void
put_figures(const struct resync *r, json_t *root)
{
	char key[FIGURES_KEY_MAX];

	for (int who = 0; who < RESYNC_WHO; who++)
		for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
			if (who == RESYNC_SOFTWARE && !rows[i].software)
				continue;
			snprintf(key, sizeof(key), "%s_%s", names[who], rows[i].json);
			json_object_set_new(root, key,
					    r->played[who] ?
						    json_real(rows[i].of(&r->result[who])) :
						    json_null());
		}
}

static void
put_path(const struct resync *r, const struct resync_result *f, json_t *root)
{
	json_object_set_new(root, "sender",
			    json_string(r->o->sender == OPTIONS_SENDER_NIC ? "nic" : "software"));
	json_object_set_new(root, "loss", json_real(r->o->loss / 1e4));
	json_object_set_new(root, "reorder", json_real(r->o->reorder / 1e4));
	json_object_set_new(root, "rtt_segments", json_integer(r->o->rtt_segments));
	json_object_set_new(root, "burst", json_integer(r->o->burst));
	json_object_set_new(root, "seed", json_integer((json_int_t)r->o->seed));
	json_object_set_new(root, "bytes", json_integer((json_int_t)r->o->bytes));
	json_object_set_new(root, "records", json_integer((json_int_t)f->records));
	json_object_set_new(root, "segments", json_integer((json_int_t)f->sent));
	json_object_set_new(root, "segments_lost", json_integer((json_int_t)f->lost));
	json_object_set_new(root, "segments_late", json_integer((json_int_t)f->late));
	json_object_set_new(root, "segments_again", json_integer((json_int_t)f->sent_again));
	json_object_set_new(root, "sealed_by_nic", json_integer((json_int_t)f->sealed));
	json_object_set_new(root, "bound_share",
			    json_real(part((double)f->bound.openable, (double)f->bound.records)));
	json_object_set_new(root, "intact_share",
			    json_real(part((double)f->bound.intact, (double)f->bound.records)));
}

/* --- the command ------------------------------------------------------------------------------- */

static bool
is_asked_for(const struct options *o, int who)
{
	return o->method == OPTIONS_METHOD_ALL || who == RESYNC_SOFTWARE ||
	       who == (int)o->method - OPTIONS_METHOD_SCAN;
}

bool
resync_run(const struct options *o, json_t *root)
{
	struct resync r = { .o = o };

	for (int who = 0; who < RESYNC_WHO; who++) {
		r.played[who] = is_asked_for(o, who);
		report_progress("resync", (double)who / RESYNC_WHO);
		if (r.played[who] && !resync_play(o, (enum resync_who)who, &r.result[who]))
			return false;
	}
	report_progress("resync", 1);
	print_path(&r, first(&r));
	print_table(&r, first(&r));
	put_path(&r, first(&r), root);
	put_figures(&r, root);
	return true;
}
