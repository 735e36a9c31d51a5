/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The algorithms that there are. Each connection has one, and may change it at any time. */
#ifndef RTLS_TCP_CC_ALL_H
#define RTLS_TCP_CC_ALL_H

#include "tcp/cc.h"

/* As enum rtls_cc. */
enum tcp_cc_name {
	TCP_CC_CUBIC,
	TCP_CC_NEWRENO,
	TCP_CC_MAX,
};

/* By enum tcp_cc_name. */
extern const struct tcp_cc_ops *const tcp_cc_all[TCP_CC_MAX];

/* Event: another algorithm takes over. It finds the windows, and has no memory of its own. */
void tcp_cc_changed(struct tcp_cc *cc);

#endif
