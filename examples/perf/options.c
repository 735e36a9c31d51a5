/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/names.h>

#include "common/say.h"
#include "help.h"

enum {
	SOCKET_MIN = 64, /* RTLS_OPT_MAX_PAYLOAD */
	RECORD_MAX = 16384,
	FILE_MAX = 64 << 20,
	CONNS_MAX = 10000,
	FILE_CONNS_MAX = 4000,
	FLOOD_CONNS_MAX = 200,
	MEGABYTES = 640,
	FLOOD_CONN_BYTES = 2 << 20, /* of the host's, which are full */
	ADD_POLLS = 16,
	PERCENT_MAX = 50,
	RESYNC_RECORDS = 20000,
	RANGE_VALUES = 11,
	CONN_BYTES = 128 << 10, /* of both ends */
	PATH_MBUFS = 49152,     /* of both ends, and of a NIC at each */
	PATH_WINDOWS = 32,      /* of what is under way, in buffers of both ends */
	CONN_REQUESTS = 13,     /* buffers and packets of both ends for so many */
};

const char *
options_mode_name(enum options_mode mode)
{
	switch (mode) {
	case OPTIONS_PLAIN:
		return "plain";
	case OPTIONS_SOFTWARE:
		return rtls_mode_name(RTLS_MODE_SOFTWARE);
	case OPTIONS_NIC:
		return rtls_mode_name(RTLS_MODE_NIC);
	}
	return "unknown";
}

static bool
read_tls(const struct option_row *row, const char *text, void *out)
{
	uint16_t version = strcmp(text, "1.3") == 0 ? RTLS_TLS_1_3 :
			   strcmp(text, "1.2") == 0 ? RTLS_TLS_1_2 :
						      0;

	if (version == 0) {
		say("--%s takes 1.2 or 1.3, not '%s'", row->name, text);
		return false;
	}
	*(uint16_t *)out = version;
	return true;
}

static bool
read_suite(const struct option_row *row, const char *text, void *out)
{
	const struct suite *suite = suite_find(text);

	if (suite == NULL) {
		say("--%s takes one of %s, not '%s'", row->name, suite_names(), text);
		return false;
	}
	*(const struct suite **)out = suite;
	return true;
}

/* Of a million. */
static bool
read_percent(const struct option_row *row, const char *text, void *out)
{
	char *end;
	double percent = strtod(text, &end);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || !(percent <= PERCENT_MAX)) {
		say("--%s takes a number from 0 to %d, not '%s'", row->name, PERCENT_MAX, text);
		return false;
	}
	*(uint32_t *)out = (uint32_t)(percent * 1e4 + 0.5);
	return true;
}

/* "0.01:3:log" as values of which each is as many times the one before; two digits of each are enough. */
static bool
read_range(struct options_sweep *sweep, const char *text)
{
	static char values[RANGE_VALUES][24];
	char *end;
	double from = strtod(text, &end), to = *end == ':' ? strtod(end + 1, &end) : 0, digit, v;

	if (strcmp(end, ":log") != 0 || !(from > 0 && to > from))
		return false;
	for (int i = 0; i < RANGE_VALUES; i++) {
		v = from * pow(to / from, (double)i / (RANGE_VALUES - 1));
		digit = pow(10, floor(log10(v)) - 1);
		snprintf(values[i], sizeof(values[i]), "%.10g", round(v / digit) * digit);
		sweep->values[sweep->nb++] = values[i];
	}
	return true;
}

/* "what=1,2,3", or a range */
static bool
read_sweep(const struct option_row *row, const char *text, void *out)
{
	static const char *const names[] = { "size", "mss",  "conns",   "in-flight",    "suite",
					     "tls",  "loss", "reorder", "rtt-segments", "syns" };
	static char copy[256];
	struct options_sweep *sweep = out;
	char *values = copy, *value;

	*sweep = (struct options_sweep){ 0 };
	snprintf(copy, sizeof(copy), "%s", text);
	value = strsep(&values, "=");
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (strcmp(value, names[i]) == 0)
			sweep->what = names[i];
	if (values != NULL && strchr(values, ':') != NULL) {
		if (!read_range(sweep, values)) {
			say("--%s takes a range such as loss=0.01:3:log, from a number above 0 to a larger one, not '%s'",
			    row->name, text);
			return false;
		}
		values = NULL;
	}
	while (sweep->nb < OPTIONS_SWEEP_MAX && (value = strsep(&values, ",")) != NULL)
		sweep->values[sweep->nb++] = value;
	if (sweep->what != NULL && sweep->nb > 0 && values == NULL && strlen(text) < sizeof(copy))
		return true;
	say("--%s takes size, mss, conns, in-flight, suite, tls, loss, reorder, rtt-segments or syns, and up to %d values, or a range: conns=1,8,64, loss=0.01:3:log; not '%s'",
	    row->name, OPTIONS_SWEEP_MAX, text);
	return false;
}

#define AT(field) offsetof(struct options, field)

/* With bounds and defaults of what means another thing with each. */
struct command {
	const char *name;
	uint32_t size, size_min, size_max;
	uint32_t conns, conns_max;
};

static const struct command commands[] = {
	[OPTIONS_RECORD] = { "record", RECORD_MAX, 1, RECORD_MAX, 1, 1 },
	[OPTIONS_FLOW] = { "flow", RECORD_MAX, SOCKET_MIN, RECORD_MAX, 1, 64 },
	[OPTIONS_RR] = { "rr", 64, SOCKET_MIN, RECORD_MAX, 64, CONNS_MAX },
	[OPTIONS_CONNS] = { "conns", RECORD_MAX, 1, RECORD_MAX, 64, CONNS_MAX },
	[OPTIONS_CONTEXTS] = { "conns", RECORD_MAX, SOCKET_MIN, RECORD_MAX, 1000, CONNS_MAX },
	[OPTIONS_FILE] = { "file", 1024, 1, FILE_MAX, 64, FILE_CONNS_MAX },
	[OPTIONS_RESYNC] = { "resync", RECORD_MAX, SOCKET_MIN, RECORD_MAX, 1, 1 },
	[OPTIONS_FLOOD] = { "flood", RECORD_MAX, SOCKET_MIN, RECORD_MAX, 50, FLOOD_CONNS_MAX },
};

/* The same text for rows that go with the same commands. */
static const char flow[] = "flow";
static const char flow_flood[] = "flow or flood";
static const char with_mode[] = "flow, rr, conns or flood";
static const char not_record[] = "flow, rr, conns, file or flood";
static const char conns[] = "conns";
static const char file[] = "file";
static const char resync[] = "resync";
static const char flood[] = "flood";

const char *
options_command_name(enum options_command command)
{
	return commands[command].name;
}

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "tls", .value = "VERSION", .read = read_tls, .at = AT(tls),
	  .help = "1.2 or 1.3, the default" },
	{ .name = "suite", .value = "NAME", .read = read_suite, .at = AT(suite),
	  .help = "aes-128-gcm, the default, aes-256-gcm, chacha20-poly1305, aes-128-ccm" },
	{ .name = "size", .value = "N", .read = option_u32, .at = AT(size), .min = 1, .max = FILE_MAX,
	  .help = "plaintext bytes per record, 1 to 16384, over TCP 64 to 16384; default\n"
		  "16384. With rr, of a request and of its answer: 64 to 16384; default\n"
		  "64. With file, of the file: 1 to 67108864; default 1024" },
	{ .name = "mss", .value = "N", .read = option_u32, .at = AT(mss), .min = 536, .max = 8960,
	  .help = "bytes of a received record, or of a sent segment, per packet, 536\n"
		  "to 8960; default 1448" },
	{ .name = "seconds", .value = "S", .read = option_seconds, .at = AT(seconds),
	  .help = "how long to measure; default 5" },
	ROW_CRYPTO(struct options, crypto),
	ROW_JSON(struct options),
	{ .name = "csv", .read = option_flag, .at = AT(csv),
	  .help = "the same as comma-separated values, in front of it" },
	{ .name = "baseline", .value = "FILE", .read = option_text, .at = AT(baseline),
	  .help = "say what has moved since a run of before, of which FILE has the JSON\n"
		  "or CSV: figures whose quartiles lie apart" },
	{ .name = "sweep", .value = "WHAT=N,N", .read = read_sweep, .at = AT(sweep),
	  .help = "a run for each value of size, mss, conns, in-flight, suite, tls, loss,\n"
		  "reorder, rtt-segments or syns; loss=0.01:3:log for values in a range" },
	{ .name = "plot", .value = "FILE.svg", .read = option_text, .at = AT(plot),
	  .help = "draw the sweep, with gnuplot" },
	{ .name = "tso", .read = option_flag, .at = AT(tso), .command = flow,
	  .help = "the NIC cuts long packets, in every mode" },
	{ .name = "one-core", .read = option_flag, .at = AT(one_core), .command = flow_flood,
	  .help = "both stacks on one core: what the library costs without the other\n"
		  "core's cache lines, next to the floor. With flood, time goes on while\n"
		  "the NIC, the cable and the clients take their turns" },
	{ .name = "in-flight", .value = "N", .read = option_u32, .at = AT(in_flight), .min = 64, .max = 4096, .command = flow,
	  .help = "packets that are held on the way, 64 to 4096, with --one-core;\n"
		  "default: none, and what the windows allow is in flight" },
	{ .name = "mode", .value = "MODE", .read = option_word, .at = AT(mode), .words = "plain software nic", .command = with_mode,
	  .help = "plain, software or nic; default software" },
	ROW_NIC_METHOD(struct options, nic, with_mode),
	ROW_NIC_FAULT(struct options, nic, "flow, rr, conns, resync or flood"),
	ROW_AUDIT(struct options, audit, flow),
	{ .name = "cc", .value = "NAME", .read = option_word, .at = AT(cc), .words = "cubic newreno", .command = flow,
	  .help = "congestion control of both ends: cubic, the default, or newreno" },
	{ .name = "pacing", .value = "N", .read = option_u32, .at = AT(pacing), .min = 1000, .max = UINT32_MAX, .command = flow,
	  .help = "no connection sends more than N bytes of stream per second; default:\n"
		  "no limit" },
	{ .name = "conns", .value = "N", .read = option_u32, .at = AT(conns), .min = 1, .max = CONNS_MAX, .command = not_record,
	  .help = "connections at once; flow: 1 to 64, default 1; flood: 1 to 200, default\n"
		  "50; file: 1 to 4000, the others: 1 to 10000, default 64" },
	{ .name = "wipe", .read = option_flag, .at = AT(wipe), .command = not_record,
	  .help = "wipe buffers of records when they are free" },
	{ .name = "contexts", .read = option_flag, .at = AT(contexts), .command = conns,
	  .help = "measure the NIC's contexts instead: installed per second, how long one\n"
		  "takes, a full table; 1000 connections by default" },
	{ .name = "table", .value = "N", .read = option_u32, .at = AT(table), .min = 1, .max = 2 * CONNS_MAX, .command = conns,
	  .help = "with --contexts: room of the table that is too small, 1 to 20000;\n"
		  "default: half of what is asked for" },
	{ .name = "add-polls", .value = "N", .read = option_u32, .at = AT(add_polls), .min = 1, .max = 10000, .command = conns,
	  .help = "with --contexts: polls of a late answer, 1 to 10000; default 16" },
	{ .name = "requests", .value = "N", .read = option_u32, .at = AT(requests), .min = 1, .max = UINT32_MAX, .command = file,
	  .help = "so many, however long they take" },
	{ .name = "read", .read = option_flag, .at = AT(read), .command = file,
	  .help = "the server keeps the file open, but not in memory: it is read for\n"
		  "each request" },
	{ .name = "method", .value = "METHOD", .read = option_word, .at = AT(method), .words = "all scan delayed stack", .command = resync,
	  .help = "how the NIC finds its place again: scan, delayed or stack; default:\n"
		  "all of them, for the same losses" },
	{ .name = "loss", .value = "P", .read = read_percent, .at = AT(loss), .command = resync,
	  .help = "percent of the packets that are lost, 0 to 50; default 0" },
	{ .name = "reorder", .value = "P", .read = read_percent, .at = AT(reorder), .command = resync,
	  .help = "percent of the packets that let 1 to 8 others pass; default 0" },
	{ .name = "rtt-segments", .value = "N", .read = option_u32, .at = AT(rtt_segments), .min = 2, .max = 1000, .command = resync,
	  .help = "segments in a round trip, 2 to 1000; default 40" },
	{ .name = "burst", .value = "N", .read = option_u32, .at = AT(burst), .min = 1, .max = 64, .command = resync,
	  .help = "segments that arrive between two turns of the host, 1 to 64; default 16" },
	{ .name = "bytes", .value = "N", .read = option_u64, .at = AT(bytes), .min = 1, .max = UINT64_C(1) << 40, .command = resync,
	  .help = "how much is sent; default: 20000 records" },
	{ .name = "sender", .value = "WHO", .read = option_word, .at = AT(sender), .words = "software nic", .command = resync,
	  .help = "who seals at the far end: software, the default, or a NIC of its own" },
	{ .name = "seed", .value = "N", .read = option_u64, .at = AT(seed), .max = INT64_MAX, .command = resync,
	  .help = "what is lost, and late; default 1" },
	{ .name = "syns", .value = "N", .read = option_u32, .at = AT(syns), .min = 1000, .max = 10000000, .command = flood,
	  .help = "SYNs per second from addresses that nobody has, 1000 to 10000000;\n"
		  "default 100000" },
	{ .name = "rate", .value = "N", .read = option_u32, .at = AT(rate), .min = 1, .max = 100000, .command = flood,
	  .help = "Mbit/s of all downloads together where they are paced, 1 to 100000;\n"
		  "default 1000" },
};
/* clang-format on */

const struct option_table options_table = {
	.usage =
		"recordtls-perf [EAL-ARGUMENTS --] record|flow|rr|conns|file|resync|flood [OPTION]...\n"
		"\n"
		"It needs nothing of the machine: no PCI, and huge pages only if some are free. EAL\n"
		"arguments change what they say, and nothing else.\n",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = help_text,
};

/* The command's own defaults and bounds. */
static bool
fit(struct options *o)
{
	const struct command *c = &commands[o->command];

	if (!options_fit(&options_table, c->name))
		return false;
	if (o->size == 0)
		o->size = c->size;
	if (o->conns == 0)
		o->conns = c->conns;
	if (o->bytes == 0)
		o->bytes = (uint64_t)RESYNC_RECORDS * o->size;
	if (o->size < c->size_min || o->size > c->size_max)
		say("--size takes a number from %u to %u with %s, not '%u'", c->size_min,
		    c->size_max, c->name, o->size);
	else if (o->conns > c->conns_max)
		say("--conns takes a number from 1 to %u with %s, not '%u'", c->conns_max, c->name,
		    o->conns);
	else
		return true;
	return false;
}

/* They are the NIC's, whatever mode is asked for. */
static void
choose_contexts(struct options *o)
{
	if (o->command != OPTIONS_CONNS || !o->contexts)
		return;
	o->command = OPTIONS_CONTEXTS;
	o->mode = OPTIONS_NIC;
	if (o->add_polls == 0)
		o->add_polls = ADD_POLLS;
}

static bool
read_command(struct options *o, char **operands, int nb)
{
	if (nb == 0) {
		say("there is no command; try --help");
		return false;
	}
	if (nb > 1) {
		say("'%s' is one argument too many; try --help", operands[1]);
		return false;
	}
	for (unsigned int i = 0; i < RTE_DIM(commands); i++)
		if (strcmp(operands[0], commands[i].name) == 0) {
			o->command = (enum options_command)i;
			choose_contexts(o);
			return fit(o);
		}
	say("'%s' is no command; record, flow, rr, conns, file, resync and flood are, try --help",
	    operands[0]);
	return false;
}

static bool
fits_together(const struct options *o)
{
	if (o->in_flight > 0 && !o->one_core)
		say("--in-flight goes with --one-core");
	else if (o->command == OPTIONS_CONNS && (o->table > 0 || o->add_polls > 0))
		say("--table and --add-polls go with --contexts");
	else if (o->audit > 0 && o->mode != OPTIONS_NIC)
		say("--audit goes with --mode nic");
	else if (o->plot != NULL && o->sweep.nb == 0)
		say("--plot goes with --sweep");
	else if (o->plot != NULL && strcmp(o->sweep.what, "suite") == 0)
		say("--plot draws numbers, and a suite is none");
	else
		return true;
	return false;
}

bool
options_swept(struct options *o, unsigned int i)
{
	const struct options_sweep sweep = o->sweep;

	o->sweep.nb = 0;
	o->plot = o->baseline = NULL;
	o->csv = false;
	o->json = true;
	for (unsigned int r = 0; r < RTE_DIM(rows); r++)
		if (strcmp(rows[r].name, sweep.what) == 0)
			return rows[r].read(&rows[r], sweep.values[i], (char *)o + rows[r].at) &&
			       fit(o) && fits_together(o);
	return false;
}

/* Each value is one that could stand in its option. */
static bool
sweeps(const struct options *o)
{
	for (unsigned int i = 0; i < o->sweep.nb; i++) {
		struct options one = *o;

		if (!options_swept(&one, i))
			return false;
	}
	return true;
}

unsigned int
options_megabytes(const struct options *o)
{
	uint64_t per_conn = CONN_BYTES + (o->command == OPTIONS_RR ? CONN_REQUESTS * o->size : 0);

	if (o->command == OPTIONS_RESYNC)
		per_conn += (PATH_MBUFS + (uint64_t)PATH_WINDOWS * o->rtt_segments) * o->mss;
	if (o->command == OPTIONS_FLOOD)
		per_conn = FLOOD_CONN_BYTES;
	return MEGABYTES + (unsigned int)(o->conns * per_conn >> 20);
}

unsigned int
options_lcores(const struct options *o)
{
	return o->command == OPTIONS_FLOW && !o->one_core ? 2 : 1;
}

enum options_verdict
options_read(struct options *o, int argc, char **argv)
{
	enum options_verdict verdict;
	char **operands;
	int nb;

	*o = (struct options){
		.suite = suite_find("aes-128-gcm"),
		.crypto = "auto",
		.tls = RTLS_TLS_1_3,
		.mss = 1448,
		.mode = OPTIONS_SOFTWARE,
		.rtt_segments = 40,
		.burst = 16,
		.seed = 1,
		.syns = 100000,
		.rate = 1000,
		.seconds = 5,
	};
	verdict = options_parse(&options_table, argc, argv, o, &operands, &nb);
	if (verdict != OPTIONS_RUN)
		return verdict;
	return read_command(o, operands, nb) && fits_together(o) && sweeps(o) ? OPTIONS_RUN :
										OPTIONS_WRONG;
}
