/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What each command measures, and what its figures are: the end of --help. */
#ifndef PERF_HELP_H
#define PERF_HELP_H

extern const char help_text[];

#endif
