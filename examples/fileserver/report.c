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

#include <recordtls/netem.h>

#include "common/say.h"
#include "json/stats_json.h"

enum {
	WAIT_MS = 100, /* for who reads standard output */
};

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
	{ "audited_rx", "RxAudited" },
	{ "audits_failed_rx", "RxAuditFailed" },
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
static const struct name levels[REPORT_LEVELS] = {
	{ "mbufs_in_use", "MbufsInUse" },
	{ "socks_in_use", "SocksInUse" },
	{ "timers_in_use", "TimersInUse" },
	{ "sessions_in_use", "SessionsInUse" },
};

/* 0 for one that is not there. */
static uint64_t
find(const struct report *r, const char *stat)
{
	uint64_t value = 0;

	rtls_stat_get(r->stack, NULL, stat, &value);
	return value;
}

void
report_start(struct report *r, const struct rtls_stack *s, const struct rtls_port *p)
{
	*r = (struct report){ .stack = s, .port = p };
	for (int i = 0; i < REPORT_LEVELS; i++)
		r->at_start[i] = find(r, levels[i].stat);
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

/* Has standard output room? A pipe has for PIPE_BUF bytes then, or it is full. */
static bool
has_room(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, WAIT_MS) == 1 && (out.revents & POLLOUT) != 0;
}

/* The server ends, whoever reads or does not: what finds no room is left out. */
static void
print_line(const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	for (; left > 0; text += n, left -= (size_t)n) {
		if (!has_room())
			return;
		n = write(STDOUT_FILENO, text, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0)
			return;
	}
	if (has_room())
		(void)!write(STDOUT_FILENO, "\n", 1);
}

static void
put_way(json_t *to, const char *key, const struct rtls_netem_way *way)
{
	json_t *table = json_object();

	put(table, "packets", way->packets);
	put(table, "lost", way->lost);
	put(table, "reordered", way->reordered);
	put(table, "duplicated", way->duplicated);
	put(table, "no_room", way->no_room);
	json_object_set_new(to, key, table);
}

/* What the network of --path did, if there is one. */
static void
put_path(json_t *to, const struct rtls_port *port)
{
	struct rtls_netem_stats stats = { .size = sizeof(stats) };
	json_t *table;

	if (rtls_netem_stats(port, &stats) != 0)
		return;
	table = json_object();
	put_way(table, "tx", &stats.tx);
	put_way(table, "rx", &stats.rx);
	json_object_set_new(to, "path", table);
}

void
report_json(const struct report *r, const struct server_tally *tally)
{
	json_t *root = json_object();
	json_t *at_start = json_object();
	char *text;

	put(root, "connections", tally->connections);
	put(root, "connections_open", tally->open);
	put(root, "connections_refused", tally->refused);
	put(root, "connections_failed", tally->failed);
	put(root, "requests", tally->requests);
	put(root, "stored", tally->stored);
	put_named(root, r, counters, sizeof(counters) / sizeof(counters[0]));
	for (int i = 0; i < SHARES; i++)
		json_object_set_new(root, shares[i].json, json_real(share_of(r, &shares[i])));
	put_named(root, r, levels, REPORT_LEVELS);
	for (int i = 0; i < REPORT_LEVELS; i++)
		put(at_start, levels[i].json, r->at_start[i]);
	json_object_set_new(root, "at_start", at_start);
	json_object_set_new(root, "stats", stats_json(r->stack, NULL));
	json_object_set_new(root, "port_stats", stats_json(r->stack, r->port));
	put_path(root, r->port);
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
report_summary(const struct report *r, const struct server_tally *tally)
{
	say("%" PRIu64 " connections (%" PRIu64 " failed, %" PRIu64 " refused), %" PRIu64
	    " requests, %" PRIu64 " bytes in %" PRIu64 " records sent, %" PRIu64 " retransmissions",
	    tally->connections, tally->failed, tally->refused, tally->requests, find(r, "TxBytes"),
	    find(r, "TxRecords"), find(r, "TxRetransmissions"));
	if (find(r, "TlsTxDevice") + find(r, "TlsRxDevice") == 0)
		return;
	say("the NIC sealed %.1f %% of the bytes and %.1f %% of the records, and opened %.1f %% of the "
	    "records received",
	    percent(r, SHARE_BYTES_TX), percent(r, SHARE_RECORDS_TX), percent(r, SHARE_RECORDS_RX));
}
