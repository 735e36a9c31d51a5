/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Things of one size that are lent. Who has no use for his at the moment keeps it all the same, and
 * says nothing: it costs him nothing, and he finds it as he left it. When somebody else needs one and
 * none is free, those that are lent are looked at, the one first whose last look is longest ago: it is
 * called back where its holder can do without, else its holder keeps it, and it is the last in line.
 * All is in memory of the caller's.
 */
#ifndef RTLS_CORE_LEASE_H
#define RTLS_CORE_LEASE_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum { LEASE_ALIGN = 64 };

/* In front of a thing. */
struct lease {
	alignas(LEASE_ALIGN) struct lease *next; /* in the line of those that are lent; or free */
	struct lease *prev;                      /* lent */
	void *holder;                            /* NULL: free */
	uint64_t since_us;                       /* lent, or kept, last */
};

struct lease_pool {
	char *fresh; /* never lent: from here on */
	char *end;
	size_t step;                /* from one thing to the next */
	struct lease *free;         /* came back, the last one first */
	struct lease *first, *last; /* lent: who is looked at next, and last */
	uint32_t nb_lent;
};

/* Bytes of memory for n things of size bytes. */
size_t lease_pool_size(uint32_t n, size_t size);

/* Borrows mem, aligned to LEASE_ALIGN, of lease_pool_size(n, size) bytes, which need not be cleared. */
void lease_pool_init(struct lease_pool *p, void *mem, uint32_t n, size_t size);

/* A free thing, as whoever had it left it; NULL: none is. */
void *lease_take(struct lease_pool *p, void *holder, uint64_t now_us);

/* Back from its holder. */
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

/* When it was lent, or looked at last. */
static inline uint64_t
lease_since(void *thing)
{
	return lease_of(thing)->since_us;
}

/* The thing that was looked at longest ago, or lent; NULL: none is lent. */
static inline void *
lease_next(const struct lease_pool *p)
{
	return p->first == NULL ? NULL : p->first + 1;
}

/* Event: it was looked at, and its holder keeps it. */
void lease_keep(struct lease_pool *p, void *thing, uint64_t now_us);

#endif
