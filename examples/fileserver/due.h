/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who is to be looked at when, in as many queues as there are kinds of waits. All of one kind last
 * equally long, so a queue is in order of time by itself, and idle ones cost nothing.
 *
 * A time is met or passed by DUE_SLACK_US at most: who is busy is moved once in so long, not
 * each time.
 */
#ifndef FILESERVER_DUE_H
#define FILESERVER_DUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
	DUE_KINDS = 5,
	DUE_SLACK_US = 50000,
};

struct due_node {
	TAILQ_ENTRY(due_node) link;
	uint64_t at_us; /* 0: in no queue */
	unsigned int kind;
};

TAILQ_HEAD(due_queue, due_node);

struct due {
	struct due_queue queues[DUE_KINDS];
};

void due_init(struct due *d);

/* At this time, not 0; in a queue already or not. */
void due_set(struct due *d, struct due_node *n, unsigned int kind, uint64_t at_us);

/* Also where it is in none. */
void due_clear(struct due *d, struct due_node *n);

/* One whose time has come, or NULL. It stays where it is. */
struct due_node *due_first(const struct due *d, uint64_t now_us);

#endif
