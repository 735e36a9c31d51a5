/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_STACK_RX_PIECE_H
#define RTLS_STACK_RX_PIECE_H

#include <stdint.h>

struct rte_mbuf;

/* One packet of a run: where its payload is. */
struct rx_piece {
	struct rte_mbuf *m;
	struct rx_piece *next;
	uint16_t payload_off;
	uint16_t payload_len;
};

#endif
