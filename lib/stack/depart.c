/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/depart.h"

#include <rte_mbuf_dyn.h>

#include "tcp/query.h"

enum {
	READ_US = 1000, /* the clock is read so often at most, and while somebody is paced alone */
};

static void
read_clock(const struct rtls_stack *s, struct netif *nif)
{
	uint64_t ticks;

	if (nif->port->read_clock(nif->port, &ticks) == 0)
		tick_clock_read(&nif->clock, s->now_us, ticks);
	else
		tick_clock_lost(&nif->clock, s->now_us);
}

void
depart_prepare_slow(const struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock)
{
	struct tcp_pace *pace = &sock->tcp.pace;

	pace->kept = false;
	if (nif->port->read_clock == NULL || pace->burst == 0)
		return;
	if (tick_clock_is_old(&nif->clock, s->now_us, READ_US))
		read_clock(s, nif);
	pace->kept = tick_clock_is_known(&nif->clock);
}

/* A port keeps all that is behind a packet, so no time is earlier than the one before. */
static void
set_time(struct netif *nif, struct rte_mbuf *m, uint64_t at_us, uint64_t now_us)
{
	const struct rtls_port *p = nif->port;

	if (at_us < nif->departs_us)
		at_us = nif->departs_us;
	if (at_us <= now_us)
		return;
	nif->departs_us = at_us;
	m->ol_flags |= p->tx_time_flag;
	*RTE_MBUF_DYNFIELD(m, p->tx_time_off, uint64_t *) = tick_clock_at(&nif->clock, at_us);
}

void
depart_mark(const struct rtls_stack *s, struct netif *nif, const struct tx_run *run,
	    struct rte_mbuf **pkts)
{
	const struct tcp_conn *c = &run->owner->tcp;
	struct tcp_pace_path path = tcp_pace_path_of(c);
	struct tcp_departure d;

	/* The probe of a tail is no burst. */
	if (tcp_owes(c, TCP_OWED_TAIL) || !tcp_pace_departure(&c->pace, &path, s->now_us, &d))
		return;
	for (uint32_t i = 0; i < run->packets; i++)
		set_time(nif, pkts[i],
			 tcp_departure_us(&d,
					  (uint32_t)(c->again_len + (c->plan.nxt - c->sent.nxt)) +
						  i * run->packet_len),
			 s->now_us);
}
