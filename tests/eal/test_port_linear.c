/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Ports over a device that sends pkt_len bytes from the first mbuf on (eth_double.h), or that wants
 * all mbufs out of one pool: what leaves is the packet and nothing else.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "port/port.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"
#include "support/stat.h"

enum {
	MTU = 1500,
	JUMBO = 9000,
	PIECE_ROOM = 9100,
	BURST = 32,
	FOREIGN = 0xee,
};

/* The offloads of an adopted device are a fake's: net_null has none of these. */
static uint64_t faked;

int __real_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);

int
__wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf)
{
	int rc = __real_rte_eth_dev_conf_get(port_id, conf);

	conf->txmode.offloads |= faked;
	return rc;
}

static struct rte_mempool *pieces; /* what packets are made of */

/* Set up here, or started by the program and adopted. */
static struct rtls_port *
make(struct eth_double *d, bool adopted, uint64_t offloads, uint16_t mtu)
{
	struct rtls_port_conf conf = {
		.size = sizeof(conf), .nb_rx_mbufs = 512, .nb_rx_desc = 64, .nb_tx_desc = 64
	};
	struct rtls_port *p = NULL;

	memset(d, 0, sizeof(*d));
	eth_double_make(d);
	if (adopted)
		eth_double_start(d, 1, 1, 0, mtu);
	faked = offloads;
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d->port_id, &conf, &p), 0);
	eth_double_take_over(d);
	return p;
}

static void
end(struct eth_double *d, struct rtls_port *p)
{
	/* What an adopted device still holds keeps the port. */
	if (d->nb_held != 0 && p->stays) {
		CU_ASSERT_EQUAL(rtls_port_close(p), -EAGAIN);
		eth_double_release(d, 0);
	}
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	eth_double_end(d);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pieces), 0);
}

/* A packet of len bytes, seed + 0, 1, 2, ..., in pieces; what is beside them is foreign. */
static struct rte_mbuf *
packet(uint32_t len, uint32_t nb_pieces, uint8_t seed, uint64_t *luck)
{
	struct rte_mbuf *head = NULL, **link = &head, *m;
	uint32_t at = 0, n;

	for (uint32_t i = 0; i < nb_pieces; i++, at += n) {
		m = rte_pktmbuf_alloc(pieces);
		CU_ASSERT_FATAL(m != NULL);
		memset(m->buf_addr, FOREIGN, m->buf_len);
		n = i + 1 == nb_pieces ? len - at : harness_below(luck, len - at + 1);
		for (uint32_t j = 0; j < n; j++)
			rte_pktmbuf_mtod(m, uint8_t *)[j] = (uint8_t)(seed + at + j);
		m->data_len = (uint16_t)n;
		*link = m;
		link = &m->next;
	}
	head->nb_segs = (uint16_t)nb_pieces;
	head->pkt_len = len;
	return head;
}

struct seen {
	uint32_t nb, len, wrong;
	uint8_t seed;
};

static void
on_packet(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct seen *s = arg;

	s->nb++;
	s->len = len;
	for (uint32_t i = 0; i < len; i++)
		s->wrong += bytes[i] != (uint8_t)(s->seed + i);
}

static void
each_length(uint16_t mtu, bool adopted, uint64_t offloads)
{
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, adopted, offloads, mtu);
	uint32_t frame_max = 14 + (uint32_t)mtu, step = harness_full() ? 1 : mtu / 300, nb = 0;
	struct seen s = { 0 };

	CU_ASSERT_EQUAL(p->mtu, mtu);
	d.on_frame = on_packet;
	d.arg = &s;
	d.fast_free = offloads != 0;
	for (uint32_t len = 1; len <= frame_max;
	     len += len < 70 || len + 70 > frame_max ? 1 : step) {
		struct rte_mbuf *m = packet(len, 1 + harness_below(&luck, 8), s.seed, &luck);

		CU_ASSERT_EQUAL_FATAL(p->tx_burst(p, 0, &m, 1), 1);
		CU_ASSERT_EQUAL(s.nb, ++nb);
		CU_ASSERT_EQUAL(s.len, len);
		s.seed += 7;
	}
	CU_ASSERT_EQUAL(s.wrong, 0);
	CU_ASSERT_EQUAL(d.misused, 0);
	CU_ASSERT_EQUAL(d.nb_prepared, nb);
	CU_ASSERT_EQUAL(stat_of_port(p, "tx_linear_copies") == nb, d.fast_free);
	stat_check_rows(p);
	end(&d, p);
}

static void
test_lengths(void)
{
	each_length(MTU, false, 0);
	each_length(MTU, true, 0);
	each_length(JUMBO, true, 0);
}

static void
test_fast_free(void)
{
	const uint64_t fast = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;

	each_length(MTU, true, fast);
	each_length(JUMBO, true, fast | RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
}

/* Chains are what it was configured for: no copies. */
static void
test_chains(void)
{
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, true, RTE_ETH_TX_OFFLOAD_MULTI_SEGS, MTU);
	struct rte_mbuf *m = packet(100, 3, 0, &luck);

	d.holds = 1;
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &m, 1), 1);
	CU_ASSERT_PTR_EQUAL(d.held[0], m);
	CU_ASSERT_EQUAL(p->nb_stats, 0);
	eth_double_release(&d, 0);
	end(&d, p);
}

/* The device takes any number of a burst: the others are the caller's as they were. */
static void
test_takes(void)
{
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, false, 0, MTU);
	struct rte_mempool *copies;
	struct rte_mbuf *pkts[2 * BURST + 5];
	char name[32];
	struct seen s = { 0 };

	snprintf(name, sizeof(name), "rtls_linear_%u", d.port_id);
	copies = rte_mempool_lookup(name);
	CU_ASSERT_FATAL(copies != NULL);
	d.on_frame = on_packet;
	d.arg = &s;
	for (uint32_t n = 0; n <= HARNESS_COUNT(pkts); n++) {
		uint32_t takes = n == 0 ? 0 : harness_below(&luck, n + 1);

		for (uint32_t i = 0; i < n; i++)
			pkts[i] = packet(60 + i, 1 + i % 3, 0, &luck);
		d.takes = takes;
		CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts, (uint16_t)n), takes);
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(copies), 0);
		for (uint32_t i = takes; i < n; i++) {
			CU_ASSERT_EQUAL(pkts[i]->pkt_len, 60 + i);
			CU_ASSERT_EQUAL(pkts[i]->nb_segs, 1 + i % 3);
			CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(pkts[i]), 1);
			rte_pktmbuf_free(pkts[i]);
		}
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(pieces), 0);
	}
	CU_ASSERT_EQUAL(s.wrong, 0);
	end(&d, p);
}

/* A device that holds more than it said: fewer are taken, none is lost, and it goes on. */
static void
test_no_buffer(void)
{
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, false, 0, MTU);
	struct rte_mbuf *m;
	uint32_t nb = 0;

	d.holds = ETH_DOUBLE_QUEUE;
	for (;; nb++) {
		m = packet(100, 2, 0, &luck);
		if (p->tx_burst(p, 0, &m, 1) == 0)
			break;
		CU_ASSERT_FATAL(nb < 1000);
	}
	CU_ASSERT(nb >= 64);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pieces), 2);
	CU_ASSERT_EQUAL(stat_of_port(p, "tx_linear_no_mbuf"), 1);
	CU_ASSERT_EQUAL(stat_of_port(p, "tx_linear_refused"), 0);
	eth_double_release(&d, 0);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &m, 1), 1);
	end(&d, p);
}

/* What can never go is dropped when it is the first, and never sent in another shape. */
static void
test_refused(void)
{
	static const uint64_t flags[] = { RTE_MBUF_F_TX_SEC_OFFLOAD, RTE_MBUF_F_TX_TCP_SEG };
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, false, 0, MTU);
	struct rte_mbuf *pkts[3];

	d.refused_len = 90;
	for (uint32_t i = 0; i < 3; i++)
		pkts[i] = packet(i == 1 ? 90 : 80, 2, 0, &luck);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts, 3), 1);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts + 1, 2), 1);
	CU_ASSERT_EQUAL(d.nb_sent, 1);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts + 2, 1), 1);
	CU_ASSERT_EQUAL(d.nb_sent, 2);
	for (uint32_t i = 0; i < HARNESS_COUNT(flags) * 2; i++) {
		pkts[0] = packet(80, 1 + i / 2, 0, &luck);
		pkts[0]->ol_flags |= flags[i % 2];
		CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts, 1), 1);
	}
	/* Longer than any frame of this port. */
	pkts[0] = packet(MTU + 15, 2, 0, &luck);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, pkts, 1), 1);
	CU_ASSERT_EQUAL(d.nb_sent, 2);
	CU_ASSERT_EQUAL(stat_of_port(p, "tx_linear_refused"), 6);
	end(&d, p);
}

/* What the device needs for checksums comes with the copy. */
static void
test_metadata(void)
{
	uint64_t luck = harness_seed();
	struct eth_double d;
	struct rtls_port *p = make(&d, false, 0, MTU);
	struct rte_mbuf *m = packet(100, 2, 0, &luck);
	const uint64_t asked = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
			       RTE_MBUF_F_TX_TCP_CKSUM;

	d.holds = 1;
	m->ol_flags |= asked;
	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 32;
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &m, 1), 1);
	CU_ASSERT_EQUAL_FATAL(d.nb_held, 1);
	CU_ASSERT_PTR_NOT_EQUAL(d.held[0], m);
	CU_ASSERT_EQUAL(d.held[0]->ol_flags, asked);
	CU_ASSERT_EQUAL(d.held[0]->l2_len, 14);
	CU_ASSERT_EQUAL(d.held[0]->l3_len, 20);
	CU_ASSERT_EQUAL(d.held[0]->l4_len, 32);
	end(&d, p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "packets of every length", test_lengths },
		{ "fast free", test_fast_free },
		{ "a device that takes chains", test_chains },
		{ "fewer are taken", test_takes },
		{ "no buffer for a copy", test_no_buffer },
		{ "what can never go", test_refused },
		{ "what comes with a copy", test_metadata },
	};

	if (eal_start("port-linear") != 0)
		return 1;
	pieces = rte_pktmbuf_pool_create("pieces", 1023, 0, 0, PIECE_ROOM, 0);
	if (pieces == NULL)
		return 1;
	return harness_run("eal/port-linear", cases, HARNESS_COUNT(cases));
}
