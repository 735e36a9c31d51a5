/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the connections of a stack hold while nothing moves on them. */
#ifndef PERF_IDLE_H
#define PERF_IDLE_H

#include <stdint.h>

#include <recordtls/recordtls.h>

struct idle {
	uint64_t sockets; /* bytes of these */
	uint64_t pools;   /* of objects that are in use, with what DPDK puts around them */
	uint64_t heap;    /* of the whole process */
};

/* name: of the stack, as its pools have it. */
struct idle idle_count(const struct rtls_stack *s, const char *name);

#endif
