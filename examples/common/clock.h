/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The time that a program gives to rtls_stack_poll(): the library reads no clock itself. */
#ifndef EXAMPLES_COMMON_CLOCK_H
#define EXAMPLES_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * A monotonic clock in microseconds. Not the TSC: a virtual machine that moves to another host finds
 * that one's TSC there, days ahead or behind, and each connection that only waited would be over.
 */
static inline uint64_t
clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000) + (uint64_t)now.tv_nsec / 1000;
}

#endif
