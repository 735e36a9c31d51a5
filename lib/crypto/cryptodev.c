/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/cryptodev.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cryptodev.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "buf/pool_name.h"
#include "buf/wipe.h"
#include "crypto/aead_xform.h"
#include "crypto/bounce.h"
#include "crypto/cryptodev_batch.h"
#include "crypto/cryptodev_probe.h"
#include "crypto/cryptodev_queue.h"

/* Over the table of devices and what is proved of them: stacks are made on any thread. */
static pthread_mutex_t devices_lock = PTHREAD_MUTEX_INITIALIZER;

bool
cryptodev_find(uint8_t id, struct cryptodev_found *out)
{
	struct rte_cryptodev_info info = { 0 };

	pthread_mutex_lock(&devices_lock);
	if (rte_cryptodev_is_valid_dev(id) != 0)
		rte_cryptodev_info_get(id, &info);
	if ((info.feature_flags & RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO) != 0) {
		snprintf(out->name, sizeof(out->name), "%s", rte_cryptodev_name_get(id));
		snprintf(out->driver, sizeof(out->driver), "%s", info.driver_name);
	}
	pthread_mutex_unlock(&devices_lock);
	return (info.feature_flags & RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO) != 0;
}

static struct cryptodev *
of_provider(const struct crypto_provider *p)
{
	return (struct cryptodev *)(uintptr_t)p;
}

static void *
session_create(const struct cryptodev *c, const struct record_suite *s, enum crypto_dir dir,
	       const uint8_t *key)
{
	struct rte_crypto_sym_xform xform = aead_xform(s, dir == CRYPTO_SEAL, key);

	xform.aead.iv.offset = CRYPTODEV_QUEUE_NONCE;
	return rte_cryptodev_sym_session_create(c->device->id, &xform, c->sessions);
}

static int
key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	   const uint8_t *key, struct crypto_key **out)
{
	struct cryptodev *c = of_provider(p);
	const struct cryptodev_aead *aead = &c->device->aeads[s->aead];
	struct cryptodev_key *k;

	if (aead->layouts[dir] == 0)
		return -ENOTSUP;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return -ENOMEM;
	k->session = session_create(c, s, dir, key);
	if (k->session == NULL) {
		free(k);
		return rte_errno == ENOMEM ? -ENOMEM : -ENOTSUP;
	}
	k->key.provider = p;
	k->dir = dir;
	k->aad_len = s->aad_len;
	k->layouts = aead->layouts[dir];
	k->in_blocks = aead_xform_in_blocks(s);
	k->queued = dir == CRYPTO_SEAL && aead->queued;
	k->bad_tag = aead->bad_tag;
	*out = &k->key;
	return 0;
}

static void
key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	struct cryptodev *c = of_provider(p);
	struct cryptodev_key *k = (struct cryptodev_key *)key;

	if (k == NULL)
		return;
	rte_cryptodev_sym_session_free(c->device->id, k->session);
	/* A driver may leave the key there. The pool is ours, and nobody takes from it now. */
	buf_wipe(k->session, c->sessions->elt_size);
	free(k);
}

static int
make_sessions(struct cryptodev *c, const struct cryptodev_conf *conf)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc = pool_name(name, conf->name, "keys");

	if (rc != 0)
		return rc;
	c->sessions = rte_cryptodev_sym_session_pool_create(
		name, conf->max_keys, rte_cryptodev_sym_get_private_session_size(c->device->id), 0,
		0, conf->socket_id);
	return c->sessions == NULL ? pool_refused() : 0;
}

static void
free_parts(struct cryptodev *c)
{
	rte_mempool_free(c->sessions);
	if (c->device != NULL) {
		cryptodev_queue_fini(c);
		cryptodev_table_put(c->device);
	}
	rte_free(c);
}

/* What a driver made of a session that it then refused stays behind in the pool. */
static void
wipe_session(struct rte_mempool *mp, void *arg, void *session, unsigned int i)
{
	(void)arg;
	(void)i;
	buf_wipe(session, mp->elt_size);
}

static int
open_locked(struct cryptodev *c, const char *device, const struct cryptodev_conf *conf)
{
	int rc = cryptodev_table_get(device, &c->device);

	if (rc != 0)
		return rc;
	c->provider.name = c->device->name;
	cryptodev_queue_init(c);
	rc = make_sessions(c, conf);
	if (rc == 0 && !c->device->proved) {
		rc = cryptodev_probe(c);
		c->device->proved = rc == 0;
		rte_mempool_obj_iter(c->sessions, wipe_session, NULL);
	}
	for (size_t i = 0; rc == 0 && i < RTE_DIM(c->device->aeads); i++)
		if (c->device->aeads[i].layouts[CRYPTO_SEAL] != 0)
			return 0;
	return rc == 0 ? -ENOTSUP : rc;
}

int
cryptodev_open(const char *device, const struct cryptodev_conf *conf, struct cryptodev **out)
{
	struct cryptodev *c = rte_zmalloc_socket("rtls_cryptodev", sizeof(*c), RTE_CACHE_LINE_SIZE,
						 conf->socket_id);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->provider.key_create = key_create;
	c->provider.key_destroy = key_destroy;
	c->provider.process = cryptodev_process;
	pthread_mutex_lock(&devices_lock);
	rc = open_locked(c, device, conf);
	if (rc != 0)
		free_parts(c);
	pthread_mutex_unlock(&devices_lock);
	if (rc == 0)
		*out = c;
	return rc;
}

const struct crypto_provider *
cryptodev_provider(const struct cryptodev *c)
{
	return &c->provider;
}

void
cryptodev_close(struct cryptodev *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&devices_lock);
	free_parts(c);
	pthread_mutex_unlock(&devices_lock);
}

const char *
cryptodev_describe(const struct cryptodev *c, const struct record_suite *s)
{
	const struct cryptodev_aead *a = &c->device->aeads[s->aead];
	unsigned int both = a->layouts[CRYPTO_SEAL] & a->layouts[CRYPTO_OPEN];

	if ((both & BOUNCE_OUT_CHAIN) != 0)
		return "any layout";
	if ((both & BOUNCE_IN_CHAIN) != 0)
		return "chains in place";
	if ((both & BOUNCE_IN_LINEAR) != 0)
		return "linear in place, chains through a buffer";
	return "nothing";
}
