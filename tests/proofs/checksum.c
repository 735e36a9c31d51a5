/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/checksum.c */
/* flags: --unwind 5 --unsigned-overflow-check */
#include "net/checksum.h"
#include "proof.h"

enum { WORDS_MAX = 32768 }; /* of 64 KiB */

/* Three words or an odd piece behind all that may come before them: the sum does not overflow. */
void
prove_add(void)
{
	uint8_t bytes[6];
	uint32_t sum = nondet_u32(), len = nondet_u32(), after;

	ASSUME(len <= sizeof(bytes) && sum <= UINT32_C(0xffff) * (WORDS_MAX - 3));
	after = checksum_add(sum, bytes + sizeof(bytes) - len, len);
	PROVE(after >= sum && after <= UINT32_C(0xffff) * WORDS_MAX);
	PROVE(((uint32_t)checksum_fold(after) + 0xffff - after % 0xffff) % 0xffff == 0);
}

/* Over data that holds its own checksum the checksum is 0, also when a word of it has changed. */
void
prove_update(void)
{
	uint16_t rest = nondet_u16(), old = nondet_u16(), word = nondet_u16(), c;

	c = checksum_finish((uint32_t)rest + old);
	PROVE(checksum_finish((uint32_t)rest + old + c) == 0);
	ASSUME(rest != 0 || word != 0); /* a sum of 0 has no other form: RFC 1624 3 */
	c = checksum_update16(c, old, word);
	PROVE(checksum_finish((uint32_t)rest + word + c) == 0);
}
