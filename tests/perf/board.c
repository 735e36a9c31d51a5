/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * board IN_FLIGHT ACKS LOSS: a scoreboard with so many segments in flight, of which one in LOSS is lost,
 * retransmissions, too; 0: none. What each of so many ACKs makes the sender do with the board is all
 * in perf_board_step, so that callgrind can count it: the ACK itself, its SACK blocks, what is overdue,
 * what is sent again and what is sent. Those before, which fill the path, are not in it. It fails when the board gave up detail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/harness.h"
#include "tcp/board.h"

enum {
	MSS = 1448,
	RTT_US = 100000,
	CAP = 1024,
	BLOCKS = 3,
	SEGMENTS = 1 << 16, /* by number, modulo */
};

struct ack {
	uint64_t una;
	uint32_t n;
	struct tcp_range blocks[BLOCKS];
};

static union {
	struct tcp_board b;
	uint8_t bytes[TCP_BOARD_SIZE(CAP)];
} board;

static uint32_t in_flight, loss;
static uint64_t now_ns;
static uint64_t rng = 1;

/* The path: numbers of segments in the order of their sending. */
static uint64_t wire[SEGMENTS];
static uint64_t wire_in, wire_out;

/* The receiver: which it has, from nxt on, and the runs of which it told last. */
static bool held[SEGMENTS];
static uint64_t nxt;
static uint64_t told[BLOCKS];

static struct tcp_newest rack;
static uint32_t spans_max, sent_max;

static void
transmit(struct tcp_range r, const struct tcp_sending *s)
{
	tcp_board_sent(&board.b, r.start, (uint32_t)(r.end - r.start), s);
	wire[wire_in++ % SEGMENTS] = r.start / MSS;
}

/* All that one ACK makes a sender do; the congestion window is what is to be in flight. */
static inline void
step(const struct ack *a)
{
	struct tcp_sending s = { .now_us = (uint32_t)(now_ns / 1000), .rtt_us = RTT_US };
	struct tcp_delivered d;

	tcp_board_heard(&board.b, &d);
	tcp_board_ack(&board.b, a->una, &d);
	for (uint32_t i = 0; i < a->n; i++)
		tcp_board_sack(&board.b, a->blocks[i].start, a->blocks[i].end, &d);
	if (d.once.known)
		rack = d.once;
	if (d.again.known && (int32_t)(d.again.sent_us - rack.sent_us) >= 0)
		rack = d.again;
	tcp_board_overdue(&board.b, rack.sent_us, rack.end, RTT_US + RTT_US / 4, s.now_us);
	while (tcp_board_pipe(&board.b) + MSS <= in_flight * MSS) {
		struct tcp_range r = tcp_board_next_lost(&board.b, 0, MSS);
		uint64_t max = board.b.spans.max;

		transmit(tcp_range_empty(r) ? (struct tcp_range){ max, max + MSS } : r, &s);
	}
}

void perf_board_step(const struct ack *a);

__attribute__((noinline)) void
perf_board_step(const struct ack *a)
{
	step(a);
}

static struct tcp_range
run_at(uint64_t segment)
{
	struct tcp_range r = { segment, segment };

	while (held[(r.start - 1) % SEGMENTS])
		r.start--;
	while (held[r.end % SEGMENTS])
		r.end++;
	return (struct tcp_range){ r.start * MSS, r.end * MSS };
}

/* A segment arrives. True: it is answered. */
static bool
receive(uint64_t segment, struct ack *a)
{
	bool in_order = segment == nxt;

	*a = (struct ack){ 0 };
	if (segment >= nxt)
		held[segment % SEGMENTS] = true;
	for (; held[nxt % SEGMENTS]; nxt++)
		held[nxt % SEGMENTS] = false;
	a->una = nxt * MSS;
	if (segment > nxt) {
		memmove(told + 1, told, sizeof(told) - sizeof(told[0]));
		told[0] = segment;
	}
	for (uint32_t i = 0; i < BLOCKS; i++)
		if (told[i] > nxt && held[told[i] % SEGMENTS])
			a->blocks[a->n++] = run_at(told[i]);
	return !in_order || a->n > 0 || nxt % 2 == 0;
}

static void
run(uint64_t acks)
{
	struct ack a = { 0 };
	uint64_t n = 0, sent;

	now_ns = 1;
	tcp_board_init(&board.b, CAP, 0);
	step(&a);
	while (n < acks) {
		uint64_t segment = wire[wire_out++ % SEGMENTS];

		now_ns += RTT_US * UINT64_C(1000) / in_flight;
		if ((loss > 0 && harness_below(&rng, loss) == 0) || !receive(segment, &a))
			continue;
		if (wire_out < UINT64_C(4) * in_flight) {
			step(&a);
			continue;
		}
		sent = wire_in;
		perf_board_step(&a);
		n++;
		if (wire_in - sent > sent_max)
			sent_max = (uint32_t)(wire_in - sent);
		if (board.b.spans.all.n > spans_max)
			spans_max = board.b.spans.all.n;
	}
}

int
main(int argc, char **argv)
{
	uint64_t acks = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;

	in_flight = argc == 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	loss = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	if (in_flight == 0 || in_flight > SEGMENTS / 2 || acks == 0) {
		fprintf(stderr, "usage: board IN_FLIGHT ACKS LOSS\n");
		return 2;
	}
	run(acks);
	printf("# %llu ACKs, of which one sends %u segments at most, in %u spans at most\n",
	       (unsigned long long)acks, sent_max, spans_max);
	printf("# ignored %u, rounded %u\n", board.b.ignored, board.b.rounded);
	return board.b.ignored + board.b.rounded > 0;
}
