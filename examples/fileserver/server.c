/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "server.h"

#include <errno.h>
#include <stdlib.h>

#include "conn.h"

enum {
	BURST = 64,
	SWEEP_US = 50000, /* and DUE_SLACK_US: how late a time-out may be seen */
	FIRST_BYTE_US = 5000000,
	HANDSHAKE_US = 10000000,
	KEEPALIVE_IDLE_US = 30000000,
	KEEPALIVE_INTERVAL_US = 5000000,
	KEEPALIVE_PROBES = 4,
	UPLOADS = 64, /* at once; each has two buffers */
};

struct server {
	struct conn_env env;
	struct rtls_sock *listener;
	struct conn *conns;
	struct conn *free;
	struct conn_list unfinished; /* by age */
	uint32_t nb_conns;
	struct server_tally tally;
	struct due due;
	uint64_t sweep_us;
};

static void
note_finished(struct server *s, struct conn *c)
{
	if (c->is_unfinished)
		TAILQ_REMOVE(&s->unfinished, c, unfinished);
	c->is_unfinished = false;
}

static void
give_back(struct server *s, struct conn *c)
{
	note_finished(s, c);
	due_clear(&s->due, &c->due);
	c->state = CONN_END;
	c->sock = NULL;
	c->next_free = s->free;
	s->free = c;
	s->tally.open--;
}

static void
step(struct server *s, struct conn *c, uint64_t now_us)
{
	enum conn_wait wait;
	uint64_t due_us;

	if (!conn_step(c, now_us)) {
		give_back(s, c);
		return;
	}
	if (c->state != CONN_HANDSHAKE)
		note_finished(s, c);
	due_us = conn_due(c, now_us, &wait);
	due_set(&s->due, &c->due, wait, due_us);
}

/* --conns is reached: who has not finished its handshake makes room, the oldest first. */
static void
make_room(struct server *s)
{
	struct conn *c = TAILQ_FIRST(&s->unfinished);

	if (c == NULL)
		return;
	s->env.failed++;
	conn_abort(c);
	give_back(s, c);
}

static void
admit(struct server *s, struct rtls_sock *k, uint64_t now_us)
{
	struct conn *c;

	if (s->free == NULL)
		make_room(s);
	c = s->free;
	if (c == NULL) {
		s->tally.refused++;
		rtls_abort(k);
		return;
	}
	s->free = c->next_free;
	s->tally.connections++;
	s->tally.open++;
	if (!conn_open(c, &s->env, k, now_us)) {
		s->env.failed++;
		give_back(s, c);
		return;
	}
	TAILQ_INSERT_TAIL(&s->unfinished, c, unfinished);
	c->is_unfinished = true;
	step(s, c, now_us);
}

static unsigned int
accept_all(struct server *s, uint64_t now_us)
{
	struct rtls_sock *socks[BURST];
	unsigned int n = rtls_accept_burst(s->listener, socks, BURST);

	for (unsigned int i = 0; i < n; i++)
		admit(s, socks[i], now_us);
	return n;
}

static unsigned int
handle_events(struct server *s, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int n = rtls_events(s->env.stack, ev, BURST);

	for (unsigned int i = 0; i < n; i++) {
		struct conn *c = ev[i].user;

		/* The socket of an event is gone when an event before it ended the connection. */
		if (c != NULL && c->sock == ev[i].sock)
			step(s, c, now_us);
	}
	return n;
}

static struct conn *
conn_of(struct due_node *n)
{
	return n == NULL ? NULL : (struct conn *)((char *)n - offsetof(struct conn, due));
}

/* Those for whom the disk has done something. */
static bool
handle_uploads(struct server *s, uint64_t now_us)
{
	struct conn *c;
	bool worked = false;

	while (s->env.uploads != NULL && (c = upload_set_turn(s->env.uploads)) != NULL) {
		step(s, c, now_us);
		worked = true;
	}
	return worked;
}

/* Time-outs, and whoever waits for room without an event of its own. Each is due later behind a step. */
static void
sweep(struct server *s, uint64_t now_us)
{
	struct conn *c;

	if (now_us < s->sweep_us)
		return;
	s->sweep_us = now_us + SWEEP_US;
	file_cache_sweep(s->env.files, now_us);
	while ((c = conn_of(due_first(&s->due, now_us))) != NULL)
		step(s, c, now_us);
}

bool
server_turn(struct server *s, uint64_t now_us)
{
	bool worked = accept_all(s, now_us) != 0;

	worked |= handle_events(s, now_us) != 0;
	worked |= handle_uploads(s, now_us);
	sweep(s, now_us);
	return worked;
}

struct server_tally
server_tally(const struct server *s)
{
	struct server_tally t = s->tally;

	t.requests = s->env.requests;
	t.failed = s->env.failed;
	t.stored = s->env.stored;
	return t;
}

void
server_abort(struct server *s)
{
	for (uint32_t i = 0; i < s->nb_conns; i++) {
		if (s->conns[i].sock == NULL)
			continue;
		conn_abort(&s->conns[i]);
		give_back(s, &s->conns[i]);
	}
}

void
server_refuse(struct server *s)
{
	struct rtls_sock *late;

	while (rtls_accept_burst(s->listener, &late, 1) == 1)
		rtls_abort(late);
}

static int
make_files(struct server *s, const struct server_conf *conf)
{
	const struct file_cache_conf cache = {
		.root_fd = conf->root_fd,
		.max_files = conf->cache_files,
		.max_bytes = conf->cache_bytes,
		.release = body_release,
	};

	s->env.files = file_cache_create(&cache);
	return s->env.files == NULL ? -ENOMEM : 0;
}

static int
make_uploads(struct server *s, const struct server_conf *conf)
{
	const struct upload_conf upload = {
		.root_fd = conf->upload_fd,
		.max_bytes = conf->upload_max,
		.max_files = UPLOADS,
	};

	if (conf->upload_fd < 0)
		return 0;
	s->env.uploads = upload_set_create(&upload);
	return s->env.uploads == NULL ? -ENOMEM : 0;
}

static int
make_conns(struct server *s, uint32_t n)
{
	s->conns = calloc(n, sizeof(*s->conns));
	if (s->conns == NULL)
		return -ENOMEM;
	s->nb_conns = n;
	for (uint32_t i = n; i-- > 0;) {
		s->conns[i].state = CONN_END;
		s->conns[i].next_free = s->free;
		s->free = &s->conns[i];
	}
	return 0;
}

static int
start_listening(struct server *s, const struct server_conf *conf)
{
	const struct rtls_listen_conf how = {
		.size = sizeof(how),
		.first_byte_us = FIRST_BYTE_US,
		.handshake_us = HANDSHAKE_US,
	};
	int rc = rtls_listen(conf->stack, &conf->local, &how, &s->listener);

	if (rc < 0)
		return rc;
	/* Connections have their listener's options. A client that vanished holds none for long. */
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_IDLE_US, KEEPALIVE_IDLE_US);
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_INTERVAL_US, KEEPALIVE_INTERVAL_US);
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_PROBES, KEEPALIVE_PROBES);
	/* Each that we ask for is answered, as fast as the line is. */
	if (conf->key_update != 0)
		rtls_sock_set(s->listener, RTLS_OPT_KEY_UPDATES_PER_S, 0);
	/* Without this one the NIC comes first. */
	if (conf->software)
		rtls_sock_set(s->listener, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
	rtls_sock_set(s->listener, RTLS_OPT_AUDIT_RATE, conf->audit);
	return 0;
}

int
server_open(const struct server_conf *conf, struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (s == NULL)
		return rc;
	s->env.stack = conf->stack;
	s->env.ctx = conf->ctx;
	s->env.idle_us = conf->idle_us;
	s->env.key_update = conf->key_update;
	TAILQ_INIT(&s->unfinished);
	due_init(&s->due);
	rc = make_files(s, conf);
	if (rc == 0)
		rc = make_uploads(s, conf);
	if (rc == 0)
		rc = make_conns(s, conf->conns);
	if (rc == 0)
		rc = start_listening(s, conf);
	if (rc == 0)
		*out = s;
	else
		server_close(s);
	return rc;
}

void
server_close(struct server *s)
{
	if (s->listener != NULL)
		rtls_close(s->listener);
	upload_set_destroy(s->env.uploads);
	file_cache_destroy(s->env.files);
	free(s->conns);
	free(s);
}
