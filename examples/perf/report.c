/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <recordtls/tls.h>
#include <recordtls/version.h>

#include "baseline.h"
#include "csv.h"
#include "figures.h"
#include "inside/work.h"
#include "machine.h"
#include "peer.h"

enum {
	TITLE_WIDTH = 34,
};

/* The model of the CPU as the kernel tells it. */
static void
read_cpu(char *out, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(out, size, "unknown");
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
			snprintf(out, size, "%s", strchr(line, ':') + 2);
			out[strcspn(out, "\n")] = '\0';
			break;
		}
	fclose(f);
}

static const char *
gnutls_text(void)
{
#ifdef HAVE_GNUTLS
	return peer_gnutls.version();
#else
	return "not built in";
#endif
}

json_t *
report_head(const struct options *o)
{
	const char *command = options_command_name(o->command);
	const char *tls = o->tls == RTLS_TLS_1_3 ? "1.3" : "1.2";
	double tsc_ghz = (double)rte_get_tsc_hz() / 1e9;
	char cpu[128];

	read_cpu(cpu, sizeof(cpu));
	printf("recordtls-perf %s: %s\n", rtls_version(), command);
	printf("  cpu        %s, %ld online\n", cpu, sysconf(_SC_NPROCESSORS_ONLN));
	printf("  cycles     of the TSC, at %.3f GHz\n", tsc_ghz);
	printf("  memory     %s\n", machine_memory());
	printf("  lcores     %u\n", rte_lcore_count());
	printf("  versions   %s, OpenSSL %s, GnuTLS %s\n", rte_version(),
	       OpenSSL_version(OPENSSL_VERSION_STRING), gnutls_text());
	printf("  provider   %s\n", work_provider_text());
	printf("  records    TLS %s, %s, %u bytes, in packets of %u\n", tls, o->suite->name,
	       o->command == OPTIONS_FILE ? 16384 : o->size, o->mss);
	fflush(stdout);
	return json_pack(
		"{s:s, s:s, s:s, s:f, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f}",
		"command", command, "version", rtls_version(), "cpu", cpu, "tsc_ghz", tsc_ghz,
		"memory", machine_memory(), "lcores", (int)rte_lcore_count(), "dpdk", rte_version(),
		"openssl", OpenSSL_version(OPENSSL_VERSION_STRING), "gnutls", gnutls_text(),
		"provider", work_provider_name(), "tls", tls, "suite", o->suite->name, "size",
		(int)o->size, "mss", (int)o->mss, "seconds", o->seconds);
}

void
report_series(const char *title, const struct summary *s, const char *more)
{
	printf("  %-*s %9.3f %9.3f %9.3f   %s\n", TITLE_WIDTH, title, s->min, s->median, s->max,
	       more);
}

void
report_none(const char *title)
{
	printf("  %-*s %9s %9s %9s\n", TITLE_WIDTH, title, "-", "-", "-");
}

void
report_put(json_t *to, const char *key, double value)
{
	json_object_set_new(to, key, value > 0 ? json_real(value) : json_null());
}

void
report_put_spread(json_t *to, const char *key, const struct summary *s)
{
	char name[FIGURES_KEY_MAX];

	snprintf(name, sizeof(name), "%s_q1", key);
	report_put(to, name, s->q1);
	snprintf(name, sizeof(name), "%s_q3", key);
	report_put(to, name, s->q3);
}

static void
print_json(const json_t *run)
{
	char *text = json_dumps(run, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));

	if (text != NULL)
		puts(text);
	free(text);
}

void
report_runs(const struct options *o, const json_t *runs)
{
	json_t *before = o->baseline != NULL ? baseline_read(o->baseline) : NULL, *run;
	size_t i;

	if (before != NULL)
		json_array_foreach((json_t *)(uintptr_t)runs, i, run)
			baseline_compare(before, run);
	json_decref(before);
	if (o->csv)
		csv_print(runs);
	if (o->json)
		json_array_foreach((json_t *)(uintptr_t)runs, i, run)
			print_json(run);
	fflush(stdout);
}

void
report_end(const struct options *o, json_t *root)
{
	json_t *runs = json_array();

	json_array_append_new(runs, root);
	report_runs(o, runs);
	json_decref(runs);
}

void
report_progress(const char *what, double done)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (done < 1)
		fprintf(stderr, "\r%s: %3.0f %%", what, done * 100);
	else
		fprintf(stderr, "\r%*s\r", 60, "");
	fflush(stderr);
}
