/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the library says in the log, held in memory while a test provokes it. Needs the EAL. */
#ifndef RTLS_SUPPORT_LOG_TAP_H
#define RTLS_SUPPORT_LOG_TAP_H

#include <rte_log.h>

#include "log/note.h"

/* From now on the log is in memory, with all of the library's rows of that level and above. */
void log_tap_start(uint32_t level);

/* How often a row was said since the start, and the last line of it, "" for none. */
unsigned int log_tap_count(enum note n);
const char *log_tap_last(enum note n);

/* All lines of the library's. */
unsigned int log_tap_lines(void);

/* The log goes where it went before. What was taken stays until the next start. */
void log_tap_end(void);

#endif
