/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the cable calls misuse, which pairs and the simulator take as a fault of the library's: a
 * port is asked for what it does not have, or wrongly. The rest of the cable is a network that other
 * tests would fail without.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "support/cable.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	ALL_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM | PORT_CAP_RX_CKSUM,
	ETHER = 14,
	HDRS = ETHER + 20 + 20,
	BURST = 64,
};

static struct rte_mempool *sender_pool;

/* --- frames, and sums of our own --------------------------------------------- */

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t
sum16(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A TCP frame with payload_len bytes; its checksums are 0. Returns its length. */
static uint32_t
make_frame(uint8_t *f, uint32_t payload_len, uint8_t fill)
{
	memset(f, 0, HDRS);
	f[5] = 2;
	f[11] = 1;
	put16(f + 12, 0x0800);
	f[ETHER] = 0x45;
	put16(f + ETHER + 2, 40 + payload_len);
	f[ETHER + 8] = 64;
	f[ETHER + 9] = 6;
	memcpy(f + ETHER + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	f[ETHER + 20 + 12] = 5 << 4;
	f[ETHER + 20 + 13] = 0x10;
	for (uint32_t i = 0; i < payload_len; i++)
		f[HDRS + i] = (uint8_t)(fill + i);
	return HDRS + payload_len;
}

static uint32_t
ip_sum(const uint8_t *f)
{
	return sum16(0, f + ETHER, 20);
}

static uint32_t
tcp_sum(const uint8_t *f)
{
	uint32_t tcp_len = ((uint32_t)f[ETHER + 2] << 8 | f[ETHER + 3]) - 20;

	return sum16(sum16(6 + tcp_len, f + ETHER + 12, 8), f + ETHER + 20, tcp_len);
}

/* The frame in buffers of the sender, in nb_segs pieces. */
static struct rte_mbuf *
to_mbuf(const uint8_t *f, uint32_t len, uint32_t nb_segs)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t off = 0, n;

	for (uint32_t i = 0; i < nb_segs; i++, off += n) {
		n = i == nb_segs - 1 ? len - off : len / nb_segs;
		m = rte_pktmbuf_alloc(sender_pool);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), f + off, n);
		if (head == NULL)
			head = m;
		else
			rte_pktmbuf_chain(head, m);
	}
	return head;
}

static struct cable *
make(const struct cable_conf *conf)
{
	struct cable_conf c = *conf;
	struct cable *cable = NULL;

	c.name = "cable";
	CU_ASSERT_EQUAL_FATAL(cable_create(&c, &cable), 0);
	return cable;
}

/* Everything must be back: closes the cable. */
static void
check_gone(struct cable *c)
{
	for (int i = 0; i < 2; i++) {
		cable_port(c, i)->close(cable_port(c, i));
		CU_ASSERT_EQUAL(cable_mbufs_in_use(c, i), 0);
		CU_ASSERT_EQUAL(cable_tx_held(c, i), 0);
	}
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(sender_pool), 0);
	cable_destroy(c);
}

static uint16_t
send_one(struct cable *c, int end, struct rte_mbuf *m)
{
	struct rtls_port *p = cable_port(c, end);

	return p->tx_burst(p, 0, &m, 1);
}

static uint16_t
receive(struct cable *c, int end, struct rte_mbuf **pkts, uint16_t n)
{
	struct rtls_port *p = cable_port(c, end);

	return p->rx_burst(p, 0, pkts, n);
}

static void
test_tx_cksum(void)
{
	const uint64_t both = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	static const struct {
		uint32_t caps;
		bool asked_ip, asked_tcp, prepared;
		bool ip_right, tcp_right, dropped;
	} rows[] = {
		{ 0, false, false, true, false, false, false },
		{ ALL_CAPS, false, false, true, false, false, false },
		{ ALL_CAPS, true, true, true, true, true, false },
		/* Nobody put the pseudo-header's sum in: as in hardware, wrong. */
		{ ALL_CAPS, true, true, false, true, false, false },
		{ ALL_CAPS, true, false, true, true, false, false },
		{ ALL_CAPS, false, true, true, false, true, false },
		{ PORT_CAP_TX_IPV4_CKSUM, true, false, true, true, false, false },
		{ PORT_CAP_TX_IPV4_CKSUM, true, true, true, false, false, true },
		{ PORT_CAP_TX_TCP_CKSUM, true, false, true, false, false, true },
		{ PORT_CAP_TX_TCP_CKSUM, false, true, true, false, true, false },
		{ 0, true, true, true, false, false, true },
		{ 0, false, true, true, false, false, true },
	};
	uint8_t f[2048];
	struct rte_mbuf *m, *r;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (uint32_t segs = 1; segs < 3; segs++) {
			struct cable *c = make(&(struct cable_conf){ .caps = rows[i].caps });
			struct rtls_port *p = cable_port(c, 0);
			const uint8_t *got;

			m = to_mbuf(f, make_frame(f, 333, (uint8_t)i), segs);
			m->l2_len = ETHER;
			m->l3_len = 20;
			m->l4_len = 20;
			m->ol_flags |= both;
			if (!rows[i].asked_ip)
				m->ol_flags &= ~RTE_MBUF_F_TX_IP_CKSUM;
			if (!rows[i].asked_tcp)
				m->ol_flags &= ~RTE_MBUF_F_TX_TCP_CKSUM;
			if (rows[i].prepared)
				CU_ASSERT_EQUAL(p->tx_prepare(p, 0, &m, 1), 1);
			CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
			CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, rows[i].dropped ? 1 : 0);
			CU_ASSERT_EQUAL(receive(c, 1, &r, 1), rows[i].dropped ? 0 : 1);
			if (!rows[i].dropped) {
				got = rte_pktmbuf_mtod(r, const uint8_t *);
				CU_ASSERT_EQUAL(ip_sum(got) == 0xffff, rows[i].ip_right);
				CU_ASSERT_EQUAL(tcp_sum(got) == 0xffff, rows[i].tcp_right);
				rte_pktmbuf_free(r);
			}
			check_gone(c);
		}
}

enum { TSO_LEN = 2500, TSO_SEG = 1000 };

/* A packet to be cut: timestamps as options, FIN and PSH, both checksums left to the port. */
static struct rte_mbuf *
make_tso(uint8_t *f, uint32_t payload_len, uint16_t seg_len)
{
	uint32_t len = make_frame(f, 12 + payload_len, 5);
	struct rte_mbuf *m;

	f[ETHER + 5] = 0xff; /* IP ID */
	memcpy(f + ETHER + 20 + 4, "\xff\xff\xfe\0", 4);
	f[ETHER + 20 + 12] = 8 << 4;
	f[ETHER + 20 + 13] = 0x10 | 0x08 | 0x01;
	put16(f + ETHER + 20 + 16, sum16(6, f + ETHER + 12, 8));
	m = to_mbuf(f, len, 3);
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG;
	m->l2_len = ETHER;
	m->l3_len = 20;
	m->l4_len = 32;
	m->tso_segsz = seg_len;
	return m;
}

/* What is asked wrongly is neither prepared nor sent. */
static void
test_cuts_not(void)
{
	enum fault {
		NO_TSO,
		NO_TCP_CAP,
		NO_IP_CAP,
		TOO_LONG,
		NO_SEG,
		ABOVE_MTU,
		NO_IP_FLAG,
		NO_IPV4_FLAG,
		TCP_LEN,
		IP_LEN,
		EMPTY,
		FAULTS
	};
	uint8_t f[4096];

	for (int fault = 0; fault < FAULTS; fault++) {
		struct cable_conf conf = { .caps = ALL_CAPS, .tso_max = TSO_LEN };
		struct rte_mbuf *m;
		struct rtls_port *p;
		struct cable *c;

		if (fault == NO_TSO)
			conf.tso_max = 0;
		if (fault == NO_TCP_CAP)
			conf.caps = PORT_CAP_TX_IPV4_CKSUM;
		if (fault == NO_IP_CAP)
			conf.caps = PORT_CAP_TX_TCP_CKSUM;
		c = make(&conf);
		p = cable_port(c, 0);
		m = make_tso(f, fault == EMPTY ? 0 : TSO_LEN + (fault == TOO_LONG),
			     fault == NO_SEG    ? 0 :
			     fault == ABOVE_MTU ? 1449 :
						  TSO_SEG);
		if (fault == NO_IP_FLAG)
			m->ol_flags &= ~RTE_MBUF_F_TX_IP_CKSUM;
		if (fault == NO_IPV4_FLAG)
			m->ol_flags &= ~RTE_MBUF_F_TX_IPV4;
		if (fault == TCP_LEN)
			m->l4_len = 20;
		if (fault == IP_LEN)
			rte_pktmbuf_mtod(m, uint8_t *)[ETHER + 3]++;
		/* What only the bytes tell is not looked at there. */
		if (fault != TCP_LEN && fault != IP_LEN)
			CU_ASSERT_EQUAL(p->tx_prepare(p, 0, &m, 1), 0);
		CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, 1);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).tx_frames, 0);
		CU_ASSERT_EQUAL(cable_next_us(c), UINT64_MAX);
		check_gone(c);
	}
}

static void
test_refuses(void)
{
	struct cable *c = make(&(struct cable_conf){ .caps = ALL_CAPS, .mtu = 600 });
	struct rtls_port *p = cable_port(c, 0);
	uint8_t f[2048];
	struct rte_mbuf *m;

	/* Above the MTU: not prepared, and dropped if sent all the same. */
	m = to_mbuf(f, make_frame(f, 561, 1), 1);
	CU_ASSERT_EQUAL(p->tx_prepare(p, 0, &m, 1), 0);
	CU_ASSERT_EQUAL(rte_errno, EINVAL);
	CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, 1);
	/* No segmentation offload. */
	m = to_mbuf(f, make_frame(f, 560, 1), 1);
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
	CU_ASSERT_EQUAL(p->tx_prepare(p, 0, &m, 1), 0);
	CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, 2);
	/* Shorter than an Ethernet header. */
	CU_ASSERT_EQUAL(send_one(c, 0, to_mbuf(f, 13, 1)), 1);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, 3);
	CU_ASSERT_EQUAL(cable_inject(c, 0, f, 13), -EINVAL);
	CU_ASSERT_EQUAL(cable_inject(c, 0, f, 615), -EINVAL);
	CU_ASSERT_EQUAL(cable_next_us(c), UINT64_MAX);
	check_gone(c);

	CU_ASSERT_EQUAL(cable_create(&(struct cable_conf){ .name = "x", .mtu = 67 }, &c), -EINVAL);
	CU_ASSERT_EQUAL(cable_create(&(struct cable_conf){ .name = "x", .mtu = 9601 }, &c),
			-EINVAL);
	CU_ASSERT_EQUAL(cable_create(&(struct cable_conf){ .name = "x", .rx_seg_len = 127 }, &c),
			-EINVAL);
	/* More buffers than there is memory. */
	CU_ASSERT_EQUAL(cable_create(&(struct cable_conf){ .name = "x", .nb_mbufs = 1000000 }, &c),
			-ENOMEM);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "checksums are filled in as by a NIC", test_tx_cksum },
		{ "long packets that are not cut", test_cuts_not },
		{ "what the port does not do", test_refuses },
	};

	if (eal_start("cable") != 0)
		return EXIT_FAILURE;
	sender_pool = rte_pktmbuf_pool_create("sender", 256, 0, 0, RTE_PKTMBUF_HEADROOM + 2048,
					      SOCKET_ID_ANY);
	if (sender_pool == NULL)
		return EXIT_FAILURE;
	return harness_run("cable", cases, HARNESS_COUNT(cases));
}
