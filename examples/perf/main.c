/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Measures the record layer by itself, and whole connections. */
#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "common/say.h"
#include "eal.h"
#include "flow.h"
#include "inside/work.h"
#include "options.h"
#include "record.h"

const char say_program[] = "recordtls-perf";

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* How many arguments stand before "--", the program's name included; 1 without. */
static int
count_eal(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return 1;
}

int
main(int argc, char **argv)
{
	int eal_argc = count_eal(argc, argv), skip = eal_argc, rc;
	struct options o;
	int exit_code = EXIT_FAILED;

	/* getopt wants something in front of the first argument: the name, or the "--". */
	if (skip == 1 && !(argc > 1 && strcmp(argv[1], "--") == 0))
		skip = 0;
	switch (options_parse(&o, argc - skip, argv + skip)) {
	case OPTIONS_HELP:
		return EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (eal_start(eal_argc, argv, o.command == OPTIONS_FLOW ? 2 : 1) != 0)
		return EXIT_FAILED;
	rc = work_provider_open(o.provider);
	if (rc == -ENODEV) {
		say("--provider takes auto, libcrypto or a crypto device, not '%s'", o.provider);
		exit_code = EXIT_USAGE;
	} else if (rc < 0) {
		say("the provider %s cannot be used: %s", o.provider, strerror(-rc));
	} else if ((o.command == OPTIONS_FLOW ? flow_run(&o) : record_run(&o)) == 0) {
		exit_code = EXIT_OK;
	}
	work_provider_close();
	rte_eal_cleanup();
	return exit_code;
}
