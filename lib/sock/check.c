/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <inttypes.h>

#include "sock/check.h"
#include "stack/memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "tcp/query.h"

int
sock_end_error(const struct rtls_sock *sock)
{
	switch ((enum rtls_end_reason)sock->end_reason) {
	case RTLS_REASON_NONE:
	case RTLS_REASON_CLOSED:
	/* A broken record stream ends receiving only; session/rx answers for it. */
	case RTLS_REASON_BAD_VERSION:
	case RTLS_REASON_BAD_LENGTH:
	case RTLS_REASON_BAD_MAC:
	case RTLS_REASON_DEVICE:
	case RTLS_REASON_FLOOD:
	case RTLS_REASON_TRUNCATED:
		return 0;
	case RTLS_REASON_RESET:
		return sock->end_who == RTLS_END_LOCAL ? -ECONNABORTED : -ECONNRESET;
	case RTLS_REASON_REFUSED:
		return -ECONNREFUSED;
	case RTLS_REASON_TIMEOUT:
		return -ETIMEDOUT;
	case RTLS_REASON_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTLS_REASON_HANDSHAKE_TIMEOUT:
		return -ETIMEDOUT;
	case RTLS_REASON_MADE_ROOM:
		return -ECONNABORTED;
	case RTLS_REASON_NO_MEMORY:
		/* Not -ENOMEM, which means: try again. */
		return -ECONNABORTED;
	}
	return 0;
}

int
sock_check_recv(const struct rtls_sock *sock)
{
	int rc;

	if (sock->phase != SOCK_OWNED)
		return -ENOTCONN;
	if (tcp_is_connecting(&sock->tcp))
		return -ENOTCONN;
	/* A connection that never came up has nothing but its error. */
	rc = sock_end_error(sock);
	return rc == -ECONNREFUSED || rc == -EHOSTUNREACH ? rc : 0;
}

int
sock_check_send(const struct rtls_sock *sock)
{
	int rc;

	if (sock->phase != SOCK_OWNED || tcp_is_connecting(&sock->tcp))
		return -ENOTCONN;
	rc = sock_end_error(sock);
	if (rc != 0)
		return rc == -ECONNRESET ? -EPIPE : rc;
	return tcp_may_send(&sock->tcp) ? 0 : -EPIPE;
}

int
sock_check_guard(const struct rtls_sock *sock, enum rtls_dir d)
{
	int rc = sock_check_handle(sock);

	if (rc == 0 && sock->guard != 0 && !sock_has_keys(sock, d))
		rc = -ENOKEY;
	return rc;
}

void
sock_queued(struct rtls_sock *sock)
{
	memory_account(sock);
	if (!sock->tx.fixed && session_tx_room_used(&sock->tx) >= sock->tx.sndbuf)
		memory_full(sock);
	if (sock->tx.failed && !sock->seal_told) {
		sock->seal_told = true;
		tell_conn(sock, NOTE_SEAL_FAILED, "record %" PRIu64,
			  session_tx_epoch(&sock->tx)->tx.rec_no);
	}
	/* Nothing new: the poll has nothing to ask, rtls_stack_deadline() nothing to tell. */
	if (sendq_end(&sock->sendq) == tcp_send_end(&sock->tcp))
		return;
	tcp_send_ready(&sock->tcp, sendq_end(&sock->sendq));
	sock_schedule(sock);
}
