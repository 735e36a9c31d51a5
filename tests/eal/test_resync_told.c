/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a device is told unasked: after exactly 2, 4, 8 ... records that came untouched, when nothing is
 * missing, and what then comes of its answer. A device that cannot be told gets another context.
 */
#include <errno.h>

#include "eal/asking.h"
#include "session/rx_resync.h"
#include "support/eal.h"

/* Of these methods nobody asks. */
static const enum rtls_tls_rx_method told[] = { RTLS_TLS_RX_SCAN, RTLS_TLS_RX_SCAN_DELAYED,
						RTLS_TLS_RX_STACK };

static void
bring_record(void)
{
	asking_write(SEG);
	asking_send();
	asking_bring_to(a.end);
	/* Its ACK. */
	rtls_stack_poll(d.p.stack[1], d.p.now_us);
}

/* The turns of hints, by hand: 2, 4 ... 128, 256, 384. */
static bool
has_turn(uint32_t n)
{
	static const uint32_t turns[] = { 2, 4, 8, 16, 32, 64, 128, 256, 384 };

	for (size_t i = 0; i < HARNESS_COUNT(turns); i++)
		if (turns[i] == n)
			return true;
	return false;
}

static void
turns(enum rtls_tls_rx_method method)
{
	asking_begin(method);
	for (uint32_t n = 1; n <= 400; n++) {
		bring_record();
		if (has_turn(n))
			asking_expect(n * SEG, n);
		CU_ASSERT(asking_said());
		asking_read();
	}
	CU_ASSERT_EQUAL(asking_stat("RxResyncTold"), 9);
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 9);
	CU_ASSERT_EQUAL(asking_stat("RxRecordsUntouched"), 400);
	asking_end();
}

static void
test_turns(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(told); i++)
		turns(told[i]);
}

/* The program has read nothing: that is no reason to wait. */
static void
test_unread(void)
{
	asking_begin(RTLS_TLS_RX_STACK);
	for (uint32_t n = 1; n <= 8; n++) {
		bring_record();
		if (has_turn(n))
			asking_expect(n * SEG, n);
		CU_ASSERT(asking_said());
	}
	asking_end();
}

/* Within a record: the one behind it. */
static void
test_within(void)
{
	asking_begin(RTLS_TLS_RX_STACK);
	bring_record();
	asking_write(SEG - 10);
	asking_write(2 * SEG);
	asking_send();
	/* The second record, and ten bytes of the third. */
	asking_bring_to(2 * SEG);
	asking_expect(4 * SEG - 10, 3);
	CU_ASSERT(asking_said());
	asking_end();
}

/* Of a header that is not complete nobody knows where it leads. */
static void
test_within_a_header(void)
{
	asking_begin(RTLS_TLS_RX_STACK);
	bring_record();
	asking_write(SEG - 4);
	asking_write(2 * SEG);
	asking_send();
	asking_bring_to(2 * SEG);
	asking_poll();
	CU_ASSERT(asking_said());
	asking_bring_to(2 * SEG + 1);
	asking_expect(4 * SEG - 4, 3);
	CU_ASSERT(asking_said());
	asking_end();
}

/* As long as something is held behind a gap nothing is told, and once nothing is, it is. */
static void
test_gap(void)
{
	asking_begin(RTLS_TLS_RX_STACK);
	for (int i = 0; i < 5; i++)
		asking_write(SEG);
	asking_send();
	asking_bring(0);
	asking_bring(3);
	asking_bring(1);
	asking_poll();
	CU_ASSERT(asking_said());
	asking_bring(4);
	CU_ASSERT(asking_said());
	asking_bring(2);
	a.came = 5;
	/* Five of them: one hint, for all that were due. */
	asking_expect(5 * SEG, 5);
	CU_ASSERT(asking_said());
	asking_end();
}

/* A port that is never seen empty: what it held is counted. */
static void
test_busy_port(void)
{
	static const uint8_t junk[60];

	asking_begin(RTLS_TLS_RX_STACK);
	d.p.port[0]->rx_ahead = 1000;
	bring_record();
	asking_write(SEG);
	asking_send();
	CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, a.segs[1].bytes, a.segs[1].len), 0);
	a.came = 2;
	for (int polls = 0; polls < 3; polls++) {
		CU_ASSERT(asking_said());
		for (int i = polls == 0 ? 1 : 0; i < NETIF_POLL_BURSTS * NETIF_RX_BURST; i++)
			CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, junk, sizeof(junk)), 0);
		asking_poll();
	}
	asking_expect(2 * SEG, 2);
	CU_ASSERT(asking_said());
	asking_end();
}

/* A record that may be a KeyUpdate is unread: what is behind it may have other numbers. */
static void
test_behind_a_key_update(void)
{
	/* 5 bytes of plaintext, and one more. */
	for (uint32_t more = 0; more < 2; more++) {
		asking_begin(RTLS_TLS_RX_STACK);
		bring_record();
		asking_write(RECORD_OVER + 5 + more);
		asking_send();
		asking_bring_to(a.end);
		asking_poll();
		if (more == 1)
			asking_expect(a.end, 2);
		CU_ASSERT(asking_said());
		asking_read();
		asking_poll();
		if (more == 0)
			asking_expect(a.end, 2);
		CU_ASSERT(asking_said());
		asking_end();
	}
}

/* The same of an answer; it is over, then. */
static void
test_no_answer_behind_a_key_update(void)
{
	uint32_t third;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(RECORD_OVER + 5);
	asking_write(SEG - RECORD_OVER - 5);
	third = asking_write(2 * SEG);
	asking_send();
	asking_bring_to(third);
	CU_ASSERT(asking_said());
	asking_bring_and_ask(a.came++, third);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(asking_stat("RxResyncCancelled"), 1);
	asking_end();
}

static void
set_next_key(void)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };

	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(d.k[1], &m, 0), sizeof(update));
	CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 1, 1, 2), 0);
	a.end += RECORD_OVER + sizeof(update);
}

/* What was asked under one key is over with the next; nothing is said about a context that is gone. */
static void
test_next_key(void)
{
	uint8_t bytes[2 * SEG];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	uint32_t behind;

	asking_begin(RTLS_TLS_RX_SCAN);
	asking_write(SEG);
	set_next_key();
	behind = asking_write(SEG);
	asking_write(2 * SEG);
	asking_send();
	asking_bring_to(SEG);
	/* About the first record under the next key; the KeyUpdate is in the same packet. */
	asking_bring_and_ask(a.came++, behind);
	asking_bring_to(a.end);
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(rtls_recvmsg(d.k[0], &m, 0), SEG - RECORD_OVER);
	a.got += SEG - RECORD_OVER;
	iov.iov_len = sizeof(bytes);
	CU_ASSERT_EQUAL(rtls_recvmsg(d.k[0], &m, 0), 5);
	asking_poll();
	CU_ASSERT(asking_said());
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, 2), 0);
	/* The new context: one record of its key is unread. */
	d.dev.o.resyncs = false;
	asking_read();
	asking_poll();
	asking_poll();
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(asking_stat("RxResyncAnswered"), 0);
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 0);
	asking_end();
}

/* Nobody reads what comes behind the end. */
static void
test_closed(void)
{
	asking_begin(RTLS_TLS_RX_STACK);
	bring_record();
	asking_write(SEG);
	asking_send();
	CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
	d.k[0] = NULL;
	asking_bring_to(a.end);
	asking_poll();
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 0);
	d.filter = NULL;
	pair_settle(&d.p);
	d.p.port[0]->rx_burst = a.below;
	device_pair_fini(&d);
}

/* -EBUSY: a later record may do. Another error ends the context, that it is not there, too. */
static void
test_errors(void)
{
	static const int rcs[] = { -EBUSY, -ENOENT, -EIO };

	for (size_t i = 0; i < HARNESS_COUNT(rcs); i++) {
		asking_begin(RTLS_TLS_RX_STACK);
		d.dev.o.rx_resync_rc = rcs[i];
		/* As if it had opened something: a context that never did may start anew. */
		session_rx_epoch(&d.k[0]->rx)->rx.opened = true;
		bring_record();
		bring_record();
		if (rcs[i] != -EBUSY) {
			CU_ASSERT(offload_double_asked(
				&d.dev.o, "rx_resync 0.1, unsteer s1, del 0.1, destroy s1"));
			CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE,
						 RTLS_MODE_REASON_LOST));
		} else {
			asking_expect(2 * SEG, 2);
			CU_ASSERT(asking_said());
			bring_record();
			CU_ASSERT(asking_said());
			d.dev.o.rx_resync_rc = 0;
			bring_record();
			asking_expect(4 * SEG, 4);
			CU_ASSERT(asking_said());
			CU_ASSERT(
				device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
		}
		CU_ASSERT_EQUAL(asking_stat("RxResyncRefused"), 1);
		asking_end();
	}
}

/* A device without the call: another context, at the same turns. */
static void
test_in_order(void)
{
	asking_begin(RTLS_TLS_RX_IN_ORDER);
	bring_record();
	CU_ASSERT(asking_said());
	bring_record();
	CU_ASSERT(offload_double_asked(&d.dev.o, "unsteer s1, del 0.1, destroy s1"));
	asking_read();
	asking_poll();
	CU_ASSERT(offload_double_asked(&d.dev.o, "create s2, add s2, steer s2, start 0.2"));
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].seq, seq_of(2 * SEG));
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].rec_no, ASKING_NO + 2);
	bring_record();
	CU_ASSERT(asking_said());
	bring_record();
	CU_ASSERT(offload_double_asked(&d.dev.o, "unsteer s2, del 0.2, destroy s2"));
	CU_ASSERT_EQUAL(asking_stat("RxResyncTold"), 2);
	CU_ASSERT_EQUAL(asking_stat("TlsDeviceRxResync"), 0);
	asking_end();
}

/* However often it opens one and loses its place: the turns are those of one that opens nothing. */
static void
test_in_order_again_and_again(void)
{
	uint32_t contexts = 1;

	asking_begin(RTLS_TLS_RX_IN_ORDER);
	for (uint32_t n = 1; n <= 400; n++) {
		bring_record();
		asking_read();
		asking_poll();
		asking_poll();
		contexts += has_turn(n);
		CU_ASSERT_EQUAL(d.dev.o.ctx[0].generation, contexts);
		CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
		if (has_turn(n))
			rx_resync_event(d.k[0]->rx.tls,
					&(struct resync_event){ .type = RESYNC_TOUCHED });
	}
	CU_ASSERT_EQUAL(contexts, 10);
	asking_end();
}

/* From the first record of no use on, by the stack's clock; and what the connection says of it all. */
static void
test_counted(void)
{
	struct rtls_sock_stats st = { .size = sizeof(st) };

	asking_begin(RTLS_TLS_RX_STACK);
	bring_record();
	d.p.now_us += 1000;
	bring_record();
	d.p.now_us += 500;
	asking_poll();
	asking_read();
	CU_ASSERT_EQUAL(rtls_sock_stats(d.k[0], &st), 0);
	CU_ASSERT_EQUAL(st.rx_out_of_step_us, 1500);
	CU_ASSERT_EQUAL(st.rx_untouched_records, 2);
	CU_ASSERT_EQUAL(st.rx_records, 2);
	CU_ASSERT_EQUAL(st.rx_resync_told, 1);
	CU_ASSERT_EQUAL(st.rx_resync_asked + st.rx_resync_refused, 0);
	CU_ASSERT_EQUAL(asking_stat("RxOutOfStepMicros"), 0);
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(asking_stat("RxOutOfStepMicros"), 1500);
	bring_record();
	asking_read();
	CU_ASSERT_EQUAL(asking_stat("RxRecordsNoContext"), 1);
	asking_end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "2, 4, 8 ...", test_turns },
		{ "nothing is read", test_unread },
		{ "within a record", test_within },
		{ "within a header", test_within_a_header },
		{ "a gap", test_gap },
		{ "a busy port", test_busy_port },
		{ "behind what may be a KeyUpdate", test_behind_a_key_update },
		{ "no answer there, either", test_no_answer_behind_a_key_update },
		{ "the next key", test_next_key },
		{ "the end", test_closed },
		{ "errors of the device", test_errors },
		{ "a device that cannot be told", test_in_order },
		{ "the same, where each context opens a record", test_in_order_again_and_again },
		{ "what is counted", test_counted },
	};

	if (eal_start("resync-told") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/resync-told", cases, HARNESS_COUNT(cases));
}
