/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* RSTs that wait for a next hop's MAC. What acts on them: stack/late_reset. */
#ifndef RTLS_STACK_LATE_RESETS_H
#define RTLS_STACK_LATE_RESETS_H

#include "stack/path.h"
#include "tcp/seg.h"

enum {
	LATE_RESETS = 32,
	/* Each of ARP's three questions has its second. A full neighbour table asks for nobody. */
	LATE_RESET_US = 4000000,
};

struct late_reset {
	struct net_tuple tuple;
	struct path path;
	struct tcp_seg seg;
	uint64_t until_us;
	uint8_t tos, ttl;
};

struct late_resets {
	struct late_reset of[LATE_RESETS];
	uint32_t nb;
	uint64_t again_us; /* nb > 0: somebody looks then */
};

#endif
