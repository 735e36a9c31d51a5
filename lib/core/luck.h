/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Numbers drawn by a seed, for what goes wrong on purpose: the same seed, the same numbers. Not for secrets. */
#ifndef RTLS_CORE_LUCK_H
#define RTLS_CORE_LUCK_H

#include <stdint.h>

/* SplitMix64: one step of a counter, and a mix of it in which each bit depends on all. */
static inline uint64_t
luck_next(uint64_t *luck)
{
	uint64_t z = *luck += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The high half times n: below n, and fair but for n parts in 2^32. */
static inline uint32_t
luck_below(uint64_t *luck, uint32_t n)
{
	return (uint32_t)((luck_next(luck) >> 32) * n >> 32);
}

#endif
