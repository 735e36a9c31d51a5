/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A TLS NIC that would ask on packets, and mbufs have no room for its flag: it says nothing, and takes what it is
 * told unasked.
 */
#include <stdalign.h>
#include <stdio.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf_dyn.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"

enum { SEQ = 0x100 - 30000, RECORD = 1000, RECORDS = 64 };

static struct nic_bench b;

/* What marks need is there, and others take all flags. For as long as the program runs. */
static void
fill_mbufs(void)
{
	static const struct rte_mbuf_dynfield mark = { .name = "recordtls_tlsnic_dynfield_mark",
						       .size = sizeof(void *),
						       .align = alignof(void *) };
	struct rte_mbuf_dynflag flag = { .flags = 0 };
	int n = 0;

	CU_ASSERT_FATAL(rte_mbuf_dynfield_register(&mark) >= 0);
	CU_ASSERT_FATAL(rtls_tls_rx_mark_offset() > 0);
	do {
		snprintf(flag.name, sizeof(flag.name), "full_%d", n++);
	} while (rte_mbuf_dynflag_register(&flag) >= 0);
}

static bool
is_opened(uint32_t off, uint32_t len)
{
	struct rte_mbuf *m = nic_bench_arrive(&b, off, len, 0);
	uint64_t flags;

	CU_ASSERT_EQUAL_FATAL(b.nic->rx_burst(b.nic, 0, &m, 1), 1);
	flags = m->ol_flags;
	rte_pktmbuf_free(m);
	/* No flag of those that anybody may have registered. */
	for (unsigned int bit = 23; bit < 40; bit++)
		CU_ASSERT_EQUAL(flags & RTE_BIT64(bit), 0);
	return (flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0;
}

static void
test_told_only(void)
{
	const struct offload_device *d;
	static uint32_t sizes[RECORDS];

	fill_mbufs();
	for (uint32_t i = 0; i < RECORDS; i++)
		sizes[i] = RECORD - 22;
	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .rx_method = RTLS_TLS_RX_SCAN }, 0);
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(d->rx_resync_off, 0);
	CU_ASSERT_EQUAL(d->rx_resync_flag, 0);
	nic_bench_receives(&b, (uint32_t)SEQ, 0, sizes, RECORDS);
	CU_ASSERT(is_opened(0, RECORD + 10));
	/* It searches, and finds headers, enough for a second question. */
	for (uint32_t i = 20; i < 50; i++)
		CU_ASSERT_FALSE(is_opened(i * RECORD, RECORD));
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_resync_req_pkt"), 0);
	CU_ASSERT_EQUAL(d->ops->rx_resync(d->dev, b.ctx, (uint32_t)SEQ + 51 * RECORD,
					  b.stream.first_rec_no + 51),
			0);
	CU_ASSERT_FALSE(is_opened(50 * RECORD, RECORD));
	CU_ASSERT(is_opened(51 * RECORD, RECORD));
	CU_ASSERT(is_opened(52 * RECORD, 700));
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_resync_res_ok"), 1);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_lost"), 0);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "told only", test_told_only },
	};

	if (eal_start("tlsnic-no-flag") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/no_flag", cases, HARNESS_COUNT(cases));
}
