/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Between the two halves of the double: the trace and the sessions. */
#ifndef RTLS_SUPPORT_OFFLOAD_DOUBLE_PRIV_H
#define RTLS_SUPPORT_OFFLOAD_DOUBLE_PRIV_H

#include "support/offload_double.h"

/* Adds to the trace. */
void double_say(struct offload_double *o, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void double_say_hex(struct offload_double *o, const char *what, const uint8_t *bytes, size_t len);

/* What the trace calls a session. */
uint32_t double_number_of(void *session);

/* Suite, key and IV of a session that a connection is added with. */
void double_key_of(void *session, const struct rtls_tls_flow *flow, struct double_context *c);

extern const struct rte_security_ops double_sec_ops;

/* All that the library carries, in both directions. */
extern const struct rte_security_capability double_capabilities[];

#endif
