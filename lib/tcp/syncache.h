/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * SYN-RECEIVED: a table of fixed size in the caller's memory (RFC 4987 3.5).
 * Buckets are chosen by a keyed hash; when one is full its oldest record goes,
 * so a flood costs strangers their place and never memory. SYN-ACKs are sent
 * again after 1, 3, 7, 15 and 31 s; the record goes after 63 s.
 */
#ifndef RTLS_TCP_SYNCACHE_H
#define RTLS_TCP_SYNCACHE_H

#include <stddef.h>

#include "net/addr.h"
#include "tcp/open.h"

enum {
	TCP_SYNCACHE_WAYS = 8, /* records in a bucket */
	TCP_SYNCACHE_RESENDS = 5,
	TCP_SYNCACHE_FIRST_US = 1000000, /* doubles with each SYN-ACK */
};

struct tcp_syncache_entry {
	struct net_tuple tuple;
	uint32_t listener; /* the caller's name for where the SYN came in */
	struct tcp_syn syn;
	uint64_t born_us; /* of this record */
	uint64_t at_us;   /* of the next SYN-ACK */
	uint32_t prev;    /* in the list of its level; indices, 0: none */
	uint32_t next;
	uint32_t level; /* SYN-ACKs sent by the timer; UINT32_MAX: free */
};

struct tcp_syncache;

/* Bytes of memory, aligned to 8, for at least capacity records. */
size_t tcp_syncache_size(uint32_t capacity);

/* Makes a table in mem, which it borrows. The key is copied. NULL: size is too small. */
struct tcp_syncache *tcp_syncache_init(void *mem, size_t size, uint32_t capacity,
				       const uint8_t key[16]);

/* Is there a place for tuple, which has no record, without another having to go? */
bool tcp_syncache_has_room(struct tcp_syncache *sc, const struct net_tuple *tuple);

/*
 * A record for tuple, which has none; its SYN-ACK goes out now. The caller
 * fills entry->syn (tcp_syn_input). *evicted is set when another had to go.
 */
struct tcp_syncache_entry *tcp_syncache_add(struct tcp_syncache *sc, const struct net_tuple *tuple,
					    uint32_t listener, uint64_t now_us, bool *evicted);

struct tcp_syncache_entry *tcp_syncache_find(struct tcp_syncache *sc,
					     const struct net_tuple *tuple);

void tcp_syncache_remove(struct tcp_syncache *sc, struct tcp_syncache_entry *e);

/* The listener is gone: so are its records. Returns how many. */
uint32_t tcp_syncache_remove_listener(struct tcp_syncache *sc, uint32_t listener);

/*
 * Event: time passed. A record whose SYN-ACK is due again, its timer moved on,
 * or NULL: call until then. Records past their last SYN-ACK are removed on the
 * way. Each of both takes one from *budget, and without it the others are due still.
 */
struct tcp_syncache_entry *tcp_syncache_due(struct tcp_syncache *sc, uint64_t now_us,
					    uint32_t *budget);

/* When tcp_syncache_due has something to do; UINT64_MAX: never. */
uint64_t tcp_syncache_deadline(const struct tcp_syncache *sc);

uint32_t tcp_syncache_count(const struct tcp_syncache *sc);

#endif
