/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* KeyUpdate: where it is one, where it is none, and until there is another key. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/* Handshake records by their content; each ends with the answer to the question: paused? */
static const struct {
	const char *name;
	struct {
		uint8_t type;
		const char *content;
		uint8_t len;
	} records[5];
	char end;          /* 'p': paused behind them, 'r': goes on, 'f': refused */
	uint8_t delivered; /* records, before that */
} update_rows[] = {
	{ "alone", { { 22, "\x18\0\0\1\0", 5 } }, 'p', 1 },
	{ "that asks for one", { { 22, "\x18\0\0\1\1", 5 } }, 'p', 1 },
	{ "of no length", { { 22, "\x18\0\0\0", 4 } }, 'p', 1 },
	{ "behind a ticket", { { 22, "\4\0\0\3abc\x18\0\0\1\0", 12 } }, 'p', 1 },
	{ "cut in its header", { { 22, "\x18\0", 2 }, { 22, "\0\1\0", 3 } }, 'p', 2 },
	{ "cut behind its header", { { 22, "\x18\0\0\1", 4 }, { 22, "\0", 1 } }, 'p', 2 },
	{ "in bytes",
	  { { 22, "\x18", 1 }, { 22, "\0", 1 }, { 22, "\0", 1 }, { 22, "\1", 1 }, { 22, "\0", 1 } },
	  'p',
	  5 },
	{ "behind the rest of a ticket",
	  { { 22, "\4\0\0\6abc", 7 }, { 22, "def\x18\0\0\1\0", 8 } },
	  'p',
	  2 },
	{ "with an empty record in between",
	  { { 22, "\x18\0\0", 3 }, { 22, "", 0 }, { 22, "\1\0", 2 } },
	  'f',
	  1 },
	{ "only in a ticket", { { 22, "\4\0\0\5\x18\0\0\1\0", 9 } }, 'r', 1 },
	{ "only as a ticket's rest",
	  { { 22, "\4\0\0\6a", 5 }, { 22, "\x18\0\0\1\0", 5 } },
	  'r',
	  2 },
	{ "only in an alert", { { 21, "\x18\0\0\1\0", 5 } }, 'r', 1 },
	{ "followed by its first byte", { { 22, "\x18\0\0\1\0\x18", 6 } }, 'f', 0 },
	{ "followed by a ticket", { { 22, "\x18\0\0\1\0\4\0\0\0", 9 } }, 'f', 0 },
	{ "twice in one record", { { 22, "\x18\0\0\1\0\x18\0\0\1\0", 10 } }, 'f', 0 },
	{ "in bytes, followed", { { 22, "\x18", 1 }, { 22, "\0\0\1\0\4", 5 } }, 'f', 1 },
	{ "interrupted by data", { { 22, "\x18\0\0", 3 }, { 23, "x", 1 } }, 'f', 1 },
	{ "interrupted by empty data", { { 22, "\x18\0\0", 3 }, { 23, "", 0 } }, 'f', 1 },
	{ "ticket interrupted by data", { { 22, "\4\0\0\2a", 5 }, { 23, "x", 1 } }, 'f', 1 },
	{ "ticket, then an alert", { { 22, "\4\0\0\2a", 5 }, { 21, "\2\x28", 2 } }, 'r', 2 },
	{ "ticket of no body, then data", { { 22, "\4\0\0\0", 4 }, { 23, "x", 1 } }, 'r', 2 },
};

static void
test_key_update_found(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(update_rows); i++) {
		begin_keyed();
		for (int k = 0; k < 5 && update_rows[i].records[k].type != 0; k++)
			put_record(update_rows[i].records[k].type,
				   update_rows[i].records[k].content, update_rows[i].records[k].len,
				   0);
		/* Of the next key, or of this one where there is no next. */
		if (update_rows[i].end == 'p')
			t.peer = peer_key(1, 0);
		put_record(22, "\4\0\0\1z", 5, 0);
		feed_all();
		for (int k = 0; k < update_rows[i].delivered; k++) {
			struct rtls_msg msg;
			ssize_t n = recv_with(100, 0, false, &msg);

			CU_ASSERT_EQUAL(n, update_rows[i].records[k].len);
			CU_ASSERT_EQUAL(msg.type, update_rows[i].records[k].type);
			CU_ASSERT_EQUAL(memcmp(room + 16, update_rows[i].records[k].content,
					       update_rows[i].records[k].len),
					0);
		}
		switch (update_rows[i].end) {
		case 'p':
			CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PAUSED);
			expect_end(-EKEYEXPIRED);
			CU_ASSERT(!readable());
			CU_ASSERT_EQUAL(set_key(1, 0), 0);
			CU_ASSERT(readable());
			break;
		case 'f':
			expect_end(-EINVAL);
			CU_ASSERT_EQUAL(t.rx.end_alert, 10);
			for (size_t b = 0; b < 100; b++)
				CU_ASSERT(room[16 + b] == 0 || room[16 + b] == GUARD);
			finish();
			continue;
		}
		/* A message that was not finished swallows the beginning of this one. */
		expect_msg(100, 0, 5, 22, true);
		CU_ASSERT_EQUAL(memcmp(room + 16, "\4\0\0\1z", 5), 0);
		finish();
	}
}

static void
test_key_update(void)
{
	for (unsigned int early = 0; early <= 1; early++) {
		begin_keyed();
		for (unsigned int n = 1; n <= 3; n++) {
			put_data(100);
			put_key_update();
			t.peer = peer_key(n, 0);
			put_data(100 * n);
			feed_all();
			CU_ASSERT_EQUAL(recv_data(1000), 100);
			/* Not delivered in full: not yet. */
			expect_msg(100, RTLS_MSG_PEEK, 5, 22, true);
			expect_msg(3, 0, 3, 22, false);
			CU_ASSERT_EQUAL(set_key(n, 0), -EBUSY);
			CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
			expect_msg(100, 0, 2, 22, true);
			CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PAUSED);
			CU_ASSERT(!readable());
			CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
			t.fin = n == 3;
			CU_ASSERT(!readable());
			expect_end(-EKEYEXPIRED);
			t.flaky.no_keys = true;
			CU_ASSERT_EQUAL(set_key(n, 0), -ENOMEM);
			t.flaky.no_keys = false;
			expect_end(-EKEYEXPIRED);
			CU_ASSERT_EQUAL(set_key(n, 0), 0);
			CU_ASSERT(readable());
			CU_ASSERT_EQUAL(recv_data(1000), 100 * n);
			CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 1);
			CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 1 + n);
		}
		expect_end(0);
		finish();
	}
	/* The wrong next key. */
	begin_keyed();
	put_key_update();
	t.peer = peer_key(1, 0);
	put_data(10);
	feed_all();
	expect_msg(100, 0, 5, 22, true);
	CU_ASSERT_EQUAL(set_key(2, 0), 0);
	expect_end(-EBADMSG);
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "KeyUpdate is found where it is, and nowhere else", test_key_update_found,
		  EACH_SUITE_13 },
		{ "KeyUpdate pauses until the next key", test_key_update, EACH_SUITE_13 },
	};

	return shared_start("session-rx-key-update") ?
		       each_suite_run("session/rx_key_update", cases, HARNESS_COUNT(cases)) :
		       1;
}
