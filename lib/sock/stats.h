/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rtls_sock_stats() tells, of any socket that is not free, as in sock/info.h.
 */
#ifndef RTLS_SOCK_STATS_H
#define RTLS_SOCK_STATS_H

#include <recordtls/stats.h>

/* Stream bytes, what was sent again included. */
uint64_t sock_bytes_sent(const struct rtls_sock *sock);

void sock_stats_fill(const struct rtls_sock *sock, struct rtls_sock_stats *out);

#endif
