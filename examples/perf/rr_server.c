/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rr_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"

enum {
	BURST = 64,
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
	struct link *link;
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	struct rr_conn *conns;
	uint32_t nb_ready;
	uint8_t *memory; /* of requests and answers: nobody looks at the bytes */
	int error;
};

static void
admit(struct rr_server *s, struct rtls_sock *k)
{
	struct rr_conn *c;
	int rc;

	if (s->nb_ready == s->link->o->conns) {
		rtls_abort(k);
		return;
	}
	rc = link_prepare(s->link, 0, s->link->o->mode, k);
	if (rc < 0) {
		s->error = rc;
		rtls_abort(k);
		return;
	}
	c = &s->conns[s->nb_ready++];
	*c = (struct rr_conn){ .sock = k, .left = s->link->o->size };
	rtls_sock_watch(k, RTLS_READABLE, c);
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
		c->left = s->link->o->size;
	c->state = ANSWERS;
	if (moved(s, c, rtls_send(c->sock, s->memory, c->left, 0))) {
		c->state = READS;
		c->left = s->link->o->size;
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

bool
rr_server_turn(struct rr_server *s, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	struct rtls_sock *k;
	unsigned int did = rtls_stack_poll(s->stack, now_us), n;

	while (s->nb_ready < s->link->o->conns && rtls_accept_burst(s->listener, &k, 1) == 1)
		admit(s, k);
	n = rtls_events(s->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++)
		if (ev[i].user != NULL)
			serve(s, ev[i].user);
	return did != 0 || n != 0;
}

struct rr_server *
rr_server_create(struct link *l)
{
	struct rtls_addr addr = link_addr(0, LINK_PORT);
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = BACKLOG };
	struct rr_server *s = calloc(1, sizeof(*s));
	int rc;

	if (s != NULL) {
		s->conns = calloc(l->o->conns, sizeof(*s->conns));
		s->memory = calloc(1, l->o->size);
	}
	if (s == NULL || s->conns == NULL || s->memory == NULL) {
		say("no memory");
		rr_server_destroy(s);
		return NULL;
	}
	s->link = l;
	s->stack = link_stack(l, 0);
	if (s->stack != NULL) {
		rc = rtls_listen(s->stack, &addr, &conf, &s->listener);
		if (rc == 0)
			return s;
		say("the host cannot listen: %s", strerror(-rc));
	}
	rr_server_destroy(s);
	return NULL;
}

uint32_t
rr_server_ready(const struct rr_server *s)
{
	return s->nb_ready;
}

const struct rtls_sock *
rr_server_not_in_mode(const struct rr_server *s)
{
	for (uint32_t i = 0; i < s->nb_ready; i++)
		if (!link_is_in_mode(s->link->o->mode, s->conns[i].sock))
			return s->conns[i].sock;
	return NULL;
}

int
rr_server_error(const struct rr_server *s)
{
	return s->error;
}

void
rr_server_destroy(struct rr_server *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->nb_ready; i++)
		rtls_abort(s->conns[i].sock);
	if (s->listener != NULL)
		rtls_close(s->listener);
	if (s->stack != NULL)
		link_stack_destroy(s->link, 0, s->stack);
	free(s->conns);
	free(s->memory);
	free(s);
}
