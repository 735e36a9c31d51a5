/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* DPDK: its start, its first port, and what to say when they fail. */
#ifndef FILESERVER_EAL_H
#define FILESERVER_EAL_H

#include <recordtls/port.h>

#include "options.h"

/*
 * Starts the EAL with the arguments before "--". Its usage is kept off standard
 * output, and its messages off standard error unless the arguments set a level,
 * so that ours can be seen.
 * 0, or -1: one sentence was printed.
 */
int eal_start(int argc, char **argv);

/* Makes a port from the first ethdev. NULL: one sentence was printed. */
struct rtls_port *eal_port(const struct options *o, int argc, char **argv);

#endif
