/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Bytes of test vectors, which are written as hex text. */
#ifndef RTLS_SUPPORT_HEX_H
#define RTLS_SUPPORT_HEX_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <CUnit/CUnit.h>

/* Reads text, digits with any spaces between bytes, into out; returns the number of bytes. */
static inline size_t
hex_read(const char *text, uint8_t *out, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; *text != '\0'; text++) {
		const char *high, *low;

		if (isspace((unsigned char)*text))
			continue;
		high = strchr(digits, text[0]);
		low = text[1] != '\0' ? strchr(digits, text[1]) : NULL;
		CU_ASSERT_FATAL(high != NULL && low != NULL && n < cap);
		out[n++] = (uint8_t)((high - digits) << 4 | (low - digits));
		text++;
	}
	return n;
}

#endif
