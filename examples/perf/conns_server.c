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

enum {
	BURST = 64,
	SPARE = 64, /* connections that the client has left, and this end has not yet */
};

struct served {
	struct rtls_sock *sock;
	SSL *ssl; /* NULL: TCP alone */
	struct served *next_free;
};

struct conns_server {
	struct link *link;
	struct rtls_stack *stack;
	struct rtls_sock *listener;
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
step(struct conns_server *s, struct served *c)
{
	char nothing;
	ssize_t n;

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
admit(struct conns_server *s, struct rtls_sock *k)
{
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

bool
conns_server_turn(struct conns_server *s, uint64_t now_us)
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
			step(s, c);
	}
	return did + n != 0;
}

static bool
make_conns(struct conns_server *s)
{
	s->nb = s->link->o->conns + SPARE;
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
start_listening(struct conns_server *s)
{
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = s->nb };
	struct rtls_addr addr = link_addr(0, LINK_PORT);
	int rc = rtls_listen(s->stack, &addr, &conf, &s->listener);

	if (rc == 0 && s->link->o->mode != OPTIONS_NIC)
		rc = rtls_sock_set(s->listener, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
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
	s->link = l;
	s->stack = link_stack(l, 0);
	if (s->stack != NULL && make_conns(s) && start_listening(s)) {
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
	return s->stack;
}

void
conns_server_destroy(struct conns_server *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; s->conns != NULL && i < s->nb; i++)
		if (s->conns[i].sock != NULL)
			end(s, &s->conns[i], true);
	if (s->listener != NULL)
		rtls_close(s->listener);
	if (s->stack != NULL)
		link_stack_destroy(s->link, 0, s->stack);
	SSL_CTX_free(s->ctx);
	free(s->conns);
	free(s);
}
