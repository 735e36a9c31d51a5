/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS NIC with a bound on its crypto: what is too much for a turn waits, or is passed as it
 * came; in order, sealed and opened as ever; and packets that need none go in the turn that
 * they come in.
 */
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"
#include "tlsnic/nic.h"

/* --- sending ------------------------------------------------------------------- */

/* One of the NIC, and what the host does with it. */
static void
turn(const struct nic_bench *b)
{
	const struct offload_device *d = &b->nic->tls;
	struct rtls_tls_event ev;

	rtls_tlsnic_poll(b->nic);
	CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, &ev, 1), 0);
}

static void
give(const struct nic_bench *b, struct rte_mbuf *m)
{
	CU_ASSERT_EQUAL_FATAL(b->nic->tx_burst(b->nic, 0, &m, 1), 1);
}

/* A packet that is not to be sealed, of the same connection. */
static struct rte_mbuf *
unmarked(struct nic_bench *b, uint32_t off, uint32_t len)
{
	struct rte_mbuf *m = nic_bench_packet(b, off, len, 0);

	m->ol_flags &= ~RTE_MBUF_F_TX_SEC_OFFLOAD;
	return m;
}

/* Of another one, which has no context. */
static struct rte_mbuf *
plain(struct nic_bench *b, uint32_t off, uint32_t len)
{
	struct rte_mbuf *m = unmarked(b, off, len);

	*rte_pktmbuf_mtod_offset(m, uint8_t *, 34) ^= 1;
	return m;
}

/* Was the frame sent with these bytes in clear? */
static bool
is_clear(const struct nic_bench *b, uint32_t at, uint32_t off, uint32_t len)
{
	const struct nic_under_frame *f = &b->under->sent[at];

	return at < b->under->nb_sent && f->len == NIC_BENCH_HDRS + len &&
	       memcmp(f->bytes + NIC_BENCH_HDRS, b->stream.clear + off, len) == 0;
}

static void
waits(uint8_t rings)
{
	struct nic_bench b;
	uint32_t at = 0;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = 2000 }, 0);
	for (uint32_t off = 0; off < 5000; off += 1000)
		give(&b, nic_bench_packet(&b, off, 1000, 0));
	give(&b, plain(&b, 20000, 500));
	if (rings != 0)
		turn(&b);
	/* 2,000 bytes are sealed, and what comes behind the others is there. */
	nic_bench_check(&b, &at, 0, 1000, 0);
	nic_bench_check(&b, &at, 1000, 1000, 0);
	CU_ASSERT(is_clear(&b, at++, 20000, 500));
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_bytes"), 2000);
	/* One that comes now does not overtake those that wait. */
	give(&b, nic_bench_packet(&b, 5000, 1000, 0));
	give(&b, plain(&b, 30000, 0));
	turn(&b);
	if (rings == 0)
		CU_ASSERT(is_clear(&b, at++, 30000, 0));
	nic_bench_check(&b, &at, 2000, 1000, 0);
	nic_bench_check(&b, &at, 3000, 1000, 0);
	if (rings != 0)
		CU_ASSERT(is_clear(&b, at++, 30000, 0));
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_bytes"), 4000);
	turn(&b);
	nic_bench_check(&b, &at, 4000, 1000, 0);
	nic_bench_check(&b, &at, 5000, 1000, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_overload"), 0);
	nic_bench_close(&b);
}

static void
test_waits(void)
{
	waits(0);
	waits(1);
}

/* What its connection sends behind it waits, too: a pure ACK, and what the host has sealed. */
static void
test_same_connection(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct nic_bench b;
		uint32_t at = 0;

		nic_bench_begin(
			&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = 1000 }, 0);
		give(&b, nic_bench_packet(&b, 0, 1000, 0));
		give(&b, unmarked(&b, 30000, 0));
		give(&b, nic_bench_packet(&b, 1000, 1000, 0));
		give(&b, unmarked(&b, 40000, 0));
		give(&b, unmarked(&b, 0, 1000));
		give(&b, nic_bench_packet(&b, 2000, 1000, 0));
		give(&b, plain(&b, 20000, 500));
		if (rings != 0)
			turn(&b);
		nic_bench_check(&b, &at, 0, 1000, 0);
		CU_ASSERT(is_clear(&b, at++, 30000, 0));
		CU_ASSERT(is_clear(&b, at++, 20000, 500));
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		turn(&b);
		nic_bench_check(&b, &at, 1000, 1000, 0);
		CU_ASSERT(is_clear(&b, at++, 40000, 0));
		CU_ASSERT(is_clear(&b, at++, 0, 1000));
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		turn(&b);
		nic_bench_check(&b, &at, 2000, 1000, 0);
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		nic_bench_close(&b);
	}
}

/* A packet that takes more than a turn has is sealed, and the next turns pay for it. */
static void
test_debt(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct nic_bench b;
		uint32_t at = 0;

		nic_bench_begin(
			&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = 1000 }, 0);
		give(&b, nic_bench_packet(&b, 0, 3500, 700));
		give(&b, nic_bench_packet(&b, 3500, 100, 0));
		if (rings != 0)
			turn(&b);
		nic_bench_check(&b, &at, 0, 3500, 700);
		for (int i = 0; i < 2; i++) {
			turn(&b);
			CU_ASSERT_EQUAL(at, b.under->nb_sent);
		}
		turn(&b); /* 500 are left in the fourth turn */
		nic_bench_check(&b, &at, 3500, 100, 0);
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		nic_bench_close(&b);
	}
}

/* Where no more can wait, a packet is dropped, and those behind it that need no crypto are not. */
static void
test_too_many(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct nic_bench b;
		uint32_t at = 0;

		nic_bench_begin(
			&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = 1000 }, 0);
		((struct tlsnic *)b.nic)->backlog.max_packets = 2;
		for (uint32_t off = 0; off < 4000; off += 1000)
			give(&b, nic_bench_packet(&b, off, 1000, 0));
		give(&b, plain(&b, 20000, 500));
		if (rings != 0)
			turn(&b);
		nic_bench_check(&b, &at, 0, 1000, 0);
		CU_ASSERT(is_clear(&b, at++, 20000, 500));
		CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_overload"), 1);
		for (uint32_t off = 1000; off < 3000; off += 1000) {
			CU_ASSERT_EQUAL(at, b.under->nb_sent);
			turn(&b);
			nic_bench_check(&b, &at, off, 1000, 0);
		}
		/* It is sent again, as TCP does. */
		give(&b, nic_bench_packet(&b, 3000, 1000, 0));
		turn(&b);
		turn(&b);
		nic_bench_check(&b, &at, 3000, 1000, 0);
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		CU_ASSERT_EQUAL(nic_bench_mbufs_out(&b), 0);
		nic_bench_close(&b);
	}
}

/* The end of a context is behind its packets that wait, and a packet behind that finds none. */
static void
test_del_waits(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct rtls_tls_flow flow;
		const struct offload_device *d;
		struct rtls_tls_handle other;
		struct nic_bench b;
		uint32_t at = 0;

		nic_bench_begin(&b,
				&(struct rtls_tlsnic_conf){
					.rings = rings, .crypto_bytes = 1000, .max_contexts = 1 },
				0);
		d = &b.nic->tls;
		flow = nic_bench_flow_of(&b, RTLS_TX, 444);
		for (uint32_t off = 0; off < 3000; off += 1000)
			give(&b, nic_bench_packet(&b, off, 1000, 0));
		CU_ASSERT_EQUAL(d->ops->del(d->dev, b.ctx), 0);
		give(&b, nic_bench_packet(&b, 3000, 1000, 0));
		turn(&b);
		/* Its place is nobody else's before that. */
		CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 8, &other), -ENOSPC);
		for (int i = 0; i < 4; i++)
			turn(&b);
		for (uint32_t off = 0; off < 3000; off += 1000)
			nic_bench_check(&b, &at, off, 1000, 0);
		CU_ASSERT_EQUAL(at, b.under->nb_sent);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_drop_no_sync_data"), 1);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 8, &other), 0);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, other), 0);
		nic_bench_close(&b);
	}
}

/* All in its turn, whatever comes when: what is sealed in order, what is plain at once. */
static void
mixed(uint8_t rings)
{
	uint32_t off = 0, given = 0, sealed = 0, at = 0, nb_plain, turns = 0;
	uint32_t crypto = 500 + 100 * (uint32_t)rings;
	struct nic_bench b;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = crypto },
			0);
	while (sealed < 30000) {
		nb_plain = 0;
		for (uint32_t n = harness_below(&b.luck, 6); n > 0 && given < 30000; n--) {
			uint32_t len = 1 + harness_below(&b.luck, 1000);

			if (harness_below(&b.luck, 3) == 0) {
				give(&b, plain(&b, 60000, 7));
				nb_plain++;
				continue;
			}
			give(&b, nic_bench_packet(&b, given, len, 0));
			given += len;
		}
		turn(&b);
		turns++;
		for (; at < b.under->nb_sent; at++) {
			if (is_clear(&b, at, 60000, 7)) {
				nb_plain--;
				continue;
			}
			off = b.under->sent[at].len - NIC_BENCH_HDRS;
			CU_ASSERT_EQUAL_FATAL(memcmp(b.under->sent[at].bytes + NIC_BENCH_HDRS,
						     b.stream.wire + sealed, off),
					      0);
			sealed += off;
		}
		CU_ASSERT_EQUAL_FATAL(nb_plain, 0);
		CU_ASSERT(sealed < (turns + 1) * crypto + 1000);
		b.under->nb_sent = at = 0;
	}
	CU_ASSERT_EQUAL(sealed, given);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	nic_bench_close(&b);
}

static void
test_mixed(void)
{
	mixed(0);
	mixed(1);
}

/* What waits is the NIC's to send without a burst, a sleeping program hears of it, and it may end so. */
static void
test_close_busy(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct nic_bench b;

		nic_bench_begin(
			&b, &(struct rtls_tlsnic_conf){ .rings = rings, .crypto_bytes = 1000 }, 0);
		CU_ASSERT(!b.nic->tx_waiting(b.nic));
		for (uint32_t off = 0; off < 9000; off += 1000)
			give(&b, nic_bench_packet(&b, off, 1000, 0));
		turn(&b);
		CU_ASSERT_EQUAL(b.nic->tx_waiting(b.nic), rings == 0);
		CU_ASSERT(rings == 0 || rtls_tlsnic_poll(b.nic) > 0);
		CU_ASSERT_EQUAL(rte_security_session_destroy(b.nic->tls.sec_ctx, b.session), 0);
		CU_ASSERT_EQUAL(rtls_port_close(b.nic), 0);
		CU_ASSERT_EQUAL(nic_bench_mbufs_out(&b), 0);
		nic_under_destroy(b.under);
		nic_stream_fini(&b.stream);
	}
}

/* --- receiving ----------------------------------------------------------------- */

enum { SEQ = 5000 };

static void
begin_receiving(struct nic_bench *b, uint8_t rings, uint32_t crypto)
{
	static const uint32_t sizes[] = { 900, 900, 900, 900, 900, 900 };
	struct rtls_tlsnic_conf conf = { .rings = rings, .crypto_bytes = crypto };
	const struct offload_device *d;
	struct rtls_tls_flow flow;

	nic_bench_open(b, &conf, 0);
	d = &b->nic->tls;
	nic_stream_init(&b->stream, 0, 0, &b->luck, b->pool, SEQ, 0, sizes, RTE_DIM(sizes));
	flow = nic_bench_flow_of(b, RTLS_RX, 443);
	b->session = nic_bench_session(b, RTLS_RX);
	CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, b->session, &flow, 9, &b->ctx), 0);
	CU_ASSERT_EQUAL_FATAL(d->ops->start(d->dev, b->ctx, SEQ, b->stream.first_rec_no), 0);
}

/* The next packet, which carries these bytes: opened, or as it came. */
static void
next_is(struct nic_bench *b, const struct rte_mbuf *came, uint32_t off, uint32_t len, bool opened)
{
	const uint32_t head = 5;
	struct rte_mbuf *m = NULL;
	uint8_t room[1600];
	const uint8_t *p;

	CU_ASSERT_EQUAL_FATAL(b->nic->rx_burst(b->nic, 0, &m, 1), 1);
	CU_ASSERT_EQUAL((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0, opened);
	CU_ASSERT_EQUAL(m == came, !opened);
	p = rte_pktmbuf_read(m, NIC_BENCH_HDRS, len, room);
	/* A record a packet: its body, without header and tag. */
	CU_ASSERT_EQUAL(opened ? memcmp(p + head, b->stream.clear + off + head, len - head - 16) :
				 memcmp(p, b->stream.wire + off, len),
			0);
	rte_pktmbuf_free(m);
}

/* Two records a turn are opened, with packets of one record each; the others are as they came. */
static void
passes(uint8_t rings)
{
	struct rte_mbuf *came[6];
	struct nic_bench b;
	uint32_t len;

	begin_receiving(&b, rings, 1500);
	len = b.stream.records[0].len;
	for (uint32_t i = 0; i < 4; i++)
		came[i] = nic_bench_arrive(&b, i * len, len, 0);
	/* Of no context: it is opened by nobody, and not counted. */
	came[4] = nic_bench_arrive(&b, 0, len, NIC_ARRIVAL_OTHER_FLOW);
	if (rings != 0)
		rtls_tlsnic_poll(b.nic);
	for (uint32_t i = 0; i < 4; i++)
		next_is(&b, came[i], i * len, len, i < 2);
	next_is(&b, came[4], 0, len, false);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_overload"), 2);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_decrypted_packets"), 2);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_lost"), 0);
	nic_bench_close(&b);
}

static void
test_passes(void)
{
	passes(0);
	passes(1);
}

/* No more than that a turn: and in the next one what follows is opened, where its place is known. */
static void
test_next_turn(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		struct rte_mbuf *m;
		struct nic_bench b;
		uint32_t len;

		begin_receiving(&b, rings, 1);
		len = b.stream.records[0].len;
		m = nic_bench_arrive(&b, 0, len, 0);
		if (rings != 0)
			rtls_tlsnic_poll(b.nic);
		next_is(&b, m, 0, len, true);
		/* What it took too much has to be paid for. */
		for (uint32_t i = 1; i < len; i++)
			turn(&b);
		turn(&b);
		m = nic_bench_arrive(&b, len, len, 0);
		if (rings != 0)
			rtls_tlsnic_poll(b.nic);
		next_is(&b, m, len, len, true);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_overload"), 0);
		nic_bench_close(&b);
	}
}

/* Sending and receiving have a bound each: neither takes what is the other's. */
static void
test_each_direction(void)
{
	struct rtls_tls_handle receives;
	const struct offload_device *d;
	struct rtls_tls_flow flow;
	struct nic_bench b;
	struct rte_mbuf *m;
	void *session;

	nic_bench_begin(&b, &(struct rtls_tlsnic_conf){ .crypto_bytes = 1000 }, 0);
	d = &b.nic->tls;
	flow = nic_bench_flow_of(&b, RTLS_RX, 443);
	session = nic_bench_session(&b, RTLS_RX);
	CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, session, &flow, 9, &receives), 0);
	CU_ASSERT_EQUAL_FATAL(d->ops->start(d->dev, receives, b.stream.seq, b.stream.first_rec_no),
			      0);
	for (uint32_t off = 0; off < 3000; off += 1000)
		give(&b, nic_bench_packet(&b, off, 1000, 0));
	m = nic_bench_arrive(&b, 0, 1000, 0);
	next_is(&b, m, 0, 1000, true);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_overload"), 0);
	(void)d->ops->del(d->dev, receives);
	CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
	turn(&b);
	turn(&b);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "sent: what is too much waits, and nobody else does", test_waits },
		{ "sent: nothing of a connection is reordered", test_same_connection },
		{ "sent: a packet that takes several turns' crypto", test_debt },
		{ "sent: no more can wait", test_too_many },
		{ "sent: the end of a context is behind what waits", test_del_waits },
		{ "sent: anything at any time", test_mixed },
		{ "sent: closed while some wait", test_close_busy },
		{ "received: what is too much is passed as it came", test_passes },
		{ "received: the next turn goes on", test_next_turn },
		{ "each direction has a bound of its own", test_each_direction },
	};

	if (eal_start("tlsnic-budget") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/budget", cases, HARNESS_COUNT(cases));
}
