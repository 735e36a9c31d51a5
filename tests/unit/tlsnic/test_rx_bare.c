/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The helper for hardware that only marks packets: it is told which packets the model marks, and
 * what it makes of that is compared with what the model says itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tls.h>

#include "receiver.h"
#include "support/harness.h"
#include "support/suites.h"

enum { GENERATION = 0x30005 };

static struct stream stream;

static struct {
	struct receiver r;
	struct rtls_tls_rx_bare b;
	uint16_t run[2]; /* of the last packet with a mark: the model's, the helper's */
	bool said;
	unsigned long marked, runs[2], forged;
} t;

static void
start(uint32_t origin)
{
	receiver_init(&t.r, &stream, origin);
	t.said = false;
	CU_ASSERT_EQUAL_FATAL(rtls_tls_rx_bare_init(&t.b, stream.suite->version,
						    stream.suite->cipher, GENERATION),
			      0);
	rtls_tls_rx_bare_start(&t.b, origin + stream.bounds[0], stream.first_no);
}

/* Where the model goes on in its run, or not, so does the helper; it may see an end where none is. */
static bool
runs_agree(uint16_t model, uint16_t helper)
{
	bool same[2] = { t.said && model == t.run[0], t.said && helper == t.run[1] };

	t.runs[0] += !same[0];
	t.runs[1] += !same[1];
	t.run[0] = model;
	t.run[1] = helper;
	t.said = true;
	return same[0] || !same[1];
}

/* [from, to) arrives, the byte at wrong xored by mask. Says the helper what the model says? */
static bool
arrives(uint32_t from, uint32_t to, uint32_t wrong, uint8_t mask)
{
	enum nic_rx_verdict verdict = receiver_forged(&t.r, from, to, wrong, mask);
	bool marked = verdict == NIC_RX_OPENED || verdict == NIC_RX_FAILED;
	struct rtls_tls_rx_mark mark, right = t.r.mark;
	int rc;

	/* Only headers are looked at, and they are as on the wire in both. */
	stream.wire[wrong] ^= mask;
	rc = rtls_tls_rx_bare_packet(&t.b, t.r.origin + from, stream.wire + from, to - from, marked,
				     &mark);
	stream.wire[wrong] ^= mask;
	t.forged += mask != 0;
	if (!marked || rc != 0)
		return rc == 0;
	t.marked++;
	if (!runs_agree(right.run, mark.run))
		return false;
	right.run = mark.run;
	right.generation = (uint16_t)GENERATION;
	return memcmp(&mark, &right, sizeof(mark)) == 0;
}

static void
test_in_order(void)
{
	uint64_t rng = harness_seed();
	unsigned long wrong = 0;

	memset(&t, 0, sizeof(t));
	for (uint32_t size = 1; size < 100; size++) {
		stream_begin_of(&stream, suites_any(size), harness_rand(&rng), 0,
				harness_rand(&rng));
		for (unsigned int i = 0; i < 6; i++)
			stream_add(&stream, harness_below(&rng, 60), 0);
		start((uint32_t)harness_rand(&rng));
		for (uint32_t from = 0; from < stream.len; from += size)
			wrong += !arrives(from, from + size < stream.len ? from + size : stream.len,
					  from, 0);
		receiver_fini(&t.r);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(t.runs[1], 99);
}

/* Lost and late packets, repeated ones, others cut anew, and some with a wrong byte in a body. */
static void
disorder(uint64_t *rng, unsigned long *wrong)
{
	uint32_t most = 20 + harness_below(rng, 600), from = 0, to, at, late[2] = { 0, 0 };

	for (unsigned int n = 0; n < 400 && from < stream.len; n++) {
		to = from + 1 + harness_below(rng, most);
		to = to < stream.len ? to : stream.len;
		switch (harness_below(rng, 12)) {
		case 0: /* lost */
			from = to;
			continue;
		case 1:
			if (late[0] == late[1]) {
				late[0] = from;
				late[1] = to;
				from = to;
				continue;
			}
			*wrong += !arrives(late[0], late[1], late[0], 0);
			late[0] = late[1];
			break;
		case 2: /* begins with what was there */
			from -= from < 30 ? from : harness_below(rng, 30);
			break;
		case 3: /* comes twice */
			*wrong += !arrives(from, to, from, 0);
			break;
		case 4:
			at = from + harness_below(rng, to - from);
			*wrong += !arrives(from, to, at, stream.opened[at] != stream.wire[at]);
			break;
		default:
			break;
		}
		*wrong += !arrives(from, to, from, 0);
		from = to;
	}
}

static void
test_disorder(void)
{
	unsigned int rounds = harness_full() ? 20000 : 1000;
	uint64_t rng = harness_seed();
	unsigned long wrong = 0;

	memset(&t, 0, sizeof(t));
	for (unsigned int i = 0; i < rounds; i++) {
		stream_begin_of(&stream, suites_any(i), harness_rand(&rng), 5, harness_rand(&rng));
		while (stream.records < 40)
			stream_add(&stream, harness_below(&rng, i % 2 == 0 ? 60 : 1500), 0);
		start((uint32_t)harness_rand(&rng));
		disorder(&rng, &wrong);
		receiver_fini(&t.r);
	}
	printf("# marked %lu; runs %lu, %lu of the helper's; wrong %lu\n", t.marked, t.runs[0],
	       t.runs[1], wrong);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(t.marked > 0 && t.runs[0] > rounds);
}

/* What the helper makes of a packet without the model beside it. */
static int
bare(uint32_t from, uint32_t to, bool marked, struct rtls_tls_rx_mark *mark)
{
	return rtls_tls_rx_bare_packet(&t.b, from, stream.wire + from, to - from, marked, mark);
}

/* Records of 110, 150 and 122 bytes. */
static void
by_hand(void)
{
	stream_begin(&stream, harness_seed(), 0, 9);
	stream_add(&stream, 88, 0);
	stream_add(&stream, 128, 0);
	stream_add(&stream, 100, 0);
	start(0);
	receiver_fini(&t.r);
}

static bool
says(const struct rtls_tls_rx_mark *m, uint16_t run, uint32_t no, uint16_t off, uint16_t len)
{
	return m->generation == (uint16_t)GENERATION && m->run == run && m->rec_no == no &&
	       m->rec_off == off && m->rec_len == len;
}

/* Before start() and in front of where it starts, and where a header was never seen. */
static void
test_nobody_knows(void)
{
	struct rtls_tls_rx_mark m;

	by_hand();
	CU_ASSERT_EQUAL(rtls_tls_rx_bare_init(&t.b, RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128, 0x70000),
			-EINVAL);
	CU_ASSERT_EQUAL(rtls_tls_rx_bare_init(&t.b, RTLS_TLS_1_2, 9999, 1), -ENOTSUP);
	CU_ASSERT_EQUAL(
		rtls_tls_rx_bare_init(&t.b, RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128, GENERATION), 0);
	CU_ASSERT_EQUAL(bare(0, 50, true, &m), -ENOENT);
	CU_ASSERT_EQUAL(bare(0, 50, false, &m), 0);
	rtls_tls_rx_bare_start(&t.b, 110, 10);
	CU_ASSERT_EQUAL(bare(100, 130, true, &m), -ENOENT);
	CU_ASSERT_EQUAL(bare(115, 130, true, &m), -ENOENT); /* its header is in front */
	CU_ASSERT_EQUAL(bare(110, 114, true, &m), 0);
	CU_ASSERT(says(&m, 0, 10, 0, 0));
	CU_ASSERT_EQUAL(bare(114, 130, true, &m), 0);
	CU_ASSERT(says(&m, 0, 10, 4, 150));
	/* Where the record ends is known, and where the next one does is not. */
	CU_ASSERT_EQUAL(bare(200, 230, true, &m), 0);
	CU_ASSERT(says(&m, 1, 10, 90, 150));
	CU_ASSERT_EQUAL(bare(270, 280, true, &m), -ENOENT);
	CU_ASSERT_EQUAL(bare(260, 280, true, &m), 0);
	CU_ASSERT(says(&m, 2, 11, 0, 122));
}

/* Marked from within a header: its first bytes were followed, or nobody can place it. */
static void
test_in_header(void)
{
	struct rtls_tls_rx_mark m;

	for (uint16_t from = 1; from <= 4; from++) {
		by_hand();
		rtls_tls_rx_bare_start(&t.b, 110, 10);
		CU_ASSERT_EQUAL(bare(100, 110u + from, false, &m), 0);
		CU_ASSERT_EQUAL(bare(110u + from, 130, true, &m), 0);
		CU_ASSERT(says(&m, 0, 10, from, 150));
		CU_ASSERT_EQUAL(bare(130, 300, true, &m), 0);
		CU_ASSERT(says(&m, 0, 10, 20, 150));
		by_hand();
		CU_ASSERT_EQUAL(bare(100, 110u + from, false, &m), 0);
		rtls_tls_rx_bare_start(&t.b, 110, 10);
		CU_ASSERT_EQUAL(bare(110u + from, 130, true, &m), -ENOENT);
	}
}

/*
 * The end of a record and the front of the next one come in a packet that begins with what was there. It may have
 * failed, and whatever ends the record fails then, or the record behind it does. What is missing comes later.
 */
static void
test_stuck(void)
{
	static const struct {
		uint32_t from, to, no;
		uint16_t off, len;
	} rows[] = {
		{ 150, 200, 10, 40, 150 }, { 259, 260, 10, 149, 150 }, { 260, 290, 11, 0, 122 },
		{ 300, 310, 11, 40, 122 }, { 381, 390, 11, 121, 122 }, { 460, 470, 12, 78, 122 },
	};
	struct rtls_tls_rx_mark m;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		by_hand();
		for (int n = 0; n < 9; n++)
			stream_add(&stream, 100, 0);
		rtls_tls_rx_bare_start(&t.b, 110, 10);
		CU_ASSERT_EQUAL(bare(100, 150, false, &m), 0);
		CU_ASSERT_EQUAL(bare(140, 300, false, &m), 0);
		for (uint32_t at = 300; at < 1200; at += 90)
			if (rows[i].no != 12 || at < 400)
				CU_ASSERT_EQUAL(bare(at, at + 90, false, &m), 0);
		CU_ASSERT_EQUAL(bare(rows[i].from, rows[i].to, true, &m), 0);
		CU_ASSERT(says(&m, 0, rows[i].no, rows[i].off, rows[i].len));
	}
}

/* A mark upon bytes that are no header, and a mark behind them. */
static void
test_no_header(void)
{
	struct rtls_tls_rx_mark m;

	by_hand();
	stream.wire[110] ^= 1;
	CU_ASSERT_EQUAL(bare(0, 130, true, &m), 0);
	CU_ASSERT(says(&m, 0, 9, 0, 110));
	CU_ASSERT_EQUAL(bare(130, 150, true, &m), -ENOENT);
	rtls_tls_rx_bare_start(&t.b, 110, 10);
	CU_ASSERT_EQUAL(bare(110, 130, true, &m), -ENOENT);
	/* Passed as it came it moves nothing. */
	rtls_tls_rx_bare_start(&t.b, 110, 10);
	CU_ASSERT_EQUAL(bare(110, 130, false, &m), 0);
	stream.wire[110] ^= 1;
	CU_ASSERT_EQUAL(bare(110, 130, true, &m), 0);
	CU_ASSERT(says(&m, 1, 10, 0, 150));
}

/* As many runs as there are numbers; start() begins one, too. */
static void
test_overflow(void)
{
	struct rtls_tls_rx_mark m;

	by_hand();
	for (uint32_t i = 0; i <= UINT16_MAX; i++) {
		rtls_tls_rx_bare_start(&t.b, 0, 9);
		CU_ASSERT_FATAL(bare(0, 20, true, &m) == 0 && m.run == i);
	}
	CU_ASSERT_EQUAL(bare(20, 40, true, &m), 0);
	CU_ASSERT_EQUAL(bare(50, 60, true, &m), -EOVERFLOW);
	CU_ASSERT_EQUAL(bare(40, 60, true, &m), 0);
	rtls_tls_rx_bare_start(&t.b, 0, 9);
	CU_ASSERT_EQUAL(bare(0, 20, true, &m), -EOVERFLOW);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "in order, however cut", test_in_order },
		{ "disorder", test_disorder },
		{ "marks that nobody can place", test_nobody_knows },
		{ "from within a header", test_in_header },
		{ "stuck in a record", test_stuck },
		{ "bytes that are no header", test_no_header },
		{ "runs are used up", test_overflow },
	};

	return harness_run("tlsnic/rx bare", cases, HARNESS_COUNT(cases));
}
