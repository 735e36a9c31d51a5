/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Inline TLS: the TLS NIC in software where it is asked for, and what --mode wants of a port. */
#ifndef EXAMPLES_COMMON_NIC_H
#define EXAMPLES_COMMON_NIC_H

#include <recordtls/port.h>

#include "options.h"

/* False: one sentence was printed, options of a NIC that is not asked for. */
bool nic_options_fit(const struct options_net *o);

/*
 * Takes the port; returns it, or the NIC over it, which is to have room for so many connections. NULL:
 * one sentence was printed, the port is closed.
 */
struct rtls_port *nic_port(const struct options_net *o, struct rtls_port *port, uint32_t conns);

#endif
