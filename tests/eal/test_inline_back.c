/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that goes back, in a new run, as the contract allows and the model never does. One half of a
 * record is opened in one run, the other half in the next one, which has authenticated all of it; and
 * what TCP took of the first half is another one's.
 *
 *   record    |B: head|first half . . . .|second half . . . .|tag|
 *   delivered  [head | other text . . . ]                            run 1
 *   refused    [head | first half . . . ]                            run 2
 *   delivered                            [second half . . . . tag]   run 2
 */
#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "eal/held.h"
#include "support/eal.h"
#include "support/harness.h"

enum { PLAIN = 300, MIDDLE = 5 + 150, WIRE = PLAIN + 22 };

static struct open_place *
place_of_reader(void)
{
	for (unsigned int i = 0; i < DOUBLE_CONTEXTS; i++)
		if (d.dev.o.ctx[i].used && d.dev.o.ctx[i].flow.dir == RTLS_RX)
			return &o.ctx[i].place;
	CU_FAIL_FATAL("no receiving context");
	return NULL;
}

/* Plays it with a first half of other text, or with the genuine one; returns what reading says. */
static ssize_t
play(bool other, uint8_t plain[PLAIN], uint8_t got[PLAIN])
{
	struct open_place *place;
	uint8_t first[MIDDLE];
	unsigned int marked;
	ssize_t rc;

	held_begin(0, 0);
	pair_fill(plain, 0, PLAIN);
	held_record(plain, PLAIN);
	CU_ASSERT_EQUAL_FATAL(held.len, WIRE);
	memcpy(first, held.wire, MIDDLE);
	for (uint32_t i = 5; other && i < MIDDLE; i++)
		first[i] ^= plain[i - 5] ^ 'E';

	marked = o.nb_marked;
	place = place_of_reader();
	held_sends(0, first, MIDDLE, 0);
	place->at -= MIDDLE;
	place->got = 0;
	place->runs++;
	held_sends(0, held.wire, MIDDLE, HELD_REFUSED);
	held_sends(MIDDLE, held.wire + MIDDLE, WIRE - MIDDLE, 0);
	CU_ASSERT_EQUAL(o.nb_marked, marked + 3);
	rc = rtls_recv(d.k[0], got, PLAIN, 0);
	held_end();
	return rc;
}

static void
test_other_text(void)
{
	uint8_t plain[PLAIN], got[PLAIN];

	CU_ASSERT_EQUAL(play(true, plain, got), -EBADMSG);
}

static void
test_genuine(void)
{
	uint8_t plain[PLAIN], got[PLAIN];

	CU_ASSERT_EQUAL_FATAL(play(false, plain, got), PLAIN);
	CU_ASSERT_EQUAL(memcmp(got, plain, PLAIN), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "half a record of one run, of other text", test_other_text },
		{ "half a record of one run, genuine", test_genuine },
	};

	if (eal_start("inline-back") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_back", cases, HARNESS_COUNT(cases));
}
