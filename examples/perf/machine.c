/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE
#include "machine.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "common/eal.h"
#include "common/say.h"

enum {
	ARGS_MAX = 64,
	DEFAULTS_MAX = 8,
	ARG_LEN = 64,
};

static char memory[ARG_LEN] = "as given to DPDK";

const char *
machine_memory(void)
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

/* Behind what was given; the EAL keeps pointers into its arguments for the life of the process. */
struct machine {
	int nb, given;
	char *args[ARGS_MAX + 1];
	char text[ARGS_MAX][ARG_LEN];
};

static bool
has(const struct machine *m, const char *const *names)
{
	return eal_has(m->given, (char **)(uintptr_t)m->args, names);
}

/* Room for one more argument. */
static char *
add(struct machine *m)
{
	char *text = m->text[m->nb];

	m->args[m->nb++] = text;
	return text;
}

/* Unless one of the names was given. */
static void
add_default(struct machine *m, const char *text, const char *const *names)
{
	if (!has(m, names))
		snprintf(add(m), ARG_LEN, "%s", text);
}

static void
add_memory(struct machine *m, unsigned int megabytes)
{
	static const char *const no_huge[] = { "--no-huge", NULL };
	static const char *const huge[] = { "--in-memory",
					    "--huge-dir",
					    "--huge-unlink",
					    "--legacy-mem",
					    "--single-file-segments",
					    NULL };
	static const char *const size[] = { "-m", "--socket-mem", NULL };
	static const char *const no_shconf[] = { "--no-shconf", NULL };

	if (has(m, huge))
		return;
	if (!has(m, no_huge) && free_huge_mb() >= megabytes) {
		snprintf(add(m), ARG_LEN, "--in-memory");
		snprintf(memory, sizeof(memory), "huge pages of 2 MiB");
		return;
	}
	if (!has(m, no_huge)) {
		snprintf(add(m), ARG_LEN, "--no-huge");
		snprintf(memory, sizeof(memory), "pages of 4 KiB (no huge pages are free)");
	}
	add_default(m, "--no-shconf", no_shconf);
	if (!has(m, size))
		snprintf(add(m), ARG_LEN, "-m%u", megabytes);
}

/* What works anywhere, for each matter of which the arguments say nothing. */
static void
add_defaults(struct machine *m, unsigned int nb_lcores, unsigned int megabytes)
{
	static const char *const pci[] = { "--no-pci", "-a", "--allow", "-b", "--block", NULL };
	static const char *const telemetry[] = { "--no-telemetry", "--telemetry", NULL };
	static const char *const prefix[] = { "--file-prefix", NULL };
	static const char *const lcores[] = { "-l", "-c", "--lcores", NULL };
	static const char *const level[] = { "--log-level", NULL };
	char *text;

	add_default(m, "--no-pci", pci);
	add_default(m, "--no-telemetry", telemetry);
	add_default(m, "--log-level=*:critical", level);
	if (!has(m, prefix))
		snprintf(add(m), ARG_LEN, "--file-prefix=recordtls-perf-%d", (int)getpid());
	if (!has(m, lcores)) {
		text = add(m);
		snprintf(text, ARG_LEN, "--lcores=");
		list_cpus(text + strlen(text), ARG_LEN - strlen(text), nb_lcores);
	}
	add_memory(m, megabytes);
}

int
machine_start(int argc, char **argv, unsigned int nb_lcores, unsigned int megabytes)
{
	static struct machine m;

	if (argc > ARGS_MAX - DEFAULTS_MAX) {
		say("more than %d arguments for DPDK", ARGS_MAX - DEFAULTS_MAX - 1);
		return -1;
	}
	for (int i = 0; i < argc; i++)
		m.args[i] = argv[i];
	m.nb = argc;
	m.given = argc;
	add_defaults(&m, nb_lcores, megabytes);
	return eal_start(m.nb, m.args);
}
