/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the TLS NIC says of a received packet, beside what tlsnic-receive looks at. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>
#include <rte_security.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"
#include "tlsnic/nic.h"

enum { SEQ = 7000, RECORD = 1022 };

static const uint32_t sizes[] = { RECORD - 22, RECORD - 22, RECORD - 22, RECORD - 22 };

static const uint64_t opened = RTE_MBUF_F_RX_SEC_OFFLOAD;
static const uint64_t failed = RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;

static struct nic_bench b;

/* A bench whose context receives. */
static void
begin(const struct rtls_tlsnic_conf *conf)
{
	nic_bench_open(&b, conf, 0);
	nic_bench_receives(&b, SEQ, 0, sizes, RTE_DIM(sizes));
}

/* A packet comes; its flags are these, and what its mark says is in *mark. */
static void
is_marked(uint32_t off, uint32_t len, unsigned int arrival, uint64_t flags,
	  struct rtls_tls_rx_mark *mark)
{
	struct rte_mbuf *m;

	nic_bench_arrive(&b, off, len, arrival);
	m = nic_bench_receive(&b);
	CU_ASSERT_EQUAL(m->ol_flags & failed, flags);
	/* Its bytes are the host's alone. */
	CU_ASSERT(flags == 0 ||
		  (RTE_MBUF_DIRECT(m) && m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1));
	if (flags != 0)
		*mark = nic_bench_mark_of(m);
	rte_pktmbuf_free(m);
}

static void
says(uint32_t off, uint32_t len, unsigned int arrival, uint64_t flags, uint16_t run)
{
	struct rtls_tls_rx_mark mark = { 0 };

	is_marked(off, len, arrival, flags, &mark);
	CU_ASSERT(flags == 0 || nic_bench_same_mark(mark, nic_bench_mark(&b, off, len, run)));
}

/* The port below says what it likes: of what the NIC passes as it came nothing is said. */
static void
test_cleared(void)
{
	static const unsigned int arrivals[] = {
		0,
		NIC_ARRIVAL_OTHER_FLOW,
		NIC_ARRIVAL_BAD_IP_SUM,
		NIC_ARRIVAL_BAD_TCP_SUM,
		NIC_ARRIVAL_SYN,
		NIC_ARRIVAL_NO_ACK,
		NIC_ARRIVAL_BAD_BYTE,
	};

	for (size_t i = 0; i < 2 * RTE_DIM(arrivals); i++) {
		struct rte_mbuf *m;

		begin(&(struct rtls_tlsnic_conf){ .rings = i % 2 });
		/* One record and a bit, or bytes that are not expected. */
		m = nic_bench_arrive(&b, arrivals[i / 2] == 0 ? 1 : 0, RECORD, arrivals[i / 2]);
		m->ol_flags |= failed;
		m = nic_bench_receive(&b);
		CU_ASSERT_EQUAL(m->ol_flags & failed, 0);
		rte_pktmbuf_free(m);
		/* With SYN it is no text; no context is for it, or it is another's: all the same. */
		m = nic_bench_arrive(&b, 0, RECORD, 0);
		m->ol_flags |= failed;
		m = nic_bench_receive(&b);
		CU_ASSERT_EQUAL(m->ol_flags & failed, opened);
		rte_pktmbuf_free(m);
		nic_bench_close(&b);
	}
}

/* Gaps: one run each, told by the packets behind it; the last number is followed by LOST. */
static void
test_runs(void)
{
	const struct offload_device *d;
	struct rtls_tls_event ev[2];

	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings, .rx_first_run = UINT16_MAX - 1 });
		d = &b.nic->tls;
		says(0, 100, 0, opened, UINT16_MAX - 1);
		says(200, RECORD - 100, 0, 0, 0);
		says(RECORD + 100, 500, 0, opened, UINT16_MAX);
		CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 2), 0);
		says(RECORD + 700, RECORD, 0, 0, 0);
		CU_ASSERT_EQUAL_FATAL(d->ops->poll_events(d->dev, 0, ev, 2), 1);
		CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_LOST);
		CU_ASSERT_EQUAL(ev[0].status, -EOVERFLOW);
		CU_ASSERT_EQUAL(ev[0].ctx.generation, b.ctx.generation);
		says(2 * RECORD + 700, 500, 0, 0, 0);
		CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 2), 0);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_lost"), 1);
		nic_bench_close(&b);
	}
}

static void
are_decrypted(uint64_t packets, uint64_t bytes, uint64_t marked_failed)
{
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_decrypted_packets"), packets);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_decrypted_bytes"), bytes);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_failed"), marked_failed);
}

/* A record that is not authentic, as a NIC shows it that can restore packets, and one that cannot. */
static void
test_keeps(void)
{
	begin(&(struct rtls_tlsnic_conf){ .rx_keeps = 1 });
	says(0, 500, 0, opened, 0);
	says(500, RECORD - 500, NIC_ARRIVAL_BAD_BYTE, failed, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_err"), 1);
	are_decrypted(1, 500, 1);
	says(RECORD, 1300, 0, opened, 0);
	are_decrypted(2, 1800, 1);
	nic_bench_close(&b);

	begin(&(struct rtls_tlsnic_conf){ .rx_keeps = 0 });
	says(0, 500, 0, opened, 0);
	says(500, RECORD - 500, NIC_ARRIVAL_BAD_BYTE, 0, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_err"), 1);
	are_decrypted(1, 500, 0);
	says(500, RECORD - 500, 0, opened, 0);
	are_decrypted(2, RECORD, 0);
	nic_bench_close(&b);
}

static void
test_unverified(void)
{
	begin(&(struct rtls_tlsnic_conf){ .rx_unverified = 3 });
	for (uint32_t i = 1; i <= 9; i++)
		says((i - 1) * 300, 300, 0, i % 3 == 0 ? failed : opened, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_err"), 0);
	are_decrypted(6, 6 * 300, 3);
	nic_bench_close(&b);
}

/* Each field but the one that is asked for is right, and every second mark is. */
static void
test_lies(void)
{
	static const struct rtls_tls_rx_mark by[] = {
		{ .generation = 1 },   { .run = 7 },
		{ .rec_no = 0x10000 }, { .rec_off = 1 },
		{ .rec_len = 2 },      { .explicit_nonce = { 3, 0, 0, 0, 0, 0, 0, 255 } },
	};

	for (size_t n = 0; n < RTE_DIM(by); n++) {
		begin(&(struct rtls_tlsnic_conf){ .rx_lie = 2, .rx_lie_by = by[n] });
		for (uint32_t i = 1; i <= 6; i++) {
			struct rtls_tls_rx_mark right = nic_bench_mark(&b, (i - 1) * 300, 300, 0);
			struct rtls_tls_rx_mark mark = right;

			is_marked((i - 1) * 300, 300, 0, opened, &mark);
			CU_ASSERT_EQUAL(nic_bench_same_mark(mark, right), i % 2 != 0);
			if (i % 2 != 0)
				continue;
			right.generation += by[n].generation;
			right.run += by[n].run;
			right.rec_no += by[n].rec_no;
			right.rec_off += by[n].rec_off;
			right.rec_len += by[n].rec_len;
			memcpy(right.explicit_nonce, by[n].explicit_nonce, 8);
			CU_ASSERT(nic_bench_same_mark(mark, right));
		}
		nic_bench_close(&b);
	}
}

/* One counter for all contexts, of both directions; what a mark has room for is never 0. */
static void
test_generations(void)
{
	static const uint32_t rows[][2] = {
		{ 1, 2 },
		{ 0xfffe, 0xffff },
		{ 0xffff, 0x10001 },
		{ 0x1ffff, 0x20001 },
		{ UINT32_MAX - 1, UINT32_MAX },
		{ UINT32_MAX, 1 },
	};
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 444);
	struct rtls_tls_handle second, again;
	const struct offload_device *d;

	begin(&(struct rtls_tlsnic_conf){ .max_contexts = 3 });
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(b.ctx.generation, 1);
	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		((struct tlsnic *)b.nic)->contexts.generation = rows[i][0];
		CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, b.session, &flow, 10, &second), 0);
		CU_ASSERT_EQUAL(second.generation, rows[i][1]);
		(void)d->ops->del(d->dev, second);
		CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, b.session, &flow, 11, &again), 0);
		CU_ASSERT_NOT_EQUAL(again.generation, second.generation);
		CU_ASSERT_NOT_EQUAL((uint16_t)again.generation, 0);
		(void)d->ops->del(d->dev, again);
	}
	nic_bench_close(&b);
}

static void
test_caps(void)
{
	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	CU_ASSERT(b.nic->tls.caps.rx_identity != 0);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "no mark that the NIC has not made", test_cleared },
		{ "runs, up to the last number", test_runs },
		{ "what is not authentic, kept and restored", test_keeps },
		{ "packets that are not verified", test_unverified },
		{ "lies", test_lies },
		{ "generations", test_generations },
		{ "capabilities", test_caps },
	};

	if (eal_start("tlsnic-mark") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/mark", cases, HARNESS_COUNT(cases));
}
