/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef FILESERVER_OPTIONS_H
#define FILESERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/addr.h>

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_HELP,  /* was asked for, and printed */
	OPTIONS_WRONG, /* one sentence was printed */
};

enum options_mode {
	OPTIONS_MODE_AUTO,     /* the NIC where the port has inline TLS, else software */
	OPTIONS_MODE_NIC,      /* the same, and the port must have it */
	OPTIONS_MODE_SOFTWARE, /* never the NIC */
};

struct options {
	struct rtls_addr addr;
	uint8_t prefix_len;
	struct rtls_addr gateway;
	bool has_gateway;
	uint32_t mtu; /* 0: the port's */
	const char *root;
	const char *cert; /* NULL: self-signed */
	const char *key;
	const char *cert_out;
	uint16_t port;
	uint32_t conns;
	uint32_t idle_s;
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

/* The arguments behind "--"; argv[0] is not looked at. */
enum options_verdict options_parse(struct options *o, int argc, char **argv);

void options_usage(void);

#endif
