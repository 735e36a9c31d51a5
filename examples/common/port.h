/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The first port of DPDK's, and what to say when there is none. */
#ifndef EXAMPLES_COMMON_PORT_H
#define EXAMPLES_COMMON_PORT_H

#include <stdbool.h>

#include <recordtls/port.h>

#include "options.h"

/* Before DPDK starts: the TAP that its arguments name is free. 0, or -1: one sentence was printed. */
int port_check(int argc, char **argv);

/* Makes a port from the first ethdev, with so many buffers for what it receives. NULL: one sentence was
 * printed. */
struct rtls_port *port_open(const struct options_net *o, uint32_t nb_rx_mbufs, int argc,
			    char **argv);

/* Writes what it sends and receives to a file, where the options have one. False: one sentence was printed. */
bool port_start_capture(const struct options_net *o, struct rtls_port *port);
void port_end_capture(const struct options_net *o, struct rtls_port *port);

#endif
