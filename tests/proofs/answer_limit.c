/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* flags: --unwind 9 */
#include "net/answer_limit.c"
#include "proof.h"

/* Stands for lib/net/siphash.c: any number. */
uint64_t
siphash13(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len)
{
	return nondet_u64();
}

/* An answer costs 1 to 1.5 of what it costs its remote. */
void
prove_cost(void)
{
	struct answer_limit l;
	uint64_t cost;

	ASSUME(l.draws < UINT64_MAX);
	cost = draw_cost(&l);
	PROVE(cost >= ANSWER && cost < ANSWER + ANSWER / 2);
}
