/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Every public call that takes a socket's handle, and what it answers to one that is none. */
#ifndef RTLS_EAL_HANDLE_CALLS_H
#define RTLS_EAL_HANDLE_CALLS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <CUnit/CUnit.h>
#include <recordtls/recordtls.h>

#include "support/harness.h"
#include "unit/session/peer.h"

/* To send. Never looked at: no call here gets that far. */
static struct rtls_file *const file = (struct rtls_file *)(uintptr_t)64;

static struct iovec some = { .iov_base = (uint8_t[8]){ 1, 2 }, .iov_len = 8 };

static inline long
do_send(struct rtls_sock *k)
{
	return rtls_send(k, "secret", 6, 0);
}

static inline long
do_sendmsg(struct rtls_sock *k)
{
	return rtls_sendmsg(k, &(struct rtls_msg){ .iov = &some, .iovlen = 1 }, RTLS_MSG_MORE);
}

static inline long
do_control(struct rtls_sock *k)
{
	struct rtls_msg m = { .iov = &some, .iovlen = 1, .type = RTLS_TYPE_ALERT };

	return rtls_sendmsg(k, &m, 0);
}

static inline long
do_sendfile(struct rtls_sock *k)
{
	return rtls_sendfile(k, file, 0, 10, 0);
}

static inline long
do_recv(struct rtls_sock *k)
{
	uint8_t buf[10];

	return rtls_recv(k, buf, sizeof(buf), 0);
}

static inline long
do_peek(struct rtls_sock *k)
{
	uint8_t buf[10];

	return rtls_recv(k, buf, sizeof(buf), RTLS_MSG_PEEK);
}

static inline long
do_recvmsg(struct rtls_sock *k)
{
	struct rtls_msg m = { .iov = &some, .iovlen = 1, .type = 77 };
	long rc = rtls_recvmsg(k, &m, 0);

	CU_ASSERT(m.type == 77 || rc == -ENOTCONN);
	return rc;
}

static inline long
do_shutdown(struct rtls_sock *k)
{
	return rtls_shutdown(k, RTLS_SHUT_WR);
}

static inline long
do_set(struct rtls_sock *k)
{
	return rtls_sock_set(k, RTLS_OPT_SNDBUF, 1 << 20);
}

static inline long
do_info(struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	return rtls_sock_info(k, &info);
}

static inline long
do_stats(struct rtls_sock *k)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	return rtls_sock_stats(k, &stats);
}

static inline long
do_watch(struct rtls_sock *k)
{
	return rtls_sock_watch(k, RTLS_READABLE | RTLS_WRITABLE, NULL);
}

static inline long
do_keys_tx(struct rtls_sock *k)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);

	return rtls_set_keys(k, RTLS_TX, &keys);
}

static inline long
do_keys_rx(struct rtls_sock *k)
{
	struct peer key = peer_key(2, 0);
	struct rtls_keys keys = peer_keys(&key);

	return rtls_set_keys(k, RTLS_RX, &keys);
}

static inline long
do_mode(struct rtls_sock *k)
{
	return rtls_set_mode(k, RTLS_TX, RTLS_MODE_NIC);
}

static inline long
do_tls_info(struct rtls_sock *k)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	return rtls_tls_info(k, RTLS_RX, &info);
}

static inline long
do_accept(struct rtls_sock *k)
{
	struct rtls_sock *out[2];

	return (long)rtls_accept_burst(k, out, 2);
}

static inline long
do_close(struct rtls_sock *k)
{
	return rtls_close(k);
}

static inline long
do_abort(struct rtls_sock *k)
{
	return rtls_abort(k);
}

static const struct {
	const char *name;
	long (*call)(struct rtls_sock *k);
	int null, closed, listener;
} calls[] = {
	{ "send", do_send, -EINVAL, -EBADF, -ENOTCONN },
	{ "sendmsg", do_sendmsg, -EINVAL, -EBADF, -ENOTCONN },
	{ "sendmsg, control", do_control, -EINVAL, -EBADF, -ENOTCONN },
	{ "sendfile", do_sendfile, -EINVAL, -EBADF, -ENOTCONN },
	{ "recv", do_recv, -EINVAL, -EBADF, -ENOTCONN },
	{ "recv, peek", do_peek, -EINVAL, -EBADF, -ENOTCONN },
	{ "recvmsg", do_recvmsg, -EINVAL, -EBADF, -ENOTCONN },
	{ "shutdown", do_shutdown, -EINVAL, -EBADF, -ENOTCONN },
	{ "set", do_set, -EINVAL, -EBADF, 0 },
	{ "info", do_info, -EINVAL, -EBADF, 0 },
	{ "stats", do_stats, -EINVAL, -EBADF, 0 },
	{ "watch", do_watch, -EINVAL, -EBADF, 0 },
	{ "set_keys, TX", do_keys_tx, -EINVAL, -EBADF, -ENOTCONN },
	{ "set_keys, RX", do_keys_rx, -EINVAL, -EBADF, -ENOTCONN },
	{ "set_mode", do_mode, -EINVAL, -EBADF, -ENOTCONN },
	{ "tls_info", do_tls_info, -EINVAL, -EBADF, 0 },
	{ "accept_burst", do_accept, 0, 0, 0 },
	{ "close", do_close, -EINVAL, -EBADF, 0 },
	{ "abort", do_abort, -EINVAL, -EBADF, 0 },
};

static inline void
refused(size_t i, struct rtls_sock *k, int expected)
{
	long rc = calls[i].call(k);

	if (rc != expected)
		printf("# %s: %ld, not %d\n", calls[i].name, rc, expected);
	CU_ASSERT_EQUAL(rc, expected);
}

static inline void
all_closed(struct rtls_sock *k)
{
	for (size_t i = 0; i < HARNESS_COUNT(calls); i++)
		refused(i, k, calls[i].closed);
}

#endif
