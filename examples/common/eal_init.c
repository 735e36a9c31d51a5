/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "eal_init.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

int
eal_init_silently(int argc, char **argv)
{
	int null, out, rc;

	fflush(stdout);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (out >= 0 && null >= 0)
		dup2(null, STDOUT_FILENO);
	rc = rte_eal_init(argc, argv);
	/* What DPDK printed is still in the buffer of stdio. */
	fflush(stdout);
	if (out >= 0 && null >= 0)
		dup2(out, STDOUT_FILENO);
	if (null >= 0)
		close(null);
	if (out >= 0)
		close(out);
	return rc;
}
