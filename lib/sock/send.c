/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/io.h>

#include "sock/check.h"
#include "sock/move.h"
#include "stack/memory.h"
#include "stack/state.h"

/* A pool was empty: WRITABLE is looked at again when buffers are back. */
static ssize_t
after_send(struct rtls_sock *sock, ssize_t rc)
{
	if (rc == -ENOMEM) {
		/* What was read ahead for a file is a guess, and may be what holds the pool. */
		memory_drop_ahead(sock);
		memory_starved(sock, sock->stack->session.short_len);
	}
	sock_queued(sock);
	if (rc == -EAGAIN)
		memory_refused(sock);
	return rc;
}

static size_t
iov_len(const struct iovec *iov, unsigned int iovlen)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < iovlen; i++)
		len += RTE_MIN(iov[i].iov_len, SIZE_MAX - len);
	return len;
}

ssize_t
rtls_send(struct rtls_sock *sock, const void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	return rtls_sendmsg(sock, &m, flags);
}

/* One record, with RTLS_MSG_RECORD of any type, else of a type that is not data. */
static ssize_t
send_record(struct rtls_sock *sock, const struct rtls_msg *m, int flags)
{
	bool data = m->type == RTLS_TYPE_DATA, exact = flags & RTLS_MSG_RECORD;
	size_t len = iov_len(m->iov, m->iovlen);
	int rc;

	if (m->type == 0 || (flags & RTLS_MSG_MORE) != 0 || !sock_has_keys(sock, RTLS_TX))
		return -EINVAL;
	if (len == 0 && !(exact && record_may_be_empty(m->type)))
		return -EINVAL;
	if (len > (data ? tx_pad_full(&sock->tx.pad) : sock->tx.pad.limit))
		return -EMSGSIZE;
	if (data)
		rc = session_tx_record(&sock->tx, m->iov, m->iovlen, (uint32_t)len);
	else
		rc = session_tx_control(&sock->tx, m->type, m->iov, m->iovlen, (uint32_t)len);
	return after_send(sock, rc == 0 ? (ssize_t)len : rc);
}

ssize_t
sock_sendmsg(struct rtls_sock *sock, const struct rtls_msg *m, int flags)
{
	int rc;

	if (m == NULL || sock_check_iov(m->iov, m->iovlen) != 0 ||
	    (flags & ~(RTLS_MSG_MORE | RTLS_MSG_RECORD)) != 0)
		return -EINVAL;
	rc = sock_check_send(sock);
	if (rc != 0)
		return rc;
	sock->lane_waits = false;
	session_tx_segment(&sock->tx, sock->tcp.mss);
	/* A file is given up for other bytes: what was read ahead of it may not use up the share. */
	if (sock->lane.count > 0 && !session_tx_may_hold(&sock->tx))
		memory_drop_ahead(sock);
	if ((flags & RTLS_MSG_RECORD) == 0 && (m->type == 0 || m->type == RTLS_TYPE_DATA))
		return after_send(
			sock, session_tx_data(&sock->tx, m->iov, m->iovlen, flags & RTLS_MSG_MORE));
	return send_record(sock, m, flags);
}

ssize_t
rtls_sendmsg(struct rtls_sock *sock, const struct rtls_msg *m, int flags)
{
	int rc = sock_check_guard(sock, RTLS_TX);

	return rc != 0 ? rc : sock_sendmsg(sock, m, flags);
}
