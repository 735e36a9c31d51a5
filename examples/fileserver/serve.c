/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "common/say.h"
#include "conn.h"
#include "report.h"
#include "watch.h"

enum {
	BURST = 64,
	SWEEP_US = 100000, /* how late a time-out may be seen */
	IDLE_TURNS = 2000, /* before the first sleep */
	SLEEP_NS = 50000,
	END_US = 200000, /* for the resets at the end */
	FIRST_BYTE_US = 5000000,
	HANDSHAKE_US = 10000000,
	KEEPALIVE_IDLE_US = 30000000,
	KEEPALIVE_INTERVAL_US = 5000000,
	KEEPALIVE_PROBES = 4,
};

volatile sig_atomic_t serve_stop;

struct server {
	struct conn_env env;
	struct rtls_port *port;
	struct rtls_sock *listener;
	struct conn *conns;
	struct conn *free;
	struct conn_list unfinished; /* by age */
	uint32_t nb_conns;
	struct report_tally tally;
	struct report report;
	uint64_t sweep_us;
	uint32_t idle_turns;
	bool busy;
};

uint64_t
serve_now_us(void)
{
	uint64_t hz = rte_get_tsc_hz();
	uint64_t tsc = rte_rdtsc();

	return tsc / hz * 1000000 + tsc % hz * 1000000 / hz;
}

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
	c->state = CONN_END;
	c->sock = NULL;
	c->next_free = s->free;
	s->free = c;
	s->tally.open--;
}

static void
step(struct server *s, struct conn *c, uint64_t now_us)
{
	if (!conn_step(c, now_us))
		give_back(s, c);
	else if (c->state != CONN_HANDSHAKE)
		note_finished(s, c);
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

/* Time-outs, and whoever waits for room without an event of its own. */
static void
sweep(struct server *s, uint64_t now_us)
{
	if (now_us < s->sweep_us)
		return;
	s->sweep_us = now_us + SWEEP_US;
	for (uint32_t i = 0; i < s->nb_conns; i++)
		if (s->conns[i].sock != NULL)
			step(s, &s->conns[i], now_us);
}

static struct report_tally
tally(const struct server *s)
{
	struct report_tally t = s->tally;

	t.requests = s->env.requests;
	t.failed = s->env.failed;
	return t;
}

static void
answer(const struct server *s)
{
	struct report_tally t = tally(s);

	watch_answer(&t);
}

/* A machine with few cores needs this one for the client. */
static void
rest(struct server *s, bool worked)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	if (worked) {
		s->idle_turns = 0;
		return;
	}
	if (s->busy || ++s->idle_turns < IDLE_TURNS)
		rte_pause();
	else
		nanosleep(&pause, NULL);
}

static void
run(struct server *s)
{
	while (!serve_stop) {
		uint64_t now_us = serve_now_us();
		bool worked = rtls_stack_poll(s->env.stack, now_us) != 0;

		worked |= accept_all(s, now_us) != 0;
		worked |= handle_events(s, now_us) != 0;
		sweep(s, now_us);
		if (watch_asked())
			answer(s);
		rest(s, worked);
	}
}

static void
finish(struct server *s, bool json)
{
	uint64_t end_us = serve_now_us() + END_US;
	struct rtls_sock *late;
	struct report_tally t;

	for (uint32_t i = 0; i < s->nb_conns; i++) {
		if (s->conns[i].sock == NULL)
			continue;
		conn_abort(&s->conns[i]);
		give_back(s, &s->conns[i]);
	}
	for (uint64_t now_us; (now_us = serve_now_us()) < end_us;) {
		rtls_stack_poll(s->env.stack, now_us);
		while (rtls_accept_burst(s->listener, &late, 1) == 1)
			rtls_abort(late);
	}
	/* With the listener, as at the start. */
	t = tally(s);
	report_summary(&s->report, &t);
	if (json)
		report_json(&s->report, &t);
	rtls_close(s->listener);
}

static int
start(struct server *s, const struct options *o)
{
	const struct rtls_listen_conf how = {
		.size = sizeof(how),
		.first_byte_us = FIRST_BYTE_US,
		.handshake_us = HANDSHAKE_US,
	};
	struct rtls_addr local = o->local.addr;
	int rc;

	TAILQ_INIT(&s->unfinished);
	s->nb_conns = o->conns;
	s->busy = o->busy;
	s->conns = calloc(o->conns, sizeof(*s->conns));
	if (s->conns == NULL) {
		say("no memory for %u connections", o->conns);
		return -1;
	}
	for (uint32_t i = o->conns; i-- > 0;) {
		s->conns[i].state = CONN_END;
		s->conns[i].next_free = s->free;
		s->free = &s->conns[i];
	}
	local.port = o->port;
	rc = rtls_listen(s->env.stack, &local, &how, &s->listener);
	if (rc < 0) {
		say("cannot listen on port %u: %s", o->port, strerror(-rc));
		return -1;
	}
	/* Connections have their listener's options. A client that vanished holds none for long. */
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_IDLE_US, KEEPALIVE_IDLE_US);
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_INTERVAL_US, KEEPALIVE_INTERVAL_US);
	rtls_sock_set(s->listener, RTLS_OPT_KEEPALIVE_PROBES, KEEPALIVE_PROBES);
	/* Without this one the NIC comes first. */
	if (o->mode == OPTIONS_MODE_SOFTWARE)
		rtls_sock_set(s->listener, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
	report_start(&s->report, s->env.stack, s->port);
	return 0;
}

int
serve(const struct options *o, struct rtls_stack *stack, struct rtls_port *port, SSL_CTX *ctx,
      int root_fd)
{
	struct server *s = calloc(1, sizeof(*s));
	struct rtls_addr local = o->local.addr;
	char at[RTLS_ADDR_TEXT];
	int rc = -1;

	if (s == NULL) {
		say("no memory");
		return -1;
	}
	s->env.stack = stack;
	s->port = port;
	s->env.ctx = ctx;
	s->env.idle_us = o->idle_s * UINT64_C(1000000);
	s->env.root_fd = root_fd;
	if (start(s, o) == 0) {
		printf("crypto %s\n", rtls_stack_crypto(stack));
		local.port = o->port;
		rtls_addr_format(&local, at, sizeof(at));
		printf("ready %s root=%s\n", at, o->root);
		fflush(stdout);
		watch_start();
		run(s);
		finish(s, o->json);
		rc = 0;
	}
	free(s->conns);
	free(s);
	return rc;
}
