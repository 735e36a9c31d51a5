/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/rack.h"

enum {
	MSS = 1000,
	CAP = 64,
	RTT = 40000, /* us */
	SRTT = 60000,
};

static struct {
	struct tcp_board b;
	uint8_t spans[TCP_SPANS_MEMORY(CAP)];
} mem;

static struct tcp_board *const b = &mem.b;
static struct tcp_rack r;

/* n segments, one each ms from at_us on. */
static void
send(uint32_t n, uint32_t at_us)
{
	for (uint32_t i = 0; i < n; i++) {
		struct tcp_sending s = { .now_us = at_us + i * 1000, .rtt_us = RTT };

		tcp_board_sent(b, b->spans.max, MSS, &s);
	}
}

static void
begin(uint32_t n, uint32_t at_us)
{
	tcp_board_init(b, CAP, 0);
	tcp_rack_init(&r, 0, at_us);
	send(n, at_us);
}

static void
heard(uint64_t una, uint64_t start, uint64_t end, uint32_t now_us, bool older)
{
	struct tcp_delivered d;

	tcp_board_heard(b, &d);
	tcp_board_ack(b, una, &d);
	if (end > start)
		tcp_board_sack(b, start, end, &d);
	tcp_rack_delivered(&r, &d, now_us, older);
}

/* RFC 8985 6.2, step 4. */
static void
test_window(void)
{
	begin(1, 0);
	heard(1000, 0, 0, RTT, false);
	CU_ASSERT_EQUAL(r.min_rtt_us, RTT);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, false), RTT / 4);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), 0);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, RTT / 8, false), RTT / 8);
	r.reordered = true;
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), RTT / 4);
	/* A step for each round trip in which something came twice, up to SRTT. */
	tcp_rack_duplicate(&r, 1000, 9000);
	tcp_rack_duplicate(&r, 8999, 12000);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), RTT / 2);
	tcp_rack_duplicate(&r, 9000, 12000);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), RTT / 4 * 3);
	for (uint64_t una = 12000; una < 500000; una += 1000)
		tcp_rack_duplicate(&r, una, una + 1000);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), SRTT);
	/* Sixteen recoveries without a further one: as in the beginning. */
	for (int i = 0; i < 15; i++)
		tcp_rack_recovered(&r);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), SRTT);
	tcp_rack_recovered(&r);
	CU_ASSERT_EQUAL(tcp_rack_window(&r, SRTT, true), RTT / 4);
}

/* Ten are out, the fourth arrived: the first three are lost when they are not there in time. */
static void
test_detect(void)
{
	static const uint32_t starts[] = { 0, 1u << 31, UINT32_MAX - 20000, UINT32_MAX - 43000 };

	for (size_t i = 0; i < HARNESS_COUNT(starts); i++) {
		uint32_t t0 = starts[i], now = t0 + 3000 + RTT;
		struct tcp_overdue o;

		begin(10, t0);
		o = tcp_rack_detect(&r, b, 0, now);
		CU_ASSERT(o.lost == 0 && o.wait_us == UINT32_MAX); /* nothing arrived */
		heard(0, 3000, 4000, now, false);
		CU_ASSERT_EQUAL(r.rtt_us, RTT);
		/* Sent 3, 2 and 1 ms before: of a window of 2500 us only the first one's is over. */
		o = tcp_rack_detect(&r, b, 2500, now);
		CU_ASSERT_EQUAL(o.lost, 1000);
		CU_ASSERT(o.wait_us > 0 && o.wait_us <= 501);
		CU_ASSERT_EQUAL(tcp_board_next_lost(b, 0, 9999).end, 1000);
		o = tcp_rack_detect(&r, b, 2500, now + o.wait_us);
		CU_ASSERT_EQUAL(o.lost, 1000);
		o = tcp_rack_detect(&r, b, 0, now + 600);
		CU_ASSERT_EQUAL(o.lost, 1000);
		/* What was sent behind it is not. */
		CU_ASSERT_EQUAL(o.wait_us, UINT32_MAX);
		CU_ASSERT_EQUAL(tcp_board_next_lost(b, 0, 9999).end, 3000);
		CU_ASSERT_EQUAL(tcp_board_pipe(b), 6000);
	}
}

/* What was sent again, and its ACK: was it of the first copy? */
static void
test_doubtful(void)
{
	static const struct {
		uint32_t after_us; /* the second was sent */
		bool older;
		bool counts;
	} rows[] = {
		{ RTT, false, true },
		{ RTT - 1, false, false }, /* sooner than anything ever came */
		{ 2 * RTT, true, false },  /* it echoes what was said before */
		{ 2 * RTT, false, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint32_t again_us = 100000;
		struct tcp_sending s = { .now_us = again_us, .rtt_us = RTT };

		begin(10, 0);
		heard(0, 9000, 10000, 9000 + RTT, false);
		CU_ASSERT_EQUAL(tcp_rack_detect(&r, b, 0, 9000 + RTT).lost, 9000);
		tcp_board_sent(b, 0, MSS, &s);
		heard(1000, 0, 0, again_us + rows[i].after_us, rows[i].older);
		CU_ASSERT_EQUAL(r.sent_us == again_us, rows[i].counts);
		CU_ASSERT_EQUAL(r.end == 1000, rows[i].counts);
	}
}

/* A retransmission that is lost again: what was sent later arrived, and it did not. */
static void
test_lost_again(void)
{
	struct tcp_sending s = { .now_us = 100000, .rtt_us = RTT };

	begin(10, 0);
	heard(0, 9000, 10000, 9000 + RTT, false);
	CU_ASSERT_EQUAL(tcp_rack_detect(&r, b, 0, 9000 + RTT).lost, 9000);
	tcp_board_sent(b, 0, MSS, &s);
	s.now_us += 1000;
	tcp_board_sent(b, 1000, MSS, &s);
	heard(0, 1000, 2000, 101000 + RTT, false);
	CU_ASSERT_EQUAL(tcp_rack_detect(&r, b, 0, 101000 + RTT).lost, 1000);
	CU_ASSERT_EQUAL(tcp_board_next_lost(b, 0, 1000).start, 0);
}

/* Reordering is what comes late and was sent once; not what was sent again. */
static void
test_reordered(void)
{
	struct tcp_sending s = { .now_us = 60000, .rtt_us = RTT };

	begin(10, 0);
	heard(0, 5000, 6000, 5000 + RTT, false);
	CU_ASSERT_FALSE(r.reordered);
	heard(0, 6000, 7000, 6000 + RTT, false);
	CU_ASSERT_FALSE(r.reordered);
	tcp_board_lose(b, 0, 1000);
	tcp_board_sent(b, 0, MSS, &s);
	heard(1000, 0, 0, 60000 + RTT, false);
	CU_ASSERT_FALSE(r.reordered);
	heard(1000, 3000, 4000, 61000 + RTT, false);
	CU_ASSERT_TRUE(r.reordered);
}

/* The least round trip, of what was sent once; an old one is forgotten. */
static void
test_min_rtt(void)
{
	uint32_t later = 290000000;

	begin(3, 0);
	heard(1000, 0, 0, RTT, false);
	heard(2000, 0, 0, 1000 + RTT + 5000, false);
	CU_ASSERT_EQUAL(r.min_rtt_us, RTT);
	heard(3000, 0, 0, 2000 + RTT - 5000, false);
	CU_ASSERT_EQUAL(r.min_rtt_us, RTT - 5000);
	send(1, later);
	heard(4000, 0, 0, later + 2 * RTT, false);
	CU_ASSERT_EQUAL(r.min_rtt_us, RTT - 5000);
	send(1, 2 * later);
	heard(5000, 0, 0, 2 * later + 2 * RTT, false);
	CU_ASSERT_EQUAL(r.min_rtt_us, 2 * RTT);
	/* From a flight that had another measure: SRTT until something is measured. */
	tcp_rack_init(&r, SRTT, 0);
	CU_ASSERT_EQUAL(r.min_rtt_us, SRTT);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the reordering window", test_window },
		{ "what is lost, and when", test_detect },
		{ "an ACK of either copy", test_doubtful },
		{ "a retransmission that is lost", test_lost_again },
		{ "reordering", test_reordered },
		{ "the least round trip", test_min_rtt },
	};

	return harness_run("tcp/rack", cases, HARNESS_COUNT(cases));
}
