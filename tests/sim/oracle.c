/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle.h"

void
oracle_xor(const struct stream *s, uint64_t epoch, uint64_t rec_no, uint32_t off, uint8_t *bytes,
	   uint32_t len)
{
	const struct suite *su = &suites[s->conf.suite];
	struct sim_key key = s->conf.key;
	uint8_t nonce[SUITE_NONCE_LEN];

	if (epoch > 0)
		sim_key_of(s->conf.keys_seed, s->conf.from, 1 + epoch, &key);
	suite_nonce(su, key.iv, key.rec_no, rec_no, nonce);
	suite_xor(su, key.key, nonce, off, bytes, len);
}
