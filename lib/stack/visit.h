/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How another thread looks at a stack: it does not. It posts a visit, a function that the
 * stack's poll runs between bursts, and waits. What the function reads is of one moment, as
 * nobody else touches the stack then, and no thread but the stack's own ever reads its memory.
 *
 *	EMPTY -> CLAIMED -> POSTED -> RUNNING -> DONE -> EMPTY
 *	            ^          | ^       |
 *	            +----------+ +-------+	taken back; more to do in the next poll
 *
 * The visitor moves it out of EMPTY, CLAIMED and DONE, the poll out of RUNNING; out of POSTED
 * whoever comes first. A poll that nobody visits pays for one relaxed load.
 */
#ifndef RTLS_STACK_VISIT_H
#define RTLS_STACK_VISIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rtls_stack;

enum visit_state {
	VISIT_EMPTY,
	VISIT_CLAIMED, /* a visitor writes fn and arg */
	VISIT_POSTED,
	VISIT_RUNNING,
	VISIT_DONE, /* the visitor reads what fn left in arg */
};

/* Runs in the poll and does a bounded piece. True: once more in the next poll. */
typedef bool (*visit_fn)(struct rtls_stack *s, void *arg);

/* All zero at first. */
struct visit_box {
	_Atomic uint32_t state; /* enum visit_state */
	_Atomic uint32_t turns; /* so often a visit ran: it gets on */
	_Atomic bool closing;   /* the stack goes: visitors give up */
	visit_fn fn;            /* the visitor's until POSTED, the poll's from RUNNING on */
	void *arg;
};

/* The poll's side. */
static inline bool
visit_posted(const struct visit_box *b)
{
	return atomic_load_explicit(&b->state, memory_order_relaxed) == VISIT_POSTED;
}

/* Runs what is posted, if it still is. True: there is more to do. */
bool visit_run(struct visit_box *b, struct rtls_stack *s);

static inline bool
visit_poll(struct visit_box *b, struct rtls_stack *s)
{
	return visit_posted(b) && visit_run(b, s);
}

/* The visitors' side, any thread but the one that polls. */

/*
 * Has the poll run fn(s, arg) until it is through, and waits. The box must stay until this
 * returns. 0: what fn wrote can be read. Else fn does not run any more: -EBUSY: other visitors
 * did not get done; -ETIMEDOUT: nobody polled for patience_us; -ESHUTDOWN: the stack goes.
 */
int visit_make(struct visit_box *b, visit_fn fn, void *arg, uint64_t patience_us);

/* From now on visitors give up within moments; a visit does not run at this time. */
void visit_close(struct visit_box *b);

#endif
