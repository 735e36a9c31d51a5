/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* DPDK's start: its arguments, and what to say when it fails. */
#ifndef EXAMPLES_COMMON_EAL_H
#define EXAMPLES_COMMON_EAL_H

#include <stdbool.h>

/* What to do for more, behind a sentence on DPDK's failure. */
#define EAL_MORE "add --log-level=*:info before -- for DPDK's own messages"

/* How many arguments stand before "--", the program's name included. 0: there is no "--". */
int eal_count(int argc, char **argv);

/* One of these options, up to a NULL, is among the arguments. */
bool eal_has(int argc, char **argv, const char *const *names);

/*
 * Starts the EAL with the arguments before "--". Its usage is kept off standard output, and its messages
 * off standard error unless the arguments set a level, so that ours can be seen.
 * 0, or -1: one sentence was printed.
 */
int eal_start(int argc, char **argv);

/* One sentence: there is none for this; how much there is, and how to have more. */
void eal_say_no_memory(const char *what);

#endif
