/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/cc_all.h"

const struct tcp_cc_ops *const tcp_cc_all[TCP_CC_MAX] = {
	[TCP_CC_CUBIC] = &tcp_cc_cubic,
	[TCP_CC_NEWRENO] = &tcp_cc_newreno,
};

void
tcp_cc_changed(struct tcp_cc *cc)
{
	*cc = (struct tcp_cc){
		.cwnd = cc->cwnd,
		.ssthresh = cc->ssthresh,
		.mss = cc->mss,
		.after_timeout = cc->after_timeout,
	};
}
