/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include <recordtls/tls.h>

#include "tlsnic/context.h"
#include "tlsnic/key.h"

static struct rte_hash *
make_flows(uint32_t max, const char *name, const char *suffix)
{
	char hash_name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = hash_name,
		.entries = RTE_MAX(max, 8u), /* the least that it takes */
		.key_len = sizeof(struct context_flow),
		.hash_func = rte_jhash,
		.socket_id = SOCKET_ID_ANY,
		/* Without it, an entry may find no place in a table that has room. */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	snprintf(hash_name, sizeof(hash_name), "%.15s_%.10s", name, suffix);
	return rte_hash_create(&params);
}

int
contexts_init(struct nic_contexts *t, uint32_t max, const char *name)
{
	TAILQ_INIT(&t->adding);
	TAILQ_INIT(&t->deleted);
	t->tab = rte_zmalloc("tlsnic", max * sizeof(*t->tab), 0);
	t->free = rte_malloc("tlsnic", max * sizeof(*t->free), 0);
	t->flows = make_flows(max, name, "flows");
	t->started = make_flows(max, name, "started");
	if (t->tab == NULL || t->free == NULL || t->flows == NULL || t->started == NULL)
		return -ENOMEM;
	t->max = max;
	while (t->nb_free < max) {
		t->free[t->nb_free] = max - 1 - t->nb_free;
		t->nb_free++;
	}
	return 0;
}

static struct context_flow
flow_key(const struct rtls_tls_flow *flow)
{
	const struct rtls_addr *src = flow->dir == RTLS_TX ? &flow->local : &flow->remote;
	const struct rtls_addr *dst = flow->dir == RTLS_TX ? &flow->remote : &flow->local;
	struct context_flow key = { .dir = flow->dir };

	memcpy(&key.flow.src, src->ip, 4);
	memcpy(&key.flow.dst, dst->ip, 4);
	key.flow.src_port = rte_cpu_to_be_16(src->port);
	key.flow.dst_port = rte_cpu_to_be_16(dst->port);
	return key;
}

static int
keys_init(const struct nic_contexts *t, struct nic_context *c, const struct nic_key *k)
{
	int rc;

	if (k->dir == RTLS_TX)
		return nic_tx_init(&c->tx, k->suite, k->key, k->iv);
	rc = nic_rx_init(&c->rx, k->suite, k->key, k->iv, t->rx_first_run);
	if (rc == 0) {
		c->rx.keeps = t->rx_keeps;
		c->rx.scans = t->rx_scans;
	}
	return rc;
}

static uint32_t
next_generation(struct nic_contexts *t)
{
	if ((uint16_t)++t->generation == 0)
		t->generation++;
	return t->generation;
}

void
context_wipe(struct nic_context *c)
{
	if (c->dir == RTLS_TX)
		nic_tx_fini(&c->tx);
	else
		nic_rx_fini(&c->rx);
}

int
contexts_add(struct nic_contexts *t, const struct nic_key *k, const struct rtls_tls_flow *flow,
	     uint64_t cookie, uint32_t polls, struct rtls_tls_handle *out)
{
	struct context_flow key = flow_key(flow);
	bool receives = k->dir == RTLS_RX;
	struct nic_context *c;
	int rc;

	if (receives && rte_hash_lookup(t->flows, &key) >= 0)
		return -EEXIST;
	if (t->nb_free == 0)
		return -ENOSPC;
	c = &t->tab[t->free[t->nb_free - 1]];
	c->dir = k->dir;
	rc = keys_init(t, c, k);
	if (rc != 0)
		return rc;
	rc = receives ? rte_hash_add_key(t->flows, &key) : 0;
	if (rc < 0) {
		context_wipe(c);
		return rc;
	}
	t->nb_free--;
	c->generation = next_generation(t);
	c->key = key;
	c->cookie = cookie;
	*out = contexts_handle(t, c);
	if (polls == 0) {
		c->state = CONTEXT_ADDED;
		return 0;
	}
	c->state = CONTEXT_ADDING;
	c->due_poll = t->polls + polls;
	TAILQ_INSERT_TAIL(&t->adding, c, waiting);
	return -EINPROGRESS;
}

static struct rtls_tls_event
take_waiting(const struct nic_contexts *t, struct nic_waiting *list, struct nic_context *c,
	     enum rtls_tls_event_type type)
{
	TAILQ_REMOVE(list, c, waiting);
	return (struct rtls_tls_event){
		.type = (uint8_t)type,
		.ctx = contexts_handle(t, c),
		.cookie = c->cookie,
	};
}

unsigned int
contexts_poll(struct nic_contexts *t, struct rtls_tls_event *ev, unsigned int n)
{
	struct nic_context *c;
	unsigned int got = 0;

	t->polls++;
	/* All take the same number of polls: the list is in the order of due_poll. */
	while (got < n && (c = TAILQ_FIRST(&t->adding)) != NULL && c->due_poll <= t->polls) {
		ev[got++] = take_waiting(t, &t->adding, c, RTLS_TLS_EV_ADD_DONE);
		c->state = CONTEXT_ADDED;
	}
	while (got < n && (c = TAILQ_FIRST(&t->deleted)) != NULL) {
		ev[got++] = take_waiting(t, &t->deleted, c, RTLS_TLS_EV_DEL_DONE);
		contexts_release(t, c);
	}
	return got;
}

/* Does a handle lead to it? */
static bool
is_known(const struct nic_context *c)
{
	return c->state == CONTEXT_ADDING || c->state == CONTEXT_ADDED ||
	       c->state == CONTEXT_STARTED;
}

struct nic_context *
contexts_find(const struct nic_contexts *t, struct rtls_tls_handle h)
{
	struct nic_context *c;

	if (h.index >= t->max)
		return NULL;
	c = &t->tab[h.index];
	if (c->generation != h.generation || !is_known(c))
		return NULL;
	return c;
}

struct rtls_tls_handle
contexts_handle(const struct nic_contexts *t, const struct nic_context *c)
{
	return (struct rtls_tls_handle){
		.index = (uint32_t)(c - t->tab),
		.generation = c->generation,
	};
}

/* Of one that is known: it waits for nothing, and no packet is its own. */
static void
forget(struct nic_contexts *t, struct nic_context *c)
{
	if (c->state == CONTEXT_ADDING)
		TAILQ_REMOVE(&t->adding, c, waiting);
	if (c->dir == RTLS_RX)
		rte_hash_del_key(t->flows, &c->key);
}

void
contexts_delete(struct nic_contexts *t, struct nic_context *c)
{
	forget(t, c);
	c->state = CONTEXT_DELETING;
}

void
contexts_release(struct nic_contexts *t, struct nic_context *c)
{
	c->state = CONTEXT_FREE;
	t->free[t->nb_free++] = (uint32_t)(c - t->tab);
}

void
contexts_ended(struct nic_contexts *t, struct nic_context *c)
{
	if (c->state != CONTEXT_DELETING)
		return;
	if (c->dir == RTLS_TX) {
		contexts_release(t, c);
		return;
	}
	c->state = CONTEXT_DELETED;
	TAILQ_INSERT_TAIL(&t->deleted, c, waiting);
}

void
contexts_void(struct nic_contexts *t)
{
	struct nic_context *c;

	for (c = t->tab; c < t->tab + t->max; c++) {
		if (c->state == CONTEXT_FREE)
			continue;
		if (is_known(c))
			forget(t, c);
		c->state = CONTEXT_VOID;
		t->nb_void++;
	}
	TAILQ_INIT(&t->deleted);
}

void
contexts_voided(struct nic_contexts *t)
{
	for (uint32_t i = 0; i < t->max && t->nb_void > 0; i++)
		if (t->tab[i].state == CONTEXT_VOID) {
			contexts_release(t, &t->tab[i]);
			t->nb_void--;
		}
}

struct nic_context *
contexts_live(const struct nic_contexts *t, struct rtls_tls_handle h, uint8_t dir)
{
	struct nic_context *c;

	if (h.index >= t->max || h.generation == 0)
		return NULL;
	c = &t->tab[h.index];
	/* live first: the rest may be the host's lcore's to write. */
	return c->live == h.generation && c->dir == dir ? c : NULL;
}

int
contexts_open(struct nic_contexts *t, struct nic_context *c)
{
	return rte_hash_add_key_data(t->started, &c->key, c);
}

static struct nic_context *
find_started(const struct nic_contexts *t, const struct context_flow *key)
{
	void *c;

	return rte_hash_lookup_data(t->started, key, &c) >= 0 ? c : NULL;
}

void
contexts_shut(struct nic_contexts *t, const struct nic_context *c)
{
	/* Sending, the flow may be a later one's by now. */
	if (find_started(t, &c->key) == c)
		rte_hash_del_key(t->started, &c->key);
}

struct nic_context *
contexts_of_packet(const struct nic_contexts *t, const struct frame_flow *flow, uint8_t dir)
{
	const struct context_flow key = { .flow = *flow, .dir = dir };

	return find_started(t, &key);
}

void
contexts_fini(struct nic_contexts *t)
{
	for (uint32_t i = 0; i < t->max; i++)
		if (t->tab[i].state != CONTEXT_FREE)
			context_wipe(&t->tab[i]);
	rte_hash_free(t->flows);
	rte_hash_free(t->started);
	rte_free(t->free);
	rte_free(t->tab);
}
