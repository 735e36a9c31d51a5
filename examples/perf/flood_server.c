/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "common/say.h"
#include "flood_clients.h"

enum {
	BURST = 64,
	BACKLOG = 1024,
};

struct served {
	struct rtls_sock *sock;
	struct served *next_free;
	bool downloads;
};

struct flood_server {
	struct link *link;
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	struct served *conns; /* the downloads in front, then who comes */
	struct served *free;  /* of the latter */
	uint32_t nb, nb_ready;
	uint8_t *memory; /* what is sent: nobody looks at the bytes */
	uint32_t at;     /* in there */
	int error;
};

static void
end(struct flood_server *s, struct served *c, bool failed)
{
	if (failed)
		rtls_abort(c->sock);
	else
		rtls_close(c->sock);
	*c = (struct served){ .next_free = s->free };
	s->free = c;
}

static void
send_some(struct flood_server *s, struct served *c)
{
	uint32_t len = s->link->o->size;
	ssize_t n;

	do {
		if (s->at + len > LINK_MEMORY)
			s->at = 0;
		n = rtls_send(c->sock, s->memory + s->at, len, 0);
		s->at += n > 0 ? (uint32_t)n : 0;
	} while (n > 0);
	if (n != -EAGAIN && n != -ENOMEM)
		s->error = (int)n;
}

/* Who came says a byte, and is answered with one; then he goes. */
static void
answer(struct flood_server *s, struct served *c)
{
	char byte;
	ssize_t n = rtls_recv(c->sock, &byte, 1, 0);

	if (n == -EAGAIN || n == -ENOMEM)
		return;
	if (n != 1 || rtls_send(c->sock, &byte, 1, 0) != 1)
		end(s, c, n != 0);
}

static void
admit_download(struct flood_server *s, struct rtls_sock *k)
{
	struct served *c = &s->conns[s->nb_ready];
	int rc = link_prepare(s->link, 0, s->link->o->mode, k);

	if (rc < 0) {
		s->error = rc;
		rtls_abort(k);
		return;
	}
	*c = (struct served){ .sock = k, .downloads = true };
	s->nb_ready++;
}

static void
admit(struct flood_server *s, struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct served *c = s->free;

	rtls_sock_info(k, &info);
	if (info.remote.ip[3] == FLOOD_HOST_OF_NEAR && s->nb_ready < s->link->o->conns) {
		admit_download(s, k);
	} else if (c == NULL) {
		rtls_abort(k);
	} else {
		s->free = c->next_free;
		*c = (struct served){ .sock = k };
		rtls_sock_watch(k, RTLS_READABLE, c);
	}
}

static void
serve(struct flood_server *s, struct served *c, uint32_t bits)
{
	if (!c->downloads && (bits & RTLS_ERROR) != 0)
		end(s, c, true);
	else if (!c->downloads)
		answer(s, c);
	else if ((bits & RTLS_ERROR) != 0)
		s->error = -ECONNABORTED;
	else
		send_some(s, c);
}

bool
flood_server_turn(struct flood_server *s, uint64_t now_us)
{
	struct rtls_sock *socks[BURST];
	struct rtls_event ev[BURST];
	unsigned int did = rtls_stack_poll(s->stack, now_us), n;

	n = rtls_accept_burst(s->listener, socks, BURST);
	for (unsigned int i = 0; i < n; i++)
		admit(s, socks[i]);
	did += n;
	n = rtls_events(s->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		struct served *c = ev[i].user;

		if (c != NULL && c->sock == ev[i].sock)
			serve(s, c, ev[i].bits);
	}
	return did + n != 0;
}

uint32_t
flood_server_ready(const struct flood_server *s)
{
	return s->nb_ready;
}

const struct rtls_sock *
flood_server_not_in_mode(const struct flood_server *s)
{
	for (uint32_t i = 0; i < s->nb_ready; i++)
		if (!link_is_in_mode(s->link->o->mode, s->conns[i].sock))
			return s->conns[i].sock;
	return NULL;
}

void
flood_server_start(struct flood_server *s)
{
	for (uint32_t i = 0; i < s->nb_ready; i++)
		rtls_sock_watch(s->conns[i].sock, RTLS_WRITABLE, &s->conns[i]);
}

void
flood_server_pace(struct flood_server *s, uint64_t bytes)
{
	for (uint32_t i = 0; i < s->nb_ready; i++)
		rtls_sock_set(s->conns[i].sock, RTLS_OPT_MAX_PACING_RATE,
			      RTE_MIN(bytes / s->nb_ready, (uint64_t)UINT32_MAX));
}

uint64_t
flood_server_stat(const struct flood_server *s, const char *name)
{
	uint64_t v = 0;

	rtls_stat_get(s->stack, NULL, name, &v);
	return v;
}

int
flood_server_error(const struct flood_server *s)
{
	return s->error;
}

static bool
start_listening(struct flood_server *s)
{
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = BACKLOG };
	struct rtls_addr addr = link_addr(0, LINK_PORT);
	int rc = rtls_listen(s->stack, &addr, &conf, &s->listener);

	if (rc < 0)
		say("the host cannot listen: %s", strerror(-rc));
	return rc == 0;
}

static bool
make_memory(struct flood_server *s)
{
	s->nb = s->link->o->conns + FLOOD_COMERS_MAX;
	s->conns = calloc(s->nb, sizeof(*s->conns));
	s->memory = calloc(1, LINK_MEMORY);
	if (s->conns == NULL || s->memory == NULL) {
		say("no memory");
		return false;
	}
	for (uint32_t i = s->nb; i-- > s->link->o->conns;) {
		s->conns[i].next_free = s->free;
		s->free = &s->conns[i];
	}
	return true;
}

struct flood_server *
flood_server_create(struct link *l)
{
	struct flood_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		say("no memory");
		return NULL;
	}
	s->link = l;
	if (make_memory(s)) {
		s->stack = link_stack(l, 0);
		if (s->stack != NULL && start_listening(s))
			return s;
	}
	flood_server_destroy(s);
	return NULL;
}

void
flood_server_destroy(struct flood_server *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; s->conns != NULL && i < s->nb; i++)
		if (s->conns[i].sock != NULL)
			rtls_abort(s->conns[i].sock);
	if (s->listener != NULL)
		rtls_close(s->listener);
	if (s->stack != NULL)
		link_stack_destroy(s->link, 0, s->stack);
	free(s->conns);
	free(s->memory);
	free(s);
}
