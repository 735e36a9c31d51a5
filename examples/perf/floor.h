/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the buffers of a segment cost, whoever sends or receives it: DPDK's calls alone, on the
 * same packets, in bursts, as many in flight as are in the run.
 *
 *	sent      a header buffer and an indirect one are allocated, the latter is attached to a
 *	          record buffer, headers are written, both go through a ring, come back through
 *	          another one, and are freed
 *	received  a buffer is allocated and comes through a ring; its headers, which somebody else
 *	          has written, are read, and it is freed
 *
 * Neither copies payload: that comes on top, and is measured apart.
 */
#ifndef PERF_FLOOR_H
#define PERF_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "host.h"

struct floor;

/* in_flight: packets between the rings. NULL: no memory. */
struct floor *floor_create(uint32_t mss, uint32_t in_flight);

/* TSC cycles of n segments; *copy: of a copy of their payload on top, between a program's memory
 * and record buffers or packets. Both 0: no memory. */
uint64_t floor_run(struct floor *f, enum host_dir dir, uint32_t n, uint64_t *copy);

void floor_destroy(struct floor *f);

#endif
