/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command file: the file server's path in process, from request to answer. */
#ifndef PERF_FILE_H
#define PERF_FILE_H

#include "options.h"

/* 0, or -1: one sentence was printed. */
int file_run(const struct options *o);

#endif
