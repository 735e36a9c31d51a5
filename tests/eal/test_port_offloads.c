/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a port is asked to do for a stack, by what the ethdev says of itself; and TLS NICs in little memory. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "port/port.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

#define IP   RTE_ETH_TX_OFFLOAD_IPV4_CKSUM
#define TCP  RTE_ETH_TX_OFFLOAD_TCP_CKSUM
#define TSO  RTE_ETH_TX_OFFLOAD_TCP_TSO
#define SEGS RTE_ETH_TX_OFFLOAD_MULTI_SEGS
#define TIME RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP

enum {
	TX_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	STREAM_MAX = 200000,
};

static uint8_t stream[STREAM_MAX];

/* An ethdev of net_null that says more of itself. */
static struct {
	uint64_t capa, in_force, asked;
	uint16_t seg_max, mtu_seg_max; /* 0: any */
	const char *driver;
	bool refuses; /* its tx_prepare */
	int clock_rc; /* of its clock */
	unsigned int nb_prepared;
} dev;

int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __real_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __real_rte_eth_dev_start(uint16_t port_id);
int __wrap_rte_eth_dev_start(uint16_t port_id);
int __wrap_rte_eth_read_clock(uint16_t port_id, uint64_t *clock);

int
__wrap_rte_eth_read_clock(uint16_t port_id, uint64_t *clock)
{
	(void)port_id;
	*clock = 4711;
	return dev.clock_rc;
}

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int rc = __real_rte_eth_dev_info_get(port_id, info);

	info->tx_offload_capa = dev.capa;
	info->tx_queue_offload_capa = 0;
	info->tx_desc_lim.nb_seg_max = dev.seg_max;
	info->tx_desc_lim.nb_mtu_seg_max = dev.mtu_seg_max;
	if (dev.driver != NULL)
		info->driver_name = dev.driver;
	return rc;
}

int
__wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf)
{
	int rc = __real_rte_eth_dev_conf_get(port_id, conf);

	conf->txmode.offloads = dev.in_force;
	return rc;
}

int
__wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
			     const struct rte_eth_conf *conf)
{
	struct rte_eth_conf known = *conf;

	dev.asked = conf->txmode.offloads;
	CU_ASSERT_EQUAL(dev.asked & ~dev.capa, 0);
	known.txmode.offloads = 0;
	return __real_rte_eth_dev_configure(port_id, nb_rx, nb_tx, &known);
}

static uint16_t
prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	dev.nb_prepared += n;
	for (uint16_t i = 0; i < n; i++) {
		/* What a driver may look at: all of it is there, and fits the MTU of 1500. */
		CU_ASSERT(rte_validate_tx_offload(pkts[i]) == 0);
		CU_ASSERT_EQUAL(rte_mbuf_check(pkts[i], 1, NULL), 0);
		CU_ASSERT(pkts[i]->l3_len + pkts[i]->l4_len + pkts[i]->tso_segsz <= 1500);
		CU_ASSERT(pkts[i]->pkt_len > 60000);
	}
	return dev.refuses ? 0 : n;
}

int
__wrap_rte_eth_dev_start(uint16_t port_id)
{
	int rc = __real_rte_eth_dev_start(port_id);

	rte_eth_fp_ops[port_id].tx_pkt_prepare = prepare;
	return rc;
}

static uint16_t
make_dev(void)
{
	static unsigned int nb;
	uint16_t port_id = UINT16_MAX;
	char name[32];

	snprintf(name, sizeof(name), "net_null%u", nb++);
	CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", name, ""), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_get_port_by_name(name, &port_id), 0);
	return port_id;
}

/* As a program does that has its own. */
static struct rte_mempool *
start_dev(uint16_t id)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("own", 1023, 0, 0, 2176, 0);
	struct rte_eth_conf conf = { 0 };

	CU_ASSERT_FATAL(pool != NULL);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_configure(id, 1, 1, &conf), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_rx_queue_setup(id, 0, 64, 0, NULL, pool), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_tx_queue_setup(id, 0, 64, 0, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_start(id), 0);
	return pool;
}

static void
port_has(bool adopted, uint32_t caps, bool tso)
{
	struct rtls_port_conf conf = { .size = sizeof(conf), .nb_rx_mbufs = 512, .nb_rx_desc = 64 };
	uint16_t id = make_dev();
	struct rte_mempool *own = adopted ? start_dev(id) : NULL;
	struct rtls_port *p = NULL;

	dev.in_force = dev.capa;
	dev.nb_prepared = 0;
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &conf, &p), 0);
	CU_ASSERT_EQUAL(p->caps & TX_CAPS, caps);
	CU_ASSERT_EQUAL(p->tso_max > 0, tso);
	CU_ASSERT_EQUAL(p->tso_max >= 60000, tso);
	CU_ASSERT(!tso || dev.nb_prepared == 1);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	if (adopted) {
		CU_ASSERT_EQUAL(rte_eth_dev_stop(id), 0);
		CU_ASSERT_EQUAL(rte_eth_dev_close(id), 0);
	}
	rte_mempool_free(own);
}

static void
test_offloads(void)
{
	static const struct {
		const char *driver;
		uint64_t capa;
		uint16_t seg_max, mtu_seg_max;
		bool refuses;
		uint32_t caps;
		bool tso;
	} rows[] = {
		{ NULL, 0, 0, 0, false, 0, false },
		{ NULL, SEGS, 0, 0, false, 0, false },
		{ NULL, SEGS | IP, 0, 0, false, PORT_CAP_TX_IPV4_CKSUM, false },
		{ NULL, SEGS | TCP, 0, 0, false, PORT_CAP_TX_TCP_CKSUM, false },
		{ NULL, SEGS | IP | TCP, 0, 0, false, TX_CAPS, false },
		{ NULL, IP | TCP, 0, 0, false, TX_CAPS, false },
		{ NULL, SEGS | IP | TCP | TSO, 0, 0, false, TX_CAPS, true },
		{ NULL, SEGS | IP | TCP | TSO, 255, 8, false, TX_CAPS, true },
		/* Its tx_prepare does not do what it says. */
		{ NULL, SEGS | IP | TCP | TSO, 0, 0, true, TX_CAPS, false },
		/* TSO without what it needs. */
		{ NULL, SEGS | TCP | TSO, 0, 0, false, PORT_CAP_TX_TCP_CKSUM, false },
		{ NULL, SEGS | IP | TSO, 0, 0, false, PORT_CAP_TX_IPV4_CKSUM, false },
		{ NULL, IP | TCP | TSO, 0, 0, false, TX_CAPS, false },
		/* Fewer mbufs in a packet than a stack's has: copies in one piece. */
		{ NULL, SEGS | IP | TCP | TSO, 7, 0, false, TX_CAPS, false },
		{ NULL, SEGS | IP | TCP | TSO, 255, 7, false, TX_CAPS, false },
		/* Says what it does not do. */
		{ "net_tap", SEGS | IP | TCP | TSO, 0, 0, false, 0, false },
		{ "net_failsafe", SEGS | IP | TCP | TSO, 0, 0, false, 0, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (int adopted = 0; adopted < 2; adopted++) {
			memset(&dev, 0, sizeof(dev));
			dev.capa = rows[i].capa;
			dev.seg_max = rows[i].seg_max;
			dev.mtu_seg_max = rows[i].mtu_seg_max;
			dev.driver = rows[i].driver;
			dev.refuses = rows[i].refuses;
			port_has(adopted != 0, rows[i].caps, rows[i].tso);
			if (!adopted && rows[i].driver != NULL)
				CU_ASSERT_EQUAL(dev.asked, SEGS);
		}
}

/* Kept packets: where that is asked for, the device has it, and its clock can be read. */
static const struct {
	uint32_t asked;
	uint64_t capa;
	int clock_rc;
	bool keeps;
} times[] = {
	{ 1, SEGS | TIME, 0, true },
	{ 0, SEGS | TIME, 0, false },
	{ 1, SEGS, 0, false },
	{ 1, SEGS | TIME, -ENOTSUP, false },
	/* It gets copies, which have no times. */
	{ 1, TIME, 0, false },
};

static void
port_keeps(size_t i, bool adopted)
{
	struct rtls_port_conf conf = { .size = sizeof(conf), .nb_rx_mbufs = 512, .nb_rx_desc = 64 };
	struct rtls_port_info info = { .size = sizeof(info) };
	uint16_t id = make_dev();
	struct rte_mempool *own = adopted ? start_dev(id) : NULL;
	struct rtls_port *p = NULL;
	uint64_t ticks = 0;

	conf.keeps_times = times[i].asked;
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(id, &conf, &p), 0);
	CU_ASSERT_EQUAL(rtls_port_info(p, &info), 0);
	CU_ASSERT_EQUAL(info.keeps_times, times[i].keeps);
	CU_ASSERT_EQUAL(p->read_clock != NULL, times[i].keeps);
	if (p->read_clock != NULL) {
		CU_ASSERT_EQUAL(p->read_clock(p, &ticks), 0);
		CU_ASSERT_EQUAL(ticks, 4711);
		CU_ASSERT(p->tx_time_flag != 0 && p->tx_time_off > 0);
	}
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	if (adopted) {
		CU_ASSERT_EQUAL(rte_eth_dev_stop(id), 0);
		CU_ASSERT_EQUAL(rte_eth_dev_close(id), 0);
	}
	rte_mempool_free(own);
}

static void
test_times(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(times); i++)
		for (int adopted = 0; adopted < 2; adopted++) {
			memset(&dev, 0, sizeof(dev));
			dev.capa = dev.in_force = times[i].capa;
			dev.clock_rc = times[i].clock_rc;
			port_keeps(i, adopted != 0);
			if (!adopted)
				CU_ASSERT_EQUAL((dev.asked & TIME) != 0,
						times[i].asked && (times[i].capa & TIME) != 0);
		}
}

/* A TLS NIC with fewer buffers than a long packet has frames. */
static void
test_small_nic(void)
{
	static const uint32_t sizes[] = { 2, 4, 8, 16, 64, 200 };
	struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .max_contexts = 16 };
	struct pair_conf conf = { .nic = { &nic }, .caps = TX_CAPS };
	struct rtls_keys keys = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };
	struct rtls_sock *socks[2];
	struct pair p;

	pair_fill(stream, 0, sizeof(stream));
	for (size_t i = 0; i < HARNESS_COUNT(sizes); i++) {
		nic.nb_mbufs = sizes[i];
		pair_init(&p, &conf);
		pair_connect(&p, 0, socks);
		pair_set_keys(socks, 0, &keys);
		pair_send(&p, socks[0], stream, STREAM_MAX);
		pair_expect(&p, socks[1], stream, STREAM_MAX);
		CU_ASSERT_EQUAL(pair_port_stat(&p, 0, "tx_malformed"), 0);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_fini(&p);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a port is asked to do", test_offloads },
		{ "times of departure", test_times },
		{ "a TLS NIC with few buffers", test_small_nic },
	};

	if (eal_start("port-offloads") != 0)
		return 1;
	return harness_run("eal/port-offloads", cases, HARNESS_COUNT(cases));
}
