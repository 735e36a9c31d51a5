/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Reads what stands behind 'set'. */
#ifndef RTLS_SCRIPTS_READ_SET_H
#define RTLS_SCRIPTS_READ_SET_H

#include "scripts/script.h"
#include "scripts/words.h"

bool read_set(struct words *w, struct script_conf *conf);

#endif
