/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/keys.h"

#include "support/harness.h"

void
sim_key_of(uint64_t seed, int from, uint64_t epoch, struct sim_key *out)
{
	uint64_t place = seed ^ (epoch << 1 | (uint64_t)from), rng = harness_rand(&place);

	for (unsigned int i = 0; i < sizeof(out->key); i++)
		out->key[i] = (uint8_t)harness_rand(&rng);
	for (unsigned int i = 0; i < sizeof(out->iv); i++)
		out->iv[i] = (uint8_t)harness_rand(&rng);
	/* RFC 8446 5.3 begins with 0; rtls_set_keys() takes any. */
	out->rec_no = harness_below(&rng, 2) == 0 ? 0 : harness_below(&rng, 1 << 20);
}
