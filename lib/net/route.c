/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/route.h"

#include <errno.h>
#include <stddef.h>

#include "net/addr.h"

static uint32_t
netmask_of(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

int
route_add_addr(struct route_table *t, uint32_t ip, uint8_t prefix_len, uint8_t netif)
{
	if (prefix_len == 0 || prefix_len > 32)
		return -EINVAL;
	if (!net_v4_is_unicast(ip) || !net_v4_is_host(ip, netmask_of(prefix_len)))
		return -EINVAL;
	if (route_own(t, ip) != NULL)
		return -EEXIST;
	if (t->nb_addrs == ROUTE_ADDRS_MAX)
		return -ENOSPC;
	t->addrs[t->nb_addrs++] = (struct route_addr){
		.ip = ip,
		.netmask = netmask_of(prefix_len),
		.netif = netif,
	};
	return 0;
}

/* NULL: the prefix has none. */
static struct route_gateway *
gateway_of(struct route_table *t, uint32_t dst, uint32_t netmask)
{
	struct route_gateway *g;

	for (g = t->gateways; g < t->gateways + t->nb_gateways; g++)
		if (g->dst == (dst & netmask) && g->netmask == netmask)
			return g;
	return NULL;
}

/* The first own address of the netif in whose subnet this one is; NULL: there is none. */
static const struct route_addr *
neighbour_of(const struct route_table *t, uint32_t ip, uint8_t netif)
{
	const struct route_addr *a;

	for (a = t->addrs; a < t->addrs + t->nb_addrs; a++)
		if (a->netif == netif && net_v4_same_subnet(a->ip, ip, a->netmask))
			return a;
	return NULL;
}

/* Where g is NULL, in a place of its own. */
static int
put_gateway(struct route_table *t, struct route_gateway *g, const struct route_gateway *value)
{
	if (g == NULL && t->nb_gateways == ROUTE_GATEWAYS_MAX)
		return -ENOSPC;
	if (neighbour_of(t, value->gateway, value->netif) == NULL)
		return -EHOSTUNREACH;
	if (g == NULL)
		g = &t->gateways[t->nb_gateways++];
	*g = *value;
	return 0;
}

static int
make_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
	     uint8_t netif, bool replace)
{
	struct route_gateway value = { .gateway = gateway, .netif = netif }, *g;

	if (prefix_len > 32)
		return -EINVAL;
	value.netmask = netmask_of(prefix_len);
	value.dst = dst & value.netmask;
	g = gateway_of(t, dst, value.netmask);
	if (g != NULL && !replace)
		return -EEXIST;
	return put_gateway(t, g, &value);
}

int
route_add_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
		  uint8_t netif)
{
	return make_gateway(t, dst, prefix_len, gateway, netif, false);
}

int
route_set_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
		  uint8_t netif)
{
	return make_gateway(t, dst, prefix_len, gateway, netif, true);
}

int
route_del_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len)
{
	struct route_gateway *g;

	if (prefix_len > 32)
		return -EINVAL;
	g = gateway_of(t, dst, netmask_of(prefix_len));
	if (g == NULL)
		return -ENOENT;
	*g = t->gateways[--t->nb_gateways];
	return 0;
}

const struct route_addr *
route_own(const struct route_table *t, uint32_t ip)
{
	const struct route_addr *a;

	for (a = t->addrs; a < t->addrs + t->nb_addrs; a++)
		if (a->ip == ip)
			return a;
	return NULL;
}

bool
route_is_host(const struct route_table *t, uint32_t ip)
{
	const struct route_addr *a;

	for (a = t->addrs; a < t->addrs + t->nb_addrs; a++)
		if (net_v4_same_subnet(a->ip, ip, a->netmask) && !net_v4_is_host(ip, a->netmask))
			return false;
	return true;
}

int
route_find(const struct route_table *t, uint32_t dst, struct route_hop *out)
{
	const struct route_gateway *g;
	const struct route_addr *a;
	uint32_t longest = 0;
	bool found = false;

	for (a = t->addrs; a < t->addrs + t->nb_addrs; a++) {
		if (!net_v4_same_subnet(a->ip, dst, a->netmask) || a->netmask < longest)
			continue;
		found = true;
		longest = a->netmask;
		*out = (struct route_hop){ .ip = dst, .netif = a->netif };
	}
	for (g = t->gateways; g < t->gateways + t->nb_gateways; g++) {
		if (!net_v4_same_subnet(g->dst, dst, g->netmask) ||
		    (found && g->netmask <= longest))
			continue;
		found = true;
		longest = g->netmask;
		*out = (struct route_hop){ .ip = g->gateway, .netif = g->netif };
	}
	if (!found)
		return -EHOSTUNREACH;
	/* There is one: the subnet that was found, or the one that the gateway was added with. */
	out->own_ip = neighbour_of(t, out->ip, out->netif)->ip;
	return 0;
}

bool
route_is_gateway(const struct route_table *t, uint32_t ip, uint8_t netif)
{
	for (uint32_t i = 0; i < t->nb_gateways; i++)
		if (t->gateways[i].gateway == ip && t->gateways[i].netif == netif)
			return true;
	return false;
}
