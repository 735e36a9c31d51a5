/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The NIC's table of calls, whose dev is the struct tlsnic. */
#ifndef TLSNIC_OPS_H
#define TLSNIC_OPS_H

#include <recordtls/offload.h>

struct tlsnic;

/* Fills in nic->ops, by the methods of its configuration. */
void ops_init(struct tlsnic *nic);

#endif
