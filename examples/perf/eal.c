/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE
#include "eal.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "common/eal_init.h"
#include "common/say.h"

enum {
	MEMORY_MB = 640,
	ARGS_MAX = 16,
	ARG_LEN = 64,
};

static char memory[ARG_LEN] = "as given to DPDK";

const char *
eal_memory(void)
{
	return memory;
}

/* How many megabytes of 2 MiB pages are free. */
static unsigned long
free_huge_mb(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	unsigned long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return 2 * n;
}

/* The first nb CPUs that this process may use, as lcores 0 to nb - 1; the last one again where
 * there are fewer. */
static void
list_cpus(char *out, size_t size, unsigned int nb)
{
	unsigned int lcore = 0;
	int len = 0, cpu, last = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 0; cpu < CPU_SETSIZE && lcore < nb; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			len += snprintf(out + len, size - (size_t)len, "%s%u@%d",
					lcore == 0 ? "" : ",", lcore, cpu);
			lcore++;
			last = cpu;
		}
	if (lcore < nb)
		say("there are fewer CPUs than the %u lcores that this needs: they share one, and the "
		    "figures mean little",
		    nb);
	for (; lcore < nb; lcore++)
		len += snprintf(out + len, size - (size_t)len, ",%u@%d", lcore, last);
}

/* What works anywhere. Returns how many arguments. */
static int
make_arguments(char **argv, char *name, unsigned int nb_lcores)
{
	/* The EAL keeps pointers into its arguments for the life of the process. */
	static char text[ARGS_MAX][ARG_LEN];
	bool huge = free_huge_mb() >= MEMORY_MB;
	int n = 1;

	argv[0] = name;
	snprintf(text[n++], ARG_LEN, "--no-pci");
	snprintf(text[n++], ARG_LEN, "--no-telemetry");
	snprintf(text[n++], ARG_LEN, "--file-prefix=recordtls-perf-%d", (int)getpid());
	snprintf(text[n++], ARG_LEN, "--lcores=");
	list_cpus(text[n - 1] + strlen(text[n - 1]), ARG_LEN - strlen(text[n - 1]), nb_lcores);
	snprintf(text[n++], ARG_LEN, "--log-level=*:critical");
	if (huge) {
		snprintf(text[n++], ARG_LEN, "--in-memory");
		snprintf(memory, sizeof(memory), "huge pages of 2 MiB");
	} else {
		snprintf(text[n++], ARG_LEN, "--no-shconf");
		snprintf(text[n++], ARG_LEN, "--no-huge");
		snprintf(text[n++], ARG_LEN, "-m%d", MEMORY_MB);
		snprintf(memory, sizeof(memory), "pages of 4 KiB (no huge pages are free)");
	}
	for (int i = 1; i < n; i++)
		argv[i] = text[i];
	return n;
}

int
eal_start(int argc, char **argv, unsigned int nb_lcores)
{
	static char *args[ARGS_MAX + 1];
	int rc;

	if (argc <= 1) {
		argc = make_arguments(args, argv[0], nb_lcores);
		argv = args;
	}
	rc = eal_init_silently(argc, argv);
	if (rc < 0)
		say("DPDK does not start: %s (%s)", rte_strerror(rte_errno), EAL_MORE);
	else if (rc < argc - 1)
		say("'%s' is not a DPDK argument; the command stands behind --", argv[rc + 1]);
	return rc < 0 || rc < argc - 1 ? -1 : 0;
}
