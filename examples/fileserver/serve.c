/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_pause.h>

#include "common/clock.h"
#include "common/say.h"
#include "report.h"
#include "server.h"
#include "watch.h"

enum {
	IDLE_TURNS = 2000, /* before the first sleep */
	SLEEP_NS = 50000,
	END_US = 200000, /* for the resets at the end */
};

volatile sig_atomic_t serve_stop;

struct loop {
	struct server *server;
	struct rtls_stack *stack;
	struct report report;
	uint32_t idle_turns;
	bool busy;
};

static void
answer(const struct loop *l)
{
	struct server_tally t = server_tally(l->server);

	watch_answer(&t);
}

/* A machine with few cores needs this one for the client. */
static void
rest(struct loop *l, bool worked)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	if (worked) {
		l->idle_turns = 0;
		return;
	}
	if (l->busy || ++l->idle_turns < IDLE_TURNS)
		rte_pause();
	else
		nanosleep(&pause, NULL);
}

static void
run(struct loop *l)
{
	while (!serve_stop) {
		uint64_t now_us = clock_now_us();
		bool worked = rtls_stack_poll(l->stack, now_us) != 0;

		worked |= server_turn(l->server, now_us);
		if (watch_asked())
			answer(l);
		rest(l, worked);
	}
}

static void
finish(struct loop *l, bool json)
{
	uint64_t end_us = clock_now_us() + END_US;
	struct server_tally t;

	server_abort(l->server);
	for (uint64_t now_us; (now_us = clock_now_us()) < end_us;) {
		rtls_stack_poll(l->stack, now_us);
		server_refuse(l->server);
	}
	/* With the listener, as at the start. */
	t = server_tally(l->server);
	report_summary(&l->report, &t);
	if (json)
		report_json(&l->report, &t);
}

static void
say_ready(const struct options *o, const struct rtls_stack *stack, const struct rtls_addr *local)
{
	char at[RTLS_ADDR_TEXT];

	printf("crypto %s\n", rtls_stack_crypto(stack));
	rtls_addr_format(local, at, sizeof(at));
	printf("ready %s root=%s\n", at, o->root);
	fflush(stdout);
}

int
serve(const struct options *o, struct rtls_stack *stack, struct rtls_port *port, SSL_CTX *ctx,
      int root_fd, int upload_fd)
{
	struct loop l = { .stack = stack, .busy = o->busy };
	struct server_conf conf = {
		.stack = stack,
		.ctx = ctx,
		.root_fd = root_fd,
		.upload_fd = upload_fd,
		.upload_max = o->upload_max,
		.local = o->net.local.addr,
		.conns = o->conns,
		.cache_files = o->cache_files,
		.cache_bytes = o->cache_bytes,
		.key_update = o->key_update,
		.idle_us = o->idle_s * UINT64_C(1000000),
		.software = o->net.mode == OPTIONS_NET_SOFTWARE,
		.audit = o->net.audit,
	};
	int rc;

	conf.local.port = o->port;
	rc = server_open(&conf, &l.server);
	if (rc == -ENOMEM)
		say("no memory for %u connections", o->conns);
	else if (rc < 0)
		say("cannot listen on port %u: %s", o->port, strerror(-rc));
	if (rc < 0)
		return -1;
	report_start(&l.report, stack, port);
	say_ready(o, stack, &conf.local);
	watch_start();
	run(&l);
	finish(&l, o->json);
	server_close(l.server);
	return 0;
}
