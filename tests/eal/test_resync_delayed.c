/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * RTLS_TLS_RX_SCAN_DELAYED: a start, and then an end or a cancel. The answer is the number of the header
 * that was asked about, however far the stream has come since.
 */
#include "eal/asking.h"
#include "support/eal.h"

/* An event of the context in the next poll, between rx_burst and its packets. */
static void
event(enum rtls_tls_event_type type, uint32_t off, uint32_t len)
{
	const struct double_context *c = &d.dev.o.ctx[0];
	const struct rtls_tls_event ev = {
		.type = (uint8_t)type,
		.seq = seq_of(off),
		.len = len,
		.ctx = { .index = 0, .generation = c->generation },
		.cookie = c->cookie,
	};

	offload_double_event(&d.dev.o, &ev);
}

static void
begin(uint32_t records)
{
	asking_begin(RTLS_TLS_RX_SCAN_DELAYED);
	for (uint32_t i = 0; i < records; i++)
		asking_write(SEG);
	asking_send();
}

/* The start comes with the packet that holds the header; the end, when the stream has gone past it. */
static void
test_past_it(void)
{
	begin(4);
	asking_bring_to(SEG);
	event(RTLS_TLS_EV_RESYNC_START, SEG, SEG);
	asking_bring_to(2 * SEG);
	/* Two came untouched. */
	asking_expect(2 * SEG, 2);
	CU_ASSERT(asking_said());
	asking_bring_to(3 * SEG);
	CU_ASSERT(asking_said());
	event(RTLS_TLS_EV_RESYNC_END, SEG, 0);
	asking_poll();
	asking_expect(SEG, 1);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 1);
	asking_end();
}

/* It is answered in the poll in which the header comes, where the end comes first. */
static void
test_ahead_of_it(void)
{
	begin(4);
	asking_bring_to(SEG);
	event(RTLS_TLS_EV_RESYNC_START, 2 * SEG, SEG);
	asking_poll();
	event(RTLS_TLS_EV_RESYNC_END, 2 * SEG, 0);
	asking_poll();
	CU_ASSERT(asking_said());
	asking_bring_to(2 * SEG);
	/* A hint would end the question: it is due, and this is the quiet moment. */
	asking_expect(2 * SEG, 2);
	CU_ASSERT(asking_said());
	asking_bring_to(3 * SEG);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	CU_ASSERT_EQUAL(asking_stat("RxResyncTold"), 1);
	/* Three so far; the next hint is due with four. */
	event(RTLS_TLS_EV_RESYNC_START, 3 * SEG, SEG);
	event(RTLS_TLS_EV_RESYNC_END, 3 * SEG, 0);
	asking_bring_to(4 * SEG);
	asking_expect(3 * SEG, 3);
	asking_expect(4 * SEG, 4);
	CU_ASSERT(asking_said());
	asking_end();
}

/* Of an end where no header is, of a cancel, and of a start that another one replaces, nothing comes. */
static void
test_no_answer(void)
{
	begin(6);
	asking_bring_to(SEG);
	event(RTLS_TLS_EV_RESYNC_START, SEG, SEG);
	asking_bring_to(2 * SEG);
	asking_expect(2 * SEG, 2);
	CU_ASSERT(asking_said());
	event(RTLS_TLS_EV_RESYNC_END, SEG + 1, 0);
	asking_bring_to(3 * SEG);
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	event(RTLS_TLS_EV_RESYNC_START, 3 * SEG, SEG);
	event(RTLS_TLS_EV_RESYNC_CANCEL, 3 * SEG, 0);
	asking_poll();
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 2);
	event(RTLS_TLS_EV_RESYNC_START, 3 * SEG, SEG);
	event(RTLS_TLS_EV_RESYNC_START, 4 * SEG, SEG);
	asking_poll();
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 3);
	event(RTLS_TLS_EV_RESYNC_CANCEL, 4 * SEG, 0);
	asking_poll();
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 0);
	asking_end();
}

/* An end or a cancel without a start says nothing, and is counted; so do late ones of others. */
static void
test_against_the_rules(void)
{
	begin(3);
	asking_bring_to(SEG);
	event(RTLS_TLS_EV_RESYNC_END, 0, 0);
	event(RTLS_TLS_EV_RESYNC_CANCEL, 0, 0);
	asking_poll();
	CU_ASSERT_EQUAL(asking_stat("RxResyncWrong"), 2);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 0);
	event(RTLS_TLS_EV_RESYNC_START, SEG, SEG);
	d.dev.o.events[0].ctx.generation++;
	asking_poll();
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 0);
	CU_ASSERT(asking_said());
	asking_end();
}

/* More headers than are kept: what is asked of them is not answered. */
static void
test_too_many(void)
{
	for (uint32_t n = 13; n <= 14; n++) {
		asking_begin(RTLS_TLS_RX_SCAN_DELAYED);
		event(RTLS_TLS_EV_RESYNC_START, 0, SEG * 10);
		asking_poll();
		for (uint32_t i = 0; i < n; i++)
			asking_write(40);
		asking_send();
		asking_bring_to(a.end);
		/* All of them in two segments: the hints' turns are gone by. */
		asking_poll();
		d.dev.o.trace_len = 0;
		d.dev.o.trace[0] = '\0';
		event(RTLS_TLS_EV_RESYNC_END, 40, 0);
		asking_poll();
		if (n == 13)
			asking_expect(40, 1);
		CU_ASSERT(asking_said());
		CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), n == 13);
		asking_end();
	}
}

/* A device of another method that sends such events is not heard. */
static void
test_other_method(void)
{
	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	asking_send();
	event(RTLS_TLS_EV_RESYNC_START, 0, SEG);
	event(RTLS_TLS_EV_RESYNC_END, 0, 0);
	asking_bring_to(a.end);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"), 0);
	asking_end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the stream is past it", test_past_it },
		{ "the stream has not come so far", test_ahead_of_it },
		{ "no answer", test_no_answer },
		{ "against the rules", test_against_the_rules },
		{ "more headers than are kept", test_too_many },
		{ "a device of another method", test_other_method },
	};

	if (eal_start("resync-delayed") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/resync-delayed", cases, HARNESS_COUNT(cases));
}
