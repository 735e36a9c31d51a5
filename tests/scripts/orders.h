/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Segments in all orders: each is a script that is written here, and what it expects comes from a model of
 * a receiver, by RFC 5681 4.2, RFC 9293 3.8.6.3 and RFC 2018 4 alone.
 */
#ifndef RTLS_SCRIPTS_ORDERS_H
#define RTLS_SCRIPTS_ORDERS_H

#include "scripts/end.h"

/* All 120 orders of 5 segments, with SACK and without, in TAP. Returns a program's exit code. */
int orders_main(const struct end_ops *ops);

#endif
