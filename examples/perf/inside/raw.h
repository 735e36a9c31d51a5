/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Jobs for a provider as the record layer would make them, but made beforehand. */
#ifndef PERF_RAW_H
#define PERF_RAW_H

#include <recordtls/tls.h>

#include "crypto/provider.h"
#include "work.h"

struct raw {
	const struct crypto_provider *provider;
	struct crypto_key *key;
	enum crypto_dir dir;
	struct crypto_job
		*jobs; /* one per record of the working set; src and dst are the maker's */
	uint32_t count;
	uint32_t at;
};

/* The secrets of this measurement: a fixed key and IV. */
void raw_keys(const struct work *w, struct rtls_keys *out);

/* Nonces, additional data and key are filled in. 0 or -errno. */
int raw_init(struct raw *r, const struct work *w, enum crypto_dir dir);

/* The next job, in a circle. True: it went well. */
static inline bool
raw_step(struct raw *r)
{
	struct crypto_job *j = &r->jobs[r->at];

	r->provider->process(r->provider, r->dir, j, 1);
	r->at = r->at + 1 == r->count ? 0 : r->at + 1;
	return j->status == 0;
}

void raw_fini(struct raw *r);

#endif
