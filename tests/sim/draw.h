/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Draws a simulation from a seed: everything that may differ between two users
 * of the library, and what the network does to them.
 */
#ifndef RTLS_SIM_DRAW_H
#define RTLS_SIM_DRAW_H

#include "sim/sim.h"

enum draw_network {
	DRAW_PERFECT,
	DRAW_LOSS, /* up to 10 % */
	DRAW_REORDER,
	DRAW_DUPLICATE,
	DRAW_DELAY,      /* delay, jitter, limited bandwidth */
	DRAW_EVERYTHING, /* all of these at once */
};

/* The same seed and network give the same configuration. */
void draw_sim(struct sim_conf *conf, uint64_t seed, enum draw_network network);

/* Puts TLS NICs under a drawn simulation, mostly at both ends. */
void draw_nic(struct sim_conf *conf, uint64_t seed);

/*
 * Has both programs of a drawn simulation change their keys some hundred times while both send.
 */
void draw_updates(struct sim_conf *conf, uint64_t seed);

/*
 * Has both programs send their directions to their NICs and back, behind draw_nic(), and change keys
 * besides. On a perfect wire nothing is lost anywhere, and a wish may take one RTT; loss is 1 %. An RTT is the
 * cable's two delays and some turns of the ends.
 */
void draw_switches(struct sim_conf *conf, uint64_t seed, enum draw_network network);

/*
 * Puts somebody on the path of a drawn simulation, who forges; behind draw_nic(). Returns whether
 * the frames are the same with the NICs and without: nothing else of the network or the host can
 * make a difference.
 */
bool draw_forger(struct sim_conf *conf, uint64_t seed);

/* Lets its NICs fail in one way or two, and find their places by any method. */
void draw_faults(struct sim_conf *conf, uint64_t seed);

#endif
