/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <string.h>

#include <rte_common.h>

#include <recordtls/names.h>

#include "common/say.h"

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

enum {
	RECORD_MAX = 16384,
	FILE_MAX = 64 << 20,
	FILE_DEFAULT = 1024,
	CONNS_MAX = 10000,
	FLOW_CONNS_MAX = 64,
	FILE_CONNS_DEFAULT = 64,
};

#define AT(field) offsetof(struct options, field)

static const char *const commands[] = {
	[OPTIONS_RECORD] = "record",
	[OPTIONS_FLOW] = "flow",
	[OPTIONS_FILE] = "file",
};

/* The same text for rows that go with the same commands. */
static const char flow[] = "flow";
static const char flow_file[] = "flow or file";
static const char file[] = "file";

const char *
options_command_name(enum options_command command)
{
	return commands[command];
}

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "tls", .value = "VERSION", .read = read_tls, .at = AT(tls),
	  .help = "1.2 or 1.3, the default" },
	{ .name = "suite", .value = "NAME", .read = read_suite, .at = AT(suite),
	  .help = "default aes-128-gcm" },
	{ .name = "size", .value = "N", .read = option_u32, .at = AT(size), .min = 1, .max = FILE_MAX,
	  .help = "plaintext bytes per record, 1 to 16384; default 16384. With file, of\n"
		  "the file: 1 to 67108864; default 1024" },
	{ .name = "mss", .value = "N", .read = option_u32, .at = AT(mss), .min = 536, .max = 8960,
	  .help = "bytes of a received record, or of a sent segment, per packet, 536\n"
		  "to 8960; default 1448" },
	{ .name = "seconds", .value = "S", .read = option_seconds, .at = AT(seconds),
	  .help = "how long to measure; default 5" },
	ROW_CRYPTO(struct options),
	ROW_JSON(struct options),
	{ .name = "mode", .value = "MODE", .read = option_word, .at = AT(mode), .words = "plain software nic", .command = flow,
	  .help = "plain, software or nic; default software" },
	{ .name = "tso", .read = option_flag, .at = AT(tso), .command = flow,
	  .help = "the NIC cuts long packets, in every mode" },
	{ .name = "one-core", .read = option_flag, .at = AT(one_core), .command = flow,
	  .help = "both stacks on one core: what the library costs without the other\n"
		  "core's cache lines, next to the floor" },
	{ .name = "in-flight", .value = "N", .read = option_u32, .at = AT(in_flight), .min = 64, .max = 4096, .command = flow,
	  .help = "packets that are held on the way, 64 to 4096, with --one-core;\n"
		  "default: none, and what the windows allow is in flight" },
	{ .name = "conns", .value = "N", .read = option_u32, .at = AT(conns), .min = 1, .max = CONNS_MAX, .command = flow_file,
	  .help = "connections at once, 1 to 64, with file to 10000; default 1, with\n"
		  "file 64" },
	{ .name = "wipe", .read = option_flag, .at = AT(wipe), .command = flow_file,
	  .help = "wipe buffers of records when they are free" },
	{ .name = "requests", .value = "N", .read = option_u32, .at = AT(requests), .min = 1, .max = UINT32_MAX, .command = file,
	  .help = "so many, however long they take" },
};
/* clang-format on */

const struct option_table options_table = {
	.usage =
		"recordtls-perf [EAL-ARGUMENTS --] record|flow|file [OPTION]...\n"
		"\n"
		"It needs nothing of the machine: no PCI, and huge pages only if some are free. EAL\n"
		"arguments change what they say, and nothing else.\n",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = "record: the record layer alone, on one lcore. All of these in turn, in slices of\n"
		"about 0.1 ms, first with 256 KiB of records, then with 64 MiB; seal / open:\n"
		"  raw              the provider's AEAD on prepared jobs: in place in record buffers /\n"
		"                   from the packets that the record came in to the caller's memory\n"
		"  record layer     in place in record buffers / as rtls_recv() of 64 KiB; ratio_raw is\n"
		"                   to raw\n"
		"  copy + raw       one copy from the caller's memory, then raw in place / one copy to\n"
		"                   it, then raw in place there\n"
		"  caller's memory  as rtls_send() / as rtls_recv(); ratio_copy_raw is to copy + raw,\n"
		"                   ratio_libssl and ratio_gnutls are to those\n"
		"  libssl, gnutls   a connection as it comes, over callbacks that copy once\n"
		"A ratio is the worse of seal and open, of medians.\n"
		"\n"
		"flow: TCP and records, host to host. One lcore runs the host that is measured, another\n"
		"one the NIC, the cable and the far end. The cost is the TSC cycles of those turns of\n"
		"the host in which something was done; sending and receiving apart, and each next to\n"
		"plain TCP and to the raw AEAD in the same run.\n"
		"  ratio_software_* cost in mode software / (cost of plain TCP + raw AEAD in place; plain\n"
		"                   TCP copies the bytes already, to send and to receive)\n"
		"  ratio_plain_*    cost in the mode / cost of plain TCP\n"
		"\n"
		"flow --one-core: the same on one lcore. The far side takes its turns between the\n"
		"host's; its turns, the NIC and the cable are not counted. In the same run the floor:\n"
		"DPDK's calls alone, in bursts of 32, with pools whose last buffer comes first:\n"
		"  sent             a header and an indirect mbuf allocated, attached to a record buffer,\n"
		"                   headers written, a ring there and one back, freed\n"
		"  received         an mbuf allocated, a ring, the headers read, freed\n"
		"  ratio_floor_*    cycles per segment of plain TCP / floor\n"
		"  ratio_floor_copy_*  the same to the floor and one copy of the payload between the\n"
		"                   program's memory and those buffers, which rtls_send() and rtls_recv()\n"
		"                   owe; ACKs are in neither\n"
		"--in-flight N keeps N packets in the NIC's hands on their way from whoever sends, with\n"
		"windows to match.\n"
		"\n"
		"file: the file server's own path, from request to answer, in one thread with its\n"
		"clients: HTTP over TLS, one file, each connection one request after the other. Cycles are\n"
		"those of the server's turns in which something was done; its thread that reads files is\n"
		"another one. What is counted begins when the file has been asked for during 2.5 s.\n"
		"\n"
		"Slices in which the kernel took the CPU away are left out. Cycles are those of the time\n"
		"stamp counter, which counts at one rate whatever the core's clock is.",
};

/* The command's own defaults and bounds, where an option means another thing with each. */
static bool
fit(struct options *o)
{
	bool is_file = o->command == OPTIONS_FILE;
	uint32_t size_max = is_file ? FILE_MAX : RECORD_MAX;
	uint32_t conns_max = is_file ? CONNS_MAX : FLOW_CONNS_MAX;

	if (o->size == 0)
		o->size = is_file ? FILE_DEFAULT : RECORD_MAX;
	if (o->conns == 0)
		o->conns = is_file ? FILE_CONNS_DEFAULT : 1;
	if (o->size > size_max)
		say("--size takes a number from 1 to %u with %s, not '%u'", size_max,
		    commands[o->command], o->size);
	else if (o->conns > conns_max)
		say("--conns takes a number from 1 to %u with %s, not '%u'", conns_max,
		    commands[o->command], o->conns);
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
		if (strcmp(operands[0], commands[i]) == 0) {
			o->command = (enum options_command)i;
			return options_fit(&options_table, commands[i]) && fit(o);
		}
	say("'%s' is no command; record, flow and file are, try --help", operands[0]);
	return false;
}

static bool
fits_together(const struct options *o)
{
	if (o->in_flight == 0 || o->one_core)
		return true;
	say("--in-flight goes with --one-core");
	return false;
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
	return read_command(o, operands, nb) && fits_together(o) ? OPTIONS_RUN : OPTIONS_WRONG;
}
