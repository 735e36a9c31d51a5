/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Receiving directions that wait until their port has handed up all that it had received when the
 * wait began: what a device judged by a context that is gone, or before one is started, is then here.
 */
#ifndef RTLS_STACK_RX_QUIET_H
#define RTLS_STACK_RX_QUIET_H

#include <stdbool.h>

struct netif;
struct rtls_sock;

/* Waits from now on; the second: anew, where it waits already. */
void rx_quiet_wait(struct rtls_sock *sock);
void rx_quiet_wait_anew(struct rtls_sock *sock);
void rx_quiet_forget(struct rtls_sock *sock);

/* Is its port's queue empty, as far as the last look at it says? */
bool rx_quiet_now(const struct rtls_sock *sock);

/* After a look at the queue of nif: did what it waits for come? A busy queue is never seen empty. */
bool rx_quiet_came(const struct rtls_sock *sock, const struct netif *nif);

#endif
