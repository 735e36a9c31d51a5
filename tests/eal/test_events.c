/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* rtls_sock_watch() and rtls_events(): level-triggered, masked, in turn. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "support/eal.h"
#include "support/harness.h"

enum { ALL_BITS = 0x7f };

/* The one event that there is, or none. */
static uint32_t
only_event(struct pair *p, int end, const struct rtls_sock *k, void *user)
{
	struct rtls_event ev[4];
	unsigned int n = rtls_events(p->stack[end], ev, 4);

	CU_ASSERT(n <= 1);
	if (n == 0)
		return 0;
	CU_ASSERT_PTR_EQUAL(ev[0].sock, k);
	CU_ASSERT_PTR_EQUAL(ev[0].user, user);
	CU_ASSERT_NOT_EQUAL(ev[0].bits, 0);
	return ev[0].bits;
}

static void
test_life(void)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k, *s = NULL;
	int user[3];
	struct pair p;
	char buf[10];

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(rtls_sock_watch(p.listener, ALL_BITS, &user[0]), 0);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(k, ALL_BITS, &user[1]), 0);
	CU_ASSERT_EQUAL(only_event(&p, 0, k, &user[1]), 0);
	CU_ASSERT_EQUAL(only_event(&p, 1, p.listener, &user[0]), 0);
	pair_settle(&p);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(only_event(&p, 0, k, &user[1]), RTLS_CONNECTED | RTLS_WRITABLE);
		CU_ASSERT_EQUAL(only_event(&p, 1, p.listener, &user[0]), RTLS_ACCEPT);
	}
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, &s, 1), 1);
	CU_ASSERT_EQUAL(only_event(&p, 1, NULL, NULL), 0);
	/* An accepted connection did not come from rtls_connect(). */
	CU_ASSERT_EQUAL(rtls_sock_watch(s, ALL_BITS, &user[2]), 0);
	CU_ASSERT_EQUAL(only_event(&p, 1, s, &user[2]), RTLS_WRITABLE);
	CU_ASSERT_EQUAL(rtls_send(k, "hello", 5, 0), 5);
	pair_settle(&p);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(only_event(&p, 1, s, &user[2]), RTLS_READABLE | RTLS_WRITABLE);
		CU_ASSERT_EQUAL(rtls_recv(s, buf, 1, 0), 1);
	}
	CU_ASSERT_EQUAL(only_event(&p, 1, s, &user[2]), RTLS_WRITABLE);
	/* The mask and the pointer are the last call's; nothing watched, nothing reported. */
	CU_ASSERT_EQUAL(rtls_sock_watch(s, RTLS_READABLE, &user[0]), 0);
	CU_ASSERT_EQUAL(only_event(&p, 1, s, &user[0]), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(s, RTLS_WRITABLE, &user[1]), 0);
	CU_ASSERT_EQUAL(only_event(&p, 1, s, &user[1]), RTLS_WRITABLE);
	CU_ASSERT_EQUAL(rtls_sock_watch(s, 0, &user[1]), 0);
	CU_ASSERT_EQUAL(rtls_shutdown(k, RTLS_SHUT_WR), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(only_event(&p, 1, s, NULL), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(s, ALL_BITS, NULL), 0);
	CU_ASSERT_EQUAL(only_event(&p, 1, s, NULL), RTLS_READABLE | RTLS_WRITABLE);
	CU_ASSERT_EQUAL(only_event(&p, 0, k, &user[1]), RTLS_CONNECTED);
	CU_ASSERT_EQUAL(rtls_close(s), 0);
	/* A closed handle is never reported again. */
	CU_ASSERT_EQUAL(only_event(&p, 1, NULL, NULL), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(only_event(&p, 1, NULL, NULL), 0);
	CU_ASSERT_EQUAL(only_event(&p, 0, k, &user[1]), RTLS_READABLE | RTLS_CONNECTED | RTLS_HUP);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	pair_fini(&p);
}

/* HUP and ERROR come to whoever watches anything. */
static void
test_hup_error(void)
{
	static const uint32_t masks[] = { RTLS_READABLE, RTLS_WRITABLE, RTLS_CONTROL, RTLS_ACCEPT };
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		for (int reset = 0; reset < 2; reset++) {
			uint32_t bits = RTLS_HUP | (reset ? RTLS_ERROR : 0);

			pair_connect(&p, 0, socks);
			CU_ASSERT_EQUAL(rtls_sock_watch(socks[0], masks[i], NULL), 0);
			only_event(&p, 0, socks[0], NULL);
			if (reset != 0) {
				CU_ASSERT_EQUAL(rtls_abort(socks[1]), 0);
			} else {
				CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
				CU_ASSERT_EQUAL(rtls_shutdown(socks[0], RTLS_SHUT_WR), 0);
			}
			pair_settle(&p);
			for (int j = 0; j < 3; j++)
				CU_ASSERT_EQUAL(only_event(&p, 0, socks[0], NULL),
						bits | (masks[i] & RTLS_READABLE));
			CU_ASSERT_EQUAL(rtls_sock_watch(socks[0], 0, NULL), 0);
			CU_ASSERT_EQUAL(only_event(&p, 0, NULL, NULL), 0);
			CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		}
	}
	pair_fini(&p);
}

/* A full send buffer is not writable, and is again when the peer reads. */
static void
test_writable(void)
{
	const struct pair_conf conf = { .stack = { { .sndbuf = 40000 }, { .rcvbuf = 40000 } } };
	static uint8_t bytes[200000];
	struct rtls_sock *socks[2];
	struct pair p;
	size_t sent = 0;
	ssize_t n;

	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	pair_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_sock_watch(socks[0], RTLS_WRITABLE, NULL), 0);
	do {
		while ((n = rtls_send(socks[0], bytes + sent, 5000, 0)) > 0)
			sent += (size_t)n;
		CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
		CU_ASSERT_EQUAL(pair_info(socks[0]).snd_room, 0);
		CU_ASSERT_EQUAL(only_event(&p, 0, socks[0], NULL), 0);
		pair_pass(&p, 1000000);
	} while (only_event(&p, 0, socks[0], NULL) != 0);
	pair_pass(&p, 20000000);
	CU_ASSERT_EQUAL(only_event(&p, 0, socks[0], NULL), 0);
	pair_expect(&p, socks[1], bytes, sent);
	CU_ASSERT_EQUAL(only_event(&p, 0, socks[0], NULL), RTLS_WRITABLE);
	CU_ASSERT(pair_info(socks[0]).snd_room > 0);
	CU_ASSERT_EQUAL(rtls_send(socks[0], "x", 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_expect(&p, socks[1], "x", 1);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Readable means a whole record, and control is told once it is known. */
static void
test_records(void)
{
	uint8_t wire[PEER_WIRE_MAX], buf[100];
	struct iovec iov = { .iov_base = buf, .iov_len = 100 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct pair p;
	struct half h;
	uint32_t len;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_READABLE | RTLS_CONTROL, NULL), 0);
	len = peer_seal(&h.seals, RTLS_TYPE_ALERT, "\1\132", 2, 0, wire);
	for (uint32_t i = 0; i < len; i++) {
		CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
		pair_send(&p, h.socks[FAR], wire + i, 1);
	}
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_READABLE);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 100, 0), -EIO);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_READABLE | RTLS_CONTROL);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 2);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	half_close(&p, &h);
	pair_fini(&p);
}

/* Who watches for control records alone hears of one past data, and the data stays. */
static void
test_control_alone(void)
{
	static const uint8_t key_update[] = { 24, 0, 0, 1, 1 };
	uint8_t buf[100];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_CONTROL, NULL), 0);
	half_record(&p, &h, RTLS_TYPE_DATA, "data", 4);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, RTLS_MSG_CONTROL), -EAGAIN);
	CU_ASSERT_EQUAL(m.type, 0);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, key_update, sizeof(key_update));
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_CONTROL);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 1, RTLS_MSG_CONTROL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, RTLS_MSG_CONTROL), 5);
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_HANDSHAKE);
	CU_ASSERT_EQUAL(memcmp(buf, key_update, 5), 0);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_CONTROL | RTLS_READABLE, NULL), 0);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_READABLE);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, sizeof(buf), 0), 4);
	CU_ASSERT_EQUAL(memcmp(buf, "data", 4), 0);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, sizeof(buf), 0), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);

	/* A bad one is for a receive to tell. */
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_CONTROL, NULL), 0);
	h.seals.key[0] ^= 1;
	half_record(&p, &h, RTLS_TYPE_DATA, "data", 4);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	half_answers(&h, -EBADMSG);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_ERROR);
	half_close(&p, &h);
	pair_fini(&p);
}

/* A receive call itself finds out that control is ahead, or that the stream is broken. */
static void
test_found_by_recv(void)
{
	struct pair p;
	struct half h;
	uint8_t c;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_CONTROL | RTLS_READABLE, NULL), 0);
	half_record(&p, &h, RTLS_TYPE_ALERT, "\1\132", 2);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_READABLE);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], &c, 1, 0), -EIO);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_READABLE | RTLS_CONTROL);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);

	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_CONTROL, NULL), 0);
	pair_send(&p, h.socks[FAR], "GET / HTTP/1.1", 14);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), 0);
	half_answers(&h, -EINVAL);
	CU_ASSERT_EQUAL(only_event(&p, NEAR, h.socks[NEAR], NULL), RTLS_ERROR);
	half_close(&p, &h);
	pair_fini(&p);
}

/* More are ready than are asked for: each has its turn, equally often. */
static void
test_fairness(void)
{
	enum { N = 7 };
	struct rtls_sock *socks[N][2];
	unsigned int seen[N] = { 0 }, n;
	struct rtls_event ev[3];
	struct pair p;
	char c;

	pair_init(&p, NULL);
	for (int i = 0; i < N; i++) {
		pair_connect(&p, 0, socks[i]);
		CU_ASSERT_EQUAL(rtls_sock_watch(socks[i][1], RTLS_READABLE, &seen[i]), 0);
		pair_send(&p, socks[i][0], "data", 4);
	}
	CU_ASSERT_EQUAL(rtls_events(p.stack[1], ev, 0), 0);
	for (int call = 0; call < 5 * N; call++) {
		n = rtls_events(p.stack[1], ev, 3);
		CU_ASSERT_EQUAL(n, 3);
		for (unsigned int i = 0; i < n; i++) {
			CU_ASSERT_EQUAL(ev[i].bits, RTLS_READABLE);
			++*(unsigned int *)ev[i].user;
		}
		for (int i = 0; i < N; i++)
			for (int j = 0; j < i; j++)
				CU_ASSERT(seen[i] <= seen[j] + 1 && seen[j] <= seen[i] + 1);
	}
	for (int i = 0; i < N; i++)
		CU_ASSERT_EQUAL(seen[i], 15);
	/* Those that are ready no longer fall out, the others stay. */
	for (int i = 0; i < N - 1; i++)
		for (int j = 0; j < 4; j++)
			CU_ASSERT_EQUAL(rtls_recv(socks[i][1], &c, 1, 0), 1);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_events(p.stack[1], ev, 3), 1);
		CU_ASSERT_PTR_EQUAL(ev[0].sock, socks[N - 1][1]);
	}
	for (int i = 0; i < N; i++) {
		CU_ASSERT_EQUAL(rtls_abort(socks[i][0]), 0);
		CU_ASSERT_EQUAL(rtls_abort(socks[i][1]), 0);
	}
	CU_ASSERT_EQUAL(rtls_events(p.stack[1], ev, 3), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "from connect to close", test_life },
		{ "HUP and ERROR", test_hup_error },
		{ "writable", test_writable },
		{ "records", test_records },
		{ "control records past data", test_control_alone },
		{ "found out by receiving", test_found_by_recv },
		{ "each has its turn", test_fairness },
	};

	if (eal_start("test-events") != 0)
		return 1;
	return harness_run("eal/events", cases, HARNESS_COUNT(cases));
}
