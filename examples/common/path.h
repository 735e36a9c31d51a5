/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The bad network of --path. */
#ifndef EXAMPLES_COMMON_PATH_H
#define EXAMPLES_COMMON_PATH_H

#include <recordtls/port.h>

#include "options.h"

/*
 * Takes the port; returns it, or the network over it that was asked for. NULL: one sentence was printed,
 * the port is closed.
 */
struct rtls_port *path_port(const struct options_net *o, struct rtls_port *port);

#endif
