/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/eal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

static bool leave_up;

static void
eal_stop(void)
{
	if (!leave_up)
		rte_eal_cleanup();
}

void
eal_leave_up(void)
{
	leave_up = true;
}

static int
start(const char *name, bool telemetry)
{
	/* EAL keeps pointers into its arguments. */
	static char arg[][64] = {
		"",    "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry",      "-m",
		"256", "",          "-l",       "0",           "--log-level=*:error",
	};
	char *argv[RTE_DIM(arg) + 1] = { NULL };
	size_t i;

	if (telemetry)
		snprintf(arg[4], sizeof(arg[4]), "--telemetry");
	snprintf(arg[0], sizeof(arg[0]), "%s", name);
	snprintf(arg[7], sizeof(arg[7]), "--file-prefix=%.32s-%d", name, (int)getpid());
	for (i = 0; i < RTE_DIM(arg); i++)
		argv[i] = arg[i];
	if (rte_eal_init((int)RTE_DIM(arg), argv) < 0) {
		printf("Bail out! no EAL: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	atexit(eal_stop);
	return 0;
}

int
eal_start(const char *name)
{
	return start(name, false);
}

int
eal_start_watched(const char *name)
{
	return start(name, true);
}
