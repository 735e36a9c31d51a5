/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command flow: whole connections, and what they cost the host. */
#ifndef PERF_FLOW_H
#define PERF_FLOW_H

#include "options.h"

/* 0, or -1: one sentence was printed. */
int flow_run(const struct options *o);

#endif
