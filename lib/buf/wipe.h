/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_BUF_WIPE_H
#define RTLS_BUF_WIPE_H

#include <stddef.h>
#include <string.h>

/* Zeroes memory in a way that no compiler takes for a dead store. */
static inline void
buf_wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

#endif
