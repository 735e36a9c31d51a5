/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t
load_le(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline void
sip_rounds(struct state *s, unsigned int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 = rotl(s->v2, 32);
	}
}

static inline void
compress(struct state *s, uint64_t word, unsigned int c_rounds)
{
	s->v3 ^= word;
	sip_rounds(s, c_rounds);
	s->v0 ^= word;
}

/* Inlined into both callers, where the rounds are constants. */
static inline uint64_t
siphash(const uint8_t *key, const void *data, size_t len, unsigned int c_rounds,
	unsigned int d_rounds)
{
	uint64_t k0 = load_le(key, 8);
	uint64_t k1 = load_le(key + 8, 8);
	struct state s = {
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		compress(&s, load_le(p, 8), c_rounds);
	/* The last word ends in the length mod 256. */
	compress(&s, load_le(p, left) | (uint64_t)len << 56, c_rounds);
	s.v2 ^= 0xff;
	sip_rounds(&s, d_rounds);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t
siphash13(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len)
{
	return siphash(key, data, len, 1, 3);
}

uint64_t
siphash24(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len)
{
	return siphash(key, data, len, 2, 4);
}
