/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The connection: handshake, request, the body that is sent, the answer, farewell. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "state.h"

/* Connects. False: one sentence was printed, t->end is set. */
bool transfer_open(struct transfer *t, const struct options *o, struct rtls_stack *stack,
		   SSL_CTX *ctx, struct ticket *ticket, uint64_t now_us);

/* Goes on as far as it goes; behind each rtls_stack_poll() that has moved something, and now and then. */
void transfer_step(struct transfer *t, uint64_t now_us);

/* Bytes of the file that are there, or were sent, and how many there will be: ANSWER_UNKNOWN. */
uint64_t transfer_done(const struct transfer *t);
uint64_t transfer_total(const struct transfer *t);

/* Ends it, whatever it does. */
void transfer_stop(struct transfer *t);

#endif
