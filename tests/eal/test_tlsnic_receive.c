/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Received packets through the TLS NIC: what it opens, marks and counts, and what it must
 * pass as it came. The order of records is the matter of tests/unit/tlsnic.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/tls.h>

#include "core/record.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"
#include "tlsnic/nic.h"

enum { LEAD = 20, SEQ = 5000 };

static const uint32_t sizes[] = { 1, 100, 16384, 3, 5000 };

/* A bench whose context receives. opened: the stream as the NIC is to show it. */
static struct {
	struct nic_bench b;
	uint8_t opened[30000];
	uint32_t off; /* of the next packet */
} t;

static void
begin_of(const struct record_suite *suite, const struct rtls_tlsnic_conf *conf)
{
	nic_bench_open(&t.b, conf, 0);
	t.b.version = suite->version;
	t.b.cipher = suite->cipher;
	nic_bench_receives(&t.b, SEQ, LEAD, sizes, RTE_DIM(sizes));
	nic_bench_opened(&t.b, t.opened, sizeof(t.opened));
	t.off = 0;
}

static void
begin(const struct rtls_tlsnic_conf *conf)
{
	begin_of(record_suite_row(0), conf);
}

static uint64_t
sums_of(const struct rte_mbuf *m)
{
	return m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
}

/* Frees the packet, whose buffer is the NIC's. */
static void
is_opened_with(struct rte_mbuf *m, uint32_t off, uint32_t len, uint64_t sums)
{
	CU_ASSERT(RTE_MBUF_DIRECT(m));
	CU_ASSERT((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0);
	CU_ASSERT((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED) == 0);
	CU_ASSERT((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0 && m->hash.rss == 4711);
	CU_ASSERT_EQUAL(sums_of(m), sums);
	CU_ASSERT(nic_bench_same_mark(nic_bench_mark_of(m), nic_bench_mark(&t.b, off, len, 0)));
	CU_ASSERT_EQUAL_FATAL(m->data_len, NIC_BENCH_HDRS + len);
	CU_ASSERT_EQUAL(m->pkt_len, m->data_len);
	CU_ASSERT(m->data_off >= RTE_PKTMBUF_HEADROOM);
	CU_ASSERT_EQUAL(
		memcmp(rte_pktmbuf_mtod_offset(m, uint8_t *, NIC_BENCH_HDRS), t.opened + off, len),
		0);
	rte_pktmbuf_free(m);
}

static void
is_opened(struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	is_opened_with(m, off, len, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD);
}

/* The very packet, its payload as on the wire. Frees it. */
static void
is_untouched(struct rte_mbuf *m, const struct rte_mbuf *came, uint32_t off, uint32_t len)
{
	uint8_t room[1600];

	CU_ASSERT_PTR_EQUAL(m, came);
	CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD, 0);
	if (len > 0)
		CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_read(m, NIC_BENCH_HDRS, len, room),
				       t.b.stream.wire + off, len),
				0);
	rte_pktmbuf_free(m);
}

static void
next_is_opened(uint32_t len)
{
	len = RTE_MIN(len, t.b.stream.len - t.off);
	nic_bench_arrive(&t.b, t.off, len, 0);
	is_opened(nic_bench_receive(&t.b), t.off, len);
	t.off += len;
}

static void
in_order(const struct record_suite *suite, uint8_t rings, unsigned int flags)
{
	struct rte_mbuf *came;
	uint32_t packets = 0, len;

	begin_of(suite, &(struct rtls_tlsnic_conf){ .rings = rings });
	came = nic_bench_arrive(&t.b, 0, LEAD, flags); /* in front of the start */
	is_untouched(nic_bench_receive(&t.b), came, 0, LEAD);
	for (t.off = LEAD; t.off < t.b.stream.len; t.off += len, packets++) {
		len = RTE_MIN(1 + harness_below(&t.b.luck, 1440), t.b.stream.len - t.off);
		nic_bench_arrive(&t.b, t.off, len, flags);
		is_opened(nic_bench_receive(&t.b), t.off, len);
	}
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_decrypted_packets"), packets);
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_decrypted_bytes"), t.b.stream.len - LEAD);
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_ctx"), 1);
	nic_bench_close(&t.b);
}

static void
test_in_order(void)
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		unsigned int failures = CU_get_number_of_failures();

		for (uint8_t rings = 0; rings < 2; rings++) {
			in_order(s, rings, 0);
			in_order(s, rings, NIC_ARRIVAL_MARK_GOOD);
			in_order(s, rings, NIC_ARRIVAL_PADDED);
			in_order(s, rings, NIC_ARRIVAL_INDIRECT);
			in_order(s, rings, NIC_ARRIVAL_EXTERNAL);
		}
		if (CU_get_number_of_failures() != failures)
			printf("# %x %s\n", s->version, s->name);
	}
}

/* Fields that are not right where the bytes are: the port below says so. */
static void
test_sums_none(void)
{
	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	t.off = LEAD;
	nic_bench_arrive(&t.b, t.off, 300,
			 NIC_ARRIVAL_MARK_NONE | NIC_ARRIVAL_BAD_IP_SUM | NIC_ARRIVAL_BAD_TCP_SUM);
	is_opened_with(nic_bench_receive(&t.b), t.off, 300,
		       RTE_MBUF_F_RX_IP_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_NONE);
	t.off += 300;
	next_is_opened(300);
	nic_bench_close(&t.b);
}

/* None of these is opened, and none costs the context its step. */
static void
test_passed(void)
{
	static const struct {
		unsigned int flags;
		uint64_t sums;
	} rows[] = {
		{ NIC_ARRIVAL_BAD_IP_SUM,
		  RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ NIC_ARRIVAL_BAD_TCP_SUM,
		  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD },
		{ NIC_ARRIVAL_OTHER_FLOW,
		  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ NIC_ARRIVAL_NO_ACK, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ NIC_ARRIVAL_SYN, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ NIC_ARRIVAL_RST, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *came, *m;

		begin(&(struct rtls_tlsnic_conf){ .rings = i % 2 });
		t.off = LEAD;
		next_is_opened(50);
		came = nic_bench_arrive(&t.b, t.off, 300, rows[i].flags);
		m = nic_bench_receive(&t.b);
		CU_ASSERT_EQUAL(sums_of(m), rows[i].sums);
		is_untouched(m, came, t.off, 300);
		came = nic_bench_arrive(&t.b, t.off, 0, 0); /* without payload */
		is_untouched(nic_bench_receive(&t.b), came, t.off, 0);
		next_is_opened(300);
		nic_bench_close(&t.b);
	}
}

/* A chain that holds less than its head and its IP header say. */
static void
test_lies(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct rte_mbuf *came, *m;

		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		t.off = LEAD;
		next_is_opened(50);
		came = nic_bench_arrive(&t.b, t.off, 300, NIC_ARRIVAL_MARK_GOOD);
		rte_pktmbuf_lastseg(came)->data_len -= 10;
		m = nic_bench_receive(&t.b);
		CU_ASSERT_PTR_EQUAL(m, came);
		CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD, 0);
		rte_pktmbuf_free(m);
		next_is_opened(300);
		nic_bench_close(&t.b);
	}
}

/* The end of a record is wrong: its packet goes up as it came, to be found bad there. */
static void
test_error(void)
{
	const struct nic_stream_record *r;
	struct rte_mbuf *m;

	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	r = &t.b.stream.records[1];
	t.off = LEAD;
	next_is_opened(r->off + 10 - LEAD);
	nic_bench_arrive(&t.b, t.off, r->off + r->len - t.off, NIC_ARRIVAL_BAD_BYTE);
	m = nic_bench_receive(&t.b);
	CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD, 0);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_err"), 1);
	nic_bench_close(&t.b);
}

/* No run is left for what is behind a gap. */
static void
lose(void)
{
	struct tlsnic *nic = (struct tlsnic *)t.b.nic;
	struct rte_mbuf *came;

	t.off = LEAD;
	next_is_opened(50);
	nic->contexts.tab[t.b.ctx.index].rx.next_run = UINT16_MAX + 1;
	t.off = t.b.stream.records[2].off - 50;
	came = nic_bench_arrive(&t.b, t.off, 100, 0);
	is_untouched(nic_bench_receive(&t.b), came, t.off, 100);
	came = nic_bench_arrive(&t.b, t.off + 100, 100, 0);
	is_untouched(nic_bench_receive(&t.b), came, t.off + 100, 100);
}

static void
test_lost(void)
{
	struct rtls_tls_event ev[4];
	const struct offload_device *d;

	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		d = &t.b.nic->tls;
		lose();
		CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 4), 1);
		CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_LOST);
		CU_ASSERT_EQUAL(ev[0].status, -EOVERFLOW);
		CU_ASSERT_EQUAL(ev[0].cookie, 9);
		CU_ASSERT_EQUAL(ev[0].ctx.index, t.b.ctx.index);
		CU_ASSERT_EQUAL(ev[0].ctx.generation, t.b.ctx.generation);
		CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 4), 0);
		nic_bench_close(&t.b);
	}
}

/* Deleted before the host asked: no event of it. */
static void
test_lost_and_deleted(void)
{
	struct rtls_tls_event ev[4];
	const struct offload_device *d;

	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	d = &t.b.nic->tls;
	lose();
	d->ops->del(d->dev, t.b.ctx);
	CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 4), 0);
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_del"), 1);
	nic_bench_close(&t.b);
}

/* Ends the context; over rings the NIC's lcore may still judge packets by it. */
static void
del(struct rtls_tls_handle h)
{
	CU_ASSERT_EQUAL(t.b.nic->tls.ops->del(t.b.nic->tls.dev, h),
			t.b.conf.rings != 0 ? -EINPROGRESS : 0);
}

/* The events since the last call are exactly these. */
static void
told(const struct rtls_tls_handle *h, int type)
{
	const struct offload_device *d = &t.b.nic->tls;
	struct rtls_tls_event ev[4];

	CU_ASSERT_EQUAL_FATAL(d->ops->poll_events(d->dev, 0, ev, 4), h != NULL ? 1 : 0);
	if (h == NULL)
		return;
	CU_ASSERT_EQUAL(ev[0].type, type);
	CU_ASSERT_EQUAL(ev[0].ctx.index, h->index);
	CU_ASSERT_EQUAL(ev[0].ctx.generation, h->generation);
}

/* After del, packets of the connection are like any other's. */
static void
test_deleted(void)
{
	struct rte_mbuf *came;

	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		t.off = LEAD;
		next_is_opened(50);
		del(t.b.ctx);
		came = nic_bench_arrive(&t.b, t.off, 100, 0);
		is_untouched(nic_bench_receive(&t.b), came, t.off, 100);
		told(rings != 0 ? &t.b.ctx : NULL, RTLS_TLS_EV_DEL_DONE);
		nic_bench_close(&t.b);
	}
}

/* Nor are they another's, whose context has the slot now. */
static void
test_slot_of_another(void)
{
	const struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 444);
	const struct nic_stream_record *r;
	const struct offload_device *d;
	struct rtls_tls_handle old;
	struct rte_mbuf *came;

	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		d = &t.b.nic->tls;
		old = t.b.ctx;
		t.off = LEAD;
		next_is_opened(50);
		del(old);
		nic_bench_turn(&t.b);
		told(rings != 0 ? &old : NULL, RTLS_TLS_EV_DEL_DONE);
		CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, t.b.session, &flow, 10, &t.b.ctx), 0);
		CU_ASSERT_EQUAL(t.b.ctx.index, old.index);
		r = &t.b.stream.records[2];
		CU_ASSERT_EQUAL(
			d->ops->start(d->dev, t.b.ctx, SEQ + r->off, t.b.stream.first_rec_no + 2),
			0);
		came = nic_bench_arrive(&t.b, r->off, 1000, 0);
		is_untouched(nic_bench_receive(&t.b), came, r->off, 1000);
		nic_bench_close(&t.b);
	}
}

/*
 * Judged, but not received yet, when the end of the context is told: in the queue in front of all
 * that is judged no more.
 */
static void
test_judged_before(void)
{
	struct rte_mbuf *came, *m;

	begin(&(struct rtls_tlsnic_conf){ .rings = 1 });
	t.off = LEAD;
	nic_bench_arrive(&t.b, t.off, 50, 0);
	nic_bench_turn(&t.b);
	del(t.b.ctx);
	told(NULL, 0);
	nic_bench_turn(&t.b);
	came = nic_bench_arrive(&t.b, t.off + 50, 50, 0);
	nic_bench_turn(&t.b);
	told(&t.b.ctx, RTLS_TLS_EV_DEL_DONE);
	is_opened(nic_bench_receive(&t.b), t.off, 50);
	is_untouched(nic_bench_receive(&t.b), came, t.off + 50, 50);
	CU_ASSERT_EQUAL(t.b.nic->rx_burst(t.b.nic, 0, &m, 1), 0);
	nic_bench_close(&t.b);
}

/* The next context of the connection, added while the old one ends; it may be lost by then. */
static void
next_context(uint8_t rings, bool is_lost)
{
	const struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	const struct nic_stream_record *r;
	const struct offload_device *d;
	struct rtls_tls_handle old;
	struct rte_mbuf *came;

	begin(&(struct rtls_tlsnic_conf){ .rings = rings });
	d = &t.b.nic->tls;
	old = t.b.ctx;
	t.off = LEAD;
	if (is_lost) {
		lose();
		told(&old, RTLS_TLS_EV_LOST);
	} else {
		next_is_opened(50);
	}
	del(old);
	CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, t.b.session, &flow, 10, &t.b.ctx), 0);
	r = &t.b.stream.records[3];
	CU_ASSERT_EQUAL_FATAL(
		d->ops->start(d->dev, t.b.ctx, SEQ + r->off, t.b.stream.first_rec_no + 3), 0);
	nic_bench_turn(&t.b);
	told(rings != 0 ? &old : NULL, RTLS_TLS_EV_DEL_DONE);
	came = nic_bench_arrive(&t.b, r->off - 100, 100, 0); /* the old one's, of nobody now */
	is_untouched(nic_bench_receive(&t.b), came, r->off - 100, 100);
	t.off = r->off;
	while (t.off < t.b.stream.len)
		next_is_opened(1000);
	told(NULL, 0);
	nic_bench_close(&t.b);
}

static void
test_next_context(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		next_context(rings, false);
		next_context(rings, true);
	}
}

/* The byte that it was started at went by in the meantime. It opens nothing, and is not lost. */
static void
test_started_late(void)
{
	uint32_t off;

	for (uint8_t rings = 0; rings < 2; rings++) {
		begin(&(struct rtls_tlsnic_conf){ .rings = rings });
		for (off = LEAD + 1; off < t.b.stream.len; off += 1000) {
			uint32_t len = RTE_MIN(1000u, t.b.stream.len - off);
			struct rte_mbuf *came = nic_bench_arrive(&t.b, off, len, 0);

			is_untouched(nic_bench_receive(&t.b), came, off, len);
			told(NULL, 0);
		}
		CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_decrypted_packets"), 0);
		CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_lost"), 0);
		nic_bench_close(&t.b);
	}
}

/* The same, and the byte is sent again: the device is in step then. */
static void
test_started_late_and_sent_again(void)
{
	struct rte_mbuf *came;

	begin(&(struct rtls_tlsnic_conf){ .rings = 0 });
	came = nic_bench_arrive(&t.b, LEAD + 1000, 1000, 0);
	is_untouched(nic_bench_receive(&t.b), came, LEAD + 1000, 1000);
	t.off = LEAD;
	next_is_opened(1000);
	next_is_opened(1000);
	told(NULL, 0);
	nic_bench_close(&t.b);
}

/* The host holds all that was opened: then packets come as they are, and the NIC keeps in step. */
static void
test_no_buffers(void)
{
	struct rte_mbuf *held[4], *came;

	begin(&(struct rtls_tlsnic_conf){ .nb_mbufs = 8 });
	t.off = LEAD;
	for (size_t i = 0; i < RTE_DIM(held); i++) {
		nic_bench_arrive(&t.b, t.off, 50, 0);
		held[i] = nic_bench_receive(&t.b);
		t.off += 50;
	}
	came = nic_bench_arrive(&t.b, t.off, 50, 0);
	is_untouched(nic_bench_receive(&t.b), came, t.off, 50);
	t.off += 50;
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_no_mbuf"), 1);
	for (uint32_t i = 0; i < RTE_DIM(held); i++)
		is_opened(held[i], LEAD + i * 50, 50);
	next_is_opened(1000);
	nic_bench_close(&t.b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a stream in order", test_in_order },
		{ "checksums that are still to be made", test_sums_none },
		{ "packets that are passed as they came", test_passed },
		{ "chains that are not what they say", test_lies },
		{ "a record that is not authentic", test_error },
		{ "a gap that it does not get over", test_lost },
		{ "no event behind del", test_lost_and_deleted },
		{ "nothing is opened behind del", test_deleted },
		{ "a slot that another connection has", test_slot_of_another },
		{ "judged before del, received behind it", test_judged_before },
		{ "the next context of a connection", test_next_context },
		{ "started at a byte that went by", test_started_late },
		{ "started at a byte that is sent again", test_started_late_and_sent_again },
		{ "no buffers", test_no_buffers },
	};

	if (eal_start("tlsnic-receive") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/receive", cases, HARNESS_COUNT(cases));
}
