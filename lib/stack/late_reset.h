/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The RST of a connection that is aborted: RFC 9293 3.10.5. The connection is gone with the call. Where its
 * next hop's MAC is not known at that moment the RST waits here: RFC 1122 2.3.2.2 wants one packet kept
 * while ARP asks. Some have room, for as long as a question takes; others are dropped, and counted. What
 * the peer sends meanwhile is answered as that of any stranger, and to the MAC that it came from.
 */
#ifndef RTLS_STACK_LATE_RESET_H
#define RTLS_STACK_LATE_RESET_H

#include <stdint.h>

struct rtls_stack;
struct rtls_sock;
struct tcp_seg;

/* Sends a connection's RST now, when its MAC is known, or never. */
void late_reset_send(struct rtls_sock *sock, const struct tcp_seg *rst);

/* Event: the neighbour table learned something. */
void late_reset_learned(struct rtls_stack *s);

/* Looks at those whose time it is. Returns how many are gone. */
unsigned int late_reset_poll(struct rtls_stack *s);

/* When it wants to be called again; UINT64_MAX: nobody waits. */
uint64_t late_reset_deadline(const struct rtls_stack *s);

#endif
