/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Flows without TLS beside flows that give the NIC twice as much crypto as it does. Time is virtual: a
 * turn of the NIC takes so long, whatever the CPU does; what the host makes in software costs nothing.
 */
#ifndef PERF_CONTEXTS_OVERLOAD_H
#define PERF_CONTEXTS_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/* Per direction of the host's: enum rtls_dir. */
struct contexts_overload {
	uint32_t crypto_bytes;               /* of the NIC, in a turn */
	double plain_gbps[2], tls_gbps[2];   /* without a bound */
	double plain_ratio[2], tls_ratio[2]; /* goodput with the bound to that */
	double nic_share; /* of the packets that came for the NIC to open: opened there */
};

/* False: one sentence was printed. */
bool contexts_overload_run(const struct options *o, struct contexts_overload *out);

#endif
