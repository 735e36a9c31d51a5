/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Where a connection's numbers start, so that nobody off the path can guess them. */
#ifndef RTLS_TCP_ISN_H
#define RTLS_TCP_ISN_H

#include "net/addr.h"

/* Initial sequence number, RFC 6528: a 4 us clock and a keyed function of the tuple. */
uint32_t tcp_isn(const uint8_t secret[16], const struct net_tuple *tuple, uint64_t now_us);

/* Timestamp offset, RFC 7323 5.4: constant for a tuple, so that PAWS holds across connections. */
uint32_t tcp_ts_offset(const uint8_t secret[16], const struct net_tuple *tuple);

#endif
