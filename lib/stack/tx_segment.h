/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One planned segment: what TCP says, where its bytes are, and who seals them. Decided once, and
 * used by all that follow: cut, attach, mark, sent.
 */
#ifndef RTLS_STACK_TX_SEGMENT_H
#define RTLS_STACK_TX_SEGMENT_H

#include "session/epoch.h"
#include "tcp/output.h"

struct rtls_sock;

struct tx_segment {
	struct tcp_out out;
	struct txmap_rec *rec;       /* of its first byte of payload; not set where it has none */
	struct session_epoch *epoch; /* whose context seals it; NULL: it goes as it is */
};

#endif
