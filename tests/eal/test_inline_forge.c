/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a man in the middle is after: bytes that nobody sealed, a record that is missing, one that
 * comes twice. A NIC that follows segments that TCP refuses opens, and marks, whatever he
 * likes; what is read is what was sent, up to where the connection ends. Each row is played in
 * software and over a NIC, frame by frame the same: one reads what the other one reads, and both
 * end alike. doc/offload-contract.md has drawings of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "eal/middle.h"
#include "support/eal.h"

/* Until marks are taken for anything a NIC that was elsewhere may cost the connection. */
static const bool nic_may_end = true;

struct row {
	const char *name;
	void (*begin)(void);
	void (*play)(const struct vehicle *v);
	uint32_t got; /* plain bytes that are read */
	bool lives;   /* then what is left of the stream is read, too */
	bool once;    /* by the first vehicle that moves it alone */
};

/* How a connection ended for who reads. */
struct outcome {
	ssize_t rc;
	uint32_t got;
	uint8_t reason;
};

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

/* --- passes: the NIC ahead, and back ----------------------------------------------------- */

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

enum { A_LEN = 100, AB_LEN = A_LEN + 300 };

static const struct row places[] = {
	{ .name = "a record that nobody sealed", .play = inject_record, .got = A_LEN },
	{ .name = "a record taken out", .play = delete_record, .got = A_LEN },
	{ .name = "a record twice", .play = repeat_record, .got = AB_LEN },
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
	{ .name = "a header enclosed, other bytes",
	  .play = enclose_with_evil,
	  .got = AB_LEN,
	  .once = true },
};

static const struct row passes[] = {
	{ .name = "the second half as the next record",
	  .play = second_half_as_next,
	  .lives = true },
	{ .name = "the second half, of other bytes", .play = second_half_of_evil, .got = A_LEN },
	{ .name = "the second half untouched", .play = second_half_untouched, .lives = true },
	{ .name = "refused first, then genuine", .play = refused_first, .lives = true },
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

/* --- how they are played --------------------------------------------------------------- */

enum { ROWS_MAX = 8 };

/* It goes on: what comes next is read, too. Returns what reading ends with. */
static ssize_t
go_on(void)
{
	char hello[HELLO];
	ssize_t n;

	CU_ASSERT_EQUAL(t.got, PLAIN);
	t.holds = false;
	pair_send(&p, t.k[0], "hello", HELLO);
	pair_pass(&p, 1000000);
	n = rtls_recv(t.k[1], hello, sizeof(hello), 0);
	if (n < 0)
		return n;
	CU_ASSERT(n == HELLO && memcmp(hello, "hello", HELLO) == 0);
	return -EAGAIN;
}

static struct outcome
play(const struct row *r, const struct vehicle *v)
{
	struct outcome o;
	uint64_t packets;

	(r->begin != NULL ? r->begin : middle_begin)();
	packets = middle_nic_packets();
	r->play(v);
	/* It took his headers, and marked what he wanted it to open. */
	if (nic && (r->once || v->moves))
		CU_ASSERT(middle_nic_packets() > packets);
	o.rc = middle_read();
	o.got = t.got;
	if (o.rc == -EAGAIN)
		o.rc = go_on();
	o.reason = pair_info(t.k[1]).end_reason;
	middle_end();
	return o;
}

/* In software: what the row says. An RST may come first. */
static void
judge_software(const struct row *r, const struct vehicle *v, const struct outcome *o)
{
	if (v->flags == (FRAME_RST | FRAME_ACK))
		return;
	CU_ASSERT_EQUAL(o->got, r->lives ? PLAIN : r->got);
	CU_ASSERT_EQUAL(o->rc == -EAGAIN, r->lives);
	CU_ASSERT(r->lives || o->reason >= RTLS_REASON_BAD_VERSION);
}

static void
judge_nic(const struct outcome *soft, const struct outcome *o)
{
	bool ends = o->rc == -EBADMSG || o->rc == -EINVAL || o->rc == -EMSGSIZE;

	if (nic_may_end && ends && (soft->rc == -EAGAIN || o->got == soft->got))
		return;
	CU_ASSERT_EQUAL(o->got, soft->got);
	CU_ASSERT_EQUAL(o->rc, soft->rc);
	CU_ASSERT_EQUAL(o->reason, soft->reason);
}

static void
play_all(const struct row *rows, size_t n, bool rings)
{
	static struct outcome soft[ROWS_MAX][HARNESS_COUNT(vehicles)];
	struct outcome o;

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, rings);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 1; k < (rows[i].once ? 2 : HARNESS_COUNT(vehicles)); k++) {
				o = play(&rows[i], &vehicles[k]);
				if (nic) {
					judge_nic(&soft[i][k], &o);
				} else {
					judge_software(&rows[i], &vehicles[k], &o);
					soft[i][k] = o;
				}
			}
		pair_fini(&p);
	}
}

static void
test_places(void)
{
	play_all(places, HARNESS_COUNT(places), false);
	play_all(places, HARNESS_COUNT(places), true);
}

static void
test_parts(void)
{
	play_all(parts, HARNESS_COUNT(parts), false);
}

static void
test_passes(void)
{
	play_all(passes, HARNESS_COUNT(passes), false);
}

static void
test_generations(void)
{
	play_all(generations, HARNESS_COUNT(generations), false);
	play_all(in_ring, HARNESS_COUNT(in_ring), true);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "headers that TCP refuses", test_places },
		{ "segments that TCP takes in part", test_parts },
		{ "the NIC ahead, and back", test_passes },
		{ "marks of a context that has gone", test_generations },
	};

	if (eal_start("inline-forge") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_forge", cases, HARNESS_COUNT(cases));
}
