/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A stack's state: what one lcore owns. What acts on it stands in the files beside it. */
#ifndef RTLS_STACK_STATE_H
#define RTLS_STACK_STATE_H

#include <recordtls/stack.h>

#include "buf/pools.h"
#include "core/share.h"
#include "crypto/select.h"
#include "file/reader.h"
#include "log/note.h"
#include "net/answer_limit.h"
#include "net/flow_cache.h"
#include "net/local_port.h"
#include "net/mtu_table.h"
#include "stack/counters.h"
#include "stack/flight_pools.h"
#include "stack/late_resets.h"
#include "stack/netif.h"
#include "stack/registry.h"
#include "stack/sock.h"
#include "stack/tally.h"
#include "tcp/cookie.h"
#include "tcp/syncache.h"
#include "tcp/timewait.h"

enum {
	STACK_PORTS_MAX = 8,
	STACK_ANSWER_REMOTES = 4096,
};

struct rtls_stack {
	uint64_t now_us;
	struct visit_box visit; /* in the line of now_us: each poll looks at it */
	struct netif netifs[STACK_PORTS_MAX];
	uint32_t nb_netifs;
	struct flow_table *flows;
	struct flow_cache found; /* in flows, lately */
	struct rtls_sock *socks;
	struct sock_tally *tallies; /* of each of them */
	struct wheel wheel;
	struct sock_list tx_list;
	struct sock_list ready_list;
	struct sock_list starved_list;
	struct sock_list path_list;
	uint32_t nb_adding; /* epochs whose device was asked, and has not answered */
	struct sock_list free_list;
	struct sock_list listeners;
	struct sock_list tls_silent;     /* unfinished connections by age: stack/admission */
	struct sock_list tls_unfinished; /* heard of, not through with their handshake */
	struct sock_list lingering;      /* orphans that wait for a FIN */
	struct buf_pools pools;
	struct recvq_shared recvq_shared;
	struct route_table routes; /* its netifs are indexes of netifs */
	uint32_t socks_in_use;
	uint32_t nb_leaving; /* of these, made room and wait for their program */
	struct tcp_syncache *syncache;
	struct tcp_cookies cookies; /* for SYNs that it has no room for */
	struct tcp_timewait *timewait;
	struct tcp_params params;
	struct tcp_opts tcp_opts; /* a new socket's */
	struct answer_limit answers;
	struct mtu_table mtus;
	uint64_t rx_room_used;    /* buffer room held by all receive queues */
	uint32_t rx_holders;      /* sockets whose receive queue holds something */
	uint64_t rx_room_max;     /* pressure begins near this */
	uint64_t rx_pass_us;      /* since then rx_pass may complete a record all the same */
	uint64_t relieve_us;      /* nobody to give up was found: look again then */
	uint32_t pressure_next;   /* the socket to look at next for bytes out of order */
	bool held_wanted;         /* its pool was empty: somebody is to give up what waits */
	struct share_store store; /* record buffers for sending */
	struct flight_pools flights;
	/* NULL: nobody. To compare with alone. */
	const struct rtls_sock *rx_pass;
	uint64_t short_us;       /* a share stopped somebody last then; 0: never */
	uint64_t short_since_us; /* and again and again since then */
	/* The only one whom that concerns; NULL: several, or a newcomer. To compare with alone. */
	const struct rtls_sock *short_by;
	bool no_sock; /* a connection found no socket, at no_sock_us last */
	uint64_t no_sock_us;
	bool no_room; /* the same for receive buffers */
	uint64_t no_room_us;
	const struct rtls_sock *no_room_by;
	/* Rounds through all sockets, some per poll: whose record is incomplete for longest, and who makes
	 * least of what it holds. */
	struct {
		struct rtls_sock *oldest; /* of those that were looked at in this round */
		uint64_t since_us;        /* its record is incomplete */
		uint32_t looked;
	} room;
	struct {
		struct rtls_sock *worst; /* of those that were looked at in this round */
		struct hold_score score;
		uint32_t looked;
		uint64_t next_us; /* not before */
	} reclaim;
	struct reader *reader;
	struct crypto_select crypto; /* who computes in software */
	uint8_t secret[16];
	uint8_t keys_secret[16];       /* of used_key_of() */
	uint64_t counters[CNT_MAX];    /* but those of records, and of keys that fell back */
	struct session_shared session; /* what is the same for all record layers */
	uint64_t last_guard;           /* no two are the same */
	struct notes notes;            /* what the log was told */
	bool tls_off;      /* no keys of connections that have none: rtls_stack_features() */
	bool sndbuf_fixed; /* conf has said a size: a socket's does not grow */
	bool rcvbuf_fixed;
	bool draining; /* destroy was called: nothing new is accepted */
	bool clock_started;
	struct local_ports ports;   /* of rtls_connect() */
	struct flow_table *remotes; /* net/remote_count; NULL: no limit per remote */
	void *flows_mem;            /* as allocated */
	void *remotes_mem;
	void *syncache_mem;
	void *timewait_mem;
	struct answer_remote *answer_remotes;
	struct late_resets late_resets; /* of connections that are gone */
	struct registry_node registered;
	struct rtls_stack_conf conf;
};

static inline void
stack_count(struct rtls_stack *s, enum counter c)
{
	s->counters[c]++;
}

/* The port whose device has, or is asked for, the contexts of a direction. Its packets may go by others. */
static inline struct netif *
stack_netif_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	return &sock->stack->netifs[sock->mode.dir[d].netif];
}

/* Is nif of that port, by whatever queue? Of others nobody seals or opens anything of the direction. */
static inline bool
stack_is_home(const struct rtls_sock *sock, enum rtls_dir d, const struct netif *nif)
{
	return nif->port == stack_netif_of(sock, d)->port;
}

static inline struct offload_device *
stack_device_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	return &stack_netif_of(sock, d)->port->tls;
}

#endif
