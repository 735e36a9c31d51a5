/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Connections as their owner sees them: open, half closed, closed, aborted, refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum { ALL_BITS = 0x7f };

/* --- what each state refuses -------------------------------------------------- */

static void
check_not_connected(struct rtls_sock *k)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	uint8_t buf[4] = { 0 };
	struct iovec iov = { .iov_base = buf, .iov_len = 4 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	CU_ASSERT_EQUAL(rtls_send(k, "x", 1, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_recv(k, buf, 4, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_recvmsg(k, &m, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_shutdown(k, RTLS_SHUT_WR), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_set_keys(k, RTLS_TX, &keys), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_set_keys(k, RTLS_RX, &keys), -ENOTCONN);
}

static void
test_not_connected(void)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2], *k;
	struct pair p;

	pair_init(&p, NULL);
	check_not_connected(p.listener);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
	check_not_connected(k);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	pair_settle(&p);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[0], 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[0], 2), -EINVAL);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[0], 3), -EINVAL);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[0], -1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_send(socks[0], "x", 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	pair_expect(&p, socks[1], "x", 1);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

static void
test_options(void)
{
	static const struct {
		int opt;
		uint64_t value;
		int error;
	} rows[] = {
		{ RTLS_OPT_SNDBUF, 17 * 1024, 0 },
		{ RTLS_OPT_SNDBUF, UINT32_MAX, 0 },
		{ RTLS_OPT_SNDBUF, 17 * 1024 - 1, -EINVAL },
		{ RTLS_OPT_SNDBUF, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_SNDBUF, 0, -EINVAL },
		{ RTLS_OPT_RCVBUF, 34 * 1024, 0 },
		{ RTLS_OPT_RCVBUF, UINT32_MAX, 0 },
		{ RTLS_OPT_RCVBUF, 34 * 1024 - 1, -EINVAL },
		{ RTLS_OPT_RCVBUF, UINT64_MAX, -EINVAL },
		{ RTLS_OPT_MAX_PAYLOAD, 64, 0 },
		{ RTLS_OPT_MAX_PAYLOAD, 16384, 0 },
		{ RTLS_OPT_MAX_PAYLOAD, 63, -EINVAL },
		{ RTLS_OPT_MAX_PAYLOAD, 16385, -EINVAL },
		{ RTLS_OPT_MAX_PAYLOAD, 65536 + 64, -EINVAL },
		{ RTLS_OPT_USER_TIMEOUT_US, 1, 0 },
		{ RTLS_OPT_USER_TIMEOUT_US, UINT32_MAX, 0 },
		{ RTLS_OPT_USER_TIMEOUT_US, 0, -EINVAL },
		{ RTLS_OPT_USER_TIMEOUT_US, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_MAX_SEG, 65535, 0 },
		{ RTLS_OPT_MAX_SEG, 1, 0 },
		{ RTLS_OPT_MAX_SEG, 0, -EINVAL },
		{ RTLS_OPT_MAX_SEG, 65536, -EINVAL },
		{ RTLS_OPT_MAX_SEG, UINT64_MAX, -EINVAL },
		{ RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE, 0 },
		{ RTLS_OPT_MODE_ORDER, RTLS_ORDER_NIC_SOFTWARE, 0 },
		{ RTLS_OPT_MODE_ORDER, RTLS_ORDER_MAX, -EINVAL },
		{ RTLS_OPT_MODE_ORDER, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_KEEPALIVE_IDLE_US, 0, 0 },
		{ RTLS_OPT_KEEPALIVE_IDLE_US, UINT32_MAX, 0 },
		{ RTLS_OPT_KEEPALIVE_IDLE_US, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_KEEPALIVE_INTERVAL_US, 1, 0 },
		{ RTLS_OPT_KEEPALIVE_INTERVAL_US, 0, -EINVAL },
		{ RTLS_OPT_KEEPALIVE_INTERVAL_US, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_KEEPALIVE_PROBES, 255, 0 },
		{ RTLS_OPT_KEEPALIVE_PROBES, 0, -EINVAL },
		{ RTLS_OPT_KEEPALIVE_PROBES, 256, -EINVAL },
		{ RTLS_OPT_TX_MODE_ORDER, RTLS_ORDER_SOFTWARE, 0 },
		{ RTLS_OPT_TX_MODE_ORDER, RTLS_ORDER_NIC_SOFTWARE, 0 },
		{ RTLS_OPT_TX_MODE_ORDER, RTLS_ORDER_MAX, -EINVAL },
		{ RTLS_OPT_RX_MODE_ORDER, RTLS_ORDER_SOFTWARE, 0 },
		{ RTLS_OPT_RX_MODE_ORDER, RTLS_ORDER_NIC_SOFTWARE, 0 },
		{ RTLS_OPT_RX_MODE_ORDER, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_AUDIT_RATE, UINT64_C(1) << 32, -EINVAL },
		{ RTLS_OPT_DSCP, 64, -EINVAL },
		{ RTLS_OPT_TTL, 0, -EINVAL },
		{ RTLS_OPT_TTL, 256, -EINVAL },
		{ RTLS_OPT_MAX_PACING_RATE + 1, 0, -ENOTSUP },
		{ 1000, 64, -ENOTSUP },
	};
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(rtls_sock_set(socks[0], (enum rtls_opt)rows[i].opt, rows[i].value),
				rows[i].error);
		CU_ASSERT_EQUAL(
			rtls_sock_set(p.listener, (enum rtls_opt)rows[i].opt, rows[i].value),
			rows[i].error);
	}
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	/* Connections have what their listener had. */
	CU_ASSERT_EQUAL(rtls_sock_set(p.listener, RTLS_OPT_SNDBUF, 20000), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(p.listener, RTLS_OPT_RCVBUF, 40000), 0);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(pair_info(socks[1]).snd_room, 20000);
	CU_ASSERT_NOT_EQUAL(pair_info(socks[0]).snd_room, 20000);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* --- connections that do not come up ------------------------------------------ */

static bool
is_closed(void *arg)
{
	return pair_info(arg).state == RTLS_SOCK_CLOSED;
}

static void
fail_to_connect(struct pair *p, const struct rtls_addr *remote, int error, enum rtls_end_who who,
		enum rtls_end_reason reason)
{
	struct rtls_sock *k;
	char c;

	CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], NULL, remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(k, ALL_BITS, NULL), 0);
	CU_ASSERT_EQUAL(pair_bits(p, 0, k), 0);
	CU_ASSERT(pair_until(p, is_closed, k, UINT64_C(400) * 1000000));
	CU_ASSERT_EQUAL(pair_bits(p, 0, k), RTLS_READABLE | RTLS_HUP | RTLS_ERROR);
	CU_ASSERT_EQUAL(pair_info(k).end_who, who);
	CU_ASSERT_EQUAL(pair_info(k).end_reason, reason);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_recv(k, &c, 1, 0), error);
		CU_ASSERT_EQUAL(rtls_send(k, "x", 1, 0), error);
	}
	CU_ASSERT_EQUAL(rtls_close(k), 0);
}

static void
test_no_connection(void)
{
	struct cable_path mute = { .loss_ppm = CABLE_PPM, .spare_arp = true };
	struct rtls_addr remote = pair_addr(1, PAIR_PORT + 1);
	struct pair p;

	pair_init(&p, NULL);
	fail_to_connect(&p, &remote, -ECONNREFUSED, RTLS_END_PEER, RTLS_REASON_REFUSED);
	remote = pair_addr(70, PAIR_PORT);
	fail_to_connect(&p, &remote, -EHOSTUNREACH, RTLS_END_NETWORK, RTLS_REASON_UNREACHABLE);
	remote = pair_addr(1, PAIR_PORT);
	cable_set_path(p.cable, 0, &mute);
	fail_to_connect(&p, &remote, -ETIMEDOUT, RTLS_END_NETWORK, RTLS_REASON_TIMEOUT);
	pair_fini(&p);
}

/* --- the end of a connection --------------------------------------------------- */

/* One direction is closed, the other one goes on as long as it likes. */
static void
half_close(int first)
{
	uint8_t bytes[60000], c;
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_sock_watch(socks[first], ALL_BITS & ~RTLS_CONNECTED, NULL), 0);
	CU_ASSERT_EQUAL(rtls_send(socks[first], bytes, 5000, 0), 5000);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[first], RTLS_SHUT_WR), 0);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[first], RTLS_SHUT_WR), 0);
	CU_ASSERT_EQUAL(rtls_send(socks[first], "x", 1, 0), -EPIPE);
	CU_ASSERT_EQUAL(rtls_send(socks[first], "", 0, 0), -EPIPE);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_bits(&p, first, socks[first]), 0);
	pair_expect(&p, socks[1 - first], bytes, 5000);
	CU_ASSERT_EQUAL(rtls_recv(socks[1 - first], &c, 1, 0), 0);
	pair_pass(&p, UINT64_C(300) * 1000000);
	for (int i = 0; i < 3; i++) {
		pair_send(&p, socks[1 - first], bytes, sizeof(bytes));
		pair_expect(&p, socks[first], bytes, sizeof(bytes));
		CU_ASSERT_EQUAL(pair_info(socks[first]).state, RTLS_SOCK_OPEN);
	}
	CU_ASSERT_EQUAL(rtls_recv(socks[first], &c, 1, 0), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_shutdown(socks[1 - first], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(socks[first], &c, 1, 0), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pair_info(socks[i]).state, RTLS_SOCK_CLOSED);
		CU_ASSERT_EQUAL(pair_info(socks[i]).end_reason, RTLS_REASON_CLOSED);
		CU_ASSERT_EQUAL(pair_info(socks[i]).end_who, RTLS_END_NOBODY);
		CU_ASSERT_EQUAL(pair_info(socks[i]).eof, RTLS_EOF_BARE);
		CU_ASSERT_EQUAL(rtls_recv(socks[i], &c, 1, 0), 0);
		CU_ASSERT_EQUAL(rtls_send(socks[i], "x", 1, 0), -EPIPE);
		CU_ASSERT_EQUAL(rtls_shutdown(socks[i], RTLS_SHUT_WR), 0);
	}
	CU_ASSERT_EQUAL(pair_bits(&p, first, socks[first]), RTLS_READABLE | RTLS_HUP);
	/* The side that closed first waits. */
	CU_ASSERT_EQUAL(pair_stat(&p, first, "TimeWaitInUse"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1 - first, "TimeWaitInUse"), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

static void
test_half_close(void)
{
	half_close(0);
	half_close(1);
}

/* What was accepted still arrives behind a close, the open record, too. */
static void
test_close_delivers(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *socks[2];
	uint8_t bytes[100000], c;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_set_keys(socks, 0, &keys);
	pair_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_send(socks[0], bytes, sizeof(bytes), RTLS_MSG_MORE), sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_expect(&p, socks[1], bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_recv(socks[1], &c, 1, 0), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxResets") + pair_stat(&p, 1, "TxResets"), 0);
	pair_fini(&p);
}

/* RFC 2525 2.17: bytes that the peer believes delivered, and nobody will read. */
static void
test_close_unread(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *socks[2];
	uint8_t buf[100];
	struct pair p;

	for (int how = 0; how < 4; how++) {
		pair_init(&p, NULL);
		pair_connect(&p, 0, socks);
		if (how > 0)
			pair_set_keys(socks, 0, &keys);
		CU_ASSERT_EQUAL(rtls_send(socks[0], "unread", 6, 0), 6);
		pair_settle(&p);
		/* All of it; a record opened in part; one only looked at. */
		if (how == 2)
			CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, 5, 0), 5);
		if (how == 3)
			CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, 100, RTLS_MSG_PEEK), 6);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(pair_info(socks[0]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(pair_info(socks[0]).end_who, RTLS_END_PEER);
		CU_ASSERT_EQUAL(rtls_recv(socks[0], buf, 100, 0), -ECONNRESET);
		CU_ASSERT_EQUAL(rtls_send(socks[0], "x", 1, 0), -EPIPE);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 1);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		pair_fini(&p);
	}
}

/* What was accepted in front of the close reaches the peer all the same, and the RST is behind it. */
static void
test_close_unread_with_answer(void)
{
	const struct pair_conf conf = { .path = { { .delay_us = 5000 }, { .delay_us = 5000 } } };
	struct rtls_sock *socks[2];
	uint8_t bytes[150000], c;
	struct pair p;

	pair_fill(bytes, 0, sizeof(bytes));
	for (int how = 0; how < 3; how++) {
		size_t len = how == 1 ? sizeof(bytes) : 24;

		pair_init(&p, &conf);
		pair_connect(&p, 0, socks);
		CU_ASSERT_EQUAL(rtls_send(socks[0], "unread", 6, 0), 6);
		pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_send(socks[1], bytes, len, 0), (ssize_t)len);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		/* And the peer goes on: */
		for (int i = 0; how == 2 && i < 20; i++) {
			rtls_send(socks[0], bytes, 5000, 0);
			pair_turn(&p);
		}
		pair_expect(&p, socks[0], bytes, len);
		pair_pass(&p, 100000);
		CU_ASSERT_EQUAL(pair_info(socks[0]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(rtls_recv(socks[0], &c, 1, 0), 0); /* the FIN was in front of it */
		/* What was under way then is nobody's any more. */
		CU_ASSERT(pair_stat(&p, 1, "TxResets") == 1 ||
			  (how == 2 && pair_stat(&p, 1, "TxResets") > 1));
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "SocksInUse"), 1);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "RxRoomInUse"), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		pair_fini(&p);
	}
}

/* Nobody will read what comes now: its sender hears of it, behind what was sent before. */
static void
test_data_after_close(void)
{
	const struct pair_conf conf = { .path = { { .delay_us = 5000 }, { .delay_us = 5000 } } };
	struct rtls_sock *socks[2];
	uint8_t buf[100];
	struct pair p;

	for (int how = 0; how < 2; how++) {
		pair_init(&p, &conf);
		pair_connect(&p, 0, socks);
		CU_ASSERT_EQUAL(rtls_send(socks[1], "answer", 6, 0), 6);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		if (how == 0) /* else it crosses the answer */
			pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_send(socks[0], "question", 8, 0), 8);
		pair_settle(&p);
		CU_ASSERT_EQUAL(pair_info(socks[0]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 1);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "SocksInUse"), 1);
		CU_ASSERT_EQUAL(rtls_recv(socks[0], buf, sizeof(buf), 0), 6);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		pair_fini(&p);
	}
}

/* Nothing that is queued is sent any more. */
static void
test_abort(void)
{
	struct rtls_sock *socks[2];
	uint8_t bytes[50000], buf[100];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_fill(bytes, 0, sizeof(bytes));
	pair_send(&p, socks[0], "first", 5);
	CU_ASSERT_EQUAL(rtls_send(socks[0], bytes, sizeof(bytes), 0), sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	/* Who sleeps until something is due sends the RST now. */
	CU_ASSERT(rtls_stack_deadline(p.stack[0]) <= p.now_us);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, 100, 0), 5);
	CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, 100, 0), -ECONNRESET);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	CU_ASSERT_EQUAL(rtls_close(p.listener), 0);
	p.listener = NULL;
	/* Nothing waits for anything: all is back at once. */
	CU_ASSERT_PTR_NULL(pair_leak(&p, 0));
	CU_ASSERT_PTR_NULL(pair_leak(&p, 1));
	pair_fini(&p);
}

/* Both close at the same time. */
static void
test_simultaneous_close(void)
{
	struct pair_conf conf = { .path = { { .delay_us = 5000 }, { .delay_us = 5000 } } };
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TimeWaitInUse"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TimeWaitInUse"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxResets") + pair_stat(&p, 1, "TxResets"), 0);
	pair_fini(&p);
}

/* --- TIME-WAIT ----------------------------------------------------------------- */

/* The listener's side waits, and a new connection from the same port takes its place. */
static void
test_time_wait_reuse(void)
{
	enum { PORT = 40000 };
	struct rtls_sock *socks[2];
	uint8_t bytes[3000], c;
	struct pair p;

	pair_init(&p, NULL);
	pair_fill(bytes, 0, sizeof(bytes));
	for (int i = 0; i < 5; i++) {
		pair_connect(&p, PORT, socks);
		pair_send(&p, socks[0], bytes, sizeof(bytes));
		pair_expect(&p, socks[1], bytes, sizeof(bytes));
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_recv(socks[0], &c, 1, 0), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "TimeWaitInUse"), 1);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TimeWaitInUse"), 0);
		/* A clock that moves makes the new SYN's timestamp a later one. */
		pair_pass(&p, 10000);
	}
	pair_fini(&p);
}

/* The connecting side waits: its port is in use until old segments are told by their timestamps. */
static void
test_time_wait_busy(void)
{
	enum { PORT = 40000 };
	struct rtls_addr local = pair_addr(0, PORT), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2], *k;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, PORT, socks);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), -EADDRINUSE);
	pair_pass(&p, 900000);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), -EADDRINUSE);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TimeWaitInUse"), 1);
	pair_pass(&p, 200000);
	pair_turn(&p); /* which tells the time */
	pair_connect(&p, PORT, socks);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TimeWaitInUse"), 0);
	/* Which is open now. */
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], &local, &remote, &k), -EADDRINUSE);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_abort(socks[1]), 0);
	pair_fini(&p);
}

/* The stack has no time yet, and so the connection has not begun: what is known of it can be asked all the same. */
static void
test_before_first_poll(void)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *sock;
	struct pair p;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &sock), 0);
	CU_ASSERT_EQUAL(rtls_sock_info(sock, &info), 0);
	CU_ASSERT_EQUAL(info.state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_PTR_NOT_NULL_FATAL(info.cc);
	CU_ASSERT_NOT_EQUAL(strlen(info.cc), 0);
	CU_ASSERT_EQUAL(rtls_abort(sock), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "calls that need a connection", test_not_connected },
		{ "a connection before the first poll", test_before_first_poll },
		{ "options", test_options },
		{ "refused, unreachable, no answer", test_no_connection },
		{ "half close", test_half_close },
		{ "close delivers", test_close_delivers },
		{ "close with bytes unread is a reset", test_close_unread },
		{ "what was accepted goes in front of it", test_close_unread_with_answer },
		{ "data behind the close", test_data_after_close },
		{ "abort", test_abort },
		{ "both close", test_simultaneous_close },
		{ "a new connection ends TIME-WAIT", test_time_wait_reuse },
		{ "a port in TIME-WAIT", test_time_wait_busy },
	};

	if (eal_start("test-socket") != 0)
		return 1;
	return harness_run("eal/socket", cases, HARNESS_COUNT(cases));
}
