/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Why a direction is not with the device: what can be known without asking it, what its answer
 * means, and what a program is told.
 */
#ifndef RTLS_STACK_MODE_POLICY_H
#define RTLS_STACK_MODE_POLICY_H

#include <recordtls/tls.h>

struct rtls_sock;

/* Why the device need not even be asked; NONE: it is to be asked. There are keys. */
enum rtls_mode_reason mode_not_worth_asking(const struct rtls_sock *sock, enum rtls_dir d);

/* The same for who is not with the device already, and for another port's. */
enum rtls_mode_reason mode_not_for_newcomers(const struct rtls_sock *sock, enum rtls_dir d);
enum rtls_mode_reason mode_not_for_newcomers_at(const struct rtls_sock *sock, enum rtls_dir d,
						uint8_t netif);

/* Of a negative answer to add, steering or start. */
enum rtls_mode_reason mode_policy_refused(int rc);

/* As rtls_set_mode() returns it. */
int mode_policy_error(enum rtls_mode_reason why);

#endif
