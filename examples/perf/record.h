/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command record: the record layer next to the raw AEAD, libssl and GnuTLS. */
#ifndef PERF_RECORD_H
#define PERF_RECORD_H

#include "options.h"

/* 0, or -1: one sentence was printed. */
int record_run(const struct options *o);

#endif
