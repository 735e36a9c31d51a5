/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The table of contexts. Two lcores know an entry: the host's, which allocates it and sees
 * its state, and the NIC's, for which it exists from start to del (live). Who runs without
 * rings is both.
 *
 *   FREE --add--> ADDING --polls--> ADDED --start--> STARTED
 *    ^^  \--add------------------------^  \              |
 *    ||                       \--------del--\    del     |
 *    |+--- released by the NIC's lcore --- DELETING <----/
 *    |                                        |
 *    +--polled-- DELETED <--ended, receiving--/
 *
 * A reset: all of them to VOID, which the host does not know any more, and from there to FREE.
 */
#ifndef TLSNIC_CONTEXT_H
#define TLSNIC_CONTEXT_H

#include <sys/queue.h>

#include <rte_hash.h>

#include <recordtls/offload.h>

#include "tlsnic/frame.h"
#include "tlsnic/rx.h"
#include "tlsnic/tx.h"

struct nic_key;

#define CONTEXT_NEVER_SEEN UINT32_MAX

enum context_state {
	CONTEXT_FREE,
	CONTEXT_ADDING,
	CONTEXT_ADDED,
	CONTEXT_STARTED,
	CONTEXT_DELETING,
	CONTEXT_DELETED, /* the host has still to be told */
	CONTEXT_VOID,    /* the device is reset: until the NIC's lcore has wiped it */
};

/* A connection's direction: the headers of the packets that it is for. */
struct context_flow {
	struct frame_flow flow;
	uint32_t dir;
};

struct nic_context {
	uint8_t state; /* enum context_state */
	uint8_t dir;   /* enum rtls_dir */
	uint32_t generation;
	uint64_t cookie;
	uint64_t due_poll; /* ADDING: which poll it is done with */
	struct context_flow key;
	TAILQ_ENTRY(nic_context) waiting; /* ADDING or DELETED: for its event */

	uint32_t live;  /* the NIC's lcore: generation between start and del, else 0 */
	bool is_asking; /* the same: a start has been told, and not its end; see resync.h */
	uint64_t end_turn;
	TAILQ_ENTRY(nic_context) asking;
	/* The same, receiving: it is lost, and the host has still to be told; see tell.h */
	bool is_untold;
	int lost_status;
	TAILQ_ENTRY(nic_context) untold;
	/* The same, receiving: of so many packets more it does not find out whose they are. */
	uint32_t unseen;
	/* The same: an answer of the host's that is not heard before so many packets more; 0: there is none. */
	uint32_t late;
	uint32_t late_seq;
	uint64_t late_rec_no;
	union {
		struct nic_tx tx;
		struct nic_rx rx;
	};
};

struct nic_contexts {
	struct nic_context *tab;
	uint32_t max;
	uint32_t *free; /* a stack of indexes */
	uint32_t nb_free;
	/* Of the latest context, whatever its slot. Marks name the low 16 bits: they are never 0. */
	uint32_t generation;
	uint16_t rx_first_run; /* of each receiving context */
	bool rx_keeps;         /* the same */
	bool rx_scans;         /* the same */
	uint32_t nb_void;
	uint64_t polls;
	/* Of all receiving contexts but those being deleted: packets lead to one only. A packet
	 * that is sent names its context, of which there is one a key. */
	struct rte_hash *flows;
	/* The NIC's lcore: flows that it opens packets of, and of those that it seals the latest. */
	struct rte_hash *started;
	TAILQ_HEAD(nic_waiting, nic_context) adding, deleted;
};

/* name: of the NIC; rx_first_run, rx_keeps and rx_scans are set. 0 or -ENOMEM. */
int contexts_init(struct nic_contexts *t, uint32_t max, const char *name);

/* polls: 0: ADDED at once. As ops->add(). */
int contexts_add(struct nic_contexts *t, const struct nic_key *k, const struct rtls_tls_flow *flow,
		 uint64_t cookie, uint32_t polls, struct rtls_tls_handle *out);

/*
 * One poll: those that it ends for become ADDED, and those that are DELETED become FREE. Returns
 * how many events.
 */
unsigned int contexts_poll(struct nic_contexts *t, struct rtls_tls_event *ev, unsigned int n);

/* NULL: no such context any more. */
struct nic_context *contexts_find(const struct nic_contexts *t, struct rtls_tls_handle h);

struct rtls_tls_handle contexts_handle(const struct nic_contexts *t, const struct nic_context *c);

/* A context that is found to DELETING. */
void contexts_delete(struct nic_contexts *t, struct nic_context *c);

/* DELETING to FREE: the NIC's lcore is done with it. */
void contexts_release(struct nic_contexts *t, struct nic_context *c);

/*
 * The same where del gave -EINPROGRESS: DELETED. No event is lost, and no slot used, before it. Nothing
 * of one that is VOID by now.
 */
void contexts_ended(struct nic_contexts *t, struct nic_context *c);

/* All that there are to VOID: no handle leads to one. */
void contexts_void(struct nic_contexts *t);

/* All of those to FREE: the NIC's lcore is done with them. */
void contexts_voided(struct nic_contexts *t);

/* The NIC's lcore: the live context of a direction, or NULL. */
struct nic_context *contexts_live(const struct nic_contexts *t, struct rtls_tls_handle h,
				  uint8_t dir);

/* The NIC's lcore: packets of a context's flow lead to it from now on, or not any more. */
int contexts_open(struct nic_contexts *t, struct nic_context *c);
void contexts_shut(struct nic_contexts *t, const struct nic_context *c);

/* The NIC's lcore: the context that packets with these headers lead to, or NULL. */
struct nic_context *contexts_of_packet(const struct nic_contexts *t, const struct frame_flow *flow,
				       uint8_t dir);

/* The NIC's lcore: wipes the keys of a context that lives no more. */
void context_wipe(struct nic_context *c);

/* Contexts in any state included; a zeroed table is fine. */
void contexts_fini(struct nic_contexts *t);

#endif
