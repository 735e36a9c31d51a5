/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a simulation is made of: two stacks on a cable, with a program on each,
 * and the sealer that watches.
 */
#ifndef RTLS_SIM_WORLD_H
#define RTLS_SIM_WORLD_H

#include "sim/sim.h"

enum { WORLD_LEVELS = 10 };

struct world_end {
	struct rtls_port *port; /* the cable's, or a TLS NIC over it */
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	struct rtls_sock *connecting;
	struct journal journal; /* what it sends */
	struct app app;
	bool rings;                   /* another lcore runs its NIC */
	uint64_t start[WORLD_LEVELS]; /* how much was in use before anything happened */
};

struct world {
	struct cable *cable;
	struct sealer *sealer;
	struct world_end end[2];
	char error[200]; /* what was wrong first */
};

/* 0 or an error of the library; what was made is for world_fini(). */
int world_init(struct world *w, const struct sim_conf *conf, cable_tap_fn tap,
	       cable_filter_fn filter, void *arg);

/* Listens at end 1, connects from end 0. 0 or an error of the library. */
int world_open(struct world *w, const struct sim_conf *conf);

/* A counter of a stack, or of a port, by its name. */
uint64_t world_stat(struct world *w, int end, const char *name);
uint64_t world_port_stat(struct world *w, int end, const char *name);

/* What is not as at the start at an end: a counter's name; NULL: all is. */
const char *world_leak(struct world *w, int end);

/* One turn of a NIC that another lcore would run. True: it did something. */
bool world_nic_poll(struct world *w, int end);

/* Has that lcore frames that the port did not take? */
bool world_nic_waits(struct world *w, int end);

/* Ends everything at now_us and after, and checks that all is given back. */
void world_fini(struct world *w, uint64_t now_us, struct cable_stats stats[2]);

#endif
