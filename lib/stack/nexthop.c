/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/nexthop.h"

#include <errno.h>

#include "stack/reply.h"
#include "stack/state.h"
#include "stack/tell.h"

/* How often a busy connection looks at its neighbour's state. */
enum { LOOK_INTERVAL_US = 1000000 };

int
nexthop_find(struct rtls_stack *s, const struct net_addr *remote, struct path *out)
{
	uint32_t ip = net_addr_to_v4(remote), best_mask = 0, i;
	const struct stack_route *r;
	const struct stack_addr *a;
	bool found = false;

	if (!net_addr_is_v4(remote))
		return -EHOSTUNREACH;
	memset(out, 0, sizeof(*out));
	out->retry_us = UINT64_MAX;
	for (i = 0; i < s->nb_addrs; i++) {
		a = &s->addrs[i];
		if (((ip ^ a->ip) & a->netmask) != 0 || (found && a->netmask < best_mask))
			continue;
		found = true;
		best_mask = a->netmask;
		out->next_hop = ip;
		out->netif = a->netif;
	}
	for (i = 0; i < s->nb_routes; i++) {
		r = &s->routes[i];
		/* A tie goes to the directly connected prefix. */
		if (((ip ^ r->dst) & r->netmask) != 0 || (found && r->netmask <= best_mask))
			continue;
		found = true;
		best_mask = r->netmask;
		out->next_hop = r->gateway;
		out->netif = r->netif;
	}
	if (!found)
		return -EHOSTUNREACH;
	for (i = 0; i < s->nb_addrs; i++) {
		a = &s->addrs[i];
		if (a->netif == out->netif && ((out->next_hop ^ a->ip) & a->netmask) == 0) {
			out->own_ip = a->ip;
			return 0;
		}
	}
	return -EHOSTUNREACH;
}

static void
ask(struct rtls_stack *s, struct netif *nif, uint32_t own_ip, uint32_t ip, const uint8_t *dst_mac)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->pools.header);

	/* Without a buffer the table's own repetition asks again. */
	if (m == NULL)
		return;
	m->data_len = (uint16_t)arp_write_request(rte_pktmbuf_mtod(m, uint8_t *), nif->port->mac,
						  own_ip, ip, dst_mac);
	m->pkt_len = m->data_len;
	stack_count(s, CNT_ARP_REQUESTS);
	reply_packet(s, nif, m);
}

void
nexthop_doubted(struct rtls_stack *s, struct netif *nif, uint32_t ip)
{
	const struct arp_own *own;

	for (own = nif->own; own < nif->own + nif->nb_own; own++) {
		if (!net_v4_same_subnet(own->ip, ip, own->netmask))
			continue;
		ask(s, nif, own->ip, ip, NULL);
		return;
	}
}

static bool
is_gateway(const struct rtls_stack *s, const struct path *p)
{
	const struct stack_route *r;

	for (r = s->routes; r < s->routes + s->nb_routes; r++)
		if (r->gateway == p->next_hop && r->netif == p->netif)
			return true;
	return false;
}

/* Nobody answers for the next hop: whoever looks for the reason finds it. */
static void
note_failed(struct rtls_stack *s, const struct path *p)
{
	struct net_addr hop = net_addr_v4(p->next_hop);

	stack_count(s, CNT_ARP_FAILED);
	tell_remote(s, &hop, 0, is_gateway(s, p) ? NOTE_GATEWAY_SILENT : NOTE_NEIGHBOUR_SILENT,
		    NULL);
}

enum nexthop_verdict
nexthop_resolve(struct rtls_stack *s, struct path *p)
{
	struct netif *nif = &s->netifs[p->netif];
	struct arp_table *arp = &nif->arp;
	struct arp_answer a;

	if (p->arp_changes == arp->changes && s->now_us < p->look_us)
		return NEXTHOP_READY;
	a = arp_lookup(arp, p->next_hop, s->now_us);
	switch (a.verdict) {
	case ARP_FOUND_ASK:
		ask(s, nif, p->own_ip, p->next_hop, a.mac);
		break;
	case ARP_FOUND_ASK_ALL:
	case ARP_RESOLVE:
		ask(s, nif, p->own_ip, p->next_hop, NULL);
		break;
	case ARP_FAILED:
		note_failed(s, p);
		break;
	case ARP_FOUND:
	case ARP_WAIT:
		break;
	}
	if (a.verdict == ARP_FAILED || a.verdict == ARP_WAIT || a.verdict == ARP_RESOLVE) {
		p->look_us = 0;
		p->retry_us = a.again_us;
		return a.verdict == ARP_FAILED ? NEXTHOP_FAILED : NEXTHOP_WAIT;
	}
	memcpy(p->mac, a.mac, sizeof(p->mac));
	p->arp_changes = arp->changes;
	p->look_us = RTE_MIN(s->now_us + LOOK_INTERVAL_US, a.again_us);
	p->retry_us = UINT64_MAX;
	return NEXTHOP_READY;
}

void
nexthop_progress(struct rtls_stack *s, struct path *p)
{
	if (s->now_us < p->confirm_us)
		return;
	arp_confirm(&s->netifs[p->netif].arp, p->next_hop, s->now_us);
	p->confirm_us = s->now_us + LOOK_INTERVAL_US;
}
