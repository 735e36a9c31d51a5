/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "figures.h"

#include <stdio.h>
#include <string.h>

const char *const figures_shown[][FIGURES_MAX + 1] = {
	[OPTIONS_RECORD] = { "seal_gbps", "open_gbps", "ratio_raw", "ratio_libssl" },
	[OPTIONS_FLOW] = { "cycles_per_segment_tx", "cycles_per_segment_rx", "cycles_per_byte_tx",
			   "cycles_per_byte_rx" },
	[OPTIONS_RR] = { "cycles_per_request", "transactions_per_second", "latency_p50_us",
			 "latency_p99_us" },
	[OPTIONS_CONNS] = { "tcp_cycles", "tls_full_cycles", "tls_resumed_cycles" },
	[OPTIONS_CONTEXTS] = { "at_once_per_second", "at_once_rx_p50_us", "late_per_second",
			       "late_rx_p50_us" },
	[OPTIONS_FILE] = { "cycles_per_request", "requests_per_second", "goodput_gbps" },
	[OPTIONS_RESYNC] = { "scan_share", "delayed_share", "stack_share", "bound_share" },
	[OPTIONS_FLOOD] = { "full_ratio", "paced_ratio", "full_cycles_per_syn",
			    "full_flood_share" },
};

const char *const figures_settings[] = {
	"command", "mode",         "tls",       "suite",  "provider",  "size",       "mss",
	"tso",     "one_core",     "in_flight", "conns",  "add_polls", "full_table", "loss",
	"reorder", "rtt_segments", "burst",     "sender", "syns",      "rate",       NULL
};

void
figures_text(const json_t *run, const char *key, char *out, size_t size)
{
	const json_t *value = json_object_get(run, key);

	out[0] = '\0';
	if (json_is_string(value))
		snprintf(out, size, "%s", json_string_value(value));
	else if (json_is_boolean(value))
		snprintf(out, size, "%s", json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		snprintf(out, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(out, size, "%.6g", json_real_value(value));
}

bool
figures_alike(const json_t *a, const json_t *b)
{
	char of_a[FIGURES_KEY_MAX], of_b[FIGURES_KEY_MAX];

	for (const char *const *key = figures_settings; *key != NULL; key++) {
		figures_text(a, *key, of_a, sizeof(of_a));
		figures_text(b, *key, of_b, sizeof(of_b));
		if (strcmp(of_a, of_b) != 0)
			return false;
	}
	return true;
}

double
figures_value(const json_t *run, const char *key, const char *suffix)
{
	char name[FIGURES_KEY_MAX];

	snprintf(name, sizeof(name), "%s%s", key, suffix);
	return json_number_value(json_object_get(run, name));
}
