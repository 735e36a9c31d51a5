/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command resync: what a NIC opens of a connection that loses packets, by how it finds its place again. */
#ifndef PERF_RESYNC_H
#define PERF_RESYNC_H

#include "options.h"

/* Returns 0, or -1 after one sentence. */
int resync_run(const struct options *o);

#endif
