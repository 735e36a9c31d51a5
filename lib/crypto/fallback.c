/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/fallback.h"

#include <errno.h>
#include <string.h>

#include "crypto/libcrypto.h"

static int
key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	   const uint8_t *key, struct crypto_key **out)
{
	struct fallback *f = (struct fallback *)(uintptr_t)p;
	const struct crypto_provider *other = crypto_libcrypto();
	int refused = f->wish->key_create(f->wish, s, dir, key, out), rc;

	if (refused == 0)
		return 0;
	rc = other->key_create(other, s, dir, key, out);
	if (rc == 0)
		f->keys[refused == -ENOTSUP ? FALLBACK_SUITE : FALLBACK_NO_ROOM]++;
	return rc;
}

static void
key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	(void)p;
	if (key != NULL)
		key->provider->key_destroy(key->provider, key);
}

/* Runs of jobs of one provider. */
static void
process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs, uint16_t n)
{
	const struct crypto_provider *by;
	uint16_t i = 0, first;

	(void)p;
	while (i < n) {
		first = i;
		by = jobs[i].key->provider;
		while (i < n && jobs[i].key->provider == by)
			i++;
		by->process(by, dir, &jobs[first], (uint16_t)(i - first));
	}
}

void
fallback_init(struct fallback *f, const struct crypto_provider *wish)
{
	memset(f, 0, sizeof(*f));
	f->provider.name = wish->name;
	f->provider.key_create = key_create;
	f->provider.key_destroy = key_destroy;
	f->provider.process = process;
	f->wish = wish;
}
