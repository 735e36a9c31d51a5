/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rtls_sock_info(), rtls_tls_info() and rtls_sock_stats() tell, of any socket that is not
 * free: also of one in a backlog, and of one whose handle is closed and that finishes.
 */
#ifndef RTLS_SOCK_INFO_H
#define RTLS_SOCK_INFO_H

#include <recordtls/stats.h>
#include <recordtls/tls.h>

void sock_info_fill(const struct rtls_sock *sock, struct rtls_sock_info *out);
void sock_tls_info_fill(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_tls_info *out);
void sock_stats_fill(const struct rtls_sock *sock, struct rtls_sock_stats *out);

/* The stack's values of rtls_stats_get() without their names; with n too small writes none. */
unsigned int stack_values_fill(const struct rtls_stack *s, uint64_t *values, unsigned int n);

#endif
