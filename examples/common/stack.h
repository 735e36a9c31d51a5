/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A program's one stack on its one port, and what to say when there is none. */
#ifndef EXAMPLES_COMMON_STACK_H
#define EXAMPLES_COMMON_STACK_H

#include <stdbool.h>

#include <recordtls/stack.h>

#include "options.h"

/*
 * A stack on the port's first queue, with the address and the gateway of the options; these also fill in
 * who computes in conf, and whether buffers are wiped. NULL: one sentence was printed.
 */
struct rtls_stack *stack_open(const struct options_net *o, struct rtls_stack_conf *conf,
			      struct rtls_port *port);

/*
 * Polls on while the device still holds buffers. False: it goes on holding them, one sentence was
 * printed, and EAL's clean-up would unmap what it looks at.
 */
bool stack_close(struct rtls_stack *stack);

#endif
