/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The tally of a socket. */
#ifndef RTLS_STACK_TALLIES_H
#define RTLS_STACK_TALLIES_H

#include "stack/state.h"

struct sock_tally *sock_tally(const struct rtls_sock *sock);

/* Event: its flight is taken back. */
void sock_tally_flight(const struct rtls_sock *sock);

/* The same with what its flight counts now: for people. */
struct sock_tally sock_tally_now(const struct rtls_sock *sock);

#endif
