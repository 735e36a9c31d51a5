/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The host that the command flow measures, on the main lcore. */
#ifndef PERF_HOST_H
#define PERF_HOST_H

#include "link.h"

enum host_dir {
	HOST_TX,
	HOST_RX,
	HOST_DIRS,
};

/* What came of one slice. */
struct host_result {
	uint64_t bytes;    /* of the programs, without record overhead */
	uint64_t cycles;   /* of turns in which something was done */
	uint64_t turns;    /* so many */
	uint64_t segments; /* with payload */
	uint64_t span;     /* TSC cycles from the first byte to the last */
};

struct host;

/* Connects all connections of plain and of the mode that is asked for. NULL: one sentence was
 * printed. The far end is ready. */
struct host *host_create(struct link *l);

/* Moves so many bytes per connection to or from the far end. False: one sentence was printed. */
bool host_slice(struct host *h, enum options_mode mode, enum host_dir dir, uint64_t bytes,
		struct host_result *out);

/* Segments of payload that were sent again, of all connections. */
uint64_t host_retransmissions(const struct host *h);

/* The far lcore still runs. */
void host_destroy(struct host *h);

#endif
