/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a simulation is made of: two stacks on a cable, with a program on each,
 * and the sealer that watches.
 */
#ifndef RTLS_SIM_WORLD_H
#define RTLS_SIM_WORLD_H

#include "sim/false_headers.h"
#include "sim/sim.h"
#include "sim/told.h"

enum { WORLD_LEVELS = 10, WORLD_NB_NIC_LEVELS = 3 };

extern const char *const WORLD_NIC_LEVELS[WORLD_NB_NIC_LEVELS];

struct world_end {
	struct rtls_port *port;       /* the cable's, or a TLS NIC over it */
	struct rtls_port *other_port; /* the same of the second cable, or NULL */
	bool goes_other;              /* what it sends goes by that */
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	struct rtls_sock *connecting;
	struct journal journal; /* what it sends */
	struct app app;
	struct false_headers text;    /* that it sends, if that was asked for */
	struct told told;             /* to its NIC */
	bool rings;                   /* another lcore runs its NIC */
	uint64_t start[WORLD_LEVELS]; /* how much was in use before anything happened */
};

struct world {
	struct cable *cable;
	struct cable *other; /* NULL: there is one */
	uint64_t move_rng;
	struct sealer *sealer;
	struct world_end end[2];
	char error[200]; /* what was wrong first */
};

/* 0 or an error of the library; what was made is for world_fini(). */
int world_init(struct world *w, const struct sim_conf *conf, cable_tap_fn tap,
	       cable_filter_fn filter, void *arg);

/* Listens at end 1, connects from end 0. 0 or an error of the library. */
int world_open(struct world *w, const struct sim_conf *conf);

/* What was wrong first stays. */
void __attribute__((format(printf, 2, 3))) world_complain(struct world *w, const char *fmt, ...);

struct rtls_addr world_addr(int i, uint16_t port);

/* Of all cables. */
void world_set_time(struct world *w, uint64_t now_us);
uint64_t world_next_us(const struct world *w);

/* One end, or both, send by the other cable from now on. */
void world_move(struct world *w);

/* A counter of a stack, or of a port, by its name. port NULL: of the stack. */
uint64_t world_read_stat(struct world *w, int end, const struct rtls_port *port, const char *name);
uint64_t world_stat(struct world *w, int end, const char *name);
uint64_t world_port_stat(struct world *w, int end, const char *name);

/* Headers, right or false, that the wire shows of what an end sent; 0 where it was not to look like them. */
uint64_t world_headers_shown(const struct world *w, int end);

/* What lazy ports still hold of idle stacks goes back: that is no leak. */
void world_cleanup(struct world *w);

/* What is not as at the start at an end: a counter's name; NULL: all is. */
const char *world_leak(struct world *w, int end);

/* One turn of a NIC that another lcore would run. True: it did something. */
bool world_nic_poll(struct world *w, int end);

/* Has that lcore frames that the port did not take? */
bool world_nic_waits(struct world *w, int end);

/* Ends everything at now_us and after, and checks that all is given back. */
void world_fini(struct world *w, uint64_t now_us, struct cable_stats stats[2]);

/* Does an end's NIC lose packets to be sent, or drop them as its context is gone? */
bool world_nic_drops(const struct sim_end_conf *e);

#endif
