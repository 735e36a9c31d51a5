/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How much crypto the NIC does in a turn, of each direction: conf.crypto_bytes. A packet is begun as long
 * as something is left, and may take more than that: then the next turns have less. Without a
 * bound, all zero, there is always something left. Of the NIC's lcore.
 */
#ifndef TLSNIC_BUDGET_H
#define TLSNIC_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/tls.h>

struct nic_budget {
	int64_t per_turn; /* 0: no bound */
	int64_t spent[2]; /* enum rtls_dir; of this turn, and what turns before took too much */
};

static inline bool
budget_left(const struct nic_budget *b, enum rtls_dir d)
{
	return b->per_turn == 0 || b->spent[d] < b->per_turn;
}

static inline void
budget_spend(struct nic_budget *b, enum rtls_dir d, uint32_t bytes)
{
	b->spent[d] += bytes;
}

/* A turn begins. What was not spent is gone. */
static inline void
budget_turn(struct nic_budget *b)
{
	for (int d = 0; d < 2; d++)
		b->spent[d] = b->spent[d] > b->per_turn && b->per_turn != 0 ?
				      b->spent[d] - b->per_turn :
				      0;
}

#endif
