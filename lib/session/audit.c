/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/audit.h"

#include "net/siphash.h"

bool
audit_is_due(const uint8_t key[AUDIT_KEY_LEN], uint32_t rate, const struct session_epoch *e,
	     uint64_t rec_no)
{
	uint8_t nonce[RECORD_NONCE_LEN];
	uint64_t draw;

	if (rate <= 1)
		return rate == 1;
	/* With the IV in it: what is drawn for one connection says nothing of another one's. */
	record_nonce(e->suite, e->iv, rec_no, nonce);
	/* The high half times rate: below rate, and fair but for rate parts in 2^32. */
	draw = siphash13(key, nonce, sizeof(nonce)) >> 32;
	return draw * rate >> 32 == 0;
}
