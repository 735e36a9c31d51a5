/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a node (ours) and its peer (theirs) do on one connection: each sends PLAN_BULK random bytes, and
 * updates its keys on the way where there are key updates: the peer once without asking for ours and once asking,
 * the node once asking. Then PLAN_ROUNDS times a byte there and one back, so that a NIC that opens can take its place
 * again: behind a key update it does so once the port's queue was seen empty. The peer closes when it
 * has all; then the node does.
 */
#ifndef INTEROP_MATRIX_PLAN_H
#define INTEROP_MATRIX_PLAN_H

#include <stddef.h>

enum {
	PLAN_BULK = 1 << 20,
	PLAN_ROUNDS = 32,
	PLAN_BYTES = PLAN_BULK + PLAN_ROUNDS,
	PLAN_PEER_UPDATES_AT = PLAN_BULK / 4,
	PLAN_NODE_UPDATES_AT = PLAN_BULK / 2,
	PLAN_PEER_ASKS_AT = PLAN_BULK / 4 * 3,
	PLAN_HASH_TEXT = 65,
};

/* How many bytes to hand over next: records of all kinds of lengths. */
static inline size_t
plan_piece(size_t sent)
{
	static const size_t pieces[] = { 1, 16384, 1400, 64, 16383, 5000, 16, 9000 };
	size_t n = pieces[sent / 97 % (sizeof(pieces) / sizeof(pieces[0]))];

	if (sent >= PLAN_BULK)
		return 1;
	return n < PLAN_BULK - sent ? n : PLAN_BULK - sent;
}

#endif
