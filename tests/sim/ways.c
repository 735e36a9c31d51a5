/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/ways.h"

#include "support/harness.h"

bool
ways_has_nic(const struct world *w, int end)
{
	return w->other != NULL && w->end[end].other_port != cable_port(w->other, end);
}

const char *
ways_leak(struct world *w, int end)
{
	struct rtls_port *port = w->end[end].other_port;

	for (unsigned int i = 0; ways_has_nic(w, end) && i < WORLD_NB_NIC_LEVELS; i++)
		if (world_read_stat(w, end, port, WORLD_NIC_LEVELS[i]) != 0)
			return WORLD_NIC_LEVELS[i];
	if (w->other == NULL)
		return NULL;
	if (offload_device_contexts(&port->tls) != 0)
		return "the sessions of rte_security";
	return cable_mbufs_in_use(w->other, end) != 0 ? "the second cable's buffers" : NULL;
}

static struct rtls_addr
other_addr_of(int i)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.ip = { 198, 51, 100, (uint8_t)(i + 1) },
	};
}

void
world_set_time(struct world *w, uint64_t now_us)
{
	cable_set_time(w->cable, now_us);
	if (w->other != NULL)
		cable_set_time(w->other, now_us);
}

uint64_t
world_next_us(const struct world *w)
{
	uint64_t next = cable_next_us(w->cable);
	uint64_t other = w->other == NULL ? UINT64_MAX : cable_next_us(w->other);

	return other < next ? other : next;
}

static void
move_end(struct world *w, int i)
{
	struct rtls_addr peer = world_addr(1 - i, 0), gateway = other_addr_of(1 - i);
	struct world_end *e = &w->end[i];
	int rc;

	rc = e->goes_other ? rtls_route_del(e->stack, &peer, 32) :
			     rtls_route_replace(e->stack, &peer, 32, &gateway, e->other_port);
	if (rc != 0)
		world_complain(w, "end %d: its route does not move: %d", i, rc);
	e->goes_other = !e->goes_other;
}

void
world_move(struct world *w)
{
	uint64_t who = harness_rand(&w->move_rng) % 3;

	for (int i = 0; i < 2; i++)
		if (who == 2 || who == (uint64_t)i)
			move_end(w, i);
}

int
ways_make_port(struct world *w, const struct sim_end_conf *c, int i)
{
	struct rtls_addr ip = other_addr_of(i);
	struct world_end *e = &w->end[i];
	int rc = 0;

	e->other_port = cable_port(w->other, i);
	if (c->other_nic)
		rc = rtls_tlsnic_open(e->other_port, &c->nic_conf, &e->other_port);
	if (c->other_nic && c->nic_conf.rings != 0)
		e->rings = true;
	if (rc == 0)
		rc = rtls_stack_bind(e->stack, e->other_port, 0);
	if (rc == 0)
		rc = rtls_addr_add(e->stack, e->other_port, &ip, 24);
	return rc;
}

void
ways_close_port(struct world *w, int i)
{
	if (w->other == NULL || w->end[i].other_port == NULL)
		return;
	if (cable_stats_get(w->other, i).misused != 0)
		world_complain(w, "end %d used its second port in a wrong way", i);
	if (rtls_port_close(w->end[i].other_port) != 0)
		world_complain(w, "the second port of end %d was not closed", i);
	if (cable_mbufs_in_use(w->other, i) != 0)
		world_complain(w, "end %d kept buffers of the second cable", i);
}
