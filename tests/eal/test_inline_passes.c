/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A man in the middle sends the NIC ahead, and back: records that are opened in one pass and in another,
 * or under one key and another, or not at all.
 */
#include <stdlib.h>

#include "eal/middle_row.h"
#include "support/eal.h"

/* --- passes: the NIC ahead, and back ----------------------------------------------------- */

enum { MBUFS = 2048 }; /* more than the cable has */
enum { MIDDLE = B_OFF + 5 + 150, LONGEST = 5 + 16384 + 256 };

/* The first half of B by nobody, the other one as the beginning of the record behind it. */
static void
second_half_as_next(const struct vehicle *v)
{
	middle_sends_genuine(0, B_OFF);
	middle_sends_header(v, B_OFF, MIDDLE - 5);
	middle_sends_header(v, MIDDLE - 5, MIDDLE + 4000);
	middle_sends_genuine(B_OFF, MIDDLE);
	middle_sends_genuine(MIDDLE, t.len);
}

/* The same with other bytes: the key stream of C is known. */
static void
second_half_of_evil(const struct vehicle *v)
{
	uint8_t bytes[WIRE_MAX];

	memcpy(bytes, t.wire + MIDDLE, t.len - MIDDLE);
	for (uint32_t i = 0; i < sizes[2]; i++)
		bytes[i] = t.wire[C_OFF + 5 + i] ^ t.plain[sizes[0] + sizes[1] + i] ^
			   t.plain[sizes[0] + 150 + i];
	middle_sends_genuine(0, B_OFF);
	middle_sends_header(v, B_OFF, MIDDLE - 5);
	middle_sends_header(v, MIDDLE - 5, MIDDLE + 4000);
	middle_sends_genuine(B_OFF, MIDDLE);
	middle_sends(none, MIDDLE, bytes, t.len - MIDDLE);
}

/* The first half as it should be, the other one by nobody: the NIC has gone on to C. */
static void
second_half_untouched(const struct vehicle *v)
{
	middle_sends_genuine(0, MIDDLE);
	middle_sends_header(v, C_OFF, C_OFF + 4000);
	middle_sends_genuine(MIDDLE, C_OFF);
	middle_sends_genuine(C_OFF, t.len);
}

/* All that is genuine goes by in segments that TCP refuses, and then once more. */
static void
refused_first(const struct vehicle *v)
{
	middle_sends(v, 0, t.wire, t.len);
	middle_sends_genuine(0, MIDDLE);
	middle_sends_genuine(MIDDLE, t.len);
}

/* The NIC opens all of B, which waits; then comes, as it was sent, what is in front and behind, and B. */
static void
opened_and_enclosed(const struct vehicle *v)
{
	middle_sends(v, 0, t.wire, B_OFF);
	middle_sends_genuine(B_OFF, C_OFF);
	middle_sends_genuine(0, t.len);
}

/* The same, and there is no buffer to split it with: what waits is replaced by what was sent. */
static void
opened_and_replaced(const struct vehicle *v)
{
	struct rte_mempool *pool = rte_mempool_lookup(cable_port(p.cable, 1)->name);
	struct rte_mbuf *all[MBUFS];
	unsigned int n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	middle_sends(v, 0, t.wire, B_OFF);
	middle_sends_genuine(B_OFF, C_OFF);
	middle_puts(none, 0, t.wire, t.len);
	for (n = 0; n < MBUFS && (all[n] = rte_pktmbuf_alloc(pool)) != NULL;)
		n++;
	CU_ASSERT(n > 0 && n < MBUFS);
	middle_turn(true);
	middle_turn(true);
	rte_pktmbuf_free_bulk(all, n);
}

/*
 * Header by header around all of the 2^32 sequence numbers, back to the middle of B: into a record
 * that has B's bytes for its own.
 */
static void
around(const struct vehicle *v)
{
	int64_t end = (INT64_C(1) << 32) + B_OFF, next;
	uint32_t puts = 0;

	middle_sends_genuine(0, MIDDLE);
	for (int64_t at = C_OFF; at < end; at = next) {
		next = end - at <= LONGEST ? end : at + LONGEST;
		if (next != end && end - next < 100)
			next -= 100;
		middle_puts_header(v, at, next);
		if (++puts % 16 == 0)
			middle_turn(true);
	}
	middle_sends_header(v, end, end + 5000);
	for (int i = 0; i < 4; i++)
		middle_turn(true);
	middle_sends(v, end + 5, t.wire + B_OFF + 5, MIDDLE - B_OFF - 5);
	middle_sends_genuine(MIDDLE, C_OFF - 30);
	middle_sends_genuine(C_OFF - 30, t.len);
}

/* --- generations ----------------------------------------------------------------------- */

/*
 * The NIC, which still has the first key, counts one record from Q to Y; so it takes what comes in
 * Z's place for the second one, which R is. Under the next key Z has that number.
 */
static void
count_to_z(const struct vehicle *v)
{
	middle_sends_header(v, 0, Z_OFF);
	middle_sends_genuine(0, Z_OFF);
	middle_sends(v, Z_OFF - 1, "x", 1);
}

static void
old_record(const struct vehicle *v)
{
	count_to_z(v);
	middle_sends(none, Z_OFF, t.wire + R_OFF, R_LEN + OVER);
}

/* The program gets to the next key, and the context's end to the NIC, before the stack polls again. */
static void
change_key(void)
{
	middle_read();
	for (int i = 0; i < 4; i++)
		middle_turn(false);
	for (int i = 0; i < 8; i++)
		middle_turn(true);
}

/* Its mark is in the ring when the key has changed and the context has gone. */
static void
old_record_in_ring(const struct vehicle *v)
{
	count_to_z(v);
	middle_puts(none, Z_OFF, t.wire + R_OFF, R_LEN + OVER);
	middle_turn(false);
	change_key();
}

/* Z itself, in two pieces: the first half is opened under the old key. */
static void
new_record_in_ring(const struct vehicle *v)
{
	count_to_z(v);
	middle_puts(none, Z_OFF, t.wire + Z_OFF, 50);
	middle_puts(none, Z_OFF + 50, t.wire + Z_OFF + 50, t.len - Z_OFF - 50);
	middle_turn(false);
	change_key();
}

/* --- rows ------------------------------------------------------------------------------ */

static const struct row passes[] = {
	{ .name = "the second half as the next record",
	  .play = second_half_as_next,
	  .lives = true },
	{ .name = "the second half, of other bytes", .play = second_half_of_evil, .got = A_LEN },
	{ .name = "the second half untouched", .play = second_half_untouched, .lives = true },
	{ .name = "refused first, then genuine", .play = refused_first, .lives = true },
	{ .name = "opened, and enclosed", .play = opened_and_enclosed, .lives = true },
	{ .name = "opened, and replaced", .play = opened_and_replaced, .lives = true },
	{ .name = "around all sequence numbers", .play = around, .lives = true, .once = true },
};

static const struct row generations[] = {
	{ .name = "an old record under the next key's number",
	  .begin = middle_begin_update,
	  .play = old_record,
	  .got = PLAIN - YZ_LEN },
};

static const struct row in_ring[] = {
	{ .name = "an old record, in the ring when its context ends",
	  .begin = middle_begin_update,
	  .play = old_record_in_ring,
	  .got = PLAIN - YZ_LEN },
	{ .name = "a new record, half opened under the old key",
	  .begin = middle_begin_update,
	  .play = new_record_in_ring,
	  .lives = true },
};

static void
test_passes(void)
{
	row_play_kinds(passes, HARNESS_COUNT(passes));
}

static void
test_generations(void)
{
	row_play_kinds(generations, HARNESS_COUNT(generations));
	row_play(in_ring, HARNESS_COUNT(in_ring), &apart);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the NIC ahead, and back", test_passes },
		{ "marks of a context that has gone", test_generations },
	};

	if (eal_start("inline-passes") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_passes", cases, HARNESS_COUNT(cases));
}
