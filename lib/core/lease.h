/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Things of one size that are lent. Who has no use for his at the moment may keep it and says that it
 * rests: he finds it as he left it, unless somebody else needs one and none is free. Then the one that
 * has rested longest is called back. All is in memory of the caller's; no step looks for anything.
 *
 *	FREE -> LENT <-> RESTING
 *	  ^      |          |
 *	  +------+----------+
 */
#ifndef RTLS_CORE_LEASE_H
#define RTLS_CORE_LEASE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEASE_ALIGN = 64 };

/* In front of a thing. */
struct lease {
	alignas(LEASE_ALIGN) struct lease *next; /* FREE, RESTING */
	struct lease *prev;                      /* RESTING */
	void *holder;                            /* NULL: FREE */
	bool rests;
};

struct lease_pool {
	char *fresh; /* never lent: from here on */
	char *end;
	size_t step;                /* from one thing to the next */
	struct lease *free;         /* came back, the last one first */
	struct lease *first, *last; /* RESTING: the oldest, the newest */
	uint32_t nb_lent;           /* RESTING ones included */
};

/* Bytes of memory for n things of size bytes. */
size_t lease_pool_size(uint32_t n, size_t size);

/* Borrows mem, aligned to LEASE_ALIGN, of lease_pool_size(n, size) bytes, which need not be cleared. */
void lease_pool_init(struct lease_pool *p, void *mem, uint32_t n, size_t size);

/* A free thing, as whoever had it left it; NULL: none is. */
void *lease_take(struct lease_pool *p, void *holder);

/* Back from its holder, whether it rests or not. */
void lease_give(struct lease_pool *p, void *thing);

static inline struct lease *
lease_of(void *thing)
{
	return (struct lease *)((char *)thing - sizeof(struct lease));
}

static inline void *
lease_holder(void *thing)
{
	return lease_of(thing)->holder;
}

static inline bool
lease_rests(void *thing)
{
	return lease_of(thing)->rests;
}

/* Event: its holder has no use for it now. It does not rest. */
void lease_rest(struct lease_pool *p, void *thing);

/* Event: its holder uses it again. It rests. */
void lease_wake(struct lease_pool *p, void *thing);

/* The thing that has rested longest, which its holder is to give back; NULL: none rests. */
static inline void *
lease_oldest(const struct lease_pool *p)
{
	return p->first == NULL ? NULL : p->first + 1;
}

#endif
