/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Addresses and routes of a stack. */
#include <errno.h>

#include "stack/addr.h"
#include "stack/neighbour_wait.h"
#include "stack/nexthop.h"
#include "stack/state.h"

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

/* Each connection looks where its packets go now. */
static void
changed(struct rtls_stack *s)
{
	nexthop_routes_changed(s);
	neighbour_learned(s);
}

int
rtls_addr_add(struct rtls_stack *s, struct rtls_port *p, const struct rtls_addr *addr,
	      uint8_t prefix_len)
{
	const struct route_addr *a;
	struct netif *nif;
	uint32_t ip;
	int netif, rc;

	if (s == NULL || p == NULL || addr == NULL)
		return -EINVAL;
	netif = netif_of(s, p);
	if (netif < 0)
		return netif;
	rc = addr_check(addr);
	if (rc != 0)
		return rc;
	ip = get_be32(addr->ip);
	rc = route_add_addr(&s->routes, ip, prefix_len, (uint8_t)netif);
	if (rc != 0)
		return rc;
	a = route_own(&s->routes, ip);
	nif = &s->netifs[netif];
	nif->own[nif->nb_own++] = (struct arp_own){ .ip = a->ip, .netmask = a->netmask };
	changed(s);
	return 0;
}

typedef int (*set_fn)(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
		      uint8_t netif);

static int
set_route(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
	  const struct rtls_addr *gateway, const struct rtls_port *p, set_fn set)
{
	int netif, rc;

	if (s == NULL || dst == NULL || gateway == NULL || p == NULL)
		return -EINVAL;
	netif = netif_of(s, p);
	if (netif < 0)
		return netif;
	rc = addr_check(dst);
	if (rc == 0)
		rc = addr_check(gateway);
	if (rc == 0)
		rc = set(&s->routes, get_be32(dst->ip), prefix_len, get_be32(gateway->ip),
			 (uint8_t)netif);
	if (rc == 0)
		changed(s);
	return rc;
}

int
rtls_route_add(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
	       const struct rtls_addr *gateway, struct rtls_port *p)
{
	return set_route(s, dst, prefix_len, gateway, p, route_add_gateway);
}

int
rtls_route_replace(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
		   const struct rtls_addr *gateway, struct rtls_port *p)
{
	return set_route(s, dst, prefix_len, gateway, p, route_set_gateway);
}

int
rtls_route_del(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len)
{
	int rc;

	if (s == NULL || dst == NULL)
		return -EINVAL;
	rc = addr_check(dst);
	if (rc == 0)
		rc = route_del_gateway(&s->routes, get_be32(dst->ip), prefix_len);
	if (rc == 0)
		changed(s);
	return rc;
}
