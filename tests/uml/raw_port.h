/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A port over a packet socket on an interface of the kernel's, for programs that sleep until a packet comes. */
#ifndef RTLS_UML_RAW_PORT_H
#define RTLS_UML_RAW_PORT_H

#include "port/port.h"

/* The interface's own MAC becomes the port's; the MTU is 1500. 0 or -errno. rtls_port_close() ends it. */
int raw_port_open(const char *iface, struct rtls_port **out);

/* Until a packet has come, at most so long. What came is received behind it, and no sooner. */
void raw_port_wait(struct rtls_port *p, uint64_t us);

#endif
