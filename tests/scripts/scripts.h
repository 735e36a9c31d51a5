/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Plays files on an end and says so in TAP: one point per file. */
#ifndef RTLS_SCRIPTS_SCRIPTS_H
#define RTLS_SCRIPTS_SCRIPTS_H

#include "scripts/end.h"

/*
 * The names are those of scripts, or of folders: with all that is in them. FILE:CASE plays one case alone.
 * The name `orders` is orders_main(). Returns a program's exit code.
 */
int scripts_main(const struct end_ops *ops, int argc, char **argv);

#endif
