/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * /fileserver/stats: what the program itself counts, for telemetry; the library's own commands
 * tell the rest. A thread of DPDK's asks, the loop answers, so that nothing is read while it
 * changes.
 */
#ifndef FILESERVER_WATCH_H
#define FILESERVER_WATCH_H

#include <stdbool.h>

#include "server.h"

/* Before the loop; once. */
void watch_start(void);

/* Each turn of the loop: is somebody waiting? Then watch_answer(). */
bool watch_asked(void);
void watch_answer(const struct server_tally *tally);

#endif
