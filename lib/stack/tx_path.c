/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <limits.h>

#include "stack/drop.h"
#include "stack/inline_tx.h"
#include "stack/packet.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/tx_path.h"

enum {
	TURN_SEGMENTS = 44,        /* about 64 KiB: then the next connection has its turn */
	HEAD_REFUSED_US = 1000000, /* for so long: this packet will never be taken */
	HEAD_RECUT_US = 10000,     /* a long one: perhaps it is its length */
	CUT_STRIKES = 3,           /* it is: the port gets no long ones any more */
};

/* How many segments it is on the wire. */
static uint32_t
wire_segments(const struct rtls_sock *sock, const struct tcp_out *out)
{
	return out->len <= sock->tcp.mss ? 1 : (out->len + sock->tcp.mss - 1) / sock->tcp.mss;
}

static void
tell_sent(struct rtls_stack *s, const struct tx_slot *slot)
{
	const struct tcp_out *out = &slot->seg.out;
	struct rtls_sock *sock = slot->owner;
	uint32_t n;

	stack_count(s, CNT_TX_PACKETS);
	if (sock == NULL)
		return;
	tcp_sent(&sock->tcp, out, s->now_us);
	sock_rearm(sock);
	if (out->len == 0)
		return;
	n = wire_segments(sock, out);
	s->counters[CNT_TX_SEGMENTS] += n;
	s->counters[CNT_TX_BYTES] += out->len;
	sock->stats_base.tx_segments += n;
	sock->stats_base.tx_bytes += out->len;
	if (sock->tx.epochs.now != NULL && out->off >= sock->mode.tx_keys_off)
		s->counters[CNT_TX_BYTES_SEALED] += out->len;
	if (slot->seg.epoch != NULL) {
		s->counters[CNT_TX_BYTES_NIC] += out->len;
		sock->stats_base.tx_nic_bytes += out->len;
		inline_tx_sent(&slot->seg);
	}
	if (out->rexmit) {
		s->counters[CNT_TX_RETRANSMISSIONS] += n;
		sock->stats_base.retransmissions += n;
	}
}

/* The port did not take it: its connection plans it again with the next poll. */
static void
take_back(struct rtls_stack *s, const struct tx_slot *slot)
{
	stack_count(s, CNT_TX_REFUSED);
	rte_pktmbuf_free(slot->m);
	if (slot->owner == NULL)
		return;
	tcp_plan_drop(&slot->owner->tcp);
	if (slot->seg.epoch != NULL)
		inline_tx_refused(&slot->seg);
	sock_schedule(slot->owner);
}

/* The port never gets it: to TCP it is sent, and lost in the network. */
static void
give_up(struct rtls_stack *s, struct tx_slot *slot)
{
	rte_pktmbuf_free(slot->m);
	if (slot->owner != NULL && slot->seg.epoch != NULL)
		inline_tx_skipped(slot->owner, &slot->seg);
	slot->seg.epoch = NULL;
	tell_sent(s, slot);
}

/* A packet that the port would refuse for ever. */
static void
give_up_head(struct rtls_stack *s, struct netif *nif)
{
	stack_unsent(s, nif->port, nif->tx[0].m, CNT_TX_DROPPED);
	tell_port(s, nif, NOTE_PORT_NEVER_TAKES, "a packet of %u bytes", nif->tx[0].m->pkt_len);
	give_up(s, &nif->tx[0]);
	nif->refused_since_us = UINT64_MAX;
}

/*
 * The port refuses a head packet that it is to cut. Some drivers say that they cut, and then refuse
 * this or that packet for ever. False: it is not long, or a full ring may be the reason.
 */
static bool
recut_head(struct rtls_stack *s, struct netif *nif, bool never)
{
	if (!nif->tx[0].cut || (!never && s->now_us - nif->refused_since_us < HEAD_RECUT_US))
		return false;
	stack_count(s, CNT_TX_RECUT);
	nif->cut_short = true;
	return true;
}

/* Some were taken: was it the length that it refused? */
static void
judge_cutting(struct rtls_stack *s, struct netif *nif, bool took_long)
{
	if (took_long)
		nif->cut_strikes = 0;
	else if (nif->cut_short && nif->cut_strikes < CUT_STRIKES &&
		 ++nif->cut_strikes == CUT_STRIKES)
		tell_port(s, nif, NOTE_PORT_CUTS_NOT, NULL);
	nif->cut_short = false;
}

/* Segments in a packet, at most. */
static unsigned int
segments_max(const struct netif *nif)
{
	if (nif->cut_short || nif->cut_strikes == CUT_STRIKES)
		return 1;
	return nif->port->tso_frames != 0 ? nif->port->tso_frames : UINT_MAX;
}

/* Hands the gathered packets over; false when the port has no room for all of them. */
static bool
flush(struct rtls_stack *s, struct netif *nif)
{
	struct rte_mbuf *pkts[NETIF_TX_BURST];
	uint16_t n, ready, sent = 0, i;
	bool took_long = false;

	n = ready = nif->nb_tx;
	if (n == 0)
		return true;
	nif->nb_tx = 0;
	if (nif->full) {
		/* Full once in this poll is full; asking again would count twice. */
		for (i = 0; i < n; i++)
			take_back(s, &nif->tx[i]);
		return false;
	}
	for (i = 0; i < n; i++)
		pkts[i] = nif->tx[i].m;
	if (nif->port->tx_prepare != NULL)
		ready = nif->port->tx_prepare(nif->port, nif->queue, pkts, n);
	if (ready > 0)
		sent = nif->port->tx_burst(nif->port, nif->queue, pkts, ready);
	for (i = 0; i < sent; i++) {
		took_long |= nif->tx[i].cut;
		tell_sent(s, &nif->tx[i]);
	}
	if (sent > 0) {
		judge_cutting(s, nif, took_long);
		nif->refused_since_us = UINT64_MAX;
		nif->served = nif->tx[sent - 1].owner;
	} else if (nif->refused_since_us == UINT64_MAX && ready > 0) {
		nif->refused_since_us = s->now_us;
	} else if (recut_head(s, nif, ready == 0)) {
		/* Planned again below, in single segments. */
	} else if (ready == 0 || s->now_us - nif->refused_since_us >= HEAD_REFUSED_US) {
		give_up_head(s, nif);
		i = 1;
	}
	for (; i < n; i++)
		take_back(s, &nif->tx[i]);
	nif->full = sent < n;
	return !nif->full;
}

/* The slot's segment is set, if owner is. False: the port is full, nothing more for it now. */
static bool
gather(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m, struct rtls_sock *owner)
{
	struct tx_slot *slot = &nif->tx[nif->nb_tx++];

	slot->m = m;
	slot->owner = owner;
	slot->cut = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	return nif->nb_tx < NETIF_TX_BURST || flush(s, nif);
}

void
tx_path_reply(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m)
{
	gather(s, nif, m, NULL);
}

/* What cannot even be sent has no retransmission timer: R2 (RFC 9293 3.8.3) is watched here. */
static bool
waited_too_long(struct rtls_sock *sock)
{
	uint64_t now_us = sock->stack->now_us;

	if (sock->path.since_us == 0)
		sock->path.since_us = now_us;
	return sock->tcp.state != TCP_SYN_SENT && sock->tcp.snd_una < tcp_snd_lim(&sock->tcp) &&
	       now_us - sock->path.since_us >= sock->tcp.opts.user_timeout_us;
}

/* May this connection's packets go now? Otherwise it is scheduled when they may. */
static bool
path_is_ready(struct rtls_stack *s, struct rtls_sock *sock)
{
	switch (path_resolve(s, &sock->path)) {
	case PATH_READY:
		path_unwait(sock);
		sock->path.since_us = 0;
		return true;
	case PATH_WAIT:
		break;
	case PATH_FAILED:
		if (sock->tcp.state == TCP_SYN_SENT) {
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
	path_wait(sock);
	sock_rearm(sock);
	return false;
}

/* How much of a plan goes as one packet: all, or whole segments and at most max of them. */
static uint32_t
packet_len(struct rtls_sock *sock, const struct tx_segment *g, unsigned int max)
{
	uint32_t mss = sock->tcp.mss, len;

	max = RTE_MIN(max, segments_max(&sock->stack->netifs[sock->path.netif]));
	len = sendq_cut(g->rec, g->out.off, RTE_MIN(g->out.len, max * mss));
	if (g->rec->epoch != NULL)
		len = inline_tx_cut(sock, g, len);
	return len == g->out.len || len <= mss ? len : len - len % mss;
}

/* What should never be: bytes in clear that no device seals, or sealed ones that one is to seal. */
static void
stop_unsafe(struct rtls_stack *s, struct netif *nif, const struct tx_segment *g)
{
	stack_count(s, g->epoch == NULL ? CNT_TX_DROP_NO_SYNC_DATA : CNT_TX_DROP_BYPASS_REQ);
	tell_port(s, nif, NOTE_CLEAR_TEXT_STOPPED, NULL);
}

static void
tell_no_buffer(struct rtls_stack *s, struct netif *nif)
{
	stack_count(s, CNT_TX_NO_BUFFER);
	if (nif->port->tx_cleanup != NULL)
		nif->port->tx_cleanup(nif->port, nif->queue);
	tell_port(s, nif, NOTE_NO_HEADER, NULL);
}

/* A segment could not be built. */
static void
not_built(struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock,
	  const struct tx_segment *g, int rc)
{
	if (rc == -EPERM) {
		stop_unsafe(s, nif, g);
	} else if (sock->tx.failed && session_tx_in_clear(&sock->tx)) {
		tell_conn(sock, NOTE_SEAL_FAILED, "what the device was to seal");
	} else {
		tell_no_buffer(s, nif);
		return;
	}
	/* What is queued can never be sent. What is gathered goes first: the RST counts it. */
	flush(s, nif);
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
}

/*
 * The segment that comes next for a connection, made where it stays until the port has the packet;
 * NULL: there is none, or its way is not ready.
 */
static struct tx_segment *
next_segment(struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock, bool first)
{
	struct tx_segment *g = &nif->tx[nif->nb_tx].seg;

	if (!tcp_plan(&sock->tcp, s->now_us, &g->out)) {
		/* It may have started to probe a closed window. */
		sock_rearm(sock);
		return NULL;
	}
	if (!first)
		return g;
	if (!path_is_ready(s, sock))
		return NULL;
	/* Its neighbour was asked in a packet that came first. */
	if (g != &nif->tx[nif->nb_tx].seg)
		nif->tx[nif->nb_tx].seg = *g;
	return &nif->tx[nif->nb_tx].seg;
}

static void
serve(struct rtls_stack *s, struct rtls_sock *sock)
{
	struct netif *nif = &s->netifs[sock->path.netif];
	struct tx_segment *g;
	struct rte_mbuf *m;
	unsigned int n;
	int rc;

	if (nif->full) {
		sock_schedule(sock);
		return;
	}
	for (n = 0; n < TURN_SEGMENTS; n += wire_segments(sock, &g->out)) {
		g = next_segment(s, nif, sock, n == 0);
		if (g == NULL)
			return;
		if (g->out.len > 0) {
			g->rec = txmap_find(&sock->sendq.map, g->out.off);
			tcp_plan_trim(&g->out, packet_len(sock, g, TURN_SEGMENTS - n));
		}
		rc = packet_segment(s, sock, g, &m);
		if (rc != 0) {
			not_built(s, nif, sock, g, rc);
			break;
		}
		tcp_plan_take(&sock->tcp, &g->out);
		if (g->epoch != NULL)
			inline_tx_planned(g);
		if (!gather(s, nif, m, sock))
			break;
	}
	/* Its turn is over, not its work; unless it was aborted. */
	sock_schedule(sock);
}

/* Whom a full port served comes behind all others in the next poll. */
static void
end_turn(struct rtls_stack *s, struct netif *nif)
{
	struct rtls_sock *sock = nif->served;

	if (nif->full && sock != NULL && sock->tx_listed) {
		TAILQ_REMOVE(&s->tx_list, sock, tx_link);
		TAILQ_INSERT_TAIL(&s->tx_list, sock, tx_link);
	}
	nif->full = false;
	nif->served = NULL;
}

unsigned int
tx_path_poll(struct rtls_stack *s)
{
	uint64_t before = s->counters[CNT_TX_PACKETS];
	struct sock_list turn = TAILQ_HEAD_INITIALIZER(turn);
	struct rtls_sock *sock;
	uint32_t i;

	/* Who schedules itself again waits for the next poll. */
	TAILQ_CONCAT(&turn, &s->tx_list, tx_link);
	while ((sock = TAILQ_FIRST(&turn)) != NULL) {
		TAILQ_REMOVE(&turn, sock, tx_link);
		sock->tx_listed = false;
		serve(s, sock);
	}
	for (i = 0; i < s->nb_netifs; i++) {
		flush(s, &s->netifs[i]);
		end_turn(s, &s->netifs[i]);
	}
	return (unsigned int)(s->counters[CNT_TX_PACKETS] - before);
}
