/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A port's life between stacks, a TLS NIC over it and the device; packets that lie. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/recordtls.h>

#include "port/port.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"
#include "support/stat.h"

/* Gives its buffers back when it is closed. */
static struct eth_double *closing;

int __wrap_rte_eth_dev_close(uint16_t port_id);
int __real_rte_eth_dev_close(uint16_t port_id);

struct search {
	const struct rte_mempool *pool;
	bool found;
};

static void
compare(struct rte_mempool *mp, void *arg)
{
	struct search *s = arg;

	s->found |= mp == s->pool;
}

static bool
pool_is_there(const struct rte_mempool *pool)
{
	struct search s = { .pool = pool };

	rte_mempool_walk(compare, &s);
	return s.found;
}

int
__wrap_rte_eth_dev_close(uint16_t port_id)
{
	if (closing != NULL && closing->nb_held > 0) {
		const struct rte_mempool *pool = closing->held[0]->pool;

		CU_ASSERT_FATAL(pool_is_there(pool));
		eth_double_release(closing, 0);
	}
	return __real_rte_eth_dev_close(port_id);
}

static const struct rtls_port_conf SMALL = {
	.size = sizeof(SMALL), .nb_rx_mbufs = 512, .nb_rx_desc = 64, .nb_tx_desc = 64
};

static void
begin(struct eth_double *d)
{
	closing = NULL;
	memset(d, 0, sizeof(*d));
	eth_double_make(d);
}

/* A port under a TLS NIC is the NIC's: nobody binds, wraps or closes it beside that. */
static void
test_under(void)
{
	struct rtls_stack_conf sc = { .size = sizeof(sc),
				      .nb_packets = 64,
				      .nb_small = 16,
				      .nb_medium = 16,
				      .nb_large = 16,
				      .max_socks = 4 };
	struct rtls_tlsnic_conf nc = { .size = sizeof(nc), .nb_mbufs = 64, .max_contexts = 4 };
	struct rtls_port *under = NULL, *nic = NULL, *other = NULL;
	struct rtls_stack *s;
	struct eth_double d;

	begin(&d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &under), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(under, &nc, &nic), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&sc, &s), 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, under, 0), -EBUSY);
	CU_ASSERT_EQUAL(rtls_tlsnic_open(under, &nc, &other), -EBUSY);
	CU_ASSERT_EQUAL(rtls_port_close(under), -EBUSY);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, nic, 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, nic, UINT16_MAX), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(NULL, nic, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, nic, 0), 0);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, nic, 0), -EBUSY);
	CU_ASSERT_EQUAL(rtls_port_close(nic), -EBUSY);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
	eth_double_end(&d);
}

/* Frames of the NIC that a device holds which goes on: their pool must stay. */
static void
test_under_holds(void)
{
	struct rtls_tlsnic_conf nc = { .size = sizeof(nc), .nb_mbufs = 64, .max_contexts = 4 };
	struct rtls_port *under = NULL, *nic = NULL;
	struct rte_mbuf *m;
	struct eth_double d;

	for (int adopted = 0; adopted < 2; adopted++) {
		begin(&d);
		if (adopted)
			eth_double_start(&d, 1, 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &under), 0);
		eth_double_take_over(&d);
		d.holds = 1;
		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(under, &nc, &nic), 0);
		m = rte_pktmbuf_alloc(d.rx_pool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rte_pktmbuf_append(m, 60));
		memset(rte_pktmbuf_mtod(m, void *), 0, 60);
		CU_ASSERT_EQUAL(nic->tx_burst(nic, 0, &m, 1), 1);
		CU_ASSERT_EQUAL_FATAL(d.nb_held, 1);
		if (adopted) {
			CU_ASSERT_EQUAL(rtls_port_close(nic), -EAGAIN);
			eth_double_release(&d, 0);
		}
		closing = &d;
		CU_ASSERT_EQUAL(rtls_port_close(nic), 0);
		CU_ASSERT_EQUAL(d.nb_held, 0);
		eth_double_end(&d);
	}
}

/* A question for our MAC address, in nb pieces. */
static struct rte_mbuf *
arp_request(const struct eth_double *d, int nb)
{
	static const uint8_t frame[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,   0, 0, 0, 0,
					   9,    8,    6,    0,    1,    8,    0,   6, 4, 0, 1,
					   2,    0,    0,    0,    0,    9,    192, 0, 2, 9, 0,
					   0,    0,    0,    0,    0,    192,  0,   2, 1 };
	struct rte_mbuf *head = NULL, **link = &head, *m;
	uint32_t at = 0;

	for (int i = 0; i < nb; i++, link = &m->next) {
		uint16_t n = (uint16_t)(i + 1 == nb ? sizeof(frame) - at : 10);

		*link = m = rte_pktmbuf_alloc(d->rx_pool);
		memcpy(rte_pktmbuf_append(m, n), frame + at, n);
		at += n;
	}
	head->nb_segs = (uint16_t)nb;
	head->pkt_len = sizeof(frame);
	return head;
}

/* Received packets that are not what their head says are dropped, not read. */
static void
test_lies(void)
{
	struct rtls_addr ip = { .family = RTLS_IPV4, .ip = { 192, 0, 2, 1 } };
	struct rtls_stack_conf sc = { .size = sizeof(sc),
				      .nb_packets = 64,
				      .nb_small = 16,
				      .nb_medium = 16,
				      .nb_large = 16,
				      .max_socks = 4 };
	struct rtls_port *p = NULL;
	struct rtls_stack *s;
	struct rte_mbuf *m;
	struct eth_double d;
	uint64_t now_us = 1000000;

	begin(&d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &p), 0);
	eth_double_take_over(&d);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&sc, &s), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(s, p, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(s, p, &ip, 24), 0);
	for (int lie = 0; lie < 10; lie++) {
		m = arp_request(&d, lie % 2 == 0 ? 1 : 3);
		switch (lie / 2) {
		case 0:
			break; /* the truth */
		case 1:
			m->pkt_len += 10;
			break;
		case 2:
			m->nb_segs++;
			break;
		case 3:
			m->data_off = (uint16_t)(m->buf_len - m->data_len + 1);
			break;
		case 4: /* ARP for a hardware that has addresses of 7 bytes */
			*(lie % 2 == 0 ? rte_pktmbuf_mtod_offset(m, uint8_t *, 18) :
					 rte_pktmbuf_mtod_offset(m->next, uint8_t *, 8)) = 7;
			break;
		}
		d.in[d.nb_in++] = m;
		rtls_stack_poll(s, now_us++);
		rtls_stack_poll(s, now_us++);
		CU_ASSERT_EQUAL(d.nb_sent, lie < 2 ? (uint64_t)lie + 1 : 2);
		CU_ASSERT_EQUAL(stat_of(s, NULL, "RxMalformed"), lie < 2 ? 0 : (uint64_t)lie - 1);
		/* What was made up must not confuse the pool. */
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(d.rx_pool), 0);
	}
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	eth_double_end(&d);
}

static void
test_nulls(void)
{
	struct rtls_port *p = NULL;
	struct eth_double d;

	begin(&d);
	CU_ASSERT_EQUAL(rtls_port_ethdev(d.port_id, &SMALL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_ethdev(UINT16_MAX, &SMALL, &p), -ENODEV);
	CU_ASSERT_EQUAL(rtls_tlsnic_open(NULL, NULL, &p), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(d.port_id, &SMALL, &p), 0);
	CU_ASSERT_EQUAL(rtls_tlsnic_open(p, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_close(p), 0);
	eth_double_end(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a port under a TLS NIC", test_under },
		{ "a device that goes on with frames of a TLS NIC", test_under_holds },
		{ "packets that are not what they say", test_lies },
		{ "nothing", test_nulls },
	};

	if (eal_start("port-life") != 0)
		return 1;
	return harness_run("eal/port-life", cases, HARNESS_COUNT(cases));
}
