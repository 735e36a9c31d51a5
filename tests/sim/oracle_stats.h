/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the resync oracle counts. */
#ifndef RTLS_SIM_ORACLE_STATS_H
#define RTLS_SIM_ORACLE_STATS_H

#include <stdint.h>

enum oracle_class { ORACLE_UNTOUCHED, ORACLE_OPENED, ORACLE_MIXED };

struct resync_oracle_stats {
	uint64_t records[3]; /* by enum oracle_class */
	uint64_t packets;    /* with payload, that the NIC looked at */
	uint64_t asked, answered, cancelled, replaced;
	uint64_t told[4]; /* by enum oracle_told */
	uint64_t refused; /* packets: too many gaps */
	uint64_t old;     /* packets: by their timestamp */
	uint64_t undone;  /* marks: too many stretches */
};

#endif
