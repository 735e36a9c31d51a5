/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "sock/check.h"
#include "stack/admission.h"
#include "stack/memory.h"
#include "stack/pressure.h"
#include "stack/stack.h"

int
rtls_shutdown(struct rtls_sock *k, int how)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	if (how != RTLS_SHUT_WR)
		return -EINVAL;
	if (k->phase != SOCK_OWNED || k->tcp.state == TCP_SYN_SENT)
		return -ENOTCONN;
	if (k->tcp.state == TCP_CLOSED || k->tcp.fin_off != UINT64_MAX)
		return 0;
	rc = session_tx_flush(&k->tx);
	if (rc != 0)
		return rc;
	sock_queued(k);
	tcp_shutdown(&k->tcp);
	sock_schedule(k);
	return 0;
}

/* Bytes that the peer believes delivered and that nobody will read. */
static bool
has_unread(const struct rtls_sock *k)
{
	return recvq_len(&k->recvq) > 0 || k->rx.opened.first != NULL;
}

static void
drop_unread(struct rtls_sock *k)
{
	tcp_unread(&k->tcp, k->stack->now_us);
	recvq_fini(&k->recvq);
	opened_fini(&k->rx.opened);
	pressure_account(k);
}

int
rtls_close(struct rtls_sock *k)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	if (k->phase == SOCK_LISTEN) {
		sock_unlisten(k);
		return 0;
	}
	if (k->tcp.state == TCP_CLOSED) {
		sock_free(k);
		return 0;
	}
	/* A record that cannot be closed any more would be lost without a word: RST says so. */
	if (k->tcp.state == TCP_SYN_SENT ||
	    (k->tcp.fin_off == UINT64_MAX && session_tx_flush(&k->tx) != 0))
		return rtls_abort(k);
	if (k->tcp.fin_off == UINT64_MAX)
		sock_queued(k);
	/* Its RST says that bytes are lost; it must not take what was accepted along. */
	if (has_unread(k) && k->tcp.snd_una >= k->tcp.snd_end)
		return rtls_abort(k);
	k->watch = 0;
	k->phase = SOCK_ORPHAN;
	memory_drop_ahead(k);
	memory_unstarve(k);
	if (has_unread(k))
		drop_unread(k);
	tcp_orphan(&k->tcp, k->stack->now_us);
	admission_orphaned(k);
	sock_schedule(k);
	sock_rearm(k);
	return 0;
}

int
rtls_abort(struct rtls_sock *k)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	if (k->phase == SOCK_LISTEN) {
		sock_unlisten(k);
		return 0;
	}
	sock_abort(k, RTLS_END_LOCAL, RTLS_REASON_RESET);
	sock_free(k);
	return 0;
}
