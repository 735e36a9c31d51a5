/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "report.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/say.h"

enum { WAIT_MS = 100 }; /* for who reads standard output */

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
	{ "nic_bytes_tx", "TxBytesNic" },
	{ "nic_bytes_rx", "RxBytesOpened" },
	{ "nic_records_tx", "TxRecordsNic" },
	{ "nic_records_rx", "RxRecordsNic" },
};

/* Which part of them the NIC sealed or opened. */
struct share {
	const char *json;
	const char *nic;
	const char *all;
};

enum {
	SHARE_BYTES_TX,
	SHARE_BYTES_RX,
	SHARE_RECORDS_TX,
	SHARE_RECORDS_RX,
	SHARES,
};

static const struct share shares[SHARES] = {
	[SHARE_BYTES_TX] = { "share_bytes_tx", "TxBytesNic", "TxBytesSealed" },
	[SHARE_BYTES_RX] = { "share_bytes_rx", "RxBytesOpened", "RxBytesRecords" },
	[SHARE_RECORDS_TX] = { "share_records_tx", "TxRecordsNic", "TxRecords" },
	[SHARE_RECORDS_RX] = { "share_records_rx", "RxRecordsNic", "RxRecords" },
};

/* What must be back where it was once nothing is open. */
static const struct name levels[] = {
	{ "mbufs_in_use", "MbufsInUse" },
	{ "socks_in_use", "SocksInUse" },
	{ "timers_in_use", "TimersInUse" },
	{ "sessions_in_use", "SessionsInUse" },
};

static void
take(struct report_table *t, const struct rtls_stack *s, const struct rtls_port *p)
{
	t->nb_stats = rtls_stats_get(s, p, t->stats, REPORT_STATS_MAX);
	/* More than there is room for: nothing was written. */
	if (t->nb_stats < 0 || t->nb_stats > REPORT_STATS_MAX)
		t->nb_stats = 0;
}

void
report_take(struct report *r, const struct rtls_stack *s, const struct rtls_port *p)
{
	take(&r->stack, s, NULL);
	take(&r->port, s, p);
}

static uint64_t
find(const struct report *r, const char *stat)
{
	for (int i = 0; i < r->stack.nb_stats; i++)
		if (strcmp(r->stack.stats[i].name, stat) == 0)
			return r->stack.stats[i].value;
	return 0;
}

/* 0 where there was nothing. */
static double
share_of(const struct report *r, const struct share *s)
{
	uint64_t all = find(r, s->all);

	return all == 0 ? 0.0 : (double)find(r, s->nic) / (double)all;
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

static void
put_table(json_t *to, const char *key, const struct report_table *t)
{
	json_t *table = json_object();

	for (int i = 0; i < t->nb_stats; i++)
		put(table, t->stats[i].name, t->stats[i].value);
	json_object_set_new(to, key, table);
}

/* Has standard output room? A pipe has for PIPE_BUF bytes then, or it is full. */
static bool
has_room(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, WAIT_MS) == 1 && (out.revents & POLLOUT) != 0;
}

/* The server goes on, whoever reads or does not: what finds no room is left out. */
static void
print_line(const char *text)
{
	static bool torn; /* the last line has no end */
	size_t left = strlen(text);
	ssize_t n;

	if (!has_room() || (torn && write(STDOUT_FILENO, "\n", 1) != 1))
		return;
	for (torn = true; left > 0; text += n, left -= (size_t)n) {
		if (!has_room())
			return;
		n = write(STDOUT_FILENO, text, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0)
			return;
	}
	torn = !has_room() || write(STDOUT_FILENO, "\n", 1) != 1;
}

void
report_json(const struct report *start, const struct report *now, const struct report_tally *tally)
{
	json_t *root = json_object();
	json_t *at_start = json_object();
	char *text;

	put(root, "connections", tally->connections);
	put(root, "connections_open", tally->open);
	put(root, "connections_refused", tally->refused);
	put(root, "connections_failed", tally->failed);
	put(root, "requests", tally->requests);
	put_named(root, now, counters, sizeof(counters) / sizeof(counters[0]));
	for (int i = 0; i < SHARES; i++)
		json_object_set_new(root, shares[i].json, json_real(share_of(now, &shares[i])));
	put_named(root, now, levels, sizeof(levels) / sizeof(levels[0]));
	put_named(at_start, start, levels, sizeof(levels) / sizeof(levels[0]));
	json_object_set_new(root, "at_start", at_start);
	put_table(root, "stats", &now->stack);
	put_table(root, "port_stats", &now->port);
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text != NULL)
		print_line(text);
	free(text);
	json_decref(root);
}

/* Cut off, not rounded: 100.0 is all of it. */
static double
percent(const struct report *r, int share)
{
	return (double)(int)(share_of(r, &shares[share]) * 1000) / 10;
}

void
report_summary(const struct report *now, const struct report_tally *tally)
{
	say("%" PRIu64 " connections (%" PRIu64 " failed, %" PRIu64 " refused), %" PRIu64
	    " requests, %" PRIu64 " bytes in %" PRIu64 " records sent, %" PRIu64 " retransmissions",
	    tally->connections, tally->failed, tally->refused, tally->requests,
	    find(now, "TxBytes"), find(now, "TxRecords"), find(now, "TxRetransmissions"));
	if (find(now, "TlsTxDevice") + find(now, "TlsRxDevice") == 0)
		return;
	say("the NIC sealed %.1f %% of the bytes and %.1f %% of the records, and opened %.1f %% of the "
	    "records received, each verified again in software",
	    percent(now, SHARE_BYTES_TX), percent(now, SHARE_RECORDS_TX),
	    percent(now, SHARE_RECORDS_RX));
}
