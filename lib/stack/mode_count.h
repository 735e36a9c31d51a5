/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How often which mode: the counters of sessions, the log, and the event RTLS_MODE. It reads what
 * lib/stack/mode did, and decides nothing.
 */
#ifndef RTLS_STACK_MODE_COUNT_H
#define RTLS_STACK_MODE_COUNT_H

#include "core/epoch.h"

struct rtls_sock;

/* The newest epoch of a direction made a step. */
void mode_count_step(struct rtls_sock *sock, enum rtls_dir d, enum epoch_state before,
		     const struct epoch_step *s);

/* A direction has its first keys: with whom did it begin? */
void mode_count_opened(struct rtls_sock *sock, enum rtls_dir d);

/* The connection is over: it is with no device any more. */
void mode_count_over(struct rtls_sock *sock);

/* The socket goes: its sessions are no longer current. */
void mode_uncount(struct rtls_sock *sock);

#endif
