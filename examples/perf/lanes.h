/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command record measures on one working set, and how that is told. */
#ifndef PERF_LANES_H
#define PERF_LANES_H

#include <jansson.h>

#include "options.h"
#include "series.h"

enum lane {
	RAW_SEAL,
	SEAL,
	COPY_RAW_SEAL,
	COPIED_SEAL,
	RAW_OPEN,
	OPEN,
	COPY_RAW_OPEN,
	LIBSSL_SEAL,
	LIBSSL_OPEN,
	GNUTLS_SEAL,
	GNUTLS_OPEN,
	LANES,
};

struct lanes {
	const struct options *o;
	size_t bytes;              /* of record buffers: the working set */
	uint32_t count;            /* records in there */
	uint32_t slice;            /* of these in a slice */
	struct series gbps[LANES]; /* empty: not measured */
};

const char *lane_title(enum lane lane);

/* Prints the table; returns the figures. */
json_t *lanes_report(struct lanes *l);

void lanes_free(struct lanes *l);

#endif
