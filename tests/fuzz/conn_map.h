/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a connection said to keep of its peer's stream, a flag per byte: what waits out of order is
 * exactly what is in it, and what the connection tells of it is, too.
 */
#ifndef RTLS_FUZZ_CONN_MAP_H
#define RTLS_FUZZ_CONN_MAP_H

#include "fuzz/fuzz.h"
#include "tcp/conn.h"
#include "tcp/ranges.h"

enum { CONN_MAP_LEN = 1 << 19 }; /* offsets that it knows */

struct conn_map {
	uint64_t began; /* what is below came before */
	uint32_t used;
	uint8_t is[CONN_MAP_LEN];   /* kept */
	uint8_t came[CONN_MAP_LEN]; /* and was, at some time */
	uint32_t came_used;
	uint8_t brought[CONN_MAP_LEN]; /* by a segment, taken or not */
	uint8_t again[CONN_MAP_LEN];   /* and by another one */
	uint32_t brought_used;
};

/* All below nxt is there, nothing else. */
void conn_map_begin(struct conn_map *m, uint64_t nxt);

void conn_map_keep(struct conn_map *m, uint64_t off, uint32_t len);

/* A segment came, whatever became of it. */
void conn_map_bring(struct conn_map *m, const struct tcp_conn *c, const struct tcp_seg *seg);

/* The owner dropped all from `from` on. */
void conn_map_cut(struct conn_map *m, uint64_t from);

/* The ranges are the runs of flags behind nxt. */
void conn_map_check_held(const struct conn_map *m, uint64_t nxt, const struct tcp_ranges *rs);

/* Is all of [start, end) there? */
bool conn_map_has(const struct conn_map *m, uint64_t start, uint64_t end);

/*
 * The blocks of a segment that c sends: what is told to wait is a run of flags, once; what is told to
 * have come twice, in front of the acknowledgement's number or within the second block, did.
 */
void conn_map_check_told(const struct conn_map *m, const struct tcp_conn *c,
			 const struct tcp_seg *seg);

#endif
