/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a receive says of each record that it read: type, length, and whether it ends there. */
#include <stdio.h>

#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/*
 * A receive with room for max records says this of them: "type:bytes/whole", E for the last byte; whole
 * is the content with its padding.
 */
static void
expect_records(size_t len, int flags, unsigned int max, ssize_t n, const char *want)
{
	struct rtls_msg msg;
	char got[512] = "";
	size_t at = 0;

	memset(t.records, 0xee, sizeof(t.records));
	t.records_max = max;
	CU_ASSERT_EQUAL(recv_with(len, flags, false, &msg), n);
	t.records_max = 0;
	if (n > 0 && msg.type == 23) {
		CU_ASSERT(pattern_is(room + 16, t.got, (size_t)n));
		t.got += flags & RTLS_MSG_PEEK ? 0 : (uint64_t)n;
	}
	CU_ASSERT_FATAL(msg.nb_records <= max);
	for (unsigned int i = 0; i < msg.nb_records; i++) {
		const struct rtls_record *r = &t.records[i];

		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%u:%u/%u%s", i > 0 ? " " : "",
				       r->type, r->len, r->wire_len - peer_around(&t.peer),
				       r->flags == RTLS_MSG_EOR ? "E" : "");
		CU_ASSERT_EQUAL(r->version, 0x0303);
		CU_ASSERT(r->flags == 0 || r->flags == RTLS_MSG_EOR);
	}
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# want %s\n# got  %s\n", want, got);
	/* The message itself is of the last one. */
	if (msg.nb_records > 0) {
		const struct rtls_record *last = &t.records[msg.nb_records - 1];

		CU_ASSERT(msg.type == last->type && msg.version == last->version &&
			  msg.wire_len == last->wire_len && msg.flags == last->flags);
	}
}

static void
test_headers(void)
{
	begin_keyed();
	expect_records(100, 0, 4, -EAGAIN, "");
	put_data(100);
	put_data(200);
	put_data_padded(300, t.peer.tls12 ? 0 : 50);
	put_control(22, 40);
	put_data(5);
	feed_all();
	/* Several in one call, the last one in part, and what is left of it. */
	expect_records(350, 0, 8, 350,
		       t.peer.tls12 ? "23:100/100E 23:200/200E 23:50/300" :
				      "23:100/100E 23:200/200E 23:50/350");
	expect_records(1000, 0, 8, 250, t.peer.tls12 ? "23:250/300E" : "23:250/350E");
	expect_records(10, 0, 8, 10, "22:10/40");
	expect_records(100, 0, 8, 30, "22:30/40E");
	expect_records(100, 0, 8, 5, "23:5/5E");
	/* No more than there is room for. */
	for (int i = 0; i < 5; i++)
		put_data(10);
	feed_all();
	expect_records(100, 0, 2, 20, "23:10/10E 23:10/10E");
	expect_records(15, 0, 1, 10, "23:10/10E");
	expect_records(5, 0, 1, 5, "23:5/10");
	expect_records(100, 0, 2, 15, "23:5/10E 23:10/10E");
	/* Without room for any nothing is said, as ever. */
	put_data(10);
	put_data(10);
	feed_all();
	expect_records(100, 0, 0, 20, "");
	finish();
}

static void
test_headers_of_empty(void)
{
	begin_keyed();
	put_data(0);
	put_data(0);
	feed_all();
	expect_records(100, 0, 8, 0, "23:0/0E 23:0/0E");
	expect_records(100, 0, 8, -EAGAIN, "");
	put_data(0);
	put_data(10);
	put_data(0);
	put_control(22, 8);
	feed_all();
	expect_records(100, 0, 8, 10, "23:0/0E 23:10/10E 23:0/0E");
	expect_records(100, 0, 8, 8, "22:8/8E");
	/* Data, only empty, in front of a control record stands apart from it. */
	put_data(0);
	put_control(22, 8);
	put_data(0);
	put_data(0);
	put_data(0);
	feed_all();
	expect_records(100, 0, 8, 0, "23:0/0E");
	expect_records(100, 0, 8, 8, "22:8/8E");
	expect_records(100, 0, 2, 0, "23:0/0E 23:0/0E");
	/* Who does not ask hears nothing of them. */
	expect_records(100, 0, 0, -EAGAIN, "");
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 11);
	/* Nor is the end of the stream taken for one, or one for the end. */
	put_data(0);
	feed_all();
	t.fin = true;
	expect_records(100, 0, 8, 0, "23:0/0E");
	expect_records(100, 0, 8, 0, "");
	finish();
}

static void
test_headers_with_peek(void)
{
	static const char all[] = "23:0/0E 23:100/100E 23:0/0E 23:60/60E";

	begin_keyed();
	put_data(0);
	put_data(100);
	put_data(0);
	put_data(60);
	put_control(22, 4);
	feed_all();
	for (int i = 0; i < 3; i++) {
		expect_records(1000, RTLS_MSG_PEEK, 8, 160, all);
		expect_records(130, RTLS_MSG_PEEK, 8, 130, "23:0/0E 23:100/100E 23:0/0E 23:30/60");
		expect_records(1000, RTLS_MSG_PEEK, 1, 0, "23:0/0E");
	}
	expect_records(1000, 0, 8, 160, all);
	for (int i = 0; i < 3; i++)
		expect_records(100, RTLS_MSG_PEEK, 8, 4, "22:4/4E");
	expect_records(100, 0, 8, 4, "22:4/4E");
	/* What was looked at is still there for who reads by another call, which skips it. */
	put_data(0);
	put_data(0);
	put_data(20);
	feed_all();
	expect_records(100, RTLS_MSG_PEEK, 2, 0, "23:0/0E 23:0/0E");
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_data(100), 20);
	put_data(0);
	feed_all();
	expect_records(100, RTLS_MSG_PEEK, 2, 0, "23:0/0E");
	expect_msg(100, RTLS_MSG_PEEK, -EAGAIN, 0, false);
	CU_ASSERT(!readable());
	finish();
}

/* A control record is taken past data: what stands in front of it is still told. */
static void
test_headers_past_data(void)
{
	begin_keyed();
	put_data(0);
	put_data(100);
	put_data(0);
	put_control(22, 4);
	put_data(50);
	feed_all();
	/* In TLS 1.2 nothing is opened to know. */
	if (t.peer.tls12)
		expect_records(100, RTLS_MSG_CONTROL, 8, -EAGAIN, "");
	else
		expect_records(100, RTLS_MSG_CONTROL, 8, 4, "22:4/4E");
	expect_records(120, 0, 8, t.peer.tls12 ? 100 : 120,
		       t.peer.tls12 ? "23:0/0E 23:100/100E 23:0/0E" :
				      "23:0/0E 23:100/100E 23:0/0E 23:20/50");
	finish();
	/* An alert is taken past empty records alone. */
	for (uint32_t len = 0; len <= 1 && !t.peer.tls12; len++) {
		begin_keyed();
		put_data(len);
		put_data(0);
		put_record(21, "\1\x64", 2, 0);
		feed_all();
		if (len == 0)
			expect_records(100, RTLS_MSG_CONTROL, 8, 2, "21:2/2E");
		else
			expect_records(100, RTLS_MSG_CONTROL, 8, -EAGAIN, "");
		expect_records(100, 0, 8, len, len == 0 ? "23:0/0E 23:0/0E" : "23:1/1E 23:0/0E");
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "what is said of each record", test_headers, EACH_SUITE },
		{ "and of empty ones", test_headers_of_empty, EACH_SUITE },
		{ "and with PEEK", test_headers_with_peek, EACH_SUITE },
		{ "and of those that a control record passed", test_headers_past_data, EACH_SUITE },
	};

	return shared_start("session-rx-headers") ?
		       each_suite_run("session/rx_headers", cases, HARNESS_COUNT(cases)) :
		       1;
}
