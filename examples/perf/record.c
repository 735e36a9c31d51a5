/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "inside/open.h"
#include "inside/seal.h"
#include "peer.h"
#include "phase.h"
#include "report.h"
#include "say.h"
#include "series.h"

enum {
	SLICE_BYTES = 256 << 10, /* about 0.1 ms */
	PEERS_MAX = 2,
};

enum lane {
	RAW_SEAL,
	SEAL,
	COPY_RAW_SEAL,
	COPIED_SEAL,
	RAW_OPEN,
	OPEN,
	COPY_RAW_OPEN,
	LIBSSL_SEAL,
	LIBSSL_OPEN,
	GNUTLS_SEAL,
	GNUTLS_OPEN,
	LANES,
};

static const struct {
	const char *title;
	const char *json;
} lanes[LANES] = {
	[RAW_SEAL] = { "raw AEAD, seal", "raw_gbps" },
	[SEAL] = { "record layer, seal in place", "seal_gbps" },
	[COPY_RAW_SEAL] = { "copy + raw AEAD, seal", "copy_raw_gbps" },
	[COPIED_SEAL] = { "record layer, seal caller's memory", "copy_seal_gbps" },
	[RAW_OPEN] = { "raw AEAD, open", "raw_open_gbps" },
	[OPEN] = { "record layer, open", "open_gbps" },
	[COPY_RAW_OPEN] = { "raw AEAD + copy, open", "copy_raw_open_gbps" },
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

/* One working set and all that are measured on it. */
struct bench {
	const struct options *o;
	uint32_t count; /* records */
	uint32_t slice; /* of these in a slice */
	uint8_t *plain;
	uint8_t *opened;
	struct seal *seal;
	struct open *open;
	const struct peer_ops *ops[PEERS_MAX]; /* libssl, GnuTLS; NULL: not there */
	void *peer[PEERS_MAX];
	struct series gbps[LANES];
	struct summary sum[LANES];
};

static bool
make_memory(struct bench *b)
{
	size_t len = (size_t)b->count * b->o->size;

	/* And for the inner type of the last one, which raw jobs write. */
	b->plain = malloc(len);
	b->opened = malloc(len + 1);
	if (b->plain == NULL || b->opened == NULL) {
		say("no memory");
		return false;
	}
	for (size_t i = 0; i < len; i++)
		b->plain[i] = (uint8_t)(i * 31 + i / 251);
	memset(b->opened, 0, len + 1);
	return true;
}

static bool
make_inside(struct bench *b)
{
	struct work w = {
		.provider = work_provider(b->o->provider),
		.suite = b->o->suite,
		.name = "seal",
		.tls = b->o->tls,
		.size = b->o->size,
		.mss = b->o->mss,
		.count = b->count,
		.plain = b->plain,
		.opened = b->opened,
	};
	int rc = seal_create(&w, &b->seal);

	if (rc == 0) {
		w.name = "open";
		rc = open_create(&w, &b->open);
	}
	if (rc == -ENOMEM)
		say("no memory for the records; give DPDK more, for example -m 1024");
	else if (rc == -ENOTSUP)
		say("the record layer, or the provider %s, has no %s for this version of TLS",
		    b->o->provider, b->o->suite->name);
	else if (rc == -EBADMSG)
		say("what was sealed does not open to what it was");
	else if (rc < 0)
		say("the record layer cannot be set up: %s", strerror(-rc));
	return rc == 0;
}

static bool
make_peers(struct bench *b)
{
	const struct peer_conf conf = {
		.suite = b->o->suite,
		.tls = b->o->tls,
		.size = b->o->size,
		.count = b->count,
		.slice = b->slice,
		.plain = b->plain,
		.opened = b->opened,
	};

	b->ops[0] = &peer_libssl;
#ifdef HAVE_GNUTLS
	b->ops[1] = &peer_gnutls;
#endif
	for (int i = 0; i < PEERS_MAX; i++) {
		if (b->ops[i] == NULL)
			continue;
		b->peer[i] = b->ops[i]->create(&conf);
		if (b->peer[i] == NULL)
			return false;
	}
	return true;
}

static bool
is_there(const struct bench *b, enum lane lane)
{
	return lane < LIBSSL_SEAL || b->ops[(lane - LIBSSL_SEAL) / 2] != NULL;
}

static uint64_t
run_slice(struct bench *b, enum lane lane)
{
	switch (lane) {
	case RAW_SEAL:
		return seal_raw(b->seal, b->slice);
	case SEAL:
		return seal_in_place(b->seal, b->slice);
	case COPY_RAW_SEAL:
		return seal_copy_raw(b->seal, b->slice);
	case COPIED_SEAL:
		return seal_copied(b->seal, b->slice);
	case RAW_OPEN:
		return open_raw(b->open, b->slice);
	case OPEN:
		return open_records(b->open, b->slice);
	case COPY_RAW_OPEN:
		return open_raw_copy(b->open, b->slice);
	case LIBSSL_SEAL:
		return b->ops[0]->seal(b->peer[0], b->slice);
	case LIBSSL_OPEN:
		return b->ops[0]->open(b->peer[0], b->slice);
	case GNUTLS_SEAL:
		return b->ops[1]->seal(b->peer[1], b->slice);
	case GNUTLS_OPEN:
		return b->ops[1]->open(b->peer[1], b->slice);
	case LANES:
		break;
	}
	return 0;
}

static bool
run_lane(struct bench *b, enum lane lane, enum phase phase)
{
	double bits = (double)b->slice * b->o->size * 8, hz = (double)rte_get_tsc_hz();
	uint64_t interruptions = phase_interruptions();
	uint64_t cycles = run_slice(b, lane);

	if (cycles == 0) {
		say("%s failed", lanes[lane].title);
		return false;
	}
	if (!phase_counts(phase, interruptions) ||
	    series_add(&b->gbps[lane], bits * hz / (double)cycles / 1e9))
		return true;
	say("no memory");
	return false;
}

static bool
has_enough(const struct bench *b)
{
	for (enum lane lane = 0; lane < LANES; lane++)
		if (is_there(b, lane) && b->gbps[lane].n < PHASE_LEAST)
			return false;
	return true;
}

/* A slice of each, one after the other: noise of the machine hits all alike. */
static bool
run_rounds(struct bench *b, const char *what, double seconds)
{
	struct phase_clock clock = phase_start(what, seconds);
	enum phase phase;

	do {
		phase = phase_now(&clock);
		for (enum lane lane = 0; lane < LANES; lane++)
			if (is_there(b, lane) && !run_lane(b, lane, phase))
				return false;
	} while (phase != PHASE_LATE || !has_enough(b));
	phase_end(&clock);
	return true;
}

/* The worse of seal and open; 0: not measured. */
static double
ratio(const struct bench *b, size_t i)
{
	double r[2];

	for (int dir = 0; dir < 2; dir++) {
		double theirs = b->sum[ratios[i].theirs[dir]].median;

		if (theirs == 0)
			return 0;
		r[dir] = b->sum[ratios[i].ours[dir]].median / theirs;
	}
	return RTE_MIN(r[0], r[1]);
}

static void
print_lane(const struct bench *b, enum lane lane)
{
	double hz = (double)rte_get_tsc_hz(), per_byte;
	char more[64];

	if (!is_there(b, lane)) {
		report_none(lanes[lane].title);
		return;
	}
	per_byte = hz * 8 / (b->sum[lane].median * 1e9);
	snprintf(more, sizeof(more), "%8.3f %9.0f", per_byte, per_byte * b->o->size);
	report_series(lanes[lane].title, &b->sum[lane], more);
}

static json_t *
report(struct bench *b, size_t bytes)
{
	json_t *json = json_object();

	for (enum lane lane = 0; lane < LANES; lane++)
		b->sum[lane] = series_summary(&b->gbps[lane]);
	printf("\n%zu KiB of records: %u of them, %u slices of %u\n", bytes >> 10, b->count,
	       b->gbps[0].n, b->slice);
	printf("  %-34s %9s %9s %9s   %8s %9s\n", "Gbit/s of plaintext", "min", "median", "max",
	       "cycles/B", "cycles");
	json_object_set_new(json, "working_set", json_integer((json_int_t)bytes));
	json_object_set_new(json, "slices", json_integer(b->gbps[0].n));
	for (enum lane lane = 0; lane < LANES; lane++) {
		print_lane(b, lane);
		report_put(json, lanes[lane].json, b->sum[lane].median);
	}
	for (size_t i = 0; i < RTE_DIM(ratios); i++) {
		double r = ratio(b, i);

		if (r > 0)
			printf("  %-34s %19.3f\n", ratios[i].json, r);
		report_put(json, ratios[i].json, r);
	}
	fflush(stdout);
	return json;
}

static void
destroy(struct bench *b)
{
	for (int i = 0; i < PEERS_MAX; i++)
		if (b->peer[i] != NULL)
			b->ops[i]->destroy(b->peer[i]);
	seal_destroy(b->seal);
	open_destroy(b->open);
	for (enum lane lane = 0; lane < LANES; lane++)
		series_free(&b->gbps[lane]);
	free(b->plain);
	free(b->opened);
}

/* NULL: one sentence was printed. */
static json_t *
measure(const struct options *o, size_t bytes, double seconds)
{
	struct bench b = { .o = o, .count = work_count(o->size, bytes) };
	json_t *json = NULL;
	char what[32];

	b.slice = RTE_MIN(b.count, RTE_MAX((uint32_t)SLICE_BYTES / o->size, 1u));
	snprintf(what, sizeof(what), "%zu KiB", bytes >> 10);
	if (make_memory(&b) && make_inside(&b) && make_peers(&b) && run_rounds(&b, what, seconds))
		json = report(&b, bytes);
	destroy(&b);
	return json;
}

int
record_run(const struct options *o)
{
	static const size_t sets[] = { 256 << 10, 64 << 20 };
	json_t *root = report_head(o), *all = json_array();

	for (size_t i = 0; i < RTE_DIM(sets); i++) {
		json_t *one = measure(o, sets[i], o->seconds / RTE_DIM(sets));

		if (one == NULL) {
			json_decref(all);
			json_decref(root);
			return -1;
		}
		/* Above all, where what is not cryptography shows most. */
		if (i == 0)
			json_object_update(root, one);
		json_array_append_new(all, one);
	}
	json_object_set_new(root, "working_sets", all);
	report_end(o, root);
	return 0;
}
