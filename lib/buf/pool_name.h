/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What one of a set of pools is called. */
#ifndef RTLS_BUF_POOL_NAME_H
#define RTLS_BUF_POOL_NAME_H

#include <rte_mempool.h>

/* owner_suffix: 0, or -ENAMETOOLONG. */
int pool_name(char name[RTE_MEMPOOL_NAMESIZE], const char *owner, const char *suffix);

/* Why DPDK has just made none: -EEXIST, -ENAMETOOLONG, or whatever else it is: -ENOMEM. */
int pool_refused(void);

#endif
