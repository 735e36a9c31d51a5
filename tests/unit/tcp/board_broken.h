/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_UNIT_TCP_BOARD_BROKEN_H
#define RTLS_UNIT_TCP_BOARD_BROKEN_H

#include "tcp/board.h"

/* What does not hold of a board's structure: its spans, their index and lists, its sums. NULL: all does. */
const char *board_broken(const struct tcp_board *b);

#endif
