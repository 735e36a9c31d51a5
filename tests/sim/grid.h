/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Cells of a grid of paths: one or two flows of plain bytes from one stack to another through losses, distance,
 * reordering, jitter and a queue, in virtual time. What a cell gives is the same each time that it is played.
 */
#ifndef RTLS_SIM_GRID_H
#define RTLS_SIM_GRID_H

#include <stdint.h>

enum grid_kind {
	GRID_PLAIN,
	GRID_REORDER,  /* 2 of 100 frames are held back by a quarter of the RTT */
	GRID_JITTER,   /* a fifth of the RTT, and frames overtake each other */
	GRID_IN_ORDER, /* the same, and none does */
	GRID_KINDS
};

enum grid_queue {
	GRID_SHALLOW, /* 20 frames */
	GRID_BDP,     /* what is on its way in an RTT; 20 at least */
	GRID_DEEP,    /* four times that, and at least 100 */
	GRID_QUEUES
};

enum {
	GRID_FLOWS_MAX = 2,
	GRID_BITS_PER_S = 50000000,
	GRID_NAME = 64,
	GRID_BURSTS = 1, /* a loss_ppm: 1 of 100 in all, some 4 in a row */
};

struct grid_cell {
	uint32_t loss_ppm; /* of the direction with the bytes; of the other one a quarter */
	uint32_t rtt_ms;
	enum grid_kind kind;
	enum grid_queue queue;
	unsigned int flows;
	uint64_t bytes; /* of each flow */
};

struct grid_result {
	uint64_t us;            /* from the start until the last byte was read */
	uint64_t kbit_per_s;    /* of all flows, until the first one was done */
	uint64_t segments;      /* of all flows */
	uint64_t again;         /* of these: retransmissions */
	uint64_t timeouts;      /* of all flows */
	uint64_t jain_permille; /* of the flows' bytes when the first one was done */
	char error[160];        /* "": every byte came, in order, and none waited for long */
};

/* "10ms-loss1000-reorder-bdp", "x2" behind it for two flows */
void grid_name(const struct grid_cell *cell, char name[GRID_NAME]);

/* Needs the EAL. */
void grid_play(const struct grid_cell *cell, uint64_t seed, struct grid_result *result);

#endif
