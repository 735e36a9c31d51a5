/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A cable's dice: nothing is drawn for what cannot happen. */
#ifndef RTLS_SUPPORT_CABLE_LUCK_H
#define RTLS_SUPPORT_CABLE_LUCK_H

#include <stdbool.h>
#include <stdint.h>

#include "support/harness.h"

enum { LUCK_PPM = 1000000 };

static inline bool
luck_chance(uint64_t *rng, uint32_t ppm)
{
	return ppm != 0 && harness_rand(rng) % LUCK_PPM < ppm;
}

/* 0..n - 1 */
static inline uint64_t
luck_below(uint64_t *rng, uint64_t n)
{
	return n == 0 ? 0 : harness_rand(rng) % n;
}

#endif
