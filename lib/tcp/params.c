/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/params.h"

#include "tcp/cc_all.h"

void
tcp_params_default(struct tcp_params *p)
{
	*p = (struct tcp_params){
		.rto_init_us = 1000000,
		.rto_min_us = 200000,
		.rto_max_us = 60000000,
		.delack_us = 40000,
		.fin_wait2_us = 60000000,
		.time_wait_us = 60000000,
		.syn_timeout_us = 180000000,
		.challenge_us = 500000,
		.mss_floor = 216,
		.wscale = 7,
		.timestamps = true,
		.sack = true,
		.pacing = true,
	};
}

uint8_t
tcp_wscale_for(uint32_t window)
{
	uint8_t shift = 7;

	while (shift < 14 && ((uint64_t)UINT16_MAX << shift) < window)
		shift++;
	return shift;
}

void
tcp_opts_default(struct tcp_opts *o)
{
	*o = (struct tcp_opts){
		.user_timeout_us = 120000000,
		.keep_every_us = 75000000,
		.keep_probes = 9,
		.cc = TCP_CC_CUBIC,
	};
}
