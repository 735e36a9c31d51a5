/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that answers late, loses its contexts, goes down or fails in mid-stream: the
 * connection goes on, in software with the reason, and all bytes are right.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

static struct device_pair d;

static bool
are(enum rtls_mode mode, enum rtls_mode_reason reason)
{
	return device_pair_is(&d, RTLS_TX, mode, reason) &&
	       device_pair_is(&d, RTLS_RX, mode, reason);
}

static void
open_with_keys(void)
{
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	d.dev.o.mute = true;
}

static void
begin(void)
{
	device_pair_init(&d, NULL);
	open_with_keys();
}

/* A packet begins at seq, and a record. */
static void
starts_a_packet(const struct seal_note *n, uint32_t seq)
{
	CU_ASSERT_EQUAL(n->seq, seq);
	CU_ASSERT_EQUAL(n->meta.rec_tcp_seq, seq);
	CU_ASSERT_EQUAL(n->meta.before_len, 0);
}

static uint32_t
next_seq(void)
{
	return d.wire[0].isn + 1 + d.wire[0].end;
}

static struct rtls_tls_event
event_of(enum rtls_tls_event_type type, uint32_t index)
{
	return (struct rtls_tls_event){
		.type = type,
		.ctx = { .index = index, .generation = d.dev.o.ctx[index].generation },
		.cookie = d.dev.o.ctx[index].cookie,
	};
}

/* --- an add that takes its time ---------------------------------------------- */

static void
begin_pending(void)
{
	device_pair_init(&d, NULL);
	d.dev.o.add_rc = -EINPROGRESS;
	open_with_keys();
	CU_ASSERT(are(RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
	device_pair_exchange(&d, 20000);
	CU_ASSERT(are(RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	CU_ASSERT_EQUAL(d.dev.nb_notes, 0);
}

/* The NIC seals from the next record on, which starts a packet. */
static void
test_pending(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	uint32_t seq;

	begin_pending();
	offload_double_answer(&d.dev.o, 0);
	pair_settle(&d.p);
	CU_ASSERT(are(RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], RTLS_TX, &info), 0);
	seq = next_seq();
	device_pair_exchange(&d, 3000);
	CU_ASSERT_FATAL(d.dev.nb_notes > 0);
	starts_a_packet(&d.dev.notes[0], seq);
	CU_ASSERT_EQUAL(d.dev.notes[0].meta.rec_no, info.rec_no);
	CU_ASSERT(device_pair_stat(&d, "TxBytesNic") < device_pair_stat(&d, "TxBytesSealed"));
	device_pair_fini(&d);
}

/* The answer comes while records that software sealed are queued, and one is open. */
static void
test_pending_behind(void)
{
	uint8_t bytes[4000];
	uint32_t end;

	begin_pending();
	pair_fill(bytes, d.sent[0], sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_send(d.k[0], bytes, 2900, 0), 2900);
	CU_ASSERT_EQUAL(rtls_send(d.k[0], bytes + 2900, 100, RTLS_MSG_MORE), 100);
	end = next_seq() + 2900 + 22;
	offload_double_answer(&d.dev.o, 0);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(next_seq(), end);
	CU_ASSERT_EQUAL(rtls_send(d.k[0], bytes + 3000, 1000, 0), 1000);
	d.sent[0] += sizeof(bytes);
	device_pair_read(&d, 0, sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(d.dev.nb_notes, 1);
	starts_a_packet(&d.dev.notes[0], end);
	CU_ASSERT_EQUAL(d.dev.notes[0].meta.rec_len, 1122);
	device_pair_exchange(&d, 5000);
	device_pair_fini(&d);
}

/* Slots are used again oldest first: the one that was closed last comes next. */
static void
turn_slots(void)
{
	struct rtls_addr addr = pair_addr(0, 9999);
	struct rtls_sock *l;

	for (uint32_t i = 1; i < d.p.stack[0]->conf.max_socks; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_listen(d.p.stack[0], &addr, NULL, &l), 0);
		CU_ASSERT_EQUAL(rtls_close(l), 0);
	}
}

/* Closed while the device adds: what it says then is of no context, also when it comes late. */
static void
test_pending_closed(void)
{
	struct rtls_tls_event late[2];

	begin_pending();
	for (uint32_t i = 0; i < 2; i++)
		late[i] = event_of(RTLS_TLS_EV_ADD_DONE, i);
	CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
	offload_double_event(&d.dev.o, &late[0]);
	pair_settle(&d.p);
	turn_slots();
	/* The same socket and the same place in the table, and not the same context. */
	open_with_keys();
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].cookie, late[0].cookie);
	for (uint32_t i = 0; i < 2; i++)
		offload_double_event(&d.dev.o, &late[i]);
	for (uint32_t i = 0; i < 2; i++) {
		late[i].status = -EIO;
		offload_double_event(&d.dev.o, &late[i]);
		late[i].type = RTLS_TLS_EV_LOST;
		offload_double_event(&d.dev.o, &late[i]);
		late[i].cookie = UINT64_MAX;
		offload_double_event(&d.dev.o, &late[i]);
	}
	device_pair_exchange(&d, 3000);
	CU_ASSERT(are(RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	offload_double_answer(&d.dev.o, 0);
	device_pair_exchange(&d, 3000);
	device_pair_exchange(&d, 3000);
	CU_ASSERT(are(RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	/* Answered once is answered. */
	for (uint32_t i = 0; i < 2; i++) {
		struct rtls_tls_event again = event_of(RTLS_TLS_EV_ADD_DONE, i);

		again.status = -EIO;
		offload_double_event(&d.dev.o, &again);
	}
	device_pair_exchange(&d, 3000);
	CU_ASSERT(are(RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

/* --- it gives up --------------------------------------------------------------- */

static void
gone(enum rtls_mode_reason why, const char *counter)
{
	CU_ASSERT(are(RTLS_MODE_SOFTWARE, why));
	CU_ASSERT_EQUAL(device_pair_stat(&d, counter), 2);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxSw"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxSw"), 1);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
}

/* So much of what was written in clear was not sent yet. */
static void
begin_mid_stream(void)
{
	begin();
	device_pair_exchange(&d, 20000);
	device_pair_write(&d, 0, 60000);
	device_pair_write(&d, 1, 60000);
	pair_turn(&d.p);
	log_tap_start(RTE_LOG_NOTICE);
}

static void
goes_on(void)
{
	device_pair_read(&d, 0, 60000);
	device_pair_read(&d, 1, 60000);
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	device_pair_exchange(&d, 20000);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
test_lost(void)
{
	struct rtls_tls_event ev;

	begin_mid_stream();
	/* As if it had opened them: one that opens nothing was only started too late. */
	session_rx_epoch(&d.k[0]->rx)->rx.opened = true;
	for (uint32_t i = 0; i < 2; i++) {
		ev = event_of(RTLS_TLS_EV_LOST, i);
		offload_double_event(&d.dev.o, &ev);
		offload_double_event(&d.dev.o, &ev);
	}
	pair_turn(&d.p);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_LOST), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	gone(RTLS_MODE_REASON_LOST, "SoftwareLost");
	goes_on();
}

static void
test_down(void)
{
	static const struct rtls_tls_event down = { .type = RTLS_TLS_EV_DOWN };
	static const struct rtls_tls_event up = { .type = RTLS_TLS_EV_UP };

	begin_mid_stream();
	offload_double_event(&d.dev.o, &down);
	offload_double_event(&d.dev.o, &up);
	pair_turn(&d.p);
	/* Once, not per connection. */
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_DOWN), 1);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_UP), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 2);
	log_tap_end();
	gone(RTLS_MODE_REASON_DOWN, "SoftwareDown");
	CU_ASSERT_EQUAL(d.p.port[0]->tls.features, 0);
	goes_on();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a late add", test_pending },
		{ "a late add, with records queued and one open", test_pending_behind },
		{ "closed while the device adds, and late events", test_pending_closed },
		{ "contexts are lost", test_lost },
		{ "the device goes down", test_down },
	};

	if (eal_start("mode-change") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-change", cases, HARNESS_COUNT(cases));
}
