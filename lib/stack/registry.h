/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * All stacks of the process, by number and name: how control threads find one to visit. One
 * mutex guards the list; no poll takes it.
 */
#ifndef RTLS_STACK_REGISTRY_H
#define RTLS_STACK_REGISTRY_H

#include <stddef.h>
#include <sys/queue.h>

#include "stack/visit.h"

enum {
	REGISTRY_NAME_MAX = 32,         /* with the end */
	REGISTRY_PATIENCE_US = 1000000, /* with a stack that nobody polls */
};

/* A stack's entry, part of the stack. */
struct registry_node {
	TAILQ_ENTRY(registry_node) link;
	struct registry_id {
		uint32_t number; /* no two stacks of a process have the same */
		char name[REGISTRY_NAME_MAX];
	} id;
	struct rtls_stack *stack;
	struct visit_box *box;
	uint32_t users; /* visitors that hold on to it */
	bool listed;
};

/* From now on it can be visited. A name that is too long is cut. */
void registry_add(struct registry_node *n, struct rtls_stack *s, struct visit_box *box,
		  const char *name);

/*
 * By who polls the stack, or by who knows that nobody does. Visitors on the way give up; waits
 * for the last to leave, moments as no visit runs. Nothing for one that was never added.
 */
void registry_remove(struct registry_node *n);

/* Up to n of the stacks by number; returns how many there are. */
size_t registry_list(struct registry_id *out, size_t n);

/* The stack of that number, or else of that name, in decimal and text. 0 or -ENOENT. */
int registry_find(const char *text, uint32_t *number);

/*
 * visit_make() on that stack, which does not go away meanwhile. Also -ENOENT: there is none.
 */
int registry_visit(uint32_t number, visit_fn fn, void *arg);

/* The same with a patience of the caller's, who has several stacks to look at. */
int registry_visit_within(uint32_t number, visit_fn fn, void *arg, uint64_t patience_us);

#endif
