/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How often values were seen, in buckets that grow with them: none is wider than 1/64 of the values
 * in it. All zero: empty.
 */
#ifndef PERF_HISTOGRAM_H
#define PERF_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_EXACT = 128, /* values below have a bucket each */
	HISTOGRAM_HALF = HISTOGRAM_EXACT / 2,
	HISTOGRAM_BITS = 48, /* larger values count as the largest */
	HISTOGRAM_BUCKETS = HISTOGRAM_EXACT + (HISTOGRAM_BITS - 7) * HISTOGRAM_HALF,
};

struct histogram {
	uint64_t n;
	uint64_t most; /* the largest value */
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* All of from on top. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/* The value that so many per million of all do not exceed, up to the width of a bucket; 0 of an
 * empty one. */
uint64_t histogram_at(const struct histogram *h, uint32_t per_million);

#endif
