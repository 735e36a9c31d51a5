/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/params.h"

#include "tcp/cc.h"

void
tcp_params_default(struct tcp_params *p)
{
	*p = (struct tcp_params){
		.cc = &tcp_cc_newreno,
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
	};
}

void
tcp_opts_default(struct tcp_opts *o)
{
	*o = (struct tcp_opts){
		.user_timeout_us = 120000000,
		.keep_every_us = 75000000,
		.keep_probes = 9,
	};
}
