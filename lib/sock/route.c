/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Addresses and routes of a stack. */
#include <errno.h>

#include "stack/addr.h"
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
	return 0;
}

int
rtls_route_add(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
	       const struct rtls_addr *gateway, struct rtls_port *p)
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
	if (rc != 0)
		return rc;
	return route_add_gateway(&s->routes, get_be32(dst->ip), prefix_len, get_be32(gateway->ip),
				 (uint8_t)netif);
}
