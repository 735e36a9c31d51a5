/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/sock_end.h"

#include <recordtls/names.h>

#include "stack/admission.h"
#include "stack/flights.h"
#include "stack/late_reset.h"
#include "stack/memory.h"
#include "stack/mode.h"
#include "stack/neighbour_wait.h"
#include "stack/sched.h"
#include "stack/sock_make.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "tcp/query.h"
#include "tcp/user.h"

static void
note_end(struct rtls_sock *sock, enum rtls_end_who who, enum rtls_end_reason reason)
{
	if (sock->end_reason != RTLS_REASON_NONE)
		return;
	sock->end_who = (uint8_t)who;
	sock->end_reason = (uint8_t)reason;
	tell_conn(sock, NOTE_ENDED, "by %s, %s", rtls_end_who_name(who),
		  rtls_end_reason_name(reason));
}

static void
note_tcp_end(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	switch ((enum tcp_end)sock->tcp.end) {
	case TCP_END_NONE:
	case TCP_END_NORMAL:
		note_end(sock, RTLS_END_NOBODY, RTLS_REASON_CLOSED);
		break;
	case TCP_END_RESET:
		stack_count(s, CNT_CONN_RESETS);
		tell_conn(sock, NOTE_RESET, "on port %u here", sock->tuple.local_port);
		note_end(sock, RTLS_END_PEER, RTLS_REASON_RESET);
		break;
	case TCP_END_REFUSED:
		note_end(sock, RTLS_END_PEER, RTLS_REASON_REFUSED);
		break;
	case TCP_END_TIMEOUT:
		stack_count(s, CNT_CONN_TIMEOUTS);
		tell_conn(sock, NOTE_TIMEOUT,
			  tcp_was_unreachable(&sock->tcp) ? "unreachable, says a router" :
							    "nothing came for the user timeout");
		note_end(sock, RTLS_END_NETWORK,
			 tcp_was_unreachable(&sock->tcp) ? RTLS_REASON_UNREACHABLE :
							   RTLS_REASON_TIMEOUT);
		break;
	case TCP_END_ABORTED:
		note_end(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
		break;
	}
}

static void
leave_backlog(struct rtls_sock *sock)
{
	if (sock->phase != SOCK_BACKLOG)
		return;
	TAILQ_REMOVE(&sock->listener->backlog, sock, link);
	sock->listener->nb_backlog--;
}

bool
sock_finished(struct rtls_sock *sock)
{
	admission_leave(sock);
	sock_detach(sock);
	neighbour_unwait(sock);
	wheel_cancel(&sock->stack->wheel, &sock->timer);
	/* Nothing will be sent again: buffers go back now, not when the program closes. */
	reader_lane_reset(sock->stack->reader, &sock->lane);
	mode_close(sock);
	sendq_fini(&sock->sendq);
	memory_account(sock);
	flights_end(sock);
	memory_unstarve(sock);
	note_tcp_end(sock);
	if (sock->phase == SOCK_OWNED) {
		sock_ready(sock);
		return true;
	}
	leave_backlog(sock);
	sock_free(sock);
	return false;
}

void
sock_abort(struct rtls_sock *sock, enum rtls_end_who who, enum rtls_end_reason reason)
{
	struct tcp_seg rst;

	note_end(sock, who, reason);
	if (tcp_abort(&sock->tcp, sock->stack->now_us, &rst))
		late_reset_send(sock, &rst);
	sock_finished(sock);
}
