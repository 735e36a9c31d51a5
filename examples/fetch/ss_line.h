/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A connection in one line, as `ss -ti` shows those of Linux: what is 0, or not known, is left out. */
#ifndef FETCH_SS_LINE_H
#define FETCH_SS_LINE_H

#include <recordtls/sock.h>
#include <recordtls/stats.h>

enum {
	SS_LINE = 1536, /* bytes that hold the longest one */
};

/* Times are ms, windows segments and rates bits per second, as there. */
void ss_line(char out[SS_LINE], const struct rtls_sock_info *info,
	     const struct rtls_sock_stats *stats);

#endif
