/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/flood.c */
#include "core/flood.h"
#include "proof.h"

/* What never holds back more than a second, at any time. */
#define BUCKET(f, now_us) ((f)->updates_until_us <= (now_us) + 1000000)

/* Any record after any others: counts stay within their bounds, and one that is refused moves none. */
void
prove_record(void)
{
	struct flood f, before;
	bool one_too_many;

	ASSUME(f.empty <= FLOOD_EMPTY_MAX && f.alerts <= FLOOD_ALERTS_MAX &&
	       f.handshake <= FLOOD_HANDSHAKE_MAX && f.changes <= FLOOD_CHANGES_MAX);
	before = f;
	one_too_many = flood_record(&f, nondet_u8(), nondet_u32(), nondet_u8() & 1);
	PROVE(f.empty <= FLOOD_EMPTY_MAX && f.alerts <= FLOOD_ALERTS_MAX &&
	      f.handshake <= FLOOD_HANDSHAKE_MAX && f.changes <= FLOOD_CHANGES_MAX);
	PROVE(!one_too_many || (f.empty == before.empty && f.alerts == before.alerts &&
				f.handshake == before.handshake && f.changes == before.changes));
}

/* A KeyUpdate at any time later than the last: none is held back by more than a second. */
void
prove_key_update(void)
{
	uint64_t last_us = nondet_u64(), now_us = nondet_u64();
	uint32_t per_s = nondet_u8();
	struct flood f;

	ASSUME(per_s > 0 && last_us <= now_us && now_us < UINT64_C(1) << 62);
	ASSUME(BUCKET(&f, last_us));
	if (!flood_key_update(&f, now_us, per_s))
		PROVE(f.updates_until_us > now_us);
	PROVE(BUCKET(&f, now_us));
}
