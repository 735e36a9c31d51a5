/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two stacks over each kind of port that starts here (port_kind.h), which refuses packets, whose link
 * goes down, whose other end pauses: every byte arrives, and all buffers come back.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_ethdev.h>

#include <recordtls/recordtls.h>

#include "port/port.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/port_kind.h"
#include "support/stat.h"

enum {
	TURN_US = 20,
	IDLE_US = 1000,
	TURNS = 3000000,
	BULK = 300000, /* each way */
	NB_DESC = 128,
	LEVELS = 7,
	SECOND_US = 1000000,
};

/* What goes wrong, between one quarter of the bytes and the rest. */
enum trouble {
	NOTHING,
	REFUSES,      /* a while, all */
	REFUSES_LONG, /* so long that packets are given up */
	REFUSES_SOME, /* to the end: as many of a burst as chance will have it */
	LINK_DOWN,
	LINK_FLAPS, /* down and up, ten times */
	FAR_END_PAUSES,
	TINY_SEGMENTS, /* of 20 bytes: each refers to a whole buffer, where nobody copies */
	ALL_PAUSE,     /* as a machine that was suspended */
	NB_TROUBLES,
};

static const char *const LEVEL[LEVELS] = { "MbufsInUse", "SocksInUse", "TimersInUse",
					   "FlowsInUse", "SynInUse",   "TimeWaitInUse",
					   "RxRoomInUse" };

struct end {
	struct rtls_port *port;
	struct rtls_stack *stack;
	struct rtls_sock *k;
	struct rte_mempool *rx_pool;
	const struct rte_eth_rxtx_callback *refuser;
	unsigned int rx_used; /* with the driver, before anything happened */
	uint64_t level[LEVELS];
	uint64_t sent, got;
	bool asleep;
};

struct net {
	const struct port_kind *kind;
	uint16_t ids[2];
	struct end end[2];
	struct rtls_sock *listener;
	uint64_t now_us, luck;
};

/* Packets of a burst that the driver may see: all; none; or by chance. */
static enum trouble refusing;

static uint16_t
on_tx(uint16_t port_id, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, void *arg)
{
	struct net *net = arg;

	(void)port_id;
	(void)queue;
	(void)pkts;
	if (refusing == REFUSES_SOME)
		return (uint16_t)harness_below(&net->luck, n + 1u);
	return refusing == NOTHING ? n : 0;
}

static struct rtls_addr
addr_of(int i, uint16_t port)
{
	return (struct rtls_addr){ .family = RTLS_IPV4,
				   .port = port,
				   .ip = { 192, 0, 2, (uint8_t)(1 + i) } };
}

static void
make_end(struct net *n, int i, bool nic)
{
	static unsigned int nb;
	char name[32];
	struct rtls_tlsnic_conf nic_conf = { .size = sizeof(nic_conf),
					     .nb_mbufs = 1024,
					     .max_contexts = 16 };
	struct rtls_stack_conf conf = { .size = sizeof(conf),
					.name = name,
					.max_socks = 16,
					.max_syn = 16,
					.max_time_wait = 16,
					.time_wait_us = 100000,
					.nb_packets = 512,
					.nb_small = 128,
					.nb_medium = 128,
					.nb_large = 64 };
	struct rtls_port_conf port_conf = { .size = sizeof(port_conf),
					    .nb_rx_mbufs = 1024,
					    .nb_rx_desc = NB_DESC,
					    .nb_tx_desc = NB_DESC };
	struct rtls_addr ip = addr_of(i, 0);
	struct end *e = &n->end[i];

	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(n->ids[i], &port_conf, &e->port), 0);
	e->refuser = rte_eth_add_tx_callback(n->ids[i], 0, on_tx, n);
	CU_ASSERT_PTR_NOT_NULL(e->refuser);
	if (nic)
		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(e->port, &nic_conf, &e->port), 0);
	snprintf(name, sizeof(name), "kinds%u", nb++);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &e->stack), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(e->stack, e->port, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(e->stack, e->port, &ip, 24), 0);
	snprintf(name, sizeof(name), "rtls_rx_%u", n->ids[i]);
	e->rx_pool = rte_mempool_lookup(name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e->rx_pool);
	e->rx_used = rte_mempool_in_use_count(e->rx_pool);
}

static bool
turn(struct net *n)
{
	bool did = false;

	for (int i = 0; i < 2; i++)
		if (!n->end[i].asleep)
			did |= rtls_stack_poll(n->end[i].stack, n->now_us) != 0;
	n->now_us += did ? TURN_US : IDLE_US;
	return did;
}

static uint8_t
byte_at(int from, uint64_t off)
{
	return (uint8_t)(((off + (uint64_t)from) * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void
send_some(struct net *n, int i)
{
	static uint8_t out[20000];
	struct end *e = &n->end[i];
	size_t len = (size_t)RTE_MIN(BULK - e->sent, 1 + harness_below(&n->luck, sizeof(out)));
	ssize_t rc;

	if (e->asleep || len == 0)
		return;
	for (size_t j = 0; j < len; j++)
		out[j] = byte_at(i, e->sent + j);
	rc = rtls_send(e->k, out, len, 0);
	CU_ASSERT_FATAL(rc > 0 || rc == -EAGAIN || rc == -ENOMEM);
	e->sent += rc > 0 ? (uint64_t)rc : 0;
}

static void
receive_some(struct net *n, int i)
{
	static uint8_t in[20000];
	struct end *e = &n->end[i];
	ssize_t rc;

	if (e->asleep)
		return;
	rc = rtls_recv(e->k, in, sizeof(in), 0);
	CU_ASSERT_FATAL(rc > 0 || rc == -EAGAIN);
	for (ssize_t j = 0; j < rc; j++)
		CU_ASSERT_FATAL(in[j] == byte_at(1 - i, e->got + (uint64_t)j));
	e->got += rc > 0 ? (uint64_t)rc : 0;
}

/* Both ends send and receive, until each has got so many bytes, or for so long. */
static void
talk(struct net *n, uint64_t bytes, uint64_t us)
{
	uint64_t end_us = n->now_us + us;

	for (int turns = 0; n->now_us < end_us; turns++) {
		if (n->end[0].got >= bytes && n->end[1].got >= bytes)
			return;
		CU_ASSERT_FATAL(turns < TURNS);
		for (int i = 0; i < 2; i++)
			send_some(n, i);
		turn(n);
		for (int i = 0; i < 2; i++)
			receive_some(n, i);
	}
}

/* Nothing passed meanwhile. */
static void
still_misses(const struct net *n)
{
	CU_ASSERT(n->end[0].got < BULK || n->end[1].got < BULK);
}

static void
make_trouble(struct net *n, enum trouble t)
{
	switch (t) {
	case REFUSES:
	case REFUSES_LONG:
		refusing = t;
		talk(n, UINT64_MAX, t == REFUSES ? SECOND_US / 2 : 3 * SECOND_US);
		still_misses(n);
		refusing = NOTHING;
		break;
	case REFUSES_SOME:
		refusing = t;
		break;
	case LINK_DOWN:
		n->kind->link(n->ids, false);
		talk(n, UINT64_MAX, 5 * SECOND_US);
		if (n->kind->cuts)
			still_misses(n);
		n->kind->link(n->ids, true);
		break;
	case LINK_FLAPS:
		for (int i = 0; i < 10; i++) {
			n->kind->link(n->ids, i % 2 == 0);
			talk(n, UINT64_MAX, SECOND_US / 4);
		}
		n->kind->link(n->ids, true);
		break;
	case FAR_END_PAUSES:
		n->end[1].asleep = true;
		talk(n, UINT64_MAX, 20 * SECOND_US);
		still_misses(n);
		n->end[1].asleep = false;
		break;
	case ALL_PAUSE:
		n->now_us += 20 * SECOND_US;
		break;
	case TINY_SEGMENTS:
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(rtls_sock_set(n->end[i].k, RTLS_OPT_MAX_SEG, 20), 0);
		break;
	case NOTHING:
	case NB_TROUBLES:
		break;
	}
}

static void
connect_both(struct net *n)
{
	struct rtls_keys keys = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };
	struct rtls_addr remote = addr_of(1, 443);

	n->end[1].k = NULL;
	CU_ASSERT_EQUAL_FATAL(rtls_connect(n->end[0].stack, NULL, &remote, &n->end[0].k), 0);
	for (int i = 0; i < TURNS && n->end[1].k == NULL; i++) {
		turn(n);
		rtls_accept_burst(n->listener, &n->end[1].k, 1);
	}
	CU_ASSERT_FATAL(n->end[1].k != NULL);
	for (int i = 0; i < 2; i++) {
		memset(keys.key, 3 + i, sizeof(keys.key));
		CU_ASSERT_EQUAL_FATAL(rtls_set_keys(n->end[i].k, RTLS_TX, &keys), 0);
		CU_ASSERT_EQUAL_FATAL(rtls_set_keys(n->end[1 - i].k, RTLS_RX, &keys), 0);
		n->end[i].sent = n->end[i].got = 0;
	}
}

/* What is not back: its name; NULL: all is. */
static const char *
leak(const struct end *e)
{
	if (e->port->tx_cleanup != NULL)
		e->port->tx_cleanup(e->port, 0);
	for (int j = 0; j < LEVELS; j++)
		if (stat_of(e->stack, NULL, LEVEL[j]) != e->level[j])
			return LEVEL[j];
	return rte_mempool_in_use_count(e->rx_pool) != e->rx_used ? "receive buffers" : NULL;
}

static void
all_back(struct net *n, enum trouble t)
{
	const char *what[2] = { "", "" };

	for (int turns = 0; turns < 200000 && (what[0] != NULL || what[1] != NULL); turns++) {
		turn(n);
		for (int i = 0; i < 2; i++)
			what[i] = leak(&n->end[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (what[i] != NULL)
			printf("# trouble %d, end %d: %s did not come back\n", t, i, what[i]);
		CU_ASSERT_PTR_NULL(what[i]);
	}
}

static void
play(const struct port_kind *kind, bool nic)
{
	struct net n = { .kind = kind, .now_us = SECOND_US, .luck = harness_seed() };
	struct rtls_addr local = addr_of(1, 443);
	const char *why = kind->make(n.ids);

	if (why != NULL) {
		printf("# %s: skipped: %s\n", kind->name, why);
		CU_PASS("it does not start here");
		return;
	}
	for (int i = 0; i < 2; i++)
		make_end(&n, i, nic);
	CU_ASSERT_FATAL(kind->started == NULL || kind->started(n.ids));
	CU_ASSERT_EQUAL_FATAL(rtls_listen(n.end[1].stack, &local, NULL, &n.listener), 0);
	turn(&n);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < LEVELS; j++)
			n.end[i].level[j] = stat_of(n.end[i].stack, NULL, LEVEL[j]);
	for (enum trouble t = NOTHING; t < NB_TROUBLES; t++) {
		if (kind->link == NULL && (t == LINK_DOWN || t == LINK_FLAPS)) {
			printf("# %s: its link does not go down\n", kind->name);
			continue;
		}
		connect_both(&n);
		talk(&n, BULK / 4, 60 * SECOND_US);
		make_trouble(&n, t);
		talk(&n, BULK, 300 * (uint64_t)SECOND_US);
		refusing = NOTHING;
		for (int i = 0; i < 2; i++) {
			if (n.end[i].got != BULK)
				printf("# %s: trouble %d, end %d: %d of %d bytes\n", kind->name, t,
				       i, (int)n.end[i].got, BULK);
			CU_ASSERT_EQUAL(n.end[i].got, BULK);
			CU_ASSERT_EQUAL(rtls_close(n.end[i].k), 0);
		}
		all_back(&n, t);
	}
	CU_ASSERT_EQUAL(rtls_close(n.listener), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_stack_destroy(n.end[i].stack), 0);
	for (int i = 0; i < 2; i++) {
		/* Else the next ethdev of this number has it. */
		CU_ASSERT_EQUAL(rte_eth_remove_tx_callback(n.ids[i], 0, n.end[i].refuser), 0);
		CU_ASSERT_EQUAL(rtls_port_close(n.end[i].port), 0);
		if (i == 0 && kind->parted != NULL)
			CU_ASSERT_FATAL(kind->parted(n.ids));
	}
}

static void
test_tap(void)
{
	play(&port_kinds[PORT_KIND_TAP], false);
}

static void
test_failsafe(void)
{
	play(&port_kinds[PORT_KIND_FAILSAFE], false);
}

static void
test_veth(void)
{
	play(&port_kinds[PORT_KIND_VETH], false);
}

static void
test_memif(void)
{
	play(&port_kinds[PORT_KIND_MEMIF], false);
}

static void
test_ring(void)
{
	play(&port_kinds[PORT_KIND_RING], false);
}

static void
test_nic_tap(void)
{
	play(&port_kinds[PORT_KIND_TAP], true);
}

static void
test_nic_ring(void)
{
	play(&port_kinds[PORT_KIND_RING], true);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "net_tap, net_af_packet", test_tap },
		{ "net_failsafe over net_tap", test_failsafe },
		{ "net_af_packet over veth", test_veth },
		{ "net_memif", test_memif },
		{ "net_ring", test_ring },
		{ "a TLS NIC over net_tap", test_nic_tap },
		{ "a TLS NIC over net_ring", test_nic_ring },
	};

	port_kind_namespace();
	if (eal_start("port-kinds") != 0)
		return 1;
	/* Its interrupt thread keeps a net_memif's listener, which the driver never unregisters. */
	eal_leave_up();
	return harness_run("eal/port-kinds", cases, HARNESS_COUNT(cases));
}
