/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "netem/lane.h"

#include <string.h>

#include "core/luck.h"

enum { PPM = 1000000 };

void
lane_init(struct lane *l, const struct lane_conf *conf)
{
	memset(l, 0, sizeof(*l));
	l->conf = *conf;
	l->luck = conf->seed;
}

void
lane_drop(struct lane *l)
{
	for (; l->nb > 0; lane_pop(l))
		rte_pktmbuf_free(l->held[l->first].m);
	while (l->nb_late > 0)
		rte_pktmbuf_free(l->late[--l->nb_late].m);
}

static bool
strikes(struct lane *l, uint32_t ppm)
{
	return luck_below(&l->luck, PPM) < ppm;
}

/* The delay is the same for all: who comes first is due first. */
static void
append(struct lane *l, struct rte_mbuf *m, uint64_t now_us)
{
	l->held[(l->first + l->nb++) % LANE_MAX] = (struct lane_held){
		.m = m, .due_us = now_us + l->conf.delay_us
	};
}

static void
hold_back(struct lane *l, struct rte_mbuf *m, uint64_t now_us)
{
	l->late[l->nb_late++] = (struct lane_held){
		.m = m,
		.due_us = now_us + LANE_LATE_US,
		.overtakers = 1 + luck_below(&l->luck, LANE_OVERTAKERS),
	};
	l->counts.reordered++;
}

/* Those that have waited for long enough go on, in the order in which they came. */
static void
release_late(struct lane *l, uint64_t now_us)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->nb_late; i++) {
		if (l->late[i].overtakers == 0 || l->late[i].due_us <= now_us)
			append(l, l->late[i].m, now_us);
		else
			l->late[kept++] = l->late[i];
	}
	l->nb_late = kept;
}

static void
overtake(struct lane *l, struct rte_mbuf *m, uint64_t now_us)
{
	append(l, m, now_us);
	for (uint32_t i = 0; i < l->nb_late; i++)
		l->late[i].overtakers--;
	release_late(l, now_us);
}

static void
duplicate(struct lane *l, const struct rte_mbuf *m, uint64_t now_us)
{
	struct rte_mbuf *copy = lane_count(l) < LANE_MAX ?
					rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX) :
					NULL;

	if (copy == NULL)
		return;
	append(l, copy, now_us);
	l->counts.duplicated++;
}

bool
lane_put(struct lane *l, struct rte_mbuf *m, uint64_t now_us)
{
	/* All are drawn for each packet, so that one does not move the other. */
	bool lost = strikes(l, l->conf.loss_ppm);
	bool late = strikes(l, l->conf.reorder_ppm) && l->nb_late < LANE_LATE_MAX;
	bool twice = strikes(l, l->conf.duplicate_ppm);

	l->counts.packets++;
	if (lost) {
		l->counts.lost++;
		return false;
	}
	if (lane_count(l) == LANE_MAX) {
		l->counts.no_room++;
		return false;
	}
	if (late)
		hold_back(l, m, now_us);
	else
		overtake(l, m, now_us);
	if (twice)
		duplicate(l, m, now_us);
	return true;
}

struct rte_mbuf *
lane_first(struct lane *l, uint64_t now_us)
{
	const struct lane_held *h = &l->held[l->first];

	release_late(l, now_us);
	return l->nb > 0 && h->due_us <= now_us ? h->m : NULL;
}

void
lane_pop(struct lane *l)
{
	l->first = (l->first + 1) % LANE_MAX;
	l->nb--;
}
