/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What rtls_sendfile() puts on the wire: bytes, records, short files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "eal/files.h"
#include "eal/half.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

/* Are these exactly the pattern's bytes in records of these lengths? */
static void
check_records(struct sink *s, uint64_t off, const uint32_t *lens, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(sink_record(s, RTLS_TYPE_DATA, off), lens[i]);
		off += lens[i];
	}
	CU_ASSERT_EQUAL(s->at, s->len);
}

/* The records that off and len of a file of this size make with this cap. */
static void
check_file(struct sink *s, uint64_t size, uint64_t off, uint64_t len, uint32_t cap)
{
	uint64_t end = off >= size ? off : len < size - off ? off + len : size, n;

	for (; off < end; off += n) {
		n = end - off < cap ? end - off : cap;
		CU_ASSERT_EQUAL_FATAL(sink_record(s, RTLS_TYPE_DATA, off), (ssize_t)n);
	}
	CU_ASSERT_EQUAL(s->at, s->len);
}

static void
play_ranges(uint64_t size, uint32_t cap, uint32_t ahead)
{
	const struct {
		uint64_t off;
		size_t len;
	} ranges[] = {
		{ 0, size },      { 0, SIZE_MAX },     { 0, 1 },
		{ 1, size },      { 0, 16384 },        { 1, 16384 },
		{ 16384, 16385 }, { size / 2, size },  { size, 1 },
		{ size + 1, 1 },  { UINT64_MAX, 1 },   { UINT64_MAX, SIZE_MAX },
		{ 0, 0 },         { size / 3, 50000 }, { 16383, SIZE_MAX },
	};
	struct rtls_file_conf conf = { .size = sizeof(conf), .read_ahead = ahead };
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, cap), 0);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(size), &conf, &file), 0);
	CU_ASSERT_EQUAL(rtls_file_size(file), size);
	sink_init(&s, &h);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint64_t off = ranges[i].off, left = off < size ? size - off : 0;

		s.at = s.len = 0;
		CU_ASSERT_EQUAL(file_send(&p, &s, file, off, ranges[i].len, 0),
				(ssize_t)(ranges[i].len < left ? ranges[i].len : left));
		check_file(&s, size, off, ranges[i].len, cap);
	}
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

static void
test_sizes(void)
{
	static const uint64_t sizes[] = { 0, 1, 16383, 16384, 16385, 70000, 1 << 20 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		play_ranges(sizes[i], 16384, 0);
}

static void
test_small_records(void)
{
	play_ranges(40000, 64, 16);
	play_ranges(100000, 1400, 1);
	play_ranges(100000, 16383, 2);
}

/* Records of a segment first, then full ones, of which none is cut for the last small one; by then
 * some more small ones were read ahead. */
static void
test_dynamic(void)
{
	enum { SIZE = 400000 };
	uint64_t off = 0, small = 0, full = 0;
	struct rtls_file *file;
	uint32_t cap;
	struct sink s;
	struct pair p;
	struct half h;
	ssize_t n;

	pair_init(&p, NULL);
	half_open(&p, &h);
	cap = pair_info(h.socks[NEAR]).mss - 22; /* header, inner type and tag of TLS 1.3 */
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 1), 0);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(SIZE), NULL, &file), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, SIZE, 0), SIZE);
	for (; off < SIZE && (n = sink_record(&s, RTLS_TYPE_DATA, off)) == (ssize_t)cap; off += cap)
		small += cap;
	CU_ASSERT(small >= 64 << 10 && small < 2 * (64 << 10));
	for (; n == 16384 && off + 16384 < SIZE; n = sink_record(&s, RTLS_TYPE_DATA, off)) {
		off += 16384;
		full++;
	}
	CU_ASSERT_EQUAL(full, (SIZE - small) / 16384);
	CU_ASSERT_EQUAL(off + (uint64_t)n, SIZE);
	CU_ASSERT_EQUAL(s.at, s.len);
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* What was read ahead for larger records does not become one: a peer that asked for small ones
 * ends the connection (RFC 8449 4). */
static void
test_smaller_from_now_on(void)
{
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(40000), NULL, &file), 0);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 40000, 0), -EAGAIN);
	for (int i = 0; i < 200000 && pair_bits(&p, NEAR, h.socks[NEAR]) == 0; i++) {
		CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_WRITABLE, NULL), 0);
		file_wait(&p);
	}
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 500), 0);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), RTLS_WRITABLE);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 40000, 0), 40000);
	check_file(&s, 40000, 0, 40000, 500);
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* Without keys the bytes go as they are. */
static void
test_plain(void)
{
	struct rtls_sock *socks[2];
	struct rtls_file *file;
	struct half h = { 0 };
	struct sink s;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	memcpy(h.socks, socks, sizeof(socks));
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(300000), NULL, &file), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 5, 300000, 0), 299995);
	CU_ASSERT_EQUAL(s.len, 299995);
	CU_ASSERT(pair_matches(s.bytes, 5, s.len));
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- MORE -------------------------------------------------------------------- */

static void
test_more(void)
{
	static const uint32_t joined[] = { 150 }, two[] = { 16384, 700 }, first[] = { 10 };
	uint8_t bytes[700];
	struct rtls_file *file, *empty;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(20000), NULL, &file), 0);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(0), NULL, &empty), 0);
	sink_init(&s, &h);
	/* The record stays open, and a send without MORE closes it. */
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 100, RTLS_MSG_MORE), 100);
	CU_ASSERT_EQUAL(s.len, 0);
	pair_fill(bytes, 100, 50);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], bytes, 50, 0), 50);
	sink_fill(&p, &s);
	check_records(&s, 0, joined, 1);
	/* A full one is closed whatever the flag says. */
	s.at = s.len = 0;
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 16384 + 200, RTLS_MSG_MORE), 16384 + 200);
	CU_ASSERT_EQUAL(s.len, 5 + 16384 + 1 + 16);
	pair_fill(bytes, 16384 + 200, 500);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], bytes, 500, 0), 500);
	sink_fill(&p, &s);
	check_records(&s, 0, two, 2);
	/* Behind what a send left open it goes on there: a head and its file are one record. */
	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t files[] = { 400, 16084, 20000 - 300 };
		static const uint32_t lens[3][2] = { { 700 }, { 16384 }, { 16384, 3616 } };

		s.at = s.len = 0;
		pair_fill(bytes, 0, 300);
		CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], bytes, 300, RTLS_MSG_MORE), 300);
		CU_ASSERT_EQUAL(file_send(&p, &s, file, 300, files[i], 0), files[i]);
		check_records(&s, 0, lens[i], lens[i][1] != 0 ? 2 : 1);
	}
	/* The end of a file, without MORE, closes what is open, as a send of 0 bytes does. */
	for (int i = 0; i < 2; i++) {
		s.at = s.len = 0;
		pair_fill(bytes, 0, 10);
		CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], bytes, 10, RTLS_MSG_MORE), 10);
		CU_ASSERT_EQUAL(file_send(&p, &s, i != 0 ? file : empty, 20000, 1, RTLS_MSG_MORE),
				0);
		CU_ASSERT_EQUAL(s.len, 0);
		CU_ASSERT_EQUAL(file_send(&p, &s, i != 0 ? file : empty, 20000, 1, 0), 0);
		check_records(&s, 0, first, 1);
	}
	rtls_file_put(file);
	rtls_file_put(empty);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* An open record that uses up the whole send buffer still takes what it has room for. */
static void
test_more_without_room(void)
{
	const struct pair_conf conf = { .stack[NEAR].sndbuf = 17408 };
	uint8_t bytes[100];
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, &conf);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(1000), NULL, &file), 0);
	sink_init(&s, &h);
	pair_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], bytes, sizeof(bytes), RTLS_MSG_MORE), 100);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 100, 900, 0), 900);
	check_records(&s, 0, (const uint32_t[]){ 1000 }, 1);
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- a file that changes ----------------------------------------------------- */

static void
test_shrinks(void)
{
	struct rtls_file_conf conf = { .size = sizeof(conf), .read_ahead = 1 };
	int fd = file_make(100000), twin = dup(fd);
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], fd, &conf, &file), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 16384, 0), 16384);
	CU_ASSERT_EQUAL(ftruncate(twin, 50000), 0);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 16384, SIZE_MAX, 0), 50000 - 16384);
	CU_ASSERT_EQUAL(rtls_file_size(file), 100000);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(file_send(&p, &s, file, 50000, SIZE_MAX, 0), 0);
		CU_ASSERT_EQUAL(file_send(&p, &s, file, 99999, 1, 0), 0);
	}
	check_file(&s, 50000, 0, SIZE_MAX, 16384);
	rtls_file_put(file);
	close(twin);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* What is behind the size at opening is not sent. */
static void
test_grows(void)
{
	int fd = file_make(20000), twin = dup(fd);
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], fd, NULL, &file), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 100, 0), 100);
	file_write(twin, 20000, 5000);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 100, SIZE_MAX, 0), 19900);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 20000, SIZE_MAX, 0), 0);
	CU_ASSERT_EQUAL(rtls_file_size(file), 20000);
	check_records(&s, 0, (const uint32_t[]){ 100, 16384, 3516 }, 3);
	rtls_file_put(file);
	close(twin);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/*
 * The file was short when its first chunk was read and long again when the next
 * one was: the stream goes on where it stopped, without a hole. The moment
 * cannot be met from outside, so the chunk is made short by hand.
 */
static void
test_shrinks_and_grows(void)
{
	struct rtls_file *file;
	struct reader_lane *lane;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(60000), NULL, &file), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 60000, 0), -EAGAIN);
	lane = &h.socks[NEAR]->lane;
	for (struct reader_chunk *c = lane->first; c != NULL; c = c->next)
		while (!c->filled)
			file_wait(&p);
	CU_ASSERT(lane->count > 1);
	lane->first->got = 5000;
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 60000, 0), 60000);
	for (uint64_t off = 0; off < 60000;)
		off += (uint64_t)sink_record(&s, RTLS_TYPE_DATA, off);
	CU_ASSERT_EQUAL(s.at, s.len);
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- several ----------------------------------------------------------------- */

static void
test_two_sockets(void)
{
	enum { SIZE = 300000 };
	struct rtls_file *file;
	uint64_t off[2] = { 0, 777 };
	struct half h[2];
	struct sink s[2];
	struct pair p;
	ssize_t n;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(SIZE), NULL, &file), 0);
	for (int i = 0; i < 2; i++) {
		half_open(&p, &h[i]);
		sink_init(&s[i], &h[i]);
	}
	for (int tries = 0; off[0] < SIZE || off[1] < SIZE; tries++) {
		CU_ASSERT_FATAL(tries < 100000);
		for (int i = 0; i < 2; i++) {
			n = rtls_sendfile(h[i].socks[NEAR], file, off[i], SIZE_MAX, 0);
			CU_ASSERT_FATAL(n >= 0 || n == -EAGAIN);
			off[i] += n > 0 ? (uint64_t)n : 0;
			file_wait(&p);
			sink_take(&s[i]);
		}
	}
	for (int i = 0; i < 2; i++) {
		sink_fill(&p, &s[i]);
		check_file(&s[i], SIZE, i != 0 ? 777 : 0, SIZE, 16384);
		sink_fini(&s[i]);
		half_close(&p, &h[i]);
	}
	rtls_file_put(file);
	pair_fini(&p);
}

/* Another file, another offset, a shorter length: nothing of what was read ahead leaks in. */
static void
test_changes_of_mind(void)
{
	struct rtls_file *file[2];
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], file_make(90000), NULL, &file[i]), 0);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file[0], 0, 90000, 0), -EAGAIN);
	file_wait(&p);
	CU_ASSERT_EQUAL(file_send(&p, &s, file[1], 50, 20, 0), 20);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file[1], 0, 90000, 0), -EAGAIN);
	file_wait(&p);
	CU_ASSERT_EQUAL(file_send(&p, &s, file[1], 70, 30, 0), 30);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file[1], 100, 90000, 0), -EAGAIN);
	file_wait(&p);
	CU_ASSERT_EQUAL(file_send(&p, &s, file[1], 100, 50, 0), 50);
	check_records(&s, 50, (const uint32_t[]){ 20, 30, 50 }, 3);
	rtls_file_put(file[0]);
	rtls_file_put(file[1]);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "sizes and ranges", test_sizes },
		{ "small records", test_small_records },
		{ "small records first", test_dynamic },
		{ "smaller records from now on", test_smaller_from_now_on },
		{ "without keys", test_plain },
		{ "MORE", test_more },
		{ "MORE where there is no room", test_more_without_room },
		{ "a file that shrinks", test_shrinks },
		{ "a file that grows", test_grows },
		{ "a file that shrinks and grows", test_shrinks_and_grows },
		{ "two sockets, one file", test_two_sockets },
		{ "other files and offsets in between", test_changes_of_mind },
	};

	if (eal_start("test-sendfile") != 0)
		return 1;
	return harness_run("eal/sendfile", cases, HARNESS_COUNT(cases));
}
