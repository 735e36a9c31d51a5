/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/window.h"

#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "tcp/query.h"
#include "tcp/user.h"

/*
 * Bytes that may come in: half of the free buffer room, as a 2 KiB buffer holds
 * one segment of MSS 1448 and smaller ones are compacted. Under pressure windows do
 * not grow. But what completes the record at the head may always come, or it would
 * never leave the queue; and two segments into an empty one, as nothing else would
 * open the window again, and a smaller step of it is not worth telling (RFC 9293
 * 3.8.6.2.2).
 */
static void
offer(struct rtls_sock *sock, uint32_t need)
{
	uint32_t used = sock->recvq.room_used, share, room;

	sock->window_old = false;
	if (sock->phase == SOCK_ORPHAN)
		return;
	share = rx_memory_share(sock);
	room = used < share ? (share - used) / 2 : 0;
	if (rx_memory_is_high(sock->stack))
		room = 0;
	if (need > 0 || recvq_len(&sock->recvq) == 0)
		room = RTE_MAX(room, RTE_MAX(need, 2u * sock->tcp.rcv_mss));
	tcp_rcv_room(&sock->tcp, room);
}

void
sock_offer_window(struct rtls_sock *sock)
{
	offer(sock, session_rx_head_need(&sock->rx));
	if (tcp_owes(&sock->tcp, TCP_OWED_ACK))
		sock_schedule(sock);
}

void
sock_window_read(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	uint64_t want;

	if (sock->rcvbuf_fixed)
		return;
	want = autosize_recv(&sock->rx_read, sock->recvq.ready.off, s->now_us,
			     tcp_rcv_rtt_us(&sock->tcp));
	if (want > sock->rcvbuf && !rx_memory_is_tight(s, 0))
		sock->rcvbuf = autosize_grown(sock->rcvbuf, want,
					      rx_memory_limit(sock, s->conf.rcvbuf_max));
}

void
sock_window_filled(struct rtls_sock *sock)
{
	/* The rest of a record may need a window that nothing else would open. */
	if (session_rx_head_need(&sock->rx) > 0)
		sock_offer_window(sock);
	else
		sock->window_old = true;
}

void
sock_renew_window(struct rtls_sock *sock)
{
	if (sock->window_old)
		offer(sock, session_rx_head_need(&sock->rx));
}
