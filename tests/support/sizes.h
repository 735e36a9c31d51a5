/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Answers with a size: what programs of an older and of a newer version get. */
#ifndef RTLS_SUPPORT_SIZES_H
#define RTLS_SUPPORT_SIZES_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <CUnit/CUnit.h>

enum { SIZES_MORE = 8, SIZES_MAX = 512 };

/* Asks fill with each size up to some bytes more than the struct of this version has. */
static inline void
sizes_check(int (*fill)(void *out), uint32_t size)
{
	union {
		uint32_t size;
		uint64_t align;
		uint8_t bytes[SIZES_MAX];
	} whole, part;
	uint32_t i, n;

	CU_ASSERT_FATAL(size + SIZES_MORE <= sizeof(part));
	memset(&whole, 0xa5, sizeof(whole));
	whole.size = size;
	CU_ASSERT_EQUAL_FATAL(fill(&whole), 0);
	for (n = 0; n <= size + SIZES_MORE; n++) {
		memset(&part, 0xa5, sizeof(part));
		part.size = n;
		CU_ASSERT_EQUAL(fill(&part), n < sizeof(part.size) ? -EINVAL : 0);
		CU_ASSERT_EQUAL(part.size, n);
		i = sizeof(part.size);
		for (; n >= sizeof(part.size) && i < n && i < size; i++)
			CU_ASSERT_EQUAL(part.bytes[i], whole.bytes[i]);
		/* Not a byte behind what either side knows. */
		for (; i < sizeof(part); i++)
			CU_ASSERT_EQUAL(part.bytes[i], 0xa5);
	}
	CU_ASSERT_EQUAL(fill(NULL), -EINVAL);
}

#endif
