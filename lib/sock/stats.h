/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rtls_sock_stats() and rtls_stats_get() count; of a socket as in sock/info.h.
 */
#ifndef RTLS_SOCK_STATS_H
#define RTLS_SOCK_STATS_H

#include <recordtls/stats.h>

void sock_stats_fill(const struct rtls_sock *sock, struct rtls_sock_stats *out);

/* The stack's values of rtls_stats_get() without their names; with n too small writes none. */
unsigned int stack_values_fill(const struct rtls_stack *s, uint64_t *values, unsigned int n);

#endif
