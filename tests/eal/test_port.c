/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Ports that refuse: at set-up, for a while, for ever. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	CONNS = 12,
	BYTES = 20000,
	ALWAYS = 1000000, /* refuse_ppm */
};

static uint16_t
make_null_port(const char *name)
{
	uint16_t port_id = UINT16_MAX;

	CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", name, ""), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_get_port_by_name(name, &port_id), 0);
	return port_id;
}

static void
test_set_up(void)
{
	struct rtls_port_conf conf = { .size = sizeof(conf) };
	uint16_t id = make_null_port("net_null0");
	struct rtls_port *port = NULL, *again = NULL;

	conf.nb_queues = 2;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_ethdev(RTE_MAX_ETHPORTS - 1, NULL, &port), -ENODEV);
	conf.nb_queues = 0;
	conf.mtu = 575;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &port), -EINVAL);
	conf.mtu = 0;
	conf.size = 0;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &port), -EINVAL);
	CU_ASSERT_PTR_NULL(port);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, NULL, &port), 0);
	/* Two ports over one queue would take each other's packets. */
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, NULL, &again), -EBUSY);
	CU_ASSERT_PTR_NULL(again);
	CU_ASSERT(rte_eth_dev_is_valid_port(id));
	CU_ASSERT_EQUAL(rtls_port_close(port), 0);
	CU_ASSERT(!rte_eth_dev_is_valid_port(id));
}

/* Packets may be shorter than the device's, not longer; the device keeps its own MTU. */
static void
test_mtu(void)
{
	static const struct {
		uint32_t mtu, is; /* 0: refused */
	} rows[] = { { 0, 1500 }, { 576, 576 },        { 1300, 1300 },   { 1500, 1500 },
		     { 1501, 0 }, { 65536 + 1300, 0 }, { UINT32_MAX, 0 } };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rtls_port_conf conf = { .size = sizeof(conf), .mtu = rows[i].mtu };
		struct rtls_port *port = NULL;
		uint16_t id, device = 0;
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "net_null%zu", 10 + i);
		id = make_null_port(name);
		rc = rtls_port_ethdev(id, &conf, &port);
		CU_ASSERT_EQUAL(rc, rows[i].is != 0 ? 0 : -EINVAL);
		if (rc != 0)
			continue;
		CU_ASSERT_EQUAL(port->mtu, rows[i].is);
		CU_ASSERT_EQUAL(rte_eth_dev_get_mtu(id, &device), 0);
		CU_ASSERT_EQUAL(device, 1500);
		CU_ASSERT_EQUAL(rtls_port_close(port), 0);
	}
}

/* No half-made port is left that a second call would adopt. */
static void
test_set_up_fails(void)
{
	struct rtls_port_conf conf = { .size = sizeof(conf), .nb_rx_mbufs = 8000000 };
	uint16_t id = make_null_port("net_null1");
	struct rtls_port *port = NULL;

	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &port), -ENOMEM);
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, NULL, &port), -ENODEV);
	CU_ASSERT_PTR_NULL(port);
}

/* Configured by the program and not started: it is set up anew, not adopted as it is. */
static void
test_configured_only(void)
{
	uint16_t id = make_null_port("net_null2");
	struct rte_eth_conf eth = { 0 };
	struct rtls_port *port = NULL;
	struct rte_eth_link link;

	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_configure(id, 1, 1, &eth), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, NULL, &port), 0);
	CU_ASSERT_EQUAL(rte_eth_link_get_nowait(id, &link), 0);
	CU_ASSERT_EQUAL(link.link_status, RTE_ETH_LINK_UP);
	CU_ASSERT_EQUAL(rtls_port_close(port), 0);
}

/* All connections send while the port takes nothing for so long; then it takes all. */
static void
refuse_for(uint64_t us, bool drops)
{
	static uint8_t bytes[BYTES];
	struct rtls_sock *socks[CONNS][2];
	struct cable_path path = { 0 };
	struct pair p;

	pair_fill(bytes, 0, sizeof(bytes));
	pair_init(&p, NULL);
	for (int i = 0; i < CONNS; i++)
		pair_connect(&p, 0, socks[i]);
	path.refuse_ppm = ALWAYS;
	cable_set_path(p.cable, 0, &path);
	for (int i = 0; i < CONNS; i++)
		CU_ASSERT_EQUAL(rtls_send(socks[i][0], bytes, sizeof(bytes), 0), BYTES);
	pair_pass(&p, us);
	CU_ASSERT(pair_stat(&p, 0, "TxRefused") > 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped") > 0, drops);
	path.refuse_ppm = 0;
	cable_set_path(p.cable, 0, &path);
	for (int i = 0; i < CONNS; i++)
		pair_expect(&p, socks[i][1], bytes, sizeof(bytes));
	for (int i = 0; i < CONNS; i++) {
		CU_ASSERT_EQUAL(rtls_abort(socks[i][0]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_close(socks[i][1]), 0);
	}
	pair_fini(&p);
}

static void
test_full_for_a_while(void)
{
	refuse_for(500000, false);
}

static void
test_full_for_ever(void)
{
	refuse_for(1200000, true);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "set up, adopted, closed", test_set_up },
		{ "set-up fails", test_set_up_fails },
		{ "configured and not started", test_configured_only },
		{ "a port is full for a while", test_full_for_a_while },
		{ "a port refuses for ever", test_full_for_ever },
		{ "an MTU of its own", test_mtu },
	};

	if (eal_start("port") != 0)
		return 1;
	return harness_run("eal/port", cases, HARNESS_COUNT(cases));
}
