/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The settings of a simulation in one line, for a report. */
#ifndef RTLS_SIM_DRAW_TEXT_H
#define RTLS_SIM_DRAW_TEXT_H

#include <stddef.h>

#include "sim/sim.h"

void draw_text(const struct sim_conf *c, char *out, size_t size);

#endif
