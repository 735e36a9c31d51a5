/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/names.h>

#include "common/say.h"
#include "help.h"

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

/* "what=1,2,3" */
static bool
read_sweep(const struct option_row *row, const char *text, void *out)
{
	static const char *const names[] = { "size", "mss", "conns", "in-flight", "suite", "tls" };
	static char copy[256];
	struct options_sweep *sweep = out;
	char *values = copy, *value;

	*sweep = (struct options_sweep){ 0 };
	snprintf(copy, sizeof(copy), "%s", text);
	value = strsep(&values, "=");
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (strcmp(value, names[i]) == 0)
			sweep->what = names[i];
	while (sweep->nb < OPTIONS_SWEEP_MAX && (value = strsep(&values, ",")) != NULL)
		sweep->values[sweep->nb++] = value;
	if (sweep->what != NULL && sweep->nb > 0 && values == NULL && strlen(text) < sizeof(copy))
		return true;
	say("--%s takes size, mss, conns, in-flight, suite or tls, and up to %d values: conns=1,8,64; not '%s'",
	    row->name, OPTIONS_SWEEP_MAX, text);
	return false;
}

enum {
	RECORD_MAX = 16384,
	FILE_MAX = 64 << 20,
	CONNS_MAX = 10000,
	FILE_CONNS_MAX = 4000,
	MEGABYTES = 640,
	CONN_BYTES = 128 << 10, /* of both ends */
	CONN_REQUESTS = 13,     /* buffers and packets of both ends for so many */
};

#define AT(field) offsetof(struct options, field)

/* With bounds and defaults of what means another thing with each. */
struct command {
	const char *name;
	uint32_t size, size_max;
	uint32_t conns, conns_max;
};

static const struct command commands[] = {
	[OPTIONS_RECORD] = { "record", RECORD_MAX, RECORD_MAX, 1, 1 },
	[OPTIONS_FLOW] = { "flow", RECORD_MAX, RECORD_MAX, 1, 64 },
	[OPTIONS_RR] = { "rr", 64, RECORD_MAX, 64, CONNS_MAX },
	[OPTIONS_CONNS] = { "conns", RECORD_MAX, RECORD_MAX, 64, CONNS_MAX },
	[OPTIONS_FILE] = { "file", 1024, FILE_MAX, 64, FILE_CONNS_MAX },
};

/* The same text for rows that go with the same commands. */
static const char flow[] = "flow";
static const char flow_rr_conns[] = "flow, rr or conns";
static const char not_record[] = "flow, rr, conns or file";
static const char file[] = "file";

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
	  .help = "plaintext bytes per record, 1 to 16384; default 16384. With rr, of a\n"
		  "request and of its answer: 64 to 16384; default 64. With file, of the\n"
		  "file: 1 to 67108864; default 1024" },
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
	  .help = "a run for each value of size, mss, conns, in-flight, suite or tls" },
	{ .name = "plot", .value = "FILE.svg", .read = option_text, .at = AT(plot),
	  .help = "draw the sweep, with gnuplot" },
	{ .name = "tso", .read = option_flag, .at = AT(tso), .command = flow,
	  .help = "the NIC cuts long packets, in every mode" },
	{ .name = "one-core", .read = option_flag, .at = AT(one_core), .command = flow,
	  .help = "both stacks on one core: what the library costs without the other\n"
		  "core's cache lines, next to the floor" },
	{ .name = "in-flight", .value = "N", .read = option_u32, .at = AT(in_flight), .min = 64, .max = 4096, .command = flow,
	  .help = "packets that are held on the way, 64 to 4096, with --one-core;\n"
		  "default: none, and what the windows allow is in flight" },
	{ .name = "mode", .value = "MODE", .read = option_word, .at = AT(mode), .words = "plain software nic", .command = flow_rr_conns,
	  .help = "plain, software or nic; default software" },
	{ .name = "conns", .value = "N", .read = option_u32, .at = AT(conns), .min = 1, .max = CONNS_MAX, .command = not_record,
	  .help = "connections at once; flow: 1 to 64, default 1; file: 1 to 4000, the\n"
		  "others: 1 to 10000, default 64" },
	{ .name = "wipe", .read = option_flag, .at = AT(wipe), .command = not_record,
	  .help = "wipe buffers of records when they are free" },
	{ .name = "requests", .value = "N", .read = option_u32, .at = AT(requests), .min = 1, .max = UINT32_MAX, .command = file,
	  .help = "so many, however long they take" },
	{ .name = "read", .read = option_flag, .at = AT(read), .command = file,
	  .help = "the server keeps the file open, but not in memory: it is read for\n"
		  "each request" },
};
/* clang-format on */

const struct option_table options_table = {
	.usage =
		"recordtls-perf [EAL-ARGUMENTS --] record|flow|rr|conns|file [OPTION]...\n"
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
	if (o->size > c->size_max)
		say("--size takes a number from 1 to %u with %s, not '%u'", c->size_max, c->name,
		    o->size);
	else if (o->conns > c->conns_max)
		say("--conns takes a number from 1 to %u with %s, not '%u'", c->conns_max, c->name,
		    o->conns);
	else
		return true;
	return false;
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
			return fit(o);
		}
	say("'%s' is no command; record, flow, rr, conns and file are, try --help", operands[0]);
	return false;
}

static bool
fits_together(const struct options *o)
{
	if (o->in_flight > 0 && !o->one_core)
		say("--in-flight goes with --one-core");
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
		.seconds = 5,
	};
	verdict = options_parse(&options_table, argc, argv, o, &operands, &nb);
	if (verdict != OPTIONS_RUN)
		return verdict;
	return read_command(o, operands, nb) && fits_together(o) && sweeps(o) ? OPTIONS_RUN :
										OPTIONS_WRONG;
}
