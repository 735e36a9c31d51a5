/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Receiving directions that wait until the port of their contexts has handed up all that it had received when the
 * wait began: what a device judged by a context that is gone, or before one is started, is then here.
 */
#ifndef RTLS_STACK_RX_QUIET_H
#define RTLS_STACK_RX_QUIET_H

#include <stdbool.h>

struct rtls_sock;
struct rtls_stack;

/*
 * Waits from now on; a burst that is being taken may show it. The second: for what a device may have
 * judged until now, which a later burst alone can show; anew, where it waits already.
 */
void rx_quiet_wait(struct rtls_sock *sock);
void rx_quiet_wait_anew(struct rtls_sock *sock);
void rx_quiet_forget(struct rtls_sock *sock);

/* Is its port's queue empty, as far as the last look at it says? */
bool rx_quiet_now(const struct rtls_sock *sock);

/*
 * After a look at its port's queue: did what it waits for come? A busy queue is never seen empty: there
 * it is as many packets as the port may have had when the wait began, where that is known.
 */
bool rx_quiet_came(const struct rtls_sock *sock);

/* Does anybody wait? */
bool rx_quiet_waits(const struct rtls_stack *s);

#endif
