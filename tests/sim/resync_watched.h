/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the resync watch saw of a connection's receiving ends. */
#ifndef RTLS_SIM_RESYNC_WATCHED_H
#define RTLS_SIM_RESYNC_WATCHED_H

#include <recordtls/tlsnic.h>

#include "sim/resync_oracle.h"

enum { RESYNC_WATCH_ERROR = 400 };

/* Of one receiving end. */
struct resync_watched {
	bool watched;
	struct resync_oracle_stats oracle;
	struct resync_oracle_stats ideal; /* the same packets, and each question answered at once */
	uint64_t records[3];              /* of the library, by enum oracle_class */
	uint64_t packets, marked;
	uint64_t calls;
	uint64_t starts;
	uint64_t struck[RTLS_TLSNIC_FAULTS];
	/* Times that the NIC was led to another place, and the stream went on there without a gap. */
	uint64_t led;
	uint64_t
		at_once; /* of these, the next packet but one after it was told was marked at the latest */
};

#endif
