/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TCP segments that belong to no connection yet or no more: SYNs for listeners,
 * the ACK that completes a handshake, TIME-WAIT, strangers.
 */
#ifndef RTLS_STACK_SYN_PATH_H
#define RTLS_STACK_SYN_PATH_H

#include <stdint.h>

#include "net/addr.h"
#include "stack/counters.h"
#include "tcp/seg.h"

struct rtls_stack;
struct netif;
struct rtls_sock;

/*
 * Answers the segment. Returns the index of a connection that it completed, to
 * which the same segment is input, else FLOW_NONE. Sets *why where the segment was dropped, and
 * counts it.
 */
uint32_t syn_path_input(struct rtls_stack *s, struct netif *nif, const uint8_t src_mac[NET_MAC_LEN],
			const struct net_tuple *tuple, uint64_t hash, const struct tcp_seg *seg,
			enum counter *why);

/*
 * Sends SYN-ACKs that are due again, and ends records of both tables whose time is over: at most
 * budget of each table. Returns how many.
 */
unsigned int syn_path_timers(struct rtls_stack *s, uint32_t budget);

#endif
