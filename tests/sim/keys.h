/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The keys that a simulated connection goes through: a function of its seed, so that program and
 * sealer come to the same ones without a word between them.
 */
#ifndef RTLS_SIM_KEYS_H
#define RTLS_SIM_KEYS_H

#include <stdint.h>

struct sim_key {
	uint8_t key[32]; /* as many bytes as the suite has */
	uint8_t iv[12];
	uint64_t rec_no; /* of the first record */
};

/* The key of an end's records behind its key update number epoch - 1. */
void sim_key_of(uint64_t seed, int from, uint64_t epoch, struct sim_key *out);

#endif
