/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "due.h"

#include <stddef.h>

void
due_init(struct due *d)
{
	for (int i = 0; i < DUE_KINDS; i++)
		TAILQ_INIT(&d->queues[i]);
}

void
due_set(struct due *d, struct due_node *n, unsigned int kind, uint64_t at_us)
{
	struct due_queue *q = &d->queues[kind];
	struct due_node *before;

	if (n->kind == kind && n->at_us >= at_us && n->at_us - at_us <= DUE_SLACK_US)
		return;
	due_clear(d, n);
	n->kind = kind;
	n->at_us = at_us + DUE_SLACK_US;
	/* The last place, unless it comes back from another wait. */
	before = TAILQ_LAST(q, due_queue);
	while (before != NULL && before->at_us > n->at_us)
		before = TAILQ_PREV(before, due_queue, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(q, before, n, link);
	else
		TAILQ_INSERT_HEAD(q, n, link);
}

void
due_clear(struct due *d, struct due_node *n)
{
	if (n->at_us == 0)
		return;
	TAILQ_REMOVE(&d->queues[n->kind], n, link);
	n->at_us = 0;
}

struct due_node *
due_first(const struct due *d, uint64_t now_us)
{
	for (int i = 0; i < DUE_KINDS; i++) {
		struct due_node *n = TAILQ_FIRST(&d->queues[i]);

		if (n != NULL && n->at_us <= now_us)
			return n;
	}
	return NULL;
}
