/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* DPDK: its start, and on which memory and lcores. */
#ifndef PERF_MACHINE_H
#define PERF_MACHINE_H

#include <stdint.h>

/*
 * Starts the EAL with the arguments before "--", or with nb_lcores and so many megabytes on any machine
 * where there are none (argc 1). 0, or -1: one sentence was printed.
 */
int machine_start(int argc, char **argv, unsigned int nb_lcores, unsigned int megabytes);

/* What its memory is made of, for people. */
const char *machine_memory(void);

#endif
