/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/netif_tx.h"

#include "stack/drop.h"
#include "stack/inline_tx.h"
#include "stack/sched.h"
#include "stack/tell.h"
#include "tcp/output.h"
#include "tcp/query.h"

enum {
	HEAD_REFUSED_US = 1000000, /* for so long: this packet will never be taken */
	HEAD_RECUT_US = 10000,     /* a long one: perhaps it is its length */
};

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
	n = tcp_segments(&sock->tcp, out->len);
	s->counters[CNT_TX_SEGMENTS] += n;
	s->counters[CNT_TX_BYTES] += out->len;
	sock->count.tx_segments += n;
	sock->count.tx_bytes += out->len;
	if (sock->tx.tls != NULL && out->off >= sock->tx.tls->start_off)
		s->counters[CNT_TX_BYTES_SEALED] += out->len;
	if (slot->seg.epoch != NULL) {
		s->counters[CNT_TX_BYTES_NIC] += out->len;
		sock->tx.tls->nic_bytes += out->len;
		inline_tx_sent(&slot->seg);
	}
	if (out->rexmit) {
		s->counters[CNT_TX_RETRANSMISSIONS] += n;
		sock->count.retransmissions += n;
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
	else if (nif->cut_short && nif->cut_strikes < NETIF_CUT_STRIKES &&
		 ++nif->cut_strikes == NETIF_CUT_STRIKES)
		tell_port(s, nif, NOTE_PORT_CUTS_NOT, NULL);
	nif->cut_short = false;
}

bool
netif_tx_flush(struct rtls_stack *s, struct netif *nif)
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

void
netif_tx_end_turn(struct rtls_stack *s, struct netif *nif)
{
	struct rtls_sock *sock = nif->served;

	if (nif->full && sock != NULL && sock->tx_listed) {
		TAILQ_REMOVE(&s->tx_list, sock, tx_link);
		TAILQ_INSERT_TAIL(&s->tx_list, sock, tx_link);
	}
	nif->full = false;
	nif->served = NULL;
}
