/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the public calls share: is this socket in a state for it, and what
 * errno does a connection that ended answer?
 */
#ifndef RTLS_SOCK_CHECK_H
#define RTLS_SOCK_CHECK_H

#include <errno.h>
#include <sys/uio.h>

#include <recordtls/tls.h>

#include "stack/sock.h"

/*
 * Has the program this handle? 0; -EINVAL: NULL; -EBADF: it was closed, and its slot is not used
 * again or finishes the connection. Every call that takes a handle begins with it.
 */
static inline int
sock_check_handle(const struct rtls_sock *sock)
{
	if (sock == NULL)
		return -EINVAL;
	return sock->phase == SOCK_OWNED || sock->phase == SOCK_LISTEN ? 0 : -EBADF;
}

/* Are there buffers where lengths say so? 0 or -EINVAL. */
static inline int
sock_check_iov(const struct iovec *iov, unsigned int iovlen)
{
	unsigned int i;

	if (iov == NULL && iovlen > 0)
		return -EINVAL;
	for (i = 0; i < iovlen; i++) {
		if (iov[i].iov_base == NULL && iov[i].iov_len > 0)
			return -EINVAL;
	}
	return 0;
}

/* 0 while the connection did not end or ended in order, else the errno of its reason. */
int sock_end_error(const struct rtls_sock *sock);

/* May bytes be accepted for sending? 0, -ENOTCONN, -EPIPE or sock_end_error(). */
int sock_check_send(const struct rtls_sock *sock);

/* Is there, or was there, a connection to receive from? 0 or -ENOTCONN. */
int sock_check_recv(const struct rtls_sock *sock);

/*
 * May a call of the program move bytes in this direction? As sock_check_handle(), and -ENOKEY:
 * it has no keys, and an adapter guards it. Every byte mover begins with it.
 */
int sock_check_guard(const struct rtls_sock *sock, enum rtls_dir d);

/* Something was queued: TCP may send up to the end of the queue. */
void sock_queued(struct rtls_sock *sock);

#endif
