/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command flow measures, and how that is told. */
#ifndef PERF_COSTS_H
#define PERF_COSTS_H

#include <jansson.h>

#include "host.h"
#include "options.h"
#include "series.h"

/* Plain TCP, and the mode that is asked for. */
enum {
	PLAIN,
	ASKED,
	KINDS,
};

struct cost {
	struct series bytes;    /* cycles per byte */
	struct series segments; /* cycles per segment */
	struct series gbps;
	struct series batch; /* segments per turn */
};

struct costs {
	const struct options *o;
	uint32_t slice; /* bytes of all connections together */
	struct cost of[KINDS][HOST_DIRS];
	struct series raw[HOST_DIRS]; /* the raw AEAD, seal and open: cycles per byte */
	/* With one core, cycles per segment: of buffers alone, and of a copy of the payload. */
	struct series floor[HOST_DIRS];
	struct series copy[HOST_DIRS];
	uint64_t retransmissions;
};

/* What KINDS there are. */
int costs_kinds(const struct costs *c);
enum options_mode costs_mode(const struct costs *c, int kind);

/* False: no memory. */
bool costs_add(struct costs *c, int kind, enum host_dir dir, const struct host_result *r);

/* The length of the shortest series. */
uint32_t costs_least(const struct costs *c);

/* Prints the table; adds the figures. */
void costs_report(struct costs *c, json_t *to);

void costs_free(struct costs *c);

#endif
