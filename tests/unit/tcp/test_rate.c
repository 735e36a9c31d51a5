/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/rate.h"

enum {
	SPANS = 64,
	LEN = 1000,
	RTT_US = 40000,
};

/* A sender with a board: what is sent at which time, and what is acknowledged. */
static union {
	struct tcp_board board;
	unsigned char bytes[TCP_BOARD_SIZE(SPANS)];
} mem;
static struct tcp_rate rate;
static uint64_t sent_end;
static uint64_t acked_end;

static void
begin(void)
{
	tcp_board_init(&mem.board, SPANS, 0);
	tcp_rate_init(&rate);
	sent_end = acked_end = 0;
}

static void
sent_at(uint64_t off, uint32_t n, uint32_t now_us)
{
	struct tcp_sending s = { .now_us = now_us };

	tcp_rate_sending(&rate, tcp_board_pipe(&mem.board) == 0, &s);
	tcp_board_sent(&mem.board, off, n * LEN, &s);
	if (off + n * LEN > sent_end)
		sent_end = off + n * LEN;
}

static void
send_at(uint32_t n, uint32_t now_us)
{
	sent_at(sent_end, n, now_us);
}

static void
acked_at(uint32_t n, uint32_t now_us)
{
	struct tcp_delivered d;

	tcp_board_heard(&mem.board, &d);
	acked_end += n * LEN;
	tcp_board_ack(&mem.board, acked_end, &d);
	tcp_rate_delivered(&rate, &d, now_us, RTT_US);
}

/* A segment each 2 ms, acknowledged 40 ms later: 500,000 bytes per second, from the first ACK on. */
static void
test_steady(void)
{
	begin();
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 0);
	for (uint32_t ms = 0; ms < 400; ms += 2) {
		if (ms >= 40)
			acked_at(1, 7000000 + ms * 1000);
		send_at(1, 7000000 + ms * 1000);
		if (ms == 40) /* one segment in one round trip is all it knows of */
			CU_ASSERT_EQUAL(tcp_rate_of(&rate), LEN * 1000000 / 40000);
		if (ms >= 80)
			CU_ASSERT_EQUAL(tcp_rate_of(&rate), 500000);
	}
}

/* Twenty segments over 40 ms; a wireless link holds their ACKs back, and they come at once. */
static void
test_acks_together(void)
{
	begin();
	for (uint32_t i = 0; i < 20; i++)
		send_at(1, i * 2000);
	for (uint32_t i = 0; i < 20; i++)
		acked_at(1, 80000 + i);
	/* The last one: 20000 bytes; sending took 38 ms, but none was acknowledged for 80.019 ms. */
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), UINT64_C(20000) * 1000000 / 80019);
	/* The next are sent as evenly, 2 ms apart: their ACKs together do not look faster. */
	for (uint32_t i = 0; i < 20; i++)
		send_at(1, 80100 + i * 2000);
	for (uint32_t i = 0; i < 20; i++)
		acked_at(1, 160000 + i);
	/* The pipe was empty: since 80.1 ms; 20000 bytes in 79.919 ms. */
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), UINT64_C(20000) * 1000000 / 79919);
}

/* Ten at once, whose ACKs a bottleneck of 1 MB/s spreads over 9 ms. */
static void
test_burst(void)
{
	begin();
	send_at(10, 0);
	for (uint32_t i = 0; i < 10; i++)
		acked_at(1, 40000 + i * 1000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), UINT64_C(10000) * 1000000 / 49000);
	/* A window of 50 at once, and each ACK lets one out: from the second round trip on they are even. */
	begin();
	send_at(50, 0);
	for (uint32_t i = 0; i < 100; i++) {
		acked_at(1, 40000 + i * 1000);
		send_at(1, 40000 + i * 1000);
	}
	/* The one before was sent at 0, the last one at 89: it took so long to send 50. */
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), UINT64_C(50000) * 1000000 / 89000);
	for (uint32_t i = 100; i < 150; i++)
		acked_at(1, 40000 + i * 1000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 1000000);
}

/* Fifty in a round trip of 50 ms, then a program that has one each 50 ms: what is known stays. */
static void
test_app_limited(void)
{
	begin();
	for (uint32_t ms = 0; ms < 200; ms++) {
		if (ms >= 50)
			acked_at(1, ms * 1000);
		send_at(1, ms * 1000);
	}
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 1000000);
	tcp_rate_app_limited(&rate, tcp_board_pipe(&mem.board));
	for (uint32_t i = 0; i < 50; i++)
		acked_at(1, (200 + i) * 1000);
	/* What is in flight was sent before; it is done, and so is the mark. */
	CU_ASSERT_TRUE(rate.app_limited);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 1000000);
	for (uint32_t i = 0; i < 10; i++) {
		send_at(1, (300 + i * 50) * 1000);
		tcp_rate_app_limited(&rate, tcp_board_pipe(&mem.board));
		acked_at(1, (350 + i * 50) * 1000);
		CU_ASSERT_EQUAL(tcp_rate_of(&rate), 1000000);
		CU_ASSERT_FALSE(rate.sample_limited);
	}
	/* It has much to send again. The first is known to be limited, and 10 of 40 ms are slower. */
	send_at(10, 1000000);
	acked_at(10, 1040000);
	CU_ASSERT_FALSE(rate.app_limited);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 1000000);
	send_at(10, 1040000);
	acked_at(10, 1080000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 250000);
	/* A limited sample that is faster counts. */
	tcp_rate_app_limited(&rate, 0);
	send_at(30, 1080000);
	acked_at(30, 1120000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 750000);
	CU_ASSERT_TRUE(rate.sample_limited);
}

/* All seemed lost, one was sent again, and 1 ms later the ACK of the first sending: that is no rate. */
static void
test_sent_again(void)
{
	begin();
	send_at(4, 0);
	acked_at(1, 40000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 25000);
	tcp_board_lose_all(&mem.board);
	sent_at(1000, 1, 300000);
	acked_at(1, 301000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 25000);
	/* One that was lost, and arrived when it was sent again: what came since the last, since then. */
	sent_at(2000, 1, 301000);
	acked_at(1, 341000);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), 25000);
}

/* Time and bytes wrap. */
static void
test_wrap(void)
{
	begin();
	rate.delivered = UINT32_MAX - 4999;
	for (uint32_t ms = 0; ms < 200; ms += 2) {
		if (ms >= 40)
			acked_at(1, UINT32_MAX - 99999 + ms * 1000);
		send_at(1, UINT32_MAX - 99999 + ms * 1000);
		if (ms >= 80)
			CU_ASSERT_EQUAL(tcp_rate_of(&rate), 500000);
	}
}

/* An ACK that brings nothing new says nothing. */
static void
test_nothing_new(void)
{
	struct tcp_rate before;

	begin();
	send_at(2, 0);
	acked_at(1, 40000);
	before = rate;
	acked_at(0, 90000);
	CU_ASSERT_EQUAL(rate.delivered_us, before.delivered_us);
	CU_ASSERT_EQUAL(tcp_rate_of(&rate), tcp_rate_of(&before));
	CU_ASSERT_EQUAL(rate.first_sent_us, before.first_sent_us);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "one after the other", test_steady },
		{ "ACKs that come together", test_acks_together },
		{ "a burst", test_burst },
		{ "when the program is the limit", test_app_limited },
		{ "sent again", test_sent_again },
		{ "time and bytes wrap", test_wrap },
		{ "nothing new", test_nothing_new },
	};

	return harness_run("tcp/rate", cases, HARNESS_COUNT(cases));
}
