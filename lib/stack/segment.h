/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A connection's packet: headers, and payload behind them by reference, sealed by whoever is to. */
#ifndef RTLS_STACK_SEGMENT_H
#define RTLS_STACK_SEGMENT_H

#include <rte_mbuf.h>

#include "stack/tx_segment.h"

struct rtls_stack;

/*
 * A segment, or several for the port to cut, of which out and rec are set; who seals it is decided
 * here. 0 and *out; -ENOMEM, -EIO: it cannot be built now; -EPERM: it would be in clear with nobody
 * to seal it, or be sealed twice.
 */
int segment_build(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g,
		  struct rte_mbuf **out);

#endif
