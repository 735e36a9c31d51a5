/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Where records begin in what was sent. */
#ifndef RTLS_SIM_WATCH_SENT_H
#define RTLS_SIM_WATCH_SENT_H

#include "sim/watch_end.h"

/* An oracle_truth; arg: the watch_end that receives. Keys do not change. */
enum oracle_begins watch_sent(void *arg, int64_t off, uint64_t *rec_no);

#endif
