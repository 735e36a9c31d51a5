/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One turn of a stack, and when it wants the next one. Packets are rx_path's and tx_path's alone. */
#include "stack/active_open.h"
#include "stack/admission_evict.h"
#include "stack/flights.h"
#include "stack/late_reset.h"
#include "stack/memory.h"
#include "stack/neighbour_wait.h"
#include "stack/reclaim.h"
#include "stack/rx_path.h"
#include "stack/rx_quiet.h"
#include "stack/sched.h"
#include "stack/sock_events.h"
#include "stack/soft_error.h"
#include "stack/state.h"
#include "stack/tallies.h"
#include "stack/syn_path.h"
#include "stack/tx_path.h"
#include "tcp/query.h"
#include "tcp/timer.h"

enum {
	TIMER_BUDGET = 256, /* expiries per poll */
	LOOK_US = 200,      /* so often a program that sleeps looks for what has no timer */
};

/* The clock is only known with the first poll: what starts with a time starts there. */
static void
start_clock(struct rtls_stack *s, uint64_t now_us)
{
	struct rtls_sock *sock;

	s->clock_started = true;
	s->now_us = now_us;
	wheel_init(&s->wheel, now_us);
	TAILQ_FOREACH(sock, &s->tx_list, tx_link)
		sock_connect(sock);
}

/* Expired deadlines of connections; the node fires at the earliest of them, or before. */
static unsigned int
poll_timers(struct rtls_stack *s)
{
	uint32_t budget = TIMER_BUDGET;
	struct wheel_node *node;
	struct rtls_sock *sock;
	unsigned int n = 0;
	uint32_t events;
	uint8_t backoff;

	while ((node = wheel_expire(&s->wheel, s->now_us, &budget)) != NULL) {
		sock = (struct rtls_sock *)((char *)node - offsetof(struct rtls_sock, timer));
		n++;
		if (sock_admit_deadline(sock) <= s->now_us) {
			admission_evict_expired(sock);
			continue;
		}
		if (sock->path.listed && path_retry_us(&sock->path) <= s->now_us) {
			neighbour_unwait(sock);
			sock_schedule(sock);
		}
		/* No answer: its next hop may have moved (RFC 1122 2.3.2.1). */
		if (tcp_rexmit_is_due(&sock->tcp, s->now_us)) {
			sock_tally(sock)->timeouts++;
			flights_timeout(sock);
			arp_suspect(&s->netifs[sock->path.netif].arp, sock->path.next_hop);
		}
		backoff = sock->tcp.rtt.backoff;
		events = tcp_timer(&sock->tcp, s->now_us);
		if (tcp_waits_for_network(&sock->tcp))
			memory_away(sock);
		if (tcp_is_silent(&sock->tcp, backoff))
			soft_error_note(sock, RTLS_SOFT_SILENT);
		sock_tcp_events(sock, events);
	}
	return n + late_reset_poll(s) + syn_path_timers(s, TIMER_BUDGET);
}

/* File chunks that the reader thread filled. */
static unsigned int
poll_reader(struct rtls_stack *s)
{
	struct rtls_sock *sock;
	unsigned int n = 0;

	for (; (sock = reader_next_filled(s->reader)) != NULL; n++)
		sock_ready(sock);
	return n;
}

static void
reclaim_sent(struct rtls_stack *s)
{
	struct netif *nif;

	for (nif = s->netifs; nif < s->netifs + s->nb_netifs; nif++)
		netif_reclaim(nif);
}

unsigned int
rtls_stack_poll(struct rtls_stack *s, uint64_t now_us)
{
	unsigned int work;

	if (s == NULL)
		return 0;
	if (!s->clock_started)
		start_clock(s, now_us);
	else if (now_us > s->now_us)
		s->now_us = now_us;
	work = rx_path_poll(s);
	work += poll_reader(s);
	work += poll_timers(s);
	reclaim_of_room(s);
	if (!TAILQ_EMPTY(&s->starved_list)) {
		reclaim_sent(s);
		reclaim_wake(s);
	}
	reclaim_wake_keys(s);
	reclaim_of_memory(s);
	work += tx_path_poll(s);
	/* Between bursts: what it reads is of one moment. */
	work += visit_poll(&s->visit, s);
	return work;
}

static bool
tx_waits_in_a_port(const struct rtls_stack *s)
{
	for (uint32_t i = 0; i < s->nb_netifs; i++) {
		const struct rtls_port *p = s->netifs[i].port;

		if (p->tx_waiting != NULL && p->tx_waiting(p))
			return true;
	}
	return false;
}

/* What a call of the program made to be sent: an RST. */
static bool
replies_wait(const struct rtls_stack *s)
{
	for (uint32_t i = 0; i < s->nb_netifs; i++)
		if (s->netifs[i].nb_tx != 0)
			return true;
	return false;
}

uint64_t
rtls_stack_deadline(const struct rtls_stack *s)
{
	uint64_t at = UINT64_MAX;

	if (s == NULL)
		return at;
	if (s->clock_started)
		at = wheel_next(&s->wheel);
	/* Something is to be sent with the next poll, whenever it is, or somebody is to be answered. */
	if (!TAILQ_EMPTY(&s->tx_list) || replies_wait(s) || visit_posted(&s->visit) ||
	    reader_unwoken(s->reader))
		return s->now_us;
	/* Only a poll sees what the reader thread brings, buffers that come back, room, that a port's
	 * receive queue is empty, and what a device was asked. */
	if (reclaim_waits(s) || reader_busy(s->reader) || tx_waits_in_a_port(s) ||
	    rx_quiet_waits(s) || s->nb_adding > 0)
		at = RTE_MIN(at, s->now_us + LOOK_US);
	at = RTE_MIN(at, late_reset_deadline(s));
	at = RTE_MIN(at, tcp_syncache_deadline(s->syncache));
	return RTE_MIN(at, tcp_timewait_deadline(s->timewait));
}
