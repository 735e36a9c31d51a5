/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "sock/check.h"
#include "stack/admission.h"
#include "stack/listener.h"
#include "stack/memory.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/sock_end.h"
#include "stack/sock_make.h"
#include "stack/state.h"
#include "tcp/query.h"

int
rtls_shutdown(struct rtls_sock *sock, int how)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (how != RTLS_SHUT_WR)
		return -EINVAL;
	if (sock->phase != SOCK_OWNED || tcp_is_connecting(&sock->tcp))
		return -ENOTCONN;
	if (tcp_is_closed(&sock->tcp) || tcp_is_shut(&sock->tcp))
		return 0;
	rc = session_tx_flush(&sock->tx);
	if (rc != 0)
		return rc;
	sock_queued(sock);
	tcp_shutdown(&sock->tcp);
	sock_schedule(sock);
	return 0;
}

/* Bytes that the peer believes delivered and that nobody will read. */
static bool
has_unread(const struct rtls_sock *sock)
{
	return recvq_len(&sock->recvq) > 0 || session_rx_list_room(&sock->rx) > 0;
}

static void
drop_unread(struct rtls_sock *sock)
{
	tcp_unread(&sock->tcp, sock->stack->now_us);
	recvq_discard(&sock->recvq);
	session_rx_drop_list(&sock->rx);
	rx_memory_account(sock);
}

int
rtls_close(struct rtls_sock *sock)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (sock->phase == SOCK_LISTEN) {
		listener_close(sock);
		return 0;
	}
	if (tcp_is_closed(&sock->tcp)) {
		sock_free(sock);
		return 0;
	}
	/* A record that cannot be closed any more would be lost without a word: RST says so. */
	if (tcp_is_connecting(&sock->tcp) ||
	    (!tcp_is_shut(&sock->tcp) && session_tx_flush(&sock->tx) != 0))
		return rtls_abort(sock);
	if (!tcp_is_shut(&sock->tcp))
		sock_queued(sock);
	/* Its RST says that bytes are lost; it must not take what was accepted along. */
	if (has_unread(sock) && tcp_is_delivered(&sock->tcp))
		return rtls_abort(sock);
	sock->watch = 0;
	sock->phase = SOCK_ORPHAN;
	memory_drop_ahead(sock);
	memory_unstarve(sock);
	if (has_unread(sock))
		drop_unread(sock);
	tcp_orphan(&sock->tcp, sock->stack->now_us);
	admission_orphaned(sock);
	sock_schedule(sock);
	sock_rearm(sock);
	return 0;
}

int
rtls_abort(struct rtls_sock *sock)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (sock->phase == SOCK_LISTEN) {
		listener_close(sock);
		return 0;
	}
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
	sock_free(sock);
	return 0;
}
