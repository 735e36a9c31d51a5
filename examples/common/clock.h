/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The time that a program gives to rtls_stack_poll(). */
#ifndef EXAMPLES_COMMON_CLOCK_H
#define EXAMPLES_COMMON_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

/* A monotonic clock in microseconds. */
static inline uint64_t
clock_now_us(void)
{
	uint64_t hz = rte_get_tsc_hz();
	uint64_t tsc = rte_rdtsc();

	return tsc / hz * 1000000 + tsc % hz * 1000000 / hz;
}

#endif
