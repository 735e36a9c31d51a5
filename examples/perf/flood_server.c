/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood_server.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_common.h>

#include "common/say.h"
#include "flood_clients.h"
#include "service.h"

enum {
	BACKLOG = 1024,
};

struct flood_server {
	struct service service; /* downloads are those that are ready, watched with the server */
	uint8_t *memory;        /* what is sent: nobody looks at the bytes */
	uint32_t at;            /* in there */
	int error;
};

static void
send_some(struct flood_server *s, struct rtls_sock *k)
{
	uint32_t len = s->service.link->o->size;
	ssize_t n;

	do {
		if (s->at + len > LINK_MEMORY)
			s->at = 0;
		n = rtls_send(k, s->memory + s->at, len, 0);
		s->at += n > 0 ? (uint32_t)n : 0;
	} while (n > 0);
	if (n != -EAGAIN && n != -ENOMEM)
		s->error = (int)n;
}

/* Who came says a byte, and is answered with one; then he goes. */
static void
answer(struct rtls_sock *k)
{
	char byte;
	ssize_t n = rtls_recv(k, &byte, 1, 0);

	if (n == -EAGAIN || n == -ENOMEM)
		return;
	if (n == 0)
		rtls_close(k);
	else if (n != 1 || rtls_send(k, &byte, 1, 0) != 1)
		rtls_abort(k);
}

static void
admit(void *server, struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct flood_server *s = server;

	rtls_sock_info(k, &info);
	if (info.remote.ip[3] != FLOOD_HOST_OF_NEAR)
		rtls_sock_watch(k, RTLS_READABLE, NULL);
	else if (s->service.nb_ready == s->service.link->o->conns)
		rtls_abort(k);
	else
		service_prepare(&s->service, k);
}

static void
serve(void *server, const struct rtls_event *ev)
{
	struct flood_server *s = server;
	bool died = (ev->bits & RTLS_ERROR) != 0;

	if (ev->user == NULL && died)
		rtls_abort(ev->sock);
	else if (ev->user == NULL)
		answer(ev->sock);
	else if (died)
		s->error = -ECONNABORTED;
	else
		send_some(s, ev->sock);
}

static const struct service_calls calls = { admit, serve };

bool
flood_server_turn(struct flood_server *s, uint64_t now_us)
{
	return service_turn(&s->service, &calls, s, now_us);
}

uint32_t
flood_server_ready(const struct flood_server *s)
{
	return s->service.nb_ready;
}

const struct rtls_sock *
flood_server_not_in_mode(const struct flood_server *s)
{
	return service_not_in_mode(&s->service);
}

void
flood_server_start(struct flood_server *s)
{
	for (uint32_t i = 0; i < s->service.nb_ready; i++)
		rtls_sock_watch(s->service.ready[i], RTLS_WRITABLE, s);
}

void
flood_server_pace(struct flood_server *s, uint64_t bytes)
{
	for (uint32_t i = 0; i < s->service.nb_ready; i++)
		rtls_sock_set(s->service.ready[i], RTLS_OPT_MAX_PACING_RATE,
			      RTE_MIN(bytes / s->service.nb_ready, (uint64_t)UINT32_MAX));
}

uint64_t
flood_server_stat(const struct flood_server *s, const char *name)
{
	uint64_t v = 0;

	rtls_stat_get(s->service.stack, NULL, name, &v);
	return v;
}

int
flood_server_error(const struct flood_server *s)
{
	return s->service.error != 0 ? s->service.error : s->error;
}

struct flood_server *
flood_server_create(struct link *l)
{
	struct flood_server *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->memory = calloc(1, LINK_MEMORY);
	if (s == NULL || s->memory == NULL)
		say("no memory");
	else if (service_open(&s->service, l, 0, BACKLOG))
		return s;
	flood_server_destroy(s);
	return NULL;
}

void
flood_server_destroy(struct flood_server *s)
{
	if (s == NULL)
		return;
	service_close(&s->service);
	free(s->memory);
	free(s);
}
