/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <recordtls/names.h>

#include "common/say.h"

enum {
	OPT_TLS = 256,
	OPT_SUITE,
	OPT_SIZE,
	OPT_SECONDS,
	OPT_PROVIDER,
	OPT_MODE,
	OPT_CONNS,
	OPT_MSS,
	OPT_TSO,
	OPT_WIPE,
	OPT_JSON,
	OPT_HELP,
};

static const struct option table[] = {
	{ "tls", required_argument, NULL, OPT_TLS },
	{ "suite", required_argument, NULL, OPT_SUITE },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "provider", required_argument, NULL, OPT_PROVIDER },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "conns", required_argument, NULL, OPT_CONNS },
	{ "mss", required_argument, NULL, OPT_MSS },
	{ "tso", no_argument, NULL, OPT_TSO },
	{ "wipe", no_argument, NULL, OPT_WIPE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* "plain": without TLS. */
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

void
options_usage(void)
{
	puts("usage: recordtls-perf [EAL-ARGUMENTS --] record|flow [OPTION]...\n"
	     "\n"
	     "Without EAL arguments it needs nothing of the machine: no PCI, and huge pages only\n"
	     "if some are free.\n"
	     "\n"
	     "  --tls 1.2|1.3    default 1.3\n"
	     "  --suite NAME     default aes-128-gcm\n"
	     "  --size N         plaintext bytes per record, 1 to 16384; default 16384\n"
	     "  --mss N          bytes of a received record, or of a sent segment, per packet, 536\n"
	     "                   to 8960; default 1448\n"
	     "  --seconds S      how long to measure; default 5\n"
	     "  --provider NAME  who computes in software: libcrypto, a crypto device such as\n"
	     "                   crypto_aesni_mb, or auto, the fastest; default auto\n"
	     "  --json           end with one line of JSON on standard output\n"
	     "  --help           this text\n"
	     "flow only:\n"
	     "  --mode MODE      plain, software or nic; default software\n"
	     "  --conns N        connections at once, 1 to 64; default 1\n"
	     "  --tso            the NIC cuts long packets, in every mode\n"
	     "  --wipe           buffers of records are wiped when they are free\n"
	     "\n"
	     "record: the record layer alone, on one lcore. All of these in turn, in slices of\n"
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
	     "Slices in which the kernel took the CPU away are left out. Cycles are those of the time\n"
	     "stamp counter, which counts at one rate whatever the core's clock is.");
}

static bool
read_number(const char *name, const char *text, unsigned long min, unsigned long max, uint32_t *out)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && n >= min &&
	    n <= max) {
		*out = (uint32_t)n;
		return true;
	}
	say("--%s takes a number from %lu to %lu, not '%s'", name, min, max, text);
	return false;
}

static bool
read_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out >= 0.1 && *out <= 3600)
		return true;
	say("--seconds takes a number from 0.1 to 3600, not '%s'", text);
	return false;
}

static bool
read_tls(const char *text, uint16_t *out)
{
	if (strcmp(text, "1.3") == 0)
		*out = RTLS_TLS_1_3;
	else if (strcmp(text, "1.2") == 0)
		*out = RTLS_TLS_1_2;
	else
		say("--tls takes 1.2 or 1.3, not '%s'", text);
	return strcmp(text, "1.2") == 0 || strcmp(text, "1.3") == 0;
}

static bool
read_mode(const char *text, enum options_mode *out)
{
	for (enum options_mode m = OPTIONS_PLAIN; m <= OPTIONS_NIC; m++)
		if (strcmp(text, options_mode_name(m)) == 0) {
			*out = m;
			return true;
		}
	say("--mode takes plain, software or nic, not '%s'", text);
	return false;
}

static bool
read_suite(const char *text, const struct suite **out)
{
	*out = suite_find(text);
	if (*out == NULL)
		say("--suite takes one of %s, not '%s'", suite_names(), text);
	return *out != NULL;
}

static bool
take(struct options *o, int opt, const char *arg)
{
	switch (opt) {
	case OPT_TLS:
		return read_tls(arg, &o->tls);
	case OPT_SUITE:
		return read_suite(arg, &o->suite);
	case OPT_SIZE:
		return read_number("size", arg, 1, 16384, &o->size);
	case OPT_SECONDS:
		return read_seconds(arg, &o->seconds);
	case OPT_PROVIDER:
		o->provider = arg;
		return true;
	case OPT_MODE:
		return read_mode(arg, &o->mode);
	case OPT_CONNS:
		return read_number("conns", arg, 1, 64, &o->conns);
	case OPT_MSS:
		return read_number("mss", arg, 536, 8960, &o->mss);
	case OPT_TSO:
		o->tso = true;
		break;
	case OPT_WIPE:
		o->wipe = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	}
	return true;
}

static bool
read_command(struct options *o, const char *text)
{
	if (text == NULL)
		say("there is no command; try --help");
	else if (strcmp(text, "record") == 0)
		o->command = OPTIONS_RECORD;
	else if (strcmp(text, "flow") == 0)
		o->command = OPTIONS_FLOW;
	else
		say("'%s' is no command; record and flow are, try --help", text);
	return text != NULL && (strcmp(text, "record") == 0 || strcmp(text, "flow") == 0);
}

enum options_verdict
options_parse(struct options *o, int argc, char **argv)
{
	int opt;

	*o = (struct options){
		.suite = suite_find("aes-128-gcm"),
		.provider = "auto",
		.tls = RTLS_TLS_1_3,
		.size = 16384,
		.mss = 1448,
		.conns = 1,
		.mode = OPTIONS_SOFTWARE,
		.seconds = 5,
	};
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (opt == OPT_HELP) {
			options_usage();
			return OPTIONS_HELP;
		}
		if (opt == ':' || opt == '?') {
			say(opt == ':' ? "%s needs a value; try --help" :
					 "%s is not an option; try --help",
			    argv[optind - 1]);
			return OPTIONS_WRONG;
		}
		if (!take(o, opt, optarg))
			return OPTIONS_WRONG;
	}
	if (optind + 1 < argc) {
		say("'%s' is one argument too many; try --help", argv[optind + 1]);
		return OPTIONS_WRONG;
	}
	return read_command(o, argv[optind]) ? OPTIONS_RUN : OPTIONS_WRONG;
}
