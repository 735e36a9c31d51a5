/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One direction of a bad network: loses packets, lets some be overtaken, doubles some, and hands on what
 * is left when its time has come. It has no clock: the same packets at the same times, and the same
 * seed, give the same.
 */
#ifndef NETEM_LANE_H
#define NETEM_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <recordtls/netem.h>

enum {
	LANE_MAX = 4096,    /* packets on their way at once: a power of two */
	LANE_LATE_MAX = 16, /* of these, those that are to be overtaken */
	LANE_OVERTAKERS = 8,
	LANE_LATE_US = 5000, /* where nobody overtakes */
};

struct lane_conf {
	uint32_t loss_ppm, reorder_ppm, duplicate_ppm;
	uint32_t delay_us;
	uint64_t seed;
};

struct lane_held {
	struct rte_mbuf *m;
	uint64_t due_us;
	uint32_t overtakers; /* that are still to come, of one that is late */
};

struct lane {
	struct lane_conf conf;
	uint64_t luck;
	struct rtls_netem_way counts;
	uint32_t first, nb; /* of held: a ring, in the order of leaving */
	uint32_t nb_late;
	struct lane_held late[LANE_LATE_MAX];
	struct lane_held held[LANE_MAX];
};

void lane_init(struct lane *l, const struct lane_conf *conf);

/* Frees what is under way. */
void lane_drop(struct lane *l);

/* Takes the packet. False: it is lost, or there is no room, and it stays the caller's. */
bool lane_put(struct lane *l, struct rte_mbuf *m, uint64_t now_us);

/* The next one that has arrived, NULL: none; and it is the caller's from lane_pop() on. */
struct rte_mbuf *lane_first(struct lane *l, uint64_t now_us);
void lane_pop(struct lane *l);

/* How many are under way. */
static inline uint32_t
lane_count(const struct lane *l)
{
	return l->nb + l->nb_late;
}

#endif
