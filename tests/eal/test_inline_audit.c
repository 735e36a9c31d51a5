/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A NIC that lies about what it opens: with nobody who looks its lies are read; where each record is audited none
 * is, and the NIC is named; where some are, it is found within the expected count.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <rte_common.h>
#include <rte_log.h>

#include <recordtls/names.h>

#include "eal/opening_nic.h"
#include "sim/frame.h"
#include "support/ask.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum {
	PIECE = 700, /* bytes of a record: it is one packet */
	BEFORE = 8,  /* records that the NIC has opened before it lies */
	SEVERAL = 300,
	SHORT = 40,    /* bytes of a record of which many are in a packet */
	AT_ONCE = 256, /* of these */
	RATE = 16,
	/* Of lies that are read with one of 16 audited: more of them come once in 10^9 times. */
	LIES_AT_MOST = 321,
};

static struct {
	struct pair p;
	struct rtls_sock *k[2];
	const struct record_suite *suite;
	bool forge; /* from now on each record is changed on the way */
	uint32_t forged;
	uint8_t plain[PIECE], got[PIECE];
	uint32_t right, wrong; /* records that were read */
	ssize_t last;
} t;

/* Two words of the body change places: the checksum stays right. The text is such that they are different. */
static enum cable_verdict
filter(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	uint8_t *at, word[2];
	struct frame f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (dir != 0 || !t.forge || frame_parse(bytes, len, &f) != NULL || !f.is_tcp ||
	    f.payload_len < PIECE)
		return CABLE_PASS;
	at = bytes + (f.payload - bytes) + 100;
	while (memcmp(at, at + 2, 2) == 0)
		at += 2;
	memcpy(word, at, 2);
	memmove(at, at + 2, 2);
	memcpy(at + 2, word, 2);
	t.forged++;
	return CABLE_PASS;
}

static void
begin(uint32_t faults, uint32_t every, uint64_t rate)
{
	const struct rtls_tlsnic_conf nic = {
		.faults = faults,
		.fault_every = every,
		.fault_seed = harness_seed(),
	};

	opening_nic_begin(&t.p, t.k, t.suite, &nic, &(struct pair_conf){ .filter = filter });
	CU_ASSERT_EQUAL(rtls_sock_set(t.k[1], RTLS_OPT_AUDIT_RATE, rate), 0);
	t.forge = false;
	t.forged = t.right = t.wrong = 0;
	t.last = 0;
}

/* One record in one packet. False: it could not be read. */
static bool
exchange(void)
{
	pair_fill(t.plain, (uint64_t)(t.right + t.wrong) * PIECE, PIECE);
	CU_ASSERT_EQUAL_FATAL(rtls_send(t.k[0], t.plain, PIECE, 0), PIECE);
	pair_settle(&t.p);
	memset(t.got, 0, PIECE);
	t.last = rtls_recv(t.k[1], t.got, PIECE, 0);
	if (t.last != PIECE)
		return false;
	if (memcmp(t.got, t.plain, PIECE) == 0)
		t.right++;
	else
		t.wrong++;
	return true;
}

/* Up to so many; a path that forges begins behind the first ones. */
static void
exchange_all(uint32_t n, bool forges)
{
	for (uint32_t i = 0; i < n; i++) {
		t.forge = forges && i >= BEFORE;
		if (!exchange())
			return;
	}
}

/* Of n records, from the one on that is next, what there is room for. */
static uint32_t
send_some(uint32_t next, uint32_t n)
{
	uint8_t bytes[SHORT];

	for (uint32_t k = 0; k < AT_ONCE && next < n; k++, next++) {
		pair_fill(bytes, (uint64_t)next * SHORT, SHORT);
		if (rtls_send(t.k[0], bytes, SHORT, 0) != SHORT)
			break;
	}
	return next;
}

/* Short records, whatever the path does to them. */
static void
stream_all(uint32_t n)
{
	static uint8_t bytes[16384];
	uint64_t len = (uint64_t)n * SHORT, got = 0;
	uint32_t next = 0;
	ssize_t rc;

	for (uint64_t turn = 0; got < len && turn < 1000 + 100 * (uint64_t)n; turn++) {
		next = send_some(next, n);
		pair_turn(&t.p);
		pair_pass(&t.p, 50);
		while ((rc = rtls_recv(t.k[1], bytes, sizeof(bytes), 0)) > 0) {
			CU_ASSERT_FATAL(pair_matches(bytes, got, (size_t)rc));
			got += (uint64_t)rc;
		}
		CU_ASSERT_EQUAL_FATAL(rc, -EAGAIN);
	}
	CU_ASSERT_EQUAL(got, len);
}

static struct rtls_sock_stats
stats(void)
{
	struct rtls_sock_stats st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &st), 0);
	return st;
}

static uint64_t
told(const char *key)
{
	char command[200];
	struct ask a;
	json_t *d;
	uint64_t n;

	snprintf(command, sizeof(command), "/recordtls/port/info,%s", t.p.port[1]->name);
	ask_start(&a, command);
	while (!ask_done(&a))
		pair_turn(&t.p);
	d = ask_end(&a);
	n = (uint64_t)json_integer_value(json_object_get(json_object_get(d, "inline_tls"), key));
	json_decref(d);
	return n;
}

static const struct lie {
	enum rtls_tlsnic_fault kind;
	uint32_t every;
	bool forges; /* it is one only where the path forges */
} lies[] = {
	{ RTLS_TLSNIC_LIE_PLAINTEXT, 2, false },
	{ RTLS_TLSNIC_LIE_NUMBER, 2, false },
	{ RTLS_TLSNIC_LIE_AUTHENTIC, 1, true },
	{ RTLS_TLSNIC_LIE_OTHER, 1, false },
};

static void
begin_lie(const struct lie *l, const struct record_suite *s, uint64_t rate)
{
	t.suite = s;
	begin(1u << l->kind, l->every, rate);
}

/* What is read is not what was sent, and nobody says so. */
static void
unseen(const struct lie *l, const struct record_suite *s)
{
	/* The inner type of TLS 1.3 may come out as another one: it looks like another record then. */
	bool looks = s->version == RTLS_TLS_1_3 &&
		     (l->kind == RTLS_TLSNIC_LIE_NUMBER || l->kind == RTLS_TLSNIC_LIE_PLAINTEXT);

	begin_lie(l, s, 0);
	exchange_all(60, l->forges);
	CU_ASSERT(t.wrong > 0 || (looks && t.last != PIECE));
	CU_ASSERT(looks || t.last == PIECE);
	CU_ASSERT(t.right < 60);
	CU_ASSERT_NOT_EQUAL(pair_info(t.k[1]).end_reason, RTLS_REASON_DEVICE);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsRxDeviceWrong"), 0);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAudited"), 0);
	opening_nic_end(&t.p, t.k);
}

/* Its connection is over, and it is known for what it is, by name. */
static void
expect_found(void)
{
	struct rtls_sock_info info = pair_info(t.k[1]);

	CU_ASSERT_EQUAL(t.last, -EBADMSG);
	CU_ASSERT_EQUAL(info.end_reason, RTLS_REASON_DEVICE);
	CU_ASSERT_EQUAL(info.end_alert, 20);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAuditFailed"), 1);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsRxDeviceWrong"), 1);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsDecryptError"), 1);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAudited"), stats().rx_audited_records + 1);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_WRONG), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_DEVICE_WRONG), t.p.port[1]->name));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_DEVICE_WRONG), "by audit, record "));
}

/* Each record is audited: not one wrong byte is read. */
static void
found(const struct lie *l, const struct record_suite *s)
{
	begin_lie(l, s, 1);
	exchange_all(SEVERAL, l->forges);
	CU_ASSERT_EQUAL(t.wrong, 0);
	expect_found();
	CU_ASSERT_EQUAL(stats().rx_audited_records, stats().rx_nic_records);
	CU_ASSERT_EQUAL(told("rx_audited"), pair_stat(&t.p, 1, "RxAudited"));
	CU_ASSERT_EQUAL(told("rx_audits_failed"), 1);
	opening_nic_end(&t.p, t.k);
}

static void
test_each_lie(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(lies); i++)
		for (unsigned int s = 0; s < suites_count(); s++) {
			unsigned int before = CU_get_number_of_failures();

			unseen(&lies[i], suites_any(s));
			found(&lies[i], suites_any(s));
			if (CU_get_number_of_failures() > before)
				printf("# %s, %x %s\n", rtls_tlsnic_fault_name(lies[i].kind),
				       suites_any(s)->version, suites_any(s)->name);
		}
}

/*
 * One of 16 is audited: few lies are read before one is found. In TLS 1.2, where what is read wrongly goes on
 * looking like data.
 */
static void
test_some_audited(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(lies); i++) {
		begin_lie(&lies[i], suite_tls12_gcm(), RATE);
		exchange_all(20 * LIES_AT_MOST, lies[i].forges);
		printf("# %s: %u of %u records read were wrong\n",
		       rtls_tlsnic_fault_name(lies[i].kind), t.wrong, t.right + t.wrong);
		CU_ASSERT(t.wrong <= LIES_AT_MOST);
		expect_found();
		opening_nic_end(&t.p, t.k);
	}
}

/* Who lies about nothing is never named, however much is audited, and what is changed on the way is not its doing. */
static void
test_honest(void)
{
	for (unsigned int s = 0; s < suites_count(); s++)
		for (uint64_t rate = 1; rate <= 16; rate += 15) {
			t.suite = suites_any(s);
			begin(0, 0, rate);
			exchange_all(SEVERAL, false);
			CU_ASSERT_EQUAL(t.right, SEVERAL);
			CU_ASSERT(stats().rx_audited_records > 0);
			CU_ASSERT(rate > 1 || stats().rx_audited_records == stats().rx_nic_records);
			CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAuditFailed"), 0);
			exchange_all(BEFORE + 1, true);
			CU_ASSERT_EQUAL(t.last, -EBADMSG);
			CU_ASSERT_EQUAL(pair_info(t.k[1]).end_reason, RTLS_REASON_BAD_MAC);
			CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAuditFailed"), 0);
			CU_ASSERT_EQUAL(told("rx_audits_failed"), 0);
			opening_nic_end(&t.p, t.k);
		}
}

/*
 * So many records of a NIC that is right, each audited, in packets that are lost, late and twice: no false alarm.
 * With RECORDTLS_FULL more than a million.
 */
static void
test_no_alarm(void)
{
	const struct cable_path path = {
		.loss_ppm = 500, .dup_ppm = 500, .reorder_ppm = 1000, .reorder_us = 300
	};
	uint32_t all = harness_full() ? 1100000 : 50000, n = all / suites_count();
	uint64_t audited = 0, opened = 0;

	for (unsigned int s = 0; s < suites_count(); s++) {
		t.suite = suites_any(s);
		begin(0, 0, 1);
		cable_set_path(t.p.cable, 0, &path);
		if (s % 2 == 0)
			CU_ASSERT_EQUAL(rtls_sock_set(t.k[0], RTLS_OPT_PAD_TO, 64), 0);
		stream_all(n);
		audited += pair_stat(&t.p, 1, "RxAudited");
		opened += pair_stat(&t.p, 1, "RxRecordsNic");
		CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxRecords"), n);
		CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAuditFailed"), 0);
		CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "TlsDecryptError"), 0);
		opening_nic_end(&t.p, t.k);
	}
	printf("# %u records, %" PRIu64 " opened by the NIC and audited, no alarm\n",
	       n * suites_count(), audited);
	CU_ASSERT_EQUAL(audited, opened);
	CU_ASSERT(audited > n * suites_count() / 2);
}

/* A listener's connections have its rate, and what is read from then on has the one that is set. */
static void
test_option(void)
{
	uint64_t v = 7, before;

	t.suite = suites_turn();
	begin(0, 0, 0);
	exchange_all(20, false);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAudited"), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(t.k[1], RTLS_OPT_AUDIT_RATE, 1), 0);
	exchange_all(20, false);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAudited"), 20);
	before = pair_stat(&t.p, 1, "RxAudited");
	CU_ASSERT_EQUAL(rtls_sock_set(t.k[1], RTLS_OPT_AUDIT_RATE, 0), 0);
	exchange_all(20, false);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 1, "RxAudited"), before);
	rtls_abort(t.k[0]);
	rtls_abort(t.k[1]);
	CU_ASSERT_EQUAL(rtls_sock_set(t.p.listener, RTLS_OPT_AUDIT_RATE, UINT32_MAX), 0);
	pair_connect(&t.p, 0, t.k);
	CU_ASSERT_EQUAL(rtls_sock_get(t.k[1], RTLS_OPT_AUDIT_RATE, &v), 0);
	CU_ASSERT_EQUAL(v, UINT32_MAX);
	opening_nic_end(&t.p, t.k);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the option", test_option },
		{ "a NIC that is right", test_honest },
		{ "no false alarm", test_no_alarm },
		{ "each lie, with and without", test_each_lie },
		{ "one of 16", test_some_audited },
	};

	if (eal_start_watched("inline-audit") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_audit", cases, HARNESS_COUNT(cases));
}
