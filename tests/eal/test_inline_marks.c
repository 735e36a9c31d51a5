/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A NIC that opens what is received, and what comes of what its marks say: all records are its own where
 * nothing goes wrong, and where it says what is not so, nothing wrong is read, and it is named.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>
#include <rte_log.h>

#include "eal/opening_nic.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum { PLAIN = 60000, PACKETS = 3000, IN_ONE = 700, LOSS_PPM = 20000 };

static struct {
	struct pair p;
	struct rtls_sock *k[2];
	uint8_t plain[PLAIN];
	uint32_t piece; /* bytes of a record: it lies in some packets, or in one */
	uint32_t got;
	struct rtls_sock_stats st;
} t;

static const struct record_suite *suite; /* of the connections to come */

static void
begin(const struct rtls_tlsnic_conf *change, uint32_t loss_ppm)
{
	struct pair_conf conf = { 0 };

	memset(&t, 0, sizeof(t));
	t.piece = PACKETS;
	pair_fill(t.plain, 0, PLAIN);
	conf.path[0].loss_ppm = loss_ppm;
	opening_nic_begin(&t.p, t.k, suite, change, &conf);
}

/* All is sent, and read as far as it goes. What the last receive said. */
static ssize_t
exchange(void)
{
	uint32_t sent = 0;
	uint8_t buf[4096];
	ssize_t n = -EAGAIN;

	for (int turn = 0; turn < 20000 && t.got < PLAIN; turn++) {
		if (sent < PLAIN) {
			n = rtls_send(t.k[0], t.plain + sent, RTE_MIN(PLAIN - sent, t.piece), 0);
			sent += n > 0 ? (uint32_t)n : 0;
		}
		pair_turn(&t.p);
		pair_pass(&t.p, turn % 16 == 0 ? 1000 : 10);
		n = rtls_recv(t.k[1], buf, sizeof(buf), 0);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		CU_ASSERT_FATAL(t.got + (uint32_t)n <= PLAIN);
		CU_ASSERT_EQUAL_FATAL(memcmp(buf, t.plain + t.got, (size_t)n), 0);
		t.got += (uint32_t)n;
	}
	t.st.size = sizeof(t.st);
	CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &t.st), 0);
	return n;
}

static void
expect_whole(void)
{
	exchange();
	CU_ASSERT_EQUAL(t.got, PLAIN);
	CU_ASSERT_EQUAL(pair_info(t.k[1]).end_reason, RTLS_REASON_NONE);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsRxDeviceWrong"), 0);
}

/* In order it opens all of them but the first ones, which came before it was started. */
static void
in_order(void)
{
	begin(&(struct rtls_tlsnic_conf){ 0 }, 0);
	expect_whole();
	CU_ASSERT(t.st.rx_nic_records >= t.st.rx_records - 1);
	CU_ASSERT_EQUAL(t.st.rx_mixed_records, 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxPutBack"), 0);
	opening_nic_end(&t.p, t.k);
}

static void
test_in_order(void)
{
	for (unsigned int i = 0; i < suites_count(); i++) {
		suite = suites_any(i);
		in_order();
	}
}

/* With losses it opens what it can, and the rest is opened here. */
static void
losses(void)
{
	begin(&(struct rtls_tlsnic_conf){ 0 }, LOSS_PPM);
	expect_whole();
	CU_ASSERT(t.st.rx_nic_records > 0 && t.st.rx_nic_records < t.st.rx_records);
	opening_nic_end(&t.p, t.k);
}

static void
test_losses(void)
{
	for (unsigned int i = 0; i < suites_count(); i++) {
		suite = suites_any(i);
		losses();
	}
}

/* What it has not verified is verified here. */
static void
test_unverified(void)
{
	for (uint32_t every = 1; every <= 7; every += 3) {
		suite = suites_turn();
		begin(&(struct rtls_tlsnic_conf){ .rx_unverified = every }, 0);
		expect_whole();
		CU_ASSERT_EQUAL(t.st.rx_nic_records == 0, every == 1);
		CU_ASSERT(t.st.rx_mixed_records > 0 && pair_stat(&t.p, 1, "RxPutBack") > 0);
		opening_nic_end(&t.p, t.k);
	}
}

/* A context that the connection has not: the packet is as good as lost. */
static void
test_unknown_context(void)
{
	suite = suites_turn();
	begin(&(struct rtls_tlsnic_conf){ .rx_lie = 5, .rx_lie_by = { .generation = 7 } }, 0);
	expect_whole();
	CU_ASSERT(pair_stat(&t.p, 1, "RxUnknownMark") > 0);
	CU_ASSERT(log_tap_count(NOTE_DEVICE_MARK) > 0);
	CU_ASSERT(t.st.rx_nic_records < t.st.rx_records);
	opening_nic_end(&t.p, t.k);
}

/* A run that is none of its: nothing is vouched for that is in two of them. */
static void
test_other_run(void)
{
	suite = suites_turn();
	begin(&(struct rtls_tlsnic_conf){ .rx_lie = 2, .rx_lie_by = { .run = 9 } }, 0);
	expect_whole();
	CU_ASSERT(t.st.rx_mixed_records > 0);
	opening_nic_end(&t.p, t.k);
}

/* The context has no numbers left for runs: it starts anew, and goes on. */
static void
test_runs_used_up(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	suite = suites_turn();
	begin(&(struct rtls_tlsnic_conf){ .rx_first_run = UINT16_MAX }, LOSS_PPM);
	t.piece = IN_ONE;
	expect_whole();
	CU_ASSERT(pair_port_stat(&t.p, 1, "rx_tls_ctx") > 1);
	CU_ASSERT_EQUAL(rtls_tls_info(t.k[1], RTLS_RX, &info), 0);
	CU_ASSERT(info.mode == RTLS_MODE_NIC || info.reason == RTLS_MODE_REASON_PENDING);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_LOST), 0);
	opening_nic_end(&t.p, t.k);
}

static bool
has_nonce(const struct rtls_tls_rx_mark *by)
{
	static const uint8_t none[8];

	return memcmp(by->explicit_nonce, none, sizeof(none)) != 0;
}

/* By turn; for a lie about the nonce, of those that send one. */
static void
next_suite(const struct rtls_tls_rx_mark *by)
{
	do
		suite = suites_turn();
	while (has_nonce(by) && suite->explicit_nonce_len == 0);
}

/* What is false, in one packet of some or in all. */
static void
test_false(void)
{
	static const struct {
		const char *what;
		uint32_t every;
		struct rtls_tls_rx_mark by;
		bool ends; /* always; else it may: where the packet has no more than is known anyway */
	} rows[] = {
		{ "the number of some", 4, { .rec_no = 1 }, true },
		{ "the number of all", 1, { .rec_no = 1 }, true },
		{ "a number far off", 1, { .rec_no = 1u << 31 }, true },
		{ "the place of some", 4, { .rec_off = 1 }, true },
		{ "the length of some", 4, { .rec_len = 1 }, false },
		{ "the length of all", 1, { .rec_len = 1 }, false },
		{ "the nonce of some", 4, { .explicit_nonce = { 1 } }, true },
		{ "the nonce of all", 1, { .explicit_nonce = { [7] = 1 } }, true },
	};

	for (size_t i = 0; i < 2 * HARNESS_COUNT(rows); i++) {
		struct rtls_sock_info in;
		bool ends;
		ssize_t n;

		printf("# %s\n", rows[i / 2].what);
		next_suite(&rows[i / 2].by);
		begin(&(struct rtls_tlsnic_conf){ .rx_lie = rows[i / 2].every,
						  .rx_lie_by = rows[i / 2].by },
		      0);
		t.piece = i % 2 == 0 ? PACKETS : IN_ONE;
		n = exchange();
		in = pair_info(t.k[1]);
		/* The number is no part of an explicit nonce: what is put back is right all the same. */
		ends = rows[i / 2].ends &&
		       (rows[i / 2].by.rec_no == 0 || suite->explicit_nonce_len == 0);
		if (ends || t.got < PLAIN) {
			CU_ASSERT_EQUAL(n, -EBADMSG);
			CU_ASSERT_EQUAL(in.end_reason, RTLS_REASON_DEVICE);
			CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsRxDeviceWrong"), 1);
			CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsDecryptError"), 1);
			CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_WRONG), 1);
		}
		opening_nic_end(&t.p, t.k);
	}
}

/*
 * The place of all, by the same: nothing contradicts it. So a device looks that somebody on the path has
 * led astray, which must not be held against it. Nothing wrong is read all the same.
 */
static void
test_false_everywhere(void)
{
	ssize_t n;

	for (uint16_t by = 1; by < 30; by++) {
		suite = suites_any(by);
		begin(&(struct rtls_tlsnic_conf){ .rx_lie = 1, .rx_lie_by = { .rec_off = by } }, 0);
		t.piece = by % 2 == 0 ? PACKETS : IN_ONE;
		n = exchange();
		CU_ASSERT(t.got < PLAIN);
		CU_ASSERT(n == -EBADMSG || n == -EINVAL || n == -EMSGSIZE);
		opening_nic_end(&t.p, t.k);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all in order", test_in_order },
		{ "with losses", test_losses },
		{ "opened and not verified", test_unverified },
		{ "an unknown context", test_unknown_context },
		{ "another run", test_other_run },
		{ "numbers of runs are used up", test_runs_used_up },
		{ "what is not so", test_false },
		{ "what is not so anywhere", test_false_everywhere },
	};

	if (eal_start("inline-marks") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_marks", cases, HARNESS_COUNT(cases));
}
