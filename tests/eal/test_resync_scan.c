/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * RTLS_TLS_RX_SCAN: what a packet asks is answered in the poll in which the header comes in order, with
 * the number of its record, and never anything else.
 */
#include <errno.h>

#include "eal/asking.h"
#include "eal/forged.h"
#include "support/eal.h"

/* The header of the second record, on its packet, which comes in order. */
static void
test_at_once(void)
{
	uint32_t second;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(2 * SEG);
	second = asking_write(3 * SEG);
	asking_send();
	asking_bring_to(second);
	CU_ASSERT(asking_said());
	asking_bring_and_ask(a.came++, second);
	asking_expect(second, 1);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 1);
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 1);
	/* Once. */
	asking_bring_to(a.end);
	asking_end();
}

/* A header in two packets: on the one that completes it, which begins behind its first byte. */
static void
test_header_cut(void)
{
	for (uint32_t cut = 1; cut < 5; cut++) {
		uint32_t second;

		asking_begin(RTLS_TLS_RX_SCAN);
		asking_write(2 * SEG - cut);
		second = asking_write(3 * SEG);
		asking_send();
		CU_ASSERT_EQUAL(second, 2 * SEG - cut);
		asking_bring_to(2 * SEG);
		CU_ASSERT(asking_said());
		asking_bring_and_ask(a.came++, second);
		asking_expect(second, 1);
		CU_ASSERT(asking_said());
		asking_end();
	}
}

/* Behind a gap nobody knows a number: it is answered in the poll that closes it. */
static void
test_behind_a_gap(void)
{
	uint32_t third;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	asking_write(3 * SEG);
	third = asking_write(3 * SEG);
	asking_send();
	asking_bring_to(2 * SEG);
	for (uint32_t i = a.came + 1; a.segs[i].off < third; i++)
		asking_bring(i);
	asking_bring_and_ask(asking_seg_at(third), third);
	asking_poll();
	CU_ASSERT(asking_said());
	asking_bring(a.came);
	asking_expect(third, 2);
	CU_ASSERT(asking_said());
	a.came = asking_seg_at(third) + 1;
	asking_end();
}

/* On a copy of a packet of the same burst: the stream is past it, as if the copy had come in the next one. */
static void
test_on_a_copy(void)
{
	uint32_t second, i;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	second = asking_write(3 * SEG);
	asking_send();
	asking_bring_to(second);
	i = a.came++;
	a.asks = true;
	a.passed = 1;
	a.seq = seq_of(second);
	for (int copy = 0; copy < 2; copy++)
		CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, a.segs[i].bytes, a.segs[i].len), 0);
	asking_poll();
	CU_ASSERT(!a.asks);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 1);
	CU_ASSERT(asking_said());
	asking_bring_to(a.end);
	/* Two of no use: a hint ends it. */
	asking_expect(a.end, 2);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 0);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	asking_end();
}

/* The newest request is the one that counts. */
static void
test_replaced(void)
{
	uint32_t third, fourth;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	asking_write(SEG);
	third = asking_write(SEG);
	fourth = asking_write(3 * SEG);
	asking_send();
	asking_bring_to(1);
	for (uint32_t i = 2; a.segs[i].off < fourth; i++) {
		if (a.segs[i].off == third)
			asking_bring_and_ask(i, third);
		else
			asking_bring(i);
	}
	asking_bring_and_ask(asking_seg_at(fourth), fourth);
	CU_ASSERT(asking_said());
	asking_bring(1);
	/* Three came untouched, too, but one answer is enough to say. */
	asking_expect(fourth, 3);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 2);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	asking_end();
}

/* What looked like a header is none: there is no negative answer. */
static void
test_false_header(void)
{
	uint32_t second;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	second = asking_write(3 * SEG);
	asking_send();
	asking_bring_and_ask(a.came++, 250);
	asking_bring_to(second);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 0);
	asking_bring_to(second + 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	CU_ASSERT(asking_said());
	asking_end();
}

/* Ways to be refused. */
enum refused { FAR_AHEAD, BAD_SUM, BAD_ACK, LONG_GONE, REFUSED };

/* Like segment i of end 1, at off, refused by TCP or in front of it, and it asks about its first byte. */
static void
bring_refused(uint32_t i, uint32_t off, enum refused how)
{
	uint8_t *tcp;
	struct forged f;

	f.len = a.segs[i].len;
	memcpy(f.bytes, a.segs[i].bytes, f.len);
	tcp = f.bytes + FORGED_ETHER + FORGED_IP;
	put32(tcp + 4, seq_of(off));
	if (how == BAD_ACK)
		put32(tcp + 8, get32(tcp + 8) + 100000);
	forged_finish(&f, f.len);
	if (how == BAD_SUM)
		f.bytes[f.len - 1] ^= 1;
	a.seq = seq_of(off);
	a.asks = true;
	CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, f.bytes, f.len), 0);
	asking_poll();
	a.asks = false;
}

/* A header in a segment that TCP refuses is nobody's: nothing is said, nor does it harm the next question. */
static void
test_refused(void)
{
	for (int how = 0; how < REFUSED; how++) {
		uint32_t off[REFUSED] = { [FAR_AHEAD] = 1u << 28,
					  [BAD_SUM] = 2 * SEG,
					  [BAD_ACK] = 2 * SEG + 7,
					  [LONG_GONE] = 0 };
		uint32_t fourth;

		asking_begin(RTLS_TLS_RX_SCAN);
		asking_write(SEG);
		asking_write(3 * SEG);
		fourth = asking_write(2 * SEG);
		asking_send();
		asking_bring_to(2 * SEG);
		bring_refused(2, off[how], (enum refused)how);
		CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), how != BAD_SUM);
		asking_bring_to(3 * SEG);
		CU_ASSERT(asking_said());
		asking_bring(a.came++);
		/* Two of no use: a hint ends it, where the stream has not passed the place. */
		asking_expect(fourth, 2);
		CU_ASSERT(asking_said());
		asking_bring_and_ask(a.came++, fourth);
		asking_expect(fourth, 2);
		CU_ASSERT(asking_said());
		CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 1);
		asking_end();
	}
}

/* What the device has an error for is no answer. */
static void
test_refused_by_the_device(void)
{
	uint32_t second;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	second = asking_write(2 * SEG);
	asking_send();
	asking_bring_to(second);
	d.dev.o.rx_resync_rc = -EBUSY;
	asking_bring_and_ask(a.came++, second);
	asking_expect(second, 1);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 0);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncRefused"), 1);
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 1);
	d.dev.o.rx_resync_rc = 0;
	asking_end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "at once", test_at_once },
		{ "a header in two packets", test_header_cut },
		{ "behind a gap", test_behind_a_gap },
		{ "on a copy of a packet of the same burst", test_on_a_copy },
		{ "a newer request", test_replaced },
		{ "a false header", test_false_header },
		{ "in a segment that TCP refuses", test_refused },
		{ "an answer that the device refuses", test_refused_by_the_device },
	};

	if (eal_start("resync-scan") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/resync-scan", cases, HARNESS_COUNT(cases));
}
