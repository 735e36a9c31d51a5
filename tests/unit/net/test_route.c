/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/route.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define IP(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { NOWHERE = 255 };

static struct route_table t;

static void
empty(void)
{
	memset(&t, 0, sizeof(t));
}

static void
add_addr(uint32_t ip, uint8_t prefix_len, uint8_t netif)
{
	CU_ASSERT_EQUAL_FATAL(route_add_addr(&t, ip, prefix_len, netif), 0);
}

static void
add_gateway(uint32_t dst, uint8_t prefix_len, uint32_t gateway, uint8_t netif)
{
	CU_ASSERT_EQUAL_FATAL(route_add_gateway(&t, dst, prefix_len, gateway, netif), 0);
}

struct way {
	uint32_t dst;
	uint32_t hop;
	uint32_t own_ip;
	uint8_t netif; /* NOWHERE: -EHOSTUNREACH */
};

static void
check_ways(const struct way *rows, size_t n)
{
	struct route_hop hop;

	for (const struct way *row = rows; row < rows + n; row++) {
		if (row->netif == NOWHERE) {
			CU_ASSERT_EQUAL(route_find(&t, row->dst, &hop), -EHOSTUNREACH);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(route_find(&t, row->dst, &hop), 0);
		CU_ASSERT_EQUAL(hop.ip, row->hop);
		CU_ASSERT_EQUAL(hop.own_ip, row->own_ip);
		CU_ASSERT_EQUAL(hop.netif, row->netif);
	}
}

static void
test_empty(void)
{
	struct route_hop hop;

	empty();
	CU_ASSERT_EQUAL(route_find(&t, IP(10, 0, 0, 1), &hop), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(route_find(&t, 0, &hop), -EHOSTUNREACH);
	CU_ASSERT_PTR_NULL(route_own(&t, 0));
	CU_ASSERT_FALSE(route_is_gateway(&t, 0, 0));
}

/* Two links: what is behind neither is nowhere. */
static void
test_own_subnets(void)
{
	static const struct way rows[] = {
		{ IP(10, 0, 0, 0), IP(10, 0, 0, 0), IP(10, 0, 0, 1), 0 },
		{ IP(10, 0, 0, 1), IP(10, 0, 0, 1), IP(10, 0, 0, 1), 0 },
		{ IP(10, 0, 0, 255), IP(10, 0, 0, 255), IP(10, 0, 0, 1), 0 },
		{ IP(10, 0, 1, 0), 0, 0, NOWHERE },
		{ IP(9, 255, 255, 255), 0, 0, NOWHERE },
		{ IP(192, 168, 1, 7), IP(192, 168, 1, 7), IP(192, 168, 1, 6), 1 },
		{ IP(192, 168, 1, 8), 0, 0, NOWHERE },
		{ IP(192, 168, 1, 5), 0, 0, NOWHERE },
	};

	empty();
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_addr(IP(192, 168, 1, 6), 31, 1);
	check_ways(rows, HARNESS_COUNT(rows));
	CU_ASSERT_PTR_EQUAL(route_own(&t, IP(10, 0, 0, 1)), &t.addrs[0]);
	CU_ASSERT_PTR_EQUAL(route_own(&t, IP(192, 168, 1, 6)), &t.addrs[1]);
	CU_ASSERT_PTR_NULL(route_own(&t, IP(10, 0, 0, 2)));
}

/* Number and broadcast address of a subnet are nobody's; of others nothing is known. */
static void
test_hosts(void)
{
	static const struct {
		uint32_t ip;
		bool host;
	} rows[] = {
		{ IP(10, 0, 0, 0), false },      { IP(10, 0, 0, 255), false },
		{ IP(10, 0, 0, 1), true },       { IP(10, 0, 0, 254), true },
		{ IP(10, 0, 1, 255), true },     { IP(192, 168, 1, 6), true },
		{ IP(192, 168, 1, 7), true },    { IP(172, 16, 255, 255), false },
		{ IP(172, 16, 255, 0), true },   { IP(172, 16, 0, 0), false },
		{ IP(172, 17, 255, 255), true },
	};

	empty();
	CU_ASSERT_TRUE(route_is_host(&t, IP(10, 0, 0, 255)));
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_addr(IP(192, 168, 1, 6), 31, 1);
	add_addr(IP(172, 16, 9, 9), 16, 1);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(route_is_host(&t, rows[i].ip), rows[i].host);
}

static void
test_longest_prefix(void)
{
	static const struct way rows[] = {
		{ IP(8, 8, 8, 8), IP(10, 0, 0, 254), IP(10, 0, 0, 1), 0 },
		{ IP(172, 16, 9, 9), IP(192, 168, 1, 9), IP(192, 168, 1, 6), 1 },
		{ IP(172, 16, 5, 9), IP(10, 0, 0, 253), IP(10, 0, 0, 1), 0 },
		{ IP(172, 16, 5, 5), IP(192, 168, 1, 10), IP(192, 168, 1, 6), 1 },
		/* A part of an own subnet lies behind a gateway in it. */
		{ IP(10, 0, 0, 126), IP(10, 0, 0, 126), IP(10, 0, 0, 1), 0 },
		{ IP(10, 0, 0, 130), IP(10, 0, 0, 2), IP(10, 0, 0, 1), 0 },
		/* As long as the subnet: the subnet. */
		{ IP(192, 168, 1, 77), IP(192, 168, 1, 77), IP(192, 168, 1, 6), 1 },
	};

	empty();
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_addr(IP(192, 168, 1, 6), 24, 1);
	add_gateway(IP(172, 16, 5, 5), 32, IP(192, 168, 1, 10), 1);
	add_gateway(0, 0, IP(10, 0, 0, 254), 0);
	add_gateway(IP(172, 16, 5, 0), 24, IP(10, 0, 0, 253), 0);
	add_gateway(IP(172, 16, 77, 77), 16, IP(192, 168, 1, 9), 1); /* bits that do not count */
	add_gateway(IP(10, 0, 0, 128), 25, IP(10, 0, 0, 2), 0);
	add_gateway(IP(192, 168, 1, 0), 24, IP(10, 0, 0, 3), 0);
	check_ways(rows, HARNESS_COUNT(rows));
	CU_ASSERT_TRUE(route_is_gateway(&t, IP(10, 0, 0, 253), 0));
	CU_ASSERT_FALSE(route_is_gateway(&t, IP(10, 0, 0, 253), 1));
	CU_ASSERT_FALSE(route_is_gateway(&t, IP(10, 0, 0, 1), 0));
	CU_ASSERT_EQUAL(t.gateways[3].dst, IP(172, 16, 0, 0));
}

/* Two addresses of one netif, the same subnet on two of them. */
static void
test_two_own(void)
{
	static const struct way rows[] = {
		{ IP(10, 1, 0, 9), IP(10, 1, 0, 9), IP(10, 0, 0, 1), 0 },
		{ IP(10, 0, 7, 9), IP(10, 0, 7, 9), IP(10, 0, 0, 1), 0 },
		{ IP(172, 16, 0, 9), IP(172, 16, 0, 9), IP(172, 16, 0, 2), 1 },
	};

	empty();
	add_addr(IP(10, 0, 0, 1), 8, 0);
	add_addr(IP(10, 0, 7, 1), 24, 0);
	add_addr(IP(172, 16, 0, 1), 16, 0);
	add_addr(IP(172, 16, 0, 2), 16, 1);
	check_ways(rows, HARNESS_COUNT(rows));
}

struct refused {
	uint32_t ip;
	uint8_t prefix_len;
	int rc;
};

static void
test_addr_refused(void)
{
	static const struct refused rows[] = {
		{ IP(10, 0, 0, 1), 0, -EINVAL },
		{ IP(10, 0, 0, 1), 33, -EINVAL },
		{ IP(10, 0, 0, 1), 255, -EINVAL },
		{ 0, 24, -EINVAL },
		{ IP(0, 0, 0, 9), 24, -EINVAL },
		{ IP(127, 0, 0, 1), 8, -EINVAL },
		{ IP(224, 0, 0, 1), 24, -EINVAL },
		{ IP(255, 255, 255, 255), 32, -EINVAL },
		{ IP(10, 0, 0, 0), 24, -EINVAL },
		{ IP(10, 0, 0, 255), 24, -EINVAL },
		{ IP(10, 0, 3, 255), 22, -EINVAL },
		{ IP(10, 0, 0, 9), 8, -EEXIST }, /* the address, with whatever prefix */
	};
	struct route_table before;

	empty();
	add_addr(IP(10, 0, 0, 9), 24, 0);
	before = t;
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(route_add_addr(&t, rows[i].ip, rows[i].prefix_len, 1), rows[i].rc);
	CU_ASSERT_EQUAL(memcmp(&t, &before, sizeof(t)), 0);
	/* What a /31 and a /32 allow, RFC 3021; and the edge of another subnet. */
	add_addr(IP(10, 0, 0, 0), 31, 1);
	add_addr(IP(10, 0, 0, 255), 32, 1);
	add_addr(IP(10, 0, 2, 255), 22, 1);
}

static void
test_gateway_refused(void)
{
	struct route_table before;

	empty();
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_addr(IP(10, 0, 1, 1), 24, 1);
	add_gateway(IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 0);
	before = t;
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 33, IP(10, 0, 0, 2), 0), -EINVAL);
	/* The prefix has one, by whatever way: the bits behind it do not make another. */
	CU_ASSERT_EQUAL(route_add_gateway(&t, IP(172, 16, 0, 0), 16, IP(10, 0, 1, 2), 1), -EEXIST);
	CU_ASSERT_EQUAL(route_add_gateway(&t, IP(172, 16, 9, 9), 16, IP(10, 0, 1, 2), 1), -EEXIST);
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 0, IP(10, 0, 2, 2), 0), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 0, IP(10, 0, 1, 2), 0), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 0, IP(10, 0, 0, 2), 2), -EHOSTUNREACH);
	/* A gateway behind a gateway is none. */
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 0, IP(172, 16, 0, 1), 0), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(memcmp(&t, &before, sizeof(t)), 0);
	add_gateway(IP(172, 16, 0, 0), 17, IP(10, 0, 1, 2), 1);
}

static void
test_full(void)
{
	struct route_table before;

	empty();
	for (uint32_t i = 0; i < ROUTE_ADDRS_MAX; i++)
		add_addr(IP(10, 0, i, 1), 24, (uint8_t)i);
	for (uint32_t i = 0; i < ROUTE_GATEWAYS_MAX; i++)
		add_gateway(IP(172, 16 + i, 0, 0), 16, IP(10, 0, i, 2), (uint8_t)i);
	before = t;
	CU_ASSERT_EQUAL(route_add_addr(&t, IP(10, 1, 0, 1), 24, 0), -ENOSPC);
	CU_ASSERT_EQUAL(route_add_gateway(&t, 0, 0, IP(10, 0, 0, 2), 0), -ENOSPC);
	/* That it is there already is the better reason. */
	CU_ASSERT_EQUAL(route_add_addr(&t, IP(10, 0, 0, 1), 24, 0), -EEXIST);
	CU_ASSERT_EQUAL(route_add_gateway(&t, IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 0), -EEXIST);
	CU_ASSERT_EQUAL(memcmp(&t, &before, sizeof(t)), 0);
}

/* --- against another form of the rule ------------------------------------------ */

/* From the longest prefix to the shortest: the first that holds dst. */
static bool
model_find(uint32_t dst, uint32_t *hop, uint8_t *netif)
{
	for (int len = 32; len >= 0; len--) {
		uint32_t netmask = (uint32_t)(UINT64_C(0xffffffff) << (32 - len));

		for (uint32_t i = t.nb_addrs; i-- > 0;)
			if (t.addrs[i].netmask == netmask &&
			    (t.addrs[i].ip & netmask) == (dst & netmask)) {
				*hop = dst;
				*netif = t.addrs[i].netif;
				return true;
			}
		for (uint32_t i = 0; i < t.nb_gateways; i++)
			if (t.gateways[i].netmask == netmask &&
			    t.gateways[i].dst == (dst & netmask)) {
				*hop = t.gateways[i].gateway;
				*netif = t.gateways[i].netif;
				return true;
			}
	}
	return false;
}

/* In a few bits, so that prefixes meet. */
static uint32_t
draw_ip(uint64_t *rng)
{
	return IP(10, harness_below(rng, 2), harness_below(rng, 4) << 6, harness_below(rng, 256));
}

/* Too long ones among them. */
static uint8_t
draw_prefix_len(uint64_t *rng)
{
	return (uint8_t)(14 + harness_below(rng, 20));
}

static void
draw_table(uint64_t *rng)
{
	empty();
	for (uint32_t i = 0; i < 24; i++)
		route_add_addr(&t, draw_ip(rng), draw_prefix_len(rng),
			       (uint8_t)harness_below(rng, 3));
	for (uint32_t i = 0; i < 24; i++)
		route_add_gateway(&t, draw_ip(rng), draw_prefix_len(rng), draw_ip(rng),
				  (uint8_t)harness_below(rng, 3));
}

/* Of the hop's netif, an own address in whose subnet the hop is. */
static bool
own_is_right(const struct route_hop *hop)
{
	const struct route_addr *own = route_own(&t, hop->own_ip);

	return own != NULL && own->netif == hop->netif &&
	       (own->ip & own->netmask) == (hop->ip & own->netmask);
}

static void
test_random(void)
{
	uint64_t rng = harness_seed();
	uint32_t found = 0, by_gateway = 0, nowhere = 0;

	for (uint32_t i = 0; i < 2000; i++) {
		draw_table(&rng);
		for (uint32_t n = 0; n < 50; n++) {
			uint32_t dst = draw_ip(&rng), ip;
			struct route_hop hop;
			uint8_t netif;

			if (!model_find(dst, &ip, &netif)) {
				CU_ASSERT_EQUAL(route_find(&t, dst, &hop), -EHOSTUNREACH);
				nowhere++;
				continue;
			}
			CU_ASSERT_EQUAL_FATAL(route_find(&t, dst, &hop), 0);
			CU_ASSERT(hop.ip == ip && hop.netif == netif && own_is_right(&hop));
			found++;
			by_gateway += ip != dst;
		}
	}
	CU_ASSERT(found > by_gateway && by_gateway > 1000 && nowhere > 100);
}

/* One step: the prefix has a way before and after. What cannot be set leaves the old one. */
static void
test_replaced(void)
{
	struct route_table before;

	empty();
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_addr(IP(10, 0, 1, 1), 24, 1);
	CU_ASSERT_EQUAL(route_set_gateway(&t, IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 0), 0);
	CU_ASSERT_EQUAL(t.nb_gateways, 1);
	check_ways(&(struct way){ IP(172, 16, 9, 9), IP(10, 0, 0, 2), IP(10, 0, 0, 1), 0 }, 1);
	CU_ASSERT_EQUAL(route_set_gateway(&t, IP(172, 16, 9, 9), 16, IP(10, 0, 1, 2), 1), 0);
	CU_ASSERT_EQUAL(t.nb_gateways, 1);
	check_ways(&(struct way){ IP(172, 16, 9, 9), IP(10, 0, 1, 2), IP(10, 0, 1, 1), 1 }, 1);
	before = t;
	CU_ASSERT_EQUAL(route_set_gateway(&t, IP(172, 16, 0, 0), 33, IP(10, 0, 0, 2), 0), -EINVAL);
	CU_ASSERT_EQUAL(route_set_gateway(&t, IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 1),
			-EHOSTUNREACH);
	CU_ASSERT_EQUAL(memcmp(&t, &before, sizeof(t)), 0);
	/* Full: others have no place, this one keeps its own. */
	for (uint8_t i = 1; i < ROUTE_GATEWAYS_MAX; i++)
		add_gateway(IP(172, 16, i, 0), 24, IP(10, 0, 0, 2), 0);
	CU_ASSERT_EQUAL(route_set_gateway(&t, 0, 0, IP(10, 0, 0, 2), 0), -ENOSPC);
	CU_ASSERT_EQUAL(route_set_gateway(&t, IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 0), 0);
	check_ways(&(struct way){ IP(172, 16, 99, 9), IP(10, 0, 0, 2), IP(10, 0, 0, 1), 0 }, 1);
}

/* The next longest prefix carries what it did; the last of them leaves nothing. */
static void
test_deleted(void)
{
	struct route_table before;
	static const struct way rows[] = {
		{ IP(172, 16, 5, 5), IP(10, 0, 0, 3), IP(10, 0, 0, 1), 0 },
		{ IP(172, 16, 6, 5), IP(10, 0, 0, 2), IP(10, 0, 0, 1), 0 },
		{ IP(8, 8, 8, 8), 0, 0, NOWHERE },
	};

	empty();
	add_addr(IP(10, 0, 0, 1), 24, 0);
	add_gateway(IP(172, 16, 5, 5), 32, IP(10, 0, 0, 4), 0);
	add_gateway(0, 0, IP(10, 0, 0, 9), 0);
	add_gateway(IP(172, 16, 5, 0), 24, IP(10, 0, 0, 3), 0);
	add_gateway(IP(172, 16, 0, 0), 16, IP(10, 0, 0, 2), 0);
	before = t;
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 5), 33), -EINVAL);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 5), 31), -ENOENT);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 6), 32), -ENOENT);
	/* An own subnet is no gateway's. */
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(10, 0, 0, 0), 24), -ENOENT);
	CU_ASSERT_EQUAL(memcmp(&t, &before, sizeof(t)), 0);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 5), 32), 0);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(1, 2, 3, 4), 0), 0); /* bits that do not count */
	check_ways(rows, HARNESS_COUNT(rows));
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 0, 0), 16), 0);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 0), 24), 0);
	CU_ASSERT_EQUAL(t.nb_gateways, 0);
	CU_ASSERT_EQUAL(route_del_gateway(&t, IP(172, 16, 5, 0), 24), -ENOENT);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "an empty table leads nowhere", test_empty },
		{ "own subnets", test_own_subnets },
		{ "the longest prefix", test_longest_prefix },
		{ "who may be a host", test_hosts },
		{ "two own addresses", test_two_own },
		{ "addresses that are refused", test_addr_refused },
		{ "gateways that are refused", test_gateway_refused },
		{ "a gateway that takes another's place", test_replaced },
		{ "gateways that go", test_deleted },
		{ "full tables", test_full },
		{ "random tables against another form of the rule", test_random },
	};

	return harness_run("net/route", cases, HARNESS_COUNT(cases));
}
