/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a socket is ready for. */
#ifndef RTLS_STACK_READINESS_H
#define RTLS_STACK_READINESS_H

#include "stack/sock.h"

/* RTLS_READABLE and so on, as of now: what of it is wanted, RTLS_HUP and RTLS_ERROR. */
uint32_t sock_bits(const struct rtls_sock *sock, uint32_t wanted);

#endif
