/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "inside/crowd.h"

enum {
	BURST = 64,
	TURNS_MAX = 256, /* at one time */
	SECOND_US = 1000000,
	CONNECTS_MAX = 64, /* downloads that begin in one turn */
	LOOK_US = 10000,   /* so often somebody may lose patience */
};

struct download {
	struct rtls_sock *sock;
	bool open;
};

/* In a list of those that wait, the oldest first, or in one of those that are free. */
struct comer {
	struct rtls_sock *sock; /* NULL: free */
	struct flood_comers *where;
	uint64_t dialled_us;
	bool asked;
};

struct flood_clients {
	struct link *link;
	struct crowd *crowd;
	struct rtls_stack *near, *far;
	struct download *downloads;
	uint32_t nb_started, nb_ready;
	uint64_t bytes;
	struct comer *comers;
	uint32_t next; /* where a free one is looked for */
	uint32_t nb_waiting;
	struct flood_comers *where;
	uint64_t come_us; /* when the next one comes */
	uint64_t look_us;
	uint8_t *memory;
	int error;
};

/* --- downloads ------------------------------------------------------------------ */

static void
open_some(struct flood_clients *c)
{
	struct rtls_addr remote = link_addr(0, LINK_PORT);

	while (c->nb_started < c->link->o->conns && c->nb_started - c->nb_ready < CONNECTS_MAX) {
		struct rtls_addr local = link_addr(1, 0);
		struct download *d = &c->downloads[c->nb_started];
		int rc = rtls_connect(c->near, &local, &remote, &d->sock);

		if (rc < 0) {
			c->error = rc;
			return;
		}
		c->nb_started++;
		rtls_sock_watch(d->sock, RTLS_CONNECTED, d);
	}
}

static void
opened(struct flood_clients *c, struct download *d)
{
	int rc = link_prepare(c->link, 1, c->link->o->mode, d->sock);

	if (rc < 0)
		c->error = rc;
	d->open = true;
	c->nb_ready++;
	rtls_sock_watch(d->sock, RTLS_READABLE, d);
}

static void
download(struct flood_clients *c, struct download *d)
{
	ssize_t n;

	while ((n = rtls_recv(d->sock, c->memory, LINK_MEMORY, 0)) > 0)
		c->bytes += (uint64_t)n;
	if (n != -EAGAIN && n != -ENOMEM)
		c->error = n == 0 ? -EPIPE : (int)n;
}

static unsigned int
turn_near(struct flood_clients *c, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int did = rtls_stack_poll(c->near, now_us), n;

	if (c->nb_ready < c->link->o->conns)
		open_some(c);
	n = rtls_events(c->near, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		struct download *d = ev[i].user;

		if ((ev[i].bits & RTLS_ERROR) != 0)
			c->error = -ECONNABORTED;
		else if (d->open)
			download(c, d);
		else
			opened(c, d);
	}
	return did + n;
}

/* --- those who come ------------------------------------------------------------- */

static void
leave(struct flood_clients *c, struct comer *k, bool failed)
{
	if (failed)
		rtls_abort(k->sock);
	else
		rtls_close(k->sock);
	*k = (struct comer){ 0 };
	c->nb_waiting--;
}

/* One that finds no port or no socket has tried as well. */
static void
dial(struct flood_clients *c, uint64_t now_us)
{
	struct rtls_addr local = link_addr(2, 0), remote = link_addr(0, LINK_PORT);
	struct comer *k;

	c->where->tried++;
	if (c->nb_waiting == FLOOD_COMERS_MAX)
		return;
	while (c->comers[c->next].sock != NULL)
		c->next = (c->next + 1) % FLOOD_COMERS_MAX;
	k = &c->comers[c->next];
	if (rtls_connect(c->far, &local, &remote, &k->sock) < 0) {
		k->sock = NULL;
		return;
	}
	k->where = c->where;
	k->dialled_us = now_us;
	c->nb_waiting++;
	rtls_sock_watch(k->sock, RTLS_CONNECTED, k);
}

static void
come(struct flood_clients *c, uint64_t now_us)
{
	for (; c->where != NULL && now_us >= c->come_us;
	     c->come_us += SECOND_US / FLOOD_COMERS_PER_S)
		dial(c, now_us);
}

/* The client speaks first, as in TLS and HTTP. */
static void
step(struct flood_clients *c, struct comer *k, uint64_t now_us)
{
	char byte = 0;
	ssize_t n;

	if (!k->asked) {
		k->asked = true;
		rtls_sock_watch(k->sock, RTLS_READABLE, k);
		if (rtls_send(k->sock, &byte, 1, 0) != 1)
			leave(c, k, true);
		return;
	}
	n = rtls_recv(k->sock, &byte, 1, 0);
	if (n == -EAGAIN || n == -ENOMEM)
		return;
	if (n == 1 && now_us - k->dialled_us <= FLOOD_PATIENCE_US) {
		k->where->established++;
		histogram_add(&k->where->us, now_us - k->dialled_us);
	}
	leave(c, k, n != 1);
}

static void
lose_patience(struct flood_clients *c, uint64_t now_us)
{
	if (now_us < c->look_us)
		return;
	c->look_us = now_us + LOOK_US;
	for (uint32_t i = 0; c->nb_waiting > 0 && i < FLOOD_COMERS_MAX; i++) {
		struct comer *k = &c->comers[i];

		if (k->sock != NULL && now_us - k->dialled_us > FLOOD_PATIENCE_US)
			leave(c, k, true);
	}
}

static unsigned int
turn_far(struct flood_clients *c, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int did = rtls_stack_poll(c->far, now_us);
	unsigned int n = rtls_events(c->far, ev, BURST);

	for (unsigned int i = 0; i < n; i++) {
		struct comer *k = ev[i].user;

		if (k->sock != ev[i].sock)
			continue;
		if ((ev[i].bits & RTLS_ERROR) != 0)
			leave(c, k, true);
		else
			step(c, k, now_us);
	}
	return did + n;
}

/* --- all ------------------------------------------------------------------------ */

void
flood_clients_turn(struct flood_clients *c, uint64_t now_us)
{
	unsigned int did;

	come(c, now_us);
	lose_patience(c, now_us);
	for (int i = 0; i < TURNS_MAX; i++) {
		did = rtls_tlsnic_poll(c->link->nic);
		did += crowd_turn(c->crowd, now_us);
		did += turn_near(c, now_us);
		did += turn_far(c, now_us);
		if (did == 0)
			return;
	}
}

void
flood_clients_come(struct flood_clients *c, struct flood_comers *where, uint64_t now_us)
{
	c->where = where;
	c->come_us = now_us;
}

uint32_t
flood_clients_waiting(const struct flood_clients *c)
{
	return c->nb_waiting;
}

uint32_t
flood_clients_ready(const struct flood_clients *c)
{
	return c->nb_ready;
}

uint64_t
flood_clients_bytes(const struct flood_clients *c)
{
	return c->bytes;
}

int
flood_clients_error(const struct flood_clients *c)
{
	return c->error;
}

struct flood_clients *
flood_clients_create(struct link *l, struct crowd *crowd)
{
	struct flood_clients *c = calloc(1, sizeof(*c));

	if (c != NULL) {
		c->downloads = calloc(l->o->conns, sizeof(*c->downloads));
		c->comers = calloc(FLOOD_COMERS_MAX, sizeof(*c->comers));
		c->memory = calloc(1, LINK_MEMORY);
	}
	if (c == NULL || c->downloads == NULL || c->comers == NULL || c->memory == NULL) {
		say("no memory");
		flood_clients_destroy(c);
		return NULL;
	}
	c->link = l;
	c->crowd = crowd;
	c->near = link_stack(l, 1);
	c->far = c->near != NULL ? link_stack(l, 2) : NULL;
	if (c->far != NULL)
		return c;
	flood_clients_destroy(c);
	return NULL;
}

void
flood_clients_destroy(struct flood_clients *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->nb_started; i++)
		rtls_abort(c->downloads[i].sock);
	for (uint32_t i = 0; c->nb_waiting > 0 && i < FLOOD_COMERS_MAX; i++)
		if (c->comers[i].sock != NULL)
			leave(c, &c->comers[i], true);
	if (c->far != NULL)
		link_stack_destroy(c->link, 2, c->far);
	if (c->near != NULL)
		link_stack_destroy(c->link, 1, c->near);
	free(c->downloads);
	free(c->comers);
	free(c->memory);
	free(c);
}
