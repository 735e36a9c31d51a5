/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "far.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "inside/hold.h"
#include "service.h"

enum {
	BURST = 64,
};

struct far_conn {
	struct rtls_sock *sock;
	uint64_t left; /* to be sent */
};

struct far {
	struct service service;
	struct far_conn conns[LINK_MODES][LINK_CONNS_MAX];
	unsigned int nb_orders; /* carried out */
	uint8_t *memory;
};

/* It serves as the stream's source and as what is read into: nobody looks at the bytes. */
static bool
start(struct far *f, struct link *l)
{
	f->memory = calloc(1, LINK_MEMORY);
	if (f->memory == NULL) {
		say("no memory");
		return false;
	}
	return service_open(&f->service, l, 1, LINK_CONNS_MAX * LINK_MODES);
}

/* The host's port says which connection it is. */
static void
admit(struct far *f, struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct far_conn *c;
	unsigned int at;
	int rc;

	rtls_sock_info(k, &info);
	at = info.remote.port - LINK_PORT_BASE;
	c = &f->conns[at / LINK_CONNS_MAX][at % LINK_CONNS_MAX];
	rc = link_prepare(f->service.link, 1, (enum options_mode)(at / LINK_CONNS_MAX), k);
	if (rc != 0) {
		say("the far end cannot set keys: %s", strerror(-rc));
		rtls_abort(k);
		return;
	}
	c->sock = k;
	rtls_sock_watch(k, RTLS_READABLE, c);
	atomic_fetch_add(&f->service.link->nb_accepted, 1);
}

static void
take_order(struct far *f)
{
	unsigned int nb = atomic_load_explicit(&f->service.link->nb_orders, memory_order_acquire);

	if (nb == f->nb_orders)
		return;
	f->nb_orders = nb;
	for (uint32_t i = 0; i < f->service.link->o->conns; i++) {
		struct far_conn *c = &f->conns[f->service.link->order.mode][i];

		c->left = f->service.link->order.bytes;
		rtls_sock_watch(c->sock, RTLS_READABLE | RTLS_WRITABLE, c);
	}
}

static void
send_some(struct far *f, struct far_conn *c)
{
	ssize_t n;

	while (c->left > 0) {
		n = rtls_send(c->sock, f->memory,
			      RTE_MIN(c->left, (uint64_t)f->service.link->o->size), 0);
		if (n <= 0)
			return;
		c->left -= (uint64_t)n;
	}
	rtls_sock_watch(c->sock, RTLS_READABLE, c);
}

static void
receive_all(struct far *f, struct far_conn *c)
{
	uint64_t all = atomic_load_explicit(&f->service.link->received, memory_order_relaxed);
	ssize_t n;

	while ((n = rtls_recv(c->sock, f->memory, LINK_MEMORY, 0)) > 0)
		all += (uint64_t)n;
	atomic_store_explicit(&f->service.link->received, all, memory_order_relaxed);
}

void
far_turn(struct far *f)
{
	struct rtls_event ev[BURST];
	struct rtls_sock *k;
	unsigned int n;

	rtls_tlsnic_poll(f->service.link->nic);
	hold_move(f->service.link->holds[1]);
	rtls_stack_poll(f->service.stack, link_now_us(rte_rdtsc()));
	take_order(f);
	while (rtls_accept_burst(f->service.listener, &k, 1) == 1)
		admit(f, k);
	n = rtls_events(f->service.stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		struct far_conn *c = ev[i].user;

		if (c == NULL)
			continue;
		if ((ev[i].bits & RTLS_READABLE) != 0)
			receive_all(f, c);
		if ((ev[i].bits & RTLS_WRITABLE) != 0)
			send_some(f, c);
	}
}

void
far_destroy(struct far *f)
{
	if (f == NULL)
		return;
	for (int mode = 0; mode < LINK_MODES; mode++)
		for (int i = 0; i < LINK_CONNS_MAX; i++)
			if (f->conns[mode][i].sock != NULL)
				rtls_abort(f->conns[mode][i].sock);
	service_close(&f->service);
	free(f->memory);
	free(f);
}

struct far *
far_create(struct link *l)
{
	struct far *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		say("no memory");
		return NULL;
	}
	if (start(f, l))
		return f;
	far_destroy(f);
	return NULL;
}

int
far_main(void *arg)
{
	struct link *l = arg;
	struct far *f = far_create(l);

	atomic_store(&l->far, f != NULL ? LINK_FAR_READY : LINK_FAR_FAILED);
	while (f != NULL && !atomic_load_explicit(&l->stop, memory_order_relaxed))
		far_turn(f);
	far_destroy(f);
	return f != NULL ? 0 : -1;
}
