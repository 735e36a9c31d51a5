/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One socket: a listener, or a connection with all that belongs to it. What acts on it stands in
 * the files beside this one; lib/sock offers it to programs.
 *
 *   FREE -> LISTEN -> FREE
 *   FREE -> BACKLOG -> OWNED -> ORPHAN -> FREE	passive open, accept, close
 *   FREE -> OWNED				active open
 */
#ifndef RTLS_STACK_SOCK_H
#define RTLS_STACK_SOCK_H

#include <sys/queue.h>

#include <recordtls/sock.h>
#include <recordtls/stats.h>

#include "buf/recvq.h"
#include "buf/sendq.h"
#include "core/hold.h"
#include "file/reader.h"
#include "net/addr.h"
#include "net/wheel.h"
#include "session/rx.h"
#include "session/tx.h"
#include "stack/counters.h"
#include "stack/path.h"
#include "tcp/admit.h"
#include "tcp/conn.h"

enum sock_phase {
	SOCK_FREE,
	SOCK_LISTEN,
	SOCK_BACKLOG, /* established, not accepted yet */
	SOCK_OWNED,   /* the program has the handle */
	SOCK_ORPHAN,  /* it closed the handle, the connection is finishing */
};

/* Who seals and opens: stack/mode. */
struct mode_dir {
	uint8_t order;   /* enum rtls_mode_order: what the first keys ask for */
	uint8_t wish;    /* enum rtls_mode: NIC until the device, or the program, ends that */
	uint8_t counted; /* enum rtls_mode: among which current sessions; nobody else reads it */
	uint8_t skipped; /* so often in a row a context was lost without a loss */
};

struct mode {
	struct mode_dir dir[2];  /* by enum rtls_dir */
	bool changed;            /* RTLS_MODE is due */
	bool over;               /* no device any more */
	bool rx_waits;           /* on stack->quiet_list: stack/rx_quiet */
	uint64_t rx_waits_since; /* netif->rx_taken then */
};

TAILQ_HEAD(sock_list, rtls_sock);

/* Fields of struct rtls_sock_stats. */
struct sock_count {
	uint64_t tx_segments;
	uint64_t rx_segments;
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint64_t retransmissions;
	uint64_t timeouts;
	uint64_t tx_nic_bytes;
};

struct rtls_sock {
	/* What each segment touches. */
	struct tcp_conn tcp;
	struct rtls_stack *stack;
	uint8_t phase;        /* enum sock_phase */
	bool tx_listed;       /* on stack->tx_list: tcp_plan may have something to say */
	bool ready_listed;    /* on stack->ready_list: may have events to report */
	bool attached;        /* the flow table leads here */
	bool connected;       /* came from rtls_connect() and is established */
	bool starved;         /* on stack->starved_list: a pool was empty */
	uint32_t uses;        /* of this slot, this one included: tells a socket from the next */
	uint32_t starved_len; /* for a record of so many bytes */
	uint64_t starved_us;  /* since then */
	uint64_t tx_counted;  /* of what tx holds, in stack->store.used */
	TAILQ_ENTRY(rtls_sock) tx_link;
	TAILQ_ENTRY(rtls_sock) ready_link;
	TAILQ_ENTRY(rtls_sock) link; /* free list, listener list, a listener's backlog */
	TAILQ_ENTRY(rtls_sock) starved_link;
	TAILQ_ENTRY(rtls_sock) path_link;  /* on stack->path_list: waits for its neighbour */
	TAILQ_ENTRY(rtls_sock) quiet_link; /* on stack->quiet_list: stack/rx_quiet */
	struct path path;
	struct sendq sendq;
	struct recvq recvq;
	struct session_tx tx;
	struct session_rx rx;
	struct mode mode;
	struct wheel_node timer;
	struct net_tuple tuple;
	uint64_t hash;
	uint32_t rcvbuf;
	uint32_t room_counted;        /* of recvq.room_used, in stack->rx_room_used */
	struct hold hold;             /* what it makes of both */
	uint64_t incomplete_since_us; /* when the record at the head began to arrive */

	uint32_t watch;
	void *user;

	/* Before the end of the handshake: stack/admission. A listener's: of its connections. */
	struct admit admit;
	struct sock_list *admit_list;
	TAILQ_ENTRY(rtls_sock) admit_link;
	bool remote_counted; /* in stack->remotes */
	bool made_room;      /* ended for a newcomer; its program has the handle still */

	/* Listeners. */
	struct sock_list backlog;
	struct sock_list silent; /* of the backlog, without a byte received */
	uint32_t nb_backlog;
	uint32_t max_backlog;
	struct rtls_sock *listener; /* BACKLOG: whose */
	uint32_t opt_sndbuf, opt_max_payload;

	/* rtls_sendfile: what was read ahead for this socket. */
	struct reader_lane lane;
	bool lane_waits; /* the last rtls_sendfile() found nothing loaded */

	/* Who may move bytes in a direction without keys; 0: whoever calls. */
	uint64_t guard;
	bool kept[2];   /* by enum rtls_dir: rtls_guard_kept() was called */
	bool seal_told; /* tx has failed, and the log was told */

	/* Why it ended, kept once. */
	uint8_t end_who;
	uint8_t end_reason;

	struct sock_count count; /* what tcp and session do not count themselves */
};

struct rtls_stack;

/* The epochs of a direction: to step them, NULL without keys; to look at them. */
static inline struct epochs *
sock_epochs(const struct rtls_sock *sock, enum rtls_dir d)
{
	if (d == RTLS_TX)
		return sock->tx.tls == NULL ? NULL : &sock->tx.tls->epochs;
	return sock->rx.tls == NULL ? NULL : &sock->rx.tls->epochs;
}

static inline const struct epochs *
sock_epochs_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct epochs *all = sock_epochs(sock, d);

	return all == NULL ? &epochs_none : all;
}

/* Has the direction had its first keys? */
static inline bool
sock_has_keys(const struct rtls_sock *sock, enum rtls_dir d)
{
	return d == RTLS_TX ? sock->tx.tls != NULL : sock->rx.tls != NULL;
}

/* When a connection that has not finished its handshake is to be ended; UINT64_MAX: never. */
static inline uint64_t
sock_admit_deadline(const struct rtls_sock *sock)
{
	/* What an orphan still sends, an alert, has TCP's own limits of time. */
	return sock->phase == SOCK_ORPHAN ? UINT64_MAX : admit_deadline(&sock->admit);
}

#endif
