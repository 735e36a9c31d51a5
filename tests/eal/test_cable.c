/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The cable is the ground under many tests: what it does to packets, exactly. */
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

/* Writes the sums as a host without offloads does. */
static void
put_sums(uint8_t *f)
{
	put16(f + ETHER + 10, 0);
	put16(f + ETHER + 10, ~ip_sum(f));
	put16(f + ETHER + 20 + 16, 0);
	put16(f + ETHER + 20 + 16, ~tcp_sum(f));
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

/* Sends a small frame marked with a number. */
static uint16_t
send_mark(struct cable *c, int end, uint8_t mark)
{
	uint8_t f[2048];
	uint32_t len = make_frame(f, 100, mark);
	struct rte_mbuf *m = to_mbuf(f, len, 1);

	if (send_one(c, end, m) == 1)
		return 1;
	rte_pktmbuf_free(m);
	return 0;
}

static uint16_t
receive(struct cable *c, int end, struct rte_mbuf **pkts, uint16_t n)
{
	struct rtls_port *p = cable_port(c, end);

	return p->rx_burst(p, 0, pkts, n);
}

/* Receives all that is due and returns the marks of the first n frames. */
static uint16_t
receive_marks(struct cable *c, int end, uint8_t *marks, uint16_t n)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t got = receive(c, end, pkts, n < BURST ? n : BURST);

	for (uint16_t i = 0; i < got; i++) {
		marks[i] = *rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, HDRS);
		rte_pktmbuf_free(pkts[i]);
	}
	return got;
}

/* --- a NIC ------------------------------------------------------------------- */

static void
test_copies(void)
{
	static const struct {
		uint32_t payload_len;
		uint32_t tx_segs;
		uint16_t rx_seg_len;
		uint32_t rx_segs;
	} rows[] = {
		{ 0, 1, 0, 1 },                       /* padded to 60 */
		{ 1, 2, 0, 1 },       { 6, 1, 0, 1 }, /* 60 as it is */
		{ 1000, 1, 0, 1 },    { 1000, 7, 0, 1 },    { 1460, 3, 0, 1 }, { 1460, 3, 128, 12 },
		{ 1460, 1, 1514, 1 }, { 1460, 1, 1513, 2 }, { 74, 1, 128, 1 }, { 75, 1, 128, 2 },
	};
	uint8_t f[2048], got[2048];
	struct rte_mbuf *m, *r;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct cable *c = make(&(struct cable_conf){ .rx_seg_len = rows[i].rx_seg_len });
		uint32_t len = make_frame(f, rows[i].payload_len, 3);
		uint32_t rx_len = len < CABLE_FRAME_MIN ? CABLE_FRAME_MIN : len;

		memset(f + len, 0, rx_len - len);
		m = to_mbuf(f, len, rows[i].tx_segs);
		CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
		/* The sender's are free, the receiver's are the receiver's own. */
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(sender_pool), 0);
		CU_ASSERT_EQUAL(cable_mbufs_in_use(c, 1), rows[i].rx_segs);
		CU_ASSERT_EQUAL(cable_mbufs_in_use(c, 0), 0);
		CU_ASSERT_EQUAL(receive(c, 0, &r, 1), 0);
		CU_ASSERT_EQUAL_FATAL(receive(c, 1, &r, 1), 1);
		CU_ASSERT_EQUAL(r->nb_segs, rows[i].rx_segs);
		CU_ASSERT_EQUAL(r->pkt_len, rx_len);
		CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(r), 1);
		CU_ASSERT(RTE_MBUF_DIRECT(r));
		CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_read(r, 0, rx_len, got), f, rx_len), 0);
		CU_ASSERT_EQUAL(rte_mbuf_check(r, 1, &(const char *){ NULL }), 0);
		rte_pktmbuf_free(r);
		check_gone(c);
	}
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

static void
test_rx_marks(void)
{
	static const struct {
		uint32_t caps;
		int spoilt; /* byte of the frame; -1: none */
		uint64_t marks;
	} rows[] = {
		{ ALL_CAPS, -1, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ ALL_CAPS, ETHER + 8, RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ ALL_CAPS, HDRS + 50, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD },
		{ ALL_CAPS, ETHER + 15, RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD },
		{ ALL_CAPS, 13, 0 },                                 /* not IPv4 */
		{ ALL_CAPS, ETHER, 0 },                              /* not to be parsed */
		{ ALL_CAPS, ETHER + 2, 0 },                          /* longer than the frame */
		{ ALL_CAPS, ETHER + 9, RTE_MBUF_F_RX_IP_CKSUM_BAD }, /* not TCP */
		{ ALL_CAPS, ETHER + 6, RTE_MBUF_F_RX_IP_CKSUM_BAD }, /* a fragment */
		{ ALL_CAPS & ~PORT_CAP_RX_CKSUM, -1, 0 },
		{ ALL_CAPS & ~PORT_CAP_RX_CKSUM, HDRS, 0 },
	};
	uint8_t f[2048];
	struct rte_mbuf *r;
	uint32_t len;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct cable *c = make(&(struct cable_conf){ .caps = rows[i].caps });

		len = make_frame(f, 200, 9);
		put_sums(f);
		if (rows[i].spoilt >= 0)
			f[rows[i].spoilt] ^= 0x21;
		CU_ASSERT_EQUAL(send_one(c, 1, to_mbuf(f, len, 2)), 1);
		CU_ASSERT_EQUAL_FATAL(receive(c, 0, &r, 1), 1);
		CU_ASSERT_EQUAL(r->ol_flags, rows[i].marks);
		rte_pktmbuf_free(r);
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

static void
test_cuts(void)
{
	static const char *const seqs[] = { "\xff\xff\xfe\0", "\0\0\x01\xe8", "\0\0\x05\xd0" };
	uint8_t f[4096], got[2048];

	for (int prepare = 0; prepare < 2; prepare++) {
		struct cable *c = make(
			&(struct cable_conf){ .caps = ALL_CAPS, .tso_max = TSO_LEN });
		struct rtls_port *p = cable_port(c, 0), *to = cable_port(c, 1);
		struct rte_mbuf *m = make_tso(f, TSO_LEN, TSO_SEG), *r;

		CU_ASSERT_EQUAL(p->tso_max, TSO_LEN);
		if (prepare)
			CU_ASSERT_EQUAL(p->tx_prepare(p, 0, &m, 1), 1);
		CU_ASSERT_EQUAL(send_one(c, 0, m), 1);
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t n = i < 2 ? TSO_SEG : TSO_LEN - 2 * TSO_SEG;

			CU_ASSERT_EQUAL_FATAL(to->rx_burst(to, 0, &r, 1), 1);
			CU_ASSERT_EQUAL_FATAL(r->pkt_len, HDRS + 12 + n);
			memcpy(got, rte_pktmbuf_mtod(r, void *), r->pkt_len);
			rte_pktmbuf_free(r);
			CU_ASSERT_EQUAL(ip_sum(got), 0xffff);
			CU_ASSERT_EQUAL(tcp_sum(got), 0xffff);
			CU_ASSERT_EQUAL((uint32_t)got[ETHER + 2] << 8 | got[ETHER + 3], 52 + n);
			CU_ASSERT_EQUAL((uint32_t)got[ETHER + 4] << 8 | got[ETHER + 5], 0xff + i);
			CU_ASSERT_EQUAL(memcmp(got + ETHER + 20 + 4, seqs[i], 4), 0);
			CU_ASSERT_EQUAL(got[ETHER + 20 + 13], i < 2 ? 0x10 : 0x19);
			CU_ASSERT_EQUAL(memcmp(got + HDRS, f + HDRS, 12), 0);
			CU_ASSERT_EQUAL(memcmp(got + HDRS + 12, f + HDRS + 12 + i * TSO_SEG, n), 0);
		}
		CU_ASSERT_EQUAL(to->rx_burst(to, 0, &r, 1), 0);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).tx_packets, 1);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).tx_frames, 3);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).misused, 0);
		check_gone(c);
	}
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

static void
test_refusal_by_chance(void)
{
	struct cable *c = make(&(struct cable_conf){
		.seed = harness_seed(),
		.path = { [0] = { .refuse_ppm = CABLE_PPM / 2 } },
	});
	struct rtls_port *p = cable_port(c, 0);
	struct rte_mbuf *pkts[8];
	uint32_t next = 0, bursts = 0;
	uint8_t marks[BURST], f[2048];
	uint16_t n, taken;

	/* The first ones are taken, the rest stays ours: nothing is lost, nothing comes twice. */
	for (uint32_t i = 0; i < 8; i++)
		pkts[i] = to_mbuf(f, make_frame(f, 100, (uint8_t)i), 1);
	while (next < 8 && bursts++ < 1000) {
		taken = p->tx_burst(p, 0, pkts + next, (uint16_t)(8 - next));
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(sender_pool), 8 - next - taken);
		next += taken;
	}
	CU_ASSERT_EQUAL(next, 8);
	n = receive_marks(c, 1, marks, BURST);
	CU_ASSERT_EQUAL(n, 8);
	for (uint8_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(marks[i], i);
	CU_ASSERT(cable_stats_get(c, 0).refused == bursts - 1 ||
		  cable_stats_get(c, 0).refused == bursts);
	check_gone(c);
}

static void
test_lazy_free(void)
{
	struct cable *c = make(&(struct cable_conf){ .lazy_free = 3 });
	struct rtls_port *p = cable_port(c, 0);

	for (unsigned int i = 1; i <= 10; i++) {
		CU_ASSERT_EQUAL(send_mark(c, 0, (uint8_t)i), 1);
		CU_ASSERT_EQUAL(cable_tx_held(c, 0), i < 3 ? i : 3);
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(sender_pool), i < 3 ? i : 3);
	}
	CU_ASSERT_EQUAL(cable_tx_held(c, 1), 0);
	p->tx_cleanup(p, 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(sender_pool), 0);
	CU_ASSERT_EQUAL(send_mark(c, 0, 0), 1);
	check_gone(c);
}

static void
test_pool_empty(void)
{
	struct cable *c = make(&(struct cable_conf){ .nb_mbufs = 4, .rx_seg_len = 128 });
	uint8_t marks[BURST];

	/* Two buffers each: the third finds none, and nothing of it stays behind. */
	for (uint8_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(send_mark(c, 0, i), 1);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).no_mbuf, 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, 1), 1);
	CU_ASSERT_EQUAL(send_mark(c, 0, 3), 1);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).no_mbuf, 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 2);
	CU_ASSERT(marks[0] == 1 && marks[1] == 3);
	check_gone(c);
}

/* --- a network --------------------------------------------------------------- */

static void
test_time(void)
{
	struct cable *c = make(&(struct cable_conf){
		.now_us = 1000,
		.path = { [0] = { .delay_us = 50 }, [1] = { .delay_us = 7 } },
	});
	uint8_t marks[BURST];

	CU_ASSERT_EQUAL(cable_next_us(c), UINT64_MAX);
	for (uint8_t i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(send_mark(c, 0, i), 1);
	CU_ASSERT_EQUAL(cable_next_us(c), 1050);
	cable_set_time(c, 1010);
	CU_ASSERT_EQUAL(send_mark(c, 0, 20), 1);
	CU_ASSERT_EQUAL(send_mark(c, 1, 21), 1);
	CU_ASSERT_EQUAL(cable_next_us(c), 1017);
	cable_set_time(c, 1049);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 0);
	CU_ASSERT_EQUAL(receive_marks(c, 0, marks, BURST), 1);
	/* Time does not go back. */
	cable_set_time(c, 1050);
	cable_set_time(c, 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, 15), 15);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks + 15, BURST), 5);
	for (uint8_t i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(marks[i], i);
	CU_ASSERT_EQUAL(cable_next_us(c), 1060);
	check_gone(c);
}

static void
test_bandwidth(void)
{
	/* 154 bytes at 1,232,000 bit/s: 1 ms each. */
	struct cable *c = make(&(struct cable_conf){
		.now_us = 5000,
		.path = { [0] = { .bits_per_s = 154 * 8 * 1000,
				  .queue_bytes = 154 * 4,
				  .delay_us = 100 } },
	});
	uint8_t marks[BURST];

	for (uint8_t i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(send_mark(c, 0, i), 1);
	/* The queue may hold its limit in front of a frame: five are let in. */
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).overflowed, 5);
	for (uint8_t i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(cable_next_us(c), 5000 + (i + 1u) * 1000 + 100);
		cable_set_time(c, cable_next_us(c));
		CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 1);
		CU_ASSERT_EQUAL(marks[0], i);
	}
	/* The line was idle meanwhile: time does not add up. */
	cable_set_time(c, 20000);
	CU_ASSERT_EQUAL(send_mark(c, 0, 1), 1);
	CU_ASSERT_EQUAL(cable_next_us(c), 21100);
	check_gone(c);
}

struct luck {
	uint32_t got;  /* frames received */
	uint32_t late; /* behind a later one */
	uint64_t order_hash;
};

/* A thousand frames, one each 10 us, over a path. */
static struct luck
try_luck(uint64_t seed, const struct cable_path *path)
{
	struct cable *c = make(&(struct cable_conf){ .seed = seed, .path = { [0] = *path } });
	struct luck l = { 0 };
	uint8_t marks[BURST], highest = 0;
	uint64_t at_us = 0;
	uint16_t n;

	for (uint32_t sent = 0; sent < 1000 || cable_next_us(c) != UINT64_MAX; at_us += 10) {
		cable_set_time(c, at_us);
		if (sent < 1000)
			CU_ASSERT_EQUAL(send_mark(c, 0, (uint8_t)sent++), 1);
		n = receive_marks(c, 1, marks, BURST);
		for (uint16_t i = 0; i < n; i++) {
			l.got++;
			l.order_hash = (l.order_hash ^ marks[i]) * UINT64_C(0x100000001b3) + at_us;
			if ((int8_t)(marks[i] - highest) < 0)
				l.late++;
			else
				highest = marks[i];
		}
	}
	check_gone(c);
	return l;
}

static void
test_luck(void)
{
	static const struct {
		struct cable_path path;
		uint32_t got_min, got_max, late_min, late_max;
	} rows[] = {
		/* More than seven deviations to each side of what chance gives. */
		{ { .delay_us = 100 }, 1000, 1000, 0, 0 },
		{ { .loss_ppm = CABLE_PPM / 10 }, 830, 970, 0, 0 },
		{ { .loss_ppm = CABLE_PPM }, 0, 0, 0, 0 },
		{ { .dup_ppm = CABLE_PPM / 5 }, 1110, 1290, 0, 0 },
		{ { .dup_ppm = CABLE_PPM }, 2000, 2000, 0, 0 },
		{ { .reorder_ppm = CABLE_PPM / 10, .reorder_us = 100 }, 1000, 1000, 30, 170 },
		{ { .reorder_ppm = CABLE_PPM, .reorder_us = 100 }, 1000, 1000, 0, 0 },
		{ { .jitter_us = 9 }, 1000, 1000, 0, 0 },
		{ { .jitter_us = 100 }, 1000, 1000, 300, 1000 },
	};
	struct luck a, b, other;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		a = try_luck(harness_seed(), &rows[i].path);
		b = try_luck(harness_seed(), &rows[i].path);
		CU_ASSERT(a.got >= rows[i].got_min && a.got <= rows[i].got_max);
		CU_ASSERT(a.late >= rows[i].late_min && a.late <= rows[i].late_max);
		CU_ASSERT(a.got == b.got && a.order_hash == b.order_hash);
		other = try_luck(harness_seed() + 1, &rows[i].path);
		if (rows[i].got_min != rows[i].got_max)
			CU_ASSERT_NOT_EQUAL(other.order_hash, a.order_hash);
	}
}

/* --- hooks ------------------------------------------------------------------- */

struct seen {
	uint32_t frames;
	uint32_t len;
	int dir;
	uint64_t now_us;
};

static void
on_tap(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	struct seen *s = arg;

	(void)frame;
	*s = (struct seen){ s->frames + 1, len, dir, now_us };
}

/* Drops odd marks, delays multiples of four, changes mark 2 into 102. */
static enum cable_verdict
on_filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	(void)arg;
	(void)dir;
	(void)len;
	(void)now_us;
	*delay_us = 500;
	if (frame[HDRS] % 2 != 0)
		return CABLE_DROP;
	if (frame[HDRS] % 4 == 0)
		return CABLE_DELAY;
	if (frame[HDRS] == 2)
		frame[HDRS] = 102;
	return CABLE_PASS;
}

static void
test_hooks(void)
{
	struct seen seen = { 0 };
	struct cable *c = make(&(struct cable_conf){
		.now_us = 77,
		.tap = on_tap,
		.tap_arg = &seen,
		.filter = on_filter,
	});
	uint8_t marks[BURST], f[2048];
	uint32_t len;

	for (uint8_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(send_mark(c, 1, i), 1);
	/* The tap sees what was sent, the dropped ones too. */
	CU_ASSERT(seen.frames == 8 && seen.len == 154 && seen.dir == 1 && seen.now_us == 77);
	CU_ASSERT_EQUAL(cable_stats_get(c, 1).filtered, 4);
	CU_ASSERT_EQUAL(receive_marks(c, 0, marks, BURST), 2);
	CU_ASSERT(marks[0] == 102 && marks[1] == 6);
	CU_ASSERT_EQUAL(cable_next_us(c), 577);
	cable_set_time(c, 577);
	CU_ASSERT_EQUAL(receive_marks(c, 0, marks, BURST), 2);
	CU_ASSERT(marks[0] == 0 && marks[1] == 4);
	/* What is injected passes neither. */
	len = make_frame(f, 100, 3);
	CU_ASSERT_EQUAL(cable_inject(c, 0, f, len), 0);
	CU_ASSERT_EQUAL(seen.frames, 8);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 1);
	CU_ASSERT_EQUAL(marks[0], 3);
	check_gone(c);
}

static void
test_spare_arp(void)
{
	struct cable *c = make(&(struct cable_conf){
		.filter = on_filter,
		.path = { [0] = { .loss_ppm = CABLE_PPM }, [1] = { .loss_ppm = CABLE_PPM } },
	});
	uint8_t f[2048], marks[BURST];

	make_frame(f, 100, 3);
	put16(f + 12, 0x0806);
	CU_ASSERT_EQUAL(send_one(c, 0, to_mbuf(f, 154, 1)), 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 0);
	cable_set_path(c, 0, &(struct cable_path){ .loss_ppm = CABLE_PPM, .spare_arp = true });
	CU_ASSERT_EQUAL(send_one(c, 0, to_mbuf(f, 154, 1)), 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 1);
	CU_ASSERT_EQUAL(send_mark(c, 0, 2), 1);
	CU_ASSERT_EQUAL(receive_marks(c, 1, marks, BURST), 0);
	check_gone(c);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "frames are copied into the receiver's buffers", test_copies },
		{ "checksums are filled in as by a NIC", test_tx_cksum },
		{ "checksums are marked as by a NIC", test_rx_marks },
		{ "long packets are cut as by a NIC", test_cuts },
		{ "long packets that are not cut", test_cuts_not },
		{ "what the port does not do", test_refuses },
		{ "bursts cut short lose nothing", test_refusal_by_chance },
		{ "sent buffers come back late", test_lazy_free },
		{ "an empty receive pool drops", test_pool_empty },
		{ "frames arrive when they are due", test_time },
		{ "bandwidth and its queue", test_bandwidth },
		{ "loss, duplication, reordering, jitter", test_luck },
		{ "tap, filter, injection", test_hooks },
		{ "ARP can be spared", test_spare_arp },
	};

	if (eal_start("cable") != 0)
		return EXIT_FAILURE;
	sender_pool = rte_pktmbuf_pool_create("sender", 256, 0, 0, RTE_PKTMBUF_HEADROOM + 2048,
					      SOCKET_ID_ANY);
	if (sender_pool == NULL)
		return EXIT_FAILURE;
	return harness_run("cable", cases, HARNESS_COUNT(cases));
}
