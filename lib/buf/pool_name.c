/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/pool_name.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

int
pool_name(char name[RTE_MEMPOOL_NAMESIZE], const char *owner, const char *suffix)
{
	int len = snprintf(name, RTE_MEMPOOL_NAMESIZE, "%s_%s", owner, suffix);

	return len < 0 || len >= (int)RTE_MEMPOOL_NAMESIZE ? -ENAMETOOLONG : 0;
}

int
pool_refused(void)
{
	return rte_errno == EEXIST || rte_errno == ENAMETOOLONG ? -rte_errno : -ENOMEM;
}
