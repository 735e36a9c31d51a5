/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "buf/pool_name.h"
#include "buf/wipe.h"
#include "core/conf.h"
#include "stack/listener.h"
#include "stack/memory.h"
#include "stack/secret.h"
#include "stack/sock_end.h"
#include "stack/sock_make.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/tx_path.h"

enum {
	HELD_SHARE = 4, /* of all sockets, may hold something out of order */
	HELD_MIN = 64,
	/*
	 * Sending, receiving, and what undoes a device's opening, at 2 KiB each. Who needs more, as
	 * former keys drain, takes what others do not need, or libcrypto.
	 */
	KEYS_PER_SOCK = 3,
};

/* 0 is a node. */
static int
conf_socket_id(const struct rtls_stack_conf *user)
{
	const size_t end = offsetof(struct rtls_stack_conf, socket_id) + sizeof(user->socket_id);

	return conf_has(user, end) ? user->socket_id : SOCKET_ID_ANY;
}

static void
conf_defaults(struct rtls_stack *s)
{
	struct rtls_stack_conf *c = &s->conf;
	static const struct rtls_stack_conf def = {
		.max_socks = 1024,
		.max_time_wait = 8192,
		.max_syn = 1024,
		.nb_packets = 8192,
		.nb_small = 2048,
		.nb_medium = 2048,
		.nb_large = 2048,
		.sndbuf = AUTOSIZE_SEND,
		.rcvbuf = AUTOSIZE_RECV,
		.sndbuf_max = 4 << 20,
		.rcvbuf_max = 8 << 20,
		.time_wait_us = 60000000,
		.user_timeout_us = 120000000,
		.rto_min_us = 200000,
		.answers_per_remote = ANSWER_PER_REMOTE,
		.answers_per_stack = ANSWER_PER_STACK,
	};
	uint32_t *fields[] = { &c->max_socks,
			       &c->max_time_wait,
			       &c->max_syn,
			       &c->nb_packets,
			       &c->nb_small,
			       &c->nb_medium,
			       &c->nb_large,
			       &c->sndbuf,
			       &c->rcvbuf,
			       &c->time_wait_us,
			       &c->user_timeout_us,
			       &c->rto_min_us,
			       &c->answers_per_remote,
			       &c->answers_per_stack,
			       &c->sndbuf_max,
			       &c->rcvbuf_max };
	const uint32_t defaults[] = { def.max_socks,
				      def.max_time_wait,
				      def.max_syn,
				      def.nb_packets,
				      def.nb_small,
				      def.nb_medium,
				      def.nb_large,
				      def.sndbuf,
				      def.rcvbuf,
				      def.time_wait_us,
				      def.user_timeout_us,
				      def.rto_min_us,
				      def.answers_per_remote,
				      def.answers_per_stack,
				      def.sndbuf_max,
				      def.rcvbuf_max };
	uint32_t i;

	s->sndbuf_fixed = c->sndbuf != 0;
	s->rcvbuf_fixed = c->rcvbuf != 0;
	for (i = 0; i < RTE_DIM(fields); i++) {
		if (*fields[i] == 0)
			*fields[i] = defaults[i];
	}
	if (!s->sndbuf_fixed)
		c->sndbuf = RTE_MIN(c->sndbuf, c->sndbuf_max);
	if (!s->rcvbuf_fixed)
		c->rcvbuf = RTE_MIN(c->rcvbuf, c->rcvbuf_max);
}

static int
conf_check(const struct rtls_stack_conf *c)
{
	/* A full record must fit into either buffer. */
	if (c->sndbuf < BUF_LARGE_ROOM || c->rcvbuf < 2 * BUF_LARGE_ROOM)
		return -EINVAL;
	if (c->sndbuf_max < BUF_LARGE_ROOM || c->rcvbuf_max < 2 * BUF_LARGE_ROOM)
		return -EINVAL;
	if (c->socket_id < SOCKET_ID_ANY || c->max_socks > 1 << 20 || c->rto_min_us < 1000 ||
	    c->wipe_buffers > 1 || c->cc >= TCP_CC_MAX)
		return -EINVAL;
	return 0;
}

static void
make_params(struct rtls_stack *s)
{
	tcp_params_default(&s->params);
	s->params.time_wait_us = s->conf.time_wait_us;
	tcp_opts_default(&s->tcp_opts);
	s->tcp_opts.user_timeout_us = s->conf.user_timeout_us;
	s->tcp_opts.cc = (uint8_t)s->conf.cc;
	s->params.rto_min_us = s->conf.rto_min_us;
	/* Of the room half is offered. */
	s->params.wscale = tcp_wscale_for(RTE_MAX(s->conf.rcvbuf, s->conf.rcvbuf_max) / 2);
}

static int
make_remotes(struct rtls_stack *s, int socket)
{
	size_t size = flow_table_size(s->conf.max_socks);
	uint8_t key[16];

	if (s->conf.max_per_remote == 0)
		return 0;
	s->remotes_mem = rte_zmalloc_socket("rtls_remotes", size, FLOW_ALIGN, socket);
	if (s->remotes_mem == NULL)
		return -ENOMEM;
	s->remotes = flow_table_init(s->remotes_mem, size, s->conf.max_socks,
				     secret_key(s->secret, SECRET_REMOTES, key));
	return 0;
}

static int
make_tables(struct rtls_stack *s, int socket)
{
	struct rtls_stack_conf *c = &s->conf;
	size_t flows = flow_table_size(c->max_socks);
	size_t syns = tcp_syncache_size(c->max_syn), waits = tcp_timewait_size(c->max_time_wait);
	uint8_t key[16];
	void *mem;
	uint32_t i;

	mem = rte_zmalloc_socket("rtls_flows", flows, FLOW_ALIGN, socket);
	if (mem == NULL)
		return -ENOMEM;
	flow_cache_init(&s->found);
	s->flows = flow_table_init(mem, flows, c->max_socks,
				   secret_key(s->secret, SECRET_FLOWS, key));
	s->flows_mem = mem;
	mem = rte_zmalloc_socket("rtls_syn", syns, RTE_CACHE_LINE_SIZE, socket);
	if (mem == NULL)
		return -ENOMEM;
	s->syncache_mem = mem;
	s->syncache = tcp_syncache_init(mem, syns, c->max_syn,
					secret_key(s->secret, SECRET_SYNCACHE, key));
	tcp_cookie_init(&s->cookies, secret_key(s->secret, SECRET_COOKIES, key));
	mem = rte_zmalloc_socket("rtls_tw", waits, RTE_CACHE_LINE_SIZE, socket);
	if (mem == NULL)
		return -ENOMEM;
	s->timewait_mem = mem;
	s->timewait = tcp_timewait_init(mem, waits, c->max_time_wait,
					secret_key(s->secret, SECRET_TIMEWAIT, key));
	s->answer_remotes = rte_malloc_socket("rtls_answers",
					      sizeof(*s->answer_remotes) * STACK_ANSWER_REMOTES,
					      RTE_CACHE_LINE_SIZE, socket);
	if (s->answer_remotes == NULL)
		return -ENOMEM;
	answer_limit_init(&s->answers, s->answer_remotes, STACK_ANSWER_REMOTES,
			  c->answers_per_remote, c->answers_per_stack,
			  secret_key(s->secret, SECRET_ANSWERS, key));
	local_ports_init(&s->ports, secret_key(s->secret, SECRET_PORTS, key));
	mtu_table_init(&s->mtus, secret_key(s->secret, SECRET_MTUS, key));
	s->socks = rte_zmalloc_socket("rtls_socks", sizeof(*s->socks) * c->max_socks,
				      RTE_CACHE_LINE_SIZE, socket);
	s->tallies = rte_zmalloc_socket("rtls_tallies", sizeof(*s->tallies) * c->max_socks,
					RTE_CACHE_LINE_SIZE, socket);
	if (s->socks == NULL || s->tallies == NULL)
		return -ENOMEM;
	for (i = c->max_socks; i > 0; i--)
		TAILQ_INSERT_HEAD(&s->free_list, &s->socks[i - 1], link);
	return 0;
}

static int
make_flights(struct rtls_stack *s, int socket)
{
	const struct rtls_stack_conf *c = &s->conf;
	uint32_t n[FLIGHT_SIZES];

	flight_pools_numbers(c->max_socks, (uint64_t)c->nb_small + c->nb_medium + c->nb_large, n);
	return flight_pools_create(&s->flights, n, socket);
}

static int
make_crypto(struct rtls_stack *s, const struct cryptodev_conf *conf)
{
	int rc = crypto_select_make(&s->crypto, s->conf.crypto, conf);

	if (rc != 0)
		tell_stack(s, NOTE_CRYPTO_UNUSABLE, "%s: %s", s->conf.crypto, rte_strerror(-rc));
	return rc;
}

/*
 * What sockets hold out of order. One in four may at a time; who has none while somebody else holds on
 * to his has it soon: stack/rx_memory.
 */
static int
make_held(struct rtls_stack *s, const char *stack_name, int socket)
{
	uint32_t few = RTE_MIN(s->conf.max_socks, (uint32_t)HELD_MIN);
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc = pool_name(name, stack_name, "held");

	if (rc != 0)
		return rc;
	s->recvq_shared = (struct recvq_shared){
		.held = recvq_held_pool(name, RTE_MAX(s->conf.max_socks / HELD_SHARE, few), socket),
		.wipe = s->conf.wipe_buffers != 0,
	};
	return s->recvq_shared.held == NULL ? pool_refused() : 0;
}

static int
make_session(struct rtls_stack *s, const char *name, int socket)
{
	uint8_t key[16];
	const struct session_shared_conf conf = {
		.name = name,
		.socket_id = socket,
		.max_socks = s->conf.max_socks,
		.bufs = &s->pools,
		.provider = s->crypto.provider,
		.store = &s->store,
		.now_us = &s->now_us,
		.audit_key = secret_key(s->secret, SECRET_AUDIT, key),
	};

	return session_shared_create(&s->session, &conf);
}

static int
make_parts(struct rtls_stack *s, const char *name, int socket)
{
	struct buf_pools_conf pools = {
		.name = name,
		.socket_id = socket,
		.nb_packets = s->conf.nb_packets,
		.nb_small = s->conf.nb_small,
		.nb_medium = s->conf.nb_medium,
		.nb_large = s->conf.nb_large,
		.wipe = s->conf.wipe_buffers != 0,
	};
	struct cryptodev_conf crypto = {
		.name = name,
		.socket_id = socket,
		.max_keys = s->conf.max_socks * KEYS_PER_SOCK,
	};
	int rc;

	memory_init(s);
	/* What must lie in one piece comes first: pools take memory in whatever pieces are left. */
	rc = make_tables(s, socket);
	if (rc == 0)
		rc = make_remotes(s, socket);
	if (rc == 0)
		rc = make_flights(s, socket);
	if (rc == 0)
		rc = make_held(s, name, socket);
	if (rc == 0)
		rc = make_crypto(s, &crypto);
	if (rc == 0)
		rc = make_session(s, name, socket);
	if (rc == 0)
		rc = buf_pools_create(&s->pools, &pools);
	s->recvq_shared.tails = s->pools.record[1]; /* 2 KiB */
	if (rc == 0)
		rc = reader_create(s->conf.nb_large, name, socket, &s->reader);
	return rc;
}

static void
free_parts(struct rtls_stack *s)
{
	uint32_t i;

	reader_destroy(s->reader);
	for (i = 0; i < s->nb_netifs; i++) {
		s->netifs[i].port->queues_bound &= ~(1ull << s->netifs[i].queue);
		rte_free(s->netifs[i].arp_entries);
	}
	rte_free(s->flows_mem);
	rte_free(s->remotes_mem);
	rte_free(s->syncache_mem);
	rte_free(s->timewait_mem);
	rte_free(s->answer_remotes);
	flight_pools_destroy(&s->flights);
	rte_free(s->socks);
	rte_free(s->tallies);
	session_shared_destroy(&s->session);
	crypto_select_fini(&s->crypto);
	rte_mempool_free(s->recvq_shared.held);
	buf_pools_destroy(&s->pools);
	buf_wipe(s->secret, sizeof(s->secret));
	buf_wipe(s->keys_secret, sizeof(s->keys_secret));
	rte_free(s);
}

int
rtls_stack_create(const struct rtls_stack_conf *user_conf, struct rtls_stack **out)
{
	static const uint8_t no_secret[16];
	static atomic_uint serial;
	struct rtls_stack *s;
	char name[16];
	int rc;

	if (out == NULL)
		return -EINVAL;
	s = rte_zmalloc("rtls_stack", sizeof(*s), RTE_CACHE_LINE_SIZE);
	if (s == NULL)
		return -ENOMEM;
	rc = conf_copy(&s->conf, sizeof(s->conf), user_conf);
	s->conf.socket_id = conf_socket_id(user_conf);
	conf_defaults(s);
	snprintf(name, sizeof(name), "rtls%u", atomic_fetch_add(&serial, 1));
	TAILQ_INIT(&s->tx_list);
	TAILQ_INIT(&s->ready_list);
	TAILQ_INIT(&s->starved_list);
	TAILQ_INIT(&s->path_list);
	TAILQ_INIT(&s->free_list);
	TAILQ_INIT(&s->listeners);
	TAILQ_INIT(&s->tls_silent);
	TAILQ_INIT(&s->tls_unfinished);
	TAILQ_INIT(&s->lingering);
	memcpy(s->secret, s->conf.secret, sizeof(s->secret));
	buf_wipe(s->conf.secret, sizeof(s->conf.secret));
	if (rc == 0)
		rc = conf_check(&s->conf);
	if (rc == 0 && memcmp(s->secret, no_secret, sizeof(no_secret)) == 0)
		rc = secret_make(s->secret);
	secret_key(s->secret, SECRET_USED_KEYS, s->keys_secret);
	make_params(s);
	if (rc == 0)
		rc = make_parts(s, s->conf.name != NULL ? s->conf.name : name, s->conf.socket_id);
	if (rc != 0) {
		free_parts(s);
		return rc;
	}
	registry_add(&s->registered, s, &s->visit, s->conf.name != NULL ? s->conf.name : name);
	/* libcrypto that nobody asked to be another is nothing to tell. */
	if (s->conf.crypto != NULL)
		tell_stack(s, NOTE_CRYPTO_CHOSEN, "%s", s->crypto.text);
	/* It was borrowed. */
	s->conf.name = NULL;
	*out = s;
	return 0;
}

const char *
rtls_stack_crypto(const struct rtls_stack *s)
{
	return s == NULL ? NULL : s->crypto.text;
}

int
rtls_stack_destroy(struct rtls_stack *s)
{
	struct rtls_sock *sock;
	uint32_t i;

	if (s == NULL)
		return -EINVAL;
	s->draining = true;
	for (i = 0; i < s->conf.max_socks; i++) {
		sock = &s->socks[i];
		if (sock->phase == SOCK_FREE)
			continue;
		if (sock->phase == SOCK_LISTEN)
			listener_close(sock);
		else
			sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
		if (sock->phase == SOCK_OWNED)
			sock_free(sock);
	}
	tx_path_poll(s);
	for (i = 0; i < s->nb_netifs; i++)
		netif_reclaim(&s->netifs[i]);
	while (reader_next_filled(s->reader) != NULL)
		;
	if (buf_pools_in_use(&s->pools) != 0 || rte_mempool_in_use_count(s->recvq_shared.held) != 0)
		return -EAGAIN;
	/* Until here it is polled, and answers. */
	registry_remove(&s->registered);
	free_parts(s);
	return 0;
}
