/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef PERF_OPTIONS_H
#define PERF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "suite.h"

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_HELP,  /* was asked for, and printed */
	OPTIONS_WRONG, /* one sentence was printed */
};

enum options_command {
	OPTIONS_RECORD,
	OPTIONS_FLOW,
};

enum options_mode {
	OPTIONS_PLAIN,
	OPTIONS_SOFTWARE,
	OPTIONS_NIC,
};

struct options {
	enum options_command command;
	const struct suite *suite;
	const char *provider;
	uint16_t tls;  /* RTLS_TLS_1_2 or RTLS_TLS_1_3 */
	uint32_t size; /* plaintext bytes per record */
	uint32_t mss;
	uint32_t conns;         /* flow */
	enum options_mode mode; /* flow */
	bool tso;               /* flow */
	bool wipe;              /* flow */
	double seconds;
	bool json;
};

/* The arguments from the command on, behind argv[0]. */
enum options_verdict options_parse(struct options *o, int argc, char **argv);

void options_usage(void);

const char *options_mode_name(enum options_mode mode);

#endif
