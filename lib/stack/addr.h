/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Between the public address and the one that the levels below use. */
#ifndef RTLS_STACK_ADDR_H
#define RTLS_STACK_ADDR_H

#include <errno.h>
#include <recordtls/addr.h>

#include "net/addr.h"

/* Is it one that this version carries? 0, -EAFNOSUPPORT, or -EINVAL: what is reserved is set. */
static inline int
addr_check(const struct rtls_addr *a)
{
	if (a->family != RTLS_IPV4)
		return -EAFNOSUPPORT;
	return a->reserved != 0 || a->scope != 0 || a->vlan != 0 || a->more != 0 ? -EINVAL : 0;
}

static inline bool
addr_is_any(const struct rtls_addr *a)
{
	return get_be32(a->ip) == 0;
}

/* All zero for the any-address, so that it equals no host's. */
static inline struct net_addr
addr_to_net(const struct rtls_addr *a)
{
	return addr_is_any(a) ? (struct net_addr){ 0 } : net_addr_v4(get_be32(a->ip));
}

static inline struct rtls_addr
addr_from_net(const struct net_addr *a, uint16_t port)
{
	struct rtls_addr out = { .family = RTLS_IPV4, .port = port };

	if (net_addr_is_v4(a))
		put_be32(out.ip, net_addr_to_v4(a));
	return out;
}

#endif
