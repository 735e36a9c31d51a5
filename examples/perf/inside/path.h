/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A path between two ports that one thread runs, in virtual time: a line of a bandwidth, a delay, and what
 * networks do to packets, drawn from a seed. Packets towards end 0 that hold TCP payload are lost, or come
 * late; all others, and all that goes the other way, come through. Checksums cannot go wrong.
 *
 * The same calls at the same times give the same packets.
 */
#ifndef PERF_PATH_H
#define PERF_PATH_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PATH_ALL = 1000000, /* probabilities are parts of it */
	PATH_LATE_MAX = 8,  /* segments that a late packet lets pass, 1 to so many */
};

/* A packet with payload as it comes out at end 0; bytes are borrowed. */
typedef void (*path_tap_fn)(void *arg, uint32_t seq, const uint8_t *payload, uint32_t len);

struct path_conf {
	uint16_t mtu;
	uint32_t nb_mbufs;   /* in the pool of each end */
	uint32_t segment_ns; /* that one of mtu bytes takes on the line */
	uint64_t delay_ns;   /* one way */
	uint32_t lost;       /* of PATH_ALL packets */
	uint32_t late;       /* the same */
	uint64_t seed;
	path_tap_fn tap; /* NULL: none */
	void *tap_arg;
};

/* Of packets with payload towards end 0. */
struct path_counts {
	uint64_t sent;
	uint64_t lost; /* of these */
	uint64_t late;
	uint32_t first_seq; /* of the first that was sent */
};

struct rtls_port;
struct path;

/* 0 or -ENOMEM. */
int path_create(const struct path_conf *conf, struct path **out);

/* The port at an end, 0 or 1; to be closed before the path is destroyed. */
struct rtls_port *path_port(struct path *p, int end);

/* What is due by now comes out. Time never goes back. */
void path_set_time(struct path *p, uint64_t now_ns);

/* When the next packet is due; UINT64_MAX: none is under way. */
uint64_t path_next_ns(const struct path *p);

struct path_counts path_counts(const struct path *p);

/* NULL is fine. */
void path_destroy(struct path *p);

#endif
