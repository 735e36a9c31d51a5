/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rr_server.h"

#include <errno.h>
#include <stdlib.h>

#include "common/say.h"
#include "service.h"

enum {
	BACKLOG = 1024,
};

enum state {
	READS,
	ANSWERS,
};

struct rr_conn {
	struct rtls_sock *sock;
	uint32_t left; /* of the request, or of the answer */
	enum state state;
};

struct rr_server {
	struct service service;
	struct rr_conn *conns;
	uint8_t *memory; /* of requests and answers: nobody looks at the bytes */
	int error;
};

static void
admit(void *server, struct rtls_sock *k)
{
	struct rr_server *s = server;
	uint32_t at = s->service.nb_ready;
	struct rr_conn *c = &s->conns[at];

	if (at == s->service.link->o->conns) {
		rtls_abort(k);
		return;
	}
	if (!service_prepare(&s->service, k))
		return;
	*c = (struct rr_conn){ .sock = k, .left = s->service.link->o->size };
	rtls_sock_watch(k, RTLS_READABLE, c);
	/* From here on a turn is requests and answers. */
	if (at + 1 == s->service.link->o->conns)
		service_refuse(&s->service);
}

/* True: all of it was moved. */
static bool
moved(struct rr_server *s, struct rr_conn *c, ssize_t n)
{
	if (n > 0)
		c->left -= (uint32_t)n;
	else if (n != -EAGAIN && n != -ENOMEM)
		s->error = n == 0 ? -EPIPE : (int)n;
	return n > 0 && c->left == 0;
}

static void
answer(struct rr_server *s, struct rr_conn *c)
{
	bool waited = c->state == ANSWERS;

	if (!waited)
		c->left = s->service.link->o->size;
	c->state = ANSWERS;
	if (moved(s, c, rtls_send(c->sock, s->memory, c->left, 0))) {
		c->state = READS;
		c->left = s->service.link->o->size;
		if (waited)
			rtls_sock_watch(c->sock, RTLS_READABLE, c);
	} else if (!waited) {
		rtls_sock_watch(c->sock, RTLS_WRITABLE, c);
	}
}

static void
serve(struct rr_server *s, struct rr_conn *c)
{
	switch (c->state) {
	case READS:
		if (moved(s, c, rtls_recv(c->sock, s->memory, c->left, 0)))
			answer(s, c);
		break;
	case ANSWERS:
		answer(s, c);
		break;
	}
}

static void
take_event(void *server, const struct rtls_event *ev)
{
	if (ev->user != NULL)
		serve(server, ev->user);
}

static const struct service_calls calls = { admit, take_event };

bool
rr_server_turn(struct rr_server *s, uint64_t now_us)
{
	return service_turn(&s->service, &calls, s, now_us);
}

struct rr_server *
rr_server_create(struct link *l)
{
	struct rr_server *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->conns = calloc(l->o->conns, sizeof(*s->conns));
		s->memory = calloc(1, l->o->size);
	}
	if (s == NULL || s->conns == NULL || s->memory == NULL)
		say("no memory");
	else if (service_open(&s->service, l, 0, BACKLOG))
		return s;
	rr_server_destroy(s);
	return NULL;
}

uint32_t
rr_server_ready(const struct rr_server *s)
{
	return s->service.nb_ready;
}

const struct rtls_sock *
rr_server_not_in_mode(const struct rr_server *s)
{
	return service_not_in_mode(&s->service);
}

int
rr_server_error(const struct rr_server *s)
{
	return s->service.error != 0 ? s->service.error : s->error;
}

void
rr_server_destroy(struct rr_server *s)
{
	if (s == NULL)
		return;
	service_close(&s->service);
	free(s->conns);
	free(s->memory);
	free(s);
}
