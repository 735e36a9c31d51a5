/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command flood: what SYNs from addresses that nobody has cost a host that serves others. */
#ifndef PERF_FLOOD_H
#define PERF_FLOOD_H

#include "options.h"

/* 0; -1: one sentence was printed. */
int flood_run(const struct options *o);

#endif
