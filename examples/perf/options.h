/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command line says. */
#ifndef PERF_OPTIONS_H
#define PERF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/stack.h>

#include "common/options.h"
#include "suite.h"

enum options_command {
	OPTIONS_RECORD,
	OPTIONS_FLOW,
	OPTIONS_RR,
	OPTIONS_CONNS,
	OPTIONS_CONTEXTS, /* conns with --contexts */
	OPTIONS_FILE,
	OPTIONS_RESYNC,
	OPTIONS_FLOOD,
};

enum options_mode {
	OPTIONS_PLAIN,
	OPTIONS_SOFTWARE,
	OPTIONS_NIC,
};

/* Of resync: how the NIC finds its place again. */
enum options_method {
	OPTIONS_METHOD_ALL,
	OPTIONS_METHOD_SCAN,
	OPTIONS_METHOD_DELAYED,
	OPTIONS_METHOD_STACK,
};

/* Of resync: who seals at the far end. */
enum options_sender {
	OPTIONS_SENDER_SOFTWARE,
	OPTIONS_SENDER_NIC,
};

enum {
	OPTIONS_SWEEP_MAX = 16,
};

/* An option by name, and its values in turn. */
struct options_sweep {
	const char *what;
	unsigned int nb; /* 0: there is none */
	const char *values[OPTIONS_SWEEP_MAX];
};

struct options {
	enum options_command command;
	const struct suite *suite;
	const char *crypto;
	uint16_t tls;  /* RTLS_TLS_1_2 or RTLS_TLS_1_3 */
	uint32_t size; /* plaintext bytes per record, of a request, or of the file */
	uint32_t mss;
	uint32_t conns;         /* but record */
	enum options_mode mode; /* flow, rr, conns, flood */
	bool tso;               /* flow */
	uint32_t audit;         /* flow: RTLS_OPT_AUDIT_RATE */
	enum rtls_cc cc;        /* flow */
	uint32_t pacing;        /* flow: RTLS_OPT_MAX_PACING_RATE */
	struct option_nic nic;  /* flow, rr, conns, flood */
	bool wipe;              /* but record */
	bool one_core;          /* flow, flood */
	uint32_t in_flight;     /* flow, packets; 0: what the windows allow */
	bool contexts;          /* conns */
	uint32_t table;         /* contexts; 0: half of what is asked for */
	uint32_t add_polls;     /* contexts */
	uint32_t requests;      /* file; 0: as many as the time allows */
	bool read;              /* file */
	/* resync */
	enum options_method method;
	uint32_t loss, reorder; /* of 1,000,000 packets with payload */
	uint32_t rtt_segments;
	uint32_t burst; /* segments, between two turns */
	uint64_t bytes;
	uint64_t seed;
	enum options_sender sender;
	uint32_t syns; /* flood: per second */
	uint32_t rate; /* flood: Mbit/s of all paced downloads */
	double seconds;
	bool json;
	bool csv;
	const char *baseline; /* NULL: none */
	struct options_sweep sweep;
	const char *plot; /* NULL: none */
};

extern const struct option_table options_table;

/* The command and its options, behind argv[0], which is not looked at. */
enum options_verdict options_read(struct options *o, int argc, char **argv);

/* One value of the sweep, for a run that tells its JSON alone. False: one sentence was printed. */
bool options_swept(struct options *o, unsigned int i);

/* How many lcores the command takes, and how much memory of DPDK's. */
unsigned int options_lcores(const struct options *o);
unsigned int options_megabytes(const struct options *o);

const char *options_command_name(enum options_command command);

/* "plain": without TLS. */
const char *options_mode_name(enum options_mode mode);

#endif
