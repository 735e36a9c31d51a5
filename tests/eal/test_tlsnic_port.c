/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS NIC as a port: what it refuses to be made of, and packets that have nothing to do
 * with TLS.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_bench.h"
#include "support/stat.h"

enum { ALL_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM };

static void
test_open_refusals(void)
{
	static const struct {
		struct rtls_tlsnic_conf conf;
		int rc;
	} rows[] = {
		{ { .size = 3 }, -EINVAL },
		{ { .size = sizeof(struct rtls_tlsnic_conf), .tx_method = 3 }, -EINVAL },
		{ { .size = sizeof(struct rtls_tlsnic_conf), .tx_after = 2 }, -EINVAL },
		{ { .size = sizeof(struct rtls_tlsnic_conf), .rx_method = 5 }, -EINVAL },
		{ { .size = sizeof(struct rtls_tlsnic_conf), .max_contexts = 1u << 31 }, -EINVAL },
		{ { .size = sizeof(struct rtls_tlsnic_conf), .nb_mbufs = 1u << 30 }, -ENOMEM },
	};
	struct nic_under *u = nic_under_create(0, 1500);
	struct rtls_port *nic = NULL;

	for (size_t i = 0; i < RTE_DIM(rows); i++)
		CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, &rows[i].conf, &nic), rows[i].rc);
	u->port.nb_queues = 2;
	CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, NULL, &nic), -EINVAL);
	u->port.nb_queues = 1;
	u->port.tls.sec_ctx = u;
	CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, NULL, &nic), -EINVAL);
	u->port.tls.sec_ctx = NULL;
	u->port.queues_bound = 1;
	CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, NULL, &nic), -EBUSY);
	u->port.queues_bound = 0;
	CU_ASSERT_EQUAL(rtls_tlsnic_open(NULL, NULL, &nic), -EINVAL);
	CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, NULL, NULL), -EINVAL);
	CU_ASSERT_PTR_NULL(nic);
	CU_ASSERT_EQUAL(u->closed, 0);
	nic_under_destroy(u);
}

/* The port below is the NIC's alone. */
static void
test_taken(void)
{
	struct nic_under *u = nic_under_create(0, 1500);
	struct rtls_port *nic, *second = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(&u->port, NULL, &nic), 0);
	CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, NULL, &second), -EBUSY);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_EQUAL(rtls_port_close(&u->port), -EBUSY);
	CU_ASSERT_EQUAL(u->closed, 0);
	CU_ASSERT_EQUAL(rtls_tlsnic_poll(&u->port), 0);
	CU_ASSERT_EQUAL(rtls_tlsnic_poll(NULL), 0);
	CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
	CU_ASSERT_EQUAL(u->closed, 1);
	nic_under_destroy(u);
}

static void
test_facts(void)
{
	struct nic_under *u = nic_under_create(0, 1400);
	struct rtls_port *nic;

	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(&u->port, NULL, &nic), 0);
	CU_ASSERT_EQUAL(nic->caps, ALL_CAPS | PORT_CAP_RX_CKSUM);
	CU_ASSERT_EQUAL(nic->mtu, 1400);
	CU_ASSERT_EQUAL(nic->nb_queues, 1);
	CU_ASSERT_EQUAL(memcmp(nic->mac, u->port.mac, 6), 0);
	CU_ASSERT_EQUAL(nic->tso_max, 65535 - 20 - 60);
	CU_ASSERT(nic->rx_room > u->port.rx_room);
	CU_ASSERT_EQUAL(nic->tls.caps.max_contexts, 16384);
	CU_ASSERT_EQUAL(nic->tls.caps.tx_method, RTLS_TLS_TX_REBUILD);
	CU_ASSERT_EQUAL(nic->tls.caps.tx_after, RTLS_TLS_TX_STAYS);
	CU_ASSERT_EQUAL(nic->tls.caps.rx_method, RTLS_TLS_RX_SCAN);
	CU_ASSERT_EQUAL(nic->tls.caps.tx_tso, 1);
	stat_check_rows(nic);
	CU_ASSERT_EQUAL(rtls_tlsnic_poll(nic), 0);
	CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
	CU_ASSERT_EQUAL(u->closed, 1);
	nic_under_destroy(u);
}

/* Each method, and which calls and how much room in mbufs it comes with. */
static void
test_rx_methods(void)
{
	struct nic_under *u = nic_under_create(0, 1400);
	struct rtls_tlsnic_conf conf = { .size = sizeof(conf) };
	struct rtls_port *nic;

	for (conf.rx_method = 0; conf.rx_method <= RTLS_TLS_RX_STACK; conf.rx_method++) {
		uint8_t is = conf.rx_method == 0 ? RTLS_TLS_RX_SCAN : conf.rx_method;

		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(&u->port, &conf, &nic), 0);
		CU_ASSERT_EQUAL(nic->tls.caps.rx_method, is);
		CU_ASSERT_EQUAL(nic->tls.ops->rx_resync != NULL, is != RTLS_TLS_RX_IN_ORDER);
		CU_ASSERT_PTR_NULL(nic->tls.ops->tx_resync);
		CU_ASSERT_EQUAL(nic->tls.rx_resync_off > 0, is == RTLS_TLS_RX_SCAN);
		CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
		u->port.queues_bound = 0;
	}
	nic_under_destroy(u);
}

/* Not marked for sealing: as it is, with what it asks for; the stream's clear bytes show it. */
static void
plain(uint8_t rings, uint32_t caps, uint16_t mss)
{
	struct nic_bench b;
	struct rte_mbuf *m;
	uint8_t *wire;
	uint32_t at = 0;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings }, caps);
	wire = b.stream.wire;
	b.stream.wire = b.stream.clear;
	m = nic_bench_packet(&b, 0, 1400, mss);
	m->ol_flags &= ~RTE_MBUF_F_TX_SEC_OFFLOAD;
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	nic_bench_check(&b, &at, 0, 1400, mss);
	m = nic_bench_packet(&b, 1400, 0, 0); /* no payload: nothing to seal */
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	nic_bench_check(&b, &at, 1400, 0, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_packets"), 0);
	b.stream.wire = wire;
	nic_bench_close(&b);
}

static void
test_plain(void)
{
	for (uint8_t rings = 0; rings < 2; rings++)
		for (uint32_t caps = 0; caps <= ALL_CAPS; caps++) {
			plain(rings, caps, 0);
			plain(rings, caps, 333);
		}
}

/* No IPv4, or next to nothing at all. */
static void
test_strange(void)
{
	struct nic_bench b;
	struct rte_mbuf *m;

	for (uint8_t rings = 0; rings < 2; rings++) {
		nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings }, 0);
		for (uint16_t len = 1; len < 80; len++) {
			uint8_t *p;

			m = rte_pktmbuf_alloc(b.pool);
			p = (uint8_t *)rte_pktmbuf_append(m, len);
			for (uint16_t i = 0; i < len; i++)
				p[i] = (uint8_t)harness_rand(&b.luck);
			if (len > 14) {
				p[12] = 8;
				p[13] = 0;
				p[14] = (uint8_t)(0x40 | p[14] % 16);
			}
			b.under->nb_sent = 0;
			CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
			CU_ASSERT_EQUAL(b.under->nb_sent, 1);
		}
		nic_bench_close(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what it is not made of", test_open_refusals },
		{ "the port below is taken", test_taken },
		{ "what it says about itself", test_facts },
		{ "each method of receiving", test_rx_methods },
		{ "packets that have nothing to be sealed", test_plain },
		{ "packets that are nothing it knows", test_strange },
	};

	if (eal_start("tlsnic-port") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/port", cases, HARNESS_COUNT(cases));
}
