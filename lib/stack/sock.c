/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/names.h>

#include "buf/wipe.h"
#include "stack/admission.h"
#include "stack/sock.h"
#include "stack/memory.h"
#include "stack/mode.h"
#include "stack/mode_count.h"
#include "stack/neighbour_wait.h"
#include "stack/nexthop.h"
#include "stack/path_mtu.h"
#include "stack/pressure.h"
#include "stack/reply.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/time_wait.h"
#include "tcp/timer.h"

struct rtls_sock *
sock_alloc(struct rtls_stack *s, const struct rtls_sock *opts)
{
	struct rtls_sock *sock = TAILQ_FIRST(&s->free_list);
	uint32_t uses;

	if (sock == NULL)
		return NULL;
	TAILQ_REMOVE(&s->free_list, sock, link);
	uses = sock->uses + 1;
	memset(sock, 0, sizeof(*sock));
	sock->uses = uses;
	sock->stack = s;
	sock->rcvbuf = opts != NULL ? opts->rcvbuf : s->conf.rcvbuf;
	sock->opt_sndbuf = opts != NULL ? opts->opt_sndbuf : s->conf.sndbuf;
	sock->opt_max_payload = opts != NULL ? opts->opt_max_payload : RECORD_PLAIN_MAX;
	sock->tcp.opts = opts != NULL ? opts->tcp.opts : s->tcp_opts;
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		sock->mode.dir[d].order = opts != NULL ? opts->mode.dir[d].order :
							 RTLS_ORDER_NIC_SOFTWARE;
	sock->path.retry_us = UINT64_MAX;
	TAILQ_INIT(&sock->backlog);
	TAILQ_INIT(&sock->silent);
	/* Offset 0 is the first byte behind the SYN, in both directions. */
	sendq_init(&sock->sendq, 0);
	recvq_init(&sock->recvq, 0);
	sock->recvq.tails = s->pools.record[1]; /* 2 KiB */
	sock->recvq.wipe = s->conf.wipe_buffers != 0;
	session_tx_init(&sock->tx, &s->pools, &sock->sendq, s->crypto.provider, sock->opt_sndbuf);
	sock->tx.cap = (uint16_t)sock->opt_max_payload;
	sock->tx.store = &s->store;
	sock->tx.total = &s->tx_count;
	session_rx_init(&sock->rx, &s->pools, &sock->recvq, s->crypto.provider);
	sock->rx.total = &s->rx_count;
	s->store.members = ++s->socks_in_use;
	return sock;
}

void
sock_free(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	mode_close(sock);
	mode_uncount(sock);
	admission_forget(sock);
	sock_detach(sock);
	neighbour_unwait(sock);
	wheel_cancel(&s->wheel, &sock->timer);
	if (sock->tx_listed)
		TAILQ_REMOVE(&s->tx_list, sock, tx_link);
	if (sock->ready_listed)
		TAILQ_REMOVE(&s->ready_list, sock, ready_link);
	memory_unstarve(sock);
	reader_lane_reset(s->reader, &sock->lane);
	/* Its records count themselves off from their epochs. */
	sendq_fini(&sock->sendq);
	session_tx_fini(&sock->tx);
	session_rx_fini(&sock->rx);
	buf_wipe(sock->used, sizeof(sock->used));
	recvq_fini(&sock->recvq);
	pressure_account(sock);
	memory_account(sock);
	sock->phase = SOCK_FREE;
	/* Oldest first: a handle that a program kept by mistake answers -EBADF for long. */
	TAILQ_INSERT_TAIL(&s->free_list, sock, link);
	s->store.members = --s->socks_in_use;
}

int
sock_attach(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	int rc;

	rc = flow_insert(s->flows, &sock->tuple, sock->hash, (uint32_t)(sock - s->socks));
	if (rc == -EEXIST)
		return -EADDRINUSE;
	sock->attached = rc == 0;
	return rc;
}

void
sock_detach(struct rtls_sock *sock)
{
	if (!sock->attached)
		return;
	flow_remove(sock->stack->flows, &sock->tuple, sock->hash);
	sock->attached = false;
}

void
sock_connect(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	const struct netif *nif = &s->netifs[sock->path.netif];

	/* Before the first poll there is no time: the poll starts it then. */
	if (s->clock_started)
		tcp_conn_connect(&sock->tcp, &s->params, sock->tuple.local_port,
				 sock->tuple.remote_port,
				 tcp_isn(s->secret, &sock->tuple, s->now_us),
				 tcp_ts_offset(s->secret, &sock->tuple), netif_mss(nif),
				 sock->rcvbuf / 2, s->now_us);
	sock_schedule(sock);
}

void
sock_schedule(struct rtls_sock *sock)
{
	if (sock->tx_listed || sock->tcp.state == TCP_CLOSED)
		return;
	TAILQ_INSERT_TAIL(&sock->stack->tx_list, sock, tx_link);
	sock->tx_listed = true;
}

void
sock_ready(struct rtls_sock *sock)
{
	if (sock->ready_listed || sock->watch == 0)
		return;
	TAILQ_INSERT_TAIL(&sock->stack->ready_list, sock, ready_link);
	sock->ready_listed = true;
}

void
sock_rearm(struct rtls_sock *sock)
{
	uint64_t at = RTE_MIN(tcp_deadline(&sock->tcp), sock_admit_deadline(sock));

	if (sock->path.listed && sock->path.retry_us < at)
		at = sock->path.retry_us;
	/*
	 * A deadline that moved away leaves the node where it is: it fires, finds
	 * nothing due and is armed anew. So an ACK costs no wheel work.
	 */
	if (at == UINT64_MAX || (wheel_armed(&sock->timer) && sock->timer.at_us <= at))
		return;
	wheel_arm(&sock->stack->wheel, &sock->timer, at);
}

/*
 * Bytes that may come in: half of the free buffer room, as a 2 KiB buffer holds
 * one segment of MSS 1448 and smaller ones are compacted. Under pressure windows do
 * not grow. But what completes the record at the head may always come, or it would
 * never leave the queue; and two segments into an empty one, as nothing else would
 * open the window again, and a smaller step of it is not worth telling (RFC 9293
 * 3.8.6.2.2).
 */
void
sock_offer_window(struct rtls_sock *sock)
{
	uint32_t used = sock->recvq.room_used, need = session_rx_head_need(&sock->rx);
	uint32_t share, room;

	pressure_account(sock);
	if (sock->phase == SOCK_ORPHAN)
		return;
	share = pressure_share(sock);
	room = used < share ? (share - used) / 2 : 0;
	if (pressure_is_high(sock->stack))
		room = 0;
	if (need > 0 || recvq_len(&sock->recvq) == 0)
		room = RTE_MAX(room, RTE_MAX(need, 2 * sock->tcp.rcv_mss));
	tcp_rcv_room(&sock->tcp, room);
	if (tcp_owes(&sock->tcp, TCP_OWED_ACK))
		sock_schedule(sock);
}

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
			  sock->tcp.unreachable ? "unreachable, says a router" :
						  "nothing came for the user timeout");
		note_end(sock, RTLS_END_NETWORK,
			 sock->tcp.unreachable ? RTLS_REASON_UNREACHABLE : RTLS_REASON_TIMEOUT);
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

/* TCP is done with it. The socket stays while the program has it; false: it is gone. */
static bool
finished(struct rtls_sock *sock)
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

/* Bytes are in order: is a record complete? */
static void
delivered(struct rtls_sock *sock)
{
	if (sock->phase == SOCK_ORPHAN) /* nobody reads it, and TCP knows what it takes */
		return;
	admission_heard(sock);
	if (sock->rx.framer.state == FRAMER_WANT_HEADER)
		sock->incomplete_since_us = sock->stack->now_us;
	session_rx_input(&sock->rx);
	if (epochs_waits_for_start(&sock->rx.epochs))
		mode_delivered(sock);
	sock_offer_window(sock);
}

bool
sock_tcp_events(struct rtls_sock *sock, uint32_t events)
{
	/* Two windows: one in flight, one to follow it. */
	sock->tx.useful = 2 * RTE_MIN((uint64_t)sock->tcp.cc.cwnd, sock->tcp.snd_wnd);
	if (events & TCP_EV_CONNECTED) {
		sock->connected = true;
		path_mtu_known(sock);
		stack_count(sock->stack, CNT_CONNECTED);
		tell_conn(sock, NOTE_OPENED, "by us, from port %u", sock->tuple.local_port);
	}
	if (events & TCP_EV_ACKED) {
		sendq_release(&sock->sendq, sock->tcp.snd_una);
		memory_account(sock);
		mode_acked(sock);
		nexthop_progress(sock->stack, &sock->path);
		admission_orphaned(sock);
	}
	if (events & (TCP_EV_DELIVER | TCP_EV_PEER_FIN))
		delivered(sock);
	if (events & TCP_EV_SEND)
		sock_schedule(sock);
	if (events & TCP_EV_TIME_WAIT) {
		time_wait_enter(sock);
		tcp_conn_closed(&sock->tcp, TCP_END_NORMAL);
		return finished(sock);
	}
	if (events & TCP_EV_CLOSED)
		return finished(sock);
	sock_rearm(sock);
	if (events != 0)
		sock_ready(sock);
	return true;
}

void
sock_abort(struct rtls_sock *sock, enum rtls_end_who who, enum rtls_end_reason reason)
{
	struct rtls_stack *s = sock->stack;
	struct tcp_seg rst;

	note_end(sock, who, reason);
	if (tcp_abort(&sock->tcp, s->now_us, &rst) &&
	    nexthop_resolve(s, &sock->path) == NEXTHOP_READY) {
		reply_segment(s, &s->netifs[sock->path.netif], sock->path.mac, &sock->tuple, &rst);
		stack_count(s, CNT_TX_RESETS);
	}
	finished(sock);
}

static bool
is_writable(const struct rtls_sock *sock)
{
	const struct reader_chunk *c = reader_lane_head(&sock->lane);

	if ((sock->tcp.state != TCP_ESTABLISHED && sock->tcp.state != TCP_CLOSE_WAIT) ||
	    sock->tcp.fin_off != UINT64_MAX || sock->starved)
		return false;
	if (sock->lane_waits && (c == NULL || !c->filled))
		return false;
	/* What is loaded needs no more of the connection's share. */
	return session_tx_room(&sock->tx) > 0 ||
	       (c != NULL && c->filled && session_tx_may_queue(&sock->tx));
}

uint32_t
sock_bits(const struct rtls_sock *sock)
{
	bool ended = sock->tcp.state == TCP_CLOSED;
	uint32_t bits = 0;

	if (sock->phase == SOCK_LISTEN)
		return sock->nb_backlog > 0 ? RTLS_ACCEPT : 0;
	if (sock->tcp.state == TCP_SYN_SENT)
		return 0;
	if (session_rx_readable(&sock->rx, sock->tcp.peer_fin) || ended)
		bits |= RTLS_READABLE;
	if (session_rx_control_ahead(&sock->rx))
		bits |= RTLS_CONTROL;
	if (is_writable(sock))
		bits |= RTLS_WRITABLE;
	if (sock->connected)
		bits |= RTLS_CONNECTED;
	if (ended)
		bits |= RTLS_HUP;
	if (sock->end_reason != RTLS_REASON_NONE && sock->end_reason != RTLS_REASON_CLOSED)
		bits |= RTLS_ERROR;
	if (sock->mode.changed)
		bits |= RTLS_MODE;
	return bits;
}
