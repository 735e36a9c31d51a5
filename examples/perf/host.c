/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "inside/hold.h"

enum {
	BURST = 64,
	PATIENCE_US = 10000000, /* without a byte */
	QUIET_US = 50,          /* then all of a slice has come back but a delayed ACK */
};

struct host_conn {
	struct rtls_sock *sock;
	uint64_t left; /* to be sent or received */
};

struct host {
	struct link *link;
	struct rtls_stack *stack;
	struct host_conn conns[LINK_MODES][LINK_CONNS_MAX];
	uint8_t *memory;
	uint32_t at;     /* in there */
	uint32_t active; /* connections with something left */
	int error;
};

static bool
is_used(const struct host *h, int mode)
{
	return mode == OPTIONS_PLAIN || mode == (int)h->link->o->mode;
}

/* The next so many bytes of the program's memory. */
static uint8_t *
next_bytes(struct host *h, uint32_t len)
{
	uint8_t *bytes;

	if (h->at + len > LINK_MEMORY)
		h->at = 0;
	bytes = h->memory + h->at;
	h->at += len;
	return bytes;
}

static void
finish(struct host *h, struct host_conn *c)
{
	rtls_sock_watch(c->sock, 0, c);
	h->active--;
}

static void
send_some(struct host *h, struct host_conn *c)
{
	while (c->left > 0) {
		uint32_t len = (uint32_t)RTE_MIN(c->left, (uint64_t)h->link->o->size);
		ssize_t n = rtls_send(c->sock, next_bytes(h, len), len, 0);

		if (n <= 0) {
			if (n != -EAGAIN && n != -ENOMEM)
				h->error = (int)n;
			return;
		}
		c->left -= (uint64_t)n;
	}
	finish(h, c);
}

static void
receive_some(struct host *h, struct host_conn *c)
{
	while (c->left > 0) {
		uint32_t len = h->link->o->size;
		ssize_t n = rtls_recv(c->sock, next_bytes(h, len), len, 0);

		if (n <= 0) {
			if (n != -EAGAIN && n != -ENOMEM)
				h->error = n == 0 ? -EPIPE : (int)n;
			return;
		}
		c->left -= RTE_MIN((uint64_t)n, c->left);
	}
	finish(h, c);
}

/* One turn of a program's loop. Returns whether something was done. */
static bool
turn(struct host *h, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int did = rtls_stack_poll(h->stack, now_us);
	unsigned int n = rtls_events(h->stack, ev, BURST);

	hold_move(h->link->holds[0]);
	for (unsigned int i = 0; i < n; i++) {
		struct host_conn *c = ev[i].user;

		if ((ev[i].bits & RTLS_ERROR) != 0)
			h->error = -ECONNABORTED;
		else if ((ev[i].bits & RTLS_READABLE) != 0)
			receive_some(h, c);
		else if ((ev[i].bits & RTLS_WRITABLE) != 0)
			send_some(h, c);
	}
	return did != 0 || n != 0;
}

static uint64_t
count_segments(const struct host *h, enum options_mode mode, enum host_dir dir)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	uint64_t n = 0;

	for (uint32_t i = 0; i < h->link->o->conns; i++) {
		rtls_sock_stats(h->conns[mode][i].sock, &stats);
		n += dir == HOST_TX ? stats.tx_segments : stats.rx_segments;
	}
	return n;
}

static uint64_t
received(const struct host *h)
{
	return atomic_load_explicit(&h->link->received, memory_order_relaxed);
}

static void
begin(struct host *h, enum options_mode mode, enum host_dir dir, uint64_t bytes)
{
	uint32_t bits = dir == HOST_TX ? RTLS_WRITABLE : RTLS_READABLE;

	/* ACKs are not held. */
	hold_keep(h->link->holds[0], dir == HOST_TX ? h->link->o->in_flight : 0);
	hold_keep(h->link->holds[1], dir == HOST_RX ? h->link->o->in_flight : 0);
	h->active = h->link->o->conns;
	for (uint32_t i = 0; i < h->link->o->conns; i++) {
		h->conns[mode][i].left = bytes;
		rtls_sock_watch(h->conns[mode][i].sock, bits, &h->conns[mode][i]);
	}
	if (dir == HOST_TX)
		return;
	h->link->order = (struct link_order){ .mode = mode, .bytes = bytes };
	atomic_fetch_add_explicit(&h->link->nb_orders, 1, memory_order_release);
}

bool
host_slice(struct host *h, enum options_mode mode, enum host_dir dir, uint64_t bytes,
	   struct host_result *out)
{
	uint64_t segments = count_segments(h, mode, dir), start = rte_rdtsc(), before,
		 after = start;
	uint64_t worked_us = link_now_us(start), now_us = worked_us;
	uint64_t arrived = received(h) + (dir == HOST_TX ? bytes * h->link->o->conns : 0);
	bool did;

	*out = (struct host_result){ .bytes = bytes * h->link->o->conns };
	begin(h, mode, dir, bytes);
	/* What acknowledges this slice and gives its packets back is its cost, not the next one's. */
	while (h->active > 0 || received(h) < arrived || now_us - worked_us < QUIET_US) {
		link_step(h->link);
		now_us = link_now_us(rte_rdtsc());
		before = rte_rdtsc();
		did = turn(h, now_us);
		after = rte_rdtsc();
		if (did) {
			out->cycles += after - before;
			out->turns++;
			worked_us = now_us;
		}
		if (h->active > 0 || received(h) < arrived)
			out->span = after - start;
		if (now_us - worked_us > PATIENCE_US)
			h->error = -ETIMEDOUT;
		if (h->error != 0) {
			say("a connection failed: %s", strerror(-h->error));
			return false;
		}
	}
	out->segments = count_segments(h, mode, dir) - segments;
	return true;
}

/* --- life --------------------------------------------------------------------- */

static bool
connect_all(struct host *h)
{
	struct rtls_addr remote = link_addr(1, LINK_PORT);

	for (int mode = 0; mode < LINK_MODES; mode++)
		for (uint32_t i = 0; is_used(h, mode) && i < h->link->o->conns; i++) {
			uint16_t port = (uint16_t)(LINK_PORT_BASE + mode * LINK_CONNS_MAX + (int)i);
			struct rtls_addr local = link_addr(0, port);
			int rc = rtls_connect(h->stack, &local, &remote, &h->conns[mode][i].sock);

			if (rc < 0) {
				say("the host cannot connect: %s", strerror(-rc));
				return false;
			}
			rtls_sock_watch(h->conns[mode][i].sock, RTLS_CONNECTED, &h->conns[mode][i]);
		}
	return true;
}

static bool
is_open(const struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	rtls_sock_info(k, &info);
	return info.state == RTLS_SOCK_OPEN;
}

static bool
all_open(const struct host *h)
{
	for (int mode = 0; mode < LINK_MODES; mode++)
		for (uint32_t i = 0; is_used(h, mode) && i < h->link->o->conns; i++)
			if (!is_open(h->conns[mode][i].sock))
				return false;
	return true;
}

/* Until all are open here, and accepted there. */
static bool
wait_open(struct host *h)
{
	unsigned int all = h->link->o->conns * (h->link->o->mode == OPTIONS_PLAIN ? 1 : 2);
	uint64_t now_us = link_now_us(rte_rdtsc()), end_us = now_us + PATIENCE_US;

	while (!all_open(h) || atomic_load(&h->link->nb_accepted) < all) {
		now_us = link_now_us(rte_rdtsc());
		if (now_us > end_us) {
			say("the connections do not come through");
			return false;
		}
		rtls_stack_poll(h->stack, now_us);
		hold_move(h->link->holds[0]);
		link_step(h->link);
	}
	return true;
}

static bool
prepare_all(struct host *h)
{
	for (int mode = 0; mode < LINK_MODES; mode++)
		for (uint32_t i = 0; is_used(h, mode) && i < h->link->o->conns; i++) {
			struct rtls_sock *k = h->conns[mode][i].sock;
			int rc = link_prepare(h->link, 0, (enum options_mode)mode, k);

			if (rc < 0) {
				say("the host cannot set keys: %s", strerror(-rc));
				return false;
			}
			if (!link_is_in_mode((enum options_mode)mode, k)) {
				link_say_mode(k);
				return false;
			}
			rtls_sock_watch(k, 0, &h->conns[mode][i]);
		}
	return true;
}

struct host *
host_create(struct link *l)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h != NULL)
		h->memory = calloc(1, LINK_MEMORY);
	if (h == NULL || h->memory == NULL) {
		say("no memory");
		free(h);
		return NULL;
	}
	h->link = l;
	h->stack = link_stack(l, 0);
	if (h->stack != NULL && connect_all(h) && wait_open(h) && prepare_all(h))
		return h;
	host_destroy(h);
	return NULL;
}

uint64_t
host_retransmissions(const struct host *h)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	uint64_t n = 0;

	for (int mode = 0; mode < LINK_MODES; mode++)
		for (uint32_t i = 0; is_used(h, mode) && i < h->link->o->conns; i++) {
			rtls_sock_stats(h->conns[mode][i].sock, &stats);
			n += stats.retransmissions;
		}
	return n;
}

void
host_destroy(struct host *h)
{
	if (h == NULL)
		return;
	for (int mode = 0; mode < LINK_MODES; mode++)
		for (int i = 0; i < LINK_CONNS_MAX; i++)
			if (h->conns[mode][i].sock != NULL)
				rtls_abort(h->conns[mode][i].sock);
	if (h->stack != NULL)
		link_stack_destroy(h->link, 0, h->stack);
	free(h->memory);
	free(h);
}
