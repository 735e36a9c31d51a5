/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A stream whose bytes are known by their offsets, to both ends. */
#ifndef RTLS_SUPPORT_PATTERN_H
#define RTLS_SUPPORT_PATTERN_H

#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_PERIOD = 65521, /* a prime: nothing that is displaced looks right */
	PATTERN_LEN = 2 * PATTERN_PERIOD,
};

/* What stands at an offset, and len bytes of it in one piece: at least PATTERN_PERIOD. */
static inline const uint8_t *
pattern_at(uint64_t off, size_t *len)
{
	static uint8_t text[PATTERN_LEN];
	uint32_t at = (uint32_t)(off % PATTERN_PERIOD);
	uint32_t x = 1;

	if (text[0] == 0) {
		for (uint32_t i = 0; i < PATTERN_PERIOD; i++) {
			x = x * 1664525 + 1013904223;
			text[i] = text[i + PATTERN_PERIOD] = (uint8_t)(x >> 24);
		}
		text[0] = text[PATTERN_PERIOD] = 1;
	}
	*len = PATTERN_LEN - at;
	return text + at;
}

#endif
