/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A program at one end that listens: how it begins and ends, a turn of its loop, and connections that have
 * their keys before anything is measured. What it does with those who come is the command's.
 */
#ifndef PERF_SERVICE_H
#define PERF_SERVICE_H

#include "link.h"

enum {
	SERVICE_BURST = 64,
};

struct service {
	struct link *link;
	int end;
	struct rtls_stack *stack;
	struct rtls_sock *listener; /* NULL: nobody may come any more */
	struct rtls_sock **ready;   /* with their keys; --conns at most */
	uint32_t nb_ready;
	int error; /* of those that were to be; 0 or -errno */
};

struct service_calls {
	void (*admit)(void *program, struct rtls_sock *k);
	void (*serve)(void *program, const struct rtls_event *ev);
};

/* False: one sentence was printed, and service_close() is to be called all the same. */
bool service_open(struct service *s, struct link *l, int end, uint32_t backlog);

/* Those in `ready` and all others are aborted; the link's step still works. */
void service_close(struct service *s);

/* Nobody may come any more. */
void service_refuse(struct service *s);

/* Somebody who came gets his keys, and is one of `ready`. False: he is gone. */
bool service_prepare(struct service *s, struct rtls_sock *k);

/* One of these that is not in the mode that is asked for; NULL: there is none. */
const struct rtls_sock *service_not_in_mode(const struct service *s);

/* Returns whether something was done. Inline, as its cycles are what is measured: no call is indirect. */
static inline bool
service_turn(struct service *s, const struct service_calls *calls, void *program, uint64_t now_us)
{
	struct rtls_sock *socks[SERVICE_BURST];
	struct rtls_event ev[SERVICE_BURST];
	unsigned int did = rtls_stack_poll(s->stack, now_us), n = 0;

	if (s->listener != NULL)
		n = rtls_accept_burst(s->listener, socks, SERVICE_BURST);
	for (unsigned int i = 0; i < n; i++)
		calls->admit(program, socks[i]);
	did += n;
	n = rtls_events(s->stack, ev, SERVICE_BURST);
	for (unsigned int i = 0; i < n; i++)
		calls->serve(program, &ev[i]);
	return did + n != 0;
}

#endif
