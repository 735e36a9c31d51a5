/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Numbers as protocols write them: big endian, at any address. */
#ifndef RTLS_CORE_BYTES_H
#define RTLS_CORE_BYTES_H

#include <stdint.h>

static inline uint16_t
get_be16(const uint8_t *in)
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

static inline uint32_t
get_be32(const uint8_t *in)
{
	return (uint32_t)get_be16(in) << 16 | get_be16(in + 2);
}

static inline uint64_t
get_be64(const uint8_t *in)
{
	return (uint64_t)get_be32(in) << 32 | get_be32(in + 4);
}

static inline void
put_be16(uint8_t *out, uint16_t v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

static inline void
put_be32(uint8_t *out, uint32_t v)
{
	put_be16(out, (uint16_t)(v >> 16));
	put_be16(out + 2, (uint16_t)v);
}

static inline void
put_be64(uint8_t *out, uint64_t v)
{
	put_be32(out, (uint32_t)(v >> 32));
	put_be32(out + 4, (uint32_t)v);
}

#endif
