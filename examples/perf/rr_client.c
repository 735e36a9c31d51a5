/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rr_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include <recordtls/tlsnic.h>

#include "common/say.h"

enum {
	BURST = 64,
	CONNECTS_MAX = 64, /* under way at once */
};

struct rr_conn {
	struct rtls_sock *sock;
	uint64_t asked_tsc; /* later by what was lost since then */
	uint32_t unsent;    /* of the request */
	uint32_t left;      /* of the answer; 0: nothing was asked yet */
	bool open;
};

struct rr_client {
	struct link *link;
	struct rtls_stack *stack;
	struct rr_conn *conns;
	uint32_t nb_started, nb_ready;
	uint64_t answers;
	struct histogram latencies;
	uint8_t *memory;
	int error;
};

static void
open_some(struct rr_client *c)
{
	struct rtls_addr remote = link_addr(0, LINK_PORT);

	while (c->nb_started < c->link->o->conns && c->nb_started - c->nb_ready < CONNECTS_MAX) {
		uint16_t port = (uint16_t)(LINK_PORT_BASE + c->nb_started);
		struct rtls_addr local = link_addr(1, port);
		struct rr_conn *k = &c->conns[c->nb_started];
		int rc = rtls_connect(c->stack, &local, &remote, &k->sock);

		if (rc < 0) {
			c->error = rc;
			return;
		}
		c->nb_started++;
		rtls_sock_watch(k->sock, RTLS_CONNECTED, k);
	}
}

static void
prepare(struct rr_client *c, struct rr_conn *k)
{
	int rc = link_prepare(c->link, 1, c->link->o->mode, k->sock);

	if (rc < 0)
		c->error = rc;
	k->open = true;
	c->nb_ready++;
	rtls_sock_watch(k->sock, RTLS_READABLE, k);
}

/* 0: later. */
static uint32_t
moved(struct rr_client *c, ssize_t n)
{
	if (n > 0)
		return (uint32_t)n;
	if (n != -EAGAIN && n != -ENOMEM)
		c->error = n == 0 ? -EPIPE : (int)n;
	return 0;
}

static void
send_rest(struct rr_client *c, struct rr_conn *k)
{
	k->unsent -= moved(c, rtls_send(k->sock, c->memory, k->unsent, 0));
	rtls_sock_watch(k->sock, k->unsent > 0 ? RTLS_WRITABLE : RTLS_READABLE, k);
}

static void
ask(struct rr_client *c, struct rr_conn *k)
{
	k->left = c->link->o->size;
	k->asked_tsc = rte_rdtsc();
	k->unsent = k->left;
	k->unsent -= moved(c, rtls_send(k->sock, c->memory, k->unsent, 0));
	if (k->unsent > 0)
		rtls_sock_watch(k->sock, RTLS_WRITABLE, k);
}

static void
receive(struct rr_client *c, struct rr_conn *k)
{
	k->left -= moved(c, rtls_recv(k->sock, c->memory, k->left, 0));
	if (k->left > 0)
		return;
	c->answers++;
	histogram_add(&c->latencies, rte_rdtsc() - k->asked_tsc);
	ask(c, k);
}

void
rr_client_turn(struct rr_client *c)
{
	struct rtls_event ev[BURST];
	unsigned int n;

	rtls_tlsnic_poll(c->link->nic);
	rtls_stack_poll(c->stack, link_now_us(rte_rdtsc()));
	if (c->nb_ready < c->link->o->conns)
		open_some(c);
	n = rtls_events(c->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		struct rr_conn *k = ev[i].user;

		if ((ev[i].bits & RTLS_ERROR) != 0)
			c->error = -ECONNABORTED;
		else if (!k->open)
			prepare(c, k);
		else if (k->unsent > 0)
			send_rest(c, k);
		else if (k->left > 0)
			receive(c, k);
	}
}

uint32_t
rr_client_ready(const struct rr_client *c)
{
	return c->nb_ready;
}

void
rr_client_start(struct rr_client *c)
{
	for (uint32_t i = 0; i < c->link->o->conns; i++)
		ask(c, &c->conns[i]);
}

uint64_t
rr_client_answers(const struct rr_client *c)
{
	return c->answers;
}

const struct histogram *
rr_client_latencies(const struct rr_client *c)
{
	return &c->latencies;
}

void
rr_client_forget(struct rr_client *c)
{
	c->latencies = (struct histogram){ 0 };
}

void
rr_client_lose(struct rr_client *c, uint64_t at_tsc, uint64_t cycles)
{
	for (uint32_t i = 0; i < c->link->o->conns; i++)
		if (c->conns[i].asked_tsc < at_tsc)
			c->conns[i].asked_tsc += cycles;
}

int
rr_client_error(const struct rr_client *c)
{
	return c->error;
}

struct rr_client *
rr_client_create(struct link *l)
{
	struct rr_client *c = calloc(1, sizeof(*c));

	if (c != NULL) {
		c->conns = calloc(l->o->conns, sizeof(*c->conns));
		c->memory = calloc(1, l->o->size);
	}
	if (c == NULL || c->conns == NULL || c->memory == NULL) {
		say("no memory");
		rr_client_destroy(c);
		return NULL;
	}
	c->link = l;
	c->stack = link_stack(l, 1);
	if (c->stack != NULL)
		return c;
	rr_client_destroy(c);
	return NULL;
}

void
rr_client_destroy(struct rr_client *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->nb_started; i++)
		rtls_abort(c->conns[i].sock);
	if (c->stack != NULL)
		link_stack_destroy(c->link, 1, c->stack);
	free(c->conns);
	free(c->memory);
	free(c);
}
