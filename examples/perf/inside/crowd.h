/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who is at the other end of the cable in the command flood: a port for clients that are near, one
 * for clients that are some way off, and somebody who sends SYNs from addresses that are not his.
 */
#ifndef PERF_CROWD_H
#define PERF_CROWD_H

#include <stdint.h>

struct crowd;
struct rtls_port;

enum crowd_end {
	CROWD_NEAR,
	CROWD_FAR,
	CROWD_ENDS,
};

/* Over the end of a cable, with the host's port at the other one; CROWD_FAR is way_us off. NULL: no
 * memory. */
struct crowd *crowd_create(struct rtls_port *line, const struct rtls_port *host, uint64_t way_us);

/* The port of an end; not to be closed. */
struct rtls_port *crowd_port(struct crowd *c, enum crowd_end end);

/* Carries to the ends and from them what is due. Returns how many packets. */
unsigned int crowd_turn(struct crowd *c, uint64_t now_us);

/*
 * Sends n SYNs as Linux does: MSS, SACK, timestamps, window scale; from random addresses and ports.
 * Returns how many of them the cable took: the rest is lost, as at a port whose queue is full.
 */
uint32_t crowd_forge(struct crowd *c, uint32_t n, uint64_t now_us);

/* Packets that came for addresses which nobody has. */
uint64_t crowd_answers(const struct crowd *c);

/* From now on everything is lost that the ends send. */
void crowd_cut(struct crowd *c);

/* No stack uses its ports any more; NULL is fine. */
void crowd_destroy(struct crowd *c);

#endif
