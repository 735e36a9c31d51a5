/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An input as a program: what the peers send, what time it is and what the program calls, one
 * operation after the other.
 */
#ifndef RTLS_FUZZ_STACK_OPS_H
#define RTLS_FUZZ_STACK_OPS_H

#include "fuzz/fuzz.h"
#include "fuzz/stack_bench.h"

enum { STACK_OPS_MAX = 96 };

/* Runs the input on a bench from beginning to end. */
void stack_ops_run(struct bench *b, struct fuzz_in *in);

/* What a peer sends: one operation. */
void stack_ops_segment(struct bench *b, struct bench_peer *p, struct fuzz_in *in);
/* The peer's half of the handshake, whoever begins. */
void stack_ops_open(struct bench *b, struct bench_peer *p, bool active, uint8_t how);

/* What the program calls on the connection of a peer: one operation. */
void stack_ops_call(struct bench *b, struct bench_peer *p, struct fuzz_in *in);

#endif
