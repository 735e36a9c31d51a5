/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>

#include <CUnit/CUnit.h>

#include "board_broken.h"
#include "board_model.h"
#include "support/harness.h"
#include "tcp/board.h"

enum { CAP = 16 };

static union {
	struct tcp_board b;
	uint8_t bytes[TCP_BOARD_SIZE(CAP)];
} small;

static struct tcp_board *const board = &small.b;

static void
send(uint64_t off, uint32_t len, uint32_t now_us)
{
	struct tcp_sending s = { .now_us = now_us, .snapshot = { .delivered = now_us } };

	tcp_board_sent(board, off, len, &s);
}

/* 10 segments of 100 bytes, one each 10 us. */
static void
in_flight(uint64_t off)
{
	tcp_board_init(board, CAP, off);
	for (uint32_t i = 0; i < 10; i++)
		send(off + 100 * i, 100, 10 * i);
}

/* The first is lost, the others are SACKED; RACK finds it; it is sent again, and acknowledged. */
static void
test_one_hole(void)
{
	uint64_t off = (UINT64_C(1) << 40) - 500;
	struct tcp_delivered d;
	struct tcp_overdue o;
	struct tcp_range r;

	in_flight(off);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 1000);
	tcp_board_heard(board, &d);
	tcp_board_sack(board, off + 100, off + 1000, &d);
	CU_ASSERT_EQUAL(d.bytes, 900);
	CU_ASSERT_EQUAL(d.acked, 0);
	CU_ASSERT_EQUAL(d.reordered, UINT64_MAX);
	CU_ASSERT(d.timed && d.oldest_us == 10);
	CU_ASSERT(d.once.known && d.once.sent_us == 90 && d.once.end == off + 1000);
	CU_ASSERT_EQUAL(d.once.snapshot.delivered, 90);
	CU_ASSERT_FALSE(d.again.known);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 100);
	CU_ASSERT(tcp_range_empty(tcp_board_next_lost(board, 0, 1000)));

	o = tcp_board_overdue(board, 90, off + 1000, 100, 99);
	CU_ASSERT(o.lost == 0 && o.wait_us == 1);
	o = tcp_board_overdue(board, 90, off + 1000, 100, 100);
	CU_ASSERT(o.lost == 100 && o.wait_us == UINT32_MAX);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 0);
	r = tcp_board_next_lost(board, 0, 1000);
	CU_ASSERT(r.start == off && r.end == off + 100);
	r = tcp_board_next_lost(board, off + 30, 40);
	CU_ASSERT(r.start == off + 30 && r.end == off + 70);

	send(off, 100, 200);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 100);
	CU_ASSERT(tcp_range_empty(tcp_board_next_lost(board, 0, 1000)));
	tcp_board_heard(board, &d);
	tcp_board_ack(board, off + 1000, &d);
	CU_ASSERT(d.bytes == 100 && d.acked == 100 && d.spurious == 0);
	CU_ASSERT(!d.timed && !d.once.known);
	CU_ASSERT(d.again.known && d.again.sent_us == 200 && d.again.end == off + 100);
	CU_ASSERT(tcp_board_pipe(board) == 0 && board->spans.all.n == 0);
}

/* What comes behind a higher one and was sent once: reordered; when it was taken to be lost, also
 * spurious. */
static void
test_reordered(void)
{
	struct tcp_delivered d;

	in_flight(0);
	tcp_board_heard(board, &d);
	tcp_board_sack(board, 500, 600, &d);
	CU_ASSERT_EQUAL(d.reordered, UINT64_MAX);
	CU_ASSERT_EQUAL(tcp_board_lose(board, 0, 200), 200);
	tcp_board_heard(board, &d);
	tcp_board_ack(board, 300, &d);
	CU_ASSERT_EQUAL(d.reordered, 0);
	CU_ASSERT_EQUAL(d.spurious, 200);
	CU_ASSERT_EQUAL(d.bytes, 300);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 600);
}

static uint32_t
sack(uint64_t start, uint64_t end)
{
	struct tcp_delivered d;

	tcp_board_heard(board, &d);
	tcp_board_sack(board, start, end, &d);
	CU_ASSERT_PTR_NULL(board_broken(board));
	return d.bytes;
}

struct block_row {
	const char *what;
	int64_t start, end; /* beside 1000 bytes in flight */
	uint32_t bytes;
};

static const struct block_row block_rows[] = {
	{ "empty", 300, 300, 0 },
	{ "turned round", 400, 300, 0 },
	{ "in front of what is in flight", -200, -100, 0 },
	{ "up to its first byte", -200, 0, 0 },
	{ "across its first byte: what of it is in flight", -100, 50, 50 },
	{ "its last byte", 999, 1000, 1 },
	{ "one byte beyond what was sent: no part of it", 500, 1001, 0 },
	{ "far beyond", INT64_C(1) << 31, (INT64_C(1) << 31) + 100, 0 },
	{ "all, and more", -1000, 1001, 0 },
	{ "all", -1000, 1000, 1000 },
	{ "a byte of it", 555, 556, 1 },
};

static void
test_blocks(void)
{
	uint64_t off = UINT64_C(1) << 40;

	for (size_t i = 0; i < HARNESS_COUNT(block_rows); i++) {
		const struct block_row *row = &block_rows[i];

		in_flight(off);
		CU_ASSERT_EQUAL(sack(off + (uint64_t)row->start, off + (uint64_t)row->end),
				row->bytes);
		CU_ASSERT_EQUAL(tcp_board_pipe(board), 1000 - row->bytes);
		CU_ASSERT_EQUAL(board->spans.sacked, row->bytes);
		/* The same once more says nothing. */
		CU_ASSERT_EQUAL(sack(off + (uint64_t)row->start, off + (uint64_t)row->end), 0);
	}
}

/*
 * A peer says that it has every other byte. The board holds what it can, keeps some spans for what is
 * sent, and goes on: a block that makes one longer is noted, lost bytes are sent again, new ones too.
 */
static void
test_every_other_byte(void)
{
	struct tcp_delivered d;
	struct tcp_range r;
	uint32_t noted = 0;

	tcp_board_init(board, CAP, 0);
	send(0, 5000, 10);
	for (uint32_t i = 1; i < 5000; i += 2)
		noted += sack(i, i + 1);
	CU_ASSERT_EQUAL(noted, (CAP - CAP / 8 - 1) / 2);
	CU_ASSERT_EQUAL(board->ignored, 2500 - noted);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 5000 - noted);
	CU_ASSERT_EQUAL(sack(1, 3), 1);
	CU_ASSERT_EQUAL(sack(2 * noted - 1, 4000), 4000 - 2 * noted);
	CU_ASSERT(tcp_board_is_short(board));

	tcp_board_lose_all(board);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 0);
	for (uint32_t now = 20; !tcp_range_empty(r = tcp_board_next_lost(board, 0, 10)); now++) {
		send(r.start, (uint32_t)(r.end - r.start), now);
		send(board->spans.max, 10, now);
		CU_ASSERT_PTR_NULL(board_broken(board));
	}
	CU_ASSERT_EQUAL(board->spans.lost, 0);
	tcp_board_heard(board, &d);
	tcp_board_ack(board, board->spans.max, &d);
	CU_ASSERT(board->spans.all.n == 0 && board->spans.sacked == 0);
	CU_ASSERT_PTR_NULL(board_broken(board));
}

/* Each sending has a span of its own until half of them are in use; then what is sent within a part of
 * an RTT shares one, which says of its time what is right for all. */
static void
test_blur(void)
{
	struct tcp_sending s = { .rtt_us = 1600 };
	struct tcp_delivered d;

	tcp_board_init(board, CAP, 0);
	for (uint32_t i = 0; i < 40; i++) {
		s.now_us = 20 * i;
		tcp_board_sent(board, 10 * i, 10, &s);
		CU_ASSERT_EQUAL(board->spans.all.n, i < CAP / 2 ? i + 1 : CAP / 2 + (i - 7) / 11);
	}
	/* Bytes 80 to 190 were sent from 140 to 340 us, and share a span. */
	tcp_board_heard(board, &d);
	tcp_board_sack(board, 150, 160, &d);
	CU_ASSERT(d.timed && d.oldest_us == 140);
	CU_ASSERT(d.once.known && d.once.sent_us == 140);
	/* Another that was delivered: those are lost when the last of them is due. */
	CU_ASSERT_EQUAL(tcp_board_overdue(board, 700, 400, 100, 439).lost, 70);
	CU_ASSERT_EQUAL(tcp_board_overdue(board, 700, 400, 100, 440).lost, 100);
}

/* In a span that was sent over a while what is lower was sent first: the first of ten segments is lost,
 * and found by the ACK of the others, at once or when it was waited for what the path may reorder. */
static void
test_lost_in_blur(void)
{
	struct tcp_sending s = { .rtt_us = 128000 };

	for (uint32_t window_us = 0; window_us < 500; window_us += 250) {
		struct tcp_delivered d;
		struct tcp_overdue o;

		tcp_board_init(board, CAP, 0);
		for (uint32_t i = 0; i < 10; i++) {
			s.now_us = 20 * i;
			tcp_board_sent(board, 10 * i, 10, &s);
		}
		CU_ASSERT_EQUAL(board->spans.all.n, 1);
		tcp_board_heard(board, &d);
		tcp_board_sack(board, 10, 90, &d);
		o = tcp_board_overdue(board, d.once.sent_us, d.once.end,
				      100000 - d.once.sent_us + window_us, 100000);
		CU_ASSERT_EQUAL(o.lost, window_us == 0 ? 10 : 0);
		CU_ASSERT_EQUAL(o.wait_us, window_us == 0 ? UINT32_MAX : window_us);
		/* The last was sent behind those that arrived. */
		CU_ASSERT_EQUAL(tcp_board_next_lost(board, 0, 100).end, window_us == 0 ? 10 : 0);
		CU_ASSERT_EQUAL(tcp_board_pipe(board), window_us == 0 ? 10 : 20);
	}
}

/* No span is left at all: what is sent counts as sent, later than it was, and nothing of its time. */
static void
test_no_span(void)
{
	struct tcp_delivered d;

	tcp_board_init(board, CAP, 0);
	for (uint32_t i = 0; i < 3 * CAP; i++)
		send(10 * i, 10, i);
	CU_ASSERT_EQUAL(board->spans.all.n, CAP);
	CU_ASSERT_EQUAL(board->rounded, 2 * CAP);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 30 * CAP);
	tcp_board_heard(board, &d);
	tcp_board_ack(board, 30 * CAP - 1, &d);
	CU_ASSERT_EQUAL(d.bytes, 30 * CAP - 1);
	CU_ASSERT(d.once.known && d.once.end == 10 * (CAP - 1));
	CU_ASSERT_FALSE(d.again.known);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 1);
}

/* A retransmission is lost, too: found by its own time, when what was sent behind it is delivered. */
static void
test_lost_again(void)
{
	struct tcp_delivered d;

	in_flight(0);
	sack(100, 1000);
	CU_ASSERT_EQUAL(tcp_board_lose(board, 0, 100), 100);
	send(0, 100, 200);
	send(1000, 100, 210);
	CU_ASSERT_EQUAL(tcp_board_overdue(board, 90, 1000, 50, 1000).lost, 0);
	tcp_board_heard(board, &d);
	tcp_board_sack(board, 1000, 1100, &d);
	CU_ASSERT(d.once.sent_us == 210 && d.once.end == 1100);
	CU_ASSERT_EQUAL(tcp_board_overdue(board, d.once.sent_us, d.once.end, 50, 249).wait_us, 1);
	CU_ASSERT_EQUAL(tcp_board_overdue(board, d.once.sent_us, d.once.end, 50, 250).lost, 100);
	tcp_board_heard(board, &d);
	tcp_board_ack(board, 100, &d);
	CU_ASSERT(d.spurious == 0 && d.reordered == UINT64_MAX);
	CU_ASSERT(d.again.known && !d.once.known);
}

/* The tail that a probe sends again, and the answer. */
static void
test_tail(void)
{
	struct tcp_range r;

	in_flight(0);
	r = tcp_board_tail(board, 100);
	CU_ASSERT(r.start == 900 && r.end == 1000);
	sack(900, 1000);
	r = tcp_board_tail(board, 150);
	CU_ASSERT(r.start == 750 && r.end == 900);
	sack(700, 800);
	r = tcp_board_tail(board, 150);
	CU_ASSERT(r.start == 800 && r.end == 900);
	sack(0, 1000);
	CU_ASSERT(tcp_range_empty(tcp_board_tail(board, 150)));
	send(1000, 10, 100);
	send(1000, 10, 200);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 10);
	CU_ASSERT_EQUAL(tcp_board_overdue(board, 150, 1010, 0, 300).lost, 0);
}

/* The peer takes back what it said. */
static void
test_reneging(void)
{
	struct tcp_delivered d;

	in_flight(0);
	sack(200, 500);
	CU_ASSERT_FALSE(tcp_board_reneged(board));
	tcp_board_heard(board, &d);
	tcp_board_ack(board, 200, &d);
	CU_ASSERT(tcp_board_reneged(board));
	tcp_board_lose_all(board);
	CU_ASSERT_EQUAL(board->spans.lost, 500);
	tcp_board_forget_sacked(board);
	CU_ASSERT(board->spans.lost == 800 && board->spans.sacked == 0 && board->fack == 200);
	CU_ASSERT_FALSE(tcp_board_reneged(board));
	CU_ASSERT_EQUAL(tcp_board_next_lost(board, 0, 1000).end, 1000);
}

/* What was taken to be lost was not. */
static void
test_unlose(void)
{
	in_flight(0);
	sack(200, 300);
	CU_ASSERT_EQUAL(tcp_board_lose(board, 50, 250), 150);
	send(100, 20, 500);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 1000 - 100 - 130);
	tcp_board_unlose(board, 600);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 900);
	CU_ASSERT(tcp_range_empty(tcp_board_next_lost(board, 0, 1000)));
	/* They count as sent now, the retransmission when it was. */
	CU_ASSERT_EQUAL(tcp_board_overdue(board, 590, 2000, 0, 700).lost, 50 + 700 + 20);
}

/* A byte that the board does not know is acknowledged, too: it goes on behind it. */
static void
test_beyond(void)
{
	struct tcp_delivered d;

	in_flight(0);
	tcp_board_heard(board, &d);
	tcp_board_ack(board, 1001, &d);
	CU_ASSERT_EQUAL(d.bytes, 1000);
	CU_ASSERT_PTR_NULL(board_broken(board));
	CU_ASSERT(board->spans.una == 1001 && board->spans.max == 1001 && board->fack == 1001);
	send(1001, 10, 2000);
	CU_ASSERT_EQUAL(tcp_board_pipe(board), 10);
}

/* A board per size, and a second to go on in. */
static union {
	struct tcp_board b;
	uint8_t bytes[TCP_BOARD_SIZE(1024)];
} large[2];

static struct board_model model;

static uint64_t rng;

static uint32_t
below(uint32_t n)
{
	return harness_below(&rng, n);
}

/* An offset in what is in flight, or a little in front of it or behind. */
static uint64_t
any_off(void)
{
	uint64_t low = model.una > 5 ? model.una - 5 : 0;

	return low + below((uint32_t)(model.max - low) + 5);
}

static void
step_send(uint32_t rtt_us)
{
	uint32_t room = board_model_room(&model);
	struct tcp_range r = { model.max, model.max };

	switch (below(8)) {
	case 0:
		r = board_model_tail(&model, 1 + below(40));
		break;
	case 1:
		r.start = model.una + below((uint32_t)(model.max - model.una) + 1);
		r.end = r.start + below(30);
		break;
	case 2:
	case 3:
	case 4:
		r = board_model_next_lost(&model, below(2) ? 0 : any_off(), 1 + below(60));
		break;
	}
	if (tcp_range_empty(r))
		r = (struct tcp_range){ model.max, model.max + 1 + below(below(10) ? 40 : 300) };
	if (r.end > model.max + room)
		r.end = model.max + room;
	if (r.start < r.end)
		board_model_sent(&model, r.start, (uint32_t)(r.end - r.start), rtt_us);
}

/* An ACK with up to four blocks, most of them small, some nonsense. */
static void
step_hear(void)
{
	board_model_heard(&model);
	if (below(3) == 0)
		board_model_ack(&model, model.una + below((uint32_t)(model.max - model.una) + 1) /
							    (1 + below(20)));
	else if (below(400) == 0)
		board_model_ack(&model, model.max + below(3));
	for (uint32_t n = below(5); n > 0; n--) {
		uint64_t start = any_off();

		board_model_sack(&model, start, start + below(below(4) ? 30 : 400));
	}
	board_model_heard_all(&model);
}

static void
step_lose(void)
{
	const struct tcp_newest *newest = below(2) ? &model.got.once : &model.got.again;
	uint64_t off = any_off();

	switch (below(40)) {
	case 0:
		board_model_lose_all(&model);
		return;
	case 1:
		board_model_lose_all(&model);
		board_model_forget_sacked(&model);
		return;
	case 2:
		board_model_unlose(&model);
		return;
	case 3:
	case 4:
		board_model_lose(&model, off, off + below(50));
		return;
	}
	if (newest->known)
		board_model_overdue(&model, newest->sent_us, newest->end, below(300));
	else
		board_model_overdue(&model, model.now_us - below(100), off, below(300));
}

/* Steps of all kinds in a board of cap spans, then in a larger one; time goes past 2^32 us. */
static void
random_walk(uint32_t cap, uint32_t rtt_us, int steps)
{
	board_model_init(&model, &large[0].b, cap, (UINT64_C(1) << 32) - 3000, 0u - 20000u);
	for (int i = 0; i < steps && model.wrong == NULL; i++) {
		model.now_us += below(3) ? 0 : below(100);
		switch (below(8)) {
		case 0:
		case 1:
		case 2:
			step_send(rtt_us);
			break;
		case 3:
		case 4:
		case 5:
			step_hear();
			break;
		default:
			step_lose();
		}
		if (i == steps / 2)
			board_model_move(&model, &large[1].b, cap + below(cap));
	}
	if (model.wrong != NULL)
		printf("# cap %u, RTT %u: %s\n", cap, rtt_us, model.wrong);
	CU_ASSERT_PTR_NULL_FATAL(model.wrong);
}

static void
test_random(void)
{
	static const uint32_t caps[] = { 4, 7, 16, 64, 500 };

	rng = harness_seed();
	for (size_t i = 0; i < HARNESS_COUNT(caps); i++)
		for (uint32_t k = 0; k < 20; k++)
			random_walk(caps[i], k % 2 ? 5000 : 0, 1000);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "one hole", test_one_hole },
		{ "what came behind a higher one", test_reordered },
		{ "blocks that are not within what was sent", test_blocks },
		{ "every other byte is SACKED", test_every_other_byte },
		{ "sendings that share a span", test_blur },
		{ "a loss within such a span", test_lost_in_blur },
		{ "no span is left", test_no_span },
		{ "a retransmission that is lost", test_lost_again },
		{ "the highest bytes that are not there", test_tail },
		{ "a peer that takes back what it had", test_reneging },
		{ "what was not lost after all", test_unlose },
		{ "acknowledged beyond what it knows", test_beyond },
		{ "random steps against a flag and a time per byte", test_random },
	};

	return harness_run("tcp/board", cases, HARNESS_COUNT(cases));
}
