/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A stack's interface: a queue pair of a port, with its neighbours and the packets that are gathered
 * for its next burst.
 */
#ifndef RTLS_STACK_NETIF_H
#define RTLS_STACK_NETIF_H

#include <sys/queue.h>

#include "core/tick_clock.h"
#include "net/arp.h"
#include "net/ether_ip.h"
#include "net/route.h"
#include "port/port.h"
#include "stack/tx_run.h"
#include "tcp/seg.h"

enum {
	NETIF_RX_BURST = 64,
	/* So many per poll: what tx_path lets out in one brings no more ACKs than that. */
	NETIF_POLL_BURSTS = 8,
	NETIF_TX_BURST = 32,
	NETIF_RUN_MAX = 64 * 1024, /* payload of a run; no packet that a port cuts is longer */
	NETIF_ARP_ENTRIES = 1024,
};

struct rtls_sock;

/* A queue pair of a port. */
struct netif {
	struct rtls_port *port;
	uint16_t queue;
	uint16_t nb_tx;            /* packets gathered for its next burst */
	uint16_t nb_runs;          /* the runs that they are of */
	uint64_t refused_since_us; /* the port took nothing since then; UINT64_MAX: it does */
	struct rtls_sock *served;  /* whose packet the port took last in this poll, or NULL */
	bool cut_short;            /* it refused a long packet: until it takes one, none are long */
	uint8_t cut_strikes;       /* so often in a row it took short ones instead */
	bool full;                 /* it took less than it was given: nothing more in this poll */
	bool rx_quiet;             /* its queue was empty behind the packets received last */
	uint64_t rx_taken;         /* packets received */
	uint64_t rx_bursts;        /* so often it was asked for some */
	uint64_t rx_audited;       /* records that its device had opened, and that were audited */
	uint64_t rx_audits_failed; /* of these */
	struct tick_clock clock;   /* the port's, where that keeps packets until their times */
	uint64_t departs_us;       /* of those that it was given, the last one's */
	/* Who waits for its queue, in the order of time: stack/rx_quiet. */
	TAILQ_HEAD(, rtls_sock) quiet_list;
	struct arp_table arp;
	struct arp_entry *arp_entries;
	struct arp_own own[ROUTE_ADDRS_MAX];
	uint32_t nb_own;
	struct rte_mbuf *tx[NETIF_TX_BURST];
	struct tx_run runs[NETIF_TX_BURST]; /* in the packets' order: what each is once taken */
};

/* What we offer: IPv4 and TCP headers without options taken off (RFC 9293 3.7.1). */
static inline uint16_t
netif_mss(const struct netif *nif)
{
	return (uint16_t)(nif->port->mtu - IPV4_HDR_MIN - TCP_HDR_MIN);
}

/* Payload of the longest packet that the port cuts into segments itself; 0: it cuts none. */
static inline uint32_t
netif_cut_max(const struct netif *nif)
{
	const uint32_t caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM;

	if ((nif->port->caps & caps) != caps)
		return 0;
	/* It is one IPv4 packet until it is cut. */
	return RTE_MIN(nif->port->tso_max, (uint32_t)UINT16_MAX - IPV4_HDR_MIN - TCP_HDR_MAX);
}

/* Ports give sent buffers back when it suits them, a quiet one never: asks for them. */
static inline void
netif_reclaim(struct netif *nif)
{
	if (nif->port->tx_cleanup != NULL)
		nif->port->tx_cleanup(nif->port, nif->queue);
}

#endif
