/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* ICMP errors on their way to the connection that they are about. */
#ifndef RTLS_STACK_ICMP_PATH_H
#define RTLS_STACK_ICMP_PATH_H

#include <stdint.h>

struct rtls_stack;
struct net_addr;

/*
 * An ICMP_ERROR for our address own, its checksum verified; lengths as in icmp_input. Half-open
 * connections and those that wait in TIME-WAIT have nothing to gain from one.
 */
void icmp_path_input(struct rtls_stack *s, const struct net_addr *own, const uint8_t *msg,
		     uint32_t contiguous_len, uint32_t l4_len);

#endif
