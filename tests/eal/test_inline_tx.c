/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Segments in clear between the stack and a device that fails: what it cannot take software
 * seals, and nothing reaches the port that it would send in clear.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/inline_tx.h"
#include "stack/stack.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

static struct device_pair d;

static void
begin(enum rtls_tls_tx_method method)
{
	device_pair_init(&d, NULL);
	d.dev.o.mute = true;
	d.p.port[0]->tls.caps.tx_method = (uint8_t)method;
	device_pair_connect(&d);
}

static void
keys(void)
{
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
}

/* --- the verdict --------------------------------------------------------------- */

enum { PIECES = 3 };

/* A packet of PIECES pieces, each of its own record. */
static struct rte_mbuf *
packet(struct rte_mempool *pool, const enum txmap_sealer sealers[PIECES], bool marked)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *record, *piece, *last = head;

	CU_ASSERT_PTR_NOT_NULL_FATAL(head);
	for (int i = 0; i < PIECES; i++) {
		record = rte_pktmbuf_alloc(pool);
		piece = rte_pktmbuf_alloc(pool);
		CU_ASSERT_FATAL(record != NULL && piece != NULL);
		rte_pktmbuf_append(record, 100);
		sendq_rec(record)->sealer = (uint8_t)sealers[i];
		rte_pktmbuf_attach(piece, record);
		rte_pktmbuf_free(record);
		last->next = piece;
		last = piece;
		head->nb_segs++;
	}
	head->ol_flags = marked ? RTE_MBUF_F_TX_SEC_OFFLOAD : 0;
	return head;
}

static void
test_judge(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("judge", 31, 0, 64, 1024, SOCKET_ID_ANY);
	struct rte_mbuf *m;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	/* Each piece sealed or not: the packet is what all its pieces say. */
	for (unsigned int set = 0; set < 1u << PIECES; set++) {
		enum txmap_sealer sealers[PIECES];

		for (unsigned int i = 0; i < PIECES; i++)
			sealers[i] = set >> i & 1 ? TXMAP_DEVICE : TXMAP_AS_IS;
		m = packet(pool, sealers, false);
		CU_ASSERT_EQUAL(inline_tx_judge(m),
				set == 0 ? INLINE_TX_SAFE : INLINE_TX_NO_SYNC_DATA);
		rte_pktmbuf_free(m);
		m = packet(pool, sealers, true);
		CU_ASSERT_EQUAL(inline_tx_judge(m),
				set == (1u << PIECES) - 1 ? INLINE_TX_SAFE : INLINE_TX_BYPASS);
		rte_pktmbuf_free(m);
	}
	m = rte_pktmbuf_alloc(pool);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(inline_tx_judge(m), INLINE_TX_SAFE);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

/* --- what is unsafe is dropped ------------------------------------------------- */

static struct txmap_rec *turned; /* whose sealer is not what it says */
static unsigned int marks;

/* The record of this packet, which is marked already, passes for a sealed one. */
static void
turn_this(struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	(void)m;
	if (++marks != 2)
		return;
	turned = sendq_rec((struct rte_mbuf *)(uintptr_t)meta->before);
	turned->sealer = TXMAP_AS_IS;
}

/* The record in front, of a packet that is not marked, passes for one in clear. */
static void
turn_head(struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	(void)m;
	(void)meta;
	if (++marks != 1)
		return;
	turned = d.k[0]->sendq.map.head;
	CU_ASSERT_EQUAL(turned->sealer, TXMAP_AS_IS);
	turned->sealer = TXMAP_DEVICE;
}

static void
unsafe(void (*turn)(struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta),
       enum rtls_tls_tx_method method, const char *counter, const char *other)
{
	struct peer key = device_pair_key(0, 1);
	struct rtls_keys keys = peer_keys(&key);
	uint64_t packets;

	marks = 0;
	turned = NULL;
	begin(method);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MAX_SEG, 1022), 0);
	device_pair_keys(&d, 1);
	device_pair_write(&d, 0, 500);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[0], RTLS_TX, &keys), 0);
	for (int i = 0; i < 3; i++)
		device_pair_write(&d, 0, 1000);
	d.dev.o.on_mark = turn;
	packets = cable_stats_get(d.p.cable, 0).tx_packets;
	log_tap_start(RTE_LOG_ERR);
	CU_ASSERT_EQUAL(rtls_stack_poll(d.p.stack[0], d.p.now_us) > 0, true);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_CLEAR_TEXT_STOPPED), 1);
	log_tap_end();
	CU_ASSERT_PTR_NOT_NULL_FATAL(turned);
	turned->sealer = turn == turn_this ? TXMAP_DEVICE : TXMAP_AS_IS;
	CU_ASSERT_EQUAL(device_pair_stat(&d, counter), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, other), 0);
	/* Of four one was dropped. */
	CU_ASSERT_EQUAL(marks, 3);
	CU_ASSERT_EQUAL(cable_stats_get(d.p.cable, 0).tx_packets - packets, 3);
	d.sent[0] -= 3000;
	device_pair_read(&d, 0, 500);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[1], RTLS_RX, &keys), 0);
	d.sent[0] += 3000;
	device_pair_read(&d, 0, 3000);
	CU_ASSERT(device_pair_stat(&d, "TxRetransmissions") > 0);
	device_pair_exchange(&d, 5000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, counter), 1);
	/* One that takes packets in order goes on with the next record. */
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_FALSE(d.k[0]->mode.tx_out_of_step);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
test_dropped(void)
{
	unsafe(turn_this, RTLS_TLS_TX_REBUILD, "tx_tls_drop_bypass_req",
	       "tx_tls_drop_no_sync_data");
	unsafe(turn_this, RTLS_TLS_TX_NEXT_RECORD, "tx_tls_drop_bypass_req",
	       "tx_tls_drop_no_sync_data");
	unsafe(turn_head, RTLS_TLS_TX_REBUILD, "tx_tls_drop_no_sync_data",
	       "tx_tls_drop_bypass_req");
	unsafe(turn_head, RTLS_TLS_TX_NEXT_RECORD, "tx_tls_drop_no_sync_data",
	       "tx_tls_drop_bypass_req");
}

/* --- packets longer than a segment ------------------------------------------------ */

/* The port cuts them; those that are to be sealed only where the device says that it does. */
static void
long_packets(uint8_t tx_tso)
{
	const struct pair_conf conf = { .caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
					.tso_max = 9000 };
	uint32_t longest = 0;

	device_pair_init(&d, &conf);
	d.dev.o.mute = true;
	d.p.port[0]->tls.caps.tx_tso = tx_tso;
	device_pair_connect(&d);
	keys();
	for (int i = 0; i < 10; i++)
		device_pair_exchange(&d, 30000);
	for (unsigned int i = 0; i < d.dev.nb_notes; i++)
		longest = RTE_MAX(longest, d.dev.notes[i].len);
	CU_ASSERT_EQUAL(longest > pair_info(d.k[0]).mss, tx_tso != 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic"), device_pair_stat(&d, "TxBytesSealed"));
	device_pair_fini(&d);
}

static void
test_long_packets(void)
{
	long_packets(0);
	long_packets(1);
}

/* --- the device fails in mid-stream ---------------------------------------------- */

/* What is refused is sealed here, packet by packet, and the context lives. */
static void
no_marks(enum rtls_tls_tx_method method, unsigned int good)
{
	uint64_t fallback;

	begin(method);
	keys();
	device_pair_exchange(&d, 3000);
	d.dev.o.good_marks = good;
	d.dev.o.mark_rc = -EIO;
	log_tap_start(RTE_LOG_INFO);
	device_pair_exchange(&d, 40000);
	/* Of many packets of one moment. */
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_SKIPPED), 1);
	log_tap_end();
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareRefused"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxNoBuffer"), 0);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRetransmissions"), 0);
	fallback = device_pair_stat(&d, "TxRecordsFallback");
	CU_ASSERT(fallback > 0);
	CU_ASSERT(device_pair_stat(&d, "TxDeviceRefused") > 0);
	CU_ASSERT(device_pair_stat(&d, "TxDeviceRefused") <= fallback);
	/* Well again, it goes on. */
	d.dev.o.mark_rc = 0;
	device_pair_exchange(&d, 40000);
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") <= fallback + 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRetransmissions"), 0);
	device_pair_fini(&d);
}

static void
test_marks_fail(void)
{
	static const unsigned int good[] = { 0, 1, 2, 7, 12 };

	for (size_t i = 0; i < HARNESS_COUNT(good); i++) {
		no_marks(RTLS_TLS_TX_REBUILD, good[i]);
		no_marks(RTLS_TLS_TX_NEXT_RECORD, good[i]);
	}
}

/* The port takes packets, but none that is marked. */
static void
test_head_refused(void)
{
	begin(RTLS_TLS_TX_NEXT_RECORD);
	keys();
	device_pair_exchange(&d, 3000);
	d.dev.takes_none = true;
	device_pair_write(&d, 0, 40000);
	pair_pass(&d.p, 500000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDeviceRefused"), 0);
	pair_pass(&d.p, 1000000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDropped"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDeviceRefused"), 1);
	d.dev.takes_none = false;
	device_pair_read(&d, 0, 40000);
	device_pair_exchange(&d, 5000);
	/* Put in step again at a record behind the one that was sealed here. */
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 0);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);

	/* One that rebuilds goes on with the next packet. */
	begin(RTLS_TLS_TX_REBUILD);
	keys();
	d.dev.takes_none = true;
	device_pair_write(&d, 0, 40000);
	pair_pass(&d.p, 1500000);
	CU_ASSERT(device_pair_stat(&d, "TxDropped") > 0);
	d.dev.takes_none = false;
	device_pair_read(&d, 0, 40000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	device_pair_fini(&d);
}

/* Asked for by the device: software seals up to the next record, and no further. */
static void
test_asked_to_resync(void)
{
	struct rtls_tls_event ask = { .type = RTLS_TLS_EV_TX_RESYNC };
	uint64_t nic, all;

	for (int method = RTLS_TLS_TX_REBUILD; method <= RTLS_TLS_TX_NEXT_RECORD; method++) {
		bool asks = method == RTLS_TLS_TX_NEXT_RECORD;

		begin((enum rtls_tls_tx_method)method);
		keys();
		device_pair_exchange(&d, 3000);
		ask.ctx = d.k[0]->mode.dir[RTLS_TX].ctx.handle;
		ask.cookie = d.dev.o.ctx[0].cookie;
		ask.seq = tcp_seq_of(&d.k[0]->tcp, d.k[0]->mode.tx_planned_off) - 1;
		offload_double_event(&d.dev.o, &ask);
		/* Of another context, nothing. */
		ask.ctx.generation ^= 1;
		offload_double_event(&d.dev.o, &ask);
		log_tap_start(RTE_LOG_INFO);
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_MISSED), asks);
		log_tap_end();
		CU_ASSERT_EQUAL(d.k[0]->mode.tx_out_of_step, asks);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxDeviceResync"), asks);
		device_pair_exchange(&d, 5000);
		CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
		CU_ASSERT_FALSE(d.k[0]->mode.tx_out_of_step);
		/* An answer that was under way when it asked is one. */
		ask.ctx.generation ^= 1;
		offload_double_event(&d.dev.o, &ask);
		pair_settle(&d.p);
		CU_ASSERT_FALSE(d.k[0]->mode.tx_out_of_step);
		nic = device_pair_stat(&d, "TxBytesNic");
		all = device_pair_stat(&d, "TxBytesSealed");
		device_pair_exchange(&d, 40000);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") - nic,
				device_pair_stat(&d, "TxBytesSealed") - all);
		CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
		device_pair_fini(&d);
	}
}

/* --- and then software fails, too ------------------------------------------------ */

/* What is queued can never be sent: the connection is aborted, in the middle of a burst. */
static void
software_fails(bool orphan, int good_jobs)
{
	struct rtls_tls_event lost = { .type = RTLS_TLS_EV_LOST };
	static struct flaky flaky;

	begin(RTLS_TLS_TX_REBUILD);
	flaky_init(&flaky);
	d.k[0]->tx.provider = &flaky.provider;
	keys();
	device_pair_exchange(&d, 3000);
	for (int i = 0; i < 6; i++)
		device_pair_write(&d, 0, 1000);
	lost.ctx.generation = d.dev.o.ctx[0].generation;
	lost.cookie = d.dev.o.ctx[0].cookie;
	offload_double_event(&d.dev.o, &lost);
	flaky.good_jobs = good_jobs;
	if (orphan)
		CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxResets"), 1);
	if (orphan)
		d.k[0] = NULL;
	else
		CU_ASSERT_EQUAL(pair_info(d.k[0]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TimersInUse"), 0);
	CU_ASSERT_EQUAL(pair_info(d.k[1]).end_reason, RTLS_REASON_RESET);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SocksInUse"), orphan ? 0 : 1);
	device_pair_fini(&d);
	CU_ASSERT_EQUAL(flaky.keys, 0);
}

static void
test_software_fails(void)
{
	for (int good = 0; good < 4; good++) {
		software_fails(false, good);
		software_fails(true, good);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what packets are", test_judge },
		{ "what is not safe is dropped", test_dropped },
		{ "packets longer than a segment", test_long_packets },
		{ "metadata that the device refuses", test_marks_fail },
		{ "a marked packet that is refused for ever", test_head_refused },
		{ "a device that asks for a resync", test_asked_to_resync },
		{ "device and software fail", test_software_fails },
	};

	if (eal_start("inline-tx") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/inline-tx", cases, HARNESS_COUNT(cases));
}
