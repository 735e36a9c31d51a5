/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two stacks, whose devices send pkt_len bytes from the first mbuf on (eth_double.h): every frame
 * is a whole packet, and every byte arrives.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "sim/frame.h"
#include "port/port.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"

enum {
	MTU = 1500,
	JUMBO = 9000,
	TURN_US = 10,
	TURNS = 200000,
	BULK = 1000000,
};

/* An ethdev that says it has these offloads, and is asked for no others. */
static uint64_t faked, asked;

int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf);
int __real_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
				 const struct rte_eth_conf *conf);

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int rc = __real_rte_eth_dev_info_get(port_id, info);

	info->tx_offload_capa |= faked;
	return rc;
}

int
__wrap_rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf)
{
	int rc = __real_rte_eth_dev_conf_get(port_id, conf);

	conf->txmode.offloads |= asked;
	return rc;
}

int
__wrap_rte_eth_dev_configure(uint16_t port_id, uint16_t nb_rx, uint16_t nb_tx,
			     const struct rte_eth_conf *conf)
{
	struct rte_eth_conf known = *conf;
	int rc;

	known.txmode.offloads &= ~faked;
	rc = __real_rte_eth_dev_configure(port_id, nb_rx, nb_tx, &known);
	if (rc == 0)
		asked = conf->txmode.offloads;
	return rc;
}

struct net {
	struct eth_double d[2];
	struct rtls_port *port[2];
	struct rtls_stack *stack[2];
	struct rtls_sock *listener, *k[2];
	uint64_t now_us;
	uint32_t malformed;
};

static void
on_frame(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct net *n = arg;
	struct frame f;

	n->malformed += frame_parse(bytes, len, &f) != NULL;
}

static struct rtls_addr
addr_of(int i, uint16_t port)
{
	return (struct rtls_addr){ .family = RTLS_IPV4,
				   .port = port,
				   .ip = { 192, 0, 2, (uint8_t)(1 + i) } };
}

static void
net_end(struct net *n, int i, uint16_t mtu, bool nic)
{
	static unsigned int nb;
	char name[16];
	struct rtls_tlsnic_conf nic_conf = { .size = sizeof(nic_conf),
					     .nb_mbufs = 512,
					     .max_contexts = 16 };
	struct rtls_stack_conf conf = { .size = sizeof(conf),
					.name = name,
					.max_socks = 16,
					.max_syn = 16,
					.max_time_wait = 16,
					.nb_packets = 512,
					.nb_small = 128,
					.nb_medium = 128,
					.nb_large = 64 };
	struct rtls_port_conf port_conf = {
		.size = sizeof(port_conf), .nb_rx_mbufs = 512, .nb_rx_desc = 64, .nb_tx_desc = 64
	};
	struct rtls_addr ip = addr_of(i, 0);

	eth_double_make(&n->d[i]);
	/* The program's own, or set up by rtls_port_ethdev(). */
	if (mtu != MTU)
		eth_double_start(&n->d[i], 1, 1, faked, mtu);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(n->d[i].port_id, &port_conf, &n->port[i]), 0);
	eth_double_take_over(&n->d[i]);
	n->d[i].on_frame = on_frame;
	n->d[i].arg = n;
	n->d[i].holds = 16;
	n->d[i].nic = faked != 0 ? n->port[i] : NULL;
	snprintf(name, sizeof(name), "linear%u", nb++);
	if (nic)
		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(n->port[i], &nic_conf, &n->port[i]), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &n->stack[i]), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(n->stack[i], n->port[i], 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(n->stack[i], n->port[i], &ip, 24), 0);
}

static void
turn(struct net *n)
{
	for (int i = 0; i < 2; i++)
		rtls_stack_poll(n->stack[i], n->now_us);
	n->now_us += TURN_US;
}

static void
net_begin(struct net *n, uint16_t mtu, bool nic)
{
	struct rtls_addr remote = addr_of(1, 443);

	memset(n, 0, sizeof(*n));
	n->now_us = 1000000;
	net_end(n, 0, mtu, nic);
	net_end(n, 1, mtu, nic);
	n->d[0].peer = &n->d[1];
	n->d[1].peer = &n->d[0];
	CU_ASSERT_EQUAL_FATAL(rtls_listen(n->stack[1], &remote, NULL, &n->listener), 0);
	turn(n);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(n->stack[0], NULL, &remote, &n->k[0]), 0);
	for (int i = 0; i < TURNS && n->k[1] == NULL; i++) {
		turn(n);
		rtls_accept_burst(n->listener, &n->k[1], 1);
	}
	CU_ASSERT_FATAL(n->k[1] != NULL);
}

static void
net_finish(struct net *n)
{
	int rc;

	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(n->k[i]), 0);
	CU_ASSERT_EQUAL(rtls_close(n->listener), 0);
	for (int i = 0; i < 2; i++) {
		/* It may hold packets in one piece, which need no copy. */
		for (int tries = 0; (rc = rtls_stack_destroy(n->stack[i])) == -EAGAIN; tries++) {
			CU_ASSERT_FATAL(tries < 10);
			eth_double_release(&n->d[i], 0);
		}
		CU_ASSERT_EQUAL(rc, 0);
	}
	for (int i = 0; i < 2; i++) {
		eth_double_release(&n->d[i], 0);
		CU_ASSERT_EQUAL(rtls_port_close(n->port[i]), 0);
		eth_double_end(&n->d[i]);
	}
}

static uint8_t
byte_at(uint64_t off)
{
	return (uint8_t)((off * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

/* len bytes from end i to the other one, from off of the pattern on. */
static void
transfer(struct net *n, int i, uint64_t off, uint64_t len)
{
	static uint8_t out[65536], in[65536];
	uint64_t sent = 0, got = 0;
	ssize_t rc;

	for (int turns = 0; got < len; turns++) {
		size_t want = (size_t)RTE_MIN(len - sent, (uint64_t)sizeof(out));

		CU_ASSERT_FATAL(turns < TURNS);
		for (size_t j = 0; j < want; j++)
			out[j] = byte_at(off + sent + j);
		rc = want == 0 ? 0 : rtls_send(n->k[i], out, want, 0);
		CU_ASSERT_FATAL(rc >= 0 || rc == -EAGAIN || rc == -ENOMEM);
		sent += rc > 0 ? (uint64_t)rc : 0;
		turn(n);
		rc = rtls_recv(n->k[1 - i], in, sizeof(in), 0);
		CU_ASSERT_FATAL(rc > 0 || rc == -EAGAIN);
		for (ssize_t j = 0; j < rc; j++)
			CU_ASSERT_FATAL(in[j] == byte_at(off + got + (uint64_t)j));
		got += rc > 0 ? (uint64_t)rc : 0;
	}
}

/* In clear and in records, to and fro, every size of a segment and a lot at once. */
static void
talk(uint16_t mtu, bool nic)
{
	struct rtls_keys keys = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };
	uint32_t step = harness_full() ? 1 : (uint32_t)mtu / 50 + 3;
	static struct net n;
	uint64_t off = 0;

	net_begin(&n, mtu, nic);
	for (int phase = 0; phase < 2; phase++) {
		for (uint32_t len = 1; len <= mtu; len += step) {
			transfer(&n, 0, off, len);
			transfer(&n, 1, off, len);
			off += len;
		}
		transfer(&n, 0, off, BULK);
		transfer(&n, 1, off, BULK);
		off += BULK;
		for (int i = 0; phase == 0 && i < 2; i++) {
			memset(keys.key, 3 + i, sizeof(keys.key));
			CU_ASSERT_EQUAL_FATAL(rtls_set_keys(n.k[i], RTLS_TX, &keys), 0);
			CU_ASSERT_EQUAL_FATAL(rtls_set_keys(n.k[1 - i], RTLS_RX, &keys), 0);
		}
	}
	CU_ASSERT_EQUAL(n.malformed, 0);
	CU_ASSERT(n.d[0].nb_sent > 100);
	CU_ASSERT_EQUAL(n.d[0].misused, 0);
	CU_ASSERT_EQUAL(n.d[0].nb_cut > 30, (faked & RTE_ETH_TX_OFFLOAD_TCP_TSO) != 0 && !nic);
	net_finish(&n);
}

static void
test_connection(void)
{
	talk(MTU, false);
	talk(JUMBO, false);
}

/* A NIC makes frames in one piece of its own: the device below takes them as they are. */
static void
test_nic(void)
{
	talk(MTU, true);
	talk(JUMBO, true);
}

/* A device that makes checksums and cuts packets, set up here and started by the program. */
static void
test_cutting(void)
{
	static const uint64_t sums = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				     RTE_ETH_TX_OFFLOAD_TCP_CKSUM;

	for (int cuts = 0; cuts < 2; cuts++) {
		faked = sums | (cuts ? RTE_ETH_TX_OFFLOAD_TCP_TSO : 0);
		talk(MTU, false);
		talk(JUMBO, false);
		talk(MTU, true);
	}
	faked = asked = 0;
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "connections", test_connection },
		{ "connections through a TLS NIC", test_nic },
		{ "a device that sums and cuts", test_cutting },
	};

	if (eal_start("port-talk") != 0)
		return 1;
	return harness_run("eal/port-talk", cases, HARNESS_COUNT(cases));
}
