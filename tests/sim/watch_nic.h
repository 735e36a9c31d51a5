/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Looks at a NIC: the packets that it gets, what it makes of them, what it is told, and what goes wrong in it. All of it
 * is told to the oracle, and compared with what that says.
 *
 * The program that links it wraps receive_packet() and device_events_poll(), and what strikes.h says.
 */
#ifndef RTLS_SIM_WATCH_NIC_H
#define RTLS_SIM_WATCH_NIC_H

#include "sim/watch_end.h"

/* The NIC's port, before a stack uses it. */
void watch_nic(struct watch_end *e, struct rtls_port *port);

#endif
