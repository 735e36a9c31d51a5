/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What must hold of a stack between two calls, whatever came and whatever was called. */
#ifndef RTLS_FUZZ_STACK_INVARIANTS_H
#define RTLS_FUZZ_STACK_INVARIANTS_H

#include "stack/state.h"

enum { STACK_WATCH_SOCKS = 64 };

/* What was there the last time, so that nothing is seen to go back. All 0 at first. */
struct stack_watch {
	struct {
		bool used;
		uint32_t iss;
		uint32_t irs;
		uint64_t rcv_nxt;
		uint64_t rcv_adv;
		uint64_t snd_una;
		uint64_t snd_max;
	} socks[STACK_WATCH_SOCKS];
};

/* NULL, or which one is broken. The stack has at most STACK_WATCH_SOCKS sockets. */
const char *stack_invariants(const struct rtls_stack *s, struct stack_watch *w);

#endif
