/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is known of the MTU on the way to a host (net/mtu_table). */
#ifndef RTLS_STACK_PATH_MTU_H
#define RTLS_STACK_PATH_MTU_H

#include "stack/sock.h"

/* A connection is established: what is known of its path counts. */
void path_mtu_known(struct rtls_sock *sock);

#endif
