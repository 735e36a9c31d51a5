/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What an ethdev says of itself, and which of that makes no port. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "port/port.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"

static struct {
	bool has_mac;
	struct rte_ether_addr mac;
	struct rte_ether_addr told;
	int nb_told, told_rc, promiscuous;
	bool busy, no_queues; /* the driver, at configuration */
	uint16_t mtu;
} fake;

int __wrap_rte_eth_macaddr_get(uint16_t port_id, struct rte_ether_addr *mac);
int __real_rte_eth_macaddr_get(uint16_t port_id, struct rte_ether_addr *mac);
int __wrap_rte_eth_dev_default_mac_addr_set(uint16_t port_id, struct rte_ether_addr *mac);
int __wrap_rte_eth_promiscuous_enable(uint16_t port_id);
int __wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __real_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_get_mtu(uint16_t port_id, uint16_t *mtu);
int __real_rte_eth_dev_get_mtu(uint16_t port_id, uint16_t *mtu);

int
__wrap_rte_eth_macaddr_get(uint16_t port_id, struct rte_ether_addr *mac)
{
	if (!fake.has_mac)
		return __real_rte_eth_macaddr_get(port_id, mac);
	*mac = fake.mac;
	return 0;
}

int
__wrap_rte_eth_dev_default_mac_addr_set(uint16_t port_id, struct rte_ether_addr *mac)
{
	(void)port_id;
	fake.told = *mac;
	fake.nb_told++;
	return fake.told_rc;
}

int
__wrap_rte_eth_promiscuous_enable(uint16_t port_id)
{
	(void)port_id;
	fake.promiscuous++;
	return 0;
}

/* What rte_ethdev does when a driver's own configure is busy: queues are gone. */
int
__wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
			     const struct rte_eth_conf *conf)
{
	if (!fake.busy)
		return __real_rte_eth_dev_configure(port_id, nb_rx, nb_tx, conf);
	fake.no_queues = true;
	return -EBUSY;
}

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int rc = __real_rte_eth_dev_info_get(port_id, info);

	if (fake.no_queues)
		info->nb_rx_queues = info->nb_tx_queues = 0;
	return rc;
}

int
__wrap_rte_eth_dev_get_mtu(uint16_t port_id, uint16_t *mtu)
{
	int rc = __real_rte_eth_dev_get_mtu(port_id, mtu);

	if (fake.mtu != 0)
		*mtu = fake.mtu;
	return rc;
}

static const struct rtls_port_conf SMALL = {
	.size = sizeof(SMALL), .nb_rx_mbufs = 512, .nb_rx_desc = 64, .nb_tx_desc = 64
};

static void
begin(struct eth_double *d)
{
	memset(&fake, 0, sizeof(fake));
	memset(d, 0, sizeof(*d));
	eth_double_make(d);
}

static bool
runs(const struct eth_double *d)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(d->port_id, &link) == 0 &&
	       link.link_status == RTE_ETH_LINK_UP;
}

/* A device that the program started: exactly one queue to receive with. */
static void
test_queues(void)
{
	static const struct {
		uint16_t nb_rx, nb_tx;
		int rc;
	} rows[] = {
		{ 1, 1, 0 },       { 1, 4, 0 },       { 2, 1, -EINVAL },
		{ 4, 4, -EINVAL }, { 0, 1, -EINVAL }, { 1, 0, -EINVAL },
	};
	struct rtls_port *p;
	struct eth_double d;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(&d);
		eth_double_start(&d, rows[i].nb_rx, rows[i].nb_tx, 0, 0);
		p = NULL;
		CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, NULL, &p), rows[i].rc);
		CU_ASSERT_EQUAL(p != NULL, rows[i].rc == 0);
		if (p != NULL)
			CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		/* Taken or not, it stays the program's. */
		CU_ASSERT(runs(&d));
		eth_double_end(&d);
	}
}

/* One ethdev is one port, whoever configured it. */
static void
test_twice(void)
{
	struct rtls_port *p = NULL, *again = NULL;
	struct eth_double d;

	begin(&d);
	eth_double_start(&d, 1, 1, 0, 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, NULL, &p), 0);
		CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, NULL, &again), -EBUSY);
		CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	}
	/* After a failure, too. */
	fake.mtu = 575;
	CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, NULL, &again), -EINVAL);
	fake.mtu = 0;
	CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, NULL, &p), 0);
	CU_ASSERT_PTR_NULL(again);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	eth_double_end(&d);
}

/* Configured by the program, not started, and its driver is busy: it would be adopted dead. */
static void
test_busy(void)
{
	struct rte_eth_conf eth = { 0 };
	struct rtls_port *p = NULL;
	struct eth_double d;

	begin(&d);
	CU_ASSERT_EQUAL(rte_eth_dev_configure(d.port_id, 1, 1, &eth), 0);
	fake.busy = true;
	CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, &SMALL, &p), -EBUSY);
	CU_ASSERT_PTR_NULL(p);
	fake.busy = fake.no_queues = false;
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &p), 0);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	eth_double_end(&d);
}

static void
mac_is(const uint8_t bytes[6], bool adopted, int rc)
{
	struct rtls_port *p = NULL;
	struct eth_double d;

	begin(&d);
	if (adopted)
		eth_double_start(&d, 1, 1, 0, 0);
	fake.has_mac = true;
	memcpy(fake.mac.addr_bytes, bytes, 6);
	CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, &SMALL, &p), rc);
	CU_ASSERT_EQUAL(p != NULL, rc == 0);
	if (p != NULL) {
		CU_ASSERT_EQUAL(memcmp(p->mac, bytes, 6), 0);
		CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	}
	CU_ASSERT_EQUAL(fake.nb_told, 0);
	eth_double_end(&d);
}

static void
test_mac(void)
{
	static const struct {
		uint8_t bytes[6];
		int rc;
	} rows[] = {
		{ { 0x02, 0, 0, 0, 0, 1 }, 0 },
		{ { 0x00, 0x1b, 0x21, 4, 5, 6 }, 0 },
		{ { 0x01, 0, 0x5e, 0, 0, 1 }, -EADDRNOTAVAIL },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, -EADDRNOTAVAIL },
		{ { 0x03, 0, 0, 0, 0, 0 }, -EADDRNOTAVAIL },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (int adopted = 0; adopted < 2; adopted++)
			mac_is(rows[i].bytes, adopted != 0, rows[i].rc);
}

/* No MAC: one of our own, known to the device if it can be. */
static void
test_no_mac(void)
{
	static const int rcs[] = { 0, -ENOTSUP };
	struct rte_ether_addr mac, last = { 0 };
	struct rtls_port *p;
	struct eth_double d;

	for (size_t i = 0; i < HARNESS_COUNT(rcs); i++) {
		begin(&d);
		fake.has_mac = true;
		fake.told_rc = rcs[i];
		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &p), 0);
		memcpy(mac.addr_bytes, p->mac, 6);
		CU_ASSERT(rte_is_valid_assigned_ether_addr(&mac));
		CU_ASSERT(rte_is_local_admin_ether_addr(&mac));
		CU_ASSERT(!rte_is_same_ether_addr(&mac, &last));
		last = mac;
		CU_ASSERT_EQUAL(fake.nb_told, 1);
		CU_ASSERT(rte_is_same_ether_addr(&mac, &fake.told));
		CU_ASSERT_EQUAL(fake.promiscuous, rcs[i] != 0);
		CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		eth_double_end(&d);
	}
}

/* Frames of the longest MTU that there is would wrap the 16-bit lengths of mbufs. */
static void
test_mtu(void)
{
	static const struct {
		uint16_t mtu, is;
		int rc;
	} rows[] = {
		{ 575, 0, -EINVAL }, { 576, 576, 0 },     { 9000, 9000, 0 },
		{ 65393, 65393, 0 }, { 65394, 65393, 0 }, { 65535, 65393, 0 },
	};
	struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .nb_mbufs = 16, .max_contexts = 4 };
	struct rtls_port *p;
	struct eth_double d;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(&d);
		fake.mtu = rows[i].mtu;
		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &p), rows[i].rc);
		if (rows[i].rc == 0) {
			CU_ASSERT_EQUAL(p->mtu, rows[i].is);
			CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(p, &nic, &p), 0);
			CU_ASSERT_EQUAL(p->mtu, rows[i].is);
			CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		}
		eth_double_end(&d);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "queues of a device that runs", test_queues },
		{ "one device is one port", test_twice },
		{ "a busy driver", test_busy },
		{ "MAC addresses", test_mac },
		{ "no MAC address", test_no_mac },
		{ "MTUs", test_mtu },
	};

	if (eal_start("port-proof") != 0)
		return 1;
	return harness_run("eal/port-proof", cases, HARNESS_COUNT(cases));
}
