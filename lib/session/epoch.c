/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/epoch.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include <rte_mempool.h>

#include "buf/wipe.h"
#include "crypto/keystream.h"

static_assert(offsetof(struct session_epoch, core) == 0, "what a record refers to");
static_assert(sizeof(struct session_epoch) <= 168, "an idle connection has two of them");

const struct epochs epochs_none;

bool
epochs_have_place(const struct epochs *all)
{
	return all->nb < EPOCHS_OWN ||
	       (all->nb < EPOCHS_MAX && all->pool->nb_beyond < all->pool->max_beyond);
}

struct session_epoch *
epochs_place(struct epochs *all)
{
	uint32_t i = 0;
	void *e;

	if (!epochs_have_place(all) || rte_mempool_get(all->pool->mem, &e) != 0) {
		all->pool->wanted = true;
		return NULL;
	}
	memset(e, 0, sizeof(struct session_epoch));
	while (all->of[i] != NULL)
		i++;
	all->of[i] = e;
	if (++all->nb > EPOCHS_OWN)
		all->pool->nb_beyond++;
	return e;
}

void
epochs_install(struct epochs *all, struct session_epoch *e, const struct record_suite *s,
	       const struct rtls_keys *keys, struct crypto_key *key)
{
	e->no = ++all->nb_keys;
	e->suite = s;
	e->key = key;
	record_iv_base(s, keys->iv, keys->rec_no, e->iv);
	memcpy(e->secret, keys->key, s->key_len);
	all->now = e;
}

void
session_epoch_keys(const struct session_epoch *e, uint64_t rec_no, struct rtls_keys *out)
{
	memset(out, 0, sizeof(*out));
	out->version = e->suite->version;
	out->cipher = e->suite->cipher;
	out->rec_no = rec_no;
	memcpy(out->key, e->secret, e->suite->key_len);
	/* The way back from record 0. */
	record_iv_base(e->suite, e->iv, 0 - rec_no, out->iv);
}

void
session_epoch_wipe(struct epochs *all, struct session_epoch *e, const struct crypto_provider *p)
{
	uint32_t i = 0;

	if (e->key != NULL)
		p->key_destroy(p, e->key);
	keystream_destroy(e->undo);
	buf_wipe(e, sizeof(*e));
	while (all->of[i] != e)
		i++;
	all->of[i] = NULL;
	if (all->nb-- > EPOCHS_OWN)
		all->pool->nb_beyond--;
	rte_mempool_put(all->pool->mem, e);
}

void
epochs_fini(struct epochs *all, const struct crypto_provider *p)
{
	struct epoch_pool *pool = all->pool;
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		session_epoch_wipe(all, e, p);
	*all = (struct epochs){ .pool = pool };
}
