/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the calls that set things up accept and refuse. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_ethdev.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

static struct rtls_addr
ip4(const char *text, uint16_t port)
{
	struct rtls_addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(rtls_addr_parse(text, &a, NULL), 0);
	a.port = port;
	return a;
}

static struct rtls_stack_conf
small_conf(const char *name)
{
	return (struct rtls_stack_conf){
		.size = sizeof(struct rtls_stack_conf),
		.name = name,
		.max_socks = 8,
		.max_time_wait = 8,
		.max_syn = 8,
		.nb_packets = 64,
		.nb_small = 16,
		.nb_medium = 16,
		.nb_large = 16,
	};
}

static struct rtls_stack *
small_stack(const char *name)
{
	struct rtls_stack_conf conf = small_conf(name);
	struct rtls_stack *s = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &s), 0);
	return s;
}

static struct cable *
small_cable(const char *name)
{
	struct cable_conf conf = { .name = name, .nb_mbufs = 64 };
	struct cable *c = NULL;

	CU_ASSERT_EQUAL_FATAL(cable_create(&conf, &c), 0);
	return c;
}

static void
drop_cable(struct cable *c)
{
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_port_close(cable_port(c, i)), 0);
	cable_destroy(c);
}

static void
test_version(void)
{
	CU_ASSERT_STRING_EQUAL(rtls_version(), RTLS_VERSION);
}

/* --- stacks and ports -------------------------------------------------------- */

static void
refuse_stack(struct rtls_stack_conf conf, int error)
{
	struct rtls_stack_conf good = small_conf(conf.name);
	struct rtls_stack *s = NULL;

	CU_ASSERT_EQUAL(rtls_stack_create(&conf, &s), error);
	CU_ASSERT_PTR_NULL(s);
	if (error == -EEXIST)
		return;
	/* Nothing is left behind. */
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&good, &s), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
}

static void
test_stack_create(void)
{
	struct rtls_stack_conf conf = small_conf("refused");
	struct {
		struct rtls_stack_conf conf;
		uint32_t newer[4];
	} later = { .conf = small_conf("later"), .newer = { 1, 2, 3, 4 } };
	struct rtls_stack *s;

	for (conf.size = 0; conf.size < 4; conf.size++)
		refuse_stack(conf, -EINVAL);
	conf = small_conf("refused");
	conf.sndbuf = 17 * 1024 - 1;
	refuse_stack(conf, -EINVAL);
	conf = small_conf("refused");
	conf.rcvbuf = 2 * 17 * 1024 - 1;
	refuse_stack(conf, -EINVAL);
	conf = small_conf("refused");
	conf.max_socks = (1 << 20) + 1;
	refuse_stack(conf, -EINVAL);
	conf = small_conf("refused");
	conf.rto_min_us = 999;
	refuse_stack(conf, -EINVAL);
	for (int i = 0; i < 30; i++) {
		conf = small_conf("refused");
		*(uint32_t *[]){ &conf.nb_large, &conf.max_syn,
				 &conf.max_time_wait }[i % 3] = 10000000;
		refuse_stack(conf, -ENOMEM);
	}
	conf = small_conf("refused");
	conf.socket_id = -2;
	refuse_stack(conf, -EINVAL);
	s = small_stack("taken");
	refuse_stack(small_conf("taken"), -EEXIST);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	conf = small_conf("edge");
	conf.sndbuf = 17 * 1024;
	conf.rcvbuf = 2 * 17 * 1024;
	conf.rto_min_us = 1000;
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &s), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	/* A program of a later version: what is behind our fields is not looked at. */
	later.conf.size = sizeof(later);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&later.conf, &s), 0);
	CU_ASSERT_EQUAL(rtls_stack_deadline(s), UINT64_MAX);
	CU_ASSERT_EQUAL(rtls_stack_poll(s, 5), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	/* Names are chosen where none is given. */
	conf = small_conf(NULL);
	for (int i = 0; i < 3; i++) {
		struct rtls_stack *two[2];

		CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &two[0]), 0);
		CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &two[1]), 0);
		CU_ASSERT_EQUAL(rtls_stack_destroy(two[0]), 0);
		CU_ASSERT_EQUAL(rtls_stack_destroy(two[1]), 0);
	}
}

static int
node_of(const struct rtls_stack_conf *conf)
{
	struct rte_mempool *pool;
	struct rtls_stack *s;
	int node;

	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(conf, &s), 0);
	pool = rte_mempool_lookup("node_large");
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	node = pool->socket_id;
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	return node;
}

/* A node is DPDK's number; who says nothing has none. */
static void
test_socket_id(void)
{
	struct rtls_stack_conf conf = small_conf("node");

	CU_ASSERT_EQUAL(node_of(&conf), 0);
	conf.socket_id = SOCKET_ID_ANY;
	CU_ASSERT_EQUAL(node_of(&conf), SOCKET_ID_ANY);
	conf.socket_id = (int)rte_socket_id();
	CU_ASSERT_EQUAL(node_of(&conf), (int)rte_socket_id());
	/* A node that is not there has no memory. */
	conf.socket_id = RTE_MAX_NUMA_NODES - 1;
	refuse_stack(conf, -ENOMEM);
	conf.socket_id = 0;
	conf.size = offsetof(struct rtls_stack_conf, socket_id);
	CU_ASSERT_EQUAL(node_of(&conf), SOCKET_ID_ANY);
}

static void
test_bind(void)
{
	enum { CABLES = 5, MAX = 8 };
	struct rtls_stack *a = small_stack("a"), *b = small_stack("b");
	struct cable *c[CABLES];
	struct rtls_port *p;
	char name[16];

	for (int i = 0; i < CABLES; i++) {
		snprintf(name, sizeof(name), "bind%d", i);
		c[i] = small_cable(name);
	}
	p = cable_port(c[0], 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(a, p, 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(a, p, 65535), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(a, p, 0), 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(a, p, 0), -EBUSY);
	CU_ASSERT_EQUAL(rtls_stack_bind(b, p, 0), -EBUSY);
	CU_ASSERT_EQUAL(rtls_port_close(p), -EBUSY);
	for (int i = 1; i < MAX; i++)
		CU_ASSERT_EQUAL(rtls_stack_bind(a, cable_port(c[i / 2], i % 2), 0), 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(a, cable_port(c[4], 0), 0), -ENOSPC);
	CU_ASSERT_EQUAL(rtls_stack_bind(b, cable_port(c[4], 0), 0), 0);
	/* With the stack its queues are free again. */
	CU_ASSERT_EQUAL(rtls_stack_destroy(a), 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(b, p, 0), 0);
	CU_ASSERT_EQUAL(rtls_port_close(cable_port(c[4], 0)), -EBUSY);
	CU_ASSERT_EQUAL(rtls_stack_destroy(b), 0);
	for (int i = 0; i < CABLES; i++)
		drop_cable(c[i]);
}

static void
test_ethdev(void)
{
	struct rtls_port_conf conf = { .size = sizeof(conf) };
	struct rtls_port *p = NULL;

	CU_ASSERT_EQUAL(rtls_port_ethdev(0, NULL, &p), -ENODEV);
	CU_ASSERT_EQUAL(rtls_port_ethdev(RTE_MAX_ETHPORTS, &conf, &p), -ENODEV);
	CU_ASSERT_EQUAL(rtls_port_ethdev(65535, &conf, &p), -ENODEV);
	CU_ASSERT_PTR_NULL(p);
}

static void
test_addr_add(void)
{
	static const char *const not_unicast[] = { "0.0.0.0", "127.0.0.1", "224.0.0.1",
						   "239.255.255.255", "255.255.255.255" };
	struct rtls_stack *s = small_stack("addr");
	struct cable *c = small_cable("addr");
	struct rtls_port *p = cable_port(c, 0);
	struct rtls_addr a = ip4("192.0.2.1", 0);

	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -ENODEV);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, p, 0), 0);
	CU_ASSERT_EQUAL(rtls_addr_add(s, cable_port(c, 1), &a, 24), -ENODEV);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 33), -EINVAL);
	a.family = 6;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EAFNOSUPPORT);
	a.family = 0;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EAFNOSUPPORT);
	/* What is reserved for later. */
	a = ip4("192.0.2.1", 0);
	a.vlan = 1;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EINVAL);
	a = ip4("192.0.2.1", 0);
	a.scope = 1;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EINVAL);
	a = ip4("192.0.2.1", 0);
	a.reserved = 1;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EINVAL);
	for (size_t i = 0; i < sizeof(not_unicast) / sizeof(not_unicast[0]); i++) {
		a = ip4(not_unicast[i], 0);
		CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EINVAL);
	}
	a = ip4("192.0.2.1", 77);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), 0);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 24), -EEXIST);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 16), -EEXIST);
	for (int i = 1; i < 16; i++) {
		a.ip[3]++;
		CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 32), 0);
	}
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 32), -EEXIST);
	a.ip[3]++;
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &a, 32), -ENOSPC);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	drop_cable(c);
}

/* There is no time before a stack's first poll, which begins what was opened until then. */
static void
test_not_begun(void)
{
	struct rtls_addr own = ip4("192.0.2.1", 0), remote = ip4("192.0.2.9", 80);
	struct rtls_sock_info in = { .size = sizeof(in) };
	struct rtls_stack *s = small_stack("begun");
	struct cable *c = small_cable("begun");
	struct rtls_port *p = cable_port(c, 0);
	struct rtls_sock *k;

	CU_ASSERT_EQUAL(rtls_stack_bind(s, p, 0), 0);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &own, 24), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(s, NULL, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_sock_info(k, &in), 0);
	CU_ASSERT_EQUAL(in.state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_EQUAL(in.remote.port, 80);
	CU_ASSERT_EQUAL(in.pmtu + in.ato_us + in.adv_mss, 0);
	CU_ASSERT_EQUAL(in.segs_in + in.segs_out + in.pacing_rate + in.pipe, 0);
	CU_ASSERT_EQUAL(rtls_abort(k), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	drop_cable(c);
}

static void
test_route_add(void)
{
	struct rtls_addr own = ip4("192.0.2.1", 0), gw = ip4("192.0.2.254", 0);
	struct rtls_addr far_gw = ip4("198.51.100.1", 0), dst = ip4("203.0.113.0", 0);
	struct rtls_addr any = ip4("0.0.0.0", 0), remote = ip4("203.0.113.9", 80);
	struct rtls_stack *s = small_stack("route");
	struct cable *c = small_cable("route");
	struct rtls_port *p = cable_port(c, 0);
	struct rtls_sock *k;

	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -ENODEV);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, p, 0), 0);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_addr_add(s, p, &own, 24), 0);
	CU_ASSERT_EQUAL(rtls_connect(s, NULL, &remote, &k), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, cable_port(c, 1)), -ENODEV);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &far_gw, p), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 33, &gw, p), -EINVAL);
	dst.family = 6;
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EAFNOSUPPORT);
	dst.family = RTLS_IPV4;
	gw.family = 6;
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EAFNOSUPPORT);
	gw.family = RTLS_IPV4;
	CU_ASSERT_EQUAL(rtls_connect(s, NULL, &remote, &k), -EHOSTUNREACH);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), 0);
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EEXIST);
	dst.ip[3] = 7;
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EEXIST);
	CU_ASSERT_EQUAL(rtls_connect(s, NULL, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	CU_ASSERT_EQUAL(rtls_route_add(s, &any, 0, &gw, p), 0);
	CU_ASSERT_EQUAL(rtls_route_add(s, &any, 0, &gw, p), -EEXIST);
	for (int i = 2; i < 16; i++) {
		dst.ip[2]++;
		CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), 0);
	}
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -EEXIST);
	dst.ip[2]++;
	CU_ASSERT_EQUAL(rtls_route_add(s, &dst, 24, &gw, p), -ENOSPC);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	drop_cable(c);
}

/* --- listen and connect ------------------------------------------------------ */

static void
test_listen(void)
{
	struct rtls_listen_conf conf = { .size = 3 };
	struct rtls_addr own = pair_addr(0, 80), any = ip4("0.0.0.0", 80), other;
	struct rtls_sock *l[16] = { NULL }, *more = NULL;
	struct pair p;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &own, &conf, &more), -EINVAL);
	other = pair_addr(0, 0);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &other, NULL, &more), -EINVAL);
	other = own;
	other.family = 6;
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &other, NULL, &more), -EAFNOSUPPORT);
	other = pair_addr(1, 80);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &other, NULL, &more), -EADDRNOTAVAIL);
	CU_ASSERT_PTR_NULL(more);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &own, NULL, &l[0]), 0);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &own, NULL, &more), -EADDRINUSE);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &any, NULL, &l[1]), 0);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &any, NULL, &more), -EADDRINUSE);
	CU_ASSERT_EQUAL(rtls_close(l[0]), 0);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &own, NULL, &l[0]), 0);
	CU_ASSERT_EQUAL(pair_info(l[0]).state, RTLS_SOCK_LISTEN);
	CU_ASSERT_EQUAL(pair_info(l[0]).local.port, 80);
	for (int i = 2; i < 16; i++) {
		other = pair_addr(0, (uint16_t)(100 + i));
		CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &other, NULL, &l[i]), 0);
	}
	other = pair_addr(0, 500);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &other, NULL, &more), -ENOMEM);
	other = pair_addr(1, PAIR_PORT);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &more), -ENOMEM);
	CU_ASSERT_PTR_NULL(more);
	for (int i = 0; i < 16; i++)
		CU_ASSERT_EQUAL(i % 2 != 0 ? rtls_close(l[i]) : rtls_abort(l[i]), 0);
	pair_fini(&p);
}

static void
test_connect(void)
{
	static const char *const no_remote[] = { "0.0.0.0",   "224.0.0.1", "255.255.255.255",
						 "192.0.2.1", "192.0.2.0", "192.0.2.255" };
	struct rtls_addr local = pair_addr(0, 5000), remote = pair_addr(1, PAIR_PORT), other;
	struct rtls_sock *k, *again = NULL;
	struct pair p;

	pair_init(&p, NULL);
	for (size_t i = 0; i < sizeof(no_remote) / sizeof(no_remote[0]); i++) {
		other = ip4(no_remote[i], 80);
		CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &again), -EINVAL);
	}
	other = pair_addr(1, 0);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &again), -EINVAL);
	other = remote;
	other.family = 6;
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &again), -EAFNOSUPPORT);
	other = local;
	other.family = 6;
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &other, &remote, &again), -EAFNOSUPPORT);
	other = remote;
	other.vlan = 4094;
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &again), -EINVAL);
	other = ip4("192.0.2.99", 0);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &other, &remote, &again), -EADDRNOTAVAIL);
	other = ip4("203.0.113.1", 80);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &other, &again), -EHOSTUNREACH);
	CU_ASSERT_PTR_NULL(again);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &again), -EADDRINUSE);
	CU_ASSERT_EQUAL(pair_info(k).state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_EQUAL(pair_info(k).local.port, 5000);
	CU_ASSERT_EQUAL(memcmp(pair_info(k).local.ip, pair_addr(0, 0).ip, 16), 0);
	CU_ASSERT_EQUAL(pair_info(k).remote.port, PAIR_PORT);
	CU_ASSERT_EQUAL(memcmp(pair_info(k).remote.ip, remote.ip, 16), 0);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	/* The same local port to another remote port is another connection. */
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), 0);
	remote.port++;
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &again), 0);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	CU_ASSERT_EQUAL(rtls_close(again), 0);
	local.port = 0;
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), 0);
	CU_ASSERT(pair_info(k).local.port >= 32768);
	CU_ASSERT_EQUAL(rtls_abort(k), 0);
	pair_fini(&p);
}

/* --- counters ---------------------------------------------------------------- */

static void
test_stats(void)
{
	uint64_t values[160] = { 0 }, untouched[160];
	struct pair p;
	int n;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], cable_port(p.cable, 1), values, 160), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], cable_port(p.cable, 0), values, 160), 0);
	n = rtls_stats_get(p.stack[0], NULL, NULL, 0);
	CU_ASSERT_FATAL(n > 0 && n < 160);
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], NULL, NULL, 160), n);
	memset(values, 0xa5, sizeof(values));
	memcpy(untouched, values, sizeof(values));
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], NULL, values, (unsigned int)n - 1), n);
	CU_ASSERT_EQUAL(memcmp(values, untouched, sizeof(values)), 0);
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], NULL, values, (unsigned int)n), n);
	CU_ASSERT_EQUAL(values[n], untouched[n]);
	pair_fini(&p);
}

/* Each counter by its name is what the table says. */
static void
test_stat_get(void)
{
	static const char *const no[] = { "", "RxPacket", "RxPacketss", "rxpackets", " RxPackets" };
	struct rtls_stat_desc tab[160];
	struct rtls_sock *socks[2];
	const struct rtls_port *port;
	uint64_t values[160], value = 77;
	struct pair p;
	int n, moved = 0;

	pair_init(&p, NULL);
	port = cable_port(p.cable, 0);
	pair_connect(&p, 0, socks);
	n = rtls_stats_describe(p.stack[0], NULL, tab, HARNESS_COUNT(tab));
	CU_ASSERT_FATAL(n > 0);
	CU_ASSERT_EQUAL(rtls_stats_get(p.stack[0], NULL, values, HARNESS_COUNT(values)), n);
	for (size_t i = 0; i < HARNESS_COUNT(no); i++)
		CU_ASSERT_EQUAL(rtls_stat_get(p.stack[0], NULL, no[i], &value), -ENOENT);
	CU_ASSERT_EQUAL(rtls_stat_get(p.stack[0], port, "RxPackets", &value), -ENOENT);
	CU_ASSERT_EQUAL(rtls_stat_get(p.stack[0], cable_port(p.cable, 1), "RxPackets", &value),
			-EINVAL);
	CU_ASSERT_EQUAL(value, 77);
	for (int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(rtls_stat_get(p.stack[0], NULL, tab[i].name, &value), 0);
		CU_ASSERT_EQUAL(value, values[i]);
		moved += value != 0;
	}
	/* Packets, bytes of none, levels: otherwise all that is compared is zeros. */
	CU_ASSERT(moved > 5);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(socks[i]), 0);
	pair_fini(&p);
}

/* What each counter is, in the order of the values. */
static void
test_stats_describe(void)
{
	struct rtls_stat_desc all[160], tab[160], untouched[160];
	uint64_t values[160];
	unsigned int levels = 0;
	struct pair p;
	int n;

	pair_init(&p, NULL);
	n = rtls_stats_get(p.stack[0], NULL, values, HARNESS_COUNT(values));
	CU_ASSERT_FATAL(n > 0 && n < (int)HARNESS_COUNT(tab));
	memset(tab, 0xa5, sizeof(tab));
	memcpy(untouched, tab, sizeof(tab));
	CU_ASSERT_EQUAL(rtls_stats_describe(p.stack[0], NULL, NULL, 160), n);
	CU_ASSERT_EQUAL(rtls_stats_describe(p.stack[0], NULL, tab, (unsigned int)n - 1), n);
	CU_ASSERT_EQUAL(memcmp(tab, untouched, sizeof(tab)), 0);
	CU_ASSERT_EQUAL(rtls_stats_describe(p.stack[0], NULL, tab, (unsigned int)n), n);
	CU_ASSERT_EQUAL(memcmp(tab + n, untouched + n, sizeof(tab[0])), 0);
	CU_ASSERT_EQUAL(rtls_stats_describe(NULL, NULL, all, HARNESS_COUNT(all)), n);
	for (int i = 0; i < n; i++) {
		CU_ASSERT(tab[i].name[0] != '\0' && strlen(tab[i].name) < 64);
		CU_ASSERT_STRING_EQUAL(all[i].name, tab[i].name);
		CU_ASSERT(strlen(tab[i].meaning) > 10);
		CU_ASSERT(tab[i].kind == RTLS_STAT_COUNTER || tab[i].kind == RTLS_STAT_LEVEL);
		/* Levels say so by their names. */
		CU_ASSERT_EQUAL(tab[i].kind == RTLS_STAT_LEVEL,
				strstr(tab[i].name, "InUse") != NULL ||
					strstr(tab[i].name, "Curr") != NULL);
		levels += tab[i].kind == RTLS_STAT_LEVEL;
		for (int j = 0; j < i; j++) {
			CU_ASSERT_STRING_NOT_EQUAL(tab[i].name, tab[j].name);
			CU_ASSERT_STRING_NOT_EQUAL(tab[i].meaning, tab[j].meaning);
		}
	}
	CU_ASSERT_EQUAL(levels, 13);
	CU_ASSERT_EQUAL(rtls_stats_describe(p.stack[0], cable_port(p.cable, 0), tab, 160), 0);
	CU_ASSERT_EQUAL(rtls_stats_describe(p.stack[0], cable_port(p.cable, 1), tab, 160), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stats_describe(NULL, cable_port(p.cable, 0), tab, 160), -EINVAL);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "version", test_version },
		{ "stacks", test_stack_create },
		{ "socket_id", test_socket_id },
		{ "queues of ports", test_bind },
		{ "ethdevs that are not there", test_ethdev },
		{ "addresses", test_addr_add },
		{ "a connection before the first poll", test_not_begun },
		{ "routes", test_route_add },
		{ "listen", test_listen },
		{ "connect", test_connect },
		{ "counters", test_stats },
		{ "one counter by its name", test_stat_get },
		{ "what counters are", test_stats_describe },
	};

	if (eal_start("test-interface") != 0)
		return 1;
	return harness_run("eal/interface", cases, HARNESS_COUNT(cases));
}
