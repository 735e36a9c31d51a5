/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that is not the model: written from the contract alone, with runs whose numbers come in no
 * order. What it opens is read right, whatever is lost, late, not verified, of another key, or forged. And
 * what the contract has it do with each packet it does: nothing is marked that the host has to undo.
 */
#include <errno.h>
#include <stdio.h>

#include "eal/held.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/suites.h"

enum { TEXT = 300 };

static void
begin(const struct pair_conf *conf, const struct record_suite *suite)
{
	device_pair_init(&d, conf);
	d.dev.o.mute = true;
	d.version = suite->version;
	d.cipher = suite->cipher;
	open_port_open(&o, &d.dev);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
}

/* Nothing that the device said was held against it. */
static void
is_believed(void)
{
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxUnknownMark"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxDeviceWrong"), 0);
}

static void
in_order(const struct record_suite *suite)
{
	struct rtls_sock_stats s;

	begin(NULL, suite);
	for (int i = 0; i < 20; i++)
		device_pair_exchange(&d, 20000);
	s = device_pair_sock_stats(&d);
	CU_ASSERT(s.rx_records >= 20);
	CU_ASSERT_EQUAL(s.rx_nic_records, s.rx_records);
	CU_ASSERT_EQUAL(s.rx_mixed_records, 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxPutBack"), 0);
	is_believed();
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	held_end();
}

static void
test_in_order(void)
{
	for (unsigned int i = 0; i < suites_count(); i++)
		in_order(suites_any(i));
}

/*
 * Short segments, so that there are many of each kind, and records in which some are lost; it may say that
 * it is lost, and is asked anew.
 */
static void
disturbed(unsigned int fails, const struct cable_path *path)
{
	const struct record_suite *suite = suites_turn();
	const struct pair_conf conf = { .path = { *path, *path } };
	struct rtls_sock_stats s;

	begin(&conf, suite);
	o.fails = fails;
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, 300), 0);
	for (int i = 0; i < 40; i++) {
		device_pair_exchange(&d, i < 20 ? 20000 : 250);
		if (i % 4 == 1)
			(void)rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC);
		if (i % 20 == 15 && suite->version == RTLS_TLS_1_3) {
			device_pair_keys(&d, 1);
			device_pair_exchange(&d, 100);
		}
	}
	s = device_pair_sock_stats(&d);
	printf("# records %llu, by the device %llu, in part %llu; packets %u, FAILED %u; lost %u\n",
	       (unsigned long long)s.rx_records, (unsigned long long)s.rx_nic_records,
	       (unsigned long long)s.rx_mixed_records, o.nb_marked, o.nb_failed, o.nb_lost);
	CU_ASSERT(o.nb_marked > 0 && s.rx_nic_records > 0);
	CU_ASSERT_EQUAL(o.nb_failed > 0, fails != 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxPutBack") > 0, s.rx_mixed_records > 0);
	is_believed();
	held_end();
}

static void
test_disturbed(void)
{
	static const struct cable_path paths[] = {
		{ .delay_us = 100 },
		{ .loss_ppm = 30000, .delay_us = 100 },
		{ .reorder_ppm = 50000, .reorder_us = 200, .delay_us = 100 },
		{ .loss_ppm = 10000, .dup_ppm = 30000, .jitter_us = 50, .delay_us = 100 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(paths); i++) {
		disturbed(0, &paths[i]);
		disturbed(7, &paths[i]);
	}
}

/* --- one record, segment by segment ----------------------------------------------------- */

/* [from, to) of the record that is held back, its byte at wrong xored by mask. */
struct piece {
	uint32_t from, to;
	uint32_t wrong;
	uint8_t mask;
	unsigned int flags;
	bool marked; /* by a device that keeps to the contract */
};

/* The record's end; and bytes counted from there. */
#define ALL  UINT32_MAX
#define TAIL UINT32_C(0x80000000)

/* What each row's pieces make of the record. */
static const struct one_row {
	const char *name;
	struct piece p[5];
	uint32_t put_back; /* stretches */
	bool opened;       /* by the device; else by software, or nobody */
	bool forged;       /* and so not read */
} one_rows[] = {
	{ "whole", { { 0, ALL, .marked = true } }, 0, true, false },
	{ "cut twice",
	  { { 0, 100, .marked = true },
	    { 100, 200, .marked = true },
	    { 200, ALL, .marked = true } },
	  0,
	  true,
	  false },
	{ "cut in what stands in front",
	  { { 0, 4, .marked = true },
	    { 4, 5, .marked = true },
	    { 5, 9, .marked = true },
	    { 9, ALL, .marked = true } },
	  0,
	  true,
	  false },
	{ "a bad checksum, then a good one",
	  { { 0, ALL, .flags = HELD_BAD_SUM }, { 0, ALL, .marked = true } },
	  0,
	  true,
	  false },
	/* Tags are looked at, and what fails leaves no trace: the right one is still opened. */
	{ "a forged byte", { { 0, ALL, .wrong = 100, .mask = 1 } }, 0, false, true },
	{ "a forged tag", { { 0, ALL, .wrong = TAIL | 1, .mask = 1 } }, 0, false, true },
	{ "a forged byte, and then the tag",
	  { { 0, 150, .wrong = 100, .mask = 1, .marked = true }, { .from = 150, .to = ALL } },
	  1,
	  false,
	  true },
	{ "forged and refused, then genuine",
	  { { 0, ALL, .wrong = 100, .mask = 1, .flags = HELD_REFUSED },
	    { 0, ALL, .marked = true } },
	  0,
	  true,
	  false },
	/* Of a packet that begins in front of the expected byte the tail is followed, and not opened. */
	{ "a retransmission that straddles",
	  { { 0, 100, .marked = true }, { .from = 50, .to = 200 }, { 200, ALL, .marked = true } },
	  2,
	  false,
	  false },
	{ "one that straddles the end",
	  { { 0, 100, .marked = true }, { .from = 50, .to = ALL } },
	  1,
	  false,
	  false },
	{ "old bytes again",
	  { { 0, 200, .marked = true }, { .from = 0, .to = 100 }, { 200, ALL, .marked = true } },
	  0,
	  true,
	  false },
	{ "old bytes again, others",
	  { { 0, 200, .marked = true },
	    { 0, 100, .wrong = 50, .mask = 1 },
	    { 200, ALL, .marked = true } },
	  0,
	  true,
	  false },
	/* Behind a gap in the record at hand nothing changes; its end is known. */
	{ "late",
	  { { 0, 100, .marked = true }, { .from = 200, .to = ALL }, { .from = 100, .to = 200 } },
	  1,
	  false,
	  false },
	{ "late within",
	  { { 0, 100, .marked = true },
	    { .from = 150, .to = 200 },
	    { 100, 150, .marked = true },
	    { .from = 200, .to = ALL } },
	  1,
	  false,
	  false },
	/* It follows what TCP refuses. What it opened of that is not the host's to read. */
	{ "a front that TCP refuses",
	  { { 0, 100, .flags = HELD_REFUSED, .marked = true },
	    { .from = 0, .to = 100 },
	    { 100, ALL, .marked = true } },
	  1,
	  false,
	  false },
};

static uint32_t
place_in_record(uint32_t at)
{
	return (at & TAIL) != 0 ? held.len - (at & ~TAIL) : at;
}

static void
send_piece(const struct piece *p)
{
	unsigned int marked = o.nb_marked;
	uint8_t bytes[HELD_WIRE_MAX];
	uint32_t to = p->to != ALL ? p->to : held.len;

	memcpy(bytes, held.wire, held.len);
	bytes[place_in_record(p->wrong)] ^= p->mask;
	held_sends(p->from, bytes + p->from, to - p->from, p->flags);
	CU_ASSERT_EQUAL(o.nb_marked - marked, p->marked);
}

static void
one(const struct one_row *r, const struct record_suite *suite)
{
	unsigned int failures = CU_get_number_of_failures();
	struct rtls_sock_stats before, after;
	uint8_t plain[TEXT], got[TEXT];
	uint64_t put_back;
	ssize_t rc;

	held_begin(suite->version, suite->cipher);
	pair_fill(plain, 7, TEXT);
	held_record(plain, TEXT);
	before = device_pair_sock_stats(&d);
	put_back = device_pair_stat(&d, "RxPutBack");
	for (size_t i = 0; i < HARNESS_COUNT(r->p) && (i == 0 || r->p[i].from != r->p[i].to); i++)
		send_piece(&r->p[i]);
	rc = rtls_recv(d.k[0], got, TEXT, 0);
	after = device_pair_sock_stats(&d);
	CU_ASSERT_EQUAL(rc, r->forged ? -EBADMSG : TEXT);
	CU_ASSERT(r->forged || memcmp(got, plain, TEXT) == 0);
	CU_ASSERT_EQUAL(after.rx_nic_records - before.rx_nic_records, r->opened);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxPutBack") - put_back, r->put_back);
	if (r->forged)
		CU_ASSERT_EQUAL(pair_info(d.k[0]).end_reason, RTLS_REASON_BAD_MAC);
	is_believed();
	held_end();
	if (CU_get_number_of_failures() != failures)
		printf("# %s, %x %s\n", r->name, suite->version, suite->name);
}

static void
test_one_record(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(one_rows); i++) {
		one(&one_rows[i], suites_any(0));
		one(&one_rows[i], suites_turn());
	}
}

/* What it jumped over, and where it began again, another run tells from what was in front. */
static void
test_runs(void)
{
	uint8_t plain[TEXT], got[TEXT];
	uint16_t run;

	held_begin(0, 0);
	pair_fill(plain, 7, TEXT);
	held_record(plain, TEXT);
	held_sends(0, held.wire, 100, 0);
	run = o.said.run;
	held_sends(200, held.wire + 200, held.len - 200, 0);
	held_sends(100, held.wire + 100, 100, 0);
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], got, TEXT, 0), TEXT);
	held_record(plain, TEXT);
	held_sends(0, held.wire, held.len, 0);
	CU_ASSERT_NOT_EQUAL(o.said.run, run);
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], got, TEXT, 0), TEXT);
	is_believed();
	held_end();
}

/* A device that verifies nothing says so of each packet: none of it is read unverified. */
static void
test_all_failed(void)
{
	struct rtls_sock_stats s;

	begin(NULL, suites_turn());
	o.fails = 1;
	for (int i = 0; i < 5; i++)
		device_pair_exchange(&d, 5000);
	s = device_pair_sock_stats(&d);
	CU_ASSERT(o.nb_failed > 0 && s.rx_mixed_records > 0);
	CU_ASSERT_EQUAL(s.rx_nic_records, 0);
	is_believed();
	held_end();
}

/* One segment far off costs the context, which is told, and no bytes. */
static void
test_lost(void)
{
	uint8_t plain[TEXT], got[TEXT];

	held_begin(0, 0);
	pair_fill(plain, 7, TEXT);
	held_record(plain, TEXT);
	held_sends(16000, "x", 1, HELD_REFUSED);
	CU_ASSERT_EQUAL(o.nb_lost, 0);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	held_sends(17000, "x", 1, HELD_REFUSED);
	CU_ASSERT_EQUAL(o.nb_lost, 1);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_LOST));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 1);
	held_sends(0, held.wire, held.len, 0);
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], got, TEXT, 0), TEXT);
	CU_ASSERT_EQUAL(memcmp(got, plain, TEXT), 0);
	is_believed();
	held_end();
}

/* --- what the port below hands up --------------------------------------------------------- */

enum { KEEPS = 8 };

/* Between the port and the device. */
static struct {
	uint16_t (*rx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	bool flags;  /* of a mark, on all */
	bool shares; /* now and then one packet's buffer */
	unsigned int seen, nb_shared;
	struct rte_mbuf *kept[KEEPS];
	uint8_t *at[KEEPS];
	uint8_t bytes[KEEPS][2048];
	uint16_t len[KEEPS];
} below;

/* What is shared is as it was. */
static void
let_go(unsigned int i)
{
	struct rte_mbuf *m = below.kept[i];

	if (m == NULL)
		return;
	CU_ASSERT_EQUAL(memcmp(below.at[i], below.bytes[i], below.len[i]), 0);
	rte_pktmbuf_free_seg(m); /* the host may have chained it */
	below.kept[i] = NULL;
}

static void
share(struct rte_mbuf *m)
{
	unsigned int i = below.nb_shared++ % KEEPS;

	let_go(i);
	rte_mbuf_refcnt_update(m, 1);
	below.kept[i] = m;
	below.at[i] = rte_pktmbuf_mtod(m, uint8_t *);
	below.len[i] = RTE_MIN(m->data_len, (uint16_t)sizeof(below.bytes[i]));
	memcpy(below.bytes[i], below.at[i], below.len[i]);
}

static uint16_t
burst_below(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = below.rx_burst(p, queue, pkts, n);

	for (uint16_t i = 0; i < got; i++, below.seen++) {
		if (below.flags)
			pkts[i]->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD |
					     (below.seen % 2 != 0 ?
						      RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED :
						      0);
		if (below.shares && below.seen % 7 == 6)
			share(pkts[i]);
	}
	return got;
}

static void
begin_below(bool flags, bool shares)
{
	static const struct pair_conf conf = {
		.path = { { .loss_ppm = 10000, .reorder_ppm = 20000, .delay_us = 100 },
			  { .loss_ppm = 10000, .reorder_ppm = 20000, .delay_us = 100 } }
	};

	memset(&below, 0, sizeof(below));
	begin(&conf, suites_turn());
	below.flags = flags;
	below.shares = shares;
	below.rx_burst = o.below;
	o.below = burst_below;
}

static void
end_below(void)
{
	for (unsigned int i = 0; i < KEEPS; i++)
		let_go(i);
	o.below = below.rx_burst;
	held_end();
}

/* Who made a flag below is not known: what passes as it came has none. */
static void
test_flags_below(void)
{
	begin_below(true, false);
	for (int i = 0; i < 20; i++)
		device_pair_exchange(&d, 20000);
	is_believed();
	CU_ASSERT_EQUAL(pair_info(d.k[0]).end_reason, RTLS_REASON_NONE);
	end_below();
}

/* A buffer that is somebody else's, too, is not opened in place. */
static void
test_shared(void)
{
	begin_below(false, true);
	for (int i = 0; i < 20; i++)
		device_pair_exchange(&d, 20000);
	CU_ASSERT(below.nb_shared > KEEPS);
	is_believed();
	end_below();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "in order", test_in_order },
		{ "losses, late packets, FAILED, other keys", test_disturbed },
		{ "one record, segment by segment", test_one_record },
		{ "a run behind a gap", test_runs },
		{ "FAILED, all of them", test_all_failed },
		{ "a segment far off", test_lost },
		{ "flags of the port below", test_flags_below },
		{ "buffers that are shared", test_shared },
	};

	if (eal_start("inline-other") != 0)
		return 1;
	return harness_run("inline/other", cases, HARNESS_COUNT(cases));
}
