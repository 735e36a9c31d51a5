/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "contexts_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"

enum {
	BURST = 64,
	PER_TURN = 8,      /* connections that are asked for in one turn */
	CONNECTS_MAX = 64, /* that begin in one turn */
	PATIENCE_US = 5000000,
};

enum place_state {
	PLACE_SOFTWARE,
	PLACE_ASKED,
	PLACE_NIC,
};

/* One direction. */
struct place {
	enum place_state state;
	uint64_t since; /* ASKED: TSC */
};

struct kept {
	struct rtls_sock *sock;
	bool open;
	struct place dirs[CONTEXTS_DIRS]; /* of an idle one */
};

struct contexts_host {
	struct link *link;
	struct rtls_stack *stack;
	const struct contexts_far *far;
	struct kept *conns;
	uint32_t nb, beside;
	uint32_t nb_open;
	uint32_t nb_asked, nb_nic; /* directions */
	struct contexts_tally *tally;
	uint64_t received;
	uint8_t *memory;
	int error;
};

static void
fail(struct contexts_host *h, int rc)
{
	if (h->error == 0)
		h->error = rc;
}

static bool
fine(const struct contexts_host *h, bool late)
{
	int rc = h->error != 0 ? h->error : contexts_far_error(h->far);

	if (rc != 0)
		say("a connection failed: %s", strerror(-rc));
	else if (late)
		say("the NIC does not answer");
	return rc == 0 && !late;
}

static bool
is_idle(const struct contexts_host *h, const struct kept *k)
{
	return k >= h->conns + h->beside;
}

static struct rtls_tls_info
tls_info(const struct kept *k, int d)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	rtls_tls_info(k->sock, (enum rtls_dir)d, &info);
	return info;
}

/* --- what the device says -------------------------------------------------------- */

/* The direction that was asked for is in the mode, or has been refused. */
static void
settle(struct contexts_host *h, struct place *p, int d, bool in_nic)
{
	h->nb_asked--;
	p->state = in_nic ? PLACE_NIC : PLACE_SOFTWARE;
	if (!in_nic) {
		h->tally->refused++;
		return;
	}
	h->nb_nic++;
	h->tally->installed++;
	histogram_add(&h->tally->latency[d], rte_rdtsc() - p->since);
}

static void
look(struct contexts_host *h, struct kept *k)
{
	for (int d = 0; d < CONTEXTS_DIRS; d++) {
		struct rtls_tls_info info = tls_info(k, d);

		if (k->dirs[d].state == PLACE_NIC && info.mode != RTLS_MODE_NIC)
			fail(h, -EIO);
		if (k->dirs[d].state != PLACE_ASKED)
			continue;
		if (info.mode == RTLS_MODE_NIC)
			settle(h, &k->dirs[d], d, true);
		else if (info.wish != RTLS_MODE_NIC && info.reason == RTLS_MODE_REASON_NO_ROOM)
			settle(h, &k->dirs[d], d, false);
		else if (info.wish != RTLS_MODE_NIC)
			fail(h, -EIO);
	}
}

static void
ask(struct contexts_host *h, struct kept *k, int d)
{
	struct place *p = &k->dirs[d];
	int rc;

	if (p->state != PLACE_SOFTWARE)
		return;
	p->state = PLACE_ASKED;
	p->since = rte_rdtsc();
	h->nb_asked++;
	rc = rtls_set_mode(k->sock, (enum rtls_dir)d, RTLS_MODE_NIC);
	h->tally->asked_cycles += rte_rdtsc() - p->since;
	if (rc == 0 || rc == -ENOSPC)
		settle(h, p, d, rc == 0);
	else if (rc != -EINPROGRESS)
		fail(h, rc);
}

static void
give_back(struct contexts_host *h, struct kept *k, int d)
{
	uint64_t before = rte_rdtsc();
	int rc;

	if (k->dirs[d].state != PLACE_NIC)
		return;
	rc = rtls_set_mode(k->sock, (enum rtls_dir)d, RTLS_MODE_SOFTWARE);
	h->tally->removed_cycles += rte_rdtsc() - before;
	k->dirs[d].state = PLACE_SOFTWARE;
	h->nb_nic--;
	if (rc != 0)
		fail(h, rc);
}

/* --- the loop -------------------------------------------------------------------- */

static void
receive_all(struct contexts_host *h, struct rtls_sock *k)
{
	ssize_t n;

	while ((n = rtls_recv(k, h->memory, LINK_MEMORY, 0)) > 0)
		h->received += (uint64_t)n;
	if (n != -EAGAIN && n != -ENOMEM)
		fail(h, n < 0 ? (int)n : -EPIPE);
}

/* One record a turn. */
static void
send_one(struct contexts_host *h, struct rtls_sock *k)
{
	ssize_t n = rtls_send(k, h->memory, h->link->o->size, 0);

	if (n < 0 && n != -EAGAIN && n != -ENOMEM)
		fail(h, (int)n);
}

/* Keys: the traffic's directions are with the NIC from here on. */
static void
opened(struct contexts_host *h, struct kept *k)
{
	int rc = link_prepare(h->link, 0, is_idle(h, k) ? OPTIONS_SOFTWARE : OPTIONS_NIC, k->sock);

	if (rc != 0)
		fail(h, rc);
	k->open = true;
	h->nb_open++;
	rtls_sock_watch(k->sock, is_idle(h, k) ? RTLS_MODE : 0, k);
}

static void
step(struct contexts_host *h, struct kept *k, uint32_t bits)
{
	if ((bits & RTLS_ERROR) != 0)
		fail(h, -ECONNABORTED);
	else if (!k->open)
		opened(h, k);
	else if ((bits & RTLS_MODE) != 0)
		look(h, k);
	if (h->error != 0)
		return;
	if ((bits & RTLS_READABLE) != 0)
		receive_all(h, k->sock);
	if ((bits & RTLS_WRITABLE) != 0)
		send_one(h, k->sock);
}

bool
contexts_host_turn(struct contexts_host *h)
{
	struct rtls_event ev[BURST];
	unsigned int n;

	rtls_stack_poll(h->stack, link_now_us(rte_rdtsc()));
	n = rtls_events(h->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++)
		if (ev[i].user != NULL)
			step(h, ev[i].user, ev[i].bits);
	link_step(h->link);
	return fine(h, false);
}

/* Is nothing in the device's table but what is in use? */
static bool
is_given_back(const struct contexts_host *h)
{
	uint64_t contexts = 0;

	rtls_stat_get(h->stack, h->link->nic, "contexts_in_use", &contexts);
	return contexts == h->nb_nic + CONTEXTS_DIRS * h->beside;
}

static bool
is_late(uint64_t since_us)
{
	return link_now_us(rte_rdtsc()) - since_us > PATIENCE_US;
}

bool
contexts_host_install(struct contexts_host *h, uint32_t first, uint32_t n, struct contexts_tally *t)
{
	uint64_t since_us = link_now_us(rte_rdtsc());
	uint32_t i = 0;

	h->tally = t;
	while (i < n || h->nb_asked > 0) {
		for (uint32_t end = RTE_MIN(i + PER_TURN, n); i < end; i++)
			for (int d = 0; d < CONTEXTS_DIRS; d++)
				ask(h, &h->conns[h->beside + first + i], d);
		if (!contexts_host_turn(h))
			return false;
		if (is_late(since_us))
			return fine(h, true);
	}
	return true;
}

bool
contexts_host_remove(struct contexts_host *h, uint32_t first, uint32_t n, struct contexts_tally *t)
{
	uint64_t since_us = link_now_us(rte_rdtsc());
	uint32_t i = 0;

	h->tally = t;
	while (i < n || !is_given_back(h)) {
		for (uint32_t end = RTE_MIN(i + PER_TURN, n); i < end; i++)
			for (int d = 0; d < CONTEXTS_DIRS; d++)
				give_back(h, &h->conns[h->beside + first + i], d);
		if (!contexts_host_turn(h))
			return false;
		if (is_late(since_us))
			return fine(h, true);
	}
	return true;
}

uint32_t
contexts_host_with_nic(const struct contexts_host *h)
{
	return h->nb_nic;
}

uint64_t
contexts_host_received(const struct contexts_host *h)
{
	return h->received;
}

/* --- life ------------------------------------------------------------------------ */

static bool
connect_some(struct contexts_host *h, uint32_t *next)
{
	struct rtls_addr remote = link_addr(1, LINK_PORT), local;
	uint32_t end = RTE_MIN(*next + CONNECTS_MAX, h->nb);
	int rc;

	for (; *next < end; ++*next) {
		struct kept *k = &h->conns[*next];

		local = link_addr(0, (uint16_t)(LINK_PORT_BASE + *next));
		rc = rtls_connect(h->stack, &local, &remote, &k->sock);
		if (rc < 0) {
			say("the host cannot connect: %s", strerror(-rc));
			return false;
		}
		rtls_sock_watch(k->sock, RTLS_CONNECTED, k);
	}
	return true;
}

static bool
connect_all(struct contexts_host *h)
{
	uint64_t since_us = link_now_us(rte_rdtsc());
	uint32_t next = 0;

	while (h->nb_open < h->nb || contexts_far_ready(h->far) < h->nb) {
		if (!connect_some(h, &next) || !contexts_host_turn(h))
			return false;
		if (is_late(since_us)) {
			say("the connections do not come through");
			return false;
		}
	}
	return true;
}

/* The NIC's answers may come late. */
static bool
wait_for_mode(struct contexts_host *h, const struct kept *k)
{
	uint64_t since_us = link_now_us(rte_rdtsc());

	while (!link_is_in_mode(OPTIONS_NIC, k->sock)) {
		if (!contexts_host_turn(h))
			return false;
		if (is_late(since_us)) {
			link_say_mode(k->sock);
			return false;
		}
	}
	return true;
}

static bool
start_traffic(struct contexts_host *h)
{
	for (struct kept *k = h->conns; !is_idle(h, k); k++)
		if (!wait_for_mode(h, k))
			return false;
	for (struct kept *k = h->conns; !is_idle(h, k); k++)
		rtls_sock_watch(k->sock, RTLS_READABLE | RTLS_WRITABLE, k);
	return true;
}

struct contexts_host *
contexts_host_create(struct link *l, const struct contexts_far *far, uint32_t nb, uint32_t beside)
{
	struct contexts_host *h = calloc(1, sizeof(*h));

	if (h != NULL) {
		h->memory = calloc(1, LINK_MEMORY);
		h->conns = calloc(nb, sizeof(*h->conns));
	}
	if (h == NULL || h->memory == NULL || h->conns == NULL) {
		say("no memory");
		contexts_host_destroy(h);
		return NULL;
	}
	h->link = l;
	h->far = far;
	h->nb = nb;
	h->beside = beside;
	h->stack = link_stack(l, 0);
	if (h->stack != NULL && connect_all(h) && start_traffic(h))
		return h;
	contexts_host_destroy(h);
	return NULL;
}

void
contexts_host_destroy(struct contexts_host *h)
{
	if (h == NULL)
		return;
	for (uint32_t i = 0; h->conns != NULL && i < h->nb; i++)
		if (h->conns[i].sock != NULL)
			rtls_abort(h->conns[i].sock);
	if (h->stack != NULL)
		link_stack_destroy(h->link, 0, h->stack);
	free(h->conns);
	free(h->memory);
	free(h);
}
