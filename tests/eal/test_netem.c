/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The bad network: a direction in a time of the test's own, and the port over one of the test's. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf.h>

#include <recordtls/netem.h>
#include <recordtls/recordtls.h>

#include "netem/lane.h"
#include "port/port.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	MBUFS = 8192,
	MANY = 4000,
	PPM = 1000000,
	QUEUE = 64,
};

static struct rte_mempool *pool;

static struct rte_mbuf *
packet(uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *at = m != NULL ? rte_pktmbuf_append(m, sizeof(number)) : NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	memcpy(at, &number, sizeof(number));
	return m;
}

/* Its number; and it is freed. */
static uint32_t
number_of(struct rte_mbuf *m)
{
	uint32_t number;

	memcpy(&number, rte_pktmbuf_mtod(m, char *), sizeof(number));
	rte_pktmbuf_free(m);
	return number;
}

static bool
put(struct lane *l, uint32_t number, uint64_t now_us)
{
	struct rte_mbuf *m = packet(number);
	bool taken = lane_put(l, m, now_us);

	if (!taken)
		rte_pktmbuf_free(m);
	return taken;
}

/* All that has arrived by now, at most so many. */
static uint32_t
take(struct lane *l, uint64_t now_us, uint32_t *to, uint32_t max)
{
	struct rte_mbuf *m;
	uint32_t n = 0;

	while (n < max && (m = lane_first(l, now_us)) != NULL) {
		lane_pop(l);
		to[n++] = number_of(m);
	}
	return n;
}

static struct lane *
lane_of(const struct lane_conf *conf)
{
	static struct lane l;

	lane_init(&l, conf);
	return &l;
}

static uint32_t out[2 * MANY];

static void
test_fine(void)
{
	struct lane *l = lane_of(&(struct lane_conf){ .seed = harness_seed() });

	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_TRUE_FATAL(put(l, i, 0));
	CU_ASSERT_EQUAL_FATAL(take(l, 0, out, 2 * MANY), MANY);
	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL_FATAL(out[i], i);
	CU_ASSERT_EQUAL(l->counts.packets, MANY);
	CU_ASSERT_EQUAL(
		l->counts.lost + l->counts.reordered + l->counts.duplicated + l->counts.no_room, 0);
}

static void
test_delay(void)
{
	struct lane *l = lane_of(&(struct lane_conf){ .delay_us = 1000 });

	CU_ASSERT_TRUE(put(l, 1, 0) && put(l, 2, 10));
	CU_ASSERT_EQUAL(take(l, 999, out, QUEUE), 0);
	CU_ASSERT_EQUAL(take(l, 1000, out, QUEUE), 1);
	CU_ASSERT_EQUAL(out[0], 1);
	CU_ASSERT_EQUAL(take(l, 1009, out, QUEUE), 0);
	CU_ASSERT_EQUAL(take(l, 5000, out, QUEUE), 1);
	CU_ASSERT_EQUAL(out[0], 2);
	CU_ASSERT_EQUAL(lane_count(l), 0);
}

/* Those that got through, of MANY. */
static uint32_t
survivors(uint64_t seed, uint32_t *to)
{
	struct lane *l = lane_of(&(struct lane_conf){ .loss_ppm = PPM / 10, .seed = seed });
	uint32_t n;

	for (uint32_t i = 0; i < MANY; i++)
		put(l, i, 0);
	n = take(l, 0, to, MANY);
	CU_ASSERT_EQUAL(l->counts.packets, MANY);
	CU_ASSERT_EQUAL(l->counts.lost + n, MANY);
	return n;
}

/* A tenth of 4,000 is 400, and 19 its deviation. */
static void
test_loss(void)
{
	static uint32_t again[MANY];
	uint64_t seed = harness_seed();
	uint32_t n = survivors(seed, out), m = survivors(seed, again);

	CU_ASSERT_TRUE(n > MANY - 540 && n < MANY - 260);
	CU_ASSERT_TRUE(n == m && memcmp(out, again, n * sizeof(out[0])) == 0);
	for (uint32_t i = 1; i < n; i++)
		CU_ASSERT_TRUE_FATAL(out[i - 1] < out[i]);
	m = survivors(seed + 1, again);
	CU_ASSERT_TRUE(n != m || memcmp(out, again, n * sizeof(out[0])) != 0);
}

/* A packet may fall back behind so many others, and be overtaken by no more; all arrive once. */
static void
test_reorder(void)
{
	struct lane *l = lane_of(
		&(struct lane_conf){ .reorder_ppm = PPM / 20, .seed = harness_seed() });
	static bool seen[MANY];
	uint32_t n, moved = 0;

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_TRUE_FATAL(put(l, i, 0));
	n = take(l, LANE_LATE_US, out, 2 * MANY);
	CU_ASSERT_EQUAL_FATAL(n, MANY);
	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_TRUE_FATAL(out[i] < MANY && !seen[out[i]]);
		seen[out[i]] = true;
		/* Overtakers, and others that are late as well. */
		CU_ASSERT_TRUE_FATAL(i <= out[i] + LANE_OVERTAKERS + LANE_LATE_MAX);
		CU_ASSERT_TRUE_FATAL(out[i] <= i + LANE_LATE_MAX);
		moved += i > 0 && out[i] < out[i - 1];
	}
	CU_ASSERT_TRUE(l->counts.reordered > MANY / 40 && moved > MANY / 80);
	CU_ASSERT_TRUE(moved <= l->counts.reordered);
}

/* Where nobody comes to overtake it, it goes on after a while. */
static void
test_late_alone(void)
{
	struct lane *l = lane_of(&(struct lane_conf){ .reorder_ppm = PPM, .delay_us = 100 });

	CU_ASSERT_TRUE(put(l, 7, 0));
	CU_ASSERT_EQUAL(take(l, LANE_LATE_US - 1, out, QUEUE), 0);
	CU_ASSERT_EQUAL(take(l, LANE_LATE_US, out, QUEUE), 0);
	CU_ASSERT_EQUAL(take(l, LANE_LATE_US + 100, out, QUEUE), 1);
	CU_ASSERT_EQUAL(out[0], 7);
}

static void
test_duplicates(void)
{
	struct lane *l = lane_of(&(struct lane_conf){ .duplicate_ppm = PPM });

	for (uint32_t i = 0; i < QUEUE / 2; i++)
		CU_ASSERT_TRUE(put(l, i, 0));
	CU_ASSERT_EQUAL_FATAL(take(l, 0, out, MANY), QUEUE);
	for (uint32_t i = 0; i < QUEUE; i++)
		CU_ASSERT_EQUAL(out[i], i / 2);
	CU_ASSERT_EQUAL(l->counts.duplicated, QUEUE / 2);
	CU_ASSERT_EQUAL(l->counts.packets, QUEUE / 2);
}

/* More than there is room for is lost, twins too, and what is under way is freed at the end. */
static void
test_no_room(void)
{
	struct lane *l = lane_of(
		&(struct lane_conf){ .duplicate_ppm = PPM, .reorder_ppm = PPM / 2, .delay_us = 1 });
	uint32_t taken = 0, n = 0;

	for (; n < LANE_MAX; n++)
		taken += put(l, n, 0);
	CU_ASSERT_EQUAL(lane_count(l), LANE_MAX);
	CU_ASSERT_EQUAL(taken + l->counts.duplicated, LANE_MAX);
	CU_ASSERT_EQUAL(taken + l->counts.no_room, n);
	lane_drop(l);
	CU_ASSERT_EQUAL(lane_count(l), 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
}

/* --- the port --------------------------------------------------------------------- */

/* What lies below: hands up what is in it, and keeps what it is given, as long as it takes any. */
struct below {
	struct rtls_port port;
	struct rte_mbuf *in[QUEUE], *sent[QUEUE];
	uint16_t nb_in, nb_sent, takes;
	bool closed;
};

static uint16_t
below_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct below *b = (struct below *)p;
	uint16_t got = RTE_MIN(n, b->nb_in);

	(void)queue;
	memcpy(pkts, b->in, got * sizeof(pkts[0]));
	b->nb_in -= got;
	memmove(b->in, b->in + got, b->nb_in * sizeof(pkts[0]));
	return got;
}

static uint16_t
below_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct below *b = (struct below *)p;
	uint16_t taken = 0;

	(void)queue;
	for (; taken < n && b->nb_sent < b->takes; taken++)
		b->sent[b->nb_sent++] = pkts[taken];
	return taken;
}

static void
below_close(struct rtls_port *p)
{
	struct below *b = (struct below *)p;

	rte_pktmbuf_free_bulk(b->in, b->nb_in);
	rte_pktmbuf_free_bulk(b->sent, b->nb_sent);
	b->closed = true;
}

static struct below
below(void)
{
	return (struct below){
		.port = { .rx_burst = below_rx_burst,
			  .tx_burst = below_tx_burst,
			  .close = below_close,
			  .caps = PORT_CAP_RX_CKSUM,
			  .nb_queues = 1,
			  .mtu = 1500,
			  .rx_room = 12345,
			  .name = "below" },
		.takes = QUEUE,
	};
}

static void
test_port(void)
{
	struct rtls_netem_stats stats = { .size = sizeof(stats) };
	struct rte_mbuf *pkts[QUEUE], *late = packet(9);
	struct below b = below();
	struct rtls_port *p = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_netem_open(&b.port, NULL, &p), 0);
	CU_ASSERT_STRING_EQUAL(p->name, "netem(below)");
	CU_ASSERT_TRUE(p->caps == PORT_CAP_RX_CKSUM && p->mtu == 1500 && p->rx_room == 12345);
	for (uint32_t i = 0; i < 3; i++)
		b.in[b.nb_in++] = packet(i);
	CU_ASSERT_EQUAL_FATAL(p->rx_burst(p, 0, pkts, 2), 2);
	CU_ASSERT_TRUE(number_of(pkts[0]) == 0 && number_of(pkts[1]) == 1);
	CU_ASSERT_EQUAL_FATAL(p->rx_burst(p, 0, pkts, QUEUE), 1);
	CU_ASSERT_EQUAL(number_of(pkts[0]), 2);
	/* What is sent is taken at once, and goes when the port below takes it. */
	b.takes = 0;
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &late, 1), 1);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	b.takes = QUEUE;
	CU_ASSERT_EQUAL(p->rx_burst(p, 0, pkts, QUEUE), 0);
	CU_ASSERT_EQUAL_FATAL(b.nb_sent, 1);
	CU_ASSERT_EQUAL(*rte_pktmbuf_mtod(b.sent[0], uint32_t *), 9);
	CU_ASSERT_EQUAL(rtls_netem_stats(p, &stats), 0);
	CU_ASSERT_TRUE(stats.rx.packets == 3 && stats.tx.packets == 1);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	CU_ASSERT_TRUE(b.closed);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
}

/* All is lost, both ways, and nothing stays in use; nor does what is late when the port is closed. */
static void
test_port_loses(void)
{
	struct rtls_netem_conf conf = { .size = sizeof(conf), .loss_ppm = PPM };
	struct rtls_netem_stats stats = { .size = sizeof(stats) };
	struct rte_mbuf *pkts[QUEUE], *m = packet(1);
	struct below b = below();
	struct rtls_port *p = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_netem_open(&b.port, &conf, &p), 0);
	b.in[b.nb_in++] = packet(0);
	CU_ASSERT_EQUAL(p->rx_burst(p, 0, pkts, QUEUE), 0);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &m, 1), 1);
	CU_ASSERT_EQUAL(b.nb_sent, 0);
	CU_ASSERT_EQUAL(rtls_netem_stats(p, &stats), 0);
	CU_ASSERT_TRUE(stats.rx.lost == 1 && stats.tx.lost == 1);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	b = below();
	conf.loss_ppm = 0;
	conf.delay_us = PPM;
	CU_ASSERT_EQUAL_FATAL(rtls_netem_open(&b.port, &conf, &p), 0);
	b.in[b.nb_in++] = packet(0);
	m = packet(1);
	CU_ASSERT_EQUAL(p->rx_burst(p, 0, pkts, QUEUE), 0);
	CU_ASSERT_EQUAL(p->tx_burst(p, 0, &m, 1), 1);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 1);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
}

static void
test_refused(void)
{
	static const struct rtls_netem_conf bad[] = {
		{ .size = sizeof(bad[0]), .loss_ppm = PPM + 1 },
		{ .size = sizeof(bad[0]), .reorder_ppm = PPM + 1 },
		{ .size = sizeof(bad[0]), .duplicate_ppm = UINT32_MAX },
		{ .size = sizeof(bad[0]), .delay_us = PPM + 1 },
		{ .size = 0 },
		{ .size = 3 },
	};
	struct rtls_netem_stats stats = { .size = sizeof(stats) };
	struct below b = below();
	struct rtls_port *p = NULL;

	for (size_t i = 0; i < HARNESS_COUNT(bad); i++)
		CU_ASSERT_EQUAL(rtls_netem_open(&b.port, &bad[i], &p), -EINVAL);
	CU_ASSERT_EQUAL(rtls_netem_open(NULL, NULL, &p), -EINVAL);
	CU_ASSERT_EQUAL(rtls_netem_open(&b.port, NULL, NULL), -EINVAL);
	b.port.nb_queues = 2;
	CU_ASSERT_EQUAL(rtls_netem_open(&b.port, NULL, &p), -EINVAL);
	b.port.nb_queues = 1;
	b.port.mtu = UINT16_MAX;
	CU_ASSERT_EQUAL(rtls_netem_open(&b.port, NULL, &p), -EINVAL);
	b.port.mtu = 1500;
	b.port.queues_bound = 1;
	CU_ASSERT_EQUAL(rtls_netem_open(&b.port, NULL, &p), -EBUSY);
	b.port.queues_bound = 0;
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT_EQUAL(rtls_netem_stats(&b.port, &stats), -ENOENT);
	CU_ASSERT_EQUAL(rtls_netem_stats(NULL, &stats), -EINVAL);
	CU_ASSERT_EQUAL(rtls_netem_stats(&b.port, NULL), -EINVAL);
	/* It is bound to the port below, which is closed with it and not alone. */
	CU_ASSERT_EQUAL_FATAL(rtls_netem_open(&b.port, NULL, &p), 0);
	CU_ASSERT_EQUAL(rtls_port_close(&b.port), -EBUSY);
	stats.size = 0;
	CU_ASSERT_EQUAL(rtls_netem_stats(p, &stats), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
}

/* A NIC lies over it, and not below. */
static void
test_nic(void)
{
	struct rtls_tlsnic_conf nc = { .size = sizeof(nc), .max_contexts = 2, .nb_mbufs = 64 };
	struct rtls_netem_stats stats = { .size = sizeof(stats) };
	struct below b = below();
	struct rtls_port *p = NULL, *nic = NULL, *over = NULL;
	int rc;

	CU_ASSERT_EQUAL_FATAL(rtls_netem_open(&b.port, NULL, &p), 0);
	rc = rtls_tlsnic_open(p, &nc, &nic);
	if (rc == -ENOTSUP) {
		CU_ASSERT_EQUAL(rtls_port_close(p), 0);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	CU_ASSERT_EQUAL(rtls_netem_open(nic, NULL, &over), -EINVAL);
	CU_ASSERT_EQUAL(rtls_netem_stats(nic, &stats), 0);
	CU_ASSERT_EQUAL(rtls_port_close(p), -EBUSY);
	CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
	CU_ASSERT_TRUE(b.closed);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a fine network changes nothing", test_fine },
		{ "a packet arrives when its time has come", test_delay },
		{ "as many are lost as were asked for, by the seed", test_loss },
		{ "some are overtaken, by few, and none is lost", test_reorder },
		{ "a late one that nobody overtakes goes on", test_late_alone },
		{ "some come twice", test_duplicates },
		{ "more than there is room for is lost", test_no_room },
		{ "the port hands on both ways, also what the one below refused", test_port },
		{ "what is lost, or late at the end, is freed", test_port_loses },
		{ "what cannot be is refused", test_refused },
		{ "a NIC lies over it, and not below", test_nic },
	};

	if (eal_start("test-netem") != 0)
		return 1;
	pool = rte_pktmbuf_pool_create("test", MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + 64,
				       SOCKET_ID_ANY);
	return pool == NULL ? 1 : harness_run("netem", cases, HARNESS_COUNT(cases));
}
