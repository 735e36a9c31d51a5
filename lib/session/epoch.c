/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/epoch.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "buf/wipe.h"

static_assert(offsetof(struct session_epoch, core) == 0, "what a record refers to");
static_assert(sizeof(struct session_epoch) <= 168, "ten of them are in a socket");

static uint32_t
find_place(const struct epochs *all)
{
	uint32_t i = 0;

	while (i < EPOCHS_MAX && all->of[i].key != NULL)
		i++;
	return i;
}

struct session_epoch *
epochs_place(struct epochs *all)
{
	uint32_t i = find_place(all);

	return i < EPOCHS_MAX ? &all->of[i] : NULL;
}

bool
epochs_have_place(const struct epochs *all)
{
	return find_place(all) < EPOCHS_MAX;
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

static void
destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	if (key != NULL)
		p->key_destroy(p, key);
}

void
session_epoch_wipe(struct session_epoch *e, const struct crypto_provider *p)
{
	destroy(p, e->key);
	destroy(p, e->undo);
	buf_wipe(e, sizeof(*e));
}

void
epochs_fini(struct epochs *all, const struct crypto_provider *p)
{
	for (uint32_t i = 0; i < EPOCHS_MAX; i++)
		if (all->of[i].key != NULL)
			session_epoch_wipe(&all->of[i], p);
	memset(all, 0, sizeof(*all));
}
