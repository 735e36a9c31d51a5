/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The NIC's tables of calls, by its TX method. Their dev is the struct tlsnic. */
#ifndef TLSNIC_OPS_H
#define TLSNIC_OPS_H

#include <recordtls/offload.h>

extern const struct rtls_tls_ops nic_tls_ops_rebuild, nic_tls_ops_next_record;

#endif
