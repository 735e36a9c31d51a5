/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The scoreboard between a sender and a receiver that is a map of bytes. Segments and ACKs with SACK
 * blocks are on a wire that loses, repeats and reorders them; blocks that nobody sent come, too, and
 * the receiver may drop what it holds out of order. Each event also goes to a plain model of the board
 * (board_model.h), and behind each the board must say what the model says. In the end the wire is
 * honest, and all arrives.
 *
 * Input: the board's size, where the stream stands, then a row of steps.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "unit/tcp/board_model.h"

enum {
	STEPS_MAX = 300,
	WIRE_MAX = 64,
	BLOCKS_MAX = 4,
	HELD_LEN = 2 * BOARD_MODEL_LEN,
};

struct block {
	uint32_t start, end; /* as on the wire */
};

struct ack {
	uint64_t una;
	uint32_t n;
	struct block blocks[BLOCKS_MAX];
};

static struct world {
	struct board_model m;
	void *memory; /* the board's, exactly as long as it must be */
	uint32_t rtt_us;
	uint32_t iss;

	/* The wire. */
	struct tcp_range segments[WIRE_MAX];
	uint32_t n_segments;
	struct ack acks[WIRE_MAX];
	uint32_t n_acks;

	/* The receiver: all below nxt, and some bytes behind it; the run that came last. */
	uint64_t nxt;
	bool held[HELD_LEN]; /* by offset, modulo */
	bool had[HELD_LEN];  /* held since it was sent, though it may have been dropped */
	uint64_t last;
	bool honest; /* no block but the receiver's came */
} w;

static void
check(void)
{
	if (w.m.wrong != NULL)
		fuzz_fail(__FILE__, __LINE__, w.m.wrong);
}

static uint32_t
seq_of(uint64_t off)
{
	return w.iss + 1 + (uint32_t)off;
}

/* The offset that a peer's number is, beside una; 0 for one in front of the stream. */
static uint64_t
off_of(uint32_t seq)
{
	int64_t off = (int64_t)w.m.una + (int32_t)(seq - seq_of(w.m.una));

	return off < 0 ? 0 : (uint64_t)off;
}

static uint32_t
length(struct tcp_range r)
{
	return (uint32_t)(r.end - r.start);
}

/* --- the receiver --------------------------------------------------------------- */

static void
receive(struct tcp_range r)
{
	for (uint64_t k = r.start; k < r.end; k++) {
		if (k < w.nxt)
			continue;
		w.held[k % HELD_LEN] = w.had[k % HELD_LEN] = true;
		w.last = k;
	}
	for (; w.held[w.nxt % HELD_LEN]; w.nxt++)
		w.held[w.nxt % HELD_LEN] = false;
}

/* The run that holds off, and where the next one is searched. */
static struct tcp_range
run_at(uint64_t off)
{
	struct tcp_range r = { off, off };

	while (r.start > w.nxt && w.held[(r.start - 1) % HELD_LEN])
		r.start--;
	while (r.end < w.nxt + BOARD_MODEL_LEN && w.held[r.end % HELD_LEN])
		r.end++;
	return r;
}

static void
ack_add(struct ack *a, struct tcp_range r)
{
	if (a->n == BLOCKS_MAX || tcp_range_empty(r) || !w.held[r.start % HELD_LEN])
		return;
	a->blocks[a->n++] = (struct block){ seq_of(r.start), seq_of(r.end) };
}

/* An ACK of what is there: the run that came last first, then others, from the n-th on. */
static struct ack
acknowledge(uint32_t skip)
{
	struct ack a = { .una = w.nxt };
	struct tcp_range first = { 0, 0 };

	if (w.last >= w.nxt && w.held[w.last % HELD_LEN])
		first = run_at(w.last);
	ack_add(&a, first);
	for (uint64_t k = w.nxt; k < w.nxt + BOARD_MODEL_LEN; k++) {
		struct tcp_range r;

		if (!w.held[k % HELD_LEN])
			continue;
		r = run_at(k);
		if (r.start != first.start && skip-- == 0) {
			ack_add(&a, r);
			skip = 0;
		}
		k = r.end;
	}
	return a;
}

/* It drops what it holds out of order. */
static void
renege(void)
{
	memset(w.held, 0, sizeof(w.held));
}

/* --- the wire ------------------------------------------------------------------- */

static void
wire_segment(struct tcp_range r)
{
	if (w.n_segments < WIRE_MAX)
		w.segments[w.n_segments++] = r;
}

static struct tcp_range
take_segment(uint32_t i, bool stays)
{
	struct tcp_range r = w.segments[i];

	if (!stays)
		memmove(&w.segments[i], &w.segments[i + 1],
			(--w.n_segments - i) * sizeof(w.segments[0]));
	return r;
}

static void
wire_ack(const struct ack *a)
{
	if (w.n_acks < WIRE_MAX)
		w.acks[w.n_acks++] = *a;
}

static void
hear(const struct ack *a)
{
	board_model_heard(&w.m);
	if (a->una > w.m.una)
		board_model_ack(&w.m, a->una);
	for (uint32_t i = 0; i < a->n; i++)
		board_model_sack(&w.m, off_of(a->blocks[i].start), off_of(a->blocks[i].end));
	board_model_heard_all(&w.m);
	check();
}

/* What the sender takes to be there came once. */
static void
check_received(void)
{
	FUZZ_CHECK(w.m.una <= w.nxt);
	for (uint64_t k = w.m.una; w.honest && k < w.m.max; k++)
		FUZZ_CHECK(board_model_byte(&w.m, k)->state != TCP_SPAN_SACKED || k < w.nxt ||
			   w.had[k % HELD_LEN]);
}

/* --- the sender ----------------------------------------------------------------- */

static void
send_range(struct tcp_range r)
{
	if (r.end > w.m.max + board_model_room(&w.m))
		r.end = w.m.max + board_model_room(&w.m);
	if (r.start >= r.end)
		return;
	for (uint64_t k = w.m.max; k < r.end; k++)
		w.had[k % HELD_LEN] = false;
	board_model_sent(&w.m, r.start, length(r), w.rtt_us);
	wire_segment(r);
	check();
}

static void
step_send(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t len = 1 + how / 4u;
	struct tcp_range r = { w.m.max, w.m.max + len };

	switch (how % 4) {
	case 1:
		r = board_model_next_lost(&w.m, 0, len);
		break;
	case 2:
		r = board_model_next_lost(&w.m, w.m.una + fuzz_u8(in), len);
		break;
	case 3:
		r = board_model_tail(&w.m, len);
		break;
	}
	check();
	send_range(r);
}

static void
step_wire(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	struct ack a;
	uint32_t i;

	if (how & 1) {
		if (w.n_acks == 0)
			return;
		i = how & 2 ? fuzz_below(in, w.n_acks) : 0;
		a = w.acks[i];
		memmove(&w.acks[i], &w.acks[i + 1], (--w.n_acks - i) * sizeof(w.acks[0]));
		if ((how & 12) != 12)
			hear(&a);
		return;
	}
	if (w.n_segments > 0) {
		struct tcp_range r;

		i = how & 2 ? fuzz_below(in, w.n_segments) : 0;
		r = take_segment(i, (how & 12) == 4);
		if ((how & 12) != 12)
			receive(r);
	}
	a = acknowledge(how >> 6);
	if (how & 16)
		wire_ack(&a);
	if (how & 32)
		hear(&a);
}

/* Blocks that no receiver sent: beside what is in flight, or anywhere. */
static void
step_forge(struct fuzz_in *in)
{
	struct ack a = { .una = w.m.una, .n = 1 + fuzz_below(in, BLOCKS_MAX) };

	for (uint32_t i = 0; i < a.n; i++) {
		uint8_t how = fuzz_u8(in);
		uint32_t start = how & 1 ? fuzz_u32(in) : seq_of(w.m.una) + fuzz_u16(in) % 1200u;

		a.blocks[i] = (struct block){ start, start + how / 2u };
		if (how & 1)
			a.blocks[i].end += fuzz_u32(in);
	}
	w.honest = false;
	hear(&a);
}

static void
step_lose(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	const struct tcp_newest *n = how & 1 ? &w.m.got.again : &w.m.got.once;
	uint64_t off = w.m.una + fuzz_u8(in);

	switch (how / 2 % 8) {
	case 0:
		board_model_lose_all(&w.m);
		if (tcp_board_reneged(w.m.board))
			board_model_forget_sacked(&w.m);
		break;
	case 1:
		board_model_forget_sacked(&w.m);
		break;
	case 2:
		board_model_unlose(&w.m);
		break;
	case 3:
		board_model_lose(&w.m, off, off + how / 16u);
		break;
	default:
		if (n->known)
			board_model_overdue(&w.m, n->sent_us, n->end, how / 16u * 8u);
		else
			board_model_overdue(&w.m, w.m.now_us - how / 16u, off, how);
	}
	check();
}

static void
step_move(struct fuzz_in *in)
{
	uint32_t cap = w.m.board->spans.cap + fuzz_below(in, 20);
	void *memory = malloc(TCP_BOARD_SIZE(cap));

	if (memory == NULL)
		return;
	board_model_move(&w.m, memory, cap);
	free(w.memory);
	w.memory = memory;
	check();
}

/* The wire is honest from here on: in a few rounds all is there. */
static void
finish(void)
{
	uint32_t rounds = 0;

	while (w.m.una < w.m.max) {
		struct tcp_range r;
		struct ack a;

		FUZZ_CHECK(++rounds <= (w.m.board->rounded > 0 ? 20u : 4u));
		w.m.now_us += 1000000;
		board_model_lose_all(&w.m);
		if (tcp_board_reneged(w.m.board) || rounds > 1)
			board_model_forget_sacked(&w.m);
		check();
		while (!tcp_range_empty(r = board_model_next_lost(&w.m, 0, 100))) {
			board_model_sent(&w.m, r.start, length(r), w.rtt_us);
			check();
			receive(r);
		}
		a = acknowledge(0);
		hear(&a);
		check_received();
	}
	FUZZ_CHECK(tcp_board_pipe(w.m.board) == 0 && w.m.board->spans.all.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t caps[] = { 4, 5, 8, 16, 128, 1024 };
	struct fuzz_in in = { data, size };
	uint8_t conf = fuzz_u8(&in);
	uint32_t cap = caps[conf % 6u];
	uint64_t off = conf & 64 ? (UINT64_C(1) << 32) - fuzz_u16(&in) : 0;

	memset(&w, 0, sizeof(w));
	w.memory = malloc(TCP_BOARD_SIZE(cap));
	if (w.memory == NULL)
		return 0;
	w.rtt_us = conf & 128 ? 128u * fuzz_u8(&in) : 0;
	w.iss = fuzz_u32(&in);
	w.nxt = w.last = off;
	w.honest = true;
	board_model_init(&w.m, w.memory, cap, off, fuzz_u32(&in));
	for (uint32_t i = 0; i < STEPS_MAX && in.left > 0; i++) {
		uint8_t step = fuzz_u8(&in);

		w.m.now_us += step / 16u * (step & 8 ? 10 : 0);
		switch (step % 8) {
		case 0:
		case 1:
			step_send(&in);
			break;
		case 2:
		case 3:
		case 4:
			step_wire(&in);
			break;
		case 5:
			step_lose(&in);
			break;
		case 6:
			step_forge(&in);
			break;
		case 7:
			if (step / 8 % 2)
				step_move(&in);
			else if (step / 16 % 4 == 3)
				renege();
			break;
		}
		check_received();
	}
	finish();
	free(w.memory);
	return 0;
}
