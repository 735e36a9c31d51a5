/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is known of the MTU on the way to a host (net/mtu_table). */
#ifndef RTLS_STACK_PATH_MTU_H
#define RTLS_STACK_PATH_MTU_H

#include "stack/sock.h"

/* A connection is established: what is known of its path counts, and what the port takes by which it goes. */
void path_mtu_known(struct rtls_sock *sock);

/*
 * Event: its packets go by another port now. Segments shrink to what that takes; where it takes more they
 * do not grow, as the peer was told otherwise.
 */
void path_mtu_moved(struct rtls_sock *sock);

#endif
