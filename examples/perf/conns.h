/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command conns: connections that come and go, and what one holds that stays. */
#ifndef PERF_CONNS_H
#define PERF_CONNS_H

#include "options.h"

/* 0, or -1: one sentence was printed. */
int conns_run(const struct options *o);

#endif
