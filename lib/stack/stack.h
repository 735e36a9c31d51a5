/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A stack: what one lcore owns. Its poll is the calls of rtls_stack_poll(); of
 * these rx_path and tx_path alone touch packets.
 */
#ifndef RTLS_STACK_STACK_H
#define RTLS_STACK_STACK_H

#include <recordtls/stack.h>

#include "buf/pools.h"
#include "core/share.h"
#include "crypto/choice.h"
#include "log/note.h"
#include "net/answer_limit.h"
#include "net/arp.h"
#include "net/ether_ip.h"
#include "net/flow.h"
#include "net/icmp.h"
#include "net/mtu_table.h"
#include "stack/counters.h"
#include "stack/sock.h"
#include "port/port.h"
#include "file/reader.h"
#include "stack/registry.h"
#include "stack/tx_segment.h"
#include "tcp/output.h"
#include "tcp/syncache.h"
#include "tcp/timewait.h"
#include "tcp/user.h"

enum {
	STACK_PORTS_MAX = 8,
	STACK_ADDRS_MAX = 16,
	STACK_ROUTES_MAX = 16,
	STACK_RX_BURST = 32,
	STACK_TX_BURST = 32,
	STACK_ARP_ENTRIES = 1024,
	STACK_ANSWER_REMOTES = 4096,
};

struct stack_addr {
	uint32_t ip;
	uint32_t netmask;
	uint8_t netif;
};

struct stack_route {
	uint32_t dst;
	uint32_t netmask;
	uint32_t gateway;
	uint8_t netif;
};

/* A packet on its way to the port, and what it means to its connection once taken. */
struct tx_slot {
	struct rte_mbuf *m;
	struct rtls_sock *owner; /* NULL: a reply that belongs to no connection */
	bool cut;                /* the port cuts it into segments */
	struct tx_segment seg;
};

/* A queue pair of a port. */
struct netif {
	struct rtls_port *port;
	uint16_t queue;
	uint16_t nb_tx;
	uint64_t refused_since_us; /* the port took nothing since then; UINT64_MAX: it does */
	struct rtls_sock *served;  /* whose packet the port took last in this poll, or NULL */
	bool cut_short;            /* it refused a long packet: until it takes one, none are long */
	uint8_t cut_strikes;       /* so often in a row it took short ones instead */
	bool full;                 /* it took less than it was given: nothing more in this poll */
	bool rx_quiet;             /* its queue was empty behind the packets received last */
	uint64_t rx_taken;         /* packets received */
	struct arp_table arp;
	struct arp_entry *arp_entries;
	struct arp_own own[STACK_ADDRS_MAX];
	uint32_t nb_own;
	struct tx_slot tx[STACK_TX_BURST];
};

struct rtls_stack {
	uint64_t now_us;
	struct visit_box visit; /* in the line of now_us: each poll looks at it */
	struct netif netifs[STACK_PORTS_MAX];
	uint32_t nb_netifs;
	struct flow_table *flows;
	struct rtls_sock *socks;
	struct wheel wheel;
	struct sock_list tx_list;
	struct sock_list ready_list;
	struct sock_list starved_list;
	struct sock_list path_list;
	struct sock_list quiet_list; /* their port's RX queue is gone through: stack/rx_quiet */
	uint32_t nb_adding;          /* epochs whose device was asked, and has not answered */
	struct sock_list free_list;
	struct sock_list listeners;
	struct sock_list tls_silent;     /* unfinished connections by age: stack/admission */
	struct sock_list tls_unfinished; /* heard of, not through with their handshake */
	struct sock_list lingering;      /* orphans that wait for a FIN */
	struct buf_pools pools;
	struct stack_addr addrs[STACK_ADDRS_MAX];
	struct stack_route routes[STACK_ROUTES_MAX];
	uint32_t nb_addrs;
	uint32_t nb_routes;
	uint32_t socks_in_use;
	uint32_t nb_leaving; /* of these, made room and wait for their program */
	struct tcp_syncache *syncache;
	struct tcp_timewait *timewait;
	struct tcp_params params;
	struct tcp_opts tcp_opts; /* a new socket's */
	struct answer_limit answers;
	struct mtu_table mtus;
	uint64_t rx_room_used;    /* buffer room held by all receive queues */
	uint32_t rx_holders;      /* sockets whose receive queue holds something */
	uint64_t rx_room_max;     /* pressure begins near this */
	uint64_t relieve_us;      /* nobody to give up was found: look again then */
	uint32_t pressure_next;   /* the socket to look at next for bytes out of order */
	struct share_store store; /* record buffers for sending */
	uint64_t short_us;        /* a share stopped somebody last then; 0: never */
	uint64_t short_since_us;  /* and again and again since then */
	/* The only one whom that concerns; NULL: several, or a newcomer. To compare with alone. */
	const struct rtls_sock *short_by;
	bool no_sock; /* a connection found no socket, at no_sock_us last */
	uint64_t no_sock_us;
	bool no_room; /* the same for receive buffers */
	uint64_t no_room_us;
	const struct rtls_sock *no_room_by;
	struct {
		struct rtls_sock *worst; /* of those that were looked at in this round */
		struct hold_score score;
		uint32_t looked;
		uint64_t next_us; /* not before */
	} relief;
	struct reader *reader;
	struct choice crypto; /* who computes in software */
	uint8_t secret[16];
	uint8_t keys_secret[16];    /* of used_key_of() */
	uint64_t counters[CNT_MAX]; /* but those of records, and of keys that fell back */
	struct session_tx_count tx_count;
	struct session_rx_count rx_count;
	uint64_t last_guard; /* no two are the same */
	struct notes notes;  /* what the log was told */
	bool draining;       /* destroy was called: nothing new is accepted */
	bool clock_started;
	uint32_t next_port;         /* RFC 6056 3.3.3 */
	struct flow_table *remotes; /* net/remote_count; NULL: no limit per remote */
	void *flows_mem;            /* as allocated */
	void *remotes_mem;
	void *syncache_mem;
	void *timewait_mem;
	struct answer_remote *answer_remotes;
	struct registry_node registered;
	struct rtls_stack_conf conf;
};

static inline void
stack_count(struct rtls_stack *s, enum counter c)
{
	s->counters[c]++;
}

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

/* What the port of a connection has of inline TLS. */
static inline struct offload_device *
stack_device_of(const struct rtls_sock *sock)
{
	return &sock->stack->netifs[sock->path.netif].port->tls;
}

/* One of our addresses, or NULL. */
const struct stack_addr *stack_addr_find(const struct rtls_stack *s, uint32_t ip);

/* May junk from there be answered so now? Counts what may not. */
bool stack_may_answer(struct rtls_stack *s, enum answer_kind kind, const struct net_addr *remote);

/* Random bytes for secrets at start; 0 or -ENOSYS. */
int stack_random(void *out, uint32_t len);

#endif
