/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef FILESERVER_OPTIONS_H
#define FILESERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"

struct options {
	struct options_net net;
	const char *root;
	const char *upload;  /* NULL: nothing is taken */
	uint64_t upload_max; /* bytes of one file */
	const char *cert;    /* NULL: self-signed */
	const char *key;
	const char *cert_out;
	uint16_t port;
	uint32_t conns;
	uint32_t idle_s;
	uint32_t key_update; /* bytes between two; 0: none */
	uint32_t cache_files;
	uint32_t cache_bytes;
	uint32_t per_remote;   /* 0: no limit */
	uint32_t time_wait_ms; /* 0: the stack's default */
	bool json;
	bool busy;
};

extern const struct option_table options_table;

/* The arguments behind "--"; argv[0] is not looked at. */
enum options_verdict options_read(struct options *o, int argc, char **argv);

#endif
