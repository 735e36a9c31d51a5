/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where packets for an IPv4 address go, by the longest prefix: to itself in a subnet that
 * an own address opens, or to a gateway in one. Addresses are in host order, a netif is a
 * number of the caller's.
 */
#ifndef RTLS_NET_ROUTE_H
#define RTLS_NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ROUTE_ADDRS_MAX = 16,
	ROUTE_GATEWAYS_MAX = 16,
};

/* An own address, and with it the subnet that is reached without a gateway. */
struct route_addr {
	uint32_t ip;
	uint32_t netmask;
	uint8_t netif;
};

struct route_gateway {
	uint32_t dst;
	uint32_t netmask;
	uint32_t gateway;
	uint8_t netif;
};

/* All zero is an empty one. */
struct route_table {
	struct route_addr addrs[ROUTE_ADDRS_MAX];
	struct route_gateway gateways[ROUTE_GATEWAYS_MAX];
	uint32_t nb_addrs;
	uint32_t nb_gateways;
};

/*
 * 0, or nothing has changed: -EINVAL (no host of such a subnet, or prefix_len is none of 1..32),
 * -EEXIST (of whatever prefix and netif), -ENOSPC.
 */
int route_add_addr(struct route_table *t, uint32_t ip, uint8_t prefix_len, uint8_t netif);

/*
 * Bits of dst behind the prefix do not count. 0, or nothing has changed: -EINVAL (prefix_len is
 * above 32), -EEXIST (the prefix has a gateway), -ENOSPC, -EHOSTUNREACH (the gateway is in no
 * subnet of the netif).
 */
int route_add_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
		      uint8_t netif);

/*
 * The same, whether the prefix has a gateway or not: where it had one, this one takes its place. Errors as
 * above, but for -EEXIST.
 */
int route_set_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len, uint32_t gateway,
		      uint8_t netif);

/* 0, or nothing has changed: -EINVAL (prefix_len is above 32), -ENOENT. */
int route_del_gateway(struct route_table *t, uint32_t dst, uint8_t prefix_len);

/* NULL: it is not an own address. */
const struct route_addr *route_own(const struct route_table *t, uint32_t ip);

struct route_hop {
	uint32_t ip;     /* whose link address the packets go to */
	uint32_t own_ip; /* that they come from: the first one whose subnet holds the hop */
	uint8_t netif;
};

/*
 * The longest prefix wins; of two that are equal, an own subnet before a gateway, and the own
 * one that was added last. 0 or -EHOSTUNREACH.
 */
int route_find(const struct route_table *t, uint32_t dst, struct route_hop *out);

/* May it be one host's? Not the number, nor the broadcast address, of a subnet of ours. */
bool route_is_host(const struct route_table *t, uint32_t ip);

/* Do packets for others go by this neighbour? */
bool route_is_gateway(const struct route_table *t, uint32_t ip, uint8_t netif);

#endif
