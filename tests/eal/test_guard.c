/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A guarded connection: what its program may not move, and what its guard may. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_log.h>

#include "eal/files.h"
#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

/* Payload bytes that each end put on the wire. */
static uint64_t wire[2];

static void
look(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct frame f;

	(void)arg;
	(void)now_us;
	CU_ASSERT_PTR_NULL(frame_parse(bytes, len, &f));
	if (f.is_tcp)
		wire[dir] += f.payload_len;
}

static void
start(struct pair *p, struct rtls_sock *k[2])
{
	const struct pair_conf conf = { .tap = look };

	pair_init(p, &conf);
	pair_connect(p, 0, k);
	pair_settle(p);
	wire[NEAR] = wire[FAR] = 0;
}

static void
finish(struct pair *p, struct rtls_sock *k[2])
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_close(k[i]), 0);
		pair_settle(p);
	}
	pair_fini(p);
}

static struct rtls_file *
open_file(struct pair *p, uint64_t size)
{
	struct rtls_file *file = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_file_open(p->stack[NEAR], file_make(size), NULL, &file), 0);
	return file;
}

/* Every call that would send is refused, and nothing of it leaves. */
static void
refuses_to_send(struct pair *p, struct rtls_sock *k, struct rtls_file *file)
{
	static const uint8_t types[] = { 0, RTLS_TYPE_DATA, RTLS_TYPE_ALERT, RTLS_TYPE_HANDSHAKE };
	static uint8_t bytes[40000];
	const size_t lens[] = { 0, 1, sizeof(bytes) };
	const int flags[] = { 0, RTLS_MSG_MORE, RTLS_MSG_PEEK };
	uint64_t before = wire[NEAR];

	for (size_t i = 0; i < HARNESS_COUNT(lens) * HARNESS_COUNT(flags); i++) {
		size_t len = lens[i / HARNESS_COUNT(flags)];
		int f = flags[i % HARNESS_COUNT(flags)];
		struct iovec iov = { .iov_base = bytes, .iov_len = len };
		struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

		CU_ASSERT_EQUAL(rtls_send(k, bytes, len, f), -ENOKEY);
		CU_ASSERT_EQUAL(rtls_sendfile(k, file, 0, len, f), -ENOKEY);
		CU_ASSERT_EQUAL(rtls_sendfile(k, file, UINT64_MAX, len, f), -ENOKEY);
		for (size_t t = 0; t < HARNESS_COUNT(types); t++) {
			m.type = types[t];
			CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, f), -ENOKEY);
		}
	}
	CU_ASSERT_EQUAL(pair_info(k).snd_queued, 0);
	pair_pass(p, 500000);
	CU_ASSERT_EQUAL(wire[NEAR], before);
}

/* Every call that would receive is refused, and what came stays. */
static void
refuses_to_receive(struct rtls_sock *k)
{
	const uint64_t queued = pair_info(k).rcv_queued;
	uint8_t bytes[64] = { 0 }, none[64] = { 0 };
	const size_t lens[] = { 0, 1, sizeof(bytes) };

	for (size_t i = 0; i < 2 * HARNESS_COUNT(lens); i++) {
		struct iovec iov = { .iov_base = bytes, .iov_len = lens[i / 2] };
		struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = 9, .flags = 9 };
		int flags = i % 2 ? RTLS_MSG_PEEK : 0;

		CU_ASSERT_EQUAL(rtls_recv(k, bytes, lens[i / 2], flags), -ENOKEY);
		CU_ASSERT_EQUAL(rtls_recvmsg(k, &m, flags), -ENOKEY);
		CU_ASSERT_EQUAL(m.type + m.version + m.wire_len + m.flags, 0);
	}
	CU_ASSERT_EQUAL(memcmp(bytes, none, sizeof(bytes)), 0);
	CU_ASSERT_EQUAL(pair_info(k).rcv_queued, queued);
}

/* The holder moves bytes as they are, both ways. */
static void
test_only_its_holder(void)
{
	struct rtls_sock *k[2];
	struct rtls_file *file;
	struct rtls_guard g;
	uint8_t buf[64];
	struct pair p;

	start(&p, k);
	file = open_file(&p, 50000);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_PTR_EQUAL(g.sock, k[NEAR]);
	pair_send(&p, k[FAR], "hello", 5);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_info(k[NEAR]).rcv_queued, 5);
	/* Events say what is there, whoever may take it. */
	CU_ASSERT_EQUAL(rtls_sock_watch(k[NEAR], RTLS_READABLE | RTLS_WRITABLE, NULL), 0);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, k[NEAR]), RTLS_READABLE | RTLS_WRITABLE);
	refuses_to_send(&p, k[NEAR], file);
	refuses_to_receive(k[NEAR]);

	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 0, 0), 0);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 3, RTLS_MSG_PEEK), 3);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, sizeof(buf), 0), 5);
	CU_ASSERT_EQUAL(memcmp(buf, "hello", 5), 0);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, sizeof(buf), 0), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 1, RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, NULL, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "flight", 6, 0), 6);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "", 0, 0), 0);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, RTLS_MSG_PEEK), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, NULL, 1, 0), -EINVAL);
	pair_expect(&p, k[FAR], "flight", 6);
	CU_ASSERT_EQUAL(wire[NEAR], 6);
	/* The other end is not guarded. */
	pair_send(&p, k[FAR], "more", 4);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, sizeof(buf), 0), 4);
	refuses_to_send(&p, k[NEAR], file);
	rtls_file_put(file);
	finish(&p, k);
}

/* Keys open the direction that has them, and no other. */
static void
test_keys_of_one_direction(void)
{
	const struct peer keyed = peer_key(1, 0);
	const struct rtls_keys keys = peer_keys(&keyed);
	uint8_t record[PEER_WIRE_MAX], plain[PEER_WIRE_MAX], type = 0, buf[64];
	struct peer far;
	struct rtls_sock *k[2];
	struct rtls_file *file;
	struct rtls_guard g;
	uint32_t len = 0;
	struct pair p;
	ssize_t n;

	/* Sending. */
	start(&p, k);
	file = open_file(&p, 5);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_TX, &keys), 0);
	pair_send(&p, k[FAR], "clear", 5);
	pair_settle(&p);
	refuses_to_receive(k[NEAR]);
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], "ab", 2, RTLS_MSG_MORE), 2);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "cd", 2, 0), 2);
	pair_settle(&p);
	n = rtls_recv(k[FAR], record, sizeof(record), 0);
	far = keyed;
	CU_ASSERT_EQUAL(n, 5 + 4 + 1 + 16);
	CU_ASSERT_EQUAL(peer_open(&far, record, (size_t)n, &type, plain, &len), n);
	CU_ASSERT(len == 4 && memcmp(plain, "abcd", 4) == 0);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, sizeof(buf), 0), 5);
	rtls_file_put(file);
	finish(&p, k);

	/* Receiving. */
	start(&p, k);
	file = open_file(&p, 50000);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_RX, &keys), 0);
	far = keyed;
	pair_send(&p, k[FAR], record, peer_seal(&far, RTLS_TYPE_DATA, "sealed", 6, 0, record));
	pair_settle(&p);
	refuses_to_send(&p, k[NEAR], file);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 2, 0), 2);
	CU_ASSERT_EQUAL(rtls_recv(k[NEAR], buf + 2, sizeof(buf) - 2, 0), 4);
	CU_ASSERT_EQUAL(memcmp(buf, "sealed", 6), 0);
	rtls_file_put(file);
	finish(&p, k);
}

/* A second holder shuts the first one out, and opens nothing to the program. */
static void
test_second_holder(void)
{
	struct rtls_guard first, second, none = { 0 };
	struct rtls_sock *k[2];
	struct rtls_file *file;
	uint8_t buf[8];
	struct pair p;

	start(&p, k);
	file = open_file(&p, 50000);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &first), 0);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &second), 0);
	CU_ASSERT_NOT_EQUAL(first.token, second.token);
	pair_send(&p, k[FAR], "x", 1);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_guard_send(&first, "a", 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_send(&first, "", 0, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_recv(&first, buf, 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_kept(&first, RTLS_TX, "why"), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_check(&first), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_check(&second), 0);
	refuses_to_send(&p, k[NEAR], file);
	refuses_to_receive(k[NEAR]);
	CU_ASSERT_EQUAL(rtls_guard_send(&second, "a", 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_guard_recv(&second, buf, 8, 0), 1);
	/* Nobody's token. */
	none.sock = k[FAR];
	CU_ASSERT_EQUAL(rtls_guard_send(&none, "a", 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_recv(&none, buf, 1, 0), -ENOKEY);
	pair_expect(&p, k[FAR], "a", 1);
	rtls_file_put(file);
	finish(&p, k);
}

/* Until the socket is closed: connecting, after the peer's end, behind an abort. */
static void
test_life(void)
{
	const struct rtls_addr server = pair_addr(FAR, PAIR_PORT);
	struct rtls_sock *k[2], *early;
	struct rtls_guard g, old;
	struct pair p;
	uint8_t buf[8];

	start(&p, k);
	/* Accepted before, and sent. */
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], "proxy", 5, 0), 5);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	pair_expect(&p, k[FAR], "proxy", 5);
	CU_ASSERT_EQUAL(rtls_close(k[FAR]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(k[NEAR], buf, 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 1, 0), 0);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "bye", 3, 0), 3);
	CU_ASSERT_EQUAL(rtls_shutdown(k[NEAR], RTLS_SHUT_WR), 0);
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], "x", 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0), -EPIPE);
	old = g;
	CU_ASSERT_EQUAL(rtls_close(k[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_guard_send(&old, "x", 1, 0), -EBADF);
	CU_ASSERT_EQUAL(rtls_guard_recv(&old, buf, 1, 0), -EBADF);
	CU_ASSERT_EQUAL(rtls_guard_kept(&old, RTLS_TX, "why"), -EBADF);
	CU_ASSERT_EQUAL(rtls_guard_check(&old), -EBADF);
	pair_settle(&p);

	/* A connection that does not stand yet. */
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[NEAR], NULL, &server, &early), 0);
	CU_ASSERT_EQUAL(rtls_guard_send(&old, "x", 1, 0) < 0, true);
	CU_ASSERT_EQUAL(rtls_sock_guard(early, &g), 0);
	CU_ASSERT_NOT_EQUAL(g.token, old.token);
	CU_ASSERT_EQUAL(rtls_send(early, "x", 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0), -ENOTCONN);
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &k[FAR], 1), 1);
	CU_ASSERT_EQUAL(rtls_send(early, "x", 1, 0), -ENOKEY);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0), 1);
	pair_expect(&p, k[FAR], "x", 1);
	/* Whoever has the slot next is not guarded, and not the old holder's. */
	CU_ASSERT_EQUAL(rtls_abort(early), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0), -EBADF);
	CU_ASSERT_EQUAL(rtls_abort(k[FAR]), 0);
	pair_settle(&p);
	pair_connect(&p, 0, k);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0) < 0, true);
	g.sock = k[NEAR];
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "x", 1, 0), -ENOKEY);
	pair_send(&p, k[NEAR], "free", 4);
	pair_expect(&p, k[FAR], "free", 4);
	finish(&p, k);
}

static void
test_refusals(void)
{
	struct rtls_guard g = { 0 };
	struct rtls_sock *k[2];
	uint8_t buf[8];
	struct pair p;

	start(&p, k);
	CU_ASSERT_EQUAL(rtls_sock_guard(p.listener, &g), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_guard(NULL, &g), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], NULL), -EINVAL);
	CU_ASSERT(g.sock == NULL && g.token == 0);
	/* A refusal guards nothing. */
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], "a", 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_guard_send(NULL, "a", 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_recv(&g, buf, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g, RTLS_TX, "why"), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_check(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_check(&g), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g, RTLS_TX, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g, (enum rtls_dir)2, "why"), -EINVAL);
	pair_expect(&p, k[FAR], "a", 1);
	finish(&p, k);
}

/* What was read ahead to be sent in clear is not kept, and nobody waits for it. */
static void
test_read_ahead(void)
{
	struct rtls_sock *k[2];
	struct rtls_file *file;
	struct rtls_guard g;
	uint64_t mbufs;
	struct pair p;

	start(&p, k);
	file = open_file(&p, 500000);
	mbufs = pair_stat(&p, NEAR, "MbufsInUse");
	CU_ASSERT_EQUAL(rtls_sock_watch(k[NEAR], RTLS_WRITABLE, NULL), 0);
	CU_ASSERT_EQUAL(rtls_sendfile(k[NEAR], file, 0, 500000, 0), -EAGAIN);
	CU_ASSERT(pair_stat(&p, NEAR, "MbufsInUse") > mbufs);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, k[NEAR]), RTLS_WRITABLE);
	for (int i = 0; i < 200000 && pair_stat(&p, NEAR, "MbufsInUse") != mbufs; i++)
		file_wait(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "MbufsInUse"), mbufs);
	refuses_to_send(&p, k[NEAR], file);
	rtls_file_put(file);
	finish(&p, k);
}

/* Once per direction in the counters; aloud once a second. */
static void
test_kept(void)
{
	static const enum note notes[2] = {
		[RTLS_TX] = NOTE_NOT_HANDED_OVER_TX, [RTLS_RX] = NOTE_NOT_HANDED_OVER_RX
	};
	const struct peer keyed = peer_key(1, 0);
	const struct rtls_keys keys = peer_keys(&keyed);
	struct rtls_guard g[2];
	struct rtls_sock *k[2];
	struct pair p;
	char text[RTLS_ADDR_TEXT + 32];

	start(&p, k);
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[FAR], &g[FAR]), 0);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_guard_kept(&g[FAR], RTLS_TX, "it is my will"), 0);
		CU_ASSERT_EQUAL(rtls_guard_kept(&g[FAR], RTLS_RX, "just so"), 0);
	}
	CU_ASSERT_EQUAL(pair_stat(&p, FAR, "TlsTxNotHandedOver"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, FAR, "TlsRxNotHandedOver"), 1);
	/* The peer's address, the reason, what to do. */
	{
		const struct rtls_addr remote = pair_info(k[FAR]).remote;
		char addr[RTLS_ADDR_TEXT];

		CU_ASSERT_EQUAL(rtls_addr_format(&remote, addr, sizeof(addr)), 0);
		snprintf(text, sizeof(text), "recordtls: %s: the TLS library ", addr);
	}
	CU_ASSERT_EQUAL(log_tap_lines(), 2);
	for (int d = 0; d < 2; d++) {
		const char *line = log_tap_last(notes[d]);

		CU_ASSERT_EQUAL(log_tap_count(notes[d]), 1);
		CU_ASSERT_PTR_EQUAL(strstr(line, text), line);
		CU_ASSERT_PTR_NOT_NULL(strstr(line, d == RTLS_TX ? "it is my will" : "just so"));
		CU_ASSERT_PTR_NOT_NULL(strstr(line, "-ENOKEY"));
		CU_ASSERT_PTR_NOT_NULL(
			strstr(line, d == RTLS_TX ? "rtls_ssl_send()" : "rtls_ssl_recv()"));
	}
	/* The others of this second are quiet, and counted. */
	for (int i = 0; i < 2; i++) {
		struct rtls_sock *more[2];

		pair_connect(&p, 0, more);
		CU_ASSERT_EQUAL(rtls_sock_guard(more[FAR], &g[NEAR]), 0);
		CU_ASSERT_EQUAL(rtls_guard_kept(&g[NEAR], RTLS_TX, i == 0 ? "quiet" : "loud"), 0);
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_abort(more[end]), 0);
		pair_pass(&p, 1000000);
	}
	CU_ASSERT_EQUAL(log_tap_count(NOTE_NOT_HANDED_OVER_TX), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_NOT_HANDED_OVER_TX), "loud"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(log_tap_last(NOTE_NOT_HANDED_OVER_TX), " (and 1 more since)"));
	CU_ASSERT_EQUAL(pair_stat(&p, FAR, "TlsTxNotHandedOver"), 3);
	CU_ASSERT_EQUAL(pair_stat(&p, FAR, "TlsRxNotHandedOver"), 1);
	/* A direction with keys is nobody else's. */
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_RX, &keys), 0);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g[NEAR], RTLS_RX, "no"), -EINVAL);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "TlsRxNotHandedOver"), 0);
	log_tap_end();
	finish(&p, k);
}

static void
test_failed(void)
{
	struct rtls_guard g, old;
	struct rtls_sock *k[2];
	struct pair p;

	start(&p, k);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[FAR], &old), 0);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[FAR], &g), 0);
	log_tap_start(RTE_LOG_INFO);
	CU_ASSERT_EQUAL(rtls_guard_failed(&g, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_failed(NULL, "why"), -EINVAL);
	CU_ASSERT_EQUAL(rtls_guard_failed(&old, "why"), -ENOKEY);
	CU_ASSERT_EQUAL(log_tap_lines(), 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_guard_failed(&g, "no shared cipher"), 0);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_HANDSHAKE_FAILED), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_HANDSHAKE_FAILED), ": no shared cipher; "));
	log_tap_end();
	finish(&p, k);
	CU_ASSERT_EQUAL(rtls_guard_failed(&g, "why"), -EBADF);
}

/* Closing sends what the program has sealed, and what the holder has sent. */
static void
test_close_sends(void)
{
	const struct peer keyed = peer_key(1, 0);
	const struct rtls_keys keys = peer_keys(&keyed);
	struct rtls_sock *k[2];
	struct rtls_guard g;
	struct pair p;
	uint8_t buf[64];

	start(&p, k);
	CU_ASSERT_EQUAL(rtls_sock_guard(k[NEAR], &g), 0);
	CU_ASSERT_EQUAL(rtls_guard_send(&g, "flight", 6, 0), 6);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_TX, &keys), 0);
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], "last words", 10, RTLS_MSG_MORE), 10);
	CU_ASSERT_EQUAL(rtls_close(k[NEAR]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(k[FAR], buf, sizeof(buf), 0), 6 + 5 + 10 + 1 + 16);
	CU_ASSERT_EQUAL(memcmp(buf, "flight", 6), 0);
	CU_ASSERT_EQUAL(rtls_recv(k[FAR], buf, sizeof(buf), 0), 0);
	CU_ASSERT_EQUAL(rtls_close(k[FAR]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "bytes without keys are its holder's", test_only_its_holder },
		{ "keys of one direction", test_keys_of_one_direction },
		{ "a second holder shuts out the first", test_second_holder },
		{ "from connect to close, and not longer", test_life },
		{ "refusals", test_refusals },
		{ "nothing is read ahead any more", test_read_ahead },
		{ "kept by another library: counted once, logged once", test_kept },
		{ "a handshake that failed", test_failed },
		{ "closing sends what was accepted", test_close_sends },
	};

	if (eal_start("guard") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/guard", cases, HARNESS_COUNT(cases));
}
