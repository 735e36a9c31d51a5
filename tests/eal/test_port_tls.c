/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* An ethdev with a security context. What it says of itself comes from fakes in between. */
#include <errno.h>

#include <CUnit/CUnit.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "port/port.h"
#include "port/proof.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/offload_double.h"

/* An ethdev of net_null that says more of itself. */
static struct {
	void *sec_ctx;
	uint64_t rx_capa, tx_capa;
	bool configured;
	uint64_t rx_asked, tx_asked;
	uint64_t in_force; /* it runs */
} nic;

static struct offload_double o;

void *__wrap_rte_eth_dev_get_sec_ctx(uint16_t port_id);
int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __real_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);

void *
__wrap_rte_eth_dev_get_sec_ctx(uint16_t port_id)
{
	(void)port_id;
	return nic.sec_ctx;
}

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int rc = __real_rte_eth_dev_info_get(port_id, info);

	info->rx_offload_capa |= nic.rx_capa;
	info->tx_offload_capa |= nic.tx_capa;
	return rc;
}

int
__wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
			     const struct rte_eth_conf *conf)
{
	struct rte_eth_conf known = *conf;

	nic.configured = true;
	nic.rx_asked = conf->rxmode.offloads;
	nic.tx_asked = conf->txmode.offloads;
	known.rxmode.offloads &= ~nic.rx_capa;
	known.txmode.offloads &= ~nic.tx_capa;
	return __real_rte_eth_dev_configure(port_id, nb_rx, nb_tx, &known);
}

int
__wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf)
{
	(void)port_id;
	memset(conf, 0, sizeof(*conf));
	conf->txmode.offloads = nic.in_force;
	return 0;
}

static uint16_t
make_nic(uint64_t rx_capa, uint64_t tx_capa)
{
	static unsigned int nb;
	uint16_t port_id = UINT16_MAX;
	char name[32];

	snprintf(name, sizeof(name), "net_null%u", nb++);
	memset(&nic, 0, sizeof(nic));
	offload_double_init(&o);
	nic.sec_ctx = &o.sec_ctx;
	nic.rx_capa = rx_capa;
	nic.tx_capa = tx_capa | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", name, ""), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_get_port_by_name(name, &port_id), 0);
	return port_id;
}

static void
test_port(void)
{
	static const struct {
		uint64_t rx_capa, tx_capa;
	} rows[] = {
		{ RTE_ETH_RX_OFFLOAD_SECURITY, RTE_ETH_TX_OFFLOAD_SECURITY },
		{ RTE_ETH_RX_OFFLOAD_SECURITY, 0 },
		{ 0, RTE_ETH_TX_OFFLOAD_SECURITY },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint16_t id = make_nic(rows[i].rx_capa, rows[i].tx_capa);
		struct rtls_port_conf conf = {
			.size = sizeof(conf),
			.nb_rx_mbufs = 4096,
			.tls_ops = &o.ops,
			.tls_dev = &o,
		};
		struct rtls_port *p = NULL;

		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &conf, &p), 0);
		CU_ASSERT_EQUAL(nic.rx_asked & RTE_ETH_RX_OFFLOAD_SECURITY, rows[i].rx_capa);
		CU_ASSERT_EQUAL(nic.tx_asked & RTE_ETH_TX_OFFLOAD_SECURITY, rows[i].tx_capa);
		CU_ASSERT(offload_device_present(&p->tls));
		CU_ASSERT_PTR_EQUAL(p->tls.sec_ctx, &o.sec_ctx);
		CU_ASSERT_PTR_EQUAL(p->tls.ops, &o.ops);
		CU_ASSERT_PTR_EQUAL(p->tls.dev, &o);
		CU_ASSERT_EQUAL((uintptr_t)p->tls.steer_dev, id);
		CU_ASSERT_PTR_NOT_NULL(p->tls.steer_add);
		CU_ASSERT_PTR_NOT_NULL(p->tls.sessions);
		CU_ASSERT_EQUAL(p->tls.features, RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX);
		CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		CU_ASSERT(!rte_eth_dev_is_valid_port(id));
	}
}

/* It has inline TLS and no calls for it: nothing is asked for. */
static void
test_port_without(void)
{
	uint16_t id = make_nic(RTE_ETH_RX_OFFLOAD_SECURITY, RTE_ETH_TX_OFFLOAD_SECURITY);
	const struct rtls_port_info nothing = { .size = sizeof(nothing) };
	struct rtls_port_info info = { .size = sizeof(info), .features = 77, .tx_tso = 7 };
	struct rtls_port *p = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, NULL, &p), 0);
	CU_ASSERT_EQUAL(nic.rx_asked & RTE_ETH_RX_OFFLOAD_SECURITY, 0);
	CU_ASSERT_EQUAL(nic.tx_asked & RTE_ETH_TX_OFFLOAD_SECURITY, 0);
	CU_ASSERT(!offload_device_present(&p->tls));
	CU_ASSERT_EQUAL(rtls_port_info(p, &info), 0);
	CU_ASSERT_EQUAL(memcmp(&info, &nothing, sizeof(info)), 0);
	CU_ASSERT_EQUAL(rtls_port_features(p, RTLS_FEATURE_TLS_TX, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
}

static void
test_port_refused(void)
{
	struct rtls_port_conf conf = {
		.size = sizeof(conf), .nb_rx_mbufs = 4096, .tls_ops = &o.ops, .tls_dev = &o
	};
	uint16_t id = make_nic(0, 0);
	struct rtls_port *p = NULL;

	/* No security context, or no chains of records in clear: the ethdev is not touched. */
	nic.sec_ctx = NULL;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &p), -ENOTSUP);
	nic.sec_ctx = &o.sec_ctx;
	nic.tx_capa = 0;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &p), -ENOTSUP);
	nic.tx_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT(!nic.configured);
	CU_ASSERT(rte_eth_dev_is_valid_port(id));
	/* Calls missing: it is closed, as after any failure of set-up. */
	o.ops.start = NULL;
	CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &p), -EINVAL);
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT(!rte_eth_dev_is_valid_port(id));
}

/* It could send chains, and the program that started it did without, or asked for fast free. */
static void
test_port_adopted(void)
{
	static const struct {
		uint64_t offloads;
		int rc;
	} rows[] = {
		{ RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 0 },
		{ 0, -ENOTSUP },
		{ RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, -ENOTSUP },
	};
	struct rtls_port_conf conf = { .size = sizeof(conf), .tls_ops = &o.ops, .tls_dev = &o };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint16_t id = make_nic(0, 0);
		struct rtls_port *own = NULL, *p = NULL;
		struct rtls_port_conf small = { .size = sizeof(small), .nb_rx_mbufs = 2048 };

		/* Started by somebody: here by a port that is forgotten. */
		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &small, &own), 0);
		port_release(id);
		nic.in_force = rows[i].offloads;
		CU_ASSERT_EQUAL(rtls_port_ethdev(id, &conf, &p), rows[i].rc);
		CU_ASSERT_EQUAL(p != NULL && offload_device_present(&p->tls), rows[i].rc == 0);
		if (p != NULL)
			CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		CU_ASSERT_EQUAL(rtls_port_close(own), 0);
	}
}

/* --- a driver that told of itself ------------------------------------------------- */

static unsigned int asked; /* how often, of which ethdevs */
static uint16_t asked_of;
static bool has_none;

static void *
dev_of(uint16_t port_id)
{
	asked++;
	asked_of = port_id;
	return has_none ? NULL : &o;
}

static const struct rtls_tls_driver driver = {
	.size = sizeof(driver),
	.name = "net_null",
	.ops = &o.ops,
	.dev_of = dev_of,
};

/* A port made without tls_ops, closed again: has it inline TLS? */
static bool
is_found(uint16_t id)
{
	const struct rtls_port_conf conf = { .size = sizeof(conf), .nb_rx_mbufs = 2048 };
	struct rtls_port *p = NULL;
	bool found;

	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &conf, &p), 0);
	found = offload_device_present(&p->tls);
	if (found) {
		CU_ASSERT_PTR_EQUAL(p->tls.sec_ctx, &o.sec_ctx);
		CU_ASSERT_PTR_EQUAL(p->tls.ops, &o.ops);
		CU_ASSERT_PTR_EQUAL(p->tls.dev, &o);
		CU_ASSERT_PTR_NOT_NULL(p->tls.steer_add);
		CU_ASSERT_EQUAL(p->tls.features, RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX);
	} else {
		CU_ASSERT_EQUAL(rtls_port_features(p, 0, 0), -ENOTSUP);
	}
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	return found;
}

static void
test_registered(void)
{
	struct rtls_tls_driver other = driver;
	uint16_t id;

	CU_ASSERT_FALSE(is_found(make_nic(0, 0)));
	CU_ASSERT_EQUAL(asked, 0);
	other.name = "net_nul";
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&other), 0);
	CU_ASSERT_FALSE(is_found(make_nic(0, 0)));
	CU_ASSERT_EQUAL(asked, 0);
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&driver), 0);
	id = make_nic(RTE_ETH_RX_OFFLOAD_SECURITY, RTE_ETH_TX_OFFLOAD_SECURITY);
	CU_ASSERT_TRUE(is_found(id));
	CU_ASSERT_EQUAL(asked, 1);
	CU_ASSERT_EQUAL(asked_of, id);
	CU_ASSERT_EQUAL(nic.rx_asked & RTE_ETH_RX_OFFLOAD_SECURITY, RTE_ETH_RX_OFFLOAD_SECURITY);
	CU_ASSERT_EQUAL(nic.tx_asked & RTE_ETH_TX_OFFLOAD_SECURITY, RTE_ETH_TX_OFFLOAD_SECURITY);
	/* Not this ethdev; no security context; no chains: each is a port. */
	has_none = true;
	CU_ASSERT_FALSE(is_found(make_nic(0, 0)));
	has_none = false;
	id = make_nic(0, 0);
	nic.sec_ctx = NULL;
	CU_ASSERT_FALSE(is_found(id));
	id = make_nic(0, 0);
	nic.tx_capa = 0;
	CU_ASSERT_FALSE(is_found(id));
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_null"), 0);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_nul"), 0);
	CU_ASSERT_FALSE(is_found(make_nic(0, 0)));
}

/* The program's own table comes first. */
static void
test_registered_and_asked(void)
{
	static struct offload_double mine;
	const struct rtls_port_conf conf = {
		.size = sizeof(conf), .nb_rx_mbufs = 2048, .tls_ops = &mine.ops, .tls_dev = &mine
	};
	struct rtls_port *p = NULL;
	unsigned int before = asked;

	offload_double_init(&mine);
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&driver), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(make_nic(0, 0), &conf, &p), 0);
	CU_ASSERT_EQUAL(asked, before);
	CU_ASSERT_PTR_EQUAL(p->tls.ops, &mine.ops);
	CU_ASSERT_PTR_EQUAL(p->tls.dev, &mine);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_null"), 0);
}

/* A device that runs with other offloads is a port all the same, without inline TLS. */
static void
test_registered_runs(void)
{
	static const struct {
		uint64_t offloads;
		bool found;
	} rows[] = {
		{ RTE_ETH_TX_OFFLOAD_MULTI_SEGS, true },
		{ 0, false },
		{ RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, false },
	};
	const struct rtls_port_conf small = { .size = sizeof(small), .nb_rx_mbufs = 2048 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint16_t id = make_nic(0, 0);
		struct rtls_port *own = NULL;

		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &small, &own), 0);
		port_release(id);
		nic.in_force = rows[i].offloads;
		CU_ASSERT_EQUAL(rtls_tls_driver_register(&driver), 0);
		CU_ASSERT_EQUAL(is_found(id), rows[i].found);
		CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_null"), 0);
		CU_ASSERT_EQUAL(rtls_port_close(own), 0);
	}
}

static void
test_register_refused(void)
{
	static char names[20][8];
	struct rtls_tls_driver d = driver;
	unsigned int n = 0;

	CU_ASSERT_EQUAL(rtls_tls_driver_register(NULL), -EINVAL);
	d.size = 3;
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	d = driver;
	d.name = NULL;
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	d.name = "";
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	d = driver;
	d.ops = NULL;
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	d = driver;
	d.dev_of = NULL;
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	/* What it was built without is missing. */
	d = driver;
	d.size = offsetof(struct rtls_tls_driver, dev_of);
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&d), -EINVAL);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister(""), -EINVAL);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_null"), -ENOENT);

	CU_ASSERT_EQUAL(rtls_tls_driver_register(&driver), 0);
	CU_ASSERT_EQUAL(rtls_tls_driver_register(&driver), -EEXIST);
	CU_ASSERT_EQUAL(rtls_tls_driver_unregister("net_null"), 0);
	d = driver;
	for (int rc = 0; rc == 0 && n < HARNESS_COUNT(names); n += rc == 0) {
		snprintf(names[n], sizeof(names[n]), "net_%u", n);
		d.name = names[n];
		rc = rtls_tls_driver_register(&d);
		CU_ASSERT_EQUAL(rc, n < 16 ? 0 : -ENOSPC);
	}
	CU_ASSERT_EQUAL(n, 16);
	while (n > 0)
		CU_ASSERT_EQUAL(rtls_tls_driver_unregister(names[--n]), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "inline TLS", test_port },
		{ "a device that runs", test_port_adopted },
		{ "no calls for it", test_port_without },
		{ "refused", test_port_refused },
		{ "a driver that is registered", test_registered },
		{ "and a program that has its own table", test_registered_and_asked },
		{ "and a device that runs", test_registered_runs },
		{ "registrations that are refused", test_register_refused },
	};

	if (eal_start("port-tls") != 0)
		return 1;
	return harness_run("eal/port-tls", cases, HARNESS_COUNT(cases));
}
