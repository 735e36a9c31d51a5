/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/lease.h"

static size_t
step_of(size_t size)
{
	return sizeof(struct lease) + (size + LEASE_ALIGN - 1) / LEASE_ALIGN * LEASE_ALIGN;
}

size_t
lease_pool_size(uint32_t n, size_t size)
{
	return n * step_of(size);
}

void
lease_pool_init(struct lease_pool *p, void *mem, uint32_t n, size_t size)
{
	*p = (struct lease_pool){ .fresh = mem, .step = step_of(size) };
	p->end = p->fresh + n * p->step;
}

/* To the end of the line. */
static void
enqueue(struct lease_pool *p, struct lease *l, uint64_t now_us)
{
	l->since_us = now_us;
	l->next = NULL;
	l->prev = p->last;
	if (p->last != NULL)
		p->last->next = l;
	else
		p->first = l;
	p->last = l;
}

static void
dequeue(struct lease_pool *p, const struct lease *l)
{
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		p->first = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	else
		p->last = l->prev;
}

void *
lease_take(struct lease_pool *p, void *holder, uint64_t now_us)
{
	struct lease *l = p->free;

	if (l != NULL) {
		p->free = l->next;
	} else if (p->fresh != p->end) {
		/* Memory that nobody ever needed is never touched. */
		l = (struct lease *)(void *)p->fresh;
		p->fresh += p->step;
	} else {
		return NULL;
	}
	l->holder = holder;
	enqueue(p, l, now_us);
	p->nb_lent++;
	return l + 1;
}

void
lease_give(struct lease_pool *p, void *thing)
{
	struct lease *l = lease_of(thing);

	dequeue(p, l);
	l->holder = NULL;
	l->next = p->free;
	p->free = l;
	p->nb_lent--;
}

void
lease_keep(struct lease_pool *p, void *thing, uint64_t now_us)
{
	struct lease *l = lease_of(thing);

	dequeue(p, l);
	enqueue(p, l, now_us);
}
