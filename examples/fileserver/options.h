/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef FILESERVER_OPTIONS_H
#define FILESERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"

enum options_mode {
	OPTIONS_MODE_NIC,      /* the port must have inline TLS */
	OPTIONS_MODE_SOFTWARE, /* never the NIC */
	OPTIONS_MODE_AUTO,     /* the NIC where the port has inline TLS, else software */
};

struct options {
	struct option_subnet local;
	struct rtls_addr gateway; /* family 0: none */
	uint32_t mtu;             /* 0: the port's */
	const char *root;
	const char *cert; /* NULL: self-signed */
	const char *key;
	const char *cert_out;
	uint16_t port;
	uint32_t conns;
	uint32_t idle_s;
	uint32_t cache_files;
	uint32_t cache_bytes;
	uint32_t per_remote;   /* 0: no limit */
	uint32_t time_wait_ms; /* 0: the stack's default */
	enum options_mode mode;
	const char *crypto; /* as rtls_stack_conf has it */
	bool tlsnic;
	uint32_t tlsnic_contexts; /* 0: the NIC's default */
	bool wipe;
	bool trust_checksums;
	const char *capture; /* NULL: none */
	bool json;
	bool busy;
};

extern const struct option_table options_table;

/* The arguments behind "--"; argv[0] is not looked at. */
enum options_verdict options_read(struct options *o, int argc, char **argv);

#endif
