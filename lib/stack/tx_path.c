/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "stack/depart.h"
#include "stack/flights.h"
#include "stack/inline_tx.h"
#include "stack/mode_move.h"
#include "stack/neighbour_wait.h"
#include "stack/netif_tx.h"
#include "stack/nexthop.h"
#include "stack/path_mtu.h"
#include "stack/sched.h"
#include "stack/sock_end.h"
#include "stack/sock_events.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/tx_build.h"
#include "stack/tx_path.h"
#include "stack/window.h"
#include "tcp/query.h"
#include "tcp/sack.h"
#include "tcp/sent.h"

enum {
	TURN_SEGMENTS = 44, /* about 64 KiB: then the next connection has its turn */
	/*
	 * Then what came meanwhile is looked at: the ACKs of more would not find room in a port's
	 * queue, which holds 500 or 1,000 packets.
	 */
	POLL_SEGMENTS = 512,
};

/* What cannot even be sent has no retransmission timer: R2 (RFC 9293 3.8.3) is watched here. */
static bool
waited_too_long(struct rtls_sock *sock)
{
	uint64_t now_us = sock->stack->now_us;

	if (sock->path.since_us == 0)
		sock->path.since_us = now_us;
	return !tcp_is_connecting(&sock->tcp) && tcp_is_waiting(&sock->tcp) &&
	       now_us - sock->path.since_us >= sock->tcp.opts.user_timeout_us;
}

/* Its packets go by another port now: what that one takes is asked anew, in the next poll. */
static void
moved(struct rtls_sock *sock)
{
	path_mtu_moved(sock);
	mode_move_path(sock);
	sock_schedule(sock);
}

/* May this connection's packets go now? Otherwise it is scheduled when they may. */
static bool
path_is_ready(struct rtls_stack *s, struct rtls_sock *sock)
{
	uint8_t netif = sock->path.netif;
	enum nexthop_verdict verdict = nexthop_resolve(s, &sock->tuple.remote, &sock->path);

	/* What is planned was planned for that one. */
	if (sock->path.netif != netif) {
		moved(sock);
		return false;
	}
	switch (verdict) {
	case NEXTHOP_READY:
		neighbour_unwait(sock);
		sock->path.since_us = 0;
		return true;
	case NEXTHOP_WAIT:
		break;
	case NEXTHOP_FAILED:
		if (tcp_is_connecting(&sock->tcp)) {
			sock_abort(sock, RTLS_END_NETWORK, RTLS_REASON_UNREACHABLE);
			return false;
		}
		break;
	}
	if (waited_too_long(sock)) {
		tcp_conn_closed(&sock->tcp, TCP_END_TIMEOUT);
		sock_tcp_events(sock, TCP_EV_CLOSED); /* an orphan is gone now */
		return false;
	}
	neighbour_wait(sock);
	sock_rearm(sock);
	return false;
}

/* What should never be: bytes in clear that no device seals, or sealed ones that one is to seal. */
static void
stop_unsafe(struct rtls_stack *s, struct netif *nif, const struct tx_run *run)
{
	stack_count(s, run->epoch == NULL ? CNT_TX_DROP_NO_SYNC_DATA : CNT_TX_DROP_BYPASS_REQ);
	tell_port(s, nif, NOTE_CLEAR_TEXT_STOPPED, NULL);
}

static void
tell_no_buffer(struct rtls_stack *s, struct netif *nif)
{
	stack_count(s, CNT_TX_NO_BUFFER);
	netif_reclaim(nif);
	tell_port(s, nif, NOTE_NO_HEADER, NULL);
}

/* No packet of a run could be built. */
static void
not_built(struct rtls_stack *s, struct netif *nif, const struct tx_run *run, int rc)
{
	struct rtls_sock *sock = run->owner;

	if (rc == -EPERM) {
		stop_unsafe(s, nif, run);
	} else if (sock->tx.failed && session_tx_in_clear(&sock->tx)) {
		tell_conn(sock, NOTE_SEAL_FAILED, "what the device was to seal");
	} else {
		tell_no_buffer(s, nif);
		return;
	}
	/* What is queued can never be sent. What is gathered goes first: the RST counts it. */
	netif_tx_flush(s, nif);
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
}

/*
 * What comes next for a connection, made where it stays until the port has its packets; NULL: there
 * is nothing, or its way is not ready.
 */
static struct tx_run *
next_run(struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock, bool first)
{
	struct tx_run *run = netif_tx_run(nif);

	/* Most have had their say with one run, which arms their timers when it is sent. */
	if (!first && !tcp_has_to_say(&sock->tcp)) {
		flights_waits(sock);
		return NULL;
	}
	sock_renew_window(sock);
	flights_prepare(sock);
	depart_prepare(s, nif, sock);
	if (!tcp_plan(&sock->tcp, s->now_us, &run->out)) {
		flights_waits(sock);
		/* It may have started to probe a closed window. */
		sock_rearm(sock);
		return NULL;
	}
	if (first && !path_is_ready(s, sock))
		return NULL;
	tcp_sack_tell(&sock->tcp, recvq_ranges_to_tell(&sock->recvq), &run->out.seg);
	/* Its neighbour was asked in a packet that came first. */
	if (run != netif_tx_run(nif))
		netif_tx_run(nif)->out = run->out;
	run = netif_tx_run(nif);
	run->owner = sock;
	return run;
}

/* Builds what of a run may go in this turn, and has room in the burst. Returns its segments. */
static int
build(struct rtls_stack *s, struct netif *nif, struct tx_run *run, struct tx_buffers *bufs,
      uint32_t max)
{
	struct rtls_sock *sock = run->owner;
	struct rte_mbuf **pkts;
	uint16_t room;
	int rc;

	if (run->out.len > 0) {
		run->rec = txmap_find(&sock->sendq.map, run->out.off);
		tcp_plan_trim(&run->out, max * sock->tcp.mss);
	}
	pkts = netif_tx_room(nif, &room);
	rc = tx_build(nif, run, bufs, pkts, room);
	if (rc != 0)
		return rc;
	if (run->out.len > 0 && sock->tcp.pace.kept)
		depart_mark(s, nif, run, pkts);
	tcp_plan_take(&sock->tcp, &run->out);
	if (run->epoch != NULL)
		inline_tx_planned(run);
	return (int)tcp_segments(&sock->tcp, run->out.len);
}

/* Returns how many segments went. */
static uint32_t
serve(struct rtls_stack *s, struct rtls_sock *sock, struct tx_buffers *bufs)
{
	struct netif *nif = &s->netifs[sock->path.netif];
	uint32_t left = TURN_SEGMENTS;
	struct tx_run *run;
	int n;

	if (nif->full) {
		sock_schedule(sock);
		return 0;
	}
	while (left > 0) {
		run = next_run(s, nif, sock, left == TURN_SEGMENTS);
		if (run == NULL)
			return TURN_SEGMENTS - left;
		n = build(s, nif, run, bufs, left);
		if (n < 0) {
			not_built(s, nif, run, n);
			break;
		}
		left -= (uint32_t)n;
		if (!netif_tx_put(s, nif))
			break;
	}
	/* Its turn is over, not its work; unless it was aborted. */
	sock_schedule(sock);
	return TURN_SEGMENTS - left;
}

/* Nobody can be served in this poll any more. */
static bool
all_full(const struct rtls_stack *s)
{
	uint32_t i;

	for (i = 0; i < s->nb_netifs; i++)
		if (!s->netifs[i].full)
			return false;
	return i > 0;
}

unsigned int
tx_path_poll(struct rtls_stack *s)
{
	uint64_t before = s->counters[CNT_TX_PACKETS];
	struct sock_list turn = TAILQ_HEAD_INITIALIZER(turn);
	struct tx_buffers bufs;
	struct rtls_sock *sock;
	uint32_t i, segments = 0;

	buf_spare_init(&bufs.header, s->pools.header);
	buf_spare_init(&bufs.indirect, s->pools.indirect);
	/* Who schedules itself again waits for the next poll. */
	TAILQ_CONCAT(&turn, &s->tx_list, tx_link);
	while ((sock = TAILQ_FIRST(&turn)) != NULL && segments < POLL_SEGMENTS && !all_full(s)) {
		TAILQ_REMOVE(&turn, sock, tx_link);
		sock->tx_listed = false;
		segments += serve(s, sock, &bufs);
	}
	buf_spare_end(&bufs.header);
	buf_spare_end(&bufs.indirect);
	/*
	 * Thousands may wait for a port that takes a few packets per poll: nobody looks at them, and
	 * they come before those that had their turn.
	 */
	TAILQ_CONCAT(&turn, &s->tx_list, tx_link);
	TAILQ_CONCAT(&s->tx_list, &turn, tx_link);
	for (i = 0; i < s->nb_netifs; i++) {
		netif_tx_flush(s, &s->netifs[i]);
		netif_tx_end_turn(s, &s->netifs[i]);
	}
	return (unsigned int)(s->counters[CNT_TX_PACKETS] - before);
}
