/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stream.h"

#include <string.h>

/* splitmix64 */
static uint64_t
word(uint64_t n)
{
	uint64_t z = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
stream_fill(uint8_t *out, uint64_t off, uint32_t len)
{
	uint32_t skip = (uint32_t)(off % 8), n;

	for (uint64_t at = off / 8; len > 0; at++, skip = 0) {
		uint64_t z = word(at);

		n = 8 - skip < len ? 8 - skip : len;
		memcpy(out, (const uint8_t *)&z + skip, n);
		out += n;
		len -= n;
	}
}
