/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Measures the record layer by itself, and whole connections. */
#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "baseline.h"
#include "common/eal.h"
#include "common/say.h"
#include "conns.h"
#include "contexts.h"
#include "file.h"
#include "flood.h"
#include "flow.h"
#include "inside/work.h"
#include "machine.h"
#include "options.h"
#include "record.h"
#include "report.h"
#include "resync.h"
#include "rr.h"
#include "sweep.h"

const char say_program[] = "recordtls-perf";

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

static bool
measure(const struct options *o, json_t *root)
{
	switch (o->command) {
	case OPTIONS_RECORD:
		return record_run(o, root);
	case OPTIONS_FLOW:
		return flow_run(o, root);
	case OPTIONS_RR:
		return rr_run(o, root);
	case OPTIONS_CONNS:
		return conns_run(o, root);
	case OPTIONS_CONTEXTS:
		return contexts_run(o, root);
	case OPTIONS_FILE:
		return file_run(o, root);
	case OPTIONS_RESYNC:
		return resync_run(o, root);
	case OPTIONS_FLOOD:
		return flood_run(o, root);
	}
	return false;
}

static bool
run(const struct options *o)
{
	json_t *root = report_head(o);

	if (!measure(o, root)) {
		json_decref(root);
		return false;
	}
	report_end(o, root);
	return true;
}

struct arguments {
	int argc; /* of the EAL's, and the program's name */
	char **argv;
};

/* From DPDK's start to its end. Returns the exit code. */
static int
run_once(const struct options *o, void *arg)
{
	const struct arguments *eal = arg;
	int exit_code = EXIT_FAILED, rc;

	if (machine_start(eal->argc, eal->argv, options_lcores(o), options_megabytes(o)) != 0)
		return EXIT_FAILED;
	rc = work_provider_open(o->crypto);
	if (rc == -ENODEV) {
		say("--crypto takes auto, libcrypto or a crypto device, not '%s'", o->crypto);
		exit_code = EXIT_USAGE;
	} else if (rc < 0) {
		say("the crypto provider %s cannot be used: %s", o->crypto, strerror(-rc));
	} else if (run(o)) {
		exit_code = EXIT_OK;
	}
	work_provider_close();
	rte_eal_cleanup();
	return exit_code;
}

/* Before anything is measured. */
static bool
has_baseline(const struct options *o)
{
	json_t *runs;

	if (o->baseline == NULL)
		return true;
	runs = baseline_read(o->baseline);
	json_decref(runs);
	return runs != NULL;
}

int
main(int argc, char **argv)
{
	/* Without "--" all are the program's own. */
	int own = eal_count(argc, argv);
	struct arguments eal = { own != 0 ? own : 1, argv };
	struct options o;

	if (options_asked(&options_table, argc, argv))
		return EXIT_OK;
	switch (options_read(&o, argc - own, argv + own)) {
	case OPTIONS_DONE:
		return EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (!has_baseline(&o))
		return EXIT_FAILED;
	option_nic_say_faults(&o.nic);
	return o.sweep.nb > 0 ? sweep_run(&o, run_once, &eal) : run_once(&o, &eal);
}
