/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One frame of a stream that the TLS NIC seals is lost, each in turn, with segments that begin
 * everywhere in a record. The peer, which is software, reads the plaintext.
 */
#include <stdlib.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum { RECORDS = 6, REC_NO = 3 };

/* Plaintext bytes of the records. */
static const uint32_t sizes[RECORDS] = { 100, 1, 200, 50, 300, 78 };

/* The NIC drops nothing. */
static const char *const faults[] = {
	"tx_tls_drop_no_sync_data", "tx_tls_bad_header", "tx_malformed", "tx_tls_err",
	"tx_prepare_err",           "tx_no_mbuf"
};

static struct {
	struct pair p;
	const struct record_suite *suite;
	struct rtls_sock *k[2];
	uint64_t sent;
	uint32_t data_frames; /* so many with payload of end 0 since the last reset */
	uint32_t drop;        /* the one of this number; 0: none */
} t;

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct frame f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(frame, len, &f));
	if (dir != 0 || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	return ++t.data_frames == t.drop ? CABLE_DROP : CABLE_PASS;
}

static void
connect_with_keys(uint32_t seg)
{
	pair_connect(&t.p, 0, t.k);
	CU_ASSERT_EQUAL(rtls_sock_set(t.k[0], RTLS_OPT_MAX_SEG, seg), 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct peer key = peer_key_of(t.suite->version, t.suite->cipher, i, REC_NO);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(t.k, (int)i, &keys);
	}
	t.sent = 0;
	t.data_frames = 0;
}

/* All records, in one go. */
static void
transfer(void)
{
	uint8_t bytes[1000];
	uint64_t off = t.sent;

	for (int i = 0; i < RECORDS; i++) {
		pair_fill(bytes, t.sent, sizes[i]);
		CU_ASSERT_EQUAL_FATAL(rtls_send(t.k[0], bytes, sizes[i], 0), (ssize_t)sizes[i]);
		t.sent += sizes[i];
	}
	pair_fill(bytes, off, t.sent - off);
	pair_expect(&t.p, t.k[1], bytes, t.sent - off);
	/* And back. */
	pair_send(&t.p, t.k[1], bytes, 500);
	pair_expect(&t.p, t.k[0], bytes, 500);
	pair_pass(&t.p, 1000000);
}

static void
is_nic(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(t.k[0], RTLS_TX, &info), 0);
	CU_ASSERT_EQUAL(info.mode, RTLS_MODE_NIC);
	CU_ASSERT_EQUAL(info.reason, RTLS_MODE_REASON_NONE);
}

/* Loses frame number n of a connection; false: there is none. */
static bool
lose(uint32_t n, uint32_t seg, bool rebuilds)
{
	uint64_t nic = pair_stat(&t.p, 0, "TxBytesNic"), again;
	uint64_t fallback = pair_stat(&t.p, 0, "TxRecordsFallback");
	uint64_t sent_again = pair_stat(&t.p, 0, "TxRetransmissions");
	bool lost;

	connect_with_keys(seg);
	t.drop = n;
	transfer();
	lost = t.data_frames >= n;
	t.drop = 0;
	fallback = pair_stat(&t.p, 0, "TxRecordsFallback") - fallback;
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "TxRetransmissions") > sent_again, lost);
	is_nic();
	if (rebuilds)
		CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "TxBytesNic"),
				pair_stat(&t.p, 0, "TxBytesSealed"));
	CU_ASSERT_EQUAL(fallback > 0, lost && !rebuilds);
	/* The device is in step again. */
	nic = pair_stat(&t.p, 0, "TxBytesNic");
	again = pair_stat(&t.p, 0, "TxBytesSealed");
	transfer();
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "TxBytesNic") - nic,
			pair_stat(&t.p, 0, "TxBytesSealed") - again);
	CU_ASSERT_EQUAL(rtls_close(t.k[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(t.k[1]), 0);
	pair_settle(&t.p);
	return lost;
}

static void
lose_each(uint8_t method, uint8_t after, uint8_t rings)
{
	/* Records of TLS 1.3 are 122, 23, 222, 72, 322 and 100 bytes long: segments begin in headers, between
	 * header and plaintext, in the middle and in tags. */
	static const uint32_t segs[] = { 13, 24, 61, 110, 124, 127, 250, 1000 };
	const struct rtls_tlsnic_conf nic = {
		.size = sizeof(nic), .tx_method = method, .tx_after = after, .rings = rings
	};
	const struct rtls_stack_conf stack = { .max_time_wait = 256 };
	const struct pair_conf conf = { .nic = { &nic },
					.stack = { stack, stack },
					.filter = filter };

	memset(&t, 0, sizeof(t));
	t.suite = suites_turn();
	pair_init(&t.p, &conf);
	for (size_t i = 0; i < RTE_DIM(segs); i++) {
		uint32_t n = 1;

		while (lose(n, segs[i], method == RTLS_TLS_TX_REBUILD))
			n++;
		CU_ASSERT(n > 855 / segs[i]);
	}
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "tx_tls_drop_no_sync_data"), 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "tx_tls_drop_bypass_req"), 0);
	for (size_t i = 0; i < RTE_DIM(faults); i++)
		CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, faults[i]), 0);
	pair_fini(&t.p);
}

static void
test_stays(void)
{
	lose_each(RTLS_TLS_TX_REBUILD, RTLS_TLS_TX_STAYS, 0);
	lose_each(RTLS_TLS_TX_REBUILD, RTLS_TLS_TX_STAYS, 1);
}

static void
test_returns(void)
{
	lose_each(RTLS_TLS_TX_REBUILD, RTLS_TLS_TX_RETURNS, 0);
	lose_each(RTLS_TLS_TX_REBUILD, RTLS_TLS_TX_RETURNS, 1);
}

static void
test_next_record(void)
{
	lose_each(RTLS_TLS_TX_NEXT_RECORD, 0, 0);
	lose_each(RTLS_TLS_TX_NEXT_RECORD, 0, 1);
}

/* --- inside of the NIC ------------------------------------------------------------ */

/* One packet in so many never gets to the crypto. All arrives, and the NIC goes on. */
static void
play_inside(const struct record_suite *suite, const struct rtls_tlsnic_conf *nic, uint32_t seg)
{
	const struct pair_conf conf = { .nic = { nic } };

	memset(&t, 0, sizeof(t));
	t.suite = suite;
	pair_init(&t.p, &conf);
	connect_with_keys(seg);
	for (int i = 0; i < 30; i++)
		transfer();
	is_nic();
	CU_ASSERT(pair_port_stat(&t.p, 0, "tx_tls_lost") > 0);
	CU_ASSERT(pair_stat(&t.p, 0, "TxRetransmissions") > 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "SoftwareLost"), 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "tx_tls_drop_no_sync_data"), 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "tx_tls_drop_bypass_req"), 0);
	/* It sealed most of it, and not all where what is sent again is sealed here. */
	CU_ASSERT(2 * pair_stat(&t.p, 0, "TxBytesNic") > pair_stat(&t.p, 0, "TxBytesSealed"));
}

static void
end_inside(void)
{
	CU_ASSERT_EQUAL(rtls_close(t.k[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(t.k[1]), 0);
	pair_settle(&t.p);
	pair_fini(&t.p);
}

static void
lose_inside(uint8_t method, uint8_t rings, uint32_t every, uint32_t seg)
{
	const struct rtls_tlsnic_conf nic = {
		.size = sizeof(nic), .tx_method = method, .rings = rings, .tx_lose = every
	};
	bool asks = method == RTLS_TLS_TX_NEXT_RECORD;
	uint64_t asked;

	play_inside(suites_turn(), &nic, seg);
	asked = pair_port_stat(&t.p, 0, "tx_tls_resync_req");
	CU_ASSERT_EQUAL(asked > 0, asks);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "TlsTxDeviceResync") > 0, asks);
	CU_ASSERT(pair_stat(&t.p, 0, "TlsTxDeviceResync") <= asked);
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_drop_no_sync_data") > 0, asks);
	/* Put in step again, it drops no more. */
	CU_ASSERT(pair_port_stat(&t.p, 0, "tx_tls_encrypted_packets") >
		  4 * pair_port_stat(&t.p, 0, "tx_tls_drop_no_sync_data"));
	end_inside();
}

static void
test_lost_inside(void)
{
	static const uint32_t segs[] = { 61, 250, 1000 };

	for (size_t i = 0; i < RTE_DIM(segs); i++)
		for (uint8_t rings = 0; rings < 2; rings++) {
			lose_inside(RTLS_TLS_TX_REBUILD, rings, 7, segs[i]);
			lose_inside(RTLS_TLS_TX_NEXT_RECORD, rings, 6, segs[i]);
			lose_inside(RTLS_TLS_TX_NEXT_RECORD, rings, 16, segs[i]);
		}
}

/*
 * Of two packets of a transfer the first one may be all of the window, and with 7 and records of TLS 1.2 each
 * loss is such a one. What is sent again, in software, ends where the loss did, wherever in a record that is: so
 * the packet behind it shows the device that it missed some. Behind the last loss there may be none.
 */
static void
all_of_window(const struct record_suite *suite, uint8_t rings)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic),
					      .tx_method = RTLS_TLS_TX_NEXT_RECORD,
					      .rings = rings,
					      .tx_lose = 7 };
	uint64_t lost, asked;

	play_inside(suite, &nic, 61);
	lost = pair_port_stat(&t.p, 0, "tx_tls_lost");
	asked = pair_port_stat(&t.p, 0, "tx_tls_resync_req");
	CU_ASSERT(asked <= lost && asked + 1 >= lost);
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_drop_no_sync_data"), asked);
	CU_ASSERT(pair_stat(&t.p, 0, "TlsTxDeviceResync") <= asked);
	/* Each record of what is lost is sealed once more. */
	CU_ASSERT(pair_stat(&t.p, 0, "TxRecordsFallback") >= lost);
	CU_ASSERT(pair_stat(&t.p, 0, "TxBytesNic") < pair_stat(&t.p, 0, "TxBytesSealed"));
	end_inside();
}

static void
test_all_of_window(void)
{
	for (unsigned int i = 0; i < suites_count(); i++)
		for (uint8_t rings = 0; rings < 2; rings++)
			if (suites_any(i)->version == RTLS_TLS_1_2)
				all_of_window(suites_any(i), rings);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "rebuilds, and stays", test_stays },
		{ "rebuilds, and returns", test_returns },
		{ "takes packets in order only", test_next_record },
		{ "lost inside of the NIC", test_lost_inside },
		{ "lost inside of the NIC, all of the window", test_all_of_window },
	};

	if (eal_start("inline-loss") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/inline-loss", cases, HARNESS_COUNT(cases));
}
