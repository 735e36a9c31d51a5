/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a man in the middle is after: bytes that nobody sealed, a record that is missing, one that
 * comes twice. A NIC that follows segments that TCP refuses opens, and marks, whatever he
 * likes, and TCP takes segments in part that it has opened as a whole. What is read is what was
 * sent, up to where the connection ends.
 */
#include <stdlib.h>

#include "eal/middle_row.h"
#include "support/eal.h"

static const char evil[] = "POST /transfer?to=mallory&amount=1000000";

/* Genuine bytes from a place on become others where the key stream of that record meets them. */
static void
exchange(uint8_t *wire, const uint8_t *plain, const char *text, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		wire[i] ^= plain[i] ^ (uint8_t)text[i];
}

/* --- the count and the place: headers that TCP refuses ------------------------------ */

/*
 * He puts the NIC into the body of record B, at its first byte, where he sends what its key
 * stream, known from B, turns into a record. Without a vehicle that moves it, it is plain noise.
 */
static void
inject_record(const struct vehicle *v)
{
	uint8_t bytes[sizeof(evil) + 4 + 17] = { 23, 3, 3, 0, sizeof(evil) - 1 + 17 };

	memcpy(bytes + 5, evil, sizeof(evil) - 1);
	bytes[4 + sizeof(evil)] = 23;
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] ^= t.wire[B_OFF + 5 + i] ^ t.plain[sizes[0] + i];
	middle_sends_header(v, 0, B_OFF - 5);
	middle_sends_header(v, B_OFF - 5, B_OFF + 4000);
	middle_sends_genuine(0, B_OFF);
	middle_sends(none, B_OFF, bytes, sizeof(bytes));
}

/* He has the NIC count two records in front of B, and sends C in its place. */
static void
delete_record(const struct vehicle *v)
{
	middle_sends_header(v, 0, 22);
	middle_sends_header(v, 22, B_OFF);
	middle_sends(v, B_OFF - 1, "x", 1);
	middle_sends_genuine(0, B_OFF);
	middle_sends(none, B_OFF, t.wire + C_OFF, t.len - C_OFF);
}

/* He has the NIC count one record for A and B, and sends B again, which it takes for the next. */
static void
repeat_record(const struct vehicle *v)
{
	middle_sends_header(v, 0, C_OFF);
	middle_sends_genuine(0, C_OFF);
	middle_sends(v, C_OFF - 1, "x", 1);
	middle_sends(none, C_OFF, t.wire + B_OFF, C_OFF - B_OFF);
}

/* B in its place under its number, of other content, up to its tag. */
static void
exchange_content(const struct vehicle *v)
{
	uint8_t wire[WIRE_MAX];

	(void)v;
	memcpy(wire, t.wire, t.len);
	exchange(wire + B_OFF + 5, t.plain + sizes[0], evil, sizeof(evil) - 1);
	middle_sends(none, 0, wire, B_OFF + 200);
	middle_sends(none, B_OFF + 200, wire + B_OFF + 200, t.len - B_OFF - 200);
}

/* B's text begins with what looks like a record of B's length; then its own tag makes the type. */
static void
begin_text(void)
{
	uint8_t text[300] = { 23, 3, 3, (300 + 17) >> 8, (300 + 17) & 0xff }, wire[300 + OVER];
	struct peer key;
	uint64_t rec_no = 0;

	memcpy(text + 5, evil, sizeof(evil));
	do {
		key = middle_key(1, ++rec_no + 2);
		peer_seal(&key, 23, text, sizeof(text), 0, wire);
	} while (wire[300 + OVER - 16 + 4] != 23);
	middle_connect(rec_no);
	memcpy(t.plain + sizes[0], text, sizeof(text));
	middle_record(middle_record(middle_record(0, sizes[0]), sizes[1]), sizes[2]);
	middle_holds(PLAIN + RECORDS * OVER);
}

/*
 * The NIC opens the genuine B some bytes in front of its place, where only it looks; so in B's
 * place, opened and verified under B's number, lies B's text.
 *
 *   record    |A . . . . . . . . . |B: head|text . . .
 *   refused              [B: head][
 *   delivered                      [B's text . . .
 */
static void
shift_record(const struct vehicle *v)
{
	uint8_t bytes[WIRE_MAX];

	middle_sends_header(v, 0, B_OFF - 5);
	middle_sends(v, B_OFF - 5, t.wire + B_OFF, 5);
	middle_sends_genuine(0, B_OFF);
	memcpy(bytes, t.wire + B_OFF + 5, t.len - B_OFF - 5);
	middle_sends(none, B_OFF, bytes, t.len - B_OFF - 5);
}

/* --- what TCP takes in part ----------------------------------------------------------- */

/*
 * A is there. B's header but for its first byte waits behind the gap, where no NIC looks. The
 * segment that fills the gap brings another header, of a longer record, and TCP has that already.
 *
 *   record    |B: head|body . . . . . . .|tag|C . . . . . . . . .
 *   held       -[    ]
 *   fills      [x head][body . . . . . . . . . . . . . . . . . . .
 *   the NIC   |B: head|body, and still body . . . . . . . . . . .
 */
static void
fill_behind(uint32_t held_end, uint32_t claimed, const uint8_t *wire)
{
	uint8_t bytes[WIRE_MAX];

	middle_sends_genuine(0, B_OFF);
	middle_sends_genuine(B_OFF + 1, B_OFF + held_end);
	memcpy(bytes, wire + B_OFF, t.len - B_OFF);
	bytes[3] = (uint8_t)(claimed >> 8);
	bytes[4] = (uint8_t)claimed;
	middle_sends(none, B_OFF, bytes, t.len - B_OFF);
}

static void
fill_with_genuine(const struct vehicle *v)
{
	(void)v;
	fill_behind(5, 4000, t.wire);
}

static void
fill_more_with_genuine(const struct vehicle *v)
{
	(void)v;
	fill_behind(60, 4000, t.wire);
}

/* The record is said to end where C does: its tag is not there, and the NIC takes nothing. */
static void
fill_up_to_end(const struct vehicle *v)
{
	(void)v;
	fill_behind(5, t.len - B_OFF - 5, t.wire);
}

static void
fill_with_evil(const struct vehicle *v)
{
	uint8_t wire[WIRE_MAX];

	(void)v;
	memcpy(wire, t.wire, t.len);
	exchange(wire + B_OFF + 5, t.plain + sizes[0], evil, sizeof(evil) - 1);
	fill_behind(5, 4000, wire);
}

/* What waits is in the middle of the segment that fills: the header of C, in another segment. */
static void
enclose(uint32_t end, const uint8_t *wire)
{
	uint8_t bytes[WIRE_MAX];

	middle_sends_genuine(0, B_OFF);
	middle_sends_genuine(C_OFF, C_OFF + 5);
	memcpy(bytes, wire + B_OFF, end - B_OFF);
	bytes[C_OFF - B_OFF + 3] = 4000 >> 8;
	bytes[C_OFF - B_OFF + 4] = 4000 & 0xff;
	middle_sends(none, B_OFF, bytes, end - B_OFF);
	middle_sends_genuine(end, t.len);
}

static void
enclose_with_genuine(const struct vehicle *v)
{
	(void)v;
	enclose(t.len - 20, t.wire);
}

static void
enclose_with_evil(const struct vehicle *v)
{
	uint8_t wire[WIRE_MAX];

	(void)v;
	memcpy(wire, t.wire, t.len);
	exchange(wire + C_OFF + 5, t.plain + sizes[0] + sizes[1], evil, sizeof(evil) - 1);
	enclose(t.len - 20, wire);
}

/* Text waits where the NIC opens what was sent, and finds it genuine. */
static void
enclose_text(const struct vehicle *v)
{
	(void)v;
	middle_sends_genuine(0, B_OFF);
	middle_sends(none, B_OFF + 60, evil, sizeof(evil) - 1);
	middle_sends_genuine(B_OFF, t.len);
}

/* --- rows ------------------------------------------------------------------------------ */

static const struct row places[] = {
	{ .name = "a record that nobody sealed", .play = inject_record, .got = A_LEN },
	{ .name = "a record taken out", .play = delete_record, .got = A_LEN },
	{ .name = "a record twice", .play = repeat_record, .got = AB_LEN },
	{ .name = "a record of other content",
	  .play = exchange_content,
	  .got = A_LEN,
	  .once = true },
	{ .name = "a record's text for a record",
	  .begin = begin_text,
	  .play = shift_record,
	  .got = A_LEN },
};

static const struct row parts[] = {
	{ .name = "another header, genuine bytes",
	  .play = fill_with_genuine,
	  .lives = true,
	  .once = true },
	{ .name = "another header and more, genuine bytes",
	  .play = fill_more_with_genuine,
	  .lives = true,
	  .once = true },
	{ .name = "a header up to the end of C",
	  .play = fill_up_to_end,
	  .lives = true,
	  .once = true },
	{ .name = "another header, other bytes",
	  .play = fill_with_evil,
	  .got = A_LEN,
	  .once = true },
	{ .name = "a header enclosed, genuine bytes",
	  .play = enclose_with_genuine,
	  .lives = true,
	  .once = true },
	{ .name = "text enclosed", .play = enclose_text, .got = A_LEN, .once = true },
	{ .name = "a header enclosed, other bytes",
	  .play = enclose_with_evil,
	  .got = AB_LEN,
	  .once = true },
};

static void
test_places(void)
{
	row_play_kinds(places, HARNESS_COUNT(places));
}

static void
test_parts(void)
{
	row_play_kinds(parts, HARNESS_COUNT(parts));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "headers that TCP refuses", test_places },
		{ "segments that TCP takes in part", test_parts },
	};

	if (eal_start("inline-forge") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_forge", cases, HARNESS_COUNT(cases));
}
