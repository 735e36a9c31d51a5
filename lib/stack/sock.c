/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/names.h>

#include "stack/admission.h"
#include "stack/sock.h"
#include "stack/icmp_path.h"
#include "stack/memory.h"
#include "stack/mode_count.h"
#include "stack/open_path.h"
#include "stack/packet.h"
#include "stack/pressure.h"
#include "stack/stack.h"
#include "stack/tell.h"
#include "stack/tx_path.h"
#include "tcp/timer.h"

struct rtls_sock *
sock_alloc(struct rtls_stack *s, const struct rtls_sock *opts)
{
	struct rtls_sock *k = TAILQ_FIRST(&s->free_list);
	uint32_t uses;

	if (k == NULL)
		return NULL;
	TAILQ_REMOVE(&s->free_list, k, link);
	uses = k->uses + 1;
	memset(k, 0, sizeof(*k));
	k->uses = uses;
	k->stack = s;
	k->rcvbuf = opts != NULL ? opts->rcvbuf : s->conf.rcvbuf;
	k->opt_sndbuf = opts != NULL ? opts->opt_sndbuf : s->conf.sndbuf;
	k->opt_max_payload = opts != NULL ? opts->opt_max_payload : RECORD_PLAIN_MAX;
	k->params = opts != NULL ? opts->params : s->params;
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		k->mode.dir[d].order = opts != NULL ? opts->mode.dir[d].order :
						      RTLS_ORDER_NIC_SOFTWARE;
	k->path.retry_us = UINT64_MAX;
	TAILQ_INIT(&k->backlog);
	TAILQ_INIT(&k->silent);
	/* Offset 0 is the first byte behind the SYN, in both directions. */
	sendq_init(&k->sendq, 0);
	recvq_init(&k->recvq, 0);
	k->recvq.tails = s->pools.record[1]; /* 2 KiB */
	k->recvq.wipe = s->conf.wipe_buffers != 0;
	session_tx_init(&k->tx, &s->pools, &k->sendq, s->crypto.provider, k->opt_sndbuf);
	k->tx.cap = (uint16_t)k->opt_max_payload;
	k->tx.store = &s->store;
	k->tx.total = &s->tx_count;
	session_rx_init(&k->rx, &s->pools, &k->recvq, s->crypto.provider);
	k->rx.total = &s->rx_count;
	s->store.members = ++s->socks_in_use;
	return k;
}

void
sock_free(struct rtls_sock *k)
{
	struct rtls_stack *s = k->stack;

	mode_close(k);
	mode_uncount(k);
	admission_forget(k);
	sock_detach(k);
	path_unwait(k);
	wheel_cancel(&s->wheel, &k->timer);
	if (k->tx_listed)
		TAILQ_REMOVE(&s->tx_list, k, tx_link);
	if (k->ready_listed)
		TAILQ_REMOVE(&s->ready_list, k, ready_link);
	memory_unstarve(k);
	reader_lane_reset(s->reader, &k->lane);
	/* Its records count themselves off from their epochs. */
	sendq_fini(&k->sendq);
	session_tx_fini(&k->tx);
	session_rx_fini(&k->rx);
	buf_wipe(k->used, sizeof(k->used));
	recvq_fini(&k->recvq);
	pressure_account(k);
	memory_account(k);
	k->phase = SOCK_FREE;
	/* Oldest first: a handle that a program kept by mistake answers -EBADF for long. */
	TAILQ_INSERT_TAIL(&s->free_list, k, link);
	s->store.members = --s->socks_in_use;
}

int
sock_attach(struct rtls_sock *k)
{
	struct rtls_stack *s = k->stack;
	int rc;

	rc = flow_insert(s->flows, &k->tuple, k->hash, (uint32_t)(k - s->socks));
	if (rc == -EEXIST)
		return -EADDRINUSE;
	k->attached = rc == 0;
	return rc;
}

void
sock_detach(struct rtls_sock *k)
{
	if (!k->attached)
		return;
	flow_remove(k->stack->flows, &k->tuple, k->hash);
	k->attached = false;
}

void
sock_connect(struct rtls_sock *k)
{
	struct rtls_stack *s = k->stack;
	const struct binding *b = &s->bindings[k->path.binding];

	/* Before the first poll there is no time: the poll starts it then. */
	if (s->clock_started)
		tcp_conn_connect(&k->tcp, &k->params, k->tuple.local_port, k->tuple.remote_port,
				 tcp_isn(s->secret, &k->tuple, s->now_us),
				 tcp_ts_offset(s->secret, &k->tuple), binding_mss(b), k->rcvbuf / 2,
				 s->now_us);
	sock_schedule(k);
}

void
sock_unlisten(struct rtls_sock *l)
{
	struct rtls_sock *k;

	while ((k = TAILQ_FIRST(&l->backlog)) != NULL)
		sock_abort(k, RTLS_END_LOCAL, RTLS_REASON_RESET);
	tcp_syncache_remove_listener(l->stack->syncache, (uint32_t)(l - l->stack->socks));
	TAILQ_REMOVE(&l->stack->listeners, l, link);
	sock_free(l);
}

void
sock_schedule(struct rtls_sock *k)
{
	if (k->tx_listed || k->tcp.state == TCP_CLOSED)
		return;
	TAILQ_INSERT_TAIL(&k->stack->tx_list, k, tx_link);
	k->tx_listed = true;
}

void
sock_ready(struct rtls_sock *k)
{
	if (k->ready_listed || k->watch == 0)
		return;
	TAILQ_INSERT_TAIL(&k->stack->ready_list, k, ready_link);
	k->ready_listed = true;
}

void
sock_rearm(struct rtls_sock *k)
{
	uint64_t at = RTE_MIN(tcp_deadline(&k->tcp), admission_deadline(k));

	if (k->path.listed && k->path.retry_us < at)
		at = k->path.retry_us;
	/*
	 * A deadline that moved away leaves the node where it is: it fires, finds
	 * nothing due and is armed anew. So an ACK costs no wheel work.
	 */
	if (at == UINT64_MAX || (wheel_armed(&k->timer) && k->timer.at_us <= at))
		return;
	wheel_arm(&k->stack->wheel, &k->timer, at);
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
sock_offer_window(struct rtls_sock *k)
{
	uint32_t used = k->recvq.room_used, need = session_rx_head_need(&k->rx);
	uint32_t share, room;

	pressure_account(k);
	if (k->phase == SOCK_ORPHAN)
		return;
	share = pressure_share(k);
	room = used < share ? (share - used) / 2 : 0;
	if (pressure_is_high(k->stack))
		room = 0;
	if (need > 0 || recvq_len(&k->recvq) == 0)
		room = RTE_MAX(room, RTE_MAX(need, 2 * k->tcp.rcv_mss));
	tcp_rcv_room(&k->tcp, room);
	if (k->tcp.ack_now)
		sock_schedule(k);
}

static void
note_end(struct rtls_sock *k, enum rtls_end_who who, enum rtls_end_reason reason)
{
	if (k->end_reason != RTLS_REASON_NONE)
		return;
	k->end_who = (uint8_t)who;
	k->end_reason = (uint8_t)reason;
	tell_conn(k, NOTE_ENDED, "by %s, %s", rtls_end_who_name(who), rtls_end_reason_name(reason));
}

static void
note_tcp_end(struct rtls_sock *k)
{
	struct rtls_stack *s = k->stack;

	switch ((enum tcp_end)k->tcp.end) {
	case TCP_END_NONE:
	case TCP_END_NORMAL:
		note_end(k, RTLS_END_NOBODY, RTLS_REASON_CLOSED);
		break;
	case TCP_END_RESET:
		stack_count(s, CNT_CONN_RESETS);
		tell_conn(k, NOTE_RESET, "on port %u here", k->tuple.local_port);
		note_end(k, RTLS_END_PEER, RTLS_REASON_RESET);
		break;
	case TCP_END_REFUSED:
		note_end(k, RTLS_END_PEER, RTLS_REASON_REFUSED);
		break;
	case TCP_END_TIMEOUT:
		stack_count(s, CNT_CONN_TIMEOUTS);
		tell_conn(k, NOTE_TIMEOUT,
			  k->tcp.unreachable ? "unreachable, says a router" :
					       "nothing came for the user timeout");
		note_end(k, RTLS_END_NETWORK,
			 k->tcp.unreachable ? RTLS_REASON_UNREACHABLE : RTLS_REASON_TIMEOUT);
		break;
	case TCP_END_ABORTED:
		note_end(k, RTLS_END_LOCAL, RTLS_REASON_RESET);
		break;
	}
}

static void
leave_backlog(struct rtls_sock *k)
{
	if (k->phase != SOCK_BACKLOG)
		return;
	TAILQ_REMOVE(&k->listener->backlog, k, link);
	k->listener->nb_backlog--;
}

/* TCP is done with it. The socket stays while the program has it; false: it is gone. */
static bool
finished(struct rtls_sock *k)
{
	admission_leave(k);
	sock_detach(k);
	path_unwait(k);
	wheel_cancel(&k->stack->wheel, &k->timer);
	/* Nothing will be sent again: buffers go back now, not when the program closes. */
	reader_lane_reset(k->stack->reader, &k->lane);
	mode_close(k);
	sendq_fini(&k->sendq);
	memory_account(k);
	memory_unstarve(k);
	note_tcp_end(k);
	if (k->phase == SOCK_OWNED) {
		sock_ready(k);
		return true;
	}
	leave_backlog(k);
	sock_free(k);
	return false;
}

/* Bytes are in order: is a record complete? */
static void
delivered(struct rtls_sock *k)
{
	if (k->phase == SOCK_ORPHAN) /* nobody reads it, and TCP knows what it takes */
		return;
	admission_heard(k);
	if (k->rx.framer.state == FRAMER_WANT_HEADER)
		k->incomplete_since_us = k->stack->now_us;
	session_rx_input(&k->rx);
	if (epochs_waits_for_start(&k->rx.epochs))
		mode_delivered(k);
	sock_offer_window(k);
}

bool
sock_tcp_events(struct rtls_sock *k, uint32_t events)
{
	/* Two windows: one in flight, one to follow it. */
	k->tx.useful = 2 * RTE_MIN((uint64_t)k->tcp.cc.cwnd, k->tcp.snd_wnd);
	if (events & TCP_EV_CONNECTED) {
		k->connected = true;
		icmp_path_known(k);
		stack_count(k->stack, CNT_CONNECTED);
		tell_conn(k, NOTE_OPENED, "by us, from port %u", k->tuple.local_port);
	}
	if (events & TCP_EV_ACKED) {
		sendq_release(&k->sendq, k->tcp.snd_una);
		memory_account(k);
		mode_acked(k);
		path_progress(k->stack, &k->path);
		admission_orphaned(k);
	}
	if (events & (TCP_EV_DELIVER | TCP_EV_PEER_FIN))
		delivered(k);
	if (events & TCP_EV_SEND)
		sock_schedule(k);
	if (events & TCP_EV_TIME_WAIT) {
		open_path_time_wait(k);
		tcp_conn_closed(&k->tcp, TCP_END_NORMAL);
		return finished(k);
	}
	if (events & TCP_EV_CLOSED)
		return finished(k);
	sock_rearm(k);
	if (events != 0)
		sock_ready(k);
	return true;
}

void
sock_abort(struct rtls_sock *k, enum rtls_end_who who, enum rtls_end_reason reason)
{
	struct rtls_stack *s = k->stack;
	struct rte_mbuf *m;
	struct tcp_seg rst;

	note_end(k, who, reason);
	if (tcp_abort(&k->tcp, s->now_us, &rst) && path_resolve(s, &k->path) == PATH_READY) {
		m = packet_reply(s, &s->bindings[k->path.binding], k->path.mac, &k->tuple, &rst);
		if (m != NULL)
			tx_path_reply(s, &s->bindings[k->path.binding], m);
		stack_count(s, CNT_TX_RESETS);
	}
	finished(k);
}

static bool
is_writable(const struct rtls_sock *k)
{
	const struct reader_chunk *c = reader_lane_head(&k->lane);

	if ((k->tcp.state != TCP_ESTABLISHED && k->tcp.state != TCP_CLOSE_WAIT) ||
	    k->tcp.fin_off != UINT64_MAX || k->starved)
		return false;
	if (k->lane_waits && (c == NULL || !c->filled))
		return false;
	/* What is loaded needs no more of the connection's share. */
	return session_tx_room(&k->tx) > 0 ||
	       (c != NULL && c->filled && session_tx_may_queue(&k->tx));
}

uint32_t
sock_bits(const struct rtls_sock *k)
{
	bool ended = k->tcp.state == TCP_CLOSED;
	uint32_t bits = 0;

	if (k->phase == SOCK_LISTEN)
		return k->nb_backlog > 0 ? RTLS_ACCEPT : 0;
	if (k->tcp.state == TCP_SYN_SENT)
		return 0;
	if (session_rx_readable(&k->rx, k->tcp.peer_fin) || ended)
		bits |= RTLS_READABLE;
	if (session_rx_control_ahead(&k->rx))
		bits |= RTLS_CONTROL;
	if (is_writable(k))
		bits |= RTLS_WRITABLE;
	if (k->connected)
		bits |= RTLS_CONNECTED;
	if (ended)
		bits |= RTLS_HUP;
	if (k->end_reason != RTLS_REASON_NONE && k->end_reason != RTLS_REASON_CLOSED)
		bits |= RTLS_ERROR;
	if (k->mode.changed)
		bits |= RTLS_MODE;
	return bits;
}
