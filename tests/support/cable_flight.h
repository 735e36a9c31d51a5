/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Frames under way in one direction of a cable: a heap by (due_us, order), so
 * that frames of equal times keep their order.
 */
#ifndef RTLS_SUPPORT_CABLE_FLIGHT_H
#define RTLS_SUPPORT_CABLE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

struct flight {
	uint64_t due_us;
	uint64_t order;
	struct rte_mbuf *m;
};

struct flights {
	struct flight *heap;
	uint32_t cnt;
	uint32_t cap;
};

/* 0 or -ENOMEM. */
int flights_init(struct flights *h, uint32_t cap);

/* False: full. */
bool flights_push(struct flights *h, struct flight f);

/* The earliest one's time; UINT64_MAX: none. */
static inline uint64_t
flights_next_us(const struct flights *h)
{
	return h->cnt > 0 ? h->heap[0].due_us : UINT64_MAX;
}

/* Takes the earliest one; there must be one. */
struct rte_mbuf *flights_pop(struct flights *h);

/* Frees the memory; the frames must have been popped. */
void flights_fini(struct flights *h);

#endif
