/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef FETCH_OPTIONS_H
#define FETCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"
#include "url.h"

struct options {
	struct options_net net;
	struct url url;
	const char *output;  /* NULL: standard output */
	const char *upload;  /* NULL: nothing is sent but the request */
	const char *resolve; /* NULL: the URL's host is an address */
	const char *ca;      /* NULL: those that OpenSSL trusts here */
	const char *cert;    /* NULL: no certificate of ours */
	const char *key;
	const char *session; /* NULL: each connection is a new one */
	const char *suites;  /* NULL: OpenSSL's defaults */
	const char *groups;  /* the same */
	uint32_t key_update; /* bytes between two; 0: none */
	uint32_t timeout_s;
	bool go_on;
	bool progress;
	bool verbose;
	bool json;
};

extern const struct option_table options_table;

/* The arguments behind "--"; argv[0] is not looked at. */
enum options_verdict options_read(struct options *o, int argc, char **argv);

#endif
