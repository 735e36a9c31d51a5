/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Segments in clear between the stack and a device that fails: what it cannot take software
 * seals, and nothing reaches the port that it would send in clear.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/inline_tx.h"
#include "stack/state.h"
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

/* --- what is unsafe is not sent ------------------------------------------------- */

static bool forgetful; /* sealing a queued record does nothing, and says that all is well */

int __real_session_tx_seal_queued(struct session_tx *tx, struct txmap_rec *rec);
int __wrap_session_tx_seal_queued(struct session_tx *tx, struct txmap_rec *rec);

int
__wrap_session_tx_seal_queued(struct session_tx *tx, struct txmap_rec *rec)
{
	return forgetful ? 0 : __real_session_tx_seal_queued(tx, rec);
}

static bool twice; /* the device is to seal what software has sealed */

int __real_inline_tx_decide(const struct netif *nif, struct tx_run *run);
int __wrap_inline_tx_decide(const struct netif *nif, struct tx_run *run);

int
__wrap_inline_tx_decide(const struct netif *nif, struct tx_run *run)
{
	int rc = __real_inline_tx_decide(nif, run);

	if (rc != 0 || !twice)
		return rc;
	rc = __real_session_tx_seal_queued(&run->owner->tx, run->rec);
	run->rec = txmap_find(&run->owner->sendq.map, run->out.off);
	return rc;
}

/* The connection has ended in the poll that would have sent what is unsafe. */
static void
is_stopped(const char *why)
{
	unsigned int marked = d.dev.nb_notes;

	device_pair_write(&d, 0, 1000);
	log_tap_start(RTE_LOG_ERR);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_CLEAR_TEXT_STOPPED), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(device_pair_stat(&d, why), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxNoBuffer"), 0);
	CU_ASSERT_EQUAL(d.dev.nb_notes, marked);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxResets"), 1);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).state, RTLS_SOCK_CLOSED);
}

/* What the device does not take, and software does not seal: nothing of it leaves. */
static void
test_nobody_seals(void)
{
	for (int method = RTLS_TLS_TX_REBUILD; method <= RTLS_TLS_TX_NEXT_RECORD; method++) {
		begin((enum rtls_tls_tx_method)method);
		keys();
		device_pair_exchange(&d, 3000);
		d.dev.o.mark_rc = -EIO;
		forgetful = true;
		is_stopped("tx_tls_drop_no_sync_data");
		forgetful = false;
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(pair_info(d.k[1]).end_reason, RTLS_REASON_RESET);
		device_pair_fini(&d);
	}
}

/* What software has sealed, and the device is to seal: sealed twice it would be nobody's record. */
static void
test_both_seal(void)
{
	begin(RTLS_TLS_TX_REBUILD);
	keys();
	device_pair_exchange(&d, 3000);
	twice = true;
	is_stopped("tx_tls_drop_bypass_req");
	twice = false;
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[1]).end_reason, RTLS_REASON_RESET);
	device_pair_fini(&d);
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
fail_third(struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	static unsigned int n;

	(void)m;
	(void)meta;
	d.dev.o.mark_rc = ++n % 3 == 0 ? -EIO : 0;
}

/* Now and then one: who takes packets in order only goes on behind those that were handed over. */
static void
some_marks(enum rtls_tls_tx_method method)
{
	begin(method);
	keys();
	d.dev.o.on_mark = fail_third;
	for (int i = 0; i < 20; i++)
		device_pair_write(&d, 0, i % 2 == 0 ? 500 : 3000);
	device_pair_read(&d, 0, 10 * 3500);
	d.dev.o.on_mark = NULL;
	d.dev.o.mark_rc = 0;
	device_pair_exchange(&d, 3000);
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRetransmissions"), 0);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
test_marks_fail(void)
{
	static const unsigned int good[] = { 0, 1, 2, 7, 12 };

	some_marks(RTLS_TLS_TX_REBUILD);
	some_marks(RTLS_TLS_TX_NEXT_RECORD);
	for (size_t i = 0; i < HARNESS_COUNT(good); i++) {
		no_marks(RTLS_TLS_TX_REBUILD, good[i]);
		no_marks(RTLS_TLS_TX_NEXT_RECORD, good[i]);
	}
}

/* The port takes packets, but none that is marked. */
static void
head_refused(uint32_t len, uint32_t max_seg)
{
	uint64_t nic, all;

	begin(RTLS_TLS_TX_NEXT_RECORD);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MAX_SEG, max_seg), 0);
	keys();
	device_pair_exchange(&d, 3000);
	d.dev.takes_none = true;
	for (uint32_t n = 0; n < 40000; n += len)
		device_pair_write(&d, 0, len);
	pair_pass(&d.p, 500000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDeviceRefused"), 0);
	pair_pass(&d.p, 1000000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDropped"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxDeviceRefused"), 1);
	d.dev.takes_none = false;
	device_pair_read(&d, 0, 40000);
	device_pair_exchange(&d, 5000);
	nic = device_pair_stat(&d, "TxBytesNic");
	all = device_pair_stat(&d, "TxBytesSealed");
	device_pair_exchange(&d, 5000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") - nic,
			device_pair_stat(&d, "TxBytesSealed") - all);
	/* Put in step again at a record behind the one that was sealed here. */
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 0);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
test_head_refused(void)
{
	head_refused(40000, 1400);
	/* It is a record, and the next one comes right behind it. */
	head_refused(500, 522);
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
		ask.ctx = d.k[0]->tx.tls->epochs.now->ctx.handle;
		ask.cookie = d.dev.o.ctx[0].cookie;
		ask.seq = tcp_seq_of(&d.k[0]->tcp,
				     d.k[0]->tx.tls->epochs.now->tx.sent.planned_off) -
			  1;
		offload_double_event(&d.dev.o, &ask);
		/* Of another context, nothing. */
		ask.ctx.generation ^= 1;
		offload_double_event(&d.dev.o, &ask);
		log_tap_start(RTE_LOG_INFO);
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_MISSED), asks);
		log_tap_end();
		CU_ASSERT_EQUAL(d.k[0]->tx.tls->epochs.now->tx.sent.out_of_step, asks);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxDeviceResync"), asks);
		device_pair_exchange(&d, 5000);
		CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
		CU_ASSERT_FALSE(d.k[0]->tx.tls->epochs.now->tx.sent.out_of_step);
		/* An answer that was under way when it asked is one. */
		ask.ctx.generation ^= 1;
		offload_double_event(&d.dev.o, &ask);
		pair_settle(&d.p);
		CU_ASSERT_FALSE(d.k[0]->tx.tls->epochs.now->tx.sent.out_of_step);
		nic = device_pair_stat(&d, "TxBytesNic");
		all = device_pair_stat(&d, "TxBytesSealed");
		device_pair_exchange(&d, 40000);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") - nic,
				device_pair_stat(&d, "TxBytesSealed") - all);
		CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
		device_pair_fini(&d);
	}
}

/* The device has missed a packet, and says what it is told next. */
static void
misses_one(int answer)
{
	struct rtls_tls_event ask = { .type = RTLS_TLS_EV_TX_RESYNC };
	const struct session_epoch *e = d.k[0]->tx.tls->epochs.now;

	ask.ctx = e->ctx.handle;
	ask.cookie = d.dev.o.ctx[0].cookie;
	ask.seq = tcp_seq_of(&d.k[0]->tcp, e->tx.sent.planned_off) - 1;
	offload_double_event(&d.dev.o, &ask);
	d.dev.o.resync_rc = answer;
	pair_settle(&d.p);
}

/* Not now: software seals record by record, until one may do. That begins a segment. */
static void
resync_is_busy(uint32_t max_seg)
{
	const struct seal_note *first;
	uint64_t nic, all, fallback;
	unsigned int before;

	begin(RTLS_TLS_TX_NEXT_RECORD);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MAX_SEG, max_seg), 0);
	keys();
	device_pair_exchange(&d, 3000);
	misses_one(-EBUSY);
	before = d.dev.nb_notes;
	fallback = device_pair_stat(&d, "TxRecordsFallback");
	for (int i = 0; i < 5; i++)
		device_pair_exchange(&d, 20000);
	CU_ASSERT_EQUAL(d.dev.nb_notes, before);
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") >= fallback + 5);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	d.dev.o.resync_rc = 0;
	nic = device_pair_stat(&d, "TxBytesNic");
	all = device_pair_stat(&d, "TxBytesSealed");
	device_pair_exchange(&d, 20000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") - nic,
			device_pair_stat(&d, "TxBytesSealed") - all);
	CU_ASSERT_FATAL(d.dev.nb_notes > before);
	first = &d.dev.notes[before];
	CU_ASSERT_EQUAL(first->meta.before_len, 0);
	CU_ASSERT_EQUAL(first->seq, first->meta.rec_tcp_seq);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 0);
	device_pair_fini(&d);
}

/* Never again: software for good, and it says why. */
static void
resync_fails(int error)
{
	unsigned int before;

	begin(RTLS_TLS_TX_NEXT_RECORD);
	keys();
	device_pair_exchange(&d, 3000);
	misses_one(error);
	before = d.dev.nb_notes;
	device_pair_exchange(&d, 20000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_LOST));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 1);
	device_pair_exchange(&d, 20000);
	CU_ASSERT_EQUAL(d.dev.nb_notes, before);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
test_resync_answered(void)
{
	resync_is_busy(65535);
	resync_is_busy(522);
	resync_is_busy(61);
	resync_fails(-EIO);
	resync_fails(-ENOENT);
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
	d.k[0]->stack->session.provider = &flaky.provider;
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
		{ "what nobody seals does not leave", test_nobody_seals },
		{ "what is sealed already is not sealed again", test_both_seal },
		{ "packets longer than a segment", test_long_packets },
		{ "metadata that the device refuses", test_marks_fail },
		{ "a marked packet that is refused for ever", test_head_refused },
		{ "a device that asks for a resync", test_asked_to_resync },
		{ "a resync that is put off, or refused", test_resync_answered },
		{ "device and software fail", test_software_fails },
	};

	if (eal_start("inline-tx") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/inline-tx", cases, HARNESS_COUNT(cases));
}
