/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the TLS NIC must not send: packets that say too little, too much or something wrong
 * about themselves are dropped and counted, and the stream goes on behind them.
 */
#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/nic_bench.h"

static const uint32_t sizes[] = { 40, 60, 50, 3000 };

enum {
	LEAD = 10,
	FIRST_LEN = 5 + 40 + 1 + 16,
	SECOND_OFF = LEAD + FIRST_LEN, /* where record 1 starts */
	AT = SECOND_OFF + 20,          /* in the midst of it */
};

static void
begin(struct nic_bench *b, const struct rtls_tlsnic_conf *conf)
{
	nic_bench_open(b, conf, 0);
	nic_bench_start(b, 1000, LEAD, sizes, RTE_DIM(sizes));
}

static struct rtls_tls_tx_meta *
meta_of(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/* Takes the packet: it is taken, nothing goes out, one counter shows it. */
static void
is_dropped(struct nic_bench *b, struct rte_mbuf *m, const char *counter)
{
	uint64_t before = nic_bench_count(b, counter);

	b->under->nb_sent = 0;
	CU_ASSERT_EQUAL(nic_bench_burst(b, &m, 1), 1);
	CU_ASSERT_EQUAL(b->under->nb_sent, 0);
	CU_ASSERT_EQUAL(nic_bench_count(b, counter), before + 1);
	CU_ASSERT_EQUAL(nic_bench_mbufs_out(b), 0);
}

/* What the metadata of a packet out of order may say wrongly. */
enum lie {
	LIE_NO_MARK,
	LIE_INDEX_BEYOND,
	LIE_INDEX_OTHER,
	LIE_GENERATION,
	LIE_GENERATION_0,
	LIE_REC_SEQ,
	LIE_BEFORE_LEN,
	LIE_BEFORE_NONE,
	LIE_BEFORE_SHORT,
	LIE_BEFORE_BEYOND,
	LIE_BEFORE_OTHER,
	LIE_REC_LEN_MORE,
	LIE_REC_LEN_LESS,
	LIES,
};

static void
tell_lie(struct nic_bench *b, enum lie lie, struct rte_mbuf *m)
{
	struct rtls_tls_tx_meta *meta = meta_of(m);

	switch (lie) {
	case LIE_NO_MARK:
		CU_ASSERT_EQUAL(
			rte_security_set_pkt_metadata(b->nic->tls.sec_ctx, b->session, m, NULL), 0);
		break;
	case LIE_INDEX_BEYOND:
		meta->ctx.index = 4;
		break;
	case LIE_INDEX_OTHER:
		meta->ctx.index++;
		break;
	case LIE_GENERATION:
		meta->ctx.generation++;
		break;
	case LIE_GENERATION_0:
		meta->ctx = (struct rtls_tls_handle){ .index = 3, .generation = 0 };
		break;
	case LIE_REC_SEQ:
		meta->rec_tcp_seq++;
		break;
	case LIE_BEFORE_LEN:
		meta->before_len--;
		break;
	case LIE_BEFORE_NONE:
		meta->before = NULL;
		break;
	case LIE_BEFORE_SHORT: /* what there is does not reach the packet */
		meta->before = b->stream.records[0].clear;
		meta->rec_tcp_seq = b->stream.seq + LEAD - 1;
		meta->before_len = AT - LEAD + 1;
		meta->rec_len = meta->before_len + 1;
		break;
	case LIE_BEFORE_BEYOND: /* a packet of the next record */
		meta->before = b->stream.records[0].clear;
		meta->rec_tcp_seq = b->stream.seq + LEAD;
		meta->rec_len = FIRST_LEN;
		meta->before_len = AT - LEAD;
		break;
	case LIE_BEFORE_OTHER: /* of another length */
		meta->before = b->stream.records[2].clear;
		break;
	case LIE_REC_LEN_MORE:
		meta->rec_len++;
		break;
	case LIE_REC_LEN_LESS:
		meta->rec_len--;
		break;
	case LIES:
		break;
	}
}

static void
test_lies(void)
{
	for (unsigned int rings = 0; rings < 2; rings++)
		for (unsigned int lie = 0; lie < LIES; lie++) {
			struct nic_bench b;
			struct rte_mbuf *m;

			begin(&b, &(struct rtls_tlsnic_conf){ .rings = (uint8_t)rings });
			m = nic_bench_packet(&b, AT, 30, 0);
			tell_lie(&b, (enum lie)lie, m);
			log_tap_start(RTE_LOG_WARNING);
			is_dropped(&b, m, "tx_tls_drop_no_sync_data");
			CU_ASSERT_EQUAL(log_tap_count(NOTE_TLSNIC_DROPPED), 1);
			CU_ASSERT_EQUAL(log_tap_lines(), 1);
			log_tap_end();
			b.ooo = nic_bench_count(&b, "tx_tls_ooo");
			/* The context is as it was. */
			nic_bench_send(&b, LEAD, 30, 0);
			nic_bench_send(&b, AT, 30, 0);
			nic_bench_close(&b);
		}
}

/* With less than a header in front, the packet itself shows how long the record is. */
static void
test_lie_in_header(void)
{
	struct nic_bench b;
	struct rte_mbuf *m;

	for (uint32_t before = 0; before < 5; before++) {
		begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 });
		m = nic_bench_packet(&b, SECOND_OFF + before, 30, 0);
		meta_of(m)->rec_len--;
		is_dropped(&b, m, "tx_tls_drop_no_sync_data");
		b.ooo++;
		nic_bench_send(&b, SECOND_OFF + before, 30, 0);
		nic_bench_close(&b);
	}
}

/* In order the context alone is asked for: the rest may be wrong. */
static void
test_in_order_needs_context_only(void)
{
	struct rte_mbuf *m;
	struct nic_bench b;
	uint32_t at = 0;

	begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 });
	m = nic_bench_packet(&b, LEAD, 100, 0);
	*meta_of(m) = (struct rtls_tls_tx_meta){ .ctx = b.ctx };
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	nic_bench_check(&b, &at, LEAD, 100, 0);
	nic_bench_close(&b);
}

static uint8_t *
payload_byte(struct rte_mbuf *m, uint32_t off)
{
	for (off += NIC_BENCH_HDRS; off >= m->data_len; m = m->next)
		off -= m->data_len;
	return rte_pktmbuf_mtod_offset(m, uint8_t *, off);
}

/* Bytes of the header of record 1 that make it none. */
static void
test_bad_headers(void)
{
	static const struct {
		uint32_t off;
		uint8_t value;
	} rows[] = {
		{ 0, 22 }, { 0, 20 },   { 0, 24 },   { 1, 2 },
		{ 2, 1 },  { 3, 0x41 }, { 3, 0xff }, { 4, 16 },
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++)
		for (uint32_t off = LEAD; off <= SECOND_OFF + rows[i].off; off += FIRST_LEN) {
			struct nic_bench b;
			struct rte_mbuf *m;

			begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 });
			nic_bench_send(&b, 0, off, 0);
			m = nic_bench_packet(&b, off, SECOND_OFF + 40 - off, 0);
			*payload_byte(m, SECOND_OFF + rows[i].off - off) = rows[i].value;
			is_dropped(&b, m, "tx_tls_bad_header");
			nic_bench_send(&b, off, SECOND_OFF + 40 - off, 0);
			CU_ASSERT_EQUAL(b.ooo, 0);
			nic_bench_close(&b);
		}
}

static void
test_contexts_that_do_not_seal(void)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_TX, 444);
	struct rtls_tls_flow rx_flow = nic_bench_flow(RTLS_RX, 443);
	struct rtls_tls_handle other, receiving;
	const struct offload_device *d;
	struct rte_mbuf *m;
	struct nic_bench b;
	void *rx_session;

	begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 });
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 0, &other), 0);
	m = nic_bench_packet(&b, LEAD, 30, 0);
	meta_of(m)->ctx = other; /* not started */
	is_dropped(&b, m, "tx_tls_drop_no_sync_data");

	rx_session = nic_bench_session(&b, RTLS_RX);
	CU_ASSERT_EQUAL(d->ops->add(d->dev, rx_session, &rx_flow, 0, &receiving), 0);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, receiving, 1, 0), 0);
	m = nic_bench_packet(&b, LEAD, 30, 0);
	meta_of(m)->ctx = receiving;
	is_dropped(&b, m, "tx_tls_drop_no_sync_data");

	nic_bench_send(&b, LEAD, 30, 0);
	d->ops->del(d->dev, b.ctx);
	is_dropped(&b, nic_bench_packet(&b, LEAD + 30, 30, 0), "tx_tls_drop_no_sync_data");
	is_dropped(&b, nic_bench_packet(&b, 0, LEAD, 0), "tx_tls_drop_no_sync_data");

	d->ops->del(d->dev, other);
	d->ops->del(d->dev, receiving);
	CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, rx_session), 0);
	nic_bench_close(&b);
}

/* What cannot be cut, or is no TCP segment, is no reason to send it in clear. */
static void
test_malformed(void)
{
	struct rte_mbuf *m;
	struct nic_bench b;

	begin(&b, &(struct rtls_tlsnic_conf){ .rings = 0 });
	m = nic_bench_packet(&b, LEAD, 1000, 500);
	m->tso_segsz = 0;
	is_dropped(&b, m, "tx_malformed");
	is_dropped(&b, nic_bench_packet(&b, LEAD, 2000, 1), "tx_malformed");
	is_dropped(&b, nic_bench_packet(&b, LEAD, 1461, 0), "tx_malformed");
	is_dropped(&b, nic_bench_packet(&b, LEAD, 2000, 1461), "tx_malformed");
	m = nic_bench_packet(&b, LEAD, 100, 0);
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 9) = 17;
	is_dropped(&b, m, "tx_malformed");
	m = nic_bench_packet(&b, LEAD, 100, 0);
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 6) = 0x20; /* the first fragment */
	is_dropped(&b, m, "tx_malformed");
	m = nic_bench_packet(&b, LEAD, 100, 0);
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 12) = 0x86;
	is_dropped(&b, m, "tx_malformed");
	nic_bench_send(&b, LEAD, 1460, 0);
	nic_bench_close(&b);

	/* More frames than there are buffers. */
	begin(&b, &(struct rtls_tlsnic_conf){ .nb_mbufs = 16 });
	is_dropped(&b, nic_bench_packet(&b, LEAD, 9 * 100, 100), "tx_malformed");
	nic_bench_send(&b, LEAD, 8 * 100, 100);
	nic_bench_close(&b);

	begin(&b, &(struct rtls_tlsnic_conf){ .no_tso = 1 });
	CU_ASSERT_EQUAL(b.nic->tso_max, 0);
	CU_ASSERT_EQUAL(b.nic->tls.caps.tx_tso, 0);
	is_dropped(&b, nic_bench_packet(&b, LEAD, 1000, 500), "tx_malformed");
	nic_bench_close(&b);
}

/* A part that software has sealed, or that is none of TLS, and one that the NIC is to seal: neither goes. */
static void
on_both_sides(const struct rtls_tlsnic_conf *conf)
{
	struct nic_bench b;

	begin(&b, conf);
	for (uint32_t off = 0; off < LEAD; off++) {
		is_dropped(&b, nic_bench_packet(&b, off, LEAD - off + 1, 0),
			   "tx_tls_drop_bypass_req");
		is_dropped(&b, nic_bench_packet(&b, off, 200, 50), "tx_tls_drop_bypass_req");
		nic_bench_send(&b, off, LEAD - off, 0);
	}
	nic_bench_send(&b, LEAD, 200, 0);
	is_dropped(&b, nic_bench_packet(&b, LEAD - 1, 201, 0), "tx_tls_drop_bypass_req");
	nic_bench_send(&b, LEAD + 200, 1, 0);
	CU_ASSERT_EQUAL(b.ooo, 0);
	nic_bench_close(&b);
}

static void
test_on_both_sides(void)
{
	on_both_sides(&(struct rtls_tlsnic_conf){ .rings = 0 });
	on_both_sides(&(struct rtls_tlsnic_conf){ .rings = 1 });
	on_both_sides(&(struct rtls_tlsnic_conf){ .tx_method = RTLS_TLS_TX_NEXT_RECORD });
}

/* What the host has not marked: it is counted, where its flow has a context, and lies in front of the start. */
static void
test_in_front_unmarked(void)
{
	static const struct {
		uint32_t off, len;
		bool counts;
	} rows[] = { { 0, LEAD, true },      { 3, 1, true },      { LEAD - 1, 1, true },
		     { 0, LEAD + 1, false }, { LEAD, 20, false }, { LEAD + 300, 20, false } };
	const struct offload_device *d;
	struct rte_mbuf *m;
	struct nic_bench b;

	for (uint8_t rings = 0; rings < 2; rings++) {
		uint64_t n = 0;

		begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings });
		d = &b.nic->tls;
		for (size_t i = 0; i < 2 * RTE_DIM(rows); i++) {
			bool ended = i >= RTE_DIM(rows);
			size_t row = i % RTE_DIM(rows);

			if (i == RTE_DIM(rows)) {
				(void)d->ops->del(d->dev, b.ctx);
				nic_bench_turn(&b);
			}
			m = nic_bench_packet(&b, rows[row].off, rows[row].len, 0);
			CU_ASSERT_EQUAL(
				rte_security_set_pkt_metadata(d->sec_ctx, b.session, m, NULL), 0);
			m->ol_flags &= ~RTE_MBUF_F_TX_SEC_OFFLOAD;
			b.under->nb_sent = 0;
			CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
			/* As it is: what is in clear here is not marked. */
			CU_ASSERT_EQUAL(b.under->nb_sent, 1);
			CU_ASSERT_EQUAL(memcmp(b.under->sent[0].bytes + NIC_BENCH_HDRS,
					       b.stream.clear + rows[row].off, rows[row].len),
					0);
			n += rows[row].counts && !ended;
			CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_skip_no_sync_data"), n);
		}
		nic_bench_close(&b);
	}
}

/* For a resync, so often, and with what it expects. */
static void
asks(struct nic_bench *b, unsigned int n, uint32_t off)
{
	const struct offload_device *d = &b->nic->tls;
	struct rtls_tls_event ev[2];

	CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 2), n);
	if (n == 0)
		return;
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_TX_RESYNC);
	CU_ASSERT_EQUAL(ev[0].seq, b->stream.seq + off);
	CU_ASSERT_EQUAL(ev[0].ctx.generation, b->ctx.generation);
}

static void
next_record(uint8_t rings)
{
	struct nic_bench b;
	static const char no_sync[] = "tx_tls_drop_no_sync_data";
	const struct nic_stream_record *r;
	const struct offload_device *d;

	begin(&b,
	      &(struct rtls_tlsnic_conf){ .tx_method = RTLS_TLS_TX_NEXT_RECORD, .rings = rings });
	d = &b.nic->tls;
	r = &b.stream.records[2];
	CU_ASSERT_EQUAL(d->caps.tx_method, RTLS_TLS_TX_NEXT_RECORD);
	nic_bench_send(&b, LEAD, 50, 0);
	nic_bench_send(&b, 0, LEAD, 0); /* in front of the start: passes */
	/* A repetition, which moves nothing. */
	is_dropped(&b, nic_bench_packet(&b, LEAD, 50, 0), no_sync);
	is_dropped(&b, nic_bench_packet(&b, LEAD + 20, 40, 0), no_sync);
	b.ooo += 2;
	asks(&b, 0, 0);
	nic_bench_send(&b, LEAD + 50, 5, 0);
	/* A gap: nothing is sealed until it is told, the byte that it waits for neither. */
	is_dropped(&b, nic_bench_packet(&b, LEAD + 56, 5, 0), no_sync);
	is_dropped(&b, nic_bench_packet(&b, LEAD + 55, 5, 0), no_sync);
	is_dropped(&b, nic_bench_packet(&b, LEAD, 5, 0), no_sync);
	is_dropped(&b, nic_bench_packet(&b, LEAD + 100, 5, 0), no_sync);
	b.ooo += 4;
	asks(&b, 1, LEAD + 55);

	CU_ASSERT_EQUAL(
		d->ops->tx_resync(d->dev, b.ctx, b.stream.seq + r->off, b.stream.first_rec_no + 2),
		0);
	b.expected = r->off;
	nic_bench_send(&b, r->off, 40, 0);
	is_dropped(&b, nic_bench_packet(&b, LEAD + 55, 5, 0), no_sync);
	b.ooo++;
	nic_bench_send(&b, r->off + 40, 100, 0);
	asks(&b, 0, 0);
	is_dropped(&b, nic_bench_packet(&b, r->off + 141, 5, 0), no_sync);
	asks(&b, 1, r->off + 140);
	nic_bench_close(&b);
}

static void
test_next_record(void)
{
	next_record(0);
	next_record(1);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "metadata that lie", test_lies },
		{ "metadata that the packet's header contradicts", test_lie_in_header },
		{ "in order the context is enough", test_in_order_needs_context_only },
		{ "headers that are none", test_bad_headers },
		{ "contexts that do not seal", test_contexts_that_do_not_seal },
		{ "packets that cannot be sent", test_malformed },
		{ "packets on both sides of the start", test_on_both_sides },
		{ "packets in front of the start, not marked", test_in_front_unmarked },
		{ "a device that goes on with the next record only", test_next_record },
	};

	if (eal_start("tlsnic-refuse") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/refuse", cases, HARNESS_COUNT(cases));
}
