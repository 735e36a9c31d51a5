/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
raw_keys(const struct work *w, struct rtls_keys *out)
{
	*out = (struct rtls_keys){ .version = w->tls, .cipher = w->suite->cipher };
	memset(out->key, 0x5a, w->suite->key_len);
	memset(out->iv, 0xa5, sizeof(out->iv));
}

static void
fill(struct raw *r, const struct work *w, const struct record_suite *s,
     const struct rtls_keys *keys)
{
	uint8_t hdr[RECORD_HDR_LEN], iv[RECORD_NONCE_LEN];

	record_header_write(s, RECORD_DATA, w->size, 0, hdr);
	record_iv_base(s, keys->iv, 0, iv);
	for (uint32_t i = 0; i < r->count; i++) {
		r->jobs[i].key = r->key;
		record_nonce(s, iv, i, r->jobs[i].nonce);
		r->jobs[i].aad_len = (uint8_t)record_aad(s, hdr, i, r->jobs[i].aad);
	}
}

int
raw_init(struct raw *r, const struct work *w, enum crypto_dir dir)
{
	const struct record_suite *s = record_suite_find(w->tls, w->suite->cipher);
	struct rtls_keys keys;
	int rc;

	if (s == NULL)
		return -ENOTSUP;
	raw_keys(w, &keys);
	*r = (struct raw){ .provider = w->provider, .dir = dir, .count = w->count };
	r->jobs = calloc(r->count, sizeof(*r->jobs));
	if (r->jobs == NULL)
		return -ENOMEM;
	rc = r->provider->key_create(r->provider, s, dir, keys.key, &r->key);
	if (rc == 0)
		fill(r, w, s, &keys);
	return rc;
}

void
raw_fini(struct raw *r)
{
	if (r->key != NULL)
		r->provider->key_destroy(r->provider, r->key);
	free(r->jobs);
	*r = (struct raw){ 0 };
}
