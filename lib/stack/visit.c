/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/visit.h"

#include <errno.h>
#include <time.h>

enum {
	NAP_MIN_NS = 10000,
	NAP_MAX_NS = 1000000,
};

bool
visit_run(struct visit_box *b, struct rtls_stack *s)
{
	uint32_t posted = VISIT_POSTED;
	uint32_t turns;
	bool more;

	/* Acquire: fn and arg, pairs with the release in visit_make(). */
	if (!atomic_compare_exchange_strong_explicit(&b->state, &posted, VISIT_RUNNING,
						     memory_order_acquire, memory_order_relaxed))
		return false;
	more = b->fn(s, b->arg);
	turns = atomic_load_explicit(&b->turns, memory_order_relaxed);
	atomic_store_explicit(&b->turns, turns + 1, memory_order_relaxed);
	/* Release: what fn wrote, pairs with the acquire in wait_done(). */
	atomic_store_explicit(&b->state, more ? VISIT_POSTED : VISIT_DONE, memory_order_release);
	return more;
}

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The poll cannot wake anybody without a system call, so visitors look again. */
static void
nap(long *ns)
{
	const struct timespec ts = { .tv_nsec = *ns };

	nanosleep(&ts, NULL);
	if (*ns < NAP_MAX_NS)
		*ns *= 2;
}

static bool
closing(const struct visit_box *b)
{
	return atomic_load_explicit(&b->closing, memory_order_relaxed);
}

/* From one state to the next, if it is still there. */
static bool
move(struct visit_box *b, enum visit_state from, enum visit_state to)
{
	uint32_t expected = from;

	/* Acquire: what the last visitor, or a turn of the poll, left. */
	return atomic_compare_exchange_strong_explicit(&b->state, &expected, to,
						       memory_order_acquire, memory_order_relaxed);
}

static int
claim(struct visit_box *b, uint64_t patience_us)
{
	uint64_t until_us = now_us() + patience_us;
	long ns = NAP_MIN_NS;

	while (!closing(b)) {
		if (move(b, VISIT_EMPTY, VISIT_CLAIMED))
			return 0;
		if (now_us() > until_us)
			return -EBUSY;
		nap(&ns);
	}
	return -ESHUTDOWN;
}

/* Until fn is through. Who runs out of patience takes the visit back, unless it runs just now. */
static int
wait_done(struct visit_box *b, uint64_t patience_us)
{
	uint32_t seen = atomic_load_explicit(&b->turns, memory_order_relaxed), turns;
	uint64_t since_us = now_us();
	long ns = NAP_MIN_NS;

	while (atomic_load_explicit(&b->state, memory_order_acquire) != VISIT_DONE) {
		turns = atomic_load_explicit(&b->turns, memory_order_relaxed);
		if (turns != seen) {
			seen = turns;
			since_us = now_us();
		}
		if (closing(b) && move(b, VISIT_POSTED, VISIT_CLAIMED))
			return -ESHUTDOWN;
		if (now_us() - since_us > patience_us && move(b, VISIT_POSTED, VISIT_CLAIMED))
			return -ETIMEDOUT;
		nap(&ns);
	}
	return 0;
}

int
visit_make(struct visit_box *b, visit_fn fn, void *arg, uint64_t patience_us)
{
	int rc = claim(b, patience_us);

	if (rc != 0)
		return rc;
	b->fn = fn;
	b->arg = arg;
	atomic_store_explicit(&b->state, VISIT_POSTED, memory_order_release);
	rc = wait_done(b, patience_us);
	atomic_store_explicit(&b->state, VISIT_EMPTY, memory_order_release);
	return rc;
}

void
visit_close(struct visit_box *b)
{
	atomic_store_explicit(&b->closing, true, memory_order_relaxed);
}
