/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Plays a script on an end, in virtual time. */
#ifndef RTLS_SCRIPTS_PLAY_H
#define RTLS_SCRIPTS_PLAY_H

#include <stdbool.h>

#include "scripts/end.h"

/* Plays one of its cases. False: error is a sentence with file and line. */
bool play(const struct script *s, const struct script_case *c, const struct end_ops *ops,
	  char error[SCRIPT_ERROR_MAX]);

#endif
