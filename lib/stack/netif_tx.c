/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/netif_tx.h"

#include "stack/drop.h"
#include "stack/inline_tx.h"
#include "stack/sched.h"
#include "stack/tallies.h"
#include "stack/tell.h"
#include "tcp/query.h"
#include "tcp/sent.h"

enum {
	HEAD_REFUSED_US = 1000000, /* for so long: this packet will never be taken */
	HEAD_RECUT_US = 10000,     /* a long one: perhaps it is its length */
};

static bool
is_cut(const struct tx_run *run)
{
	return run->owner != NULL && tx_run_is_cut(run, run->owner->tcp.mss);
}

/* What of a run was sent before: all, or, without a flight, what lies below snd_max. TCP is not told yet. */
static void
tell_again(struct rtls_stack *s, const struct rtls_sock *sock, const struct tcp_out *out)
{
	struct sock_tally *t = sock_tally(sock);
	uint32_t n = tcp_segments(&sock->tcp, out->len);

	s->counters[CNT_TX_RETRANSMISSIONS] += n;
	t->retransmissions += n;
	t->again_bytes += RTE_MIN(out->len, sock->tcp.snd_max - out->off);
}

/* The port has a run's packets. */
static void
tell_sent(struct rtls_stack *s, const struct tx_run *run)
{
	const struct tcp_out *out = &run->out;
	struct rtls_sock *sock = run->owner;
	uint32_t n;

	s->counters[CNT_TX_PACKETS] += run->packets;
	if (sock == NULL)
		return;
	if (out->rexmit && out->len > 0)
		tell_again(s, sock, out);
	tcp_sent(&sock->tcp, out, s->now_us);
	sock_rearm(sock);
	if (out->len == 0) {
		sock->count.tx_bare++;
		return;
	}
	n = tcp_segments(&sock->tcp, out->len);
	s->counters[CNT_TX_SEGMENTS] += n;
	s->counters[CNT_TX_BYTES] += out->len;
	sock->count.tx_segments += n;
	if (sock->tx.tls != NULL && out->off >= sock->tx.tls->start_off)
		s->counters[CNT_TX_BYTES_SEALED] += out->len;
	if (run->epoch != NULL) {
		s->counters[CNT_TX_BYTES_NIC] += out->len;
		sock->tx.tls->nic_bytes += out->len;
		inline_tx_sent(run);
	}
}

/*
 * The port did not take n packets of a run: its connection plans them again with the next poll. An
 * answer has none, and who asked asks again.
 */
static void
take_back(struct rtls_stack *s, const struct tx_run *run, struct rte_mbuf **pkts, uint16_t n)
{
	rte_pktmbuf_free_bulk(pkts, n);
	if (run->owner == NULL) {
		s->counters[CNT_TX_ANSWERS_DROPPED] += n;
		return;
	}
	s->counters[CNT_TX_REFUSED] += n;
	tcp_plan_drop(&run->owner->tcp);
	if (run->epoch != NULL)
		inline_tx_refused(run);
	sock_schedule(run->owner);
}

/* Of a run the port took the first so many packets. */
static void
settle(struct rtls_stack *s, struct tx_run *run, struct rte_mbuf **pkts, uint16_t taken)
{
	uint16_t n = run->packets;

	if (taken > 0) {
		tx_run_trim(run, taken);
		tell_sent(s, run);
	}
	if (taken < n)
		take_back(s, run, pkts + taken, (uint16_t)(n - taken));
}

/* Of the packets that are gathered the port took the first so many. Did it take a long one? */
static bool
settle_all(struct rtls_stack *s, struct netif *nif, uint16_t taken)
{
	struct rte_mbuf **pkts = nif->tx;
	bool took_long = false;
	struct tx_run *run;
	uint16_t n, of_it;

	for (run = nif->runs; run < nif->runs + nif->nb_runs; run++) {
		n = run->packets;
		of_it = RTE_MIN(n, taken);
		settle(s, run, pkts, of_it);
		if (of_it > 0) {
			took_long |= is_cut(run);
			nif->served = run->owner;
		}
		taken = (uint16_t)(taken - of_it);
		pkts += n;
	}
	nif->nb_tx = nif->nb_runs = 0;
	return took_long;
}

/* The port never gets the first packet: to TCP it is sent, and lost in the network. */
static void
give_up_head(struct rtls_stack *s, struct netif *nif)
{
	struct tx_run head = nif->runs[0];

	stack_unsent(s, nif->port, nif->tx[0], CNT_TX_DROPPED);
	tell_port(s, nif, NOTE_PORT_NEVER_TAKES, "a packet of %u bytes", nif->tx[0]->pkt_len);
	rte_pktmbuf_free(nif->tx[0]);
	nif->refused_since_us = UINT64_MAX;
	if (head.owner == NULL || head.epoch == NULL)
		return;
	tx_run_trim(&head, 1);
	inline_tx_skipped(&head);
	/* No device has it, and what follows it is planned again. */
	inline_tx_refused(&head);
	nif->runs[0].epoch = NULL;
}

/*
 * The port refuses a head packet that it is to cut. Some drivers say that they cut, and then refuse
 * this or that packet for ever. False: it is not long, or a full ring may be the reason.
 */
static bool
recut_head(struct rtls_stack *s, struct netif *nif, bool never)
{
	if (!is_cut(&nif->runs[0]) || (!never && s->now_us - nif->refused_since_us < HEAD_RECUT_US))
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

/* The port took nothing. How many packets are out of the way all the same? */
static uint16_t
head_refused(struct rtls_stack *s, struct netif *nif, bool never)
{
	if (nif->refused_since_us == UINT64_MAX && !never) {
		nif->refused_since_us = s->now_us;
		return 0;
	}
	if (recut_head(s, nif, never))
		return 0; /* planned again, in single segments */
	if (!never && s->now_us - nif->refused_since_us < HEAD_REFUSED_US)
		return 0;
	give_up_head(s, nif);
	return 1;
}

bool
netif_tx_flush(struct rtls_stack *s, struct netif *nif)
{
	uint16_t n = nif->nb_tx, ready = n, sent = 0;

	if (n == 0)
		return true;
	if (nif->full) {
		/* Full once in this poll is full; asking again would count twice. */
		settle_all(s, nif, 0);
		return false;
	}
	if (nif->port->tx_prepare != NULL)
		ready = nif->port->tx_prepare(nif->port, nif->queue, nif->tx, n);
	if (ready > 0)
		sent = nif->port->tx_burst(nif->port, nif->queue, nif->tx, ready);
	nif->full = sent < n;
	if (sent == 0) {
		settle_all(s, nif, head_refused(s, nif, ready == 0));
		return false;
	}
	judge_cutting(s, nif, settle_all(s, nif, sent));
	nif->refused_since_us = UINT64_MAX;
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
