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

#include "sim/frame.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/forge.h"
#include "support/harness.h"
#include "support/open_port.h"

enum { PLAIN = 300, MIDDLE = 5 + 150, WIRE = PLAIN + 22 };

static struct device_pair d;
static struct open_port o;

/* The newest data segment to end 0; none comes through any more. */
static uint8_t genuine[FORGE_FRAME_MAX];
static uint32_t genuine_ack;

static enum cable_verdict
hold(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct frame f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (dir != 1 || frame_parse(bytes, len, &f) != NULL || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	memcpy(genuine, bytes, len);
	genuine_ack = f.ack;
	return CABLE_DROP;
}

static void
send_segment(uint32_t off, const uint8_t *bytes, uint32_t len, bool refused)
{
	static uint8_t out[FORGE_FRAME_MAX];
	const struct forge f = {
		.seq = d.wire[1].isn + 1 + off,
		.ack = genuine_ack + (refused ? 0x10000000 : 0),
		.flags = FRAME_ACK | FRAME_PSH,
		.payload = bytes,
		.len = len,
	};

	CU_ASSERT_EQUAL_FATAL(cable_inject(d.p.cable, 1, out, forge_frame(&f, genuine, out)), 0);
	for (int i = 0; i < 4; i++) {
		cable_set_time(d.p.cable, d.p.now_us += 10);
		rtls_stack_poll(d.p.stack[0], d.p.now_us);
	}
}

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
	uint8_t wire[WIRE], first[MIDDLE];
	struct open_place *place;
	unsigned int marked;
	uint32_t off;
	ssize_t rc;

	device_pair_init(&d, NULL);
	d.dev.o.mute = true;
	open_port_open(&o, &d.dev);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, 5000);
	pair_pass(&d.p, 1000000);

	d.filter = hold;
	off = d.wire[1].end;
	pair_fill(plain, 0, PLAIN);
	CU_ASSERT_EQUAL_FATAL(rtls_send(d.k[1], plain, PLAIN, 0), PLAIN);
	for (int i = 0; i < 5; i++)
		pair_turn(&d.p);
	CU_ASSERT_EQUAL_FATAL(d.wire[1].end - off, WIRE);
	memcpy(wire, d.wire[1].bytes + off, WIRE);
	memcpy(first, wire, MIDDLE);
	for (uint32_t i = 5; other && i < MIDDLE; i++)
		first[i] ^= plain[i - 5] ^ 'E';

	marked = o.nb_marked;
	place = place_of_reader();
	send_segment(off, first, MIDDLE, false);
	place->at -= MIDDLE;
	place->got = 0;
	place->runs++;
	send_segment(off, wire, MIDDLE, true);
	send_segment(off + MIDDLE, wire + MIDDLE, WIRE - MIDDLE, false);
	CU_ASSERT_EQUAL(o.nb_marked, marked + 3);
	rc = rtls_recv(d.k[0], got, PLAIN, 0);
	d.filter = NULL;
	open_port_close(&o);
	device_pair_fini(&d);
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
