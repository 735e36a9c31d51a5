/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/nexthop.h"

#include <errno.h>

#include "stack/arp_output.h"
#include "stack/state.h"
#include "stack/tell.h"

/* How often a busy connection looks at its neighbour's state. */
enum { LOOK_INTERVAL_US = 1000000 };

int
nexthop_find(struct rtls_stack *s, const struct net_addr *remote, struct path *out)
{
	struct route_hop hop;

	if (!net_addr_is_v4(remote) || route_find(&s->routes, net_addr_to_v4(remote), &hop) != 0)
		return -EHOSTUNREACH;
	*out = (struct path){
		.next_hop = hop.ip,
		.own_ip = hop.own_ip,
		.again_us = UINT64_MAX,
		.netif = hop.netif,
	};
	return 0;
}

void
nexthop_doubted(struct rtls_stack *s, struct netif *nif, uint32_t ip)
{
	const struct arp_own *own;

	for (own = nif->own; own < nif->own + nif->nb_own; own++) {
		if (!net_v4_same_subnet(own->ip, ip, own->netmask))
			continue;
		arp_output_request(s, nif, own->ip, ip, NULL);
		return;
	}
}

/* Nobody answers for the next hop: whoever looks for the reason finds it. */
static void
note_failed(struct rtls_stack *s, const struct path *p)
{
	struct net_addr hop = net_addr_v4(p->next_hop);

	stack_count(s, CNT_ARP_FAILED);
	tell_remote(s, &hop, 0,
		    route_is_gateway(&s->routes, p->next_hop, p->netif) ? NOTE_GATEWAY_SILENT :
									  NOTE_NEIGHBOUR_SILENT,
		    NULL);
}

/* Packets wait, as with a neighbour that does not answer: never another way out. */
static enum nexthop_verdict
no_route(struct rtls_stack *s, const struct net_addr *remote, struct path *p)
{
	p->known = false;
	p->again_us = s->now_us + LOOK_INTERVAL_US;
	stack_count(s, CNT_TX_NO_ROUTE);
	tell_remote(s, remote, 0, NOTE_NO_ROUTE, NULL);
	return NEXTHOP_FAILED;
}

/* What the routes say by now. What the old way's neighbour did says nothing of the new one. */
static void
follow(struct rtls_stack *s, struct path *p, const struct route_hop *hop)
{
	if (p->netif == hop->netif && p->next_hop == hop->ip)
		return;
	p->next_hop = hop->ip;
	p->own_ip = hop->own_ip;
	p->netif = hop->netif;
	p->known = false;
	p->confirm_us = s->now_us + LOOK_INTERVAL_US;
}

static enum nexthop_verdict
ask_neighbour(struct rtls_stack *s, struct path *p)
{
	struct netif *nif = &s->netifs[p->netif];
	struct arp_table *arp = &nif->arp;
	struct arp_answer a = arp_lookup(arp, p->next_hop, s->now_us);

	switch (a.verdict) {
	case ARP_FOUND_ASK:
		arp_output_request(s, nif, p->own_ip, p->next_hop, a.mac);
		break;
	case ARP_FOUND_ASK_ALL:
	case ARP_RESOLVE:
		arp_output_request(s, nif, p->own_ip, p->next_hop, NULL);
		break;
	case ARP_FAILED:
		note_failed(s, p);
		break;
	case ARP_FOUND:
	case ARP_WAIT:
		break;
	}
	if (a.verdict == ARP_FAILED || a.verdict == ARP_WAIT || a.verdict == ARP_RESOLVE) {
		p->known = false;
		p->again_us = a.again_us;
		return a.verdict == ARP_FAILED ? NEXTHOP_FAILED : NEXTHOP_WAIT;
	}
	memcpy(p->mac, a.mac, sizeof(p->mac));
	p->arp_changes = arp->changes;
	p->known = true;
	p->again_us = RTE_MIN(s->now_us + LOOK_INTERVAL_US, a.again_us);
	return NEXTHOP_READY;
}

enum nexthop_verdict
nexthop_resolve(struct rtls_stack *s, const struct net_addr *remote, struct path *p)
{
	struct route_hop hop;

	if (p->known && p->arp_changes == s->netifs[p->netif].arp.changes &&
	    s->now_us < p->again_us)
		return NEXTHOP_READY;
	if (route_find(&s->routes, net_addr_to_v4(remote), &hop) != 0)
		return no_route(s, remote, p);
	follow(s, p, &hop);
	return ask_neighbour(s, p);
}

void
nexthop_routes_changed(struct rtls_stack *s)
{
	for (uint32_t i = 0; i < s->nb_netifs; i++)
		s->netifs[i].arp.changes++;
}

void
nexthop_progress(struct rtls_stack *s, struct path *p)
{
	if (s->now_us < p->confirm_us)
		return;
	arp_confirm(&s->netifs[p->netif].arp, p->next_hop, s->now_us);
	p->confirm_us = s->now_us + LOOK_INTERVAL_US;
}
