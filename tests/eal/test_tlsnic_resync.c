/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A TLS NIC that is out of step: how it asks, by packets and by events, and what it counts. What it
 * makes of the bytes is the matter of tests/unit/tlsnic.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"
#include "tlsnic/nic.h"

enum { SEQ = 0x100 - 30000, RECORD = 1000, RECORDS = 64 };

static uint32_t sizes[RECORDS];

static struct {
	struct nic_bench b;
	const struct offload_device *d;
	uint64_t flag; /* of a packet that asks */
	int field;
} t;

static void
begin(const struct rtls_tlsnic_conf *conf)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		sizes[i] = RECORD - 22;
	t.field = rtls_tls_rx_resync_offset(&t.flag);
	CU_ASSERT_FATAL(t.field > 0 && t.flag != 0);
	nic_bench_open(&t.b, conf, 0);
	t.d = &t.b.nic->tls;
	nic_bench_receives(&t.b, (uint32_t)SEQ, 0, sizes, RECORDS);
}

static uint64_t
count(const char *name)
{
	return nic_bench_count(&t.b, name);
}

static int
tell(uint32_t record)
{
	return t.d->ops->rx_resync(t.d->dev, t.b.ctx, (uint32_t)SEQ + record * RECORD,
				   t.b.stream.first_rec_no + record);
}

/* --- packets ------------------------------------------------------------------------------ */

enum { NONE = -1 };

/* A packet goes through: opened or not, and about which record, if any, it asks. */
static void
gets_of(uint32_t off, uint32_t len, uint64_t from_below, bool opened, int record)
{
	struct rte_mbuf *m = nic_bench_arrive(&t.b, off, len, 0);

	m->ol_flags |= from_below;
	m = nic_bench_receive(&t.b);
	CU_ASSERT_EQUAL((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0, opened);
	CU_ASSERT_EQUAL((m->ol_flags & t.flag) != 0, record != NONE);
	if (record != NONE)
		CU_ASSERT_EQUAL(*RTE_MBUF_DYNFIELD(m, t.field, uint32_t *),
				(uint32_t)SEQ + (uint32_t)record * RECORD);
	rte_pktmbuf_free(m);
}

static void
gets(uint32_t off, uint32_t len, bool opened, int record)
{
	gets_of(off, len, 0, opened, record);
}

/* Out of step, from the middle of record 20 on. */
static void
leave(void)
{
	gets(0, RECORD + 10, true, NONE);
	gets(20 * RECORD + 10, 900, false, NONE);
}

static void
test_on_packet(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		leave();
		gets(20 * RECORD + 910, 92, false, NONE); /* two bytes of a header */
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 0);
		gets(21 * RECORD + 2, 3, false, 21); /* the other three */
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 1);
		/* Of the port below nothing is believed. */
		gets_of(21 * RECORD + 5, 1400, t.flag, false, NONE);
		CU_ASSERT_EQUAL(tell(21), 0);
		gets(22 * RECORD + 405, 595, false, NONE);
		gets_of(23 * RECORD, 1000, t.flag, true, NONE);
		gets(24 * RECORD, 1400, true, NONE);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 1);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_ok"), 1);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 0);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_start"), 0);
		CU_ASSERT_EQUAL(count("rx_tls_lost"), 0);
		/* What is late is counted, and nothing else. */
		CU_ASSERT_EQUAL(tell(21), 0);
		gets(25 * RECORD + 400, 1000, true, NONE);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 1);
		nic_bench_close(&t.b);
	}
}

/* Packets that the device does not look at say nothing about headers. */
static void
test_other_packets(void)
{
	static const unsigned int arrivals[] = { NIC_ARRIVAL_BAD_TCP_SUM, NIC_ARRIVAL_BAD_IP_SUM,
						 NIC_ARRIVAL_OTHER_FLOW, NIC_ARRIVAL_SYN };

	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	leave();
	for (size_t i = 0; i < RTE_DIM(arrivals); i++) {
		struct rte_mbuf *m = nic_bench_arrive(&t.b, 20 * RECORD, 1400, arrivals[i]);

		m->ol_flags |= t.flag;
		CU_ASSERT_EQUAL_FATAL(t.b.nic->rx_burst(t.b.nic, 0, &m, 1), 1);
		CU_ASSERT_EQUAL(m->ol_flags & t.flag, 0);
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 0);
	gets(20 * RECORD, 1400, false, 20);
	nic_bench_close(&t.b);
}

/* --- events ------------------------------------------------------------------------------- */

/* What the next poll tells: two events, one or none. */
static void
told(int first, int second)
{
	struct rtls_tls_event ev[4];
	unsigned int n = (first != NONE) + (second != NONE);

	CU_ASSERT_EQUAL_FATAL(t.d->ops->poll_events(t.d->dev, 0, ev, 4), n);
	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(ev[i].type, i == 0 ? first : second);
		CU_ASSERT_EQUAL(ev[i].cookie, 9);
		CU_ASSERT_EQUAL(ev[i].ctx.generation, t.b.ctx.generation);
	}
}

/* One start: where and how long. */
static void
started(uint32_t off, uint32_t len)
{
	struct rtls_tls_event ev[2];

	CU_ASSERT_EQUAL_FATAL(t.d->ops->poll_events(t.d->dev, 0, ev, 2), 1);
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_RESYNC_START);
	CU_ASSERT_EQUAL(ev[0].seq, (uint32_t)SEQ + off);
	CU_ASSERT_EQUAL(ev[0].len, len);
}

static void
ended(uint32_t record)
{
	struct rtls_tls_event ev[2];

	CU_ASSERT_EQUAL_FATAL(t.d->ops->poll_events(t.d->dev, 0, ev, 2), 1);
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_RESYNC_END);
	CU_ASSERT_EQUAL(ev[0].seq, (uint32_t)SEQ + record * RECORD);
}

static void
counts(uint64_t start, uint64_t end, uint64_t skip)
{
	CU_ASSERT_EQUAL(count("rx_tls_resync_req_start"), start);
	CU_ASSERT_EQUAL(count("rx_tls_resync_req_end"), end);
	CU_ASSERT_EQUAL(count("rx_tls_resync_req_skip"), skip);
}

static struct rtls_tlsnic_conf
delayed(uint8_t rings, uint32_t polls)
{
	return (struct rtls_tlsnic_conf){ .rx_method = RTLS_TLS_RX_SCAN_DELAYED,
					  .rings = rings,
					  .rx_resync_polls = polls };
}

/* From a start to an end, so many polls later; the answer counts the records in between. */
static void
test_by_events(void)
{
	for (uint32_t polls = 0; polls <= 4; polls++) {
		struct rtls_tlsnic_conf conf = delayed(0, polls);

		begin(&conf);
		leave();
		told(NONE, NONE);
		gets(20 * RECORD + 910, 92, false, NONE);
		gets(21 * RECORD + 2, 1398, false, NONE);
		started(21 * RECORD, 1400);
		for (uint32_t i = 1; i < polls; i++)
			told(NONE, NONE);
		gets(22 * RECORD + 400, 900, false, NONE);
		ended(21);
		told(NONE, NONE);
		CU_ASSERT_EQUAL(tell(21), 0);
		gets(23 * RECORD + 300, 700, false, NONE);
		gets(24 * RECORD, 1400, true, NONE);
		told(NONE, NONE);
		counts(1, 1, 0);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 1);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_ok"), 1);
		nic_bench_close(&t.b);
	}
}

/* The same where the NIC's polls are turns of another lcore. */
static void
test_by_events_of_rings(void)
{
	struct rtls_tlsnic_conf conf = delayed(1, 2);

	begin(&conf);
	leave();
	gets(20 * RECORD + 910, 190, false, NONE);
	started(20 * RECORD + 910, 190);
	gets(21 * RECORD + 100, 900, false, NONE);
	told(NONE, NONE);
	gets(22 * RECORD, 500, false, NONE);
	ended(21);
	CU_ASSERT_EQUAL(tell(21), 0);
	gets(22 * RECORD + 500, 500, false, NONE);
	gets(23 * RECORD, 500, true, NONE);
	counts(1, 1, 0);
	nic_bench_close(&t.b);
}

static void
test_cancels(void)
{
	struct rtls_tlsnic_conf conf = delayed(0, 3);

	/* No header where one must be, as the packet over it does not come; and another question. */
	begin(&conf);
	leave();
	gets(20 * RECORD + 910, 190, false, NONE);
	told(RTLS_TLS_EV_RESYNC_START, NONE);
	gets(22 * RECORD + 100, 500, false, NONE);
	told(RTLS_TLS_EV_RESYNC_CANCEL, NONE);
	gets(22 * RECORD + 600, 500, false, NONE);
	told(RTLS_TLS_EV_RESYNC_START, NONE);
	gets(30 * RECORD + 600, 500, false, NONE);
	told(RTLS_TLS_EV_RESYNC_CANCEL, RTLS_TLS_EV_RESYNC_START);
	counts(3, 0, 2);
	/* A hint. Then it asks nothing any more. */
	CU_ASSERT_EQUAL(tell(32), 0);
	told(RTLS_TLS_EV_RESYNC_CANCEL, NONE);
	for (unsigned int i = 0; i < 4; i++)
		told(NONE, NONE);
	counts(3, 0, 3);
	gets(32 * RECORD, 500, true, NONE);
	/* An answer that comes in front of the end. */
	gets(52 * RECORD, 500, false, NONE);
	told(RTLS_TLS_EV_RESYNC_START, NONE);
	CU_ASSERT_EQUAL(tell(52), 0);
	told(RTLS_TLS_EV_RESYNC_CANCEL, NONE);
	gets(53 * RECORD, 500, true, NONE);
	counts(4, 0, 4);
	nic_bench_close(&t.b);
}

/* A hint that is too late changes nothing. */
static void
test_too_late(void)
{
	struct rtls_tlsnic_conf conf = delayed(0, 2);

	begin(&conf);
	leave();
	gets(21 * RECORD, 190, false, NONE);
	told(RTLS_TLS_EV_RESYNC_START, NONE);
	CU_ASSERT_EQUAL(tell(20), 0);
	CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 1);
	told(NONE, NONE);
	ended(21);
	nic_bench_close(&t.b);
}

/* The context goes while something is asked. */
static void
test_ends(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct rtls_tlsnic_conf conf = delayed(rings, 2);
		struct tlsnic *nic;

		begin(&conf);
		leave();
		gets(21 * RECORD, 190, false, NONE);
		if (rings == 0)
			told(RTLS_TLS_EV_RESYNC_START, NONE);
		(void)t.d->ops->del(t.d->dev, t.b.ctx);
		nic_bench_turn(&t.b);
		told(rings != 0 ? RTLS_TLS_EV_DEL_DONE : NONE, NONE);
		for (unsigned int i = 0; i < 4; i++)
			told(NONE, NONE);
		counts(1, 0, 1);
		nic_bench_close(&t.b);

		begin(&conf);
		nic = (struct tlsnic *)t.b.nic;
		leave();
		gets(21 * RECORD, 190, false, NONE);
		told(RTLS_TLS_EV_RESYNC_START, NONE);
		nic->contexts.tab[t.b.ctx.index].rx.next_run = UINT16_MAX + 1;
		CU_ASSERT_EQUAL(tell(21), 0);
		nic_bench_turn(&t.b);
		told(RTLS_TLS_EV_RESYNC_CANCEL, RTLS_TLS_EV_LOST);
		for (unsigned int i = 0; i < 4; i++)
			told(NONE, NONE);
		counts(1, 0, 1);
		CU_ASSERT_EQUAL(count("rx_tls_lost"), 1);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 1);
		nic_bench_close(&t.b);
	}
}

/* The host asks for events as it likes: each start has one end or cancel, and none is lost. */
static void
test_pairs(void)
{
	for (unsigned int round = 0; round < 40; round++) {
		struct rtls_tlsnic_conf conf = delayed(round % 2, 1 + round % 3);
		unsigned int starts = 0, pairs = 0, room;
		struct rtls_tls_event ev;
		bool is_open = false;

		conf.max_contexts = 1;
		begin(&conf);
		room = 1 + harness_below(&t.b.luck, 20);
		gets(0, RECORD + 10, true, NONE);
		for (unsigned int i = 0; i < 300; i++) {
			uint32_t from = 20 * RECORD + harness_below(&t.b.luck, 40 * RECORD);

			gets(from, 500, false, NONE);
			while (harness_below(&t.b.luck, room) == 0 &&
			       t.d->ops->poll_events(t.d->dev, 0, &ev, 1) == 1) {
				CU_ASSERT_EQUAL(ev.type == RTLS_TLS_EV_RESYNC_START, !is_open);
				is_open = ev.type == RTLS_TLS_EV_RESYNC_START;
				starts += is_open;
				pairs += !is_open;
			}
		}
		for (unsigned int i = 0; i < 10; i++) {
			rtls_tlsnic_poll(t.b.nic);
			while (t.d->ops->poll_events(t.d->dev, 0, &ev, 1) == 1) {
				is_open = ev.type == RTLS_TLS_EV_RESYNC_START;
				starts += is_open;
				pairs += !is_open;
			}
		}
		CU_ASSERT(starts == pairs && starts > 0);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_start"), starts);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_end") + count("rx_tls_resync_req_skip"),
				pairs);
		nic_bench_close(&t.b);
	}
}

/*
 * One of two contexts is lost; that of the other, which sends and asks as often as it is answered, has taken all
 * the room that there is. Then the host reads.
 */
static void
lost_without_room(uint8_t rings, bool deleted)
{
	struct rtls_tls_event ev = { .type = RTLS_TLS_EV_TX_RESYNC };
	unsigned int in_front = 0, asked = 0, lost = 0;
	struct tlsnic *nic;

	begin(&(struct rtls_tlsnic_conf){ .rings = rings,
					  .max_contexts = 2,
					  .tx_method = RTLS_TLS_TX_NEXT_RECORD,
					  .rx_method = RTLS_TLS_RX_STACK });
	nic = (struct tlsnic *)t.b.nic;
	ev.ctx = t.b.ctx;
	while (ring_tell(&nic->rings, &ev))
		in_front++;
	leave();
	nic->contexts.tab[t.b.ctx.index].rx.next_run = UINT16_MAX + 1;
	CU_ASSERT_EQUAL(tell(21), 0);
	nic_bench_turn(&t.b);
	gets(21 * RECORD, 1000, false, NONE);
	if (deleted) {
		(void)t.d->ops->del(t.d->dev, t.b.ctx);
		nic_bench_turn(&t.b);
	}
	for (unsigned int i = 0; i < 20; i++) {
		rtls_tlsnic_poll(t.b.nic);
		if (t.d->ops->poll_events(t.d->dev, 0, &ev, 1) == 0)
			continue;
		asked += ev.type == RTLS_TLS_EV_TX_RESYNC;
		if (ev.type != RTLS_TLS_EV_LOST)
			continue;
		lost++;
		CU_ASSERT_EQUAL(ev.status, -EOVERFLOW);
		CU_ASSERT_EQUAL(ev.ctx.generation, t.b.ctx.generation);
		CU_ASSERT_EQUAL(ev.cookie, 9);
	}
	CU_ASSERT(in_front >= 2);
	CU_ASSERT_EQUAL(asked, deleted ? 0 : in_front); /* nothing is said of who is deleted */
	CU_ASSERT_EQUAL(lost, deleted ? 0 : 1);
	CU_ASSERT_EQUAL(count("rx_tls_lost"), 1);
	/* What it was told was not taken, as no run is left. */
	CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 1);
	CU_ASSERT_EQUAL(count("rx_tls_resync_res_ok"), 0);
	nic_bench_close(&t.b);
}

static void
test_lost_without_room(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		lost_without_room(rings, false);
		lost_without_room(rings, true);
	}
}

/* --- the other methods, and what is refused ------------------------------------------------ */

static void
test_told(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rx_method = RTLS_TLS_RX_STACK, .rings = rings });
		leave();
		for (uint32_t at = 21 * RECORD; at < 30 * RECORD; at += 500)
			gets(at, 500, false, NONE);
		told(NONE, NONE);
		CU_ASSERT_EQUAL(tell(31), 0);
		gets(30 * RECORD, 1200, false, NONE);
		gets(31 * RECORD + 200, 1200, true, NONE);
		CU_ASSERT_EQUAL(count("rx_tls_resync_req_pkt"), 0);
		CU_ASSERT_EQUAL(count("rx_tls_resync_res_ok"), 1);
		nic_bench_close(&t.b);
	}
}

/* It keeps its place: no event, and what is missing is opened when it comes. */
static void
test_in_order(void)
{
	begin(&(struct rtls_tlsnic_conf){ .rx_method = RTLS_TLS_RX_IN_ORDER });
	CU_ASSERT_PTR_NULL(t.d->ops->rx_resync);
	leave();
	gets(21 * RECORD, 1400, false, NONE);
	told(NONE, NONE);
	gets(RECORD + 10, 1400, true, NONE);
	gets(2 * RECORD + 410, 1400, true, NONE);
	CU_ASSERT_EQUAL(count("rx_tls_lost"), 0);
	nic_bench_close(&t.b);
}

static void
test_refusals(void)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 444);
	struct rtls_tls_handle h;
	unsigned int n = 0;

	begin(&(struct rtls_tlsnic_conf){ .rings = 1, .max_contexts = 4 });
	h = (struct rtls_tls_handle){ .index = 9, .generation = 1 };
	CU_ASSERT_EQUAL(t.d->ops->rx_resync(t.d->dev, h, 0, 0), -ENOENT);
	CU_ASSERT_EQUAL_FATAL(t.d->ops->add(t.d->dev, t.b.session, &flow, 10, &h), 0);
	CU_ASSERT_EQUAL(t.d->ops->rx_resync(t.d->dev, h, 0, 0), -ENOENT);
	(void)t.d->ops->del(t.d->dev, h);
	CU_ASSERT_EQUAL(t.d->ops->rx_resync(t.d->dev, h, 0, 0), -ENOENT);
	/* The other lcore does not turn: not now, but a start and a del of each have room. */
	while (tell(0) == 0)
		n++;
	CU_ASSERT(n > 4);
	CU_ASSERT_EQUAL(tell(0), -EBUSY);
	CU_ASSERT_EQUAL(count("rx_tls_resync_res_skip"), 2);
	nic_bench_turn(&t.b);
	CU_ASSERT_EQUAL(tell(0), 0);
	nic_bench_turn(&t.b);
	CU_ASSERT_EQUAL(count("rx_tls_resync_res_ok"), n + 1);
	nic_bench_close(&t.b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "asked on the packet", test_on_packet },
		{ "packets that it does not look at", test_other_packets },
		{ "asked by events", test_by_events },
		{ "asked by events, over rings", test_by_events_of_rings },
		{ "what is asked is void", test_cancels },
		{ "told too late", test_too_late },
		{ "the context goes", test_ends },
		{ "each start has an end or a cancel", test_pairs },
		{ "lost, and no room to tell it", test_lost_without_room },
		{ "who is told, unasked", test_told },
		{ "who finds nothing keeps its place", test_in_order },
		{ "refusals", test_refusals },
	};

	if (eal_start("tlsnic-resync") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/resync", cases, HARNESS_COUNT(cases));
}
