/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Memory cut into pieces with gaps between them: what a test hands to code that
 * walks iovecs. arena_holds() finds a byte that is wrong, and one that was
 * written where nobody was told to.
 */
#ifndef RTLS_SUPPORT_ARENA_H
#define RTLS_SUPPORT_ARENA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	ARENA_PIECES = 48,
	ARENA_GAP = 8, /* at most so many bytes in front of a piece, one at least */
	ARENA_BYTES = 17 * 1024,
	ARENA_SIZE = ARENA_BYTES + (ARENA_PIECES + 1) * ARENA_GAP,
};

struct arena {
	uint8_t mem[ARENA_SIZE];
	struct iovec iov[ARENA_PIECES];
	uint16_t cnt;
};

/*
 * Cuts len bytes at mem into pieces, 1 to ARENA_PIECES of them, that lie back to
 * back; empty, one-byte and 16-byte ones are frequent. Returns their number.
 */
uint16_t arena_cut(struct iovec *iov, uint8_t *mem, uint32_t len, unsigned int pieces,
		   uint64_t *rng);

/* Lays out len bytes, at most ARENA_BYTES, in pieces that hold bytes, or zeros for NULL. */
void arena_scatter(struct arena *a, uint32_t len, unsigned int pieces, const uint8_t *bytes,
		   uint64_t *rng);

/* Do the pieces hold these bytes (NULL: zeros), and the gaps what they held? Once only. */
bool arena_holds(struct arena *a, const uint8_t *bytes);

#endif
