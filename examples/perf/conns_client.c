/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conns_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <rte_cycles.h>

#include <recordtls/openssl.h>
#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "context.h"

enum {
	BURST = 64,
	CONNECTS_MAX = 64, /* that begin in one turn */
};

enum state {
	NONE,
	OPENS, /* and shakes hands */
	STAYS,
	CLOSES, /* until the host closes, too */
};

struct asking {
	struct rtls_sock *sock;
	SSL *ssl; /* NULL: TCP alone */
	enum state state;
};

struct conns_client {
	struct link *link;
	struct rtls_stack *stack;
	SSL_CTX *ctx;
	SSL_SESSION *session; /* the last one that the host gave */
	struct asking *conns;
	uint32_t nb_open, nb_ready;
	uint32_t next; /* where a free one is looked for */
	enum conns_kind kind;
	bool goes_on, stays;
	const char *error;
};

/* libssl's call; 1: the reference is kept. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct conns_client *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (c->kind != CONNS_FULL)
		return 0;
	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

static void
fail(struct conns_client *c, const char *what)
{
	if (c->error == NULL)
		c->error = what;
}

static void
end(struct conns_client *c, struct asking *k)
{
	SSL_free(k->ssl);
	rtls_close(k->sock);
	*k = (struct asking){ 0 };
	c->nb_open--;
}

/* A copy: libssl marks a session whose ticket is replaced, and others may be about to take it up. */
static bool
take_up(struct conns_client *c, struct asking *k)
{
	SSL_SESSION *session = SSL_SESSION_dup(c->session);
	bool ok = session != NULL && SSL_set_session(k->ssl, session) == 1;

	SSL_SESSION_free(session);
	return ok;
}

static int
open_tls(struct conns_client *c, struct asking *k)
{
	int rc;

	k->ssl = SSL_new(c->ctx);
	if (k->ssl == NULL)
		return -ENOMEM;
	rc = rtls_ssl_attach(k->ssl, k->sock, RTLS_SSL_TRANSPARENT);
	SSL_set_connect_state(k->ssl);
	if (rc == 0 && c->kind == CONNS_RESUMED && !take_up(c, k))
		rc = -ENOMEM;
	return rc;
}

static void
open_one(struct conns_client *c, struct asking *k)
{
	struct rtls_addr local = link_addr(1, 0), remote = link_addr(0, LINK_PORT);
	int rc = rtls_connect(c->stack, &local, &remote, &k->sock);

	if (rc < 0) {
		fail(c, strerror(-rc));
		return;
	}
	c->nb_open++;
	k->state = OPENS;
	rtls_sock_watch(k->sock, RTLS_CONNECTED, k);
	rc = c->kind != CONNS_TCP ? open_tls(c, k) : 0;
	if (rc < 0)
		fail(c, strerror(-rc));
}

static void
open_some(struct conns_client *c)
{
	for (uint32_t n = 0; c->nb_open < c->link->o->conns && n < CONNECTS_MAX; n++) {
		while (c->conns[c->next].state != NONE)
			c->next = (c->next + 1) % c->link->o->conns;
		open_one(c, &c->conns[c->next]);
		if (c->error != NULL)
			return;
	}
}

static void
close_one(struct conns_client *c, struct asking *k)
{
	k->state = CLOSES;
	c->nb_ready--;
	if (k->ssl != NULL)
		SSL_shutdown(k->ssl);
	else
		rtls_shutdown(k->sock, RTLS_SHUT_WR);
}

/* Its handshake, if there is one, is through. */
static void
opened(struct conns_client *c, struct asking *k)
{
	if (c->kind == CONNS_RESUMED && SSL_session_reused(k->ssl) != 1)
		fail(c, "the host does not take up a session");
	k->state = STAYS;
	c->nb_ready++;
	rtls_sock_watch(k->sock, RTLS_READABLE, k);
	if (!c->stays)
		close_one(c, k);
}

/* Tickets that come before the end are taken in. */
static void
read_end(struct conns_client *c, struct asking *k)
{
	char nothing;
	ssize_t n = k->ssl != NULL ? rtls_ssl_recv(k->ssl, &nothing, sizeof(nothing), 0) :
				     rtls_recv(k->sock, &nothing, sizeof(nothing), 0);

	if (n == -EAGAIN || n == -ENOMEM)
		return;
	if (n != 0 || k->state != CLOSES)
		fail(c, n < 0 ? strerror((int)-n) : "the host ends a connection");
	end(c, k);
}

static void
step(struct conns_client *c, struct asking *k)
{
	int rc;

	switch (k->state) {
	case NONE:
		break;
	case OPENS:
		rtls_sock_watch(k->sock, RTLS_READABLE, k);
		rc = k->ssl != NULL ? rtls_ssl_service(k->ssl) : 0;
		if (rc == 0)
			opened(c, k);
		else if (rc != -EAGAIN)
			fail(c, strerror(-rc));
		break;
	case STAYS:
	case CLOSES:
		read_end(c, k);
		break;
	}
}

void
conns_client_turn(struct conns_client *c)
{
	struct rtls_event ev[BURST];
	unsigned int n;

	rtls_tlsnic_poll(c->link->nic);
	rtls_stack_poll(c->stack, link_now_us(rte_rdtsc()));
	n = rtls_events(c->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		struct asking *k = ev[i].user;

		if (k->sock != ev[i].sock)
			continue;
		if ((ev[i].bits & RTLS_ERROR) != 0)
			fail(c, "a connection was reset");
		else
			step(c, k);
	}
	if (c->goes_on && c->error == NULL)
		open_some(c);
}

void
conns_client_start(struct conns_client *c, enum conns_kind kind, bool stays)
{
	c->kind = kind;
	c->stays = stays;
	c->goes_on = true;
}

void
conns_client_stop(struct conns_client *c)
{
	c->goes_on = false;
	c->stays = false;
	for (uint32_t i = 0; i < c->link->o->conns; i++)
		if (c->conns[i].state == STAYS)
			close_one(c, &c->conns[i]);
}

uint32_t
conns_client_open(const struct conns_client *c)
{
	return c->nb_open;
}

uint32_t
conns_client_ready(const struct conns_client *c)
{
	return c->nb_ready;
}

const char *
conns_client_error(const struct conns_client *c)
{
	return c->error;
}

static bool
make_context(struct conns_client *c)
{
	c->ctx = context_make(c->link->o, false);
	if (c->ctx == NULL)
		return false;
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_set_app_data(c->ctx, c);
	SSL_CTX_sess_set_new_cb(c->ctx, keep_session);
	return true;
}

struct conns_client *
conns_client_create(struct link *l)
{
	struct conns_client *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->conns = calloc(l->o->conns, sizeof(*c->conns));
	if (c == NULL || c->conns == NULL) {
		say("no memory");
		free(c);
		return NULL;
	}
	c->link = l;
	c->stack = link_stack(l, 1);
	if (c->stack != NULL && make_context(c))
		return c;
	conns_client_destroy(c);
	return NULL;
}

void
conns_client_destroy(struct conns_client *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->link->o->conns; i++)
		if (c->conns[i].sock != NULL)
			end(c, &c->conns[i]);
	if (c->stack != NULL)
		link_stack_destroy(c->link, 1, c->stack);
	SSL_SESSION_free(c->session);
	SSL_CTX_free(c->ctx);
	free(c->conns);
	free(c);
}
