/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS NIC when the port below or a pool has no room: what is not taken has changed
 * nothing, what is taken keeps its order, and no buffer is lost.
 */
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/stack.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_bench.h"

/* The order of everything that is taken, while the port below takes a few frames at a time. */
static void
under_refuses(uint8_t rings)
{
	struct rte_mbuf *pending[8];
	struct nic_bench b;
	uint32_t off = 0, at = 0, checked = 0, end = 40000;
	uint16_t n = 0;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings }, 0);
	b.under->takes = 0;
	while (checked < end) {
		uint16_t taken;

		while (n < RTE_DIM(pending) && off < end) {
			pending[n++] = nic_bench_packet(&b, off, 100, 0);
			off += 100;
		}
		taken = nic_bench_burst(&b, pending, n);
		n = (uint16_t)(n - taken);
		memmove(pending, pending + taken, n * sizeof(pending[0]));
		while (at < b.under->nb_sent) {
			nic_bench_check(&b, &at, checked, 100, 0);
			checked += 100;
		}
		b.under->takes = harness_below(&b.luck, 4);
	}
	b.under->takes = UINT32_MAX;
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	nic_bench_close(&b);
}

static void
test_under_refuses(void)
{
	under_refuses(0);
	under_refuses(1);
}

/* Nothing is taken any more, and nothing has moved for it. */
static void
full(const struct rtls_tlsnic_conf *conf, uint16_t mss)
{
	struct nic_bench b;
	struct rte_mbuf *m;
	uint32_t off = 0, at = 0, len = 1400;
	uint64_t bytes;

	nic_bench_begin(&b, conf, 0);
	b.under->takes = 0;
	for (;;) {
		m = nic_bench_packet(&b, off, len, mss);
		if (nic_bench_burst(&b, &m, 1) == 0)
			break;
		off += len;
	}
	bytes = nic_bench_count(&b, "tx_tls_encrypted_bytes");
	CU_ASSERT_EQUAL(bytes, off);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_bytes"), bytes);
	CU_ASSERT_EQUAL(b.under->nb_sent, 0);
	b.under->takes = UINT32_MAX;
	nic_bench_turn(&b); /* what waits goes first, without a burst */
	CU_ASSERT(b.under->nb_sent > 0);
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	for (uint32_t i = 0; i <= off; i += len)
		nic_bench_check(&b, &at, i, len, mss);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	nic_bench_close(&b);
}

static void
test_no_buffers(void)
{
	full(&(struct rtls_tlsnic_conf){ .nb_mbufs = 32 }, 0);
	full(&(struct rtls_tlsnic_conf){ .nb_mbufs = 32 }, 200);
}

static void
test_no_room(void)
{
	full(&(struct rtls_tlsnic_conf){ .nb_mbufs = 8192 }, 50);
}

/* What the port below has sent, but still holds, is asked back before a packet is refused. */
static void
test_held_below(void)
{
	struct nic_bench b;

	for (uint8_t rings = 0; rings < 2; rings++) {
		nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .nb_mbufs = 16, .rings = rings },
				0);
		b.under->holds = true;
		for (uint32_t off = 0; off < 20000; off += 1000)
			nic_bench_send(&b, off, 1000, 0);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_no_mbuf"), 0);
		b.under->port.tx_cleanup(&b.under->port, 0);
		nic_bench_close(&b);
	}
}

/*
 * The port below takes nothing any more: what the NIC has taken holds no buffer of the host's,
 * which could not end otherwise. Nor does a packet that needs nothing of the NIC.
 */
static void
test_host_gets_its_buffers(void)
{
	struct rte_mbuf *m[2];
	struct nic_bench b;

	for (uint32_t caps = 0; caps <= 7; caps += 7) {
		nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 }, caps);
		b.under->takes = 0;
		m[0] = nic_bench_packet(&b, 0, 100, 0);
		m[1] = nic_bench_packet(&b, 100, 0, 0);
		m[1]->ol_flags = 0;
		CU_ASSERT_EQUAL(nic_bench_burst(&b, m, 2), 2);
		CU_ASSERT_EQUAL(b.under->nb_sent, 0);
		CU_ASSERT_EQUAL(nic_bench_mbufs_out(&b), 0);
		b.under->takes = UINT32_MAX;
		b.nic->tx_cleanup(b.nic, 0);
		CU_ASSERT_EQUAL(b.under->nb_sent, 2);
		nic_bench_close(&b);
	}
}

/* What waits in the NIC goes out with a poll only: a program that sleeps must know of it. */
static void
test_deadline(void)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.max_socks = 8,
		.max_time_wait = 8,
		.max_syn = 8,
		.nb_packets = 64,
		.nb_small = 16,
		.nb_medium = 16,
		.nb_large = 16,
	};
	struct rtls_stack *s = NULL;
	struct nic_bench b;
	struct rte_mbuf *m;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&conf, &s), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(s, b.nic, 0), 0);
	rtls_stack_poll(s, 1000);
	CU_ASSERT_EQUAL(rtls_stack_deadline(s), UINT64_MAX);
	b.under->takes = 0;
	m = nic_bench_packet(&b, 0, 100, 0);
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	CU_ASSERT(rtls_stack_deadline(s) < 2000);
	rtls_stack_poll(s, 1200);
	CU_ASSERT_EQUAL(b.under->nb_sent, 0);
	CU_ASSERT(rtls_stack_deadline(s) > 1200 && rtls_stack_deadline(s) < 2200);
	b.under->takes = UINT32_MAX;
	rtls_stack_poll(s, 1400);
	CU_ASSERT_EQUAL(b.under->nb_sent, 1);
	CU_ASSERT_EQUAL(rtls_stack_deadline(s), UINT64_MAX);
	CU_ASSERT_EQUAL(rtls_stack_destroy(s), 0);
	nic_bench_close(&b);
}

/* One that will never go does not stop those behind it. */
static void
test_refused_for_ever(void)
{
	struct rte_mbuf *m[3];
	struct nic_bench b;
	uint32_t at = 0;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	b.under->refused_len = NIC_BENCH_HDRS + 99;
	m[0] = nic_bench_packet(&b, 0, 100, 0);
	m[1] = nic_bench_packet(&b, 100, 99, 0);
	m[2] = nic_bench_packet(&b, 199, 100, 0);
	CU_ASSERT_EQUAL(nic_bench_burst(&b, m, 3), 3);
	nic_bench_check(&b, &at, 0, 100, 0);
	nic_bench_check(&b, &at, 199, 100, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_prepare_err"), 1);
	nic_bench_close(&b);
}

/* Over rings the host's packets wait in front of the NIC, which has no buffers. */
static void
test_no_buffers_rings(void)
{
	struct nic_bench b;
	struct rte_mbuf *m;
	uint32_t off, at = 0;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .nb_mbufs = 8, .rings = 1 }, 0);
	b.under->takes = 0;
	for (off = 0; off < 50000; off += 1000) {
		m = nic_bench_packet(&b, off, 1000, 0);
		CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	}
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_bytes"), 4000);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "nic_tx_mbufs_in_use"), 4);
	b.under->takes = UINT32_MAX;
	nic_bench_turn(&b);
	for (uint32_t i = 0; i < off; i += 1000)
		nic_bench_check(&b, &at, i, 1000, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	nic_bench_close(&b);
}

/* Closed in the midst of everything: all buffers are back in their pools. */
static void
test_close_busy(void)
{
	for (uint8_t rings = 0; rings < 2; rings++)
		for (uint32_t takes = 0; takes < 3; takes++) {
			struct nic_bench b;
			struct rte_mbuf *m;

			nic_bench_begin(
				&b, &(struct rtls_tlsnic_conf){ .nb_mbufs = 16, .rings = rings },
				0);
			b.under->takes = takes;
			for (uint32_t off = 0; off < 20000; off += 1000) {
				m = nic_bench_packet(&b, off, 1000, 0);
				if (b.nic->tx_burst(b.nic, 0, &m, 1) == 0)
					rte_pktmbuf_free(m);
				if (off == 5000)
					rtls_tlsnic_poll(b.nic);
			}
			CU_ASSERT_EQUAL(rte_security_session_destroy(b.nic->tls.sec_ctx, b.session),
					0);
			CU_ASSERT_EQUAL(rtls_port_close(b.nic), 0);
			CU_ASSERT_EQUAL(b.under->closed, 1);
			CU_ASSERT_EQUAL(nic_bench_mbufs_out(&b), 0);
			nic_under_destroy(b.under);
			nic_stream_fini(&b.stream);
		}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the port below refuses", test_under_refuses },
		{ "no buffers", test_no_buffers },
		{ "no room for frames", test_no_room },
		{ "no buffers, over rings", test_no_buffers_rings },
		{ "buffers that the port below still holds", test_held_below },
		{ "a frame that the port below never takes", test_refused_for_ever },
		{ "the host gets its buffers, whatever the port below does",
		  test_host_gets_its_buffers },
		{ "a stack that sleeps comes back for what waits", test_deadline },
		{ "closed while it is busy", test_close_busy },
	};

	if (eal_start("tlsnic-shortage") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/shortage", cases, HARNESS_COUNT(cases));
}
