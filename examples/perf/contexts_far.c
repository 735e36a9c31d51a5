/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "contexts_far.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "service.h"

struct contexts_far {
	struct service service;
	struct rtls_sock **socks; /* by the host's port */
	uint32_t nb;
	uint32_t nb_ready;
	uint64_t received;
	uint8_t *memory;
	int error;
};

static void
fail(struct contexts_far *f, int rc)
{
	if (f->error == 0)
		f->error = rc;
}

static void
admit(void *far, struct rtls_sock *k)
{
	struct contexts_far *f = far;
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct rtls_sock **at;
	int rc;

	rtls_sock_info(k, &info);
	at = &f->socks[info.remote.port - LINK_PORT_BASE];
	*at = k;
	rc = link_prepare(f->service.link, 1, OPTIONS_SOFTWARE, k);
	if (rc != 0)
		fail(f, rc);
	rtls_sock_watch(k, RTLS_READABLE, at);
	f->nb_ready++;
}

/* Of the traffic, which it answers from its first byte on. */
static void
receive_all(struct contexts_far *f, struct rtls_sock *k, void *user)
{
	ssize_t n;

	rtls_sock_watch(k, RTLS_READABLE | RTLS_WRITABLE, user);
	while ((n = rtls_recv(k, f->memory, LINK_MEMORY, 0)) > 0)
		f->received += (uint64_t)n;
	if (n != -EAGAIN && n != -ENOMEM)
		fail(f, n < 0 ? (int)n : -EPIPE);
}

/* One record a turn. */
static void
send_one(struct contexts_far *f, struct rtls_sock *k)
{
	ssize_t n = rtls_send(k, f->memory, f->service.link->o->size, 0);

	if (n < 0 && n != -EAGAIN && n != -ENOMEM)
		fail(f, (int)n);
}

static void
serve(void *far, const struct rtls_event *ev)
{
	struct contexts_far *f = far;

	if (ev->user == NULL)
		return;
	if ((ev->bits & RTLS_ERROR) != 0)
		fail(f, -ECONNABORTED);
	else if ((ev->bits & RTLS_READABLE) != 0)
		receive_all(f, ev->sock, ev->user);
	if ((ev->bits & RTLS_WRITABLE) != 0)
		send_one(f, ev->sock);
}

static const struct service_calls calls = { admit, serve };

void
contexts_far_turn(struct contexts_far *f)
{
	rtls_tlsnic_poll(f->service.link->nic);
	service_turn(&f->service, &calls, f, link_now_us(rte_rdtsc()));
}

uint32_t
contexts_far_ready(const struct contexts_far *f)
{
	return f->nb_ready;
}

uint64_t
contexts_far_received(const struct contexts_far *f)
{
	return f->received;
}

int
contexts_far_error(const struct contexts_far *f)
{
	return f->error;
}

static bool
start(struct contexts_far *f, struct link *l)
{
	f->memory = calloc(1, LINK_MEMORY);
	f->socks = calloc(f->nb, sizeof(*f->socks));
	if (f->memory == NULL || f->socks == NULL) {
		say("no memory");
		return false;
	}
	return service_open(&f->service, l, 1, f->nb);
}

struct contexts_far *
contexts_far_create(struct link *l, uint32_t nb)
{
	struct contexts_far *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		say("no memory");
		return NULL;
	}
	f->nb = nb;
	if (start(f, l))
		return f;
	contexts_far_destroy(f);
	return NULL;
}

void
contexts_far_destroy(struct contexts_far *f)
{
	if (f == NULL)
		return;
	for (uint32_t i = 0; f->socks != NULL && i < f->nb; i++)
		if (f->socks[i] != NULL)
			rtls_abort(f->socks[i]);
	service_close(&f->service);
	free(f->socks);
	free(f->memory);
	free(f);
}
