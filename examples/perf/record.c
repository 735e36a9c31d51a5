/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/eal.h"
#include "common/say.h"
#include "inside/open.h"
#include "inside/seal.h"
#include "lanes.h"
#include "peer.h"
#include "phase.h"

enum {
	SLICE_BYTES = 256 << 10, /* about 0.1 ms */
	SLICE_RECORDS = 1024,    /* at most */
	PEERS_MAX = 2,
};

/* One working set and all that are measured on it. */
struct bench {
	const struct options *o;
	struct lanes lanes;
	uint8_t *plain;
	uint8_t *opened;
	struct seal *seal;
	struct open *open;
	const struct peer_ops *ops[PEERS_MAX]; /* libssl, GnuTLS; NULL: not there */
	void *peer[PEERS_MAX];
};

static bool
make_memory(struct bench *b)
{
	size_t len = (size_t)b->lanes.count * b->o->size;

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
		.provider = work_provider(),
		.suite = b->o->suite,
		.name = "seal",
		.tls = b->o->tls,
		.size = b->o->size,
		.mss = b->o->mss,
		.count = b->lanes.count,
		.plain = b->plain,
		.opened = b->opened,
	};
	int rc = seal_create(&w, &b->seal);

	if (rc == 0) {
		w.name = "open";
		rc = open_create(&w, &b->open);
	}
	if (rc == -ENOMEM)
		eal_say_no_memory("the records");
	else if (rc == -ENOTSUP)
		say("the record layer, or the provider %s, has no %s for this version of TLS",
		    b->o->crypto, b->o->suite->name);
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
		.count = b->lanes.count,
		.slice = 2 * b->lanes.slice,
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
		return seal_raw(b->seal, b->lanes.slice);
	case SEAL:
		return seal_in_place(b->seal, b->lanes.slice);
	case COPY_RAW_SEAL:
		return seal_copy_raw(b->seal, b->lanes.slice);
	case COPIED_SEAL:
		return seal_copied(b->seal, b->lanes.slice);
	case RAW_OPEN:
		return open_raw(b->open, b->lanes.slice);
	case OPEN:
		return open_records(b->open, b->lanes.slice);
	case COPY_RAW_OPEN:
		return open_copy_raw(b->open, b->lanes.slice);
	case LIBSSL_SEAL:
		return b->ops[0]->seal(b->peer[0], b->lanes.slice);
	case LIBSSL_OPEN:
		return b->ops[0]->open(b->peer[0], b->lanes.slice);
	case GNUTLS_SEAL:
		return b->ops[1]->seal(b->peer[1], b->lanes.slice);
	case GNUTLS_OPEN:
		return b->ops[1]->open(b->peer[1], b->lanes.slice);
	case LANES:
		break;
	}
	return 0;
}

static bool
run_lane(struct bench *b, enum lane lane, enum phase phase)
{
	double bits = (double)b->lanes.slice * b->o->size * 8, hz = (double)rte_get_tsc_hz();
	/* A working set that a slice goes through is brought back into the caches first: the
	 * contender before has left its own there. */
	bool ok = b->lanes.slice < b->lanes.count || run_slice(b, lane) != 0;
	uint64_t interruptions = phase_interruptions();
	uint64_t cycles = ok ? run_slice(b, lane) : 0;

	if (cycles == 0) {
		say("%s failed", lane_title(lane));
		return false;
	}
	if (!phase_counts(phase, interruptions) ||
	    series_add(&b->lanes.gbps[lane], bits * hz / (double)cycles / 1e9))
		return true;
	say("no memory");
	return false;
}

static bool
has_enough(const struct bench *b)
{
	for (enum lane lane = 0; lane < LANES; lane++)
		if (is_there(b, lane) && b->lanes.gbps[lane].n < PHASE_LEAST)
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

static void
destroy(struct bench *b)
{
	for (int i = 0; i < PEERS_MAX; i++)
		if (b->peer[i] != NULL)
			b->ops[i]->destroy(b->peer[i]);
	seal_destroy(b->seal);
	open_destroy(b->open);
	lanes_free(&b->lanes);
	free(b->plain);
	free(b->opened);
}

/* NULL: one sentence was printed. */
static json_t *
measure(const struct options *o, size_t bytes, double seconds)
{
	struct bench b = { .o = o, .lanes = { .o = o, .bytes = bytes } };
	struct lanes *l = &b.lanes;
	json_t *json = NULL;
	char what[32];

	l->count = work_count(o->size, bytes);
	l->slice = RTE_MIN((uint32_t)SLICE_BYTES / o->size, (uint32_t)SLICE_RECORDS);
	l->slice = RTE_MIN(l->slice, l->count);
	snprintf(what, sizeof(what), "%zu KiB", bytes >> 10);
	if (make_memory(&b) && make_inside(&b) && make_peers(&b) && run_rounds(&b, what, seconds)) {
		json = lanes_report(l);
		json_object_set_new(json, "computed_by", json_string(seal_provider(b.seal)));
	}
	destroy(&b);
	return json;
}

bool
record_run(const struct options *o, json_t *root)
{
	static const size_t sets[] = { 256 << 10, 64 << 20 };
	json_t *all = json_array();

	for (size_t i = 0; i < RTE_DIM(sets); i++) {
		json_t *one = measure(o, sets[i], o->seconds / RTE_DIM(sets));

		if (one == NULL) {
			json_decref(all);
			return false;
		}
		/* Above all, where what is not cryptography shows most. */
		if (i == 0)
			json_object_update(root, one);
		json_array_append_new(all, one);
	}
	json_object_set_new(root, "working_sets", all);
	return true;
}
