/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/ip_options.c */
/* flags: --unwind 42 */
#include "net/ip_options.h"
#include "proof.h"

/* Any options: the search ends, and nothing is read behind them. */
void
prove_have_route(void)
{
	uint8_t bytes[40];
	uint32_t len = nondet_u32();
	bool found;

	ASSUME(len <= sizeof(bytes));
	found = ip_options_have_route(bytes + sizeof(bytes) - len, len);
	PROVE(!found || len > 0);
	if (len > 0 && (bytes[sizeof(bytes) - len] == 131 || bytes[sizeof(bytes) - len] == 137))
		PROVE(found);
}
