/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "histogram.h"

/* Behind the exact ones each power of two has HISTOGRAM_HALF buckets. */
static uint32_t
bucket_of(uint64_t value)
{
	uint32_t shift;

	if (value >> HISTOGRAM_BITS != 0)
		value = (UINT64_C(1) << HISTOGRAM_BITS) - 1;
	if (value < HISTOGRAM_EXACT)
		return (uint32_t)value;
	shift = 63 - (uint32_t)__builtin_clzll(value) - 6;
	return shift * HISTOGRAM_HALF + (uint32_t)(value >> shift);
}

/* The largest value in a bucket. */
static uint64_t
top_of(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < HISTOGRAM_EXACT)
		return bucket;
	shift = bucket / HISTOGRAM_HALF - 1;
	return (((uint64_t)bucket - shift * HISTOGRAM_HALF + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->counts[bucket_of(value)]++;
	h->n++;
	if (value > h->most)
		h->most = value;
}

void
histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->counts[i] += from->counts[i];
	h->n += from->n;
	if (from->most > h->most)
		h->most = from->most;
}

uint64_t
histogram_at(const struct histogram *h, uint32_t per_million)
{
	uint64_t wanted = h->n / 1000000 * per_million + h->n % 1000000 * per_million / 1000000;
	uint64_t seen = 0, top;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen > wanted || (seen == h->n && seen > 0)) {
			top = top_of(i);
			return top < h->most ? top : h->most;
		}
	}
	return 0;
}
