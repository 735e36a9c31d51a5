/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Addresses and routes of a stack. */
#include <errno.h>
#include <string.h>

#include "stack/state.h"

static uint32_t
prefix_mask(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

static int
netif_of(const struct rtls_stack *s, const struct rtls_port *p)
{
	uint32_t i;

	for (i = 0; i < s->nb_netifs; i++) {
		if (s->netifs[i].port == p)
			return (int)i;
	}
	return -ENODEV;
}

int
rtls_addr_add(struct rtls_stack *s, struct rtls_port *p, const struct rtls_addr *addr,
	      uint8_t prefix_len)
{
	struct stack_addr *a;
	struct netif *nif;
	uint32_t ip;
	int netif;

	if (s == NULL || p == NULL || addr == NULL)
		return -EINVAL;
	netif = netif_of(s, p);
	if (netif < 0)
		return netif;
	if (addr->family != RTLS_IPV4 || prefix_len == 0 || prefix_len > 32)
		return -EINVAL;
	ip = get_be32(addr->ip);
	if (!net_v4_is_unicast(ip) || !net_v4_is_host(ip, prefix_mask(prefix_len)))
		return -EINVAL;
	if (stack_addr_find(s, ip) != NULL)
		return -EEXIST;
	if (s->nb_addrs == STACK_ADDRS_MAX)
		return -ENOSPC;
	a = &s->addrs[s->nb_addrs];
	a->ip = ip;
	a->netmask = prefix_mask(prefix_len);
	a->netif = (uint8_t)netif;
	s->nb_addrs++;
	nif = &s->netifs[netif];
	nif->own[nif->nb_own].ip = ip;
	nif->own[nif->nb_own].netmask = a->netmask;
	nif->nb_own++;
	return 0;
}

static bool
route_is_there(const struct rtls_stack *s, uint32_t dst, uint32_t netmask)
{
	const struct stack_route *r;

	for (r = s->routes; r < s->routes + s->nb_routes; r++) {
		if (r->dst == dst && r->netmask == netmask)
			return true;
	}
	return false;
}

int
rtls_route_add(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
	       const struct rtls_addr *gateway, struct rtls_port *p)
{
	struct stack_route *r;
	const struct stack_addr *a;
	uint32_t netmask, net, via;
	int netif;

	if (s == NULL || dst == NULL || gateway == NULL || p == NULL)
		return -EINVAL;
	netif = netif_of(s, p);
	if (netif < 0)
		return netif;
	if (dst->family != RTLS_IPV4 || gateway->family != RTLS_IPV4 || prefix_len > 32)
		return -EINVAL;
	netmask = prefix_mask(prefix_len);
	net = get_be32(dst->ip) & netmask;
	if (route_is_there(s, net, netmask))
		return -EEXIST;
	if (s->nb_routes == STACK_ROUTES_MAX)
		return -ENOSPC;
	r = &s->routes[s->nb_routes];
	via = get_be32(gateway->ip);
	for (a = s->addrs; a < s->addrs + s->nb_addrs; a++) {
		if (a->netif != netif || ((a->ip ^ via) & a->netmask) != 0)
			continue;
		r->netmask = netmask;
		r->dst = net;
		r->gateway = via;
		r->netif = (uint8_t)netif;
		s->nb_routes++;
		return 0;
	}
	return -EHOSTUNREACH;
}
