/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/sock_events.h"

#include "stack/admission.h"
#include "stack/flights.h"
#include "stack/memory.h"
#include "stack/mode.h"
#include "stack/nexthop.h"
#include "stack/path_mtu.h"
#include "stack/resync.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/sock_end.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/time_wait.h"
#include "stack/window.h"
#include "tcp/output.h"
#include "tcp/query.h"

/* Bytes are in order: is a record complete? */
static void
delivered(struct rtls_sock *sock)
{
	if (sock->phase == SOCK_ORPHAN) /* nobody reads it, and TCP knows what it takes */
		return;
	admission_heard(sock);
	if (session_rx_between_records(&sock->rx))
		sock->rx.tls->incomplete_since_us = sock->stack->now_us;
	session_rx_input(&sock->rx);
	if (session_rx_waits_for_start(&sock->rx))
		mode_delivered(sock);
	sock_resync_moved(sock);
	/* What came was charged as it was stored; it may have been thrown away since. */
	if (sock->recvq.room_used != sock->room_counted)
		rx_memory_account(sock);
	sock_window_filled(sock);
}

bool
sock_tcp_events(struct rtls_sock *sock, uint32_t events)
{
	/* Two windows: one in flight, one to follow it. */
	sock->tx.useful = 2 * tcp_send_window(&sock->tcp);
	if (events & TCP_EV_CONNECTED) {
		sock->connected = true;
		if (sock->guard != 0)
			admission_guarded(sock);
		path_mtu_known(sock);
		stack_count(sock->stack, CNT_CONNECTED);
		tell_conn(sock, NOTE_OPENED, "by us, from port %u", sock->tuple.local_port);
	}
	if (events & TCP_EV_ACKED) {
		sendq_release(&sock->sendq, sock->tcp.snd_una);
		if (unlikely(sock->away))
			memory_answered(sock);
		memory_account(sock);
		flights_acked(sock, sock->stack->now_us);
		mode_acked(sock);
		nexthop_progress(sock->stack, &sock->path);
		admission_orphaned(sock);
	}
	if (events & (TCP_EV_DELIVER | TCP_EV_PEER_FIN))
		delivered(sock);
	/* Most ACKs are the last word: the poll is not to ask who has nothing to say. */
	if ((events & TCP_EV_SEND) && tcp_has_to_say(&sock->tcp))
		sock_schedule(sock);
	if (events & TCP_EV_TIME_WAIT) {
		time_wait_enter(sock);
		tcp_conn_closed(&sock->tcp, TCP_END_NORMAL);
		return sock_finished(sock);
	}
	if (events & TCP_EV_CLOSED)
		return sock_finished(sock);
	sock_rearm(sock);
	if (events != 0)
		sock_ready(sock);
	return true;
}
