/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Addresses and the values that lib/net shares: MAC addresses, the tuple that
 * names a connection.
 */
#ifndef RTLS_NET_ADDR_H
#define RTLS_NET_ADDR_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/bytes.h"

enum { NET_MAC_LEN = 6 };

/* IPv4 is v4-mapped (::ffff:a.b.c.d), so that IPv6 adds no second tuple type. */
struct net_addr {
	uint8_t b[16];
};

/*
 * A connection as this host sees it; ports in host order. It is hashed as
 * 36 bytes, hence no hole may be in it.
 */
struct net_tuple {
	struct net_addr local;
	struct net_addr remote;
	uint16_t local_port;
	uint16_t remote_port;
};
static_assert(sizeof(struct net_tuple) == 36, "a tuple is hashed as bytes");

/* host_order: 10.0.0.1 is 0x0a000001. */
static inline struct net_addr
net_addr_v4(uint32_t host_order)
{
	struct net_addr a = { .b = { [10] = 0xff, [11] = 0xff } };

	put_be32(a.b + 12, host_order);
	return a;
}

static inline bool
net_addr_is_v4(const struct net_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* In host order; has a meaning only where net_addr_is_v4 holds. */
static inline uint32_t
net_addr_to_v4(const struct net_addr *a)
{
	return get_be32(a->b + 12);
}

static inline bool
net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool
net_tuple_equal(const struct net_tuple *a, const struct net_tuple *b)
{
	uint64_t x[4], y[4], differ = 0;

	/* In words, without a call: each packet asks. */
	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (int i = 0; i < 4; i++)
		differ |= x[i] ^ y[i];
	return differ == 0 && a->local_port == b->local_port && a->remote_port == b->remote_port;
}

/*
 * An IPv4 address that one host can have: not "this network" (0/8), loopback
 * (127/8), multicast (224/4), reserved or broadcast (240/4). RFC 1122 3.2.1.3.
 */
static inline bool
net_v4_is_unicast(uint32_t host_order)
{
	uint32_t net = host_order >> 24;

	return net != 0 && net != 127 && net < 224;
}

static inline bool
net_v4_same_subnet(uint32_t a, uint32_t b, uint32_t netmask)
{
	return ((a ^ b) & netmask) == 0;
}

/* Neither its subnet's number nor its broadcast address, which a /31 has not (RFC 3021). */
static inline bool
net_v4_is_host(uint32_t host_order, uint32_t netmask)
{
	uint32_t host = host_order & ~netmask;

	return ~netmask <= 1 || (host != 0 && host != ~netmask);
}

/* Multicast and broadcast MAC addresses have the group bit. */
static inline bool
net_mac_is_group(const uint8_t mac[NET_MAC_LEN])
{
	return mac[0] & 1;
}

#endif
