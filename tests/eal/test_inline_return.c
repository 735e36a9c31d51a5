/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that is not the model, and finds its place again, by each method: written from the contract
 * alone, it gives its place up when a segment is far off, asks, and counts the headers since. Whatever
 * is lost, late or forged, what is read is right, all that it is told is so in the stream that was sent,
 * and it opens again.
 */
#include <stdio.h>

#include "eal/held.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/suites.h"

enum { TEXT = 250, RECORDS = 8, FAR_OFF = 17000 };

static const struct {
	const char *name;
	enum rtls_tls_rx_method method;
} methods[] = {
	{ "scan", RTLS_TLS_RX_SCAN },
	{ "scan, delayed", RTLS_TLS_RX_SCAN_DELAYED },
	{ "told", RTLS_TLS_RX_STACK },
};

static unsigned int told; /* times */
static uint32_t keys_off; /* of the first record under the newest key, in the stream of end 1 */
static uint64_t keys_no;  /* its number */

/* The record number rec_no begins at seq: by the headers of what end 1 has put on the wire. */
static void
is_true(const struct double_context *c, uint32_t seq, uint64_t rec_no)
{
	const struct device_pair_wire *w = &d.wire[1];
	uint32_t off = keys_off, at = seq - w->isn - 1;
	uint64_t no = keys_no;

	(void)c;
	told++;
	for (; off < at && off + 5 <= w->end; no++)
		off += 5 + ((uint32_t)w->bytes[off + 3] << 8 | w->bytes[off + 4]);
	CU_ASSERT_EQUAL(off, at);
	CU_ASSERT_EQUAL(no, rec_no);
}

static void
returns(enum rtls_tls_rx_method method)
{
	open_port_returns(&o, method);
	o.on_told = is_true;
	told = 0;
	keys_off = 0;
	keys_no = DEVICE_PAIR_REC_NO;
}

static void
is_well(void)
{
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxUnknownMark"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxDeviceWrong"), 0);
	CU_ASSERT_EQUAL(o.nb_lost, 0);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
}

/* --- a path that loses ------------------------------------------------------------------- */

/* What came of all connections of a method. */
static struct totals {
	unsigned int blind, asked, answered, hinted, told;
	uint64_t records, opened;
} totals;

static void
disturbed(size_t i, unsigned int fails, const struct cable_path *path)
{
	const struct record_suite *suite = suites_turn();
	const struct pair_conf conf = { .path = { { .delay_us = 100 }, *path } };
	struct rtls_sock_stats s;

	device_pair_init(&d, &conf);
	d.dev.o.mute = true;
	d.version = suite->version;
	d.cipher = suite->cipher;
	open_port_open(&o, &d.dev);
	returns(methods[i].method);
	o.fails = fails;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, 1000), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_PAYLOAD, 2500), 0);
	for (int k = 0; k < 40; k++)
		device_pair_exchange(&d, 20000);
	s = device_pair_sock_stats(&d);
	printf("# %s: records %llu, by the device %llu, in part %llu; without a place %u times, asked %u, "
	       "answered %u, told unasked %u, of no use %u\n",
	       methods[i].name, (unsigned long long)s.rx_records,
	       (unsigned long long)s.rx_nic_records, (unsigned long long)s.rx_mixed_records,
	       o.nb_blind, o.nb_asked, o.nb_answered, o.nb_hinted, o.nb_skipped);
	totals.blind += o.nb_blind;
	totals.asked += o.nb_asked;
	totals.answered += o.nb_answered;
	totals.hinted += o.nb_hinted;
	totals.told += told;
	totals.records += s.rx_records;
	totals.opened += s.rx_nic_records;
	is_well();
	held_end();
}

static void
test_disturbed(void)
{
	static const struct cable_path paths[] = {
		{ .loss_ppm = 10000, .delay_us = 100 },
		{ .loss_ppm = 10000,
		  .reorder_ppm = 20000,
		  .reorder_us = 200,
		  .dup_ppm = 10000,
		  .delay_us = 100 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(methods); i++) {
		bool scans = methods[i].method != RTLS_TLS_RX_STACK;

		totals = (struct totals){ 0 };
		for (size_t k = 0; k < HARNESS_COUNT(paths); k++) {
			disturbed(i, 0, &paths[k]);
			disturbed(i, 29, &paths[k]);
		}
		CU_ASSERT(totals.blind > 0 && totals.told > 0);
		CU_ASSERT_EQUAL(totals.asked > 0, scans);
		CU_ASSERT_EQUAL(totals.answered > 0, scans);
		CU_ASSERT(scans || totals.hinted > 0);
		CU_ASSERT(totals.opened > totals.records / 4);
	}
}

/* --- segment by segment ------------------------------------------------------------------ */

static uint8_t plain[TEXT];

static void
begin(size_t i)
{
	const struct record_suite *suite = suites_turn();

	device_pair_init(&d, NULL);
	d.dev.o.mute = true;
	d.version = suite->version;
	d.cipher = suite->cipher;
	open_port_open(&o, &d.dev);
	returns(methods[i].method);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, 5000);
	pair_pass(&d.p, 1000000);
	pair_fill(plain, 7, TEXT);
}

/* The next record is held back; returns whether the device opened it when it came. */
static bool
comes(void)
{
	uint64_t opened = device_pair_sock_stats(&d).rx_nic_records;
	uint8_t got[TEXT];

	held_sends(0, held.wire, held.len, 0);
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], got, TEXT, 0), TEXT);
	CU_ASSERT_EQUAL(memcmp(got, plain, TEXT), 0);
	return device_pair_sock_stats(&d).rx_nic_records > opened;
}

static bool
next(void)
{
	held_record(plain, TEXT);
	return comes();
}

/* One that is refused: what is behind it is opened again from the second or third record on. */
static void
far_off(size_t i, uint32_t off)
{
	begin(i);
	CU_ASSERT(next());
	held_record(plain, TEXT);
	held_sends(off, "x", 1, HELD_REFUSED);
	CU_ASSERT_EQUAL(o.nb_blind, 1);
	CU_ASSERT_FALSE(comes());
	if (methods[i].method == RTLS_TLS_RX_STACK)
		CU_ASSERT_FALSE(next());
	CU_ASSERT(next());
	CU_ASSERT(next());
	CU_ASSERT_EQUAL(told, 1);
	CU_ASSERT_EQUAL(o.nb_blind, 1);
	is_well();
	held_end();
}

static void
test_far_off(void)
{
	/* The second one would be old, if what is behind had no end. */
	static const uint32_t offs[] = { FAR_OFF, 0x90000000 };

	for (size_t i = 0; i < HARNESS_COUNT(methods); i++)
		for (size_t k = 0; k < HARNESS_COUNT(offs); k++)
			far_off(i, offs[k]);
}

/* What is behind, by a window at most, is old: the place is kept. */
static void
test_old(void)
{
	static const uint32_t behind[] = { 1, 0x10000000, 0x3fffffff };

	for (size_t i = 0; i < HARNESS_COUNT(methods); i++) {
		begin(i);
		for (size_t k = 0; k < HARNESS_COUNT(behind); k++) {
			held_record(plain, TEXT);
			held_sends(0 - behind[k], "x", 1, HELD_REFUSED);
			CU_ASSERT(comes());
		}
		CU_ASSERT_EQUAL(o.nb_blind, 0);
		CU_ASSERT_EQUAL(told, 0);
		is_well();
		held_end();
	}
}

/*
 * The header that it asks about is in a segment that TCP refused; in the stream that is the middle of a
 * record. Nobody tells it that a record begins there, and it finds another one.
 */
static void
refused_header(size_t i, uint32_t at, uint32_t len)
{
	uint8_t hdr[5] = { 23, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
	unsigned int records = 0;

	begin(i);
	held_record(plain, TEXT);
	held_sends(FAR_OFF, "x", 1, HELD_REFUSED);
	held_sends(at, hdr, sizeof(hdr), HELD_REFUSED);
	CU_ASSERT_EQUAL(o.nb_asked, methods[i].method != RTLS_TLS_RX_STACK);
	CU_ASSERT_FALSE(comes());
	CU_ASSERT_EQUAL(o.nb_answered, 0);
	while (!next() && ++records < RECORDS)
		;
	CU_ASSERT(records < RECORDS);
	is_well();
	held_end();
}

static void
test_refused_header(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(methods); i++) {
		refused_header(i, 20, 100);
		refused_header(i, 20, 400);
		refused_header(i, 100, 16000);
	}
}

/*
 * The header that it asks about is right, and those that it counts behind it are refused: what it
 * makes of the answer is wrong, which its marks say. It costs records, not the connection.
 */
static void
miscounted(size_t i)
{
	const uint8_t hdr[5] = { 23, 3, 3, 0, 60 };
	uint8_t bytes[HELD_WIRE_MAX];
	unsigned int records = 0;

	begin(i);
	held_record(plain, TEXT);
	memcpy(bytes, held.wire, 5);
	memcpy(bytes, hdr, sizeof(hdr));
	held_sends(FAR_OFF, "x", 1, HELD_REFUSED);
	/* It counts two and more where there is one. */
	held_sends(0, hdr, sizeof(hdr), HELD_REFUSED);
	held_sends(65, hdr, sizeof(hdr), HELD_REFUSED);
	held_sends(130, hdr, sizeof(hdr), HELD_REFUSED);
	bytes[3] = (uint8_t)((held.len - 200) >> 8);
	bytes[4] = (uint8_t)(held.len - 200);
	held_sends(195, bytes, 5, HELD_REFUSED);
	CU_ASSERT_FALSE(comes());
	while (!next() && ++records < 3 * RECORDS)
		;
	CU_ASSERT(records < 3 * RECORDS);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).end_reason, RTLS_REASON_NONE);
	is_well();
	held_end();
}

static void
test_miscounted(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(methods); i++)
		miscounted(i);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "losses, late packets, FAILED", test_disturbed },
		{ "a segment far off", test_far_off },
		{ "a segment that is old", test_old },
		{ "a header that TCP refused", test_refused_header },
		{ "headers counted that TCP refused", test_miscounted },
	};

	if (eal_start("inline-return") != 0)
		return 1;
	return harness_run("inline/return", cases, HARNESS_COUNT(cases));
}
