/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "say.h"

struct name {
	const char *json;
	const char *stat;
};

static const struct name counters[] = {
	{ "records_tx", "TxRecords" },
	{ "records_rx", "RxRecords" },
	{ "bytes_tx", "TxBytes" },
	{ "bytes_rx", "RxBytes" },
	{ "segments_tx", "TxSegments" },
	{ "segments_rx", "RxSegments" },
	{ "retransmissions", "TxRetransmissions" },
};

/* What must be back where it was once nothing is open. */
static const struct name levels[] = {
	{ "mbufs_in_use", "MbufsInUse" },
	{ "socks_in_use", "SocksInUse" },
	{ "timers_in_use", "TimersInUse" },
	{ "sessions_in_use", "SessionsInUse" },
};

void
report_take(struct report *r, const struct rtls_stack *s)
{
	r->nb_stats = rtls_stats_get(s, NULL, r->stats, REPORT_STATS_MAX);
	/* More than there is room for: nothing was written. */
	if (r->nb_stats < 0 || r->nb_stats > REPORT_STATS_MAX)
		r->nb_stats = 0;
}

static uint64_t
find(const struct report *r, const char *stat)
{
	for (int i = 0; i < r->nb_stats; i++)
		if (strcmp(r->stats[i].name, stat) == 0)
			return r->stats[i].value;
	return 0;
}

static void
put(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void
put_named(json_t *to, const struct report *r, const struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(to, names[i].json, find(r, names[i].stat));
}

void
report_json(const struct report *start, const struct report *now, const struct report_tally *tally)
{
	json_t *root = json_object();
	json_t *at_start = json_object();
	json_t *stats = json_object();
	char *text;

	put(root, "connections", tally->connections);
	put(root, "connections_open", tally->open);
	put(root, "connections_refused", tally->refused);
	put(root, "connections_failed", tally->failed);
	put(root, "requests", tally->requests);
	put_named(root, now, counters, sizeof(counters) / sizeof(counters[0]));
	put_named(root, now, levels, sizeof(levels) / sizeof(levels[0]));
	put_named(at_start, start, levels, sizeof(levels) / sizeof(levels[0]));
	for (int i = 0; i < now->nb_stats; i++)
		put(stats, now->stats[i].name, now->stats[i].value);
	json_object_set_new(root, "at_start", at_start);
	json_object_set_new(root, "stats", stats);
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text != NULL)
		puts(text);
	fflush(stdout);
	free(text);
	json_decref(root);
}

void
report_summary(const struct report *now, const struct report_tally *tally)
{
	say("%" PRIu64 " connections (%" PRIu64 " failed, %" PRIu64 " refused), %" PRIu64
	    " requests, %" PRIu64 " bytes in %" PRIu64 " records sent, %" PRIu64 " retransmissions",
	    tally->connections, tally->failed, tally->refused, tally->requests,
	    find(now, "TxBytes"), find(now, "TxRecords"), find(now, "TxRetransmissions"));
}
