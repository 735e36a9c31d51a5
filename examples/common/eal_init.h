/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef EXAMPLES_COMMON_EAL_INIT_H
#define EXAMPLES_COMMON_EAL_INIT_H

/* What to do for more, behind a sentence on DPDK's failure. */
#define EAL_MORE "add --log-level=*:info before -- for DPDK's own messages"

/* rte_eal_init(), which prints a hundred lines of its usage on standard output otherwise. */
int eal_init_silently(int argc, char **argv);

#endif
