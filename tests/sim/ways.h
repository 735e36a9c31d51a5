/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The second cable of a world, and which of the two each end sends by. */
#ifndef RTLS_SIM_WAYS_H
#define RTLS_SIM_WAYS_H

#include "sim/world.h"

/* Is a TLS NIC over an end's port on it? */
bool ways_has_nic(const struct world *w, int end);

/* An end's port on it, bound to its stack with an address: 0 or an error of the library. */
int ways_make_port(struct world *w, const struct sim_end_conf *c, int i);

/* As world_leak(), of that port. */
const char *ways_leak(struct world *w, int end);

void ways_close_port(struct world *w, int i);

#endif
