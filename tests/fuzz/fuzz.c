/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t
fuzz_u8(struct fuzz_in *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

uint16_t
fuzz_u16(struct fuzz_in *in)
{
	uint16_t high = fuzz_u8(in);

	return (uint16_t)(high << 8 | fuzz_u8(in));
}

uint32_t
fuzz_u32(struct fuzz_in *in)
{
	uint32_t high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

uint32_t
fuzz_below(struct fuzz_in *in, uint32_t n)
{
	if (n <= 1)
		return 0;
	if (n <= 1 << 8)
		return fuzz_u8(in) % n;
	if (n <= 1 << 16)
		return fuzz_u16(in) % n;
	return fuzz_u32(in) % n;
}

uint64_t
fuzz_near(struct fuzz_in *in, const uint64_t *marks, uint32_t n)
{
	uint64_t off = marks[fuzz_below(in, n)];
	uint8_t how = fuzz_u8(in);

	if (how < 128)
		return off + how % 16 - 8;
	if (how < 192)
		return off + fuzz_u16(in);
	return how < 255 ? off - fuzz_u16(in) : off + fuzz_u32(in);
}

const uint8_t *
fuzz_bytes(struct fuzz_in *in, size_t n, size_t *got)
{
	const uint8_t *p = in->p;

	*got = n < in->left ? n : in->left;
	in->p += *got;
	in->left -= *got;
	return p;
}

void
fuzz_copy(struct fuzz_in *in, void *out, size_t n)
{
	size_t got;
	const uint8_t *p = fuzz_bytes(in, n, &got);

	if (got > 0)
		memcpy(out, p, got);
	memset((uint8_t *)out + got, 0, n - got);
}

void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}
