/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command rr: requests and their answers, on many connections. */
#ifndef PERF_RR_H
#define PERF_RR_H

#include "options.h"

/* 0, or -1: one sentence was printed. */
int rr_run(const struct options *o);

#endif
