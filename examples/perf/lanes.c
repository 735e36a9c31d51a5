/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "lanes.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "report.h"

static const struct {
	const char *title;
	const char *json;
} table[LANES] = {
	[RAW_SEAL] = { "raw AEAD, seal", "raw_gbps" },
	[SEAL] = { "record layer, seal in place", "seal_gbps" },
	[COPY_RAW_SEAL] = { "copy + raw AEAD, seal", "copy_raw_gbps" },
	[COPIED_SEAL] = { "record layer, seal caller's memory", "copy_seal_gbps" },
	[RAW_OPEN] = { "raw AEAD, open", "raw_open_gbps" },
	[OPEN] = { "record layer, open", "open_gbps" },
	[COPY_RAW_OPEN] = { "copy + raw AEAD, open", "copy_raw_open_gbps" },
	[LIBSSL_SEAL] = { "libssl, seal", "libssl_seal_gbps" },
	[LIBSSL_OPEN] = { "libssl, open", "libssl_open_gbps" },
	[GNUTLS_SEAL] = { "GnuTLS, seal", "gnutls_seal_gbps" },
	[GNUTLS_OPEN] = { "GnuTLS, open", "gnutls_open_gbps" },
};

static const struct {
	const char *json;
	enum lane ours[2], theirs[2];
} ratios[] = {
	{ "ratio_raw", { SEAL, OPEN }, { RAW_SEAL, RAW_OPEN } },
	{ "ratio_copy_raw", { COPIED_SEAL, OPEN }, { COPY_RAW_SEAL, COPY_RAW_OPEN } },
	{ "ratio_libssl", { COPIED_SEAL, OPEN }, { LIBSSL_SEAL, LIBSSL_OPEN } },
	{ "ratio_gnutls", { COPIED_SEAL, OPEN }, { GNUTLS_SEAL, GNUTLS_OPEN } },
};

/* The worse of seal and open; 0: not measured. */
static double
ratio(const struct summary sum[LANES], size_t i)
{
	double r[2];

	for (int dir = 0; dir < 2; dir++) {
		double theirs = sum[ratios[i].theirs[dir]].median;

		if (theirs == 0)
			return 0;
		r[dir] = sum[ratios[i].ours[dir]].median / theirs;
	}
	return RTE_MIN(r[0], r[1]);
}

static void
print_lane(const struct options *o, enum lane lane, const struct summary *sum)
{
	double per_byte;
	char more[64];

	if (sum->median == 0) {
		report_none(table[lane].title);
		return;
	}
	per_byte = (double)rte_get_tsc_hz() * 8 / (sum->median * 1e9);
	snprintf(more, sizeof(more), "%8.3f %9.0f", per_byte, per_byte * o->size);
	report_series(table[lane].title, sum, more);
}

json_t *
lanes_report(struct lanes *l)
{
	json_t *json = json_object();
	struct summary sum[LANES];

	printf("\n%zu KiB of records: %u of them, %u slices of %u\n", l->bytes >> 10, l->count,
	       l->gbps[0].n, l->slice);
	printf("  %-34s %9s %9s %9s   %8s %9s\n", "Gbit/s of plaintext", "min", "median", "max",
	       "cycles/B", "cycles");
	json_object_set_new(json, "working_set", json_integer((json_int_t)l->bytes));
	json_object_set_new(json, "slices", json_integer(l->gbps[0].n));
	for (enum lane lane = 0; lane < LANES; lane++) {
		sum[lane] = series_summary(&l->gbps[lane]);
		print_lane(l->o, lane, &sum[lane]);
		report_put(json, table[lane].json, sum[lane].median);
		report_put_spread(json, table[lane].json, &sum[lane]);
	}
	for (size_t i = 0; i < RTE_DIM(ratios); i++) {
		double r = ratio(sum, i);

		if (r > 0)
			printf("  %-34s %19.3f\n", ratios[i].json, r);
		report_put(json, ratios[i].json, r);
	}
	fflush(stdout);
	return json;
}

const char *
lane_title(enum lane lane)
{
	return table[lane].title;
}

void
lanes_free(struct lanes *l)
{
	for (enum lane lane = 0; lane < LANES; lane++)
		series_free(&l->gbps[lane]);
}
