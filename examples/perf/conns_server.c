/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conns_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "common/say.h"
#include "context.h"
#include "service.h"

enum {
	SPARE = 64, /* connections that the client has left, and this end has not yet */
};

struct served {
	struct rtls_sock *sock;
	SSL *ssl; /* NULL: TCP alone */
	struct served *next_free;
};

struct conns_server {
	struct service service;
	SSL_CTX *ctx;
	struct served *conns, *free;
	uint32_t nb;
	enum conns_kind kind;
	uint64_t closed, failed;
};

static void
end(struct conns_server *s, struct served *c, bool failed)
{
	SSL_free(c->ssl);
	if (failed)
		rtls_abort(c->sock);
	else
		rtls_close(c->sock);
	*c = (struct served){ .next_free = s->free };
	s->free = c;
	s->closed += !failed;
	s->failed += failed;
}

static void
serve(void *server, const struct rtls_event *ev)
{
	struct conns_server *s = server;
	struct served *c = ev->user;
	char nothing;
	ssize_t n;

	if (c == NULL || c->sock != ev->sock)
		return;
	if (c->ssl == NULL) {
		n = rtls_recv(c->sock, &nothing, sizeof(nothing), 0);
	} else {
		n = rtls_ssl_recv(c->ssl, &nothing, sizeof(nothing), 0);
		if (n == 0)
			SSL_shutdown(c->ssl);
	}
	if (n != -EAGAIN && n != -ENOMEM)
		end(s, c, n != 0);
}

static void
admit(void *server, struct rtls_sock *k)
{
	struct conns_server *s = server;
	struct served *c = s->free;

	if (c == NULL) {
		s->failed++;
		rtls_abort(k);
		return;
	}
	s->free = c->next_free;
	*c = (struct served){ .sock = k };
	if (s->kind != CONNS_TCP) {
		c->ssl = SSL_new(s->ctx);
		if (c->ssl == NULL || rtls_ssl_attach(c->ssl, k, RTLS_SSL_TRANSPARENT) < 0) {
			end(s, c, true);
			return;
		}
		SSL_set_accept_state(c->ssl);
	}
	rtls_sock_watch(k, RTLS_READABLE, c);
}

static const struct service_calls calls = { admit, serve };

bool
conns_server_turn(struct conns_server *s, uint64_t now_us)
{
	return service_turn(&s->service, &calls, s, now_us);
}

static bool
make_conns(struct conns_server *s, uint32_t nb)
{
	s->nb = nb;
	s->conns = calloc(s->nb, sizeof(*s->conns));
	if (s->conns == NULL) {
		say("no memory");
		return false;
	}
	for (uint32_t i = s->nb; i-- > 0;) {
		s->conns[i].next_free = s->free;
		s->free = &s->conns[i];
	}
	return true;
}

static bool
start_listening(struct conns_server *s, struct link *l)
{
	int rc = 0;

	if (!service_open(&s->service, l, 0, s->nb))
		return false;
	if (l->o->mode != OPTIONS_NIC)
		rc = rtls_sock_set(s->service.listener, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
	if (rc < 0)
		say("the host cannot listen: %s", strerror(-rc));
	return rc == 0;
}

struct conns_server *
conns_server_create(struct link *l)
{
	struct conns_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		say("no memory");
		return NULL;
	}
	if (make_conns(s, l->o->conns + SPARE) && start_listening(s, l)) {
		s->ctx = context_make(l->o, true);
		if (s->ctx != NULL)
			return s;
	}
	conns_server_destroy(s);
	return NULL;
}

void
conns_server_kind(struct conns_server *s, enum conns_kind kind)
{
	s->kind = kind;
}

uint64_t
conns_server_closed(const struct conns_server *s)
{
	return s->closed;
}

uint64_t
conns_server_failed(const struct conns_server *s)
{
	return s->failed;
}

struct rtls_stack *
conns_server_stack(const struct conns_server *s)
{
	return s->service.stack;
}

void
conns_server_destroy(struct conns_server *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; s->conns != NULL && i < s->nb; i++)
		if (s->conns[i].sock != NULL)
			end(s, &s->conns[i], true);
	service_close(&s->service);
	SSL_CTX_free(s->ctx);
	free(s->conns);
	free(s);
}
