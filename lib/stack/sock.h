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

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <sys/queue.h>

#include <recordtls/sock.h>

#include "buf/recvq.h"
#include "buf/sendq.h"
#include "core/autosize.h"
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
	uint8_t netif;   /* of the stack: whose device has, or is asked for, its contexts */
	uint8_t moves;   /* so often it became another's; up to a limit */
};

struct mode {
	struct mode_dir dir[2]; /* by enum rtls_dir */
	bool changed;           /* RTLS_MODE is due */
	bool over;              /* no device any more */
	bool rx_waits;          /* on quiet_list of the netif of what is received: stack/rx_quiet */
	uint8_t rx_by;          /* the netif that packets come by, as far as that was looked at */
};

/* What neither TCP nor the session counts. */
struct sock_count {
	uint64_t tx_segments; /* with payload, as rx_segments */
	uint64_t rx_segments;
	uint64_t rx_bytes;
	uint64_t tx_bare; /* segments without */
	uint64_t rx_bare;
};

TAILQ_HEAD(sock_list, rtls_sock);

/*
 * What has no meaning in one phase shares its place with what has none in another. Links are valid
 * while the socket is on their list.
 */
struct rtls_sock {
	/* Line 0: each received segment. Line 1: each sent one. */
	alignas(RTE_CACHE_LINE_SIZE) struct tcp_conn tcp;
	struct rtls_stack *stack;
	uint8_t phase;           /* enum sock_phase */
	bool tx_listed;          /* on stack->tx_list: tcp_plan may have something to say */
	bool ready_listed;       /* on stack->ready_list: may have events to report */
	bool attached;           /* the flow table leads here */
	bool starved;            /* on stack->starved_list: a pool was empty */
	uint8_t rx_run;          /* its run that is open in this burst, counted from 1; 0: none */
	bool connected : 1;      /* came from rtls_connect() and is established */
	bool lane_waits : 1;     /* the last rtls_sendfile() found nothing loaded */
	bool seal_told : 1;      /* tx has failed, and the log was told */
	bool remote_counted : 1; /* in stack->remotes */
	bool made_room : 1;      /* ended for a newcomer; its program has the handle still */
	bool soft_due : 1;       /* RTLS_SOFT_ERROR is due */
	bool window_old : 1;     /* TCP's rcv_lim is from before what came last: stack/window */
	/* Why it ended, kept once. */
	uint8_t end_who;
	uint8_t end_reason;
	uint8_t soft; /* enum rtls_soft_error, the last one */
	uint8_t tos;  /* of what it sends, and its connections do */
	uint8_t ttl;  /* 0: IPV4_TTL_DEFAULT */
	uint32_t rcvbuf;
	uint32_t room_counted; /* of recvq.room_used, in stack->rx_room_used */
	uint32_t tx_counted;   /* of what tx holds, in stack->store.used */
	uint32_t watch;
	uint32_t rx_data_at; /* sock_clock() of the last payload */
	struct session_tx tx;
	struct session_rx rx;
	struct recvq recvq;
	struct sendq sendq;
	struct sock_count count;
	struct wheel_node timer;
	struct hold hold; /* what it makes of what it holds */
	struct path path;
	struct reader_lane lane; /* rtls_sendfile: what was read ahead for this socket */
	void *user;
	TAILQ_ENTRY(rtls_sock) ready_link;
	union {
		struct { /* LISTEN */
			struct sock_list backlog;
			struct sock_list silent; /* of the backlog, without a byte received */
			uint32_t nb_backlog;
			uint32_t max_backlog;
		};
		struct { /* connections: on stack->tx_list, stack->path_list, by admit_listed */
			TAILQ_ENTRY(rtls_sock) tx_link;
			TAILQ_ENTRY(rtls_sock) path_link;
			TAILQ_ENTRY(rtls_sock) admit_link;
		};
	};
	union {
		struct { /* FREE, LISTEN, BACKLOG: on the list of such, a listener's backlog */
			TAILQ_ENTRY(rtls_sock) link;
			struct rtls_sock *listener; /* BACKLOG: whose */
		};
		struct { /* OWNED: on stack->starved_list */
			TAILQ_ENTRY(rtls_sock) starved_link;
			uint64_t starved_us; /* since then */
		};
	};
	uint32_t starved_len; /* for a record of so many bytes */
	uint32_t uses;        /* of this slot, this one included: tells a socket from the next */
	struct net_tuple tuple;
	bool kept[2];          /* by enum rtls_dir: rtls_guard_kept() was called */
	uint8_t admit_listed;  /* enum admit_stage: on whose list, by admit_link */
	bool rcvbuf_fixed : 1; /* it is the program's word: it does not grow */
	bool away : 1;         /* tcp_waits_for_network() since its peer took bytes last */
	/* Before the end of the handshake: stack/admission. A listener's: of its connections. */
	struct admit admit;
	/* Who may move bytes in a direction without keys; 0: whoever calls. */
	uint64_t guard;
	struct mode mode;
	struct autosize_read rx_read; /* rcvbuf follows it */
};

static_assert(sizeof(struct rtls_sock) <= 1024, "sixteen cache lines");
static_assert(offsetof(struct rtls_sock, tcp) == 0 &&
		      alignof(struct rtls_sock) == RTE_CACHE_LINE_SIZE,
	      "the first lines are those of a segment that is received, and of one that is sent");

struct rtls_stack;

/* A time in about milliseconds, in 32 bits: for what is told to people. */
static inline uint32_t
sock_clock(uint64_t now_us)
{
	return (uint32_t)(now_us >> 10);
}

/* So long ago it was; in a month and a half it wraps. */
static inline uint64_t
sock_clock_since(uint32_t at, uint64_t now_us)
{
	return (uint64_t)(sock_clock(now_us) - at) << 10;
}

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
	if (sock->admit.stage == ADMIT_NONE || sock->phase == SOCK_ORPHAN)
		return UINT64_MAX;
	return admit_deadline(&sock->admit);
}

#endif
